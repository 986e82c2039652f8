"""Convolution and its transpose over one, two or three axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.ops import fused
from autograd.ops.fused.patches import Sliding
from nn.functional.common import as_values, cast_to
from nn.functional.images import AXES, Size, as_images, check_fit, per_axis

Padding = Size | str

PADDING_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}  # ours -> np.pad's


def conv1d(
    input: Any, weight: Any, bias: Any = None, stride: Size = 1, padding: Padding = 0, dilation: Size = 1, groups: int = 1
) -> Any:  # fmt: skip
    """Convolution along one axis: see `conv2d`.

    Shape:     input (N, C, L) or (C, L), weight (O, C/groups, k), bias (O,) -> (N, O, P) or (O, P)
    """
    return _convolve(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any, weight: Any, bias: Any = None, stride: Size = 1, padding: Padding = 0, dilation: Size = 1, groups: int = 1
) -> Any:  # fmt: skip
    """Slide a kernel over images and take the inner product at each place.

        y[n, o, p, q] = bias[o] + Σ_c,i,j weight[o, c, i, j] · x[n, c, p·stride + i·dilation - padding, q·… + j·… - …]

    It is a cross-correlation, as everywhere in deep learning: the kernel is not flipped.

    Shape:     input (N, C, H, W) or (C, H, W), weight (O, C/groups, kh, kw), bias (O,) -> (N, O, P, Q) or (O, P, Q) with
               P = ⌊(H + 2·padding - dilation·(kh - 1) - 1) / stride⌋ + 1
    Args:      stride, padding, dilation: a number, or one for each axis. padding: zeros on either side; "valid" for none,
               "same" for as many as keep the size (stride 1 only; an odd one goes behind, as in PyTorch).
               groups: the channels are split into so many parts, each with kernels of its own.
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
    input: Any, weight: Any, bias: Any = None, stride: Size = 1, padding: Padding = 0, dilation: Size = 1, groups: int = 1
) -> Any:  # fmt: skip
    """Convolution over volumes: see `conv2d`.

    Shape:     input (N, C, D, H, W) or (C, D, H, W), weight (O, C/groups, kd, kh, kw), bias (O,) -> (N, O, P, Q, R) or (O, P, Q, R)
    """
    return _convolve(3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Any, weight: Any, bias: Any = None, stride: Size = 1, padding: Size = 0,
    output_padding: Size = 0, groups: int = 1, dilation: Size = 1,
) -> Any:  # fmt: skip
    """The transpose of `conv1d`: see `conv_transpose2d`.

    Shape:     input (N, C, L) or (C, L), weight (C, O/groups, k), bias (O,) -> (N, O, P) or (O, P)
    """
    return _transpose(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Any, weight: Any, bias: Any = None, stride: Size = 1, padding: Size = 0,
    output_padding: Size = 0, groups: int = 1, dilation: Size = 1,
) -> Any:  # fmt: skip
    """Each pixel of the input lays the kernel, times itself, on the output: the derivative of `conv2d` by its input.

        y[n, o, p·stride + i·dilation - padding, q·… + j·… - …] += weight[c, o, i, j] · x[n, c, p, q]

    Shape:     input (N, C, H, W) or (C, H, W), weight (C, O/groups, kh, kw), bias (O,) -> (N, O, P, Q) or (O, P, Q) with
               P = (H - 1)·stride - 2·padding + dilation·(kh - 1) + output_padding + 1
    Args:      padding: how much is cut off on either side: what `conv2d` of the result would need as padding.
               output_padding: how much longer it gets behind; of several sizes that `conv2d` maps to one it says which.
               The others are those of `conv2d`.
    Raises:    ShapeError for input of another shape, ArgumentError for an option out of range.
    Source:    Dumoulin & Visin 2016, arXiv:1603.07285, section 4.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.conv_transpose2d(np.array([[[[1.0, 2.0]]]]), np.ones((1, 1, 1, 2)), stride=2)
        array([[[[1., 1., 2., 2.]]]])
    """
    return _transpose(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Any, weight: Any, bias: Any = None, stride: Size = 1, padding: Size = 0,
    output_padding: Size = 0, groups: int = 1, dilation: Size = 1,
) -> Any:  # fmt: skip
    """The transpose of `conv3d`: see `conv_transpose2d`.

    Shape:     input (N, C, D, H, W) or (C, D, H, W), weight (C, O/groups, kd, kh, kw), bias (O,) -> (N, O, P, Q, R) or (O, P, Q, R)
    """
    return _transpose(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def pad_images(x: Any, padding: tuple[tuple[int, int], ...], mode: str) -> Any:
    """Images (*, *S) with a border that repeats what is in them, under PyTorch's names for how (`PADDING_MODES`)."""
    size = x.shape[-len(padding) :]
    room = {"reflect": 1, "circular": 0}.get(mode)
    if room is not None and any(max(border) > s - room for border, s in zip(padding, size, strict=True)):
        raise ShapeError(
            f"padding {padding} with mode {mode!r} takes more than there is in input of size {size}. Use larger input."
        )
    return np.pad(x, ((0, 0),) * (x.ndim - len(padding)) + padding, mode=PADDING_MODES[mode])  # type: ignore[call-overload]


def borders(
    padding: Any, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    """Before and after each axis: of numbers, of "valid", or of "same"."""
    if not isinstance(padding, str):
        return tuple([(p, p) for p in per_axis("padding", padding, len(kernel))])
    if padding not in ("same", "valid"):
        raise ArgumentError(f"padding must be 'same', 'valid' or numbers; got {padding!r}.")
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if any(step != 1 for step in stride):
        raise ArgumentError(
            f"padding='same' keeps the size with stride 1 only; got stride {stride}. Give the padding in numbers."
        )
    reach = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return tuple([(r // 2, r - r // 2) for r in reach])


def _convolve(
    axes: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    who = f"Conv{axes}d"
    weight = _weight(weight, axes, who, f"(out_channels, in_channels / groups, {_kernel(axes)})")
    (groups,) = per_axis("groups", groups, 1, 1)
    if weight.shape[0] % groups:
        raise ShapeError(f"{who}: the {weight.shape[0]} output channels cannot be split into {groups} groups.")
    x, single = as_images(input, axes, who, channels=weight.shape[1] * groups)
    x = cast_to(x, weight, who)
    kernel = weight.shape[2:]
    step, gaps = per_axis("stride", stride, axes, 1), per_axis("dilation", dilation, axes, 1)
    sliding = Sliding(kernel, step, borders(padding, kernel, step, gaps), gaps)
    check_fit(sliding.places(x.shape[2:]), x.shape[2:], f"{kernel}, padding {padding} and dilation {gaps}", who)
    arguments = (x, weight, *_bias(bias, weight, weight.shape[0], who))
    y = fused.convolution(*arguments, sliding=sliding, groups=groups)
    return y[0] if single else y


def _transpose(
    axes: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, output_padding: Any, groups: int, dilation: Any
) -> Any:  # fmt: skip
    who = f"ConvTranspose{axes}d"
    weight = _weight(weight, axes, who, f"(in_channels, out_channels / groups, {_kernel(axes)})")
    (groups,) = per_axis("groups", groups, 1, 1)
    if weight.shape[0] % groups:
        raise ShapeError(f"{who}: the {weight.shape[0]} input channels cannot be split into {groups} groups.")
    x, single = as_images(input, axes, who, channels=weight.shape[0])
    x = cast_to(x, weight, who)
    kernel = weight.shape[2:]
    step, gaps = per_axis("stride", stride, axes, 1), per_axis("dilation", dilation, axes, 1)
    border, more = per_axis("padding", padding, axes), per_axis("output_padding", output_padding, axes)
    if any(m >= max(s, d) for m, s, d in zip(more, step, gaps, strict=True)):
        raise ArgumentError(
            f"output_padding must be smaller than stride {step} or dilation {gaps}; got {output_padding!r}."
        )
    beyond = [max(0, m - p - s + 1) for m, p, s in zip(more, border, step, strict=True)]
    if any(beyond):  # where no kernel reaches: zeros, and the bias
        near = tuple([m - b for m, b in zip(more, beyond, strict=True)])
        y = _transpose(axes, input, weight, None, stride, padding, near, groups, dilation)
        y = np.pad(y, [(0, 0)] * (y.ndim - axes) + [(0, b) for b in beyond])
        each = _bias(bias, weight, weight.shape[1] * groups, who)
        return y + np.reshape(each[0], (-1, *[1] * axes)) if each else y
    # a longer result is one that less is cut off behind
    sliding = Sliding(kernel, step, tuple([(p, max(0, p - m)) for p, m in zip(border, more, strict=True)]), gaps)
    size = tuple([
        (s - 1) * t - 2 * p + d * (k - 1) + m + 1
        for s, t, p, d, k, m in zip(x.shape[2:], step, border, gaps, kernel, more, strict=True)
    ])  # fmt: skip
    if min(size) < 1:
        raise ShapeError(
            f"{who}: padding {border} leaves nothing of a result of size {size}. Use larger input or less padding."
        )
    arguments = (x, weight, *_bias(bias, weight, weight.shape[1] * groups, who))
    y = fused.transposed_convolution(*arguments, size=size, sliding=sliding, groups=groups)
    return y[0] if single else y


def _kernel(axes: int) -> str:
    return ", ".join([f"k{axis.lower()}" for axis in AXES[axes].split(", ")])


def _weight(weight: Any, axes: int, who: str, expected: str) -> Any:
    weight = as_values(weight)
    if weight.ndim != axes + 2:
        raise ShapeError(f"{who} expects a weight of shape {expected}; got {weight.shape}.")
    return weight


def _bias(bias: Any, weight: Any, channels: int, who: str) -> tuple[Any, ...]:
    """The bias as a further argument, if there is one."""
    if bias is None:
        return ()
    bias = cast_to(bias, weight, who)
    if bias.shape != (channels,):
        raise ShapeError(
            f"{who} expects a bias of shape ({channels},), a number for each output channel; got {bias.shape}."
        )
    return (bias,)
