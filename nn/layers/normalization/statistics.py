"""Means and variances for the normalisations, computed in float32 at least.

The variance is the mean square of the centred values, so a large mean causes no cancellation. Where the mean lies many
standard deviations from 0, the values are centred a second time, which removes the rounding error of the mean. Where
the squares leave the range of the dtype, they are computed again of scaled values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign
from autograd.engine.recording import raw
from autograd.scaling import square_scale
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
    found = _statistics(x, sums, index, count, eps)
    _, _, variance, rstd = found
    if not out_of_range(variance, rstd):
        return found
    scale = square_scale(variance, rstd == np.inf)
    with np.errstate(over="ignore"):  # of the variance itself, which may well be inf
        centred, (mean, rest), variance, rstd = _statistics(
            x * scale[index], sums, index, count, np.square(scale * math.sqrt(eps))
        )
        centred /= scale[index]
        return centred, (mean / scale, None if rest is None else rest / scale), variance / scale / scale, rstd * scale


def _statistics(x: Any, sums: Callable[[Any], Any], index: Any, count: int, eps: Any) -> tuple[Any, Any, Any, Any]:
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


def out_of_range(mean_square: Any, reciprocal: Any) -> bool:
    """Whether some mean square is inf and the reciprocal of its root 0, or the other way round: their product is nan.

    One dot product of vectors much smaller than the data. It is also true if the data holds inf or nan.
    """
    total = np.vdot(mean_square, reciprocal)  # which, unlike np.dot, does not warn of nan
    return bool(total != total)


def reciprocal_rms(rows: Any, eps: float) -> Any:
    """1/√(mean x² + eps) of each row."""
    mean_square = row_sums(np.square(rows)) * (1 / rows.shape[1])
    reciprocal = 1 / np.sqrt(mean_square + eps)
    if not out_of_range(mean_square, reciprocal):
        return reciprocal
    scale = square_scale(mean_square, reciprocal == np.inf)
    mean_square = row_sums(np.square(rows * scale[:, None])) * (1 / rows.shape[1])
    return scale / np.sqrt(mean_square + np.square(scale * math.sqrt(eps)))


def root_mean_square(x: Any, axes: tuple[int, ...], eps: float) -> Any:
    """√(mean x² + eps) over axes that stay as 1, in functions that Tensors record (composites)."""
    mean_square = np.mean(x * x, axis=axes, keepdims=True)
    found = raw(mean_square)
    if is_foreign(found) or np.all(np.isfinite(found)) and np.all(found + eps > 0):
        return np.sqrt(mean_square + eps)
    scale = square_scale(found, found + eps == 0)
    scaled = x * scale
    return np.sqrt(np.mean(scaled * scaled, axis=axes, keepdims=True) + np.square(scale * math.sqrt(eps))) / scale


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
