"""Batches: K cotangents, or K tangents, through the graph in one sweep, stacked along a leading axis."""

from autograd.engine.batch import pull
from autograd.engine.forward import push_batch

__all__ = ["pull", "push_batch"]
