"""Activations: elementwise functions, and those that act along an axis (softmax, glu, maxout).

Where an activation has a kink, a comment beside its rule says which slope it takes there: PyTorch's.
The rules of the piecewise linear ones are products of g and a constant array of slopes, which holds for derivatives
of every order. Elements are selected by products and by np.clip: np.where branches at every element, and takes ten
times as long where the signs follow no pattern.
"""
