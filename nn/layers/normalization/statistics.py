"""Means and variances for the normalisations, computed in float32 at least.

The variance is the mean square of the centred values, so a large mean causes no cancellation. Where the mean lies many
standard deviations from 0, the values are centred a second time, which removes the rounding error of the mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from nn.layers.kernels.sums import column_sums, row_sums

CENTRED = "σ = √(mean((x - mean(x))²) + eps), x̂ = (x - mean(x))/σ"  # in the labels of the rules
AS_ROW = (slice(None),)  # vector[AS_ROW] broadcasts against (N, C): one value per column
AS_COLUMN = (slice(None), None)  # vector[AS_COLUMN] broadcasts against (M, D): one value per row


def channel_sums(x: Any) -> Any:
    """The sum of each channel: (N, C) or (N, C, S) -> (C,)."""
    if x.ndim == 2:
        return column_sums(x)
    return column_sums(row_sums(x.reshape(-1, x.shape[2])).reshape(x.shape[:2]))


def channel_index(x: Any) -> Any:
    """The index that makes a vector (C,) broadcast against x (N, C) or (N, C, S)."""
    return AS_ROW if x.ndim == 2 else AS_COLUMN


def as_channels(x: Any) -> Any:
    """x as (N, C) or (N, C, S), in float32 at least."""
    if x.ndim > 3 or x.ndim == 1:
        x = x.reshape(*x.shape[:2], math.prod(x.shape[2:]))
    return x.astype(np.float32) if x.dtype == np.float16 else x


def as_rows(x: Any, size: int) -> Any:
    """x as (M, size), in float32 at least."""
    if x.ndim != 2 or x.shape[1] != size:
        x = x.reshape(x.size // size, size)
    return x.astype(np.float32) if x.dtype == np.float16 else x


def size_of_last_axes(x: Any, ndim: int) -> int:
    """The number of elements in the last `ndim` axes of x."""
    return math.prod(x.shape[x.ndim - ndim :])


def statistics(x: Any, sums: Callable[[Any], Any], index: Any, count: int, eps: float) -> tuple[Any, Any, Any, Any]:
    """(x - mean, mean, variance, 1/√(variance + eps)).

    `sums` adds the `count` values that share one mean, and `index` makes the sums broadcast against x. `mean` is the
    pair (mean, its rounding error or None), from which `centred_again` computes exactly the same x - mean.
    """
    mean = sums(x)
    mean *= 1 / count
    centred = x - mean[index]
    variance = sums(np.square(centred))
    variance *= 1 / count
    rstd = 1 / np.sqrt(variance + eps)
    far = mean * rstd
    if not np.dot(far, far) > 16 * far.size:
        return centred, (mean, None), variance, rstd
    rest = sums(centred)  # the rounding error of a mean far from 0 is not small beside the standard deviation
    rest *= 1 / count
    centred -= rest[index]
    variance = sums(np.square(centred))
    variance *= 1 / count
    return centred, (mean, rest), variance, 1 / np.sqrt(variance + eps)


def centred_again(x: Any, mean: tuple[Any, Any], index: Any) -> Any:
    """x - mean, bit for bit as in the forward. Computing it again saves keeping a second array as large as x."""
    centred = x - mean[0][index]
    if mean[1] is not None:
        centred -= mean[1][index]
    return centred


def whole_mean(mean: tuple[Any, Any]) -> Any:
    """The mean, of the pair (mean, its rounding error or None)."""
    return mean[0] if mean[1] is None else mean[0] + mean[1]


def in_shape_and_dtype_of(y: Any, x: Any) -> Any:
    """y in the shape and dtype of x."""
    if y.shape != x.shape:
        y = y.reshape(x.shape)
    return y if y.dtype == x.dtype else y.astype(x.dtype)
