"""The normalisations: each file holds the primitive, the function and the module of one kind."""
