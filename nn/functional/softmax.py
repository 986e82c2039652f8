"""Activations over an axis: softmax and its relatives, gated halves, the maximum of groups."""

from __future__ import annotations

from typing import Any

from autograd.errors import ArgumentError, ShapeError
from autograd.ops import fused
from nn.functional.activation import as_floats
from nn.functional.common import as_values


def softmax(input: Any, dim: int | None = -1, *, dtype: Any = None) -> Any:
    """exp(x) / Σ exp(x) along an axis, shifted by the maximum so that it never overflows.

    Args:      dim: the axis. None takes the last of an input of up to two axes and asks for it otherwise.
               dtype: convert to this first.
    Numerics:  elements of +inf share 1 equally; a row of nothing but -inf gives zeros (PyTorch: nan).
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.softmax(np.array([1000.0, 1000.0, -1000.0]))
        array([0.5, 0.5, 0. ])
    """
    x = _in(input, dtype)
    return fused.softmax(x, axis=_axis("softmax", x, dim))


def log_softmax(input: Any, dim: int | None = -1, *, dtype: Any = None) -> Any:
    """log softmax(x), computed as x - logsumexp(x): exact where softmax underflows. Arguments: see `softmax`."""
    x = _in(input, dtype)
    return fused.log_softmax(x, axis=_axis("log_softmax", x, dim))


def softmin(input: Any, dim: int | None = -1, *, dtype: Any = None) -> Any:
    """softmax(-x): the smallest gets the most. Arguments: see `softmax`."""
    x = _in(input, dtype)
    return fused.softmax(-x, axis=_axis("softmin", x, dim))


def glu(input: Any, dim: int = -1) -> Any:
    """a·σ(b), where a and b are the first and the second half of x along an axis.

    Shape:     (*, 2n, *) -> (*, n, *)
    Source:    Dauphin et al. 2016, arXiv:1612.08083.
    """
    x = as_floats(input)
    axis = _axis("glu", x, dim)
    if x.shape[axis] % 2:
        raise ShapeError(f"glu halves axis {dim}, whose length must be even; got an input of shape {x.shape}.")
    return fused.glu(x, axis=axis)


def maxout(input: Any, k: int, dim: int = -1) -> Any:
    """The largest of each group of k neighbours along an axis.

        y_j = max(x_{jk}, …, x_{jk+k-1})

    Shape:     (*, m·k, *) -> (*, m, *)
    Gradient:  elements of a group that tie share it equally, as with np.max.
    Source:    Goodfellow et al. 2013, arXiv:1302.4389.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.maxout(np.array([1.0, 5.0, 2.0, 7.0, 0.0, 3.0]), 2)
        array([5., 7., 3.])
    """
    if isinstance(k, bool) or not hasattr(k, "__index__") or k < 1:
        raise ArgumentError(f"maxout expects groups of k >= 1 elements; got k={k!r}.")
    x = as_floats(input)
    axis = _axis("maxout", x, dim)
    if x.shape[axis] % k:
        raise ShapeError(f"maxout expects axis {dim} to be a multiple of k={k}; got an input of shape {x.shape}.")
    return fused.maxout(x, k=int(k), axis=axis)


def _in(x: Any, dtype: Any) -> Any:
    x = as_values(x)
    return as_floats(x) if dtype is None or x.dtype == dtype else x.astype(dtype)


def _axis(who: str, x: Any, dim: int | None) -> int:
    """The axis, checked."""
    if dim is None:
        if x.ndim > 2:
            raise ArgumentError(
                f"{who} of an input of shape {x.shape} needs the axis: dim=-1 for the last, dim=1 for channels."
            )
        dim = -1
    if not hasattr(dim, "__index__") or isinstance(dim, bool):
        raise ArgumentError(f"{who} expects dim to be the number of an axis; got {dim!r}.")
    if not -x.ndim <= dim < x.ndim:
        raise ShapeError(f"{who} along dim={dim} needs an input with that axis; got shape {x.shape}.")
    return dim
