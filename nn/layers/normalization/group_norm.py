"""GroupNorm: statistics over the channels of a group and all positions, weight and bias for each channel.

InstanceNorm uses the same primitive, with one channel in each group.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.errors import ArgumentError, ShapeError
from autograd.scaling import in_range
from nn.core.checks import check_size
from nn.core.module import Module
from nn.core.parameter import Parameter
from nn.layers.inputs import as_values
from nn.layers.kernels.sums import column_sums, row_sums
from nn.layers.normalization.affine import (
    check_eps,
    count_channels,
    floating_input,
    reset_affine,
    scale_and_shift_channels,
    weight_and_bias,
)
from nn.layers.normalization.statistics import (
    AS_COLUMN,
    CENTRED,
    as_rows,
    centred_again,
    in_shape_and_dtype_of,
    root_mean_square,
    statistics,
    whole_mean,
)


def _group_norm(
    x: Any, weight: Any = None, bias: Any = None, groups: int = 1, eps: float = 1e-5, observe: Any = None
) -> Any:
    size = math.prod(x.shape[1:]) // groups
    y, mean, variance, rstd = statistics(as_rows(x, size), row_sums, AS_COLUMN, size, eps)
    if observe is not None:
        observe(whole_mean(mean), variance)
    y *= rstd[:, None]
    y = y.reshape(*x.shape[:2], math.prod(x.shape[2:]))  # (N·G, C/G·S) -> (N, C, S)
    if weight is not None:
        y *= weight[:, None]
    if bias is not None:
        y += bias[:, None]
    return in_shape_and_dtype_of(y, x), (mean, rstd)


def _group_norm_vjps(
    g: Any,
    out: Any,
    x: Any,
    weight: Any = None,
    bias: Any = None,
    groups: int = 1,
    eps: float = 1e-5,
    observe: Any = None,
) -> tuple[Any, ...]:
    mean, rstd = out.values
    n, c = g.shape[:2]
    positions, channels = math.prod(g.shape[2:]), c // groups  # positions of a channel, channels of a group
    size = channels * positions
    gs = as_rows(g, positions).reshape(n, c, positions)
    centred = centred_again(as_rows(x, size), mean, AS_COLUMN).reshape(gs.shape)
    scale = np.repeat(rstd.reshape(n, groups), channels, axis=1)  # (N·G,) -> (N, C)
    product = gs * centred
    along = row_sums(product.reshape(n * c, positions)).reshape(n, c) * scale  # Σ g·x̂ of each channel of each sample
    total = row_sums(gs.reshape(n * c, positions)).reshape(n, c)

    def group_mean(sums: Any) -> Any:  # (N, C) -> (N, G) -> (N, C)
        weighted = sums if weight is None else sums * weight
        return np.repeat(np.add.reduce(weighted.reshape(n, groups, channels), axis=2) * (1 / size), channels, axis=1)

    d = np.multiply(gs, (scale if weight is None else scale * weight)[:, :, None], out=product)
    # rstd · (g·w - mean g·w - x̂ · mean g·w·x̂), with means over the group
    d -= (group_mean(total) * scale)[:, :, None]
    factor = group_mean(along) * scale
    if in_range(rstd):
        factor *= scale
    else:  # the square of scale cannot be held
        centred *= scale[:, :, None]
    d -= np.multiply(centred, factor[:, :, None], out=centred)
    return d if d.shape == g.shape else d.reshape(g.shape), column_sums(along), column_sums(total)


def _group_norm_composite(
    x: Any, weight: Any = None, bias: Any = None, groups: int = 1, eps: float = 1e-5, observe: Any = None
) -> Any:
    rows = np.reshape(x, (x.shape[0], groups, math.prod(x.shape[1:]) // groups))
    mean = np.mean(rows, axis=2, keepdims=True)
    centred = rows - mean
    variance = np.mean(centred * centred, axis=2, keepdims=True)
    if observe is not None and is_foreign(raw(x)):  # otherwise the forward has told it
        observe(np.ravel(raw(mean)), np.ravel(raw(variance)))
    return scale_and_shift_channels(np.reshape(centred / root_mean_square(centred, (2,), eps), x.shape), weight, bias)


group_norm_op = define(
    _group_norm,
    joint=_group_norm_vjps,
    keeps="x weight",
    saves=True,
    composite=_group_norm_composite,
    name="group_norm",
    label="(γ·g - mean(γ·g) - x̂·mean(γ·g·x̂))/σ, Σ(g·x̂), Σg; " + CENTRED,
)


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Normalise groups of channels of each sample.

        y = (x - E[x]) / √(Var[x] + eps) · weight + bias

    Mean and variance are those of the C / num_groups channels of a group over all positions.

    Shape:     input (N, C, *); weight, bias (C,) -> (N, C, *)
    Raises:    ShapeError if num_groups does not divide C, or a group has a single value.
    Source:    Wu & He 2018, arXiv:1803.08494.
    """
    x = floating_input(input, weight, bias, "group_norm")
    channels = count_channels(x, "group_norm", weight=weight, bias=bias)
    if num_groups < 1 or channels % num_groups:
        raise ShapeError(
            f"group_norm expects a number of channels that num_groups={num_groups} divides; got {channels}."
        )
    if channels // num_groups * math.prod(x.shape[2:]) < 2:
        raise ShapeError(
            f"group_norm expects more than one value a group; got input of shape {x.shape} in {num_groups} groups."
        )
    return group_norm_op(x, weight, bias, groups=num_groups, eps=eps)


class GroupNorm(Module):
    """Normalise groups of channels of each sample, over the channels of the group and all positions.

        y = (x - E[x]) / √(Var[x] + eps) · weight + bias

    Shape:     input (N, C, *) -> the same; weight, bias (C,)
    Args:      num_groups: divides num_channels; 1 puts all channels in one group, num_channels each in its own.
               num_channels: C.
               eps: added to the (biased) variance, >= 0.
               affine: whether there are weight and bias, initially 1 and 0.
               bias: whether an affine layer has a bias.
               dtype: of the parameters, and so of the computation (default float32).
    Raises:    ShapeError for another number of channels, or a single value per group.
    Source:    Wu & He 2018, arXiv:1803.08494.
    Example:
        >>> import numpy as np, nn
        >>> nn.GroupNorm(2, 4)(np.array([[1.0, 3.0, 10.0, 30.0]])).numpy().round(3)
        array([[-1.,  1., -1.,  1.]], dtype=float32)
    """

    takes_complex = False

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        dtype: Any = np.float32,
    ) -> None:
        self.num_groups = check_size("num_groups", num_groups)
        self.num_channels = check_size("num_channels", num_channels)
        if num_channels % num_groups:
            raise ArgumentError(f"num_channels must be divisible by num_groups; got {num_channels} and {num_groups}.")
        self.eps = check_eps(eps)
        self.affine = bool(affine)
        self.weight, self.bias = weight_and_bias((self.num_channels,), affine, bias, dtype)

    def reset_parameters(self) -> None:
        """Set the weight to ones and the bias to zeros."""
        reset_affine(self.weight, self.bias)

    def forward(self, input: Any) -> Any:
        x = as_values(input)
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            raise ShapeError(f"GroupNorm expects input of shape (N, {self.num_channels}, *); got {x.shape}.")
        return group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )
