"""Conv1d, Conv2d, Conv3d: a kernel slides over images with one, two or three axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.layers.convolution.conv_base import ConvBase, Padding, bias_argument, borders, weight_and_groups
from nn.layers.convolution.primitives import convolution_op
from nn.layers.images import Size, as_images, check_fit, check_not_empty, per_axis
from nn.layers.inputs import cast_to
from nn.layers.kernels.patches import Sliding
from nn.layers.padding import pad


def conv1d(
    input: Any, weight: Any, bias: Any = None,
    stride: Size = 1, padding: Padding = 0, dilation: Size = 1, groups: int = 1,
) -> Any:  # fmt: skip
    """Convolution along one axis: see `conv2d`.

    Shape:     input (N, C, L) or (C, L), weight (O, C/groups, k), bias (O,) -> (N, O, P) or (O, P)
    """
    return _convolve(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any, weight: Any, bias: Any = None,
    stride: Size = 1, padding: Padding = 0, dilation: Size = 1, groups: int = 1,
) -> Any:  # fmt: skip
    """Slide a kernel over images and take the inner product at each place.

        y[n, o, p, q] = bias[o] + Σ_c,i,j weight[o, c, i, j] · x[n, c, p·stride + i·dilation - padding, q·… + j·… - …]

    It is a cross-correlation, as everywhere in deep learning: the kernel is not flipped.

    Shape:     input (N, C, H, W) or (C, H, W), weight (O, C/groups, kh, kw), bias (O,) -> (N, O, P, Q) or (O, P, Q)
               with P = ⌊(H + 2·padding - dilation·(kh - 1) - 1) / stride⌋ + 1
    Args:      stride, padding, dilation: a number, or one for each axis. padding: the number of zeros on either side;
               "valid" means none, "same" as many as keep the size (stride 1 only; if their number is odd, the
               additional one goes behind, as in PyTorch).
               groups: the channels are split into this many parts, each with its own kernels.
    Numerics:  computed in the weight's dtype; a floating input is cast to it. float16 is computed in float32.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Source:    Dumoulin & Visin 2016, arXiv:1603.07285.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> edges = np.array([[[[-1.0, 1.0]]]])
        >>> F.conv2d(np.array([[[[0.0, 0.0, 5.0, 5.0]]]]), edges)
        array([[[[0., 5., 0.]]]])
    """
    return _convolve(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Any, weight: Any, bias: Any = None,
    stride: Size = 1, padding: Padding = 0, dilation: Size = 1, groups: int = 1,
) -> Any:  # fmt: skip
    """Convolution over volumes: see `conv2d`.

    Shape:     input (N, C, D, H, W) or (C, D, H, W), weight (O, C/groups, kd, kh, kw), bias (O,) -> (N, O, P, Q, R) or
               (O, P, Q, R)
    """
    return _convolve(3, input, weight, bias, stride, padding, dilation, groups)


def _convolve(
    axes: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    who = f"Conv{axes}d"
    weight, groups = weight_and_groups(who, weight, axes, groups)
    x, single = as_images(input, axes, who, channels=weight.shape[1] * groups, complex=True)
    check_not_empty(x, who)
    x = cast_to(x, weight, who, complex=True)
    kernel = weight.shape[2:]
    step, gaps = per_axis("stride", stride, axes, 1), per_axis("dilation", dilation, axes, 1)
    sliding = Sliding(kernel, step, borders(padding, kernel, step, gaps), gaps)
    check_fit(sliding.places(x.shape[2:]), x.shape[2:], f"{kernel}, padding {padding} and dilation {gaps}", who)
    arguments = (x, weight, *bias_argument(who, bias, weight, weight.shape[0]))
    y = convolution_op(*arguments, sliding=sliding, groups=groups)
    return y[0] if single else y


class _ConvNd(ConvBase):
    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Size, stride: Size = 1, padding: Padding = 0,
        dilation: Size = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros",
        *, dtype: Any = np.float32, rng: np.random.Generator | None = None,
    ) -> None:  # fmt: skip
        self._set_up(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, dtype, rng
        )

    def forward(self, input: Any) -> Any:
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input, single = as_images(input, self.axes, type(self).__name__, self.in_channels, complex=True)
            border = borders(padding, self.kernel_size, self.stride, self.dilation)
            widths = [width for pair in reversed(border) for width in pair]
            input = pad(input[0] if single else input, widths, self.padding_mode)
            padding = 0
        return _convolve(self.axes, input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_ConvNd):
    """Slide kernels along an axis: `Conv2d` for sequences.

    Shape:     input (N, in_channels, L) or (in_channels, L) -> (N, out_channels, P) or (out_channels, P);
               weight (out_channels, in_channels / groups, k), bias (out_channels,)
    Args:      those of `Conv2d`.
    Example:
        >>> import numpy as np, nn
        >>> nn.Conv1d(3, 8, kernel_size=5, padding="same")(np.ones((2, 3, 100))).shape
        (2, 8, 100)
    """

    axes = 1


class Conv2d(_ConvNd):
    """Slide kernels over images; the output at each place is the inner product of the kernel and the pixels under it.

        y[n, o, p, q] = bias[o] + Σ_c,i,j weight[o, c, i, j] · x[n, c, p·stride + i·dilation - padding, q·… + j·… - …]

    It is a cross-correlation, as everywhere in deep learning: the kernel is not flipped.

    Shape:     input (N, in_channels, H, W) or (in_channels, H, W) -> (N, out_channels, P, Q) or (out_channels, P, Q)
               with P = ⌊(H + 2·padding - dilation·(kernel_size - 1) - 1) / stride⌋ + 1;
               weight (out_channels, in_channels / groups, kh, kw), bias (out_channels,)
    Args:      kernel_size, stride, padding, dilation: a number, or one for each axis; padding also "same" or "valid".
               groups: the channels are split into this many parts, each with its own kernels; with as many groups as
               input channels it is a depthwise convolution.
               bias: whether there is one.
               padding_mode: the border is "zeros", or repeats the image: "reflect", "replicate" or "circular".
               dtype: of the parameters, and so of the computation (default float32).
               rng: source of the first values: all uniform in ±1/√(in_channels / groups · kh · kw), as in PyTorch.
    Numerics:  images and results are stored with the batch axis innermost; shapes stay (N, C, H, W). For the gradient
               only the input itself is kept: the patches under the kernel are laid out again, a block at a time.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Source:    LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition"; for the
               arithmetic of sizes Dumoulin & Visin 2016, arXiv:1603.07285.
    Example:
        >>> import numpy as np, nn
        >>> layer = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        >>> layer
        Conv2d(3, 16, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
        >>> layer(np.ones((8, 3, 32, 32))).shape
        (8, 16, 32, 32)
    """

    axes = 2


class Conv3d(_ConvNd):
    """Slide kernels through volumes: `Conv2d` with a further axis.

    Shape:     input (N, in_channels, D, H, W) or (in_channels, D, H, W) -> the same with out_channels and the sizes of
               `Conv2d`;
               weight (out_channels, in_channels / groups, kd, kh, kw), bias (out_channels,)
    Args:      those of `Conv2d`.
    """

    axes = 3
