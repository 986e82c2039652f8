"""Names of HIPS autograd's tracer: values without their history."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from autograd.engine.primitive import primitive
from autograd.pytree import tree_map
from autograd.tensor.tensor import Tensor

__all__ = ["Box", "getval", "isbox", "notrace_primitive", "primitive"]

Box = Tensor


def isbox(x: Any) -> bool:
    """Whether it is a Tensor."""
    return isinstance(x, Tensor)


def getval(x: Any) -> Any:
    """The array, or number, in a Tensor; anything else as it is."""
    return x._array[()] if isinstance(x, Tensor) else x


def notrace_primitive(f: Callable[..., Any]) -> Callable[..., Any]:
    """f, called on the values in Tensors, also of those in lists and dicts: its result is a constant."""

    @functools.wraps(f)
    def on_values(*args: Any, **kwargs: Any) -> Any:
        return f(*tree_map(getval, args), **tree_map(getval, kwargs))

    return on_values
