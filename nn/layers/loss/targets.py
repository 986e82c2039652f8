"""Checks and conversions of what losses are given: inputs, targets, weights and positive options."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.kinds import copied, given, is_foreign, note
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.recorder import asarray, whole
from nn.layers.inputs import as_values, check_floating, of_kind, refuse_complex
from nn.layers.kernels.precision import single


def floating_values(x: Any, who: str, complex: bool = False) -> Any:
    """Floats as they are; integers and booleans as float64, as NumPy takes them; complex ones if these are meant."""
    x = as_values(x)
    if x.dtype.kind == "f":
        return x
    if x.dtype.kind == "c":
        check_floating(who, x, complex)
        return x
    if x.dtype.kind not in "iub":
        raise DTypeError(f"{who} takes floating numbers; got {x.dtype}.")
    return x.astype(np.float64)


def in_dtype_of(x: Any, like: Any, who: str) -> Any:
    """A target of floats, integers or booleans in the input's dtype: a loss computes in the dtype of its input."""
    x = as_values(of_kind(x, like))
    if x.dtype == like.dtype:
        return x
    if x.dtype.kind == "c" and like.dtype.kind != "c":
        refuse_complex(who, x.dtype)
    if x.dtype.kind not in "fiubc":
        raise DTypeError(f"{who} takes a target of numbers; got {x.dtype}.")
    return x.astype(like.dtype)


def input_and_target(input: Any, target: Any, who: str, complex: bool = False) -> tuple[Any, Any]:
    """Input and target as floats of one dtype and one shape; with `complex` either or both may be complex."""
    input, target = floating_values(input, who, complex), as_values(target)
    if complex and target.dtype.kind == "c" and input.dtype.kind == "f":
        input = input.astype(np.result_type(input.dtype, np.complex64))
    target = in_dtype_of(target, input, who)
    check_same_shape(input, target, who)
    return input, target


def check_same_shape(input: Any, target: Any, who: str) -> None:
    """Refuse different shapes: (N, 1) would broadcast against (N,) and compare all pairs."""
    if input.shape != target.shape:
        raise ShapeError(
            f"{who} expects input and target of one shape; got {input.shape} and {target.shape}. Reshape one of them."
        )


def check_broadcast(input: Any, target: Any, who: str) -> None:
    """Refuse shapes that do not broadcast."""
    try:
        np.broadcast_shapes(input.shape, target.shape)
    except ValueError:
        raise ShapeError(
            f"{who} expects input and target that broadcast; got {input.shape} and {target.shape}."
        ) from None


def own_copy(x: Any) -> Any:
    """A copy of a plain array, because the caller may reuse its buffer before backward(); a Tensor as it is."""
    return x if isinstance(x, Tensor) else copied(x)


def values_of(x: Any) -> Any:
    """The array of a Tensor, and anything else as an array. No gradient flows through it."""
    x = note(raw(x))
    return x if is_foreign(x) else asarray(x)


def as_weight(x: Any, like: Any, who: str, name: str) -> Any:
    """A weight in the input's dtype: a Tensor if it requires grad, else a copy as a plain array of the input's kind."""
    values = given(raw(x), raw(like), f"{name} of {who}")
    if values.dtype.kind not in "fiub":
        raise DTypeError(f"{who} takes numbers as {name}; got {values.dtype}.")
    if isinstance(x, Tensor) and x.requires_grad:
        return in_dtype_of(x, like, who)
    return values.astype(like.dtype)


def with_weights(op: Any, *args: Any, **params: Any) -> Any:
    """op(...). Its rule has no derivative by a weight: if one requires grad, the composite is computed instead."""
    if not any(isinstance(value, Tensor) for value in params.values()):
        return op(*args, **params)
    if args[0].dtype != np.float16:
        return op.composite(*args, **params)
    args, params = tuple(map(single, args)), {name: single(value) for name, value in params.items()}
    return op.composite(*args, **params).astype(np.float16)


def broadcast_weight(weight: Any, input: Any, who: str, name: str = "weight") -> Any:
    """`as_weight`; refuse a weight that does not broadcast to the input's shape or would enlarge it."""
    weight = as_weight(weight, input, who, name)
    try:
        fits = np.broadcast_shapes(weight.shape, input.shape) == input.shape
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(f"{who}: {name} must broadcast to the input's shape {input.shape}; got {weight.shape}.")
    return weight


@whole
def as_signs(target: Any, like: Any, who: str) -> Any:
    """A target of 1 and -1 in the input's dtype."""
    values = values_of(of_kind(target, like))
    if values.dtype.kind not in "fiub" or not is_foreign(values) and not (np.abs(values) == 1).all():
        raise ArgumentError(
            f"{who} expects a target of 1 and -1; got {_first_other(values)}. Of classes 0 and 1 it is 2 * target - 1."
        )
    return values.astype(like.dtype)


def _first_other(values: Any) -> str:
    """The first element that is neither 1 nor -1, or the dtype if the values are not numbers."""
    if values.dtype.kind not in "fiub":
        return f"dtype {values.dtype}"
    return str(np.extract(np.abs(values) != 1, values)[0])


def check_positive(who: str, name: str, value: Any, zero: bool = False) -> float:
    """An option as a float; refuse what is not > 0, or with `zero` what is not >= 0."""
    if isinstance(value, (bool, str)) or not (value >= 0 if zero else value > 0):
        raise ArgumentError(f"{who}: {name} must be a number {'>= 0' if zero else '> 0'}; got {value!r}.")
    return float(value)
