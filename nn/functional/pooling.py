"""Pooling: the maximum or the mean of windows of an image."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.ops import fused
from autograd.ops.fused.patches import Sliding
from autograd.ops.fused.resampling import adaptive_means, window_means
from nn.functional.images import Size, as_images, check_fit, per_axis


def max_pool1d(
    input: Any, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    dilation: Size = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The maximum of each window of an axis: see `max_pool2d`.

    Shape:     input (N, C, L) or (C, L) -> (N, C, P) or (C, P)
    """
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Any, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    dilation: Size = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The maximum of each window of an image.

        y[n, c, p, q] = max_i,j x[n, c, p·stride + i·dilation - padding, q·… + j·… - …]

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C, P, Q) or (C, P, Q) with
               P = ⌊(H + 2·padding - dilation·(kernel_size - 1) - 1) / stride⌋ + 1
    Args:      stride: how far the window steps; None: its own size, so that windows tile the image.
               padding: at most half the window on either side; what lies there never is the maximum.
               ceil_mode: round the size up, so that a last window may reach beyond the border.
               return_indices: also return where in the flattened image each maximum was, as integers.
    Gradient:  of equal elements the first in the window gets it all, as in PyTorch.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.max_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)
        array([[[[ 5.,  7.],
                 [13., 15.]]]])
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Any, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    dilation: Size = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The maximum of each window of a volume: see `max_pool2d`.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> (N, C, P, Q, R) or (C, P, Q, R)
    """
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def avg_pool1d(
    input: Any, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False, count_include_pad: bool = True
) -> Any:  # fmt: skip
    """The mean of each window of an axis: see `avg_pool2d`.

    Shape:     input (N, C, L) or (C, L) -> (N, C, P) or (C, P)
    """
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Any, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """The mean of each window of an image.

        y[n, c, p, q] = 1/count · Σ_i,j x[n, c, p·stride + i - padding, q·stride + j - padding]

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C, P, Q) or (C, P, Q), sizes as for `max_pool2d`
    Args:      stride, ceil_mode: as for `max_pool2d`.
               padding: zeros on either side, at most half the window.
               count_include_pad: whether these zeros count.
               divisor_override: divide by this instead of the count.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.avg_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)
        array([[[[ 2.5,  4.5],
                 [10.5, 12.5]]]])
    """
    return _avg_pool(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: Any, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """The mean of each window of a volume: see `avg_pool2d`.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> (N, C, P, Q, R) or (C, P, Q, R)
    """
    return _avg_pool(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Any:
    """The means of output_size stretches of an axis: see `adaptive_avg_pool2d`."""
    return _adaptive_avg_pool(1, input, output_size)


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
    return _adaptive_avg_pool(2, input, output_size)


def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The maxima of output_size stretches of an axis: see `adaptive_max_pool2d`."""
    return _adaptive_max_pool(1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Cut images into a grid of a given size, as `adaptive_avg_pool2d` does, and take the maximum of each cell.

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C, P, Q) or (C, P, Q), whatever H and W are
    Gradient:  of equal elements the first in the cell gets it all.
    """
    return _adaptive_max_pool(2, input, output_size, return_indices)


def _max_pool(
    axes: int, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, return_indices: bool
) -> Any:  # fmt: skip
    x, single = as_images(input, axes, f"MaxPool{axes}d")
    sliding = _sliding(axes, kernel_size, stride, padding, dilation)
    places = _places(sliding, x.shape[2:], ceil_mode, f"MaxPool{axes}d")
    y, index = fused.max_pool(x, sliding=sliding, places=places)
    if not return_indices:
        return y[0] if single else y
    where = _in_image(getattr(index, "_data", index), sliding, x.shape[2:])
    return (y[0], where[0]) if single else (y, where)


def _avg_pool(
    axes: int, input: Any, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool, count_border: bool, divisor: int | None
) -> Any:  # fmt: skip
    x, single = as_images(input, axes, f"AvgPool{axes}d")
    if divisor is not None:
        (divisor,) = per_axis("divisor_override", divisor, 1, 1)
    sliding = _sliding(axes, kernel_size, stride, padding, 1)
    places = _places(sliding, x.shape[2:], ceil_mode, f"AvgPool{axes}d")
    divisors = [None if divisor is None else divisor if axis == 0 else 1 for axis in range(axes)]
    each = zip(x.shape[2:], sliding.kernel, sliding.stride, sliding.padding, places, divisors, strict=True)
    plans = tuple([window_means(s, k, step, p[0], count, bool(count_border), d) for s, k, step, p, count, d in each])
    y = fused.resample(x, plans=plans)
    return y[0] if single else y


def _adaptive_avg_pool(axes: int, input: Any, output_size: Any) -> Any:
    x, single = as_images(input, axes, f"AdaptiveAvgPool{axes}d")
    places = adaptive_size(output_size, x.shape[2:])
    y = fused.resample(x, plans=tuple([adaptive_means(s, count) for s, count in zip(x.shape[2:], places, strict=True)]))
    return y[0] if single else y


def _adaptive_max_pool(axes: int, input: Any, output_size: Any, return_indices: bool) -> Any:
    x, single = as_images(input, axes, f"AdaptiveMaxPool{axes}d")
    n, c, *size = x.shape
    places = adaptive_size(output_size, tuple(size))
    where: Any = np.zeros((), np.intp)  # (*P, cell): the number in the flattened image of each pixel of each cell
    for s, count in zip(size, places, strict=True):
        start = np.arange(count) * s // count
        last = -(-np.arange(1, count + 1) * s // count) - 1
        cell = np.minimum(
            start[:, None] + np.arange((last - start).max() + 1), last[:, None]
        )  # a short one repeats its last
        where = np.add.outer(where * s, cell)
    where = where.transpose(*range(0, 2 * axes, 2), *range(1, 2 * axes, 2)).reshape(math.prod(places), -1)
    cells = np.reshape(x, (n, c, -1))[:, :, where]  # (N, C, P, cell)
    best = np.argmax(getattr(cells, "_data", cells), axis=-1, keepdims=True)
    y = np.reshape(np.take_along_axis(cells, best, -1), (n, c, *places))
    indices = np.take_along_axis(where, best.reshape(n * c, -1).T, 1).T.reshape(n, c, *places)
    if single:
        y, indices = y[0], indices[0]
    return (y, indices) if return_indices else y


def adaptive_size(output_size: Any, size: tuple[int, ...]) -> tuple[int, ...]:
    """A size for each axis; None keeps that of the input."""
    given = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * len(size)
    if len(given) == len(size):
        given = tuple([s if wanted is None else wanted for s, wanted in zip(size, given, strict=True)])
    return per_axis("output_size", given, len(size), 1)


def check_padding(kernel: tuple[int, ...], padding: tuple[int, ...]) -> None:
    """Refuse a border in which a window would see nothing."""
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise ArgumentError(
            f"padding may be at most half of kernel_size {kernel}, or a window would see nothing; got {padding}."
        )


def _sliding(axes: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Sliding:
    kernel = per_axis("kernel_size", kernel_size, axes, 1)
    step = kernel if stride is None else per_axis("stride", stride, axes, 1)
    border = per_axis("padding", padding, axes)
    check_padding(kernel, border)
    return Sliding(kernel, step, tuple([(p, p) for p in border]), per_axis("dilation", dilation, axes, 1))


def _places(sliding: Sliding, size: tuple[int, ...], ceil_mode: bool, who: str) -> tuple[int, ...]:
    """How many windows there are along each axis; with ceil_mode those that begin within the image or the border before it."""
    places = sliding.places(size)
    if ceil_mode:
        padding, stride = [before for before, _ in sliding.padding], sliding.stride
        longer = sliding._replace(padding=tuple([(p, p + step - 1) for p, step in zip(padding, stride, strict=True)]))
        begin = [(s + p - 1) // step + 1 for s, p, step in zip(size, padding, stride, strict=True)]
        places = tuple([min(fit, most) for fit, most in zip(longer.places(size), begin, strict=True)])
    check_fit(places, size, f"{sliding.kernel} with dilation {sliding.dilation}", who)
    return places


def _in_image(number: Any, sliding: Sliding, size: tuple[int, ...]) -> Any:
    """The number of each element within its window (N, C, *P) -> its number in the flattened image."""
    offsets = np.unravel_index(number.astype(np.intp), sliding.kernel)
    where: Any = np.zeros((), np.intp)
    axes = len(size)
    for axis, offset in enumerate(offsets):
        start = np.arange(number.shape[2 + axis]) * sliding.stride[axis] - sliding.padding[axis][0]
        where = where * size[axis] + offset * sliding.dilation[axis] + start.reshape(-1, *[1] * (axes - axis - 1))
    return where
