"""Checks of the input and options of the normalisations, and their weight and bias."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn import init
from nn.core.checks import check_size
from nn.core.parameter import blank
from nn.layers.inputs import as_values, cast_to, check_floating


def floating_input(x: Any, weight: Any, bias: Any, who: str) -> Any:
    """The input in the dtype of weight or bias, or as it is if there is neither; refuse what is not floating."""
    x = as_values(x)
    if weight is not None or bias is not None:
        return cast_to(x, weight if weight is not None else bias, who)
    check_floating(who, x)
    return x


def count_channels(x: Any, who: str, **vectors: Any) -> int:
    """The number of channels of x; every given vector must have one value for each channel."""
    if x.ndim < 2:
        raise ShapeError(f"{who} expects input of shape (N, C, *); got {x.shape}.")
    channels: int = x.shape[1]
    for name, vector in vectors.items():
        if vector is not None and vector.shape != (channels,):
            raise ShapeError(
                f"{who} expects {name} of shape ({channels},), a value for each channel of {x.shape}; "
                f"got {vector.shape}."
            )
    return channels


def count_normalized_axes(x: Any, normalized_shape: int | Sequence[int], who: str, **parameters: Any) -> int:
    """The number of normalised axes; the last axes of x and every given parameter must have that shape."""
    shape = (normalized_shape,) if isinstance(normalized_shape, (int, np.integer)) else tuple(normalized_shape)
    if x.shape[x.ndim - len(shape) :] != shape or not shape or 0 in shape:
        expected = ", ".join(["*", *map(str, shape)])
        raise ShapeError(f"{who} with normalized_shape={shape} expects input of shape ({expected}); got {x.shape}.")
    for name, parameter in parameters.items():
        if parameter is not None and parameter.shape != shape:
            raise ShapeError(f"{who} expects {name} of the normalized shape {shape}; got {parameter.shape}.")
    return len(shape)


def check_eps(eps: Any) -> float:
    """The number that is added to a variance as a float; refuse what is not a number >= 0."""
    if isinstance(eps, bool) or not isinstance(eps, (int, float, np.number)) or not eps >= 0:
        raise ArgumentError(f"eps must be a number >= 0; got {eps!r}.")
    return float(eps)


def weight_and_bias(shape: tuple[int, ...], affine: bool, bias: bool, dtype: Any) -> tuple[Any, Any]:
    """The weight, ones, and the bias, zeros, of a normalisation; None for each that it does not have."""
    weight = blank(shape, dtype, "weight") if affine else None
    both = weight, blank(shape, dtype, "bias") if affine and bias else None
    reset_affine(*both)
    return both


def reset_affine(weight: Any, bias: Any = None) -> None:
    """Set the weight to ones and the bias to zeros, where they exist."""
    if weight is not None:
        init.ones_(weight)
    if bias is not None:
        init.zeros_(bias)


def check_normalized_shape(normalized_shape: Any) -> tuple[int, ...]:
    """The sizes of the normalised axes as a tuple of positive integers."""
    sizes = normalized_shape if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
    if not sizes:
        raise ArgumentError("normalized_shape must name at least one axis; got ().")
    return tuple([check_size("normalized_shape", size) for size in sizes])


def scale_and_shift_channels(y: Any, weight: Any, bias: Any) -> Any:
    """y · weight + bias, with one value per channel of y (N, C, *), in functions that Tensors record (composites)."""
    index = (slice(None), *[None] * (y.ndim - 2))
    y = y if weight is None else y * weight[index]
    return y if bias is None else y + bias[index]
