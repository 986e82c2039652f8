"""The Tensor: its methods, its operators, and how it answers NumPy's protocols."""
