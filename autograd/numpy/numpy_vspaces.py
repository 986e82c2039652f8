"""The spaces of arrays, all of them `autograd.extend.VSpace`."""

from autograd.extend import VSpace

__all__ = ["ArrayVSpace", "ComplexArrayVSpace", "VSpace"]

ArrayVSpace = ComplexArrayVSpace = VSpace
