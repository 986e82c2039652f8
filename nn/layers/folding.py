"""Unfold and Fold: the windows of an image as columns, and columns added up to an image.

Each of the two is linear and the transpose of the other: `unfold_op` is the VJP of `fold_op` and the other way round.
Sums of padded slices would take fold two to three times as long, with an operation for each element of a window.
In ordinary NumPy, for stride 1 and no border:

    unfold    np.moveaxis(sliding_window_view(x, kernel, (2, 3)), (4, 5), (2, 3)).reshape(n, c * kh * kw, -1)
    fold      y[:, :, p+i, q+j] += x.reshape(n, c, kh, kw, p, q)[:, :, i, j, p, q]
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.primitive import Primitive
from autograd.engine.registry import define
from autograd.errors import ShapeError
from nn.core.module import Module
from nn.layers.images import Size, as_images, check_fit, check_not_empty, per_axis
from nn.layers.inputs import as_values, check_floating
from nn.layers.kernels.patches import Sliding, at_offsets, computed_in, from_offsets, pairs


def _unfold(x: Any, sliding: Sliding) -> Any:
    """x (N, C, *S) -> (N, C·K, P)"""
    n, c, *size = x.shape
    places = sliding.places(tuple(size))
    fill = np.zeros if any(map(any, sliding.padding)) else np.empty
    out = fill((n, c, math.prod(sliding.kernel), *places), x.dtype)
    for tap, here, there in pairs(sliding, tuple(size), range(places[0]), places[1:]):
        out[(slice(None), slice(None), tap, *here)] = x[(slice(None), slice(None), *there)]
    return out.reshape(n, c * out.shape[2], math.prod(places))


def _fold(x: Any, size: tuple[int, ...], sliding: Sliding) -> Any:
    """x (N, C·K, P) -> (N, C, *size): each column is added to the pixels of its window."""
    dtype, working = computed_in(x)
    places, taps = sliding.places(size), math.prod(sliding.kernel)
    channels = x.shape[1] // taps
    columns = x.reshape(x.shape[0], channels, taps, *places)
    out = np.zeros((x.shape[0], channels, *size), working)
    for tap, here, there in pairs(sliding, size, range(places[0]), places[1:]):
        out[(slice(None), slice(None), *there)] += columns[(slice(None), slice(None), tap, *here)]
    return out.astype(dtype, copy=False)


def _unfold_composite(x: Any, sliding: Sliding) -> Any:
    places = sliding.places(x.shape[2:])
    windows = np.stack(at_offsets(x, sliding, places), axis=2)  # (N, C, K, *P)
    return np.reshape(windows, (x.shape[0], x.shape[1] * windows.shape[2], math.prod(places)))


def _fold_composite(x: Any, size: tuple[int, ...], sliding: Sliding) -> Any:
    dtype, working = computed_in(x)
    places, taps = sliding.places(size), math.prod(sliding.kernel)
    columns = np.reshape(x.astype(working), (x.shape[0], x.shape[1] // taps, taps, *places))
    return from_offsets([columns[:, :, tap] for tap in range(taps)], sliding, tuple(size)).astype(dtype)


unfold_op: Primitive = define(
    _unfold,
    lambda g, out, x, sliding: fold_op(g, size=x.shape[2:], sliding=sliding),
    keeps="",
    composite=_unfold_composite,
    plain=True,
    complex="own rules",
    name="unfold",
    jvp="linear",
    label="g folded",
)


fold_op: Primitive = define(
    _fold,
    lambda g, out, x, size, sliding: unfold_op(g, sliding=sliding),
    keeps="",
    composite=_fold_composite,
    plain=True,
    complex="own rules",
    name="fold",
    jvp="linear",
    label="g unfolded",
)


def unfold(input: Any, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1) -> Any:
    """The windows of images as columns: a convolution is a matrix product with them.

        y[n, c·kh·kw + i·kw + j, p·Q + q] = x[n, c, p·stride + i·dilation - padding, q·… + j·… - …]

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C·kh·kw, P·Q) or (C·kh·kw, P·Q), P and Q as for `conv2d`
    Args:      padding: zeros on either side.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.unfold(np.arange(6.0).reshape(1, 2, 3), 2)
        array([[0., 1.],
               [1., 2.],
               [3., 4.],
               [4., 5.]])
    """
    x, single = as_images(input, 2, "Unfold", complex=True)
    check_not_empty(x, "Unfold")
    sliding = _sliding(kernel_size, dilation, padding, stride)
    _places(sliding, x.shape[2:], "Unfold")
    y = unfold_op(x, sliding=sliding)
    return y[0] if single else y


def fold(
    input: Any, output_size: Size, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1
) -> Any:
    """Add columns up to images: the transpose of `unfold`. Where windows overlap, it sums.

        y[n, c, p·stride + i·dilation - padding, q·… + j·… - …] += x[n, c·kh·kw + i·kw + j, p·Q + q]

    Shape:     input (N, C·kh·kw, P·Q) or (C·kh·kw, P·Q) -> (N, C, H, W) or (C, H, W) with (H, W) = output_size
    Args:      padding: of the images that were unfolded; what lies in it is left out.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.fold(np.ones((4, 2)), (2, 3), 2)
        array([[[1., 2., 1.],
                [1., 2., 1.]]])
    """
    x = as_values(input)
    sliding = _sliding(kernel_size, dilation, padding, stride)
    size = per_axis("output_size", output_size, 2, 1)
    places, taps = _places(sliding, size, "Fold"), math.prod(sliding.kernel)
    count = math.prod(places)
    if x.ndim not in (2, 3) or x.shape[-1] != count or x.shape[-2] % taps or not x.shape[-2]:
        raise ShapeError(
            f"Fold to output_size {size} with kernel_size {sliding.kernel} expects input of shape (N, C·{taps}, "
            f"{count}) or (C·{taps}, {count}), a column for each of the {places[0]}x{places[1]} windows; got {x.shape}."
        )
    check_floating("Fold", x, complex=True)
    y = fold_op(x[None] if x.ndim == 2 else x, size=size, sliding=sliding)
    return y[0] if x.ndim == 2 else y


def _sliding(kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Sliding:
    border = per_axis("padding", padding, 2)
    return Sliding(
        per_axis("kernel_size", kernel_size, 2, 1),
        per_axis("stride", stride, 2, 1),
        tuple([(p, p) for p in border]),
        per_axis("dilation", dilation, 2, 1),
    )


def _places(sliding: Sliding, size: tuple[int, ...], who: str) -> tuple[int, ...]:
    """The number of windows along each axis, at least one."""
    places = sliding.places(size)
    check_fit(places, size, f"{sliding.kernel} with dilation {sliding.dilation}", who)
    return places


class Unfold(Module):
    """The windows of images as columns: a convolution is a matrix product with them.

        y[n, c·kh·kw + i·kw + j, p·Q + q] = x[n, c, p·stride + i·dilation - padding, q·… + j·… - …]

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C·kh·kw, P·Q) or (C·kh·kw, P·Q), P and Q as for `Conv2d`
    Args:      kernel_size, dilation, padding, stride: a number, or one for each axis. padding: zeros on either side.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Example:
        >>> import numpy as np, nn
        >>> nn.Unfold(16, stride=16)(np.ones((1, 3, 64, 64))).shape
        (1, 768, 16)
    """

    def __init__(self, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1) -> None:
        _sliding(kernel_size, dilation, padding, stride)  # checks them
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, input: Any) -> Any:
        return unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        names = ("kernel_size", "dilation", "padding", "stride")
        return ", ".join([f"{name}={getattr(self, name)}" for name in names])


class Fold(Module):
    """Add columns up to images: the transpose of `Unfold`. Where windows overlap, it sums.

        y[n, c, p·stride + i·dilation - padding, q·… + j·… - …] += x[n, c·kh·kw + i·kw + j, p·Q + q]

    Shape:     input (N, C·kh·kw, P·Q) or (C·kh·kw, P·Q) -> (N, C, H, W) or (C, H, W) with (H, W) = output_size
    Args:      kernel_size, dilation, padding, stride: as for `Unfold`.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Example:
        >>> import numpy as np, nn
        >>> nn.Fold((4, 4), 2, stride=2)(np.ones((1, 12, 4))).shape
        (1, 3, 4, 4)
    """

    def __init__(
        self, output_size: Size, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1
    ) -> None:
        per_axis("output_size", output_size, 2, 1)  # checks it
        _sliding(kernel_size, dilation, padding, stride)
        self.output_size = output_size
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, input: Any) -> Any:
        return fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        names = ("output_size", "kernel_size", "dilation", "padding", "stride")
        return ", ".join([f"{name}={getattr(self, name)}" for name in names])
