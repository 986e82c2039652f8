"""HIPS autograd's helpers: flatten, optimizers, fixed_points."""

from autograd.misc.fixed_points import fixed_point
from autograd.misc.flatten import flatten, flatten_func
from autograd.misc.tracers import const_graph

__all__ = ["const_graph", "fixed_point", "flatten", "flatten_func"]
