"""Attention: one head, several heads, the Transformer, positional encoding."""
