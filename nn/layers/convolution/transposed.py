"""ConvTranspose1d, ConvTranspose2d, ConvTranspose3d: the transposes of the convolutions, used for upsampling."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn.layers.convolution.conv_base import ConvBase, bias_argument, weight_and_groups
from nn.layers.convolution.primitives import transposed_convolution_op
from nn.layers.images import AXES, Size, as_images, check_not_empty, per_axis
from nn.layers.inputs import as_values, cast_to
from nn.layers.kernels.patches import Sliding


def conv_transpose1d(
    input: Any, weight: Any, bias: Any = None, stride: Size = 1, padding: Size = 0,
    output_padding: Size = 0, groups: int = 1, dilation: Size = 1,
) -> Any:  # fmt: skip
    """The transpose of `conv1d`: see `conv_transpose2d`.

    Shape:     input (N, C, L) or (C, L), weight (C, O/groups, k), bias (O,) -> (N, O, P) or (O, P)
    """
    return _convolve_transposed(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Any, weight: Any, bias: Any = None, stride: Size = 1, padding: Size = 0,
    output_padding: Size = 0, groups: int = 1, dilation: Size = 1,
) -> Any:  # fmt: skip
    """Each pixel of the input adds the kernel, times its value, to the output: the derivative of `conv2d` by its input.

        y[n, o, p·stride + i·dilation - padding, q·… + j·… - …] += weight[c, o, i, j] · x[n, c, p, q]

    Shape:     input (N, C, H, W) or (C, H, W), weight (C, O/groups, kh, kw), bias (O,) -> (N, O, P, Q) or (O, P, Q)
               with P = (H - 1)·stride - 2·padding + dilation·(kh - 1) + output_padding + 1
    Args:      padding: how much is cut off on either side: the padding of the `conv2d` that this transposes.
               output_padding: how much is added at the end of each axis. A strided `conv2d` maps several sizes to one;
               this selects which of them the result has.
               The others are those of `conv2d`.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Source:    Dumoulin & Visin 2016, arXiv:1603.07285, section 4.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.conv_transpose2d(np.array([[[[1.0, 2.0]]]]), np.ones((1, 1, 1, 2)), stride=2)
        array([[[[1., 1., 2., 2.]]]])
    """
    return _convolve_transposed(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Any, weight: Any, bias: Any = None, stride: Size = 1, padding: Size = 0,
    output_padding: Size = 0, groups: int = 1, dilation: Size = 1,
) -> Any:  # fmt: skip
    """The transpose of `conv3d`: see `conv_transpose2d`.

    Shape:     input (N, C, D, H, W) or (C, D, H, W), weight (C, O/groups, kd, kh, kw), bias (O,) -> (N, O, P, Q, R) or
               (O, P, Q, R)
    """
    return _convolve_transposed(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def _convolve_transposed(
    axes: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, output_padding: Any, groups: int,
    dilation: Any,
) -> Any:  # fmt: skip
    who = f"ConvTranspose{axes}d"
    weight, groups = weight_and_groups(who, weight, axes, groups, transposed=True)
    x, single = as_images(input, axes, who, channels=weight.shape[0], complex=True)
    check_not_empty(x, who)
    x = cast_to(x, weight, who, complex=True)
    kernel = weight.shape[2:]
    step, gaps = per_axis("stride", stride, axes, 1), per_axis("dilation", dilation, axes, 1)
    border, more = per_axis("padding", padding, axes), per_axis("output_padding", output_padding, axes)
    if any(m >= max(s, d) for m, s, d in zip(more, step, gaps, strict=True)):
        raise ArgumentError(
            f"output_padding must be smaller than stride {step} or dilation {gaps}; got {output_padding!r}."
        )
    beyond = [max(0, m - p - s + 1) for m, p, s in zip(more, border, step, strict=True)]
    if any(beyond):  # no kernel reaches these pixels: they are zeros, plus the bias
        near = tuple([m - b for m, b in zip(more, beyond, strict=True)])
        y = _convolve_transposed(axes, input, weight, None, stride, padding, near, groups, dilation)
        y = np.pad(y, [(0, 0)] * (y.ndim - axes) + [(0, b) for b in beyond])
        each = bias_argument(who, bias, weight, weight.shape[1] * groups)
        return y + np.reshape(each[0], (-1, *[1] * axes)) if each else y
    # output_padding means that less is cut off at the end
    sliding = Sliding(kernel, step, tuple([(p, max(0, p - m)) for p, m in zip(border, more, strict=True)]), gaps)
    size = tuple([
        (s - 1) * t - 2 * p + d * (k - 1) + m + 1
        for s, t, p, d, k, m in zip(x.shape[2:], step, border, gaps, kernel, more, strict=True)
    ])  # fmt: skip
    if min(size) < 1:
        raise ShapeError(
            f"{who}: padding {border} leaves nothing of a result of size {size}. Use larger input or less padding."
        )
    arguments = (x, weight, *bias_argument(who, bias, weight, weight.shape[1] * groups))
    y = transposed_convolution_op(*arguments, size=size, sliding=sliding, groups=groups)
    return y[0] if single else y


class _ConvTransposeNd(ConvBase):
    transposed = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Size, stride: Size = 1, padding: Size = 0,
        output_padding: Size = 0, groups: int = 1, bias: bool = True, dilation: Size = 1, padding_mode: str = "zeros",
        *, dtype: Any = np.float32, rng: np.random.Generator | None = None,
    ) -> None:  # fmt: skip
        if isinstance(padding, str):
            raise ArgumentError(f"a transposed convolution takes padding in numbers; got {padding!r}.")
        self._set_up(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, dtype, rng,
            output_padding,
        )  # fmt: skip

    def forward(self, input: Any, output_size: Any = None) -> Any:
        more = self.output_padding if output_size is None else self._padding_for(output_size, as_values(input).shape)
        return _convolve_transposed(
            self.axes, input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation
        )

    def _padding_for(self, output_size: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The output_padding that gives this size, of the last axes or of all."""
        sizes = tuple(output_size)[-self.axes :] if isinstance(output_size, (tuple, list)) else output_size
        wanted = per_axis("output_size", sizes, self.axes, 1)
        padding: Any = self.padding
        options = (self.stride, padding, self.dilation, self.kernel_size)
        each = zip(shape[-self.axes :], *options, strict=True)
        least = tuple([(s - 1) * step - 2 * p + d * (k - 1) + 1 for s, step, p, d, k in each])
        most = tuple([low + max(step, d) - 1 for low, step, d in zip(least, self.stride, self.dilation, strict=True)])
        if any(not low <= w <= high for w, low, high in zip(wanted, least, most, strict=True)):
            axes = AXES[self.axes]
            raise ShapeError(
                f"output_size ({axes}) must lie between {least} and {most} for input of shape {shape}; got {wanted}."
            )
        return tuple([w - low for w, low in zip(wanted, least, strict=True)])


