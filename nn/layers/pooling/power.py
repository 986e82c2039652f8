"""Power-average pooling: the p-norm of each window, of which max pooling is the limit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.kinds import somewhere
from autograd.engine.recording import raw
from autograd.errors import ArgumentError
from autograd.options import check_flag
from nn.core.module import Module
from nn.layers.images import Size, as_images, per_axis
from nn.layers.pooling.average import avg_pool_nd
from nn.layers.pooling.maximum import max_pool_nd
from nn.layers.pooling.windows import sliding_windows


def lp_pool1d(
    input: Any, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
) -> Any:
    """The p-norm of each window of an axis: see `lp_pool2d`.

    Shape:     input (N, C, L) or (C, L) -> (N, C, P) or (C, P)
    """
    return _lp_pool_nd(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Any, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
) -> Any:
    """The p-th root of the sum of the p-th powers of each window of an image.

        y[n, c, p, q] = (Σ_i,j x[n, c, p·stride + i, q·stride + j]^norm_type)^(1/norm_type)

    No absolute value is taken: with an odd norm_type the sum may be negative, and its root is nan, as in PyTorch.

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C, P, Q) or (C, P, Q), sizes as for `max_pool2d`
    Args:      norm_type: inf gives the maximum of the absolute values, -inf the minimum.
               stride, ceil_mode: as for `max_pool2d`; a window that reaches beyond the image counts for a whole one.
    Gradient:  0 where the sum is 0, as in PyTorch.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Source:    Sermanet et al. 2012, arXiv:1204.3968.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.lp_pool2d(np.array([[[3.0, 4.0]]]), 2, (1, 2))
        array([[[5.]]])
    """
    return _lp_pool_nd(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Any, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
) -> Any:
    """The p-norm of each window of a volume: see `lp_pool2d`.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> (N, C, P, Q, R) or (C, P, Q, R)
    """
    return _lp_pool_nd(3, input, norm_type, kernel_size, stride, ceil_mode)


def _lp_pool_nd(axes: int, input: Any, p: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Any:
    who = f"LPPool{axes}d"
    check_flag(f"lp_pool{axes}d: ceil_mode", ceil_mode)
    _check_norm_type(p)
    x, single = as_images(input, axes, who)
    if math.isinf(p):
        largest = max_pool_nd(who, axes, math.copysign(1, p) * np.abs(x), kernel_size, stride, 0, 1, ceil_mode, False)
        y = largest if p > 0 else -largest
    else:
        means = avg_pool_nd(who, axes, x**p, kernel_size, stride, 0, ceil_mode, True, None)
        y = _root(means * math.prod(per_axis("kernel_size", kernel_size, axes, 1)), p)
    return y[0] if single else y


def _root(x: Any, p: float) -> Any:
    """x^(1/p), with derivative 0 at 0."""
    zero = raw(x) == 0
    if not somewhere(zero):
        return x ** (1 / p)
    return np.where(zero, 0.0 if p > 0 else np.inf, np.where(zero, 1.0, x) ** (1 / p))


def _check_norm_type(norm_type: Any) -> None:
    number = isinstance(norm_type, (int, float, np.integer, np.floating)) and not isinstance(norm_type, bool)
    if not number or not abs(norm_type) > 0:
        raise ArgumentError(f"norm_type must be a number other than 0; got {norm_type!r}.")


class _LPPool(Module):
    axes: int

    def __init__(
        self, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
    ) -> None:
        _check_norm_type(norm_type)
        sliding_windows(self.axes, kernel_size, stride, 0, 1)  # checks them
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        return _lp_pool_nd(self.axes, input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """The p-norm of each window of a sequence: `LPPool2d` along one axis.

    Shape:     input (N, C, L) or (C, L) -> (N, C, P) or (C, P)
    Args:      those of `LPPool2d`.
    """

    axes = 1


class LPPool2d(_LPPool):
    """The p-th root of the sum of the p-th powers of each window of an image.

        y[n, c, p, q] = (Σ_i,j x[n, c, p·stride + i, q·stride + j]^norm_type)^(1/norm_type)

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C, P, Q) or (C, P, Q), sizes as for `MaxPool2d`
    Args:      norm_type: the power; inf gives the maximum of the absolute values, 1 the sum.
               kernel_size, stride, ceil_mode: as for `MaxPool2d`.
    Gradient:  0 where the sum is 0, as in PyTorch.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Source:    Sermanet et al. 2012, arXiv:1204.3968.
    Example:
        >>> import numpy as np, nn
        >>> nn.LPPool2d(2, 2, stride=1)(np.ones((1, 1, 3, 3)))
        array([[[[2., 2.],
                 [2., 2.]]]])
    """

    axes = 2


class LPPool3d(_LPPool):
    """The p-norm of each window of a volume: `LPPool2d` with a further axis.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> (N, C, P, Q, R) or (C, P, Q, R)
    Args:      those of `LPPool2d`.
    """

    axes = 3
