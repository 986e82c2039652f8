"""HIPS autograd's helpers: flatten, optimizers, fixed_points."""

from functools import partial as const_graph  # HIPS's reuses one recorded graph: here every call records anew

from autograd.misc.fixed_points import fixed_point
from autograd.misc.flatten import flatten, flatten_func

__all__ = ["const_graph", "fixed_point", "flatten", "flatten_func"]
