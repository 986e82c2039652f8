"""Losses of regression: squared, absolute, and squared near zero and linear beyond (smooth L1 and Huber)."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from autograd.engine.kinds import is_foreign
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.errors import ArgumentError, ShapeError
from nn.layers.kernels.precision import single
from nn.layers.loss.base import Loss
from nn.layers.loss.targets import as_weight, check_positive, input_and_target, own_copy
from nn.layers.reduction import check_reduction, divided_by, in_single_precision, mean_from_sum, reduce, weighted


def _squared_error(x: Any, y: Any, factor: float = 1.0, reduction: str = "mean") -> Any:
    half = x.dtype == np.float16  # sums soon exceed its largest number, 65504: compute in float32
    d = np.asarray(np.subtract(x, y, dtype=np.float32) if half else x - y)
    loss = np.square(d)
    if factor != 1:
        loss = loss * factor
    if reduction != "none":
        loss = np.add.reduce(loss, axis=None)
        if reduction == "mean":
            loss = mean_from_sum(loss, d.size)
    return (loss.astype(np.float16) if half else loss), d


def _squared_error_vjp(g: Any, out: Any, x: Any, y: Any, factor: float = 1.0, reduction: str = "mean") -> Any:
    d = out.values
    if reduction != "mean":
        return d * (2 * factor * g)
    scale = 2 * factor * float(g)
    # with factor ½ and g = 1 the gradient is exactly (h - y) / N
    return d / max(1, d.size) if scale == 1 else d * (scale / max(1, d.size))


def _square(d: Any) -> Any:
    """|d|²"""
    return np.square(np.real(d)) + np.square(np.imag(d)) if d.dtype.kind == "c" else d**2


def _squared_error_composite(x: Any, y: Any, factor: float = 1.0, reduction: str = "mean") -> Any:
    return reduce(factor * _square(x - y), reduction)


def _squared_error_label(factor: float = 1.0, reduction: str = "mean", **_: Any) -> str:
    g = {1.0: "2·g", 0.5: "g"}.get(factor, "2·factor·g")
    over, n = divided_by(reduction, "count(x)")
    return f"{g}·(x - y){over}, {g}·(y - x){over}" + n.replace(", ", "; ")


squared_error_op = define(
    _squared_error,
    _squared_error_vjp,
    lambda g, out, x, y, factor=1.0, reduction="mean": -_squared_error_vjp(g, out, x, y, factor, reduction),
    keeps="in",  # for the composite; the rules read the saved difference only
    saves=True,
    composite=_squared_error_composite,
    complex=True,
    name="squared_error",
    label=_squared_error_label,
)


def mse_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """The squared difference |input - target|², its mean, or its sum; also of complex numbers.

    The target is converted to the input's dtype.

    Args:      weight: of the input's shape; "mean" then divides by the sum of the weights.
    Gradient:  2 (input - target) / N.
    Raises:    ShapeError if the shapes differ: (N, 1) would broadcast against (N,) and compare all pairs.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> float(F.mse_loss(np.array([1.0, 2.0]), np.array([1, 4])))
        2.0
    """
    check_reduction(reduction)
    input, target = input_and_target(input, target, "mse_loss", complex=True)
    if weight is not None:
        return _reduce_weighted(_square(input - target), weight, reduction, "mse_loss")
    return squared_error_op(input, own_copy(target), reduction=reduction)


class MSELoss(Loss):
    """The squared difference of input and target: see `functional.mse_loss`.

        l = (h - y)²

    Shape:     input and target of one shape -> () for "mean" and "sum", that shape for "none"
    Source:    Widrow & Hoff 1960, "Adaptive switching circuits".
    """

    def forward(self, input: Any, target: Any) -> Any:
        return mse_loss(input, target, reduction=self.reduction)


def half_mse_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Half the squared difference, ½ (h - y)², as in the derivation of backpropagation; "mean" is over all elements.

    Gradient:  exactly (h - y) / N for "mean", and h - y for "sum" and "none".
    Example:
        >>> import numpy as np, nn.functional as F
        >>> float(F.half_mse_loss(np.array([1.0, 2.0]), np.array([1, 4]), reduction="sum"))
        2.0
    """
    check_reduction(reduction)
    input, target = input_and_target(input, target, "half_mse_loss", complex=True)
    return squared_error_op(input, own_copy(target), factor=0.5, reduction=reduction)


