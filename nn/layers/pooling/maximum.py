"""Max pooling: the maximum of each window of an image.

Once it is known where the maxima are, pooling is linear: it selects an element of each window (`pick_in_windows_op`),
and its VJP adds the cotangent to that element (`put_in_windows_op`). Each of the two is the VJP of the other, so a
derivative of any order costs what the first does. In ordinary NumPy, for two axes and no border:

    windows = sliding_window_view(x, kernel, (2, 3))[:, :, ::stride, ::stride].reshape(n, c, p, q, -1)
    index = np.argmax(windows, -1)
    max_pool = np.take_along_axis(windows, index[..., None], -1)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.kinds import like
from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.options import check_flag
from nn.core.module import Module
from nn.layers.images import Size, as_images, check_not_empty
from nn.layers.kernels.patches import Sliding, at_offsets, batch_last, empty_images, from_offsets, pairs
from nn.layers.pooling.windows import places_of_windows, sliding_windows

# Integers are pooled as they are, without a gradient
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")

# An integer type of the same size, by bytes
BITS = {2: np.int16, 4: np.int32, 8: np.int64}


def _masked(g: Any, mask: Any) -> Any:
    """g where the mask is set and 0 elsewhere, even if g is nan there. By bits: four times as fast as np.where."""
    bits = BITS.get(g.dtype.itemsize)
    if bits is None:
        return np.where(mask, g, np.zeros((), g.dtype))
    ones = np.negative(mask.view(np.int8)).astype(bits)  # True becomes -1, all of whose bits are set
    return np.bitwise_and(ones, g.view(bits), out=ones).view(g.dtype)


def _first_inside(sliding: Sliding, places: tuple[int, ...]) -> Any:
    """For each window the number of its first element that is not in the border: (*places, 1)."""
    first = [
        np.maximum(0, -((np.arange(count) * step - before) // d))
        for count, step, (before, _), d in zip(places, sliding.stride, sliding.padding, sliding.dilation, strict=True)
    ]
    number = np.zeros((), np.intp)
    for at, k in zip(first, sliding.kernel, strict=True):
        number = np.add.outer(number * k, at)
    return number[..., None]


def _maxima_of_windows(x: Any, *, sliding: Sliding, places: tuple[int, ...]) -> tuple[Any, Any]:
    """x (N, C, *S) -> (the maxima (N, C, *P), the number of each within its window)

    Of equal elements the first is taken, as in PyTorch; nan is larger than any number.
    """
    n, c, *size = x.shape
    x = batch_last(x)
    taps = math.prod(sliding.kernel)
    out, best = empty_images((n, c, *places), x.dtype)
    index, number = empty_images((n, c, *places), np.uint8 if taps <= 256 else np.intp)
    best[...] = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    number[...] = _first_inside(sliding, places) if any(map(any, sliding.padding)) else 0
    for tap, here, there in pairs(sliding, tuple(size), range(places[0]), places[1:]):
        at, values = (slice(None), *here), x[(slice(None), *there)]
        top = best[at]
        larger = np.greater(values, top).view(np.uint8)
        if number.dtype != np.uint8:
            larger = larger.astype(number.dtype)
        larger *= tap  # the numbers ascend, so np.maximum keeps the latest
        np.maximum(number[at], larger, out=number[at])
        np.maximum(top, values, out=top)
    if x.dtype.kind == "f" and np.isnan(best).any():
        for tap, here, there in pairs(sliding, tuple(size), range(places[0]), places[1:]):
            np.copyto(number[(slice(None), *here)], tap, where=np.isnan(x[(slice(None), *there)]))
    return out, index


def _pick_in_windows(x: Any, index: Any, *, sliding: Sliding) -> Any:
    """x (N, C, *S), index (N, C, *P) -> (N, C, *P): from each window the element with this number."""
    size, places = x.shape[2:], index.shape[2:]
    x, index = batch_last(x), batch_last(index)
    out, picked = empty_images((x.shape[-1], x.shape[0], *places), x.dtype)
    picked[...] = 0
    for tap, here, there in pairs(sliding, size, range(places[0]), places[1:]):
        at = (slice(None), *here)
        picked[at] += _masked(x[(slice(None), *there)], index[at] == tap)
    return out


def _put_in_windows(g: Any, index: Any, *, size: tuple[int, ...], sliding: Sliding) -> Any:
    """g and index (N, C, *P) -> (N, C, *size): zeros, plus each g at the element of its window."""
    n, c, *places = g.shape
    g, index = batch_last(g), batch_last(index)
    out, image = empty_images((n, c, *size), g.dtype)
    image[...] = 0
    for tap, here, there in pairs(sliding, size, range(places[0]), tuple(places[1:])):
        at, to = (slice(None), *here), (slice(None), *there)
        mine = _masked(g[at], index[at] == tap)
        if sliding.overlaps:
            image[to] += mine
        else:
            image[to] = mine
    return out


# The composites: the windows as one array for each offset


def _max_pool_composite(x: Any, *, sliding: Sliding, places: tuple[int, ...]) -> tuple[Any, Any]:
    at_each = at_offsets(raw(x), sliding, places, -np.inf)
    best = at_each[0]
    dtype = np.uint8 if len(at_each) <= 256 else np.intp
    first = _first_inside(sliding, places)[..., 0].astype(dtype) if any(map(any, sliding.padding)) else dtype(0)
    number = np.zeros_like(best, dtype=dtype) + like(first, best)
    for tap, values in enumerate(at_each[1:], 1):
        larger = (values > best) | np.isnan(values)
        best, number = np.where(larger, values, best), np.where(larger, dtype(tap), number)
    return pick_in_windows_op(x, number, sliding=sliding), number


def _pick_composite(x: Any, index: Any, *, sliding: Sliding) -> Any:
    at_each = at_offsets(x, sliding, index.shape[2:])
    picked = [np.where(index == tap, values, 0) for tap, values in enumerate(at_each)]
    return sum(picked[1:], picked[0])


def _put_composite(g: Any, index: Any, *, size: tuple[int, ...], sliding: Sliding) -> Any:
    taps = range(math.prod(sliding.kernel))
    return from_offsets([np.where(index == tap, g, 0) for tap in taps], sliding, tuple(size))


max_pool_op: Primitive = define(
    _maxima_of_windows,
    lambda g, out, x, sliding, places: put_in_windows_op(g[0], out[1], size=x.shape[2:], sliding=sliding),
    keeps="out",
    composite=_max_pool_composite,
    plain=True,
    name="max_pool",
    jvp=lambda t, out, x, sliding, places: (pick_in_windows_op(t, out[1], sliding=sliding), None),
    label="g at the maxima",
)


put_in_windows_op: Primitive = define(
    _put_in_windows,
    lambda g, out, x, index, size, sliding: pick_in_windows_op(g, index, sliding=sliding),
    None,
    keeps=("index", ""),
    composite=_put_composite,
    plain=True,
    name="put_in_windows",
    jvp="linear",
    label="g at the index",
)


pick_in_windows_op: Primitive = define(
    _pick_in_windows,
    lambda g, out, x, index, sliding: put_in_windows_op(g, index, size=x.shape[2:], sliding=sliding),
    None,
    keeps=("index", ""),
    composite=_pick_composite,
    plain=True,
    name="pick_in_windows",
    jvp="linear",
    label="g put at the index",
)


def max_pool1d(
    input: Any, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    dilation: Size = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The maximum of each window of an axis: see `max_pool2d`.

    Shape:     input (N, C, L) or (C, L) -> (N, C, P) or (C, P)
    """
    return max_pool_nd("MaxPool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Any, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    dilation: Size = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The maximum of each window of an image.

        y[n, c, p, q] = max_i,j x[n, c, p·stride + i·dilation - padding, q·… + j·… - …]

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C, P, Q) or (C, P, Q) with
               P = ⌊(H + 2·padding - dilation·(kernel_size - 1) - 1) / stride⌋ + 1
    Args:      stride: the step of the window; None means its own size, so that the windows tile the image.
               padding: at most half the window on either side; the border never contains the maximum.
               ceil_mode: round the size up, so that a last window may reach beyond the border.
               return_indices: also return the index of each maximum in the flattened image.
    Gradient:  of equal elements the first in the window gets all of it, as in PyTorch.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.max_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)
        array([[[[ 5.,  7.],
                 [13., 15.]]]])
    """
    return max_pool_nd("MaxPool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Any, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    dilation: Size = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The maximum of each window of a volume: see `max_pool2d`.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> (N, C, P, Q, R) or (C, P, Q, R)
    """
    return max_pool_nd("MaxPool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool_nd(
    who: str, axes: int, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
    ceil_mode: bool, return_indices: bool,
) -> Any:  # fmt: skip
    """`max_pool2d` with any number of axes; `who` is named in errors."""
    check_flag(f"max_pool{axes}d: ceil_mode", ceil_mode)
    check_flag(f"max_pool{axes}d: return_indices", return_indices)
    x, single = as_images(input, axes, who, integers=INTEGERS)
    check_not_empty(x, who)
    sliding = sliding_windows(axes, kernel_size, stride, padding, dilation)
    places = places_of_windows(sliding, x.shape[2:], ceil_mode, who)
    y, index = max_pool_op(x, sliding=sliding, places=places)
    if not return_indices:
        return y[0] if single else y
    where = _in_image(raw(index), sliding, x.shape[2:])
    return (y[0], where[0]) if single else (y, where)


