"""Binary cross-entropy, -(y log h + (1 - y) log(1 - h)), of probabilities h, and of logits x with h = σ(x)."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.errors import ArgumentError
from nn.core.parameter import Buffer
from nn.layers.kernels.precision import in_single_precision
from nn.layers.loss.base import Loss, weight_buffer
from nn.layers.loss.targets import broadcast_weight, input_and_target, own_copy, with_weights
from nn.layers.reduction import check_reduction, divided_by, mean_from_sum, reduce, weighted


def _binary_cross_entropy(h: Any, y: Any) -> Any:
    with np.errstate(divide="ignore"):
        log, log_of_rest = np.log(h), np.log1p(-h)
    return -(y * np.maximum(log, -100) + (1 - y) * np.maximum(log_of_rest, -100))


def _slope(h: Any, y: Any) -> Any:
    """(h - y) / (h (1 - h)), with a denominator of at least 1e-12 as in PyTorch, so that it is finite at 0 and 1."""
    return (h - y) / np.maximum(h * (1 - h), max(1e-12, float(np.finfo(h.dtype).tiny)))


binary_cross_entropy_op = define(
    _binary_cross_entropy,
    lambda g, out, h, y: g * _slope(h, y),
    lambda g, out, h, y: g * (np.maximum(np.log1p(-h), -100) - np.maximum(np.log(h), -100)),
    keeps="in",
    name="binary_cross_entropy",
    jvp="elementwise",
    label="g·(h - y)/(h·(1 - h)), g·(log(1 - h) - log(h))",
)


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """The negative log-likelihood of the targets under probabilities.

        l = -w (y log h + (1 - y) log(1 - h))

    Shape:     input h and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      weight: w, of either sign, broadcast to the input.
    Gradient:  (h - y) / (h (1 - h)), with a denominator of at least 1e-12; for the target log(1 - h) - log h. A weight
               gets one, too.
    Numerics:  the logarithms are at least -100, as in PyTorch, so h = 0 and h = 1 give finite losses. With logits, use
               `binary_cross_entropy_with_logits`, which is more accurate.
    Raises:    ArgumentError if h is not in [0, 1].
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.binary_cross_entropy(np.array([0.5, 0.0]), np.array([1, 1]), reduction="none")
        array([  0.69314718, 100.        ])
    """
    input, target = input_and_target(input, target, "binary_cross_entropy")
    h = raw(input)
    if h.size and not is_foreign(h) and not (h.min() >= 0 and h.max() <= 1):
        raise ArgumentError(
            f"binary_cross_entropy expects probabilities, in [0, 1]; got {h.min()} … {h.max()}. "
            "Of logits take binary_cross_entropy_with_logits, or apply sigmoid first."
        )
    loss = binary_cross_entropy_op(input, own_copy(target))
    if weight is not None:
        loss = loss * broadcast_weight(weight, input, "binary_cross_entropy")
    return reduce(loss, reduction)


class BCELoss(Loss):
    """The negative log-likelihood of the targets under probabilities: see `functional.binary_cross_entropy`.

        l = -w (y log h + (1 - y) log(1 - h))

    Shape:     input h and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      weight: broadcast to the input.
    Numerics:  the logarithms are at least -100, as in PyTorch. With logits, use `BCEWithLogitsLoss`.
    Source:    Solla, Levin & Fleisher 1988, "Accelerated learning in layered neural networks".
    """

    weight: Buffer | None

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.weight = weight_buffer(weight)

    def forward(self, input: Any, target: Any) -> Any:
        return binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


# Of logits x: l = (1 - y) x + (1 + (p - 1) y) log(1 + exp(-x)), where p is the weight of the positive examples


def _log1p(e: Any, u: Any) -> Any:
    """log(1 + e) to the last digits, given u = 1 + e as rounded. It takes a third of the time of np.log1p."""
    out = u - 1
    np.subtract(e, out, out=out)  # the rounding error of u
    out /= u
    out += np.log(u)
    return out


def _at_infinity(x: Any, y: Any, pos_weight: Any) -> Any:
    """The loss of infinite logits: 0 for a certain and right answer, for another ∞."""
    factor = np.where(x > 0, 1 - y, y if pos_weight is None else pos_weight * y)
    return np.where(factor == 0, 0, np.copysign(np.inf, factor))


@in_single_precision
def _with_logits(x: Any, y: Any, weight: Any = None, pos_weight: Any = None, reduction: str = "mean") -> Any:
    if x.ndim == 0:  # NumPy's operations return scalars, which cannot be written in place
        loss, (d, n) = _with_logits(x.reshape(1), np.reshape(y, 1), weight, pos_weight, "none")
        return loss[0], (d[0], n)
    infinite = np.isinf(x)
    finite = np.where(infinite, 0, x) if infinite.any() else x
    below = np.minimum(x, 0)
    e = np.exp(-np.abs(x))  # at most 1, so it cannot overflow
    u = 1 + e
    loss = _log1p(e, u)
    loss -= below if finite is x else np.minimum(finite, 0)  # log(1 + exp(-x))
    h = np.exp(below)
    h /= u
    if pos_weight is None:
        d = h - y
    else:
        loss *= 1 + (pos_weight - 1) * y
        d = (1 - y) * h - pos_weight * y * (np.exp(-np.maximum(x, 0)) / u)
    loss += (1 - y) * finite
    if finite is not x:
        np.copyto(loss, _at_infinity(x, y, pos_weight), where=infinite)
    if weight is not None:
        loss = weighted(loss, weight)
        d *= weight
    n = x.size if reduction == "mean" else 1
    if reduction == "none":
        return loss, (d, n)
    total = np.add.reduce(loss, axis=None)
    if reduction == "mean":
        total = mean_from_sum(total, n)
    return total, (d, n)


def _with_logits_x(
    g: Any, out: Any, x: Any, y: Any, weight: Any = None, pos_weight: Any = None, reduction: str = "mean"
) -> Any:
    d, n = out.values
    if n <= 1:
        return d * g
    if g == 1:  # the usual case, where the loss is the result: exactly (h - y) / N
        return d / d.dtype.type(n)
    return d * (float(g) / n)


def _with_logits_y(
    g: Any, out: Any, x: Any, y: Any, weight: Any = None, pos_weight: Any = None, reduction: str = "mean"
) -> Any:
    slope = -x if pos_weight is None else weighted(np.logaddexp(0, -x), pos_weight) - np.logaddexp(0, x)
    if weight is not None:
        slope = weighted(slope, weight)
    return slope * (float(g) / max(1, x.size) if reduction == "mean" else g)


def _with_logits_composite(x: Any, y: Any, weight: Any = None, pos_weight: Any = None, reduction: str = "mean") -> Any:
    right = ((x == np.inf) & (y == 1)) | ((x == -np.inf) & (y == 0))  # certain, and rightly so: 0·∞ is 0
    inside = np.where(right, 0, x)
    factor = np.where(right, 0, x.dtype.type(1) if pos_weight is None else pos_weight)
    loss = (1 - y) * np.where(right, 0, np.logaddexp(0, inside)) + weighted(np.logaddexp(0, -inside), factor * y)
    return reduce(loss if weight is None else weighted(loss, weight), reduction)


def _with_logits_label(weight: Any = None, pos_weight: Any = None, reduction: str = "mean", **_: Any) -> str:
    w = "" if weight is None else "·weight"
    over, n = divided_by(reduction, "count(x)")
    if pos_weight is None:
        return f"g{w}·(h - y){over}, -g{w}·x{over}; h = σ(x){n}"
    by_y = "(pos_weight·log(1 + exp(-x)) - log(1 + exp(x)))"
    return f"g{w}·((1 - y)·h - pos_weight·y·(1 - h)){over}, g{w}·{by_y}{over}; h = σ(x){n}"


sigmoid_binary_cross_entropy_op = define(
    _with_logits,
    _with_logits_x,
    _with_logits_y,
    saves=True,
    composite=_with_logits_composite,
    name="sigmoid_binary_cross_entropy",
    label=_with_logits_label,
)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """The negative log-likelihood of the targets under sigmoid(input).

        l = -w (p y log σ(x) + (1 - y) log(1 - σ(x)))

    Shape:     input x (logits) and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      weight: w, of either sign, broadcast to the input.
               pos_weight: p, the factor of the positive examples, broadcast to the input: one number, or one per class.
    Gradient:  (σ(x) - y) / N without weights. The target and the weights get one, too.
    Numerics:  sigmoid and logarithm are computed together, so that large logits do not overflow.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.binary_cross_entropy_with_logits(np.array([0.0, -1e4]), np.array([1, 1]), reduction="none")
        array([6.93147181e-01, 1.00000000e+04])
    """
    who = "binary_cross_entropy_with_logits"
    check_reduction(reduction)
    input, target = input_and_target(input, target, who)
    w = None if weight is None else broadcast_weight(weight, input, who)
    p = None if pos_weight is None else broadcast_weight(pos_weight, input, who, "pos_weight")
    return with_weights(
        sigmoid_binary_cross_entropy_op, input, own_copy(target), weight=w, pos_weight=p, reduction=reduction
    )


class BCEWithLogitsLoss(Loss):
    """The negative log-likelihood of the targets under sigmoid(input).

    The function is `functional.binary_cross_entropy_with_logits`.

        l = -w (p y log σ(x) + (1 - y) log(1 - σ(x)))

    Shape:     input x (logits) and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      weight: w, broadcast to the input.
               pos_weight: p, the factor of the positive examples, broadcast to the input.
    Gradient:  (σ(x) - y) / N without weights.
    Numerics:  sigmoid and logarithm are computed together, so that large logits do not overflow.
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
