"""Maxout: the largest of each group of k neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.errors import ArgumentError, ShapeError
from nn.core.checks import check_size
from nn.core.module import Module
from nn.layers.inputs import as_floats, axis_of


def _maxout(x: Any, k: int, axis: int = -1) -> Any:
    first, *others = _groups(x, k, axis)
    out = first if others else first.copy()
    for piece in others:
        out = np.maximum(out, piece)
    return out


def _groups(x: Any, k: int, axis: int) -> list[Any]:
    """k views along the axis: the i-th holds element i of each group of k neighbours."""
    before: tuple[slice, ...] = (slice(None),) * (axis % x.ndim)
    return [x[(*before, slice(i, None, k))] for i in range(k)]


def _maxout_vjp(g: Any, out: Any, x: Any, k: int, axis: int = -1) -> Any:
    winners = [np.equal(piece, out) for piece in _groups(x, k, axis)]
    count = winners[0].astype(np.int8 if k < 128 else np.int32)
    for winner in winners[1:]:
        count += winner
    share = g / np.maximum(count, 1).astype(x.dtype) if np.max(count, initial=0) > 1 else g
    shares = np.empty(x.shape, x.dtype)
    for place, winner in zip(_groups(shares, k, axis), winners, strict=True):
        np.multiply(share, winner, out=place)
    return shares


def _maxout_composite(x: Any, k: int, axis: int = -1) -> Any:
    axis = axis % x.ndim
    groups = np.reshape(
        x, (*x.shape[:axis], x.shape[axis] // k, k, *x.shape[axis + 1 :])
    )  # (…, m·k, …) -> (…, m, k, …)
    return np.max(groups, axis=axis + 1)


maxout_op = define(
    _maxout,
    _maxout_vjp,
    keeps="x out",  # ties share the cotangent equally, as in np.max
    composite=_maxout_composite,
    name="maxout",
    label="g at the largest",
)


def maxout(input: Any, k: int, dim: int = -1) -> Any:
    """The largest of each group of k neighbours along an axis.

        y_j = max(x_{jk}, …, x_{jk+k-1})

    Shape:     (*, m·k, *) -> (*, m, *)
    Gradient:  tied elements of a group share it equally, as with np.max.
    Source:    Goodfellow et al. 2013, arXiv:1302.4389.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.maxout(np.array([1.0, 5.0, 2.0, 7.0, 0.0, 3.0]), 2)
        array([5., 7., 3.])
    """
    if isinstance(k, bool) or not hasattr(k, "__index__") or k < 1:
        raise ArgumentError(f"maxout expects groups of k >= 1 elements; got k={k!r}.")
    x = as_floats(input, "maxout")
    axis = axis_of("maxout", x, dim)
    if x.shape[axis] % k:
        raise ShapeError(f"maxout expects axis {dim} to be a multiple of k={k}; got an input of shape {x.shape}.")
    return maxout_op(x, k=int(k), axis=axis)


class Maxout(Module):
    """The largest of each group of k neighbours. Behind a Linear(in, k·out) it is a learned convex activation.

        y_j = max(x_{jk}, …, x_{jk+k-1})

    Shape:     (*, m·k, *) -> (*, m, *)
    Args:      k: how many neighbours form a group.
               dim: the axis they lie along; 1 for the channels of images.
    Gradient:  tied elements of a group share it equally, as with np.max.
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
        return maxout(input, self.k, self.dim)

    def extra_repr(self) -> str:
        return f"k={self.k}, dim={self.dim}"
