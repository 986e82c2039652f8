"""Convolution and its transpose over one, two or three axes."""
