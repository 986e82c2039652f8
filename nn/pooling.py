"""Pooling layers."""

from __future__ import annotations

from typing import Any

from nn import functional as F
from nn.core.module import Module
from nn.functional.images import Size, per_axis
from nn.functional.pooling import check_padding


class _MaxPool(Module):
    axes: int

    def __init__(
        self, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
        dilation: Size = 1, return_indices: bool = False, ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        check_padding(per_axis("kernel_size", kernel_size, self.axes, 1), per_axis("padding", padding, self.axes))
        per_axis("dilation", dilation, self.axes, 1)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        per_axis("stride", self.stride, self.axes, 1)
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        function = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[self.axes - 1]
        return function(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )

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
    Args:      kernel_size, stride, padding, dilation: a number, or one for each axis. stride None: that of the kernel,
               so that the windows tile the image. padding: at most half a window; what lies there never is the maximum.
               return_indices: return also where in the flattened image each maximum was.
               ceil_mode: round the size up, so that a last window may reach beyond the border.
    Gradient:  of equal elements the first in the window gets it all, as in PyTorch.
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


class _AvgPool(Module):
    axes: int

    def __init__(
        self, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        check_padding(per_axis("kernel_size", kernel_size, self.axes, 1), per_axis("padding", padding, self.axes))
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        per_axis("stride", self.stride, self.axes, 1)
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = (
            None if divisor_override is None else per_axis("divisor_override", divisor_override, 1, 1)[0]
        )

    def forward(self, input: Any) -> Any:
        function = (F.avg_pool2d, F.avg_pool3d)[self.axes - 2]
        return function(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """The mean of each window of a sequence: `AvgPool2d` along one axis.

    Shape:     input (N, C, L) or (C, L) -> (N, C, P) or (C, P)
    Args:      those of `AvgPool2d`, without divisor_override.
    """

    axes = 1

    def __init__(
        self, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False, count_include_pad: bool = True
    ) -> None:  # fmt: skip
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)

    def forward(self, input: Any) -> Any:
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)


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


class _Adaptive(Module):
    def __init__(self, output_size: Any) -> None:
        for size in output_size if isinstance(output_size, (tuple, list)) else (output_size,):
            if size is not None:
                per_axis("output_size", size, 1, 1)
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_Adaptive):
    """The means of output_size stretches of a sequence: `AdaptiveAvgPool2d` along one axis.

    Shape:     input (N, C, L) or (C, L) -> (N, C, output_size) or (C, output_size)
    """

    def forward(self, input: Any) -> Any:
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_Adaptive):
    """Cut images into a grid of a given size and take the mean of each cell: one network for images of any size.

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
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveMaxPool1d(_Adaptive):
    """The maxima of output_size stretches of a sequence: `AdaptiveMaxPool2d` along one axis.

    Shape:     input (N, C, L) or (C, L) -> (N, C, output_size) or (C, output_size)
    """

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Any) -> Any:
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_Adaptive):
    """Cut images into a grid of a given size, as `AdaptiveAvgPool2d` does, and take the maximum of each cell.

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C, P, Q) or (C, P, Q)
    Args:      output_size: as for `AdaptiveAvgPool2d`.
               return_indices: return also where in the flattened image each maximum was.
    Gradient:  of equal elements the first in the cell gets it all.
    Source:    He et al. 2014, arXiv:1406.4729, with one grid.
    """

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Any) -> Any:
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)
