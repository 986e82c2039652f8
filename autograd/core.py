"""Names of HIPS autograd's core: `make_vjp` and `make_jvp` of a function of one argument, and those of `extend`."""

from collections.abc import Callable
from typing import Any

from autograd import differential_operators as operators
from autograd.extend import VSpace, def_linear, defjvp, defjvp_argnum, defvjp, defvjp_argnum, primitive, vspace
from autograd.tracer import Box, getval, isbox

__all__ = [
    "Box", "VSpace", "def_linear", "defjvp", "defjvp_argnum", "defvjp", "defvjp_argnum", "getval", "isbox", "make_jvp",
    "make_vjp", "primitive", "vspace",
]  # fmt: skip


def make_vjp(fun: Callable[..., Any], x: Any) -> Any:
    """(g -> gᵀ J, f(x))."""
    return operators.make_vjp(fun)(x)


def make_jvp(fun: Callable[..., Any], x: Any) -> Any:
    """v -> (f(x), J v)."""
    return operators.make_jvp(fun)(x)
