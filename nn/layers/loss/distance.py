"""How far two vectors are from each other, or how alike their directions are."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.options import check_flag
from nn.core.module import Module
from nn.layers.inputs import axis_of
from nn.layers.loss.targets import floating_values, in_dtype_of
from nn.layers.normalization.unit_length import normalize


def _two(x1: Any, x2: Any, who: str, complex: bool = False) -> tuple[Any, Any]:
    """Two arrays of floats of one dtype, whose shapes broadcast."""
    x1 = floating_values(x1, who, complex)
    x2 = in_dtype_of(x2, x1, who)
    try:
        np.broadcast_shapes(x1.shape, x2.shape)
    except ValueError:
        raise ShapeError(f"{who} expects x1 and x2 that broadcast; got {x1.shape} and {x2.shape}.") from None
    return x1, x2


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """The p-norm of x1 - x2 + eps along the last axis.

    As in PyTorch, eps is added so that the gradient exists where x1 = x2.

    Shape:     x1 and x2 (*, D), which broadcast -> (*,), or (*, 1) with keepdim
    """
    check_flag("pairwise_distance: keepdim", keepdim)
    x1, x2 = _two(x1, x2, "pairwise_distance", complex=True)
    if not (x1.ndim or x2.ndim):  # one number is a vector of one, as in PyTorch
        x1 = np.reshape(x1, 1)
    return np.linalg.vector_norm(x1 - x2 + eps, axis=-1, ord=p, keepdims=keepdim)


class PairwiseDistance(Module):
    """The p-norm of x1 - x2 + eps along the last axis: see `functional.pairwise_distance`.

        y = (Σ |x1 - x2 + eps|^p)^(1/p)

    Shape:     x1 and x2 (*, D), which broadcast -> (*,), or (*, 1) with keepdim
    Args:      p: of the norm; ±np.inf for the largest or smallest element.
               eps: added to the differences, so that the gradient exists at equal points.
               keepdim: keep the last axis, of length 1.
    Example:
        >>> import numpy as np, nn
        >>> nn.PairwiseDistance(eps=0.0)(np.array([[3.0, 4.0]]), np.zeros((1, 2)))
        array([5.])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        if isinstance(p, (bool, str)) or not p == p:
            raise ArgumentError(f"PairwiseDistance: p must be a number; got {p!r}.")
        self.norm = float(p)
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Any, x2: Any) -> Any:
        return pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)

    def extra_repr(self) -> str:
        return ", ".join([*([f"p={self.norm}"] if self.norm != 2 else []), *(["keepdim=True"] if self.keepdim else [])])


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between vectors along an axis.

        y = x1 · x2 / (max(|x1|, eps) max(|x2|, eps))

    Shape:     x1 and x2, which broadcast -> their common shape without the axis dim
    Args:      dim: the axis, of the common shape.
    Gradient:  a vector shorter than eps counts as one of length eps: of a vector of zeros it is x2 / (eps |x2|).
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.cosine_similarity(np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[3.0, 0.0]])).round(3)
        array([0.6, 0. ])
    """
    x1, x2 = _two(x1, x2, "cosine_similarity")
    if x1.shape != x2.shape:
        x1, x2 = np.broadcast_arrays(x1, x2)
    if not x1.ndim:
        return cosine_similarity(np.reshape(x1, 1), np.reshape(x2, 1), dim, eps)
    dim = axis_of("cosine_similarity", x1, dim)
    half = x1.dtype == np.float16  # in which 1e-8 would be 0
    a, b = (x1.astype(np.float32), x2.astype(np.float32)) if half else (x1, x2)
    cos = np.sum(normalize(a, dim=dim, eps=eps) * normalize(b, dim=dim, eps=eps), axis=dim)
    return cos.astype(np.float16) if half else cos


class CosineSimilarity(Module):
    """The cosine of the angle between vectors along an axis: see `functional.cosine_similarity`.

        y = x1 · x2 / (max(|x1|, eps) max(|x2|, eps))

    Shape:     x1 and x2, which broadcast -> their common shape without the axis dim
    Args:      dim: the axis.
               eps: the least length that is divided by.
    Example:
        >>> import numpy as np, nn
        >>> nn.CosineSimilarity()(np.array([[3.0, 4.0]]), np.array([[3.0, 0.0]])).round(3)
        array([0.6])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Any, x2: Any) -> Any:
        return cosine_similarity(x1, x2, self.dim, self.eps)

    def extra_repr(self) -> str:
        return f"dim={self.dim}" if self.dim != 1 else ""
