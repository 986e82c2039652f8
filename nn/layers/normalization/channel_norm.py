"""The base class of BatchNorm and InstanceNorm, and the update of their running statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import inside_vmap, is_foreign
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, BatchError, ShapeError
from nn.core.checks import check_size
from nn.core.module import Module
from nn.core.parameter import Buffer, Parameter, floating_dtype
from nn.layers.inputs import as_values
from nn.layers.normalization.affine import check_eps, reset_affine, weight_and_bias


class RunningStatistics:
    """Updates running statistics in place; the primitives call it with the mean and variance of a batch.

    Args:      count: the number of values behind each variance, from which the unbiased variance follows.
    """

    def __init__(self, mean: Any, variance: Any, momentum: float, count: int) -> None:
        self.mean, self.variance, self.momentum, self.count = mean, variance, momentum, count

    def __call__(self, mean: Any, variance: Any) -> None:
        """Take a mean and a biased variance (channels,), or (samples · channels,) to be averaged over the samples."""
        if self.mean is not None:
            self._update(self.mean, mean, self.momentum)
        if self.variance is not None:
            self._update(self.variance, variance, self.momentum * (self.count / (self.count - 1)))

    def _update(self, running: Any, batch: Any, factor: float) -> None:
        if batch.shape != running.shape:
            batch = np.mean(np.reshape(batch, (-1, running.shape[0])), axis=0)
        values = raw(running)
        new = values * (1 - self.momentum) + factor * batch
        if inside_vmap.get() and is_foreign(new) and not is_foreign(values):
            raise BatchError(
                "running statistics inside vmap would have to be those of each example. Use eval(), which only reads "
                "them, track_running_stats=False, or GroupNorm or LayerNorm, which have none."
            )
        values[...] = new

    def __repr__(self) -> str:
        return f"running statistics, momentum={self.momentum}"


class ChannelNorm(Module):
    """The base class of BatchNorm and InstanceNorm: weight, bias and running statistics of each channel."""

    takes_complex = False

    dims: tuple[int, ...]  # the numbers of axes that an input may have
    batch_optional = False  # whether the first of them is that of input without a batch
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Buffer | None
    running_var: Buffer | None
    num_batches_tracked: Buffer | None

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        bias: bool,
        dtype: Any,
    ) -> None:
        self.num_features = check_size("num_features", num_features)
        self.eps = check_eps(eps)
        if momentum is not None and not 0 <= momentum <= 1:
            raise ArgumentError(
                f"momentum must lie in 0 … 1, or be None for the mean over all batches; got {momentum!r}."
            )
        self.momentum = None if momentum is None else float(momentum)
        self.affine = bool(affine)
        self.track_running_stats = bool(track_running_stats)
        self.weight, self.bias = weight_and_bias((self.num_features,), affine, bias, dtype)
        self.running_mean = self.running_var = self.num_batches_tracked = None
        if track_running_stats:
            self.running_mean = Buffer(np.zeros(num_features, floating_dtype(dtype)))
            self.running_var = Buffer(np.ones(num_features, floating_dtype(dtype)))
            self.num_batches_tracked = Buffer(np.array(0, np.int64))

    def reset_parameters(self) -> None:
        """Set the weight to ones and the bias to zeros, and reset the running statistics."""
        self.reset_running_stats()
        reset_affine(self.weight, self.bias)

    def reset_running_stats(self) -> None:
        """Set the running mean to 0, the running variance to 1 and the number of batches to 0."""
        for buffer, value in ((self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)):
            if buffer is not None:
                buffer.numpy()[...] = value

    def _check_input(self, x: Any, channel_axis: int) -> Any:
        """x as an array; refuse a wrong number of axes or channels."""
        x = as_values(x)
        if x.ndim not in self.dims or x.shape[channel_axis] != self.num_features:
            shapes = {2: "(N, C)", 3: "(N, C, L)", 4: "(N, C, H, W)", 5: "(N, C, D, H, W)"}
            taken = [shapes[n] for n in self.dims]
            if self.batch_optional:
                taken = [taken[-1], taken[-1].replace("N, ", "")]
            expected = " or ".join(taken)
            raise ShapeError(
                f"{type(self).__name__} expects input of shape {expected} with C={self.num_features}; got {x.shape}."
            )
        return x

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )
