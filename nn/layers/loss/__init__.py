"""The losses: each with its primitive, its function and its Module in one file."""
