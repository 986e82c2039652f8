"""What the normalisations share besides statistics: checks of input and options, weight and bias."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn import init
from nn.core.checks import check_size
from nn.core.parameter import blank
from nn.layers.inputs import as_values, cast_to


def floating_input(x: Any, like: Any, who: str) -> Any:
    x = as_values(x)
    if like is not None:
        return cast_to(x, like, who)
    if x.dtype.kind != "f":
        raise DTypeError(f"{who} takes floating input; got {x.dtype}. Convert it: x.astype(np.float32).")
    return x


def count_channels(x: Any, who: str, **vectors: Any) -> int:
    """How many channels x has; every vector given must have one value for each."""
    if x.ndim < 2:
        raise ShapeError(f"{who} expects input of shape (N, C, *); got {x.shape}.")
    channels: int = x.shape[1]
    for name, vector in vectors.items():
        if vector is not None and vector.shape != (channels,):
            raise ShapeError(
                f"{who} expects {name} of shape ({channels},), a value for each channel of {x.shape}; got {vector.shape}."
            )
    return channels


def check_eps(eps: Any) -> float:
    """What is added to a variance: a number >= 0, or an ArgumentError that says so."""
    if isinstance(eps, bool) or not isinstance(eps, (int, float, np.number)) or not eps >= 0:
        raise ArgumentError(f"eps must be a number >= 0; got {eps!r}.")
    return float(eps)


def weight_and_bias(shape: tuple[int, ...], affine: bool, bias: bool, dtype: Any) -> tuple[Any, Any]:
    """A normalisation's weight of ones and bias of zeros, or None for what is not wanted."""
    weight = blank(shape, dtype, "weight") if affine else None
    both = weight, blank(shape, dtype, "bias") if affine and bias else None
    reset_affine(*both)
    return both


def reset_affine(weight: Any, bias: Any = None) -> None:
    """Ones and zeros, for what there is."""
    if weight is not None:
        init.ones_(weight)
    if bias is not None:
        init.zeros_(bias)


def check_shape(normalized_shape: Any) -> tuple[int, ...]:
    """The sizes of the axes that are normalised, as a tuple of positive integers."""
    sizes = normalized_shape if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
    if not sizes:
        raise ArgumentError("normalized_shape must name at least one axis; got ().")
    return tuple([check_size("normalized_shape", size) for size in sizes])
