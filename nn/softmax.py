"""Activations over an axis, as layers: softmax and its relatives, gated halves, the maximum of groups."""

from __future__ import annotations

from typing import Any

from autograd.errors import ShapeError
from nn import functional as F
from nn.core.module import Module, check_size


class _OverAxis(Module):
    def __init__(self, dim: int | None = None) -> None:
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_OverAxis):
    """Positive numbers that sum to 1 along an axis.

        y_i = exp(x_i) / Σ_j exp(x_j)

    Shape:     any -> the same
    Args:      dim: the axis. None takes the last of an input of up to two axes and asks for it otherwise
               (PyTorch would guess the first of three).
    Numerics:  shifted by the maximum; a row of nothing but -inf gives zeros (PyTorch: nan).
    Source:    Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs".
    Example:
        >>> import numpy as np, nn
        >>> nn.Softmax(dim=-1)(np.log([[1.0, 2.0, 1.0]]))
        array([[0.25, 0.5 , 0.25]])
    """

    def forward(self, input: Any) -> Any:
        return F.softmax(input, self.dim)


class LogSoftmax(_OverAxis):
    """The logarithm of softmax, exact where that underflows.

        y_i = x_i - log Σ_j exp(x_j)

    Shape:     any -> the same
    Args:      dim: see `Softmax`.
    Source:    see `Softmax`.
    """

    def forward(self, input: Any) -> Any:
        return F.log_softmax(input, self.dim)


class Softmin(_OverAxis):
    """The softmax of -x: the smallest gets the most.

        y_i = exp(-x_i) / Σ_j exp(-x_j)

    Shape:     any -> the same
    Args:      dim: see `Softmax`.
    Source:    see `Softmax`.
    """

    def forward(self, input: Any) -> Any:
        return F.softmin(input, self.dim)


class Softmax2d(Module):
    """Softmax over the channels at every place of an image.

    Shape:     (N, C, H, W) or (C, H, W) -> the same
    """

    def forward(self, input: Any) -> Any:
        x = F.as_values(input)
        if x.ndim not in (3, 4):
            raise ShapeError(f"Softmax2d expects input of shape (N, C, H, W) or (C, H, W); got {x.shape}.")
        return F.softmax(x, -3)


class GLU(Module):
    """A gated linear unit: one half of the features opens and closes the other.

        y = a · σ(b),    x = [a, b] along dim

    Shape:     (*, 2n, *) -> (*, n, *)
    Source:    Dauphin et al. 2016, arXiv:1612.08083, eq. 1.
    Example:
        >>> import numpy as np, nn
        >>> nn.GLU()(np.array([3.0, 5.0, 0.0, 0.0]))
        array([1.5, 2.5])
    """

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Maxout(Module):
    """The largest of k affine pieces: a convex activation that is learned. Put it behind a Linear(in, k·out).

        y_j = max(x_{jk}, …, x_{jk+k-1})

    Shape:     (*, m·k, *) -> (*, m, *)
    Args:      k: how many neighbours form a group.
               dim: the axis they lie along; 1 for the channels of images.
    Gradient:  elements of a group that tie share it equally, as with np.max.
    Source:    Goodfellow et al. 2013, arXiv:1302.4389, section 2.
    Example:
        >>> import numpy as np, nn
        >>> net = nn.Sequential(nn.Linear(4, 3 * 8), nn.Maxout(3), nn.Linear(8, 2))
        >>> net(np.ones((5, 4))).shape
        (5, 2)
    """

    def __init__(self, k: int, dim: int = -1) -> None:
        self.k = check_size("k", k)
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return F.maxout(input, self.k, self.dim)

    def extra_repr(self) -> str:
        return f"k={self.k}, dim={self.dim}"
