"""Side by side with hand-written NumPy, PyTorch eager and micrograd: see README.md."""
