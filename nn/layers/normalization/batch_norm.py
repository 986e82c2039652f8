"""BatchNorm: statistics of each channel, over the batch in training, and running averages of them in eval mode.

The primitives save the statistics and keep x; they keep no other array of that size. The cotangents of x, weight and
bias share their sums, so one joint rule computes all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import copied, is_foreign, ones, zeros
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.errors import ArgumentError, ShapeError
from autograd.options import check_flag
from autograd.recorder import asarray
from nn.layers.normalization.affine import count_channels, floating_input, scale_and_shift_channels
from nn.layers.normalization.channel_norm import ChannelNorm, RunningStatistics
from nn.layers.normalization.statistics import (
    CENTRED,
    as_channels,
    centred_again,
    channel_index,
    channel_sums,
    in_shape_and_dtype_of,
    root_mean_square,
    statistics,
    whole_mean,
)

# In training: the statistics of the batch, over all axes but the second


def _batch_norm(x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5, observe: Any = None) -> Any:
    xs = as_channels(x)
    index = channel_index(xs)
    y, mean, variance, rstd = statistics(xs, channel_sums, index, xs.size // xs.shape[1], eps)
    if observe is not None:
        observe(whole_mean(mean), variance)
    y *= (rstd if weight is None else rstd * weight)[index]
    if bias is not None:
        y += bias[index]
    return in_shape_and_dtype_of(y, x), (mean, rstd)


def _batch_norm_vjps(
    g: Any, out: Any, x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5, observe: Any = None
) -> tuple[Any, ...]:
    mean, rstd = out.values
    gs = as_channels(g)
    index = channel_index(gs)
    centred = centred_again(as_channels(x), mean, index)
    buffer = gs * centred
    along = channel_sums(buffer)
    along *= rstd  # Σ g·x̂
    total = channel_sums(gs)
    count = gs.size // gs.shape[1]
    np.multiply(centred, (along * rstd * (1 / count))[index], out=centred)
    d = np.subtract(gs, centred, out=buffer)  # weight · rstd · (g - mean g - x̂ · mean g·x̂)
    d -= (total * (1 / count))[index]
    d *= (rstd if weight is None else rstd * weight)[index]
    return d if d.shape == g.shape else d.reshape(g.shape), along, total


def _batch_norm_composite(x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5, observe: Any = None) -> Any:
    axes = (0, *range(2, x.ndim))
    mean = np.mean(x, axis=axes, keepdims=True)
    centred = x - mean
    variance = np.mean(centred * centred, axis=axes, keepdims=True)
    if observe is not None and is_foreign(raw(x)):  # otherwise the forward has told it
        observe(np.ravel(raw(mean)), np.ravel(raw(variance)))
    return scale_and_shift_channels(centred / root_mean_square(centred, axes, eps), weight, bias)


batch_norm_op = define(
    _batch_norm,
    joint=_batch_norm_vjps,
    keeps="x weight",
    saves=True,
    composite=_batch_norm_composite,
    name="batch_norm",
    label="γ/σ·(g - mean(g) - x̂·mean(g·x̂)), Σ(g·x̂), Σg; " + CENTRED,
)


# In eval mode: given statistics


def _batch_norm_eval(
    x: Any, weight: Any = None, bias: Any = None, mean: Any = None, variance: Any = None, eps: float = 1e-5
) -> Any:
    xs = as_channels(x)
    index = channel_index(xs)
    rstd = 1 / np.sqrt(asarray(variance, xs.dtype) + eps)
    out = xs - asarray(mean, xs.dtype)[index]  # x·scale + shift would lose digits where the mean is large
    out *= (rstd if weight is None else rstd * weight)[index]
    if bias is not None:
        out += bias[index]
    return in_shape_and_dtype_of(out, x), rstd


def _batch_norm_eval_vjps(
    g: Any,
    out: Any,
    x: Any,
    weight: Any = None,
    bias: Any = None,
    mean: Any = None,
    variance: Any = None,
    eps: float = 1e-5,
) -> tuple[Any, ...]:
    rstd = out.values
    gs = as_channels(g)
    index = channel_index(gs)
    of_x = (gs * (rstd if weight is None else rstd * weight)[index]).reshape(g.shape)
    of_weight = None
    if weight is not None:
        of_weight = channel_sums(gs * (as_channels(x) - asarray(mean, gs.dtype)[index])) * rstd
    return of_x, of_weight, None if bias is None else channel_sums(gs), None, None


def _batch_norm_eval_composite(
    x: Any, weight: Any = None, bias: Any = None, mean: Any = None, variance: Any = None, eps: float = 1e-5
) -> Any:
    index = (slice(None), *[None] * (x.ndim - 2))
    y = (x - mean[index]) / np.sqrt(variance + eps)[index]
    return scale_and_shift_channels(y, weight, bias)


batch_norm_eval_op = define(
    _batch_norm_eval,
    joint=_batch_norm_eval_vjps,
    keeps="x weight mean variance",
    saves=True,
    composite=_batch_norm_eval_composite,
    name="batch_norm_eval",
    label="γ/σ·g, Σ(g·x̂), Σg; σ = √(variance + eps), x̂ = (x - mean)/σ",
)


def batch_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Normalise each channel over the batch and all positions.

        y = (x - E[x]) / √(Var[x] + eps) · weight + bias

    Shape:     input (N, C, *); running_mean, running_var, weight, bias (C,) -> (N, C, *)
    Args:      training: use the mean and variance of this batch, and update the given running statistics in place:
               r ← (1 - momentum) · r + momentum · (the batch's). Otherwise use the running statistics.
    Gradient:  in training also through mean and variance. The running statistics get no gradient.
    Numerics:  the batch is normalised by its biased variance, and running_var averages the unbiased one, as in PyTorch.
               The result has the dtype of weight or bias, if there is one; float16 is computed in float32. An empty
               batch leaves the running statistics as they are.
    Raises:    ShapeError in training if a channel has a single value, whose variance is 0.
    Source:    Ioffe & Szegedy 2015, arXiv:1502.03167, Alg. 1 and 2; departure: the running averages are exponential.
    """
    check_flag("batch_norm: training", training)
    x = floating_input(input, weight, bias, "batch_norm")
    channels = count_channels(
        x, "batch_norm", weight=weight, bias=bias, running_mean=running_mean, running_var=running_var
    )
    if not training:
        if running_mean is None or running_var is None:
            raise ArgumentError("batch_norm needs running_mean and running_var unless training=True.")
        # copies, because a training step before backward() would overwrite the buffers
        mean, variance = (copied(raw(running)) for running in (running_mean, running_var))
        return batch_norm_eval_op(x, weight, bias, mean, variance, eps=eps)
    if x.size == 0:  # no statistics, and nothing to normalise: the running ones stay as they are
        mean, variance = zeros((channels,), x.dtype, raw(x)), ones((channels,), x.dtype, raw(x))
        return batch_norm_eval_op(x, weight, bias, mean, variance, eps=eps)
    count = x.size // channels
    if count < 2:
        raise ShapeError(
            f"batch_norm expects more than one value a channel in training; got input of shape {x.shape}. "
            "Give a larger batch, or normalise by the running statistics: eval()."
        )
    if not eps > 0:
        raise ArgumentError(
            f"batch_norm needs eps > 0 in training, or a channel of equal values gives nan; got {eps!r}."
        )
    if running_mean is None and running_var is None:
        return batch_norm_op(x, weight, bias, eps=eps)
    return batch_norm_op(
        x, weight, bias, eps=eps, observe=RunningStatistics(running_mean, running_var, momentum, count)
    )


