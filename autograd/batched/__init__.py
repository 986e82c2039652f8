"""A batch as one more kind of array: what vmap is made of (docs/design/vmap.md)."""
