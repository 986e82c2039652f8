"""InstanceNorm: each channel of each sample over its positions, which is group_norm with one channel a group."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.errors import ShapeError
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
    """Normalise each channel of each sample over its positions; otherwise as `batch_norm`.

    Shape:     input (N, C, *) with at least one axis of positions; the others (C,) -> (N, C, *)
    Args:      use_input_stats: take mean and variance of the input, and move the running ones, where given, towards
               their average over the samples; otherwise take the running ones.
    Source:    Ulyanov et al. 2016, arXiv:1607.08022.
    """
    x = floating_input(input, weight if weight is not None else bias, "instance_norm")
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

    def forward(self, x: Any) -> Any:
        x = as_values(x)
        alone = x.ndim == self.dims[0]  # one sample without an axis of samples
        x = self._check(x, 0 if alone else 1)
        own = self.training or self.running_mean is None
        share = 0.0 if self.momentum is None else self.momentum
        samples = x[None] if alone else x
        y = instance_norm(samples, self.running_mean, self.running_var, self.weight, self.bias, own, share, self.eps)
        return y[0] if alone else y


class InstanceNorm1d(InstanceNormBase):
    """Normalise each channel of each sample over its positions.

        y = (x - E[x]) / √(Var[x] + eps) · weight + bias

    Shape:     x (N, C, L) or (C, L) -> the same; weight, bias (C,)
    Args:      num_features: C.
               eps: added to the variance, >= 0.
               momentum: the share of a new batch in the running statistics.
               affine: whether there are weight and bias (default no, as in PyTorch).
               track_running_stats: keep running averages of the samples' statistics, and use them after `eval()`
               (default no: a sample is always normalised by its own).
               bias: whether an affine layer has a bias.
    Raises:    ShapeError for another number of channels or dimensions, and for a single position a channel.
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

    Shape:     x (N, C, H, W) or (C, H, W) -> the same
    Source:    Ulyanov et al. 2016, arXiv:1607.08022.
    """

    dims = (3, 4)