class BatchNormBase(ChannelNorm):
    """The base class of BatchNorm1d, BatchNorm2d and BatchNorm3d, which differ in the number of axes."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias, dtype)

    def forward(self, input: Any) -> Any:
        x = self._check_input(input, channel_axis=1)
        by_batch = self.training or self.running_mean is None
        momentum = self._batch_momentum() if self.training else 0.0
        y = batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, by_batch, momentum, self.eps)
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.numpy()[...] += 1
        return y

    def _batch_momentum(self) -> Any:
        """The weight of the new batch in the running statistics; with momentum=None all batches have equal weight."""
        if self.momentum is not None:
            return self.momentum
        return 0.0 if self.num_batches_tracked is None else 1 / (_number(self.num_batches_tracked.numpy()) + 1)


def _number(count: Any) -> Any:
    """A count as a Python number; in another library's array it stays there."""
    return count if is_foreign(count) else int(count)


class BatchNorm1d(BatchNormBase):
    """Normalise each channel over the batch, and over the positions if there are any.

        y = (x - E[x]) / √(Var[x] + eps) · weight + bias

    In training the mean and variance are those of the batch, and the layer keeps running averages of them. In eval mode
    it uses the running averages, so that the result for a sample does not depend on the other samples.

    Shape:     input (N, C) or (N, C, L) -> the same; weight, bias, running_mean, running_var (C,)
    Args:      num_features: C.
               eps: added to the variance, >= 0.
               momentum: the weight of a new batch in the running statistics; None gives all batches equal weight.
               affine: whether there are weight and bias, initially 1 and 0.
               track_running_stats: whether running statistics are kept; if not, those of the batch are always used.
               bias: whether an affine layer has a bias.
               dtype: of the parameters and the running statistics, and so of the computation (default float32).
    Gradient:  in training also through mean and variance.
    Numerics:  the batch is normalised by its biased variance, and running_var averages the unbiased one.
    Raises:    ShapeError for another number of channels or dimensions, and in training for a single value per channel;
               the running statistics stay unchanged.
    Source:    Ioffe & Szegedy 2015, arXiv:1502.03167, Alg. 1 and 2; the running average is exponential, as in PyTorch.
    Example:
        >>> import numpy as np, nn
        >>> layer = nn.BatchNorm1d(2)
        >>> layer(np.array([[1.0, 10.0], [3.0, 30.0]], np.float32)).numpy().round(3)
        array([[-1., -1.],
               [ 1.,  1.]], dtype=float32)
        >>> layer.running_mean, layer.running_var
        (Buffer([0.2, 2. ], dtype=float32), Buffer([ 1.1, 20.9], dtype=float32))
    """

    dims = (2, 3)


class BatchNorm2d(BatchNormBase):
    """Normalise each channel of images over the batch and all positions: see `BatchNorm1d`.

    Shape:     input (N, C, H, W) -> (N, C, H, W)
    Source:    Ioffe & Szegedy 2015, arXiv:1502.03167, section 3.2.
    Example:
        >>> import numpy as np, nn
        >>> y = nn.BatchNorm2d(3)(np.random.default_rng(0).normal(5, 2, (4, 3, 8, 8)))
        >>> round(float(np.std(y.numpy()[:, 0])), 3)
        1.0
    """

    dims = (4,)


class BatchNorm3d(BatchNormBase):
    """Normalise each channel of volumes over the batch and all positions: see `BatchNorm1d`.

    Shape:     input (N, C, D, H, W) -> (N, C, D, H, W)
    Source:    Ioffe & Szegedy 2015, arXiv:1502.03167, section 3.2.
    """

    dims = (5,)
