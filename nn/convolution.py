"""Convolution layers and their transposes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn import functional as F
from nn import init
from nn.core.module import Module, check_size
from nn.core.parameter import Parameter, blank
from nn.functional.convolution import PADDING_MODES, Padding, borders, pad_images
from nn.functional.images import AXES, Size, as_images, per_axis


class _Conv(Module):
    """What all of them check, initialise and store; `axes` is how many the images have."""

    axes: int
    transposed = False
    bias: Parameter | None
    padding: str | tuple[int, ...]

    def _set_up(
        self, in_channels: int, out_channels: int, kernel_size: Size, stride: Size, padding: Padding, dilation: Size, groups: int,
        bias: bool, padding_mode: str, dtype: Any, rng: np.random.Generator | None, output_padding: Size = 0,
    ) -> None:  # fmt: skip
        self.in_channels = check_size("in_channels", in_channels)
        self.out_channels = check_size("out_channels", out_channels)
        self.groups = check_size("groups", groups)
        if in_channels % groups or out_channels % groups:
            raise ArgumentError(
                f"groups must divide in_channels={in_channels} and out_channels={out_channels}; got {groups}."
            )
        self.kernel_size = per_axis("kernel_size", kernel_size, self.axes, 1)
        self.stride = per_axis("stride", stride, self.axes, 1)
        self.dilation = per_axis("dilation", dilation, self.axes, 1)
        border = borders(padding, self.kernel_size, self.stride, self.dilation)
        self.padding = padding if isinstance(padding, str) else tuple([before for before, _ in border])
        self.output_padding = per_axis("output_padding", output_padding, self.axes)
        if padding_mode not in PADDING_MODES:
            raise ArgumentError(
                f"padding_mode must be one of {', '.join(map(repr, PADDING_MODES))}; got {padding_mode!r}."
            )
        if self.transposed and padding_mode != "zeros":
            raise ArgumentError(f"a transposed convolution has padding_mode='zeros' only; got {padding_mode!r}.")
        self.padding_mode = padding_mode
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = blank((first, second // groups, *self.kernel_size), dtype, "weight")
        self.bias = blank(out_channels, dtype, "bias") if bias else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: np.random.Generator | None = None) -> None:
        """Draw the first values again, as the constructor does."""
        init.uniform_within(1 / math.sqrt(init.fans(self.weight)[0]), self.weight, self.bias, rng=rng)

    def extra_repr(self) -> str:
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        zero, one, bias = (0,) * self.axes, (1,) * self.axes, self.bias is not None
        options = [
            ("padding", self.padding, zero), ("dilation", self.dilation, one), ("output_padding", self.output_padding, zero),
            ("groups", self.groups, 1), ("bias", bias, True), ("padding_mode", self.padding_mode, "zeros"),
        ]  # fmt: skip
        return ", ".join(parts + [f"{name}={value}" for name, value, usual in options if value != usual])


class _Forward(_Conv):
    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Size, stride: Size = 1, padding: Padding = 0, dilation: Size = 1,
        groups: int = 1, bias: bool = True, padding_mode: str = "zeros", *, dtype: Any = np.float32, rng: np.random.Generator | None = None,
    ) -> None:  # fmt: skip
        self._set_up(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, dtype, rng
        )

    def forward(self, input: Any) -> Any:
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input, single = as_images(input, self.axes, type(self).__name__, self.in_channels)
            input = pad_images(
                input[0] if single else input,
                borders(padding, self.kernel_size, self.stride, self.dilation),
                self.padding_mode,
            )
            padding = 0
        function = (F.conv1d, F.conv2d, F.conv3d)[self.axes - 1]
        return function(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_Forward):
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


class Conv2d(_Forward):
    """Slide kernels over images; at each place the output is the inner product with what lies under the kernel.

        y[n, o, p, q] = bias[o] + Σ_c,i,j weight[o, c, i, j] · x[n, c, p·stride + i·dilation - padding, q·… + j·… - …]

    It is a cross-correlation, as everywhere in deep learning: the kernel is not flipped.

    Shape:     input (N, in_channels, H, W) or (in_channels, H, W) -> (N, out_channels, P, Q) or (out_channels, P, Q) with
               P = ⌊(H + 2·padding - dilation·(kernel_size - 1) - 1) / stride⌋ + 1;
               weight (out_channels, in_channels / groups, kh, kw), bias (out_channels,)
    Args:      kernel_size, stride, padding, dilation: a number, or one for each axis; padding also "same" or "valid".
               groups: the channels are split into so many parts, each with kernels of its own; as many as there are
               input channels: depthwise convolution.
               bias: whether there is one.
               padding_mode: the border is "zeros", or repeats the image: "reflect", "replicate" or "circular".
               dtype: of the parameters, and so of the computation (default float32).
               rng: where the first values come from: all uniform in ±1/√(in_channels / groups · kh · kw), as in PyTorch.
    Numerics:  images lie in memory with the batch innermost, and so does the result; shapes do not show it. Of the input
               only itself is kept for the gradient: what the kernel saw is laid out again, a block at a time.
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


