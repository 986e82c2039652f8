"""Max, average and adaptive pooling over one, two or three axes."""
