"""InstanceNorm: normalise each channel of each sample over its positions (GroupNorm with one channel per group)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.errors import ShapeError
from autograd.options import check_flag
from nn.layers.inputs import as_values
from nn.layers.normalization.affine import count_channels, floating_input
from nn.layers.normalization.batch_norm import batch_norm
from nn.layers.normalization.channel_norm import ChannelNorm, RunningStatistics
from nn.layers.normalization.group_norm import group_norm_op


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Normalise each channel of each sample over its positions; otherwise like `batch_norm`.

    Shape:     input (N, C, *) with at least one axis of positions; the others (C,) -> (N, C, *)
    Args:      use_input_stats: use the mean and variance of each sample, and update the given running statistics with
               their averages over the samples. Otherwise use the running statistics.
    Source:    Ulyanov et al. 2016, arXiv:1607.08022.
    """
    check_flag("instance_norm: use_input_stats", use_input_stats)
    x = floating_input(input, weight, bias, "instance_norm")
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    channels = count_channels(
        x, "instance_norm", weight=weight, bias=bias, running_mean=running_mean, running_var=running_var
    )
    count = math.prod(x.shape[2:])
    if x.ndim < 3 or count < 2:
        raise ShapeError(f"instance_norm expects more than one position a channel: input (N, C, *); got {x.shape}.")
    observe = None
    if (running_mean is not None or running_var is not None) and len(x):
        observe = RunningStatistics(running_mean, running_var, momentum, count)
    return group_norm_op(x, weight, bias, groups=channels, eps=eps, observe=observe)


class InstanceNormBase(ChannelNorm):
    """The base class of InstanceNorm1d, InstanceNorm2d and InstanceNorm3d, which differ in the number of axes."""

    batch_optional = True

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        bias: bool = True,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias, dtype)

    def forward(self, input: Any) -> Any:
        x = as_values(input)
        single = x.ndim == self.dims[0]  # one sample, without an axis of samples
        x = self._check_input(x, channel_axis=0 if single else 1)
        by_input = self.training or self.running_mean is None
        momentum = 0.0 if self.momentum is None else self.momentum
        y = instance_norm(
            x[None] if single else x, self.running_mean, self.running_var, self.weight, self.bias, by_input, momentum,
            self.eps,
        )  # fmt: skip
        return y[0] if single else y


class InstanceNorm1d(InstanceNormBase):
    """Normalise each channel of each sample over its positions.

        y = (x - E[x]) / √(Var[x] + eps) · weight + bias

    Shape:     input (N, C, L) or (C, L) -> the same; weight, bias (C,)
    Args:      num_features: C.
               eps: added to the variance, >= 0.
               momentum: the weight of a new batch in the running statistics.
               affine: whether there are weight and bias (default False, as in PyTorch).
               track_running_stats: keep running averages of the samples' statistics, and use them in eval mode
               (default False: a sample is always normalised by its own statistics).
               bias: whether an affine layer has a bias.
    Raises:    ShapeError for another number of channels or dimensions, and for a single position per channel.
    Source:    Ulyanov et al. 2016, arXiv:1607.08022.
    Example:
        >>> import numpy as np, nn
        >>> nn.InstanceNorm1d(1)(np.array([[[1.0, 3.0]], [[10.0, 30.0]]])).round(3)
        array([[[-1.,  1.]],
        <BLANKLINE>
               [[-1.,  1.]]])
    """

    dims = (2, 3)


class InstanceNorm2d(InstanceNormBase):
    """Normalise each channel of each image over its positions: see `InstanceNorm1d`.

    Shape:     input (N, C, H, W) or (C, H, W) -> the same
    Source:    Ulyanov et al. 2016, arXiv:1607.08022.
    """

    dims = (3, 4)


class InstanceNorm3d(InstanceNormBase):
    """Normalise each channel of each volume over its positions: see `InstanceNorm1d`.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> the same
    Source:    Ulyanov et al. 2016, arXiv:1607.08022.
    """

    dims = (4, 5)