class HalfMSELoss(Loss):
    """Half the squared difference of input and target, as in the derivation of backpropagation.

    The function is `functional.half_mse_loss`.

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


def l1_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """The absolute difference |input - target|, its mean, or its sum; also of complex numbers.

    Args:      weight: of the input's shape; "mean" then divides by the sum of the weights.
    Gradient:  ±1 / N, and 0 where input = target.
    """
    check_reduction(reduction)
    input, target = input_and_target(input, target, "l1_loss", complex=True)
    loss = np.abs(input - target)
    return reduce(loss, reduction) if weight is None else _reduce_weighted(loss, weight, reduction, "l1_loss")


class L1Loss(Loss):
    """The absolute difference of input and target: see `functional.l1_loss`.

        l = |h - y|

    Shape:     input and target of one shape -> () for "mean" and "sum", that shape for "none"
    Gradient:  0 where h = y.
    Source:    Edgeworth 1887, "On observations relating to several quantities".
    """

    def forward(self, input: Any, target: Any) -> Any:
        return l1_loss(input, target, reduction=self.reduction)


def _huber(d: Any, delta: float = 1.0) -> Any:
    size = np.abs(d)
    near = np.minimum(size, delta)
    size -= 0.5 * near
    size *= near  # ½ d² where |d| <= delta, else delta (|d| - ½ delta)
    return size


huber_op = define(
    _huber,
    lambda g, out, d, delta=1.0: g * np.clip(d, -delta, delta),
    keeps="d",
    guard=True,
    composite=lambda d, delta=1.0: np.where(np.abs(d) <= delta, 0.5 * d * d, delta * (np.abs(d) - 0.5 * delta)),
    plain=True,
    name="huber",
    jvp="elementwise",
    label="g·(d·[|d| ≤ delta] + delta·sign(d)·[|d| > delta])",
)


def smooth_l1_loss(input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Any:
    """½ d² / beta where |d| < beta, else |d| - ½ beta, with d = input - target; for beta = 0 it is l1_loss.

    Source:    Girshick 2015, arXiv:1504.08083, eq. 3.
    """
    check_positive("smooth_l1_loss", "beta", beta, zero=True)
    input, target = input_and_target(input, target, "smooth_l1_loss")
    d = input - target
    return reduce(huber_op(d, delta=float(beta)) / float(beta) if beta else np.abs(d), reduction)


class SmoothL1Loss(Loss):
    """Squared near zero, the absolute difference beyond: see `functional.smooth_l1_loss`.

        l = ½ d² / beta where |d| < beta, else |d| - ½ beta,     d = h - y

    Shape:     input and target of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      beta: the |d| at which the loss becomes linear, >= 0; 0 gives L1Loss.
    Source:    Girshick 2015, arXiv:1504.08083, eq. 3.
    """

    shown_options: ClassVar = {"beta": 1.0}

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.beta = check_positive("SmoothL1Loss", "beta", beta, zero=True)

    def forward(self, input: Any, target: Any) -> Any:
        return smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Any:
    """½ d² where |d| <= delta, else delta (|d| - ½ delta), with d = input - target.

    Args:      weight: of the input's shape; "mean" still divides by the number of elements, as in PyTorch.
    Gradient:  d clipped to [-delta, delta], divided by N.
    Source:    Huber 1964, "Robust estimation of a location parameter".
    """
    check_positive("huber_loss", "delta", delta)
    input, target = input_and_target(input, target, "huber_loss")
    loss = huber_op(input - target, delta=float(delta))
    return reduce(
        loss if weight is None else weighted(loss, _weight_of_input_shape(weight, input, "huber_loss")), reduction
    )


class HuberLoss(Loss):
    """Squared near zero, linear beyond, so that the gradient of outliers is bounded: see `functional.huber_loss`.

        l = ½ d² where |d| <= delta, else delta (|d| - ½ delta),     d = h - y

    Shape:     input and target of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      delta: the |d| at which the loss becomes linear, > 0.
    Source:    Huber 1964, "Robust estimation of a location parameter".
    """

    shown_options: ClassVar = {"delta": 1.0}

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = check_positive("HuberLoss", "delta", delta)

    def forward(self, input: Any, target: Any) -> Any:
        return huber_loss(input, target, self.reduction, self.delta)


def _reduce_weighted(loss: Any, weight: Any, reduction: str, who: str) -> Any:
    """The reduction of weighted losses, where "mean" divides by the sum of the weights."""
    weight = _weight_of_input_shape(weight, loss, who)
    loss = weighted(loss, weight)
    if reduction != "mean" or not loss.size:
        return reduce(loss, reduction)
    total = np.sum(single(weight) if weight.dtype == np.float16 else weight)
    if not is_foreign(raw(total)) and total == 0:
        raise ArgumentError(f"{who}: the weights sum to 0, by which the mean would divide.")
    return in_single_precision(lambda each: np.sum(each) / total, loss)


def _weight_of_input_shape(weight: Any, input: Any, who: str) -> Any:
    weight = as_weight(weight, input, who, "weight")
    if weight.shape != input.shape:
        raise ShapeError(f"{who} expects a weight of the input's shape {input.shape}; got {weight.shape}.")
    return weight
