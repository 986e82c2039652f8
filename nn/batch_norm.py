"""Batch and instance normalisation: statistics a channel, with running ones for use."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn import functional as F
from nn import init
from nn.core.module import Module, check_size
from nn.core.parameter import Buffer, Parameter, blank, floating_dtype


def check_eps(eps: Any) -> float:
    """What is added to a variance: a number >= 0, or an ArgumentError that says so."""
    if isinstance(eps, bool) or not isinstance(eps, (int, float, np.number)) or not eps >= 0:
        raise ArgumentError(f"eps must be a number >= 0; got {eps!r}.")
    return float(eps)


def weight_and_bias(shape: tuple[int, ...], affine: bool, bias: bool, dtype: Any) -> tuple[Any, Any]:
    """A normalisation's weight of ones and bias of zeros, or None for what is not wanted."""
    weight = blank(shape, dtype, "weight") if affine else None
    both = weight, blank(shape, dtype, "bias") if affine and bias else None
    reset_affine(*both)
    return both


def reset_affine(weight: Any, bias: Any = None) -> None:
    """Ones and zeros, for what there is."""
    if weight is not None:
        init.ones_(weight)
    if bias is not None:
        init.zeros_(bias)


class _ChannelNorm(Module):
    """What batch and instance normalisation share: affine parameters and running statistics a channel."""

    dims: tuple[int, ...]  # how many dimensions an input may have
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
        """Set the parameters back to ones and zeros, and forget the running statistics."""
        self.reset_running_stats()
        reset_affine(self.weight, self.bias)

    def reset_running_stats(self) -> None:
        """Forget what was seen: mean 0, variance 1, no batches."""
        for buffer, value in ((self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)):
            if buffer is not None:
                buffer.numpy()[...] = value

    def _check(self, x: Any, channels: int) -> Any:
        """x as an array, after a look at its shape; `channels` is the axis of the channels."""
        x = F.as_values(x)
        if x.ndim not in self.dims or x.shape[channels] != self.num_features:
            shapes = {2: "(N, C)", 3: "(N, C, L)", 4: "(N, C, H, W)", 5: "(N, C, D, H, W)"}
            expected = " or ".join([shapes[n] for n in self.dims])
            raise ShapeError(
                f"{type(self).__name__} expects input of shape {expected} with C={self.num_features}; got {x.shape}."
            )
        return x

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_ChannelNorm):
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

    def forward(self, x: Any) -> Any:
        x = self._check(x, 1)
        by_batch = self.training or self.running_mean is None
        share = self._share() if self.training else 0.0
        y = F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, by_batch, share, self.eps)
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.numpy()[...] += 1
        return y

    def _share(self) -> float:
        """The share of the new batch in the running statistics; with momentum=None every batch counts the same."""
        if self.momentum is not None:
            return self.momentum
        return 0.0 if self.num_batches_tracked is None else 1 / (int(self.num_batches_tracked.numpy()) + 1)


class BatchNorm1d(_BatchNorm):
    """Normalise each channel over the batch, and over the positions if there are any.

        y = (x - E[x]) / √(Var[x] + eps) · weight + bias

    In training mean and variance are the batch's, and running averages of them are kept; in use (`eval()`) they are
    the running ones, so that a sample's result depends on that sample alone.

    Shape:     x (N, C) or (N, C, L) -> the same; weight, bias, running_mean, running_var (C,)
    Args:      num_features: C.
               eps: added to the variance, >= 0.
               momentum: the share of a new batch in the running statistics; None gives every batch the same share.
               affine: whether there are weight and bias; first 1 and 0.
               track_running_stats: whether running statistics are kept; without them those of the batch are used always.
               bias: whether an affine layer has a bias.
               dtype: of the parameters and the running statistics, and so of the computation (default float32).
    Gradient:  in training also through mean and variance.
    Numerics:  the batch is normalised by its biased variance, and running_var averages the unbiased one.
    Raises:    ShapeError for another number of channels or dimensions, and for one value a channel in training; then
               the running statistics are as they were.
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


class BatchNorm2d(_BatchNorm):
    """Normalise each channel of images over the batch and all positions: see `BatchNorm1d`.

    Shape:     x (N, C, H, W) -> (N, C, H, W)
    Source:    Ioffe & Szegedy 2015, arXiv:1502.03167, section 3.2.
    Example:
        >>> import numpy as np, nn
        >>> y = nn.BatchNorm2d(3)(np.random.default_rng(0).normal(5, 2, (4, 3, 8, 8)))
        >>> round(float(np.std(y.numpy()[:, 0])), 3)
        1.0
    """

    dims = (4,)


class BatchNorm3d(_BatchNorm):
    """Normalise each channel of volumes over the batch and all positions: see `BatchNorm1d`.

    Shape:     x (N, C, D, H, W) -> (N, C, D, H, W)
    Source:    Ioffe & Szegedy 2015, arXiv:1502.03167, section 3.2.
    """

    dims = (5,)


class _InstanceNorm(_ChannelNorm):
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
        x = F.as_values(x)
        alone = x.ndim == self.dims[0]  # one sample without an axis of samples
        x = self._check(x, 0 if alone else 1)
        own = self.training or self.running_mean is None
        share = 0.0 if self.momentum is None else self.momentum
        samples = x[None] if alone else x
        y = F.instance_norm(samples, self.running_mean, self.running_var, self.weight, self.bias, own, share, self.eps)
        return y[0] if alone else y


class InstanceNorm1d(_InstanceNorm):
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


class InstanceNorm2d(_InstanceNorm):
    """Normalise each channel of each image over its positions: see `InstanceNorm1d`.

    Shape:     x (N, C, H, W) or (C, H, W) -> the same
    Source:    Ulyanov et al. 2016, arXiv:1607.08022.
    """

    dims = (3, 4)
