"""Means and variances for the normalisations, in float32 at least.

Numerics: the variance is the mean square of what is centred already, so a large mean does not cancel. Where the mean
lies many standard deviations from 0, its rounding error is removed by centring once more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from nn.layers.kernels.sums import column_sums, row_sums

EACH, PER_ROW = (slice(None),), (slice(None), None)  # where a vector stands beside (N, C), and beside rows or (N, C, S)


def channel_sums(x: Any) -> Any:
    """(N, C) or (N, C, S) -> (C,)"""
    if x.ndim == 2:
        return column_sums(x)
    return column_sums(row_sums(x.reshape(-1, x.shape[2])).reshape(x.shape[:2]))


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


def statistics(x: Any, sums: Callable[[Any], Any], place: Any, count: int, eps: float) -> tuple[Any, Any, Any, Any]:
    """(x - mean, mean, variance, 1/√(variance + eps)).

    `sums` adds up what shares one mean, `place` is the index that makes the sums broadcast against x. `mean` is the
    pair (mean, what its rounding left or None), so that the same centred values can be had again from x.
    """
    mean = sums(x)
    mean *= 1 / count
    centred = x - mean[place]
    variance = sums(np.square(centred))
    variance *= 1 / count
    rstd = 1 / np.sqrt(variance + eps)
    far = mean * rstd
    if not np.dot(far, far) > 16 * far.size:
        return centred, (mean, None), variance, rstd
    rest = sums(centred)  # a mean far from 0 was rounded, counted in standard deviations, by as much more
    rest *= 1 / count
    centred -= rest[place]
    variance = sums(np.square(centred))
    variance *= 1 / count
    return centred, (mean, rest), variance, 1 / np.sqrt(variance + eps)


def centred_again(x: Any, mean: tuple[Any, Any], place: Any) -> Any:
    """x - mean again, bit for bit as the forward had it: cheaper than keeping a second array as large as x."""
    centred = x - mean[0][place]
    if mean[1] is not None:
        centred -= mean[1][place]
    return centred


def in_form_of(y: Any, x: Any) -> Any:
    """y in the shape and dtype of x."""
    if y.shape != x.shape:
        y = y.reshape(x.shape)
    return y if y.dtype == x.dtype else y.astype(x.dtype)
