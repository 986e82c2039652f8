"""Training: the loop `fit`, its history, checkpoints and progress, and gradient clipping."""
