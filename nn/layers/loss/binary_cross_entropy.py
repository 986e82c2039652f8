"""Binary cross-entropy, -(y log h + (1 - y) log(1 - h)): of a probability h, and of its logit as one with the sigmoid."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.errors import ArgumentError
from nn.core.parameter import Buffer
from nn.layers.kernels.precision import in_single_precision
from nn.layers.loss.base import Loss, weight_buffer
from nn.layers.loss.targets import input_and_target, own, weight_for
from nn.layers.reduction import check_reduction, reduce


def _reduced(loss: Any, reduction: str) -> Any:
    return loss if reduction == "none" else np.sum(loss) if reduction == "sum" else np.mean(loss)


# Of logits x: (1 - y) x + (1 + (p - 1) y) log(1 + exp(-x)), with the weight p of the positive examples
def _log(e: Any, u: Any) -> Any:
    """log(1 + e) to the last digits, of u = 1 + e as it was rounded: three times as fast as NumPy's log1p."""
    out = u - 1
    np.subtract(e, out, out=out)  # what the rounding lost
    out /= u
    out += np.log(u)
    return out


@in_single_precision
def _with_logits(x: Any, y: Any, weight: Any = None, pos_weight: Any = None, reduction: str = "mean") -> Any:
    if x.ndim == 0:  # a scalar is not written in place
        loss, (d, n) = _with_logits(x.reshape(1), np.reshape(y, 1), weight, pos_weight, "none")
        return loss[0], (d[0], n)
    below = np.minimum(x, 0)
    e = np.exp(-np.abs(x))  # at most 1: neither end overflows
    u = 1 + e
    loss = _log(e, u)
    loss -= below  # log(1 + exp(-x))
    h = np.exp(below)
    h /= u
    if pos_weight is None:
        d = h - y
    else:
        loss *= 1 + (pos_weight - 1) * y
        d = (1 - y) * h - pos_weight * y * (np.exp(-np.maximum(x, 0)) / u)
    loss += (1 - y) * x
    if weight is not None:
        loss *= weight
        d *= weight
    n = x.size if reduction == "mean" else 1
    if reduction == "none":
        return loss, (d, n)
    total = np.add.reduce(loss, axis=None)
    if reduction == "mean":
        total = total / x.dtype.type(n) if n else total * x.dtype.type(np.nan)  # of nothing: nan, without a warning
    return total, (d, n)


def _with_logits_x(
    g: Any, out: Any, x: Any, y: Any, weight: Any = None, pos_weight: Any = None, reduction: str = "mean"
) -> Any:
    d, n = out.values
    if n <= 1:
        return d * g
    if g == 1:  # the last step of a network's forward: (h - y) / N to the last digit
        return d / d.dtype.type(n)
    return d * (float(g) / n)


def _with_logits_y(
    g: Any, out: Any, x: Any, y: Any, weight: Any = None, pos_weight: Any = None, reduction: str = "mean"
) -> Any:
    slope = -x if pos_weight is None else (pos_weight - 1) * np.logaddexp(0, -x) - x
    if weight is not None:
        slope = slope * weight
    return slope * (float(g) / max(1, x.size) if reduction == "mean" else g)


def _with_logits_composite(x: Any, y: Any, weight: Any = None, pos_weight: Any = None, reduction: str = "mean") -> Any:
    factor = 1 if pos_weight is None else 1 + (pos_weight - 1) * y
    loss = (1 - y) * x + factor * np.logaddexp(0, -x)
    return _reduced(loss if weight is None else loss * weight, reduction)


sigmoid_binary_cross_entropy_op = define(
    _with_logits,
    _with_logits_x,
    _with_logits_y,
    saves=True,
    composite=_with_logits_composite,
    name="sigmoid_binary_cross_entropy",
    label="g·(h - y)/N",
)


# Of probabilities
def _binary_cross_entropy(h: Any, y: Any) -> Any:
    with np.errstate(divide="ignore"):
        log, log_of_rest = np.log(h), np.log1p(-h)
    return -(y * np.maximum(log, -100) + (1 - y) * np.maximum(log_of_rest, -100))


def _slope(h: Any, y: Any) -> Any:
    """(h - y) / (h (1 - h)), the denominator held above 1e-12 as in PyTorch: large at the ends, and finite."""
    return (h - y) / np.maximum(h * (1 - h), max(1e-12, float(np.finfo(h.dtype).tiny)))


