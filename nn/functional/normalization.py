"""Normalisations: of a batch, of each sample, of groups of channels; and of vectors to length 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.ops import fused
from nn.layers.inputs import as_values, cast_to


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
    Args:      training: take mean and variance of this batch, and move the running ones, where given, by
               r ← (1 - momentum) · r + momentum · batch's, written in place; otherwise take the running ones.
    Gradient:  in training also through mean and variance. The running statistics get none.
    Numerics:  the batch is normalised by its biased variance, and the unbiased one enters running_var, as in PyTorch;
               float16 is computed in float32; computed in the weight's dtype, if there is one.
    Raises:    ShapeError if there is but one value a channel in training, whose variance says nothing.
    Source:    Ioffe & Szegedy 2015, arXiv:1502.03167, Alg. 1 and 2; departure: the running averages are exponential.
    """
    x = _floating(input, weight if weight is not None else bias, "batch_norm")
    channels = _channels(x, "batch_norm", weight=weight, bias=bias, running_mean=running_mean, running_var=running_var)
    if not training:
        if running_mean is None or running_var is None:
            raise ArgumentError("batch_norm needs running_mean and running_var unless training=True.")
        # copies: a step in training before backward() would write to the buffers
        mean, variance = (np.array(getattr(running, "_data", running)) for running in (running_mean, running_var))
        return fused.batch_norm_eval(x, weight, bias, mean, variance, eps=eps)
    count = x.size // channels if channels else 0
    if count < 2:
        raise ShapeError(
            f"batch_norm expects more than one value a channel in training; got input of shape {x.shape}. "
            "Give a larger batch, or normalise by the running statistics: eval()."
        )
    if running_mean is None and running_var is None:
        return fused.batch_norm(x, weight, bias, eps=eps)
    return fused.batch_norm(
        x, weight, bias, eps=eps, observe=RunningStatistics(running_mean, running_var, momentum, count)
    )


class RunningStatistics:
    """What batch_norm tells mean and variance of a batch: it moves the running ones towards them."""

    def __init__(self, mean: Any, variance: Any, momentum: float, count: int) -> None:
        self.mean, self.variance, self.momentum, self.count = mean, variance, momentum, count

    def __call__(self, mean: Any, variance: Any) -> None:
        """`mean` and biased `variance`, a channel or (samples · channels,), whose average is then taken."""
        if self.mean is not None:
            self._move(self.mean, mean, self.momentum)
        if self.variance is not None:
            self._move(self.variance, variance, self.momentum * (self.count / (self.count - 1)))

    def _move(self, running: Any, batch: Any, share: float) -> None:
        if batch.shape != running.shape:
            batch = np.mean(batch.reshape(-1, running.shape[0]), axis=0)
        values = getattr(running, "_data", running)
        values *= 1 - self.momentum
        values += share * batch

    def __repr__(self) -> str:
        return f"running statistics, momentum={self.momentum}"


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
    x = _floating(input, weight if weight is not None else bias, "instance_norm")
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    channels = _channels(
        x, "instance_norm", weight=weight, bias=bias, running_mean=running_mean, running_var=running_var
    )
    count = math.prod(x.shape[2:])
    if x.ndim < 3 or count < 2:
        raise ShapeError(f"instance_norm expects more than one position a channel: input (N, C, *); got {x.shape}.")
    observe = None
    if (running_mean is not None or running_var is not None) and len(x):
        observe = RunningStatistics(running_mean, running_var, momentum, count)
    return fused.group_norm(x, weight, bias, groups=channels, eps=eps, observe=observe)


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Normalise groups of channels of each sample.

        y = (x - E[x]) / √(Var[x] + eps) · weight + bias,  mean and variance over the C/num_groups channels and all positions

    Shape:     input (N, C, *); weight, bias (C,) -> (N, C, *)
    Raises:    ShapeError if num_groups does not divide C, or a group has a single value.
    Source:    Wu & He 2018, arXiv:1803.08494.
    """
    x = _floating(input, weight if weight is not None else bias, "group_norm")
    channels = _channels(x, "group_norm", weight=weight, bias=bias)
    if num_groups < 1 or channels % num_groups:
        raise ShapeError(
            f"group_norm expects a number of channels that num_groups={num_groups} divides; got {channels}."
        )
    if channels // num_groups * math.prod(x.shape[2:]) < 2:
        raise ShapeError(
            f"group_norm expects more than one value a group; got input of shape {x.shape} in {num_groups} groups."
        )
    return fused.group_norm(x, weight, bias, groups=num_groups, eps=eps)


def layer_norm(
    input: Any, normalized_shape: int | Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Normalise each sample over its last axes.

        y = (x - E[x]) / √(Var[x] + eps) · weight + bias

    Shape:     input (*, *normalized_shape); weight, bias normalized_shape -> as input
    Raises:    ShapeError if the last axes of input, or weight and bias, are not normalized_shape.
    Source:    Ba et al. 2016, arXiv:1607.06450.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.layer_norm(np.array([[1.0, 3.0], [5.0, 5.0]]), (2,)).round(3)
        array([[-1.,  1.],
               [ 0.,  0.]])
    """
    x = _floating(input, weight if weight is not None else bias, "layer_norm")
    return fused.layer_norm(
        x, weight, bias, ndim=_last_axes(x, normalized_shape, "layer_norm", weight=weight, bias=bias), eps=eps
    )