def _in_image(number: Any, sliding: Sliding, size: tuple[int, ...]) -> Any:
    """The number of each element within its window (N, C, *P) -> its number in the flattened image."""
    offset, start = np.zeros((), np.intp), np.zeros((), np.intp)  # within a window, and of a window
    for axis, pixels in enumerate(size):
        offset = np.add.outer(offset * pixels, np.arange(sliding.kernel[axis]) * sliding.dilation[axis])
        places = np.arange(number.shape[2 + axis])
        start = np.add.outer(start * pixels, places * sliding.stride[axis] - sliding.padding[axis][0])
    offsets = np.take(like(offset.ravel(), number), np.ravel(number))
    return np.reshape(offsets, number.shape) + like(start, number)


class _MaxPool(Module):
    axes: int

    def __init__(
        self, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
        dilation: Size = 1, return_indices: bool = False, ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        sliding_windows(self.axes, kernel_size, stride, padding, dilation)  # checks them
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        return max_pool_nd(
            type(self).__name__, self.axes, input, self.kernel_size, self.stride, self.padding, self.dilation,
            self.ceil_mode, self.return_indices,
        )  # fmt: skip

    def extra_repr(self) -> str:
        names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
        return ", ".join([f"{name}={getattr(self, name)}" for name in names])


class MaxPool1d(_MaxPool):
    """The maximum of each window of a sequence: `MaxPool2d` along one axis.

    Shape:     input (N, C, L) or (C, L) -> (N, C, P) or (C, P)
    Args:      those of `MaxPool2d`.
    """

    axes = 1


class MaxPool2d(_MaxPool):
    """The maximum of each window of an image.

        y[n, c, p, q] = max_i,j x[n, c, p·stride + i·dilation - padding, q·… + j·… - …]

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C, P, Q) or (C, P, Q) with
               P = ⌊(H + 2·padding - dilation·(kernel_size - 1) - 1) / stride⌋ + 1
    Args:      kernel_size, stride, padding, dilation: a number, or one for each axis. A stride of None means
               kernel_size, so that the windows tile the image. padding: at most half a window; the border never
               contains the maximum.
               return_indices: also return the index of each maximum in the flattened image.
               ceil_mode: round the size up, so that a last window may reach beyond the border.
    Gradient:  of equal elements the first in the window gets all of it, as in PyTorch.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Source:    Weng, Ahuja & Huang 1992, "Cresceptron: a self-organizing neural network which grows adaptively".
    Example:
        >>> import numpy as np, nn
        >>> nn.MaxPool2d(2)
        MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
        >>> nn.MaxPool2d(3, stride=2, padding=1)(np.ones((8, 3, 32, 32))).shape
        (8, 3, 16, 16)
    """

    axes = 2


class MaxPool3d(_MaxPool):
    """The maximum of each window of a volume: `MaxPool2d` with a further axis.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> (N, C, P, Q, R) or (C, P, Q, R)
    Args:      those of `MaxPool2d`.
    """

    axes = 3
