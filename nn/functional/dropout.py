"""Dropout: of elements, of channels, and the one that keeps mean and variance.

PyTorch's `inplace` is accepted and changes nothing: a Tensor is a value, and the result is a new one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.ops import fused
from autograd.ops.fused.dropout import keep_mask
from autograd.random import generator
from nn.functional.common import as_values

Rng = np.random.Generator | None


def check_p(p: Any) -> float:
    """A probability of dropping, or an ArgumentError that says so."""
    if isinstance(p, bool) or not isinstance(p, (int, float, np.integer, np.floating)) or not 0 <= p <= 1:
        raise ArgumentError(f"the dropout probability p must be a number from 0 to 1; got {p!r}.")
    return float(p)


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Rng = None) -> Any:
    """Set each element to 0 with probability p, and divide the others by 1 - p.

        y = x · m / (1 - p),  m ~ Bernoulli(1 - p)

    Args:      training: otherwise the input is returned as it is. Since what is kept has been scaled already
               ("inverted" dropout), nothing is left to do; the form that leaves training unscaled and multiplies by
               the probability of keeping in use, x · (1 - p), has the same expectation divided by 1 - p.
               rng: where the mask comes from.
    Gradient:  g · m / (1 - p), with the same mask.
    Source:    Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting", in the
               inverted form.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.dropout(np.ones(6), 0.5, rng=np.random.default_rng(3))
        array([0., 0., 2., 2., 0., 2.])
    """
    x = as_values(input)
    return _dropped(x, check_p(p), x.shape, rng) if training else x


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Rng = None) -> Any:
    """`dropout` of whole channels: those of (N, C, L), or of (C, L) without a batch, are kept or set to 0 together.

    Source:    Tompson et al. 2015, arXiv:1411.4280.
    """
    return _of_channels("dropout1d", as_values(input), (2, 3), p, training, rng)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Rng = None) -> Any:
    """`dropout` of whole channels: those of (N, C, H, W) are kept or set to 0 together.

    Three axes are read as (N, C, L), as PyTorch does.
    Source:    Tompson et al. 2015, arXiv:1411.4280.
    """
    return _of_channels("dropout2d", as_values(input), (3, 4), p, training, rng)


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False, *, rng: Rng = None) -> Any:
    """Dropout that keeps mean 0 and variance 1, for SELU networks: what is dropped becomes -λα, where SELU saturates.

        y = a · (x · m - λα · (1 - m)) + b,   a = 1/√((1 - p)(1 + p λ²α²)),   b = a p λα

    Source:    Klambauer et al. 2017, arXiv:1706.02515, section 2; training=False by default, as in PyTorch.
    """
    x, p = as_values(input), check_p(p)
    if not training or p == 0:
        return x
    _check_floating("alpha_dropout", x)
    if p == 1:
        return fused.dropout(x, np.zeros(x.shape, bool))
    saturated = -1.0507009873554805 * 1.6732632423543772  # -λα: SELU's value at -∞
    a = 1 / math.sqrt((1 - p) * (1 + p * saturated**2))
    mask = keep_mask(x.shape, 1 - p, generator(rng))
    shift = np.where(mask, x.dtype.type(-a * p * saturated), x.dtype.type(a * (1 - p) * saturated))
    return fused.dropout(x, mask, scale=a) + shift


def _of_channels(who: str, x: Any, dims: tuple[int, int], p: float, training: bool, rng: Rng) -> Any:
    if x.ndim not in dims:
        raise ShapeError(f"{who} expects input of {dims[0]} or {dims[1]} dimensions; got shape {x.shape}.")
    p = check_p(p)
    if not training:
        return x
    lead = 1 if who == "dropout1d" and x.ndim == 2 else 2
    return _dropped(x, p, (*x.shape[:lead], *[1] * (x.ndim - lead)), rng)


def _dropped(x: Any, p: float, shape: tuple[int, ...], rng: Rng) -> Any:
    if p == 0:
        return x
    _check_floating("dropout", x)
    if p == 1:
        return fused.dropout(x, np.zeros(shape, bool))
    return fused.dropout(x, keep_mask(shape, 1 - p, generator(rng)), scale=1 / (1 - p))


def _check_floating(who: str, x: Any) -> None:
    if x.dtype.kind != "f":
        raise DTypeError(f"{who} takes floating input; got {x.dtype}. Convert it: x.astype(np.float32).")