def rms_norm(input: Any, normalized_shape: int | Sequence[int], weight: Any = None, eps: float | None = None) -> Any:
    """Divide each sample by the root of its mean square over its last axes.

        y = x / √(E[x²] + eps) · weight

    Shape:     input (*, *normalized_shape); weight normalized_shape -> as input
    Args:      eps: None means the spacing of numbers at 1 in the dtype, np.finfo(dtype).eps.
    Source:    Zhang & Sennrich 2019, arXiv:1910.07467.
    """
    x = _floating(input, weight, "rms_norm")
    if eps is None:
        eps = float(np.finfo(x.dtype).eps)
    return fused.rms_norm(x, weight, ndim=_last_axes(x, normalized_shape, "rms_norm", weight=weight), eps=eps)


def normalize(input: Any, p: float = 2.0, dim: int | tuple[int, ...] = 1, eps: float = 1e-12) -> Any:
    """Divide vectors along an axis by their p-norm, or by eps where that is larger.

    Gradient:  of a vector of zeros: the incoming one divided by eps (the norm has slope 0 there).
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.normalize(np.array([[3.0, 4.0], [0.0, 0.0]])).round(3)
        array([[0.6, 0.8],
               [0. , 0. ]])
    """
    x = as_values(input)
    return x / np.maximum(np.linalg.norm(x, p, dim, keepdims=True), eps)


def _floating(x: Any, like: Any, who: str) -> Any:
    x = as_values(x)
    if like is not None:
        return cast_to(x, like, who)
    if x.dtype.kind != "f":
        raise DTypeError(f"{who} takes floating input; got {x.dtype}. Convert it: x.astype(np.float32).")
    return x


def _channels(x: Any, who: str, **vectors: Any) -> int:
    """How many channels x has; every vector given must have one value for each."""
    if x.ndim < 2:
        raise ShapeError(f"{who} expects input of shape (N, C, *); got {x.shape}.")
    channels: int = x.shape[1]
    for name, vector in vectors.items():
        if vector is not None and vector.shape != (channels,):
            raise ShapeError(
                f"{who} expects {name} of shape ({channels},), a value for each channel of {x.shape}; got {vector.shape}."
            )
    return channels


def _last_axes(x: Any, normalized_shape: int | Sequence[int], who: str, **parameters: Any) -> int:
    """How many axes are normalised; they, and every parameter given, must have that shape."""
    shape = (normalized_shape,) if isinstance(normalized_shape, (int, np.integer)) else tuple(normalized_shape)
    if x.shape[x.ndim - len(shape) :] != shape or not shape or 0 in shape:
        expected = ", ".join(["*", *map(str, shape)])
        raise ShapeError(f"{who} with normalized_shape={shape} expects input of shape ({expected}); got {x.shape}.")
    for name, parameter in parameters.items():
        if parameter is not None and parameter.shape != shape:
            raise ShapeError(f"{who} expects {name} of the normalized shape {shape}; got {parameter.shape}.")
    return len(shape)