binary_cross_entropy_op = define(
    _binary_cross_entropy,
    lambda g, out, h, y: g * _slope(h, y),
    lambda g, out, h, y: g * (np.maximum(np.log1p(-h), -100) - np.maximum(np.log(h), -100)),
    keeps="in",
    name="binary_cross_entropy",
    jvp="elementwise",
    label="g·(h - y)/(h(1 - h))",
)


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """The negative log-likelihood of the targets under probabilities.

        l = -w (y log h + (1 - y) log(1 - h))

    Shape:     input h and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      weight: broadcast to the input.
    Gradient:  (h - y) / (h (1 - h)), the denominator no smaller than 1e-12; to the target log(1 - h) - log h.
    Numerics:  the logarithms are at least -100, as in PyTorch, so h = 0 and h = 1 give finite losses. Better give the logits to
               `binary_cross_entropy_with_logits`.
    Raises:    ArgumentError if h is not in [0, 1].
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.binary_cross_entropy(np.array([0.5, 0.0]), np.array([1, 1]), reduction="none")
        array([  0.69314718, 100.        ])
    """
    input, target = input_and_target(input, target, "binary_cross_entropy")
    raw = getattr(input, "_data", input)
    if raw.size and not (raw.min() >= 0 and raw.max() <= 1):
        raise ArgumentError(
            f"binary_cross_entropy expects probabilities, in [0, 1]; got {raw.min()} … {raw.max()}. "
            "Of logits take binary_cross_entropy_with_logits, or apply sigmoid first."
        )
    loss = binary_cross_entropy_op(input, own(target))
    return reduce(loss if weight is None else loss * weight_for(weight, input, "binary_cross_entropy"), reduction)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """The negative log-likelihood of the targets under sigmoid(input).

        l = -w (p y log σ(x) + (1 - y) log(1 - σ(x)))

    Shape:     input x (logits) and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      weight: w, broadcast to the input.
               pos_weight: p, how much more a positive example counts, broadcast to the input: one number, or one a class.
    Gradient:  (σ(x) - y) / N without weights; to the target, too.
    Numerics:  sigmoid and logarithm are taken together, so large logits do no harm.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.binary_cross_entropy_with_logits(np.array([0.0, -1e4]), np.array([1, 1]), reduction="none")
        array([6.93147181e-01, 1.00000000e+04])
    """
    who = "binary_cross_entropy_with_logits"
    check_reduction(reduction)
    input, target = input_and_target(input, target, who)
    w = None if weight is None else weight_for(weight, input, who)
    p = None if pos_weight is None else weight_for(pos_weight, input, who, "pos_weight")
    return sigmoid_binary_cross_entropy_op(input, own(target), weight=w, pos_weight=p, reduction=reduction)


class BCELoss(Loss):
    """The negative log-likelihood of the targets under probabilities: see `functional.binary_cross_entropy`.

        l = -w (y log h + (1 - y) log(1 - h))

    Shape:     input h and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      weight: broadcast to the input.
    Numerics:  the logarithms are at least -100, as in PyTorch. `BCEWithLogitsLoss` needs no such help.
    Source:    Solla, Levin & Fleisher 1988, "Accelerated learning in layered neural networks".
    """

    weight: Buffer | None

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.weight = weight_buffer(weight)

    def forward(self, input: Any, target: Any) -> Any:
        return binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(Loss):
    """The negative log-likelihood of the targets under sigmoid(input): see `functional.binary_cross_entropy_with_logits`.

        l = -w (p y log σ(x) + (1 - y) log(1 - σ(x)))

    Shape:     input x (logits) and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      weight: w, broadcast to the input.
               pos_weight: p, how much more a positive example counts, broadcast to the input.
    Gradient:  (σ(x) - y) / N without weights.
    Numerics:  sigmoid and logarithm are taken together, so large logits do no harm.
    Source:    see `BCELoss`.
    Example:
        >>> import numpy as np, nn
        >>> round(float(nn.BCEWithLogitsLoss(pos_weight=[2.0])(np.zeros((3, 1)), np.ones((3, 1)))), 4)
        1.3863
    """

    weight: Buffer | None
    pos_weight: Buffer | None

    def __init__(self, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(reduction=reduction)
        self.weight = weight_buffer(weight)
        self.pos_weight = weight_buffer(pos_weight, "pos_weight")

    def forward(self, input: Any, target: Any) -> Any:
        return binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )
