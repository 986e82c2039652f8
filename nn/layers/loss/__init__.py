"""The losses: each file holds the primitives, functions and modules of one kind of loss."""
