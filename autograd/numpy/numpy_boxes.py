"""The name of the array on which HIPS autograd records: here it is the Tensor."""

from autograd.tensor.tensor import Tensor as ArrayBox

__all__ = ["ArrayBox"]
