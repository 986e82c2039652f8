"""What the losses share: the input as floating numbers, the target in its dtype and of its shape, constant weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn.layers.inputs import as_values


def floating(x: Any, who: str) -> Any:
    """Floating numbers as they are, integers and booleans as float64, as NumPy's functions take them."""
    x = as_values(x)
    if x.dtype.kind == "f":
        return x
    if x.dtype.kind not in "iub":
        raise DTypeError(f"{who} takes floating numbers; got {x.dtype}.")
    return x.astype(np.float64)


def in_dtype_of(x: Any, like: Any, who: str) -> Any:
    """A target, of floats, integers or booleans, in the input's dtype: a loss computes in that of its input."""
    x = as_values(x)
    if x.dtype == like.dtype:
        return x
    if x.dtype.kind not in "fiub":
        raise DTypeError(f"{who} takes a target of numbers; got {x.dtype}.")
    return x.astype(like.dtype)


def input_and_target(input: Any, target: Any, who: str) -> tuple[Any, Any]:
    """Both floating, of one dtype, of one shape. (N, 1) against (N,) would silently compare all pairs, so it is refused."""
    input = floating(input, who)
    target = in_dtype_of(target, input, who)
    same_shape(input, target, who)
    return input, target


def same_shape(input: Any, target: Any, who: str) -> None:
    if input.shape != target.shape:
        raise ShapeError(
            f"{who} expects input and target of one shape; got {input.shape} and {target.shape}. Reshape one of them."
        )


def own(x: Any) -> Any:
    """A plain array copied: the next batch may fill the same buffer before backward()."""
    return x if isinstance(x, Tensor) else np.array(x)


def values_of(x: Any) -> Any:
    """The bare array of a Tensor, and anything else as an array: where a gradient has no business."""
    return x.numpy() if isinstance(x, Tensor) else np.asarray(x)


def constant(x: Any, like: Any, who: str, name: str) -> Any:
    """A weight as a plain array of its own in the input's dtype; it gets no gradient, as in PyTorch."""
    if isinstance(x, Tensor) and x.requires_grad:
        raise ArgumentError(
            f"{who}: {name} is a constant and gets no gradient; got a tensor that requires grad. Use {name}.detach()."
        )
    raw = values_of(x)
    if raw.dtype.kind not in "fiub":
        raise DTypeError(f"{who} takes numbers as {name}; got {raw.dtype}.")
    return np.array(raw, like.dtype)


def weight_for(weight: Any, input: Any, who: str, name: str = "weight") -> Any:
    """A weight an element, or for a slice of elements: it is broadcast to the input, never the input to it."""
    weight = constant(weight, input, who, name)
    try:
        fits = np.broadcast_shapes(weight.shape, input.shape) == input.shape
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(f"{who}: {name} must broadcast to the input's shape {input.shape}; got {weight.shape}.")
    return weight


def signs(target: Any, like: Any, who: str) -> Any:
    """A target of 1 and -1 in the input's dtype."""
    raw = values_of(target)
    if raw.dtype.kind not in "fiub" or not (np.abs(raw) == 1).all():
        raise ArgumentError(
            f"{who} expects a target of 1 and -1; got {_first_other(raw)}. Of classes 0 and 1 it is 2 * target - 1."
        )
    return raw.astype(like.dtype)


def _first_other(raw: Any) -> str:
    if raw.dtype.kind not in "fiub":
        return f"dtype {raw.dtype}"
    return str(np.extract(np.abs(raw) != 1, raw)[0])


def check_positive(who: str, name: str, value: Any, zero: bool = False) -> float:
    """A number above 0 (or from 0 on), or an ArgumentError that says what came."""
    if isinstance(value, (bool, str)) or not (value >= 0 if zero else value > 0):
        raise ArgumentError(f"{who}: {name} must be a number {'>= 0' if zero else '> 0'}; got {value!r}.")
    return float(value)
