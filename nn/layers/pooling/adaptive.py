"""Adaptive pooling: images of any size are cut into a grid of a given size."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from autograd.engine.kinds import like
from autograd.engine.recording import raw
from autograd.options import check_flag
from nn.core.module import Module
from nn.layers.images import as_images, check_not_empty, per_axis
from nn.layers.kernels.resampling import Plan, compact_weights, resample_op, terms_of


def _sizes(output_size: Any, size: tuple[int, ...]) -> tuple[int, ...]:
    """A size for each axis, from `output_size`; None keeps the size of the input."""
    given = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * len(size)
    if len(given) == len(size):
        given = tuple([s if wanted is None else wanted for s, wanted in zip(size, given, strict=True)])
    return per_axis("output_size", given, len(size), 1)


class _Adaptive(Module):
    def __init__(self, output_size: Any) -> None:
        for size in output_size if isinstance(output_size, (tuple, list)) else (output_size,):
            if size is not None:
                per_axis("output_size", size, 1, 1)
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


@lru_cache(maxsize=512)
def adaptive_means(size: int, places: int) -> Plan:
    """For each o the mean from ⌊o·size/places⌋ to ⌈(o+1)·size/places⌉; these windows cover the axis."""
    start = np.arange(places) * size // places
    counts = -(-np.arange(1, places + 1) * size // places) - start
    outs = np.repeat(np.arange(places), counts)
    taps = np.arange(len(outs)) - np.repeat(np.cumsum(counts) - counts, counts)
    terms = terms_of(outs, start[outs] + taps, taps)
    return Plan(size, places, terms, None, compact_weights(1 / counts), ("adaptive",))


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Any:
    """The means of output_size stretches of an axis: see `adaptive_avg_pool2d`."""
    return _adaptive_avg_pool_nd(1, input, output_size)


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    """Cut images into a grid of a given size and take the mean of each cell.

        Cell p of P covers the rows ⌊p·H/P⌋ to ⌈(p+1)·H/P⌉, so that neighbours overlap where P does not divide H.

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C, P, Q) or (C, P, Q), whatever H and W are
    Args:      output_size: P and Q, or one number for both; None keeps the size of that axis.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.adaptive_avg_pool2d(np.arange(6.0).reshape(1, 2, 3), (1, 2))
        array([[[2., 3.]]])
    """
    return _adaptive_avg_pool_nd(2, input, output_size)


def adaptive_avg_pool3d(input: Any, output_size: Any) -> Any:
    """Cut volumes into a grid of a given size and take the mean of each cell: see `adaptive_avg_pool2d`.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> (N, C, P, Q, R) or (C, P, Q, R), whatever D, H and W are
    """
    return _adaptive_avg_pool_nd(3, input, output_size)


def _adaptive_avg_pool_nd(axes: int, input: Any, output_size: Any) -> Any:
    x, single = as_images(input, axes, f"AdaptiveAvgPool{axes}d")
    check_not_empty(x, f"AdaptiveAvgPool{axes}d")
    places = _sizes(output_size, x.shape[2:])
    y = resample_op(x, plans=tuple([adaptive_means(s, count) for s, count in zip(x.shape[2:], places, strict=True)]))
    return y[0] if single else y


class AdaptiveAvgPool1d(_Adaptive):
    """The means of output_size stretches of a sequence: `AdaptiveAvgPool2d` along one axis.

    Shape:     input (N, C, L) or (C, L) -> (N, C, output_size) or (C, output_size)
    """

    def forward(self, input: Any) -> Any:
        return adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_Adaptive):
    """Cut images into a grid of a given size and take the mean of each cell, so that images may have any size.

        Cell p of P covers the rows ⌊p·H/P⌋ to ⌈(p+1)·H/P⌉, so that neighbours overlap where P does not divide H.

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C, P, Q) or (C, P, Q)
    Args:      output_size: P and Q, or one number for both; None keeps the size of that axis.
    Source:    with output_size 1, global average pooling: Lin et al. 2013, arXiv:1312.4400.
    Example:
        >>> import numpy as np, nn
        >>> nn.AdaptiveAvgPool2d(1)(np.ones((8, 64, 7, 5))).shape
        (8, 64, 1, 1)
    """

    def forward(self, input: Any) -> Any:
        return adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_Adaptive):
    """Cut volumes into a grid of a given size and take the mean of each cell: `AdaptiveAvgPool2d` with a further axis.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> (N, C, P, Q, R) or (C, P, Q, R)
    Args:      output_size: P, Q and R, or one number for all; None keeps the size of that axis.
    """

    def forward(self, input: Any) -> Any:
        return adaptive_avg_pool3d(input, self.output_size)


def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The maxima of output_size stretches of an axis: see `adaptive_max_pool2d`."""
    check_flag("adaptive_max_pool1d: return_indices", return_indices)
    return _adaptive_max_pool_nd(1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Cut images into a grid of a given size, as `adaptive_avg_pool2d` does, and take the maximum of each cell.

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C, P, Q) or (C, P, Q), whatever H and W are
    Gradient:  of equal elements the first in the cell gets all of it.
    """
    check_flag("adaptive_max_pool2d: return_indices", return_indices)
    return _adaptive_max_pool_nd(2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Cut volumes into a grid of a given size and take the maximum of each cell: see `adaptive_max_pool2d`.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> (N, C, P, Q, R) or (C, P, Q, R), whatever D, H and W are
    """
    return _adaptive_max_pool_nd(3, input, output_size, return_indices)