class Conv3d(_Forward):
    """Slide kernels through volumes: `Conv2d` with a further axis.

    Shape:     input (N, in_channels, D, H, W) or (in_channels, D, H, W) -> the same with out_channels and the sizes of `Conv2d`;
               weight (out_channels, in_channels / groups, kd, kh, kw), bias (out_channels,)
    Args:      those of `Conv2d`.
    """

    axes = 3


class _Transpose(_Conv):
    transposed = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Size, stride: Size = 1, padding: Size = 0, output_padding: Size = 0,
        groups: int = 1, bias: bool = True, dilation: Size = 1, padding_mode: str = "zeros",
        *, dtype: Any = np.float32, rng: np.random.Generator | None = None,
    ) -> None:  # fmt: skip
        if isinstance(padding, str):
            raise ArgumentError(f"a transposed convolution takes padding in numbers; got {padding!r}.")
        self._set_up(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            dtype,
            rng,
            output_padding,
        )

    def forward(self, input: Any, output_size: Any = None) -> Any:
        more = self.output_padding if output_size is None else self._padding_for(output_size, F.as_values(input).shape)
        function = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[self.axes - 1]
        padding: Any = self.padding
        return function(input, self.weight, self.bias, self.stride, padding, more, self.groups, self.dilation)

    def _padding_for(self, output_size: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The output_padding that gives this size, of the last axes or of all."""
        sizes = tuple(output_size)[-self.axes :] if isinstance(output_size, (tuple, list)) else output_size
        wanted = per_axis("output_size", sizes, self.axes, 1)
        padding: Any = self.padding
        least = tuple([
            (s - 1) * step - 2 * p + d * (k - 1) + 1
            for s, step, p, d, k in zip(shape[-self.axes :], self.stride, padding, self.dilation, self.kernel_size, strict=True)
        ])  # fmt: skip
        most = tuple([low + max(step, d) - 1 for low, step, d in zip(least, self.stride, self.dilation, strict=True)])
        if any(not low <= w <= high for w, low, high in zip(wanted, least, most, strict=True)):
            axes = AXES[self.axes]
            raise ShapeError(
                f"output_size ({axes}) must lie between {least} and {most} for input of shape {shape}; got {wanted}."
            )
        return tuple([w - low for w, low in zip(wanted, least, strict=True)])


class ConvTranspose1d(_Transpose):
    """The transpose of `Conv1d`: `ConvTranspose2d` for sequences.

    Shape:     input (N, in_channels, L) or (in_channels, L) -> (N, out_channels, P) or (out_channels, P);
               weight (in_channels, out_channels / groups, k), bias (out_channels,)
    Args:      those of `ConvTranspose2d`.
    """

    axes = 1


class ConvTranspose2d(_Transpose):
    """Each pixel of the input lays the kernel, times itself, on the output: learned upsampling.

        y[n, o, p·stride + i·dilation - padding, q·… + j·… - …] += weight[c, o, i, j] · x[n, c, p, q],  and + bias[o]

    It is the derivative of `Conv2d` by its input, and so has the sizes the other way round.

    Shape:     input (N, in_channels, H, W) or (in_channels, H, W) -> (N, out_channels, P, Q) or (out_channels, P, Q) with
               P = (H - 1)·stride - 2·padding + dilation·(kernel_size - 1) + output_padding + 1;
               weight (in_channels, out_channels / groups, kh, kw), bias (out_channels,)
    Args:      padding: how much is cut off on either side: what `Conv2d` of the result would need as padding.
               output_padding: how much longer the result gets behind; a stride maps several sizes to one, and this says
               which. Or give `output_size` to the call.
               The others are those of `Conv2d`; first values uniform in ±1/√(out_channels / groups · kh · kw).
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Source:    Zeiler et al. 2010, "Deconvolutional networks"; Dumoulin & Visin 2016, arXiv:1603.07285, section 4.
    Example:
        >>> import numpy as np, nn
        >>> layer = nn.ConvTranspose2d(16, 3, kernel_size=4, stride=2, padding=1)
        >>> layer
        ConvTranspose2d(16, 3, kernel_size=(4, 4), stride=(2, 2), padding=(1, 1))
        >>> layer(np.ones((8, 16, 16, 16))).shape
        (8, 3, 32, 32)
    """

    axes = 2


class ConvTranspose3d(_Transpose):
    """The transpose of `Conv3d`: `ConvTranspose2d` with a further axis.

    Shape:     input (N, in_channels, D, H, W) or (in_channels, D, H, W) -> the same with out_channels and the sizes of `ConvTranspose2d`;
               weight (in_channels, out_channels / groups, kd, kh, kw), bias (out_channels,)
    Args:      those of `ConvTranspose2d`.
    """

    axes = 3
