"""Batches: K cotangents, or K tangents, through the graph in one sweep, stacked along a leading axis."""

from autograd.forward import push_batch
from autograd.pulling import pull

__all__ = ["pull", "push_batch"]
