"""Sums, products, means, extrema and moments over axes."""