class ConvTranspose1d(_ConvTransposeNd):
    """The transpose of `Conv1d`: `ConvTranspose2d` for sequences.

    Shape:     input (N, in_channels, L) or (in_channels, L) -> (N, out_channels, P) or (out_channels, P);
               weight (in_channels, out_channels / groups, k), bias (out_channels,)
    Args:      those of `ConvTranspose2d`.
    """

    axes = 1


class ConvTranspose2d(_ConvTransposeNd):
    """Each pixel of the input adds the kernel, times its value, to the output: learned upsampling.

        y[n, o, p·stride + i·dilation - padding, q·… + j·… - …] += weight[c, o, i, j] · x[n, c, p, q],  and + bias[o]

    It is the derivative of `Conv2d` by its input, so it maps the sizes of its results back to those of its inputs.

    Shape:     input (N, in_channels, H, W) or (in_channels, H, W) -> (N, out_channels, P, Q) or (out_channels, P, Q)
               with P = (H - 1)·stride - 2·padding + dilation·(kernel_size - 1) + output_padding + 1;
               weight (in_channels, out_channels / groups, kh, kw), bias (out_channels,)
    Args:      padding: how much is cut off on either side: the padding of the `Conv2d` that this transposes.
               output_padding: how much is added at the end of each axis. A strided `Conv2d` maps several sizes to one;
               this selects which of them the result has. Or give `output_size` to the call.
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


class ConvTranspose3d(_ConvTransposeNd):
    """The transpose of `Conv3d`: `ConvTranspose2d` with a further axis.

    Shape:     input (N, in_channels, D, H, W) or (in_channels, D, H, W) -> the same with out_channels and the sizes of
               `ConvTranspose2d`;
               weight (in_channels, out_channels / groups, kd, kh, kw), bias (out_channels,)
    Args:      those of `ConvTranspose2d`.
    """

    axes = 3
