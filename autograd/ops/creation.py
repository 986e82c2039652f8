"""Arrays made with like=t: np.array([a, [b, 2.0]], like=t). NumPy asks a Tensor in a list for nothing without it."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign
from autograd.engine.recording import is_tensor
from autograd.engine.registry import implements
from autograd.errors import NoRuleError, ShapeError
from autograd.ops.arguments import as_operand, check_dtype
from autograd.ops.joining import stack


def _holds_tensors(x: Any) -> bool:
    if type(x) not in (list, tuple):
        return is_tensor(x) or is_foreign(x)
    return any(map(_holds_tensors, x))


def _joined(x: Any) -> Any:
    """Nested lists in which Tensors, arrays and numbers may be mixed, as one array."""
    if type(x) not in (list, tuple) or not _holds_tensors(x):
        return as_operand(x)
    parts = [_joined(part) for part in x]
    shapes = {part.shape for part in parts}
    if len(shapes) > 1:
        raise ShapeError(
            f"a list forms an array if its parts have one shape; got shapes {sorted(shapes)}. np.concatenate and "
            "np.hstack join others."
        )
    return stack(parts)


@implements(np.array)
def array(object: Any, dtype: Any = None, *, copy: Any = True, ndmin: int = 0, **layout: Any) -> Any:
    """np.array(…, like=t) of nested lists in which there are Tensors, which record themselves."""
    x = _joined(object)
    check_dtype("array", x, dtype)
    x = x if dtype is None or x.dtype == dtype else x.astype(dtype)
    if x is object and copy:
        x = np.copy(x)
    return np.reshape(x, (1,) * (ndmin - x.ndim) + x.shape) if ndmin > x.ndim else x


@implements(np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray)
def asarray(a: Any, dtype: Any = None, *, copy: Any = None, **layout: Any) -> Any:
    """np.asarray(…, like=t): a Tensor as it is, unless its dtype changes."""
    return array(a, dtype, copy=copy)


@implements(np.full)
def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None) -> Any:
    """np.full(…, like=t): the value in every place."""
    check_dtype("full", fill_value, dtype)
    fill_value = as_operand(fill_value)
    filled = np.broadcast_to(fill_value, shape)
    return filled if dtype is None or filled.dtype == dtype else filled.astype(dtype)


@implements(np.arange)
def arange(*args: Any, **params: Any) -> Any:
    """np.arange(…, like=t), refused for Tensors: how many numbers there are does not vary smoothly with the ends."""
    if not any(map(is_tensor, (*args, *params.values()))):
        return np.arange(*args, **params)
    raise NoRuleError(
        "np.arange of Tensors is not recorded. Write start + step * np.arange(n), or np.linspace(start, stop, n)."
    )
