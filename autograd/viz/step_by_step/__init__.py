"""Backpropagation one step at a time, on an HTML page that needs nothing else."""
