"""Functions without a derivative: plain arrays in, plain arrays out."""
