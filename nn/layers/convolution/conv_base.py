"""What Conv1d … ConvTranspose3d share: checks of weight and bias, borders, and the base of the Modules."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn import init
from nn.core.checks import check_size
from nn.core.module import Module
from nn.core.parameter import Parameter, blank
from nn.layers.images import AXES, Size, per_axis
from nn.layers.inputs import as_values, cast_to

Padding = Size | str

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def borders(
    padding: Any, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    """(before, after) for each axis, from `padding`: numbers, "valid" or "same"."""
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


def weight_and_groups(who: str, weight: Any, axes: int, groups: Any, transposed: bool = False) -> tuple[Any, int]:
    """The weight as an array and the number of groups, both checked."""
    weight = as_values(weight)
    first, second = ("in", "out") if transposed else ("out", "in")
    if weight.ndim != axes + 2:
        kernel = ", ".join([f"k{axis.lower()}" for axis in AXES[axes].split(", ")])
        expected = f"({first}_channels, {second}_channels / groups, {kernel})"
        raise ShapeError(f"{who} expects a weight of shape {expected}; got {weight.shape}.")
    if 0 in weight.shape:
        raise ShapeError(f"{who} expects channels and a kernel of at least 1; got a weight of shape {weight.shape}.")
    (groups,) = per_axis("groups", groups, 1, 1)
    if weight.shape[0] % groups:
        raise ShapeError(f"{who}: the {weight.shape[0]} {first}put channels cannot be split into {groups} groups.")
    return weight, groups


def bias_argument(who: str, bias: Any, weight: Any, channels: int) -> tuple[Any, ...]:
    """The bias, checked, as a tuple of one; an empty tuple if there is none."""
    if bias is None:
        return ()
    bias = cast_to(bias, weight, who, complex=True)
    if bias.shape != (channels,):
        raise ShapeError(
            f"{who} expects a bias of shape ({channels},), a number for each output channel; got {bias.shape}."
        )
    return (bias,)


class ConvBase(Module):
    """Checks, initialises and stores what all convolution layers have."""

    axes: int  # of the images
    transposed = False
    bias: Parameter | None
    padding: str | tuple[int, ...]

    def _set_up(
        self, in_channels: int, out_channels: int, kernel_size: Size, stride: Size, padding: Padding, dilation: Size,
        groups: int, bias: bool, padding_mode: str, dtype: Any, rng: np.random.Generator | None,
        output_padding: Size = 0,
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
            ("padding", self.padding, zero), ("dilation", self.dilation, one),
            ("output_padding", self.output_padding, zero), ("groups", self.groups, 1),
            ("bias", bias, True), ("padding_mode", self.padding_mode, "zeros"),
        ]  # fmt: skip
        return ", ".join(parts + [f"{name}={value}" for name, value, usual in options if value != usual])
