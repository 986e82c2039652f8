"""LocalResponseNorm: each element divided by what the neighbouring channels hold at the same place."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn.core.checks import check_size
from nn.core.module import Module
from nn.layers.inputs import as_values, check_floating
from nn.layers.kernels.resampling import resample_op
from nn.layers.pooling.average import window_means


def local_response_norm(input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """Divide each element by a power of the mean square over neighbouring channels.

        y_c = x_c · (k + alpha / size · Σ x_j²)^-beta        j = c - ⌊size/2⌋ … c + ⌊(size - 1)/2⌋

    Channels that do not exist count as zeros.

    Shape:     input (N, C, *) with at least one more axis -> the same
    Args:      size: the number of channels that are taken together.
    Source:    Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural networks", section 3.3;
               departure: alpha is divided by size, as in PyTorch.
    Raises:    ShapeError for fewer than three axes.
    """
    x, size = as_values(input), check_size("size", size)
    if x.ndim < 3:
        raise ShapeError(f"local_response_norm expects input of shape (N, C, *), of three axes or more; got {x.shape}.")
    check_floating("local_response_norm", x)
    if x.size == 0:
        return x
    return x * (k + alpha * _means_of_channels(x * x, size)) ** -beta


def _means_of_channels(x: Any, size: int) -> Any:
    """x (N, C, *) -> the same: the mean over the channels around each, `size` of them."""
    channels = x.shape[1]
    first = np.swapaxes(x, 0, 1)  # (C, N, *)
    lines = np.reshape(first, (channels, -1)).T[:, None]  # (N·*, 1, C): the channels are the axis of an image
    means = resample_op(lines, plans=(window_means(channels, size, 1, size // 2, channels, True, None),))
    return np.swapaxes(np.reshape(means[:, 0].T, first.shape), 0, 1)


class LocalResponseNorm(Module):
    """Divide each element by a power of the mean square over neighbouring channels.

        y_c = x_c · (k + alpha / size · Σ x_j²)^-beta        j = c - ⌊size/2⌋ … c + ⌊(size - 1)/2⌋

    Shape:     input (N, C, *) with at least one more axis -> the same
    Args:      size: the number of channels that are taken together; those that do not exist count as zeros.
    Raises:    ShapeError for fewer than three axes.
    Source:    Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural networks", section 3.3;
               departure: alpha is divided by size, as in PyTorch.
    Example:
        >>> import numpy as np, nn
        >>> nn.LocalResponseNorm(2, alpha=2.0, beta=0.5)(np.full((1, 3, 1), 2.0)).round(3).ravel()
        array([0.894, 0.667, 0.667])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        self.size = check_size("size", size)
        for name, value in (("alpha", alpha), ("beta", beta), ("k", k)):
            if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
                raise ArgumentError(f"{name} must be a number; got {value!r}.")
        self.alpha, self.beta, self.k = alpha, beta, k

    def forward(self, input: Any) -> Any:
        return local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
