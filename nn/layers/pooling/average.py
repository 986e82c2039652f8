"""Average pooling: the mean of each window of an image."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from autograd.options import check_flag
from nn.core.module import Module
from nn.layers.images import Size, as_images, check_not_empty, per_axis
from nn.layers.kernels.resampling import Plan, compact_weights, resample_op, terms_of
from nn.layers.pooling.windows import places_of_windows, sliding_windows


@lru_cache(maxsize=512)
def window_means(
    size: int, kernel: int, stride: int, before: int, places: int, count_border: bool, divisor: int | None
) -> Plan:
    """The mean of each window of an axis with a border of `before` zeros on either side.

    A divisor replaces the count of all axes together: give it to one axis, and 1 to the others.
    """
    start = np.arange(places) * stride - before
    stop = np.minimum(start + kernel, size + before)  # the part of a last window beyond the border does not count
    outs, taps = np.divmod(np.arange(places * kernel), kernel)
    ins = start[outs] + taps
    inside = (ins >= 0) & (ins < size)
    if divisor is not None:
        counts = np.full(places, divisor)
    else:
        counts = stop - start if count_border else np.minimum(stop, size) - np.maximum(start, 0)
    meaning = ("mean", kernel, stride, before, count_border, divisor)
    terms = terms_of(outs[inside], ins[inside], taps[inside])
    return Plan(size, places, terms, None, compact_weights(1 / counts), meaning)


def avg_pool1d(
    input: Any, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    ceil_mode: bool = False, count_include_pad: bool = True,
) -> Any:  # fmt: skip
    """The mean of each window of an axis: see `avg_pool2d`.

    Shape:     input (N, C, L) or (C, L) -> (N, C, P) or (C, P)
    """
    return avg_pool_nd("AvgPool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


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
    return avg_pool_nd(
        "AvgPool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: Any, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """The mean of each window of a volume: see `avg_pool2d`.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> (N, C, P, Q, R) or (C, P, Q, R)
    """
    return avg_pool_nd(
        "AvgPool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool_nd(
    who: str, axes: int, input: Any, kernel_size: Any, stride: Any, padding: Any,
    ceil_mode: bool, count_border: bool, divisor: int | None,
) -> Any:  # fmt: skip
    """`avg_pool2d` with any number of axes; `who` is named in errors."""
    check_flag(f"avg_pool{axes}d: ceil_mode", ceil_mode)
    check_flag(f"avg_pool{axes}d: count_include_pad", count_border)
    x, single = as_images(input, axes, who)
    check_not_empty(x, who)
    if divisor is not None:
        (divisor,) = per_axis("divisor_override", divisor, 1, 1)
    sliding = sliding_windows(axes, kernel_size, stride, padding, 1)
    places = places_of_windows(sliding, x.shape[2:], ceil_mode, who)
    divisors = [None if divisor is None else divisor if axis == 0 else 1 for axis in range(axes)]
    each = zip(x.shape[2:], sliding.kernel, sliding.stride, sliding.padding, places, divisors, strict=True)
    plans = tuple([window_means(s, k, step, p[0], count, bool(count_border), d) for s, k, step, p, count, d in each])
    y = resample_op(x, plans=plans)
    return y[0] if single else y


class _AvgPool(Module):
    axes: int

    def __init__(
        self, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        sliding_windows(self.axes, kernel_size, stride, padding, 1)  # checks them
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = (
            None if divisor_override is None else per_axis("divisor_override", divisor_override, 1, 1)[0]
        )

    def forward(self, input: Any) -> Any:
        return avg_pool_nd(
            type(self).__name__, self.axes, input, self.kernel_size, self.stride, self.padding,
            self.ceil_mode, self.count_include_pad, self.divisor_override,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """The mean of each window of a sequence: `AvgPool2d` along one axis.

    Shape:     input (N, C, L) or (C, L) -> (N, C, P) or (C, P)
    Args:      those of `AvgPool2d`, without divisor_override.
    """

    axes = 1

    def __init__(
        self, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)


class AvgPool2d(_AvgPool):
    """The mean of each window of an image.

        y[n, c, p, q] = 1/count · Σ_i,j x[n, c, p·stride + i - padding, q·stride + j - padding]

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C, P, Q) or (C, P, Q), sizes as for `MaxPool2d`
    Args:      kernel_size, stride, ceil_mode: as for `MaxPool2d`.
               padding: zeros on either side, at most half a window.
               count_include_pad: whether these zeros count.
               divisor_override: divide by this instead of the count.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Source:    LeCun et al. 1998, "Gradient-based learning applied to document recognition".
    Example:
        >>> import numpy as np, nn
        >>> nn.AvgPool2d(2)(np.ones((8, 3, 32, 32))).shape
        (8, 3, 16, 16)
    """

    axes = 2


class AvgPool3d(_AvgPool):
    """The mean of each window of a volume: `AvgPool2d` with a further axis.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> (N, C, P, Q, R) or (C, P, Q, R)
    Args:      those of `AvgPool2d`.
    """

    axes = 3
