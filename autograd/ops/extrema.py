"""Maxima, minima, clipping: where a tie is shared."""
