"""Attention: one head, several heads, the encoder of the Transformer, positional encoding."""
