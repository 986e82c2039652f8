"""Losses of numbers: how far a prediction is from its target."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.ops import fused
from nn.functional.classification_loss import check_reduction
from nn.functional.loss_inputs import check_positive, constant, input_and_target, own
from nn.layers.reduction import reduce


def mse_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """The squared difference (input - target)², its mean, or its sum. The target is cast to the input's dtype.

    Args:      weight: of the input's shape; "mean" then divides by its sum.
    Gradient:  2 (input - target) / N.
    Raises:    ShapeError if the shapes differ: broadcasting (N, 1) against (N,) would silently compare all pairs.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> float(F.mse_loss(np.array([1.0, 2.0]), np.array([1, 4])))
        2.0
    """
    check_reduction(reduction)
    input, target = input_and_target(input, target, "mse_loss")
    if weight is not None:
        return _weighted((input - target) ** 2, weight, input, reduction, "mse_loss")
    return fused.squared_error(input, own(target), reduction=reduction)


def half_mse_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Half the squared difference, ½ (h - y)², as in the derivation of backpropagation; "mean" is over all elements.

    Gradient:  (h - y) / N exactly: for "sum" and "none" h - y, without the 2.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> float(F.half_mse_loss(np.array([1.0, 2.0]), np.array([1, 4]), reduction="sum"))
        2.0
    """
    check_reduction(reduction)
    input, target = input_and_target(input, target, "half_mse_loss")
    return fused.squared_error(input, own(target), factor=0.5, reduction=reduction)


def l1_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """The absolute difference |input - target|, its mean, or its sum.

    Args:      weight: of the input's shape; "mean" then divides by its sum.
    Gradient:  ±1 / N, and 0 where input = target.
    """
    check_reduction(reduction)
    input, target = input_and_target(input, target, "l1_loss")
    loss = np.abs(input - target)
    return reduce(loss, reduction) if weight is None else _weighted(loss, weight, input, reduction, "l1_loss")


def smooth_l1_loss(input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Any:
    """½ d² / beta where |d| < beta, and |d| - ½ beta beyond, of d = input - target; for beta = 0 the l1_loss.

    Source:    Girshick 2015, arXiv:1504.08083, eq. 3.
    """
    check_positive("smooth_l1_loss", "beta", beta, zero=True)
    input, target = input_and_target(input, target, "smooth_l1_loss")
    d = input - target
    return reduce(fused.huber(d, delta=float(beta)) / float(beta) if beta else np.abs(d), reduction)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Any:
    """½ d² where |d| <= delta, and delta (|d| - ½ delta) beyond, of d = input - target.

    Args:      weight: of the input's shape; "mean" still divides by the number of elements, as in PyTorch.
    Gradient:  d held between -delta and delta, / N.
    Source:    Huber 1964, "Robust estimation of a location parameter".
    """
    check_positive("huber_loss", "delta", delta)
    input, target = input_and_target(input, target, "huber_loss")
    loss = fused.huber(input - target, delta=float(delta))
    return reduce(loss if weight is None else loss * _weight(weight, input, "huber_loss"), reduction)


def _weight(weight: Any, input: Any, who: str) -> Any:
    weight = constant(weight, input, who, "weight")
    if weight.shape != input.shape:
        raise ShapeError(f"{who} expects a weight of the input's shape {input.shape}; got {weight.shape}.")
    return weight


def _weighted(loss: Any, weight: Any, input: Any, reduction: str, who: str) -> Any:
    weight = _weight(weight, input, who)
    loss = loss * weight
    if reduction != "mean":
        return reduce(loss, reduction)
    total = np.sum(weight)
    if total == 0:
        raise ArgumentError(f"{who}: the weights sum to 0, by which the mean would divide.")
    return np.sum(loss) / total


__all__ = ["half_mse_loss", "huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss"]
