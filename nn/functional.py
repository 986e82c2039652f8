"""Layers as functions: of Tensors, which record themselves, and of plain arrays, which give plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.ops import fused

REDUCTIONS = ("mean", "sum", "none")


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """An affine map of the last axis.

        y = x Wᵀ + b

    Shape:     x (*, in_features), weight (out_features, in_features), bias (out_features,) -> (*, out_features)
    Numerics:  computed in the weight's dtype; a floating x is cast to it.
    Raises:    ShapeError if the last axis of x is not in_features.
    """
    x = cast_to(x, weight, "Linear")
    in_features = weight.shape[1]
    if x.ndim == 0 or x.shape[-1] != in_features:
        flat = x.ndim > 1 and np.prod(x.shape[1:]) == in_features
        remedy = " Flatten it first: nn.Flatten()." if flat else f" The last axis must have {in_features} elements."
        raise ShapeError(f"Linear expects input of shape (*, {in_features}); got {x.shape}.{remedy}")
    return fused.linear(x, weight) if bias is None else fused.linear(x, weight, bias)


def relu(x: Any) -> Any:
    """max(x, 0). Gradient: 0 at 0."""
    return fused.relu(as_values(x))


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), without overflow."""
    return fused.sigmoid(as_values(x))


def tanh(x: Any) -> Any:
    """The hyperbolic tangent: np.tanh."""
    return np.tanh(as_values(x))


def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) / Σ exp(x) along an axis, shifted by the maximum so that it never overflows."""
    return fused.softmax(as_values(x), axis=axis)


def log_softmax(x: Any, axis: int = -1) -> Any:
    """log softmax(x), computed as x - logsumexp(x): exact where softmax underflows."""
    return fused.log_softmax(as_values(x), axis=axis)


def cross_entropy(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The negative log-likelihood of the target classes under softmax(input).

        l_n = -log softmax(input_n)[target_n]

    Shape:     input (N, C), target (N,) of class numbers 0 … C-1 -> () for "mean" and "sum", (N,) for "none"
    Numerics:  softmax and logarithm are taken together, so large logits do no harm.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> round(float(F.cross_entropy(np.array([[2.0, 0.0]]), np.array([0]))), 4)
        0.1269
    """
    target = np.array(getattr(target, "_data", target))  # a copy: the next batch may fill the same buffer before backward()
    return fused.softmax_cross_entropy(as_values(input), target, reduction=reduction)


def mse_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The squared difference (input - target)², its mean, or its sum. The target is cast to the input's dtype.

    Raises:    ShapeError if the shapes differ: broadcasting (N, 1) against (N,) would silently compare all pairs.
    """
    input = as_values(input)
    target = cast_to(target, input, "mse_loss")
    if input.shape != target.shape:
        raise ShapeError(f"mse_loss expects input and target of one shape; got {input.shape} and {target.shape}. Reshape one of them.")
    return reduce((input - target) ** 2, reduction)


def reduce(loss: Any, reduction: str) -> Any:
    """What a loss does in the end: "none", "mean" or "sum"."""
    if reduction not in REDUCTIONS:
        raise ArgumentError(f"reduction must be one of {', '.join(map(repr, REDUCTIONS))}; got {reduction!r}.")
    return np.mean(loss) if reduction == "mean" else np.sum(loss) if reduction == "sum" else loss


def as_values(x: Any) -> Any:
    """Lists and numbers as arrays; Tensors and arrays as they are."""
    return x if isinstance(x, (Tensor, np.ndarray)) or hasattr(x, "__array_function__") else np.asarray(x)


def cast_to(x: Any, like: Any, who: str) -> Any:
    """A floating x in the dtype of another array: a layer computes in the dtype of its parameters."""
    x = as_values(x)
    if x.dtype == like.dtype:
        return x
    if x.dtype.kind != "f":
        raise DTypeError(f"{who} computes in {like.dtype} and takes floating input; got {x.dtype}. Convert it: x.astype(np.{like.dtype}).")
    return x.astype(like.dtype)
