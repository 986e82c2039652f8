"""Losses of numbers: squared, absolute, and squared near zero and linear beyond."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.errors import ArgumentError, ShapeError
from nn.layers.loss.base import Loss
from nn.layers.loss.targets import check_positive, constant, input_and_target, own
from nn.layers.reduction import check_reduction, reduce


def _squared_error(x: Any, y: Any, factor: float = 1.0, reduction: str = "mean") -> Any:
    half = x.dtype == np.float16  # whose 65504 a sum soon reaches: all in single precision
    d = np.asarray(np.subtract(x, y, dtype=np.float32) if half else x - y)
    loss = np.square(d)
    if factor != 1:
        loss = loss * factor
    if reduction != "none":
        loss = np.add.reduce(loss, axis=None)
        if reduction == "mean":
            loss = loss / d.size if d.size else loss * d.dtype.type(np.nan)  # of nothing: nan, without a warning
    return (loss.astype(np.float16) if half else loss), d


def _squared_error_vjp(g: Any, out: Any, x: Any, y: Any, factor: float = 1.0, reduction: str = "mean") -> Any:
    d = out.values
    if reduction != "mean":
        return d * (2 * factor * g)
    scale = 2 * factor * float(g)
    return d / max(1, d.size) if scale == 1 else d * (scale / max(1, d.size))  # of half the square exactly (h - y) / N


def _squared_error_composite(x: Any, y: Any, factor: float = 1.0, reduction: str = "mean") -> Any:
    loss = factor * (x - y) ** 2
    return loss if reduction == "none" else np.sum(loss) if reduction == "sum" else np.mean(loss)


squared_error_op = define(
    _squared_error,
    _squared_error_vjp,
    lambda g, out, x, y, factor=1.0, reduction="mean": -_squared_error_vjp(g, out, x, y, factor, reduction),
    keeps="in",  # the rules read the saved difference; the composite starts from both
    saves=True,
    composite=_squared_error_composite,
    name="squared_error",
    label="2g·(h - y)/N",
)


def _huber(d: Any, delta: float = 1.0) -> Any:
    size = np.abs(d)
    near = np.minimum(size, delta)
    size -= 0.5 * near
    size *= near
    return size  # ½ d² up to delta, delta (|d| - ½ delta) beyond, without a branch


huber_op = define(
    _huber,
    lambda g, out, d, delta=1.0: g * np.clip(d, -delta, delta),
    keeps="d",
    guard=True,
    name="huber",
    jvp="elementwise",
    label="g·clip(d, ±δ)",
)


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
    return squared_error_op(input, own(target), reduction=reduction)


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
    return squared_error_op(input, own(target), factor=0.5, reduction=reduction)


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
    return reduce(huber_op(d, delta=float(beta)) / float(beta) if beta else np.abs(d), reduction)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Any:
    """½ d² where |d| <= delta, and delta (|d| - ½ delta) beyond, of d = input - target.

    Args:      weight: of the input's shape; "mean" still divides by the number of elements, as in PyTorch.
    Gradient:  d held between -delta and delta, / N.
    Source:    Huber 1964, "Robust estimation of a location parameter".
    """
    check_positive("huber_loss", "delta", delta)
    input, target = input_and_target(input, target, "huber_loss")
    loss = huber_op(input - target, delta=float(delta))
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


class MSELoss(Loss):
    """The squared difference of input and target: see `functional.mse_loss`.

        l = (h - y)²

    Shape:     input and target of one shape -> () for "mean" and "sum", that shape for "none"
    Source:    Widrow & Hoff 1960, "Adaptive switching circuits".
    """

    def forward(self, input: Any, target: Any) -> Any:
        return mse_loss(input, target, reduction=self.reduction)


class HalfMSELoss(Loss):
    """Half the squared difference of input and target, as in the derivation of backpropagation: see `functional.half_mse_loss`.

        l = ½ (h - y)²

    Shape:     input and target of one shape -> () for "mean" (over all elements) and "sum", that shape for "none"
    Gradient:  h - y, for "mean" (h - y) / N.
    Source:    Rumelhart, Hinton & Williams 1986, "Learning representations by back-propagating errors".
    Example:
        >>> import numpy as np, nn
        >>> from autograd import Tensor
        >>> h = Tensor([1.0, 2.0], requires_grad=True)
        >>> nn.HalfMSELoss(reduction="sum")(h, np.array([0.0, 4.0])).backward()
        >>> h.grad
        Tensor([ 1., -2.])
    """

    def forward(self, input: Any, target: Any) -> Any:
        return half_mse_loss(input, target, reduction=self.reduction)


class L1Loss(Loss):
    """The absolute difference of input and target: see `functional.l1_loss`.

        l = |h - y|

    Shape:     input and target of one shape -> () for "mean" and "sum", that shape for "none"
    Gradient:  0 where h = y.
    Source:    Edgeworth 1887, "On observations relating to several quantities".
    """

    def forward(self, input: Any, target: Any) -> Any:
        return l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    """Squared near zero, the absolute difference beyond: see `functional.smooth_l1_loss`.

        l = ½ d² / beta where |d| < beta, else |d| - ½ beta,     d = h - y

    Shape:     input and target of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      beta: where the one becomes the other, >= 0; 0 gives L1Loss.
    Source:    Girshick 2015, arXiv:1504.08083, eq. 3.
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.beta = check_positive("SmoothL1Loss", "beta", beta, zero=True)

    def forward(self, input: Any, target: Any) -> Any:
        return smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)

    def _options(self) -> list[str]:
        return [] if self.beta == 1 else [f"beta={self.beta}"]


class HuberLoss(Loss):
    """Squared near zero, linear beyond, so that outliers pull with a bounded force: see `functional.huber_loss`.

        l = ½ d² where |d| <= delta, else delta (|d| - ½ delta),     d = h - y

    Shape:     input and target of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      delta: where the one becomes the other, > 0.
    Source:    Huber 1964, "Robust estimation of a location parameter".
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = check_positive("HuberLoss", "delta", delta)

    def forward(self, input: Any, target: Any) -> Any:
        return huber_loss(input, target, self.reduction, self.delta)

    def _options(self) -> list[str]:
        return [] if self.delta == 1 else [f"delta={self.delta}"]