def _adaptive_max_pool_nd(axes: int, input: Any, output_size: Any, return_indices: bool) -> Any:
    check_flag(f"adaptive_max_pool{axes}d: return_indices", return_indices)
    x, single = as_images(input, axes, f"AdaptiveMaxPool{axes}d")
    check_not_empty(x, f"AdaptiveMaxPool{axes}d")
    n, c, *size = x.shape
    places = _sizes(output_size, tuple(size))
    pixels = _pixels_of_cells(tuple(size), places)
    best = np.argmax(_cells(raw(x), places, pixels), axis=-1)  # (N, C, P)
    best = np.transpose(np.reshape(best, (n * c, len(pixels))))
    indices = np.take_along_axis(like(pixels, best), best, 1)
    indices = np.reshape(np.transpose(indices), (n, c, len(pixels)))
    y = np.take_along_axis(np.reshape(x, (n, c, math.prod(size))), indices, -1)
    y, indices = np.reshape(y, (n, c, *places)), np.reshape(indices, (n, c, *places))
    if single:
        y, indices = y[0], indices[0]
    return (y, indices) if return_indices else y


def _cells(x: Any, places: tuple[int, ...], pixels: Any) -> Any:
    """x (N, C, *S) -> (N, C, P, cell), by views where the number of cells divides the size along every axis."""
    n, c, *size = x.shape
    axes = len(size)
    if any(s % count for s, count in zip(size, places, strict=True)):
        flat = np.reshape(x, (n, c, math.prod(size)))[:, :, pixels.ravel()]
        return np.reshape(flat, (n, c, *pixels.shape))
    split = [number for s, count in zip(size, places, strict=True) for number in (count, s // count)]
    cells = np.reshape(x, (n, c, *split))
    order = (0, 1, *range(2, 2 * axes + 2, 2), *range(3, 2 * axes + 2, 2))
    return np.reshape(np.transpose(cells, order), (n, c, *pixels.shape))


@lru_cache(maxsize=64)
def _pixels_of_cells(size: tuple[int, ...], places: tuple[int, ...]) -> Any:
    """(P, cell): the number in the flattened image of each pixel of each cell."""
    axes = len(size)
    where: Any = np.zeros((), np.intp)
    for s, count in zip(size, places, strict=True):
        start = np.arange(count) * s // count
        last = -(-np.arange(1, count + 1) * s // count) - 1
        longest = (last - start).max() + 1
        cell = np.minimum(start[:, None] + np.arange(longest), last[:, None])  # a shorter cell repeats its last pixel
        where = np.add.outer(where * s, cell)
    return where.transpose(*range(0, 2 * axes, 2), *range(1, 2 * axes, 2)).reshape(math.prod(places), -1)


class AdaptiveMaxPool1d(_Adaptive):
    """The maxima of output_size stretches of a sequence: `AdaptiveMaxPool2d` along one axis.

    Shape:     input (N, C, L) or (C, L) -> (N, C, output_size) or (C, output_size)
    """

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Any) -> Any:
        return adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_Adaptive):
    """Cut images into a grid of a given size, as `AdaptiveAvgPool2d` does, and take the maximum of each cell.

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C, P, Q) or (C, P, Q)
    Args:      output_size: as for `AdaptiveAvgPool2d`.
               return_indices: also return the index of each maximum in the flattened image.
    Gradient:  of equal elements the first in the cell gets all of it.
    Source:    He et al. 2014, arXiv:1406.4729, with one grid.
    """

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Any) -> Any:
        return adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_Adaptive):
    """Cut volumes into a grid of a given size and take the maximum of each cell: `AdaptiveMaxPool2d`, one axis more.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> (N, C, P, Q, R) or (C, P, Q, R)
    Args:      output_size: as for `AdaptiveAvgPool3d`.
               return_indices: also return the index of each maximum in the flattened volume.
    Gradient:  of equal elements the first in the cell gets all of it.
    """

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Any) -> Any:
        return adaptive_max_pool3d(input, self.output_size, self.return_indices)
