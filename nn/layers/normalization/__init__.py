"""The normalisations: each with its primitive, its function and its Module in one file."""
