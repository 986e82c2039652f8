"""The primitives of cross-entropy with class weights, ignored positions, smoothed labels or probabilities as targets.

Arrays here are (N, C), or (N, C, D) with all positions of an example on the last axis. cross_entropy.py has a faster
primitive for the plain case, the function and the Module.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from nn.layers.activation.softmax import log_softmax_op
from nn.layers.loss.class_numbers import (
    chosen_of,
    flat_indices,
    is_class,
    position_weights,
    weights_of,
)
from nn.layers.reduction import divided_by, mean_from_sum, reduce, slopes_over_zero, weighted, weighted_mean


def _softmax(x: Any) -> tuple[Any, Any]:
    """(log p, p) over the classes."""
    log_p = x - np.maximum.reduce(x, axis=1, keepdims=True)
    p = np.exp(log_p)
    total = np.add.reduce(p, axis=1, keepdims=True)
    p /= total
    log_p -= np.log(total)
    return log_p, p


def _per_class(weight: Any, x: Any) -> Any:
    """The weights (C,) of the classes in a shape that broadcasts against x: (C,) or (C, 1)."""
    return np.reshape(weight, (-1, *[1] * (x.ndim - 2)))


def _scaled(d: Any, g: Any, n: Any, reduction: str) -> Any:
    """d g / N, computed in place; exactly d / N where g is 1."""
    if reduction == "none":
        d *= g[:, None]
    elif reduction == "sum":
        d *= g
    else:
        if g != 1:
            d *= g
        if not n:
            return slopes_over_zero(d)
        d /= n
    return d


# Class numbers as targets: with w_t the weight of the class, ε the smoothing and W = Σ w,
#   l = -(1 - ε) w_t log p_t - ε/C Σ_c w_c log p_c
#   ∂l/∂x_c = p_c ((1 - ε) w_t + ε/C W) - (1 - ε) w_t [c = t] - ε/C w_c


def _of_classes(
    x: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Any:
    at, each, n = position_weights(target, weight, ignore_index, x.dtype)
    # (1 - ε) w_t, and 0 for an ignored position
    target_factor = 1 - label_smoothing if each is None else each * x.dtype.type(1 - label_smoothing)
    where = flat_indices(at, x.shape)
    p: Any = np.subtract(x, np.maximum.reduce(x, axis=1, keepdims=True), order="C")  # log p + log Z
    picked = p.reshape(-1)[where]
    if each is not None:
        picked[each == 0] = 0  # otherwise a log p of -inf with weight 0 would become nan
    loss = picked * -target_factor
    smooth: Any = None  # ε/C, and 0 for an ignored position
    class_weights: Any = None
    if label_smoothing:
        smooth = np.where(target == ignore_index, 0, x.dtype.type(label_smoothing / x.shape[1]))
        class_weights = _per_class(np.ones(x.shape[1], x.dtype) if weight is None else weight, x)
        summed = np.add.reduce(p if weight is None else weighted(p, class_weights), axis=1)
        loss -= np.where(smooth == 0, 0, summed) * smooth
    np.exp(p, out=p)
    total = np.add.reduce(p, axis=1, keepdims=True)
    p /= total
    p_factor = target_factor  # of p_c in ∂l/∂x_c
    if smooth is not None:
        p_factor = target_factor + smooth * np.add.reduce(class_weights, axis=None)
    loss += np.log(total[:, 0]) * p_factor
    n = n if reduction == "mean" else x.dtype.type(1)
    reduced = loss if reduction == "none" else mean_from_sum(np.add.reduce(loss, axis=None), n)
    return reduced, (p, where, target_factor, p_factor, smooth, class_weights, n)


def _of_classes_vjp(
    g: Any, out: Any, x: Any, target: Any, weight: Any = None, ignore_index: int = -100, label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Any:  # fmt: skip
    p, where, target_factor, p_factor, smooth, class_weights, n = out.values
    d = p * (p_factor if np.ndim(p_factor) == 0 else p_factor[:, None])
    if smooth is not None:
        d -= class_weights * smooth[:, None]
    d.reshape(-1)[where] -= target_factor
    return _scaled(d, g, n, reduction)


def _of_classes_composite(
    x: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Any:
    chosen = is_class(np.where(target == ignore_index, -1, target), x)
    each = weights_of(chosen, weight, x)
    log_p = log_softmax_op(x, axis=1)
    loss = weighted(-chosen_of(chosen, log_p), each * (1 - label_smoothing))
    if label_smoothing:
        counted = np.any(chosen, axis=1)
        summed = np.sum(log_p if weight is None else weighted(log_p, _per_class(weight, x)), axis=1)
        loss = loss - np.where(counted, summed, 0) * (label_smoothing / x.shape[1])
    return weighted_mean(loss, each) if reduction == "mean" else reduce(loss, reduction)


def _of_classes_label(weight: Any = None, label_smoothing: float = 0.0, reduction: str = "mean", **_: Any) -> str:
    w = "" if weight is None else "weight·"
    smoothed = "(1 - label_smoothing)·t + label_smoothing·Σt/C" if label_smoothing else "t"
    over, n = divided_by(reduction, f"total({w}t)")
    return f"g·(p·Σ({w}y) - {w}y){over}; p = softmax(x), t = onehot(target), y = {smoothed}{n}"


softmax_cross_entropy_of_classes_op = define(
    _of_classes,
    _of_classes_vjp,
    saves=True,
    composite=_of_classes_composite,
    name="softmax_cross_entropy_of_classes",
    label=_of_classes_label,
)


# Probabilities as targets: with y' = (1 - ε) y + ε/C,
#   l = -Σ_c w_c y'_c log p_c
#   ∂l/∂x_c = p_c Σ_k w_k y'_k - w_c y'_c


def _weighted_target(y: Any, weight: Any, smoothing: float) -> Any:
    """w y', the factors of the logarithms."""
    if smoothing:
        y = y * (1 - smoothing) + smoothing / y.shape[1]
    return y if weight is None else y * _per_class(weight, y)


def _of_probabilities(x: Any, y: Any, weight: Any = None, label_smoothing: float = 0.0, reduction: str = "mean") -> Any:
    n = x.dtype.type(x.size / x.shape[1] if reduction == "mean" else 1)
    log_p, p = _softmax(x)
    wy = _weighted_target(y, weight, label_smoothing)
    log_p[wy == 0] = 0  # 0 log 0 = 0
    loss = -np.add.reduce(wy * log_p, axis=1)
    return (loss if reduction == "none" else mean_from_sum(np.add.reduce(loss, axis=None), n)), (p, n)


def _of_probabilities_x(
    g: Any, out: Any, x: Any, y: Any, weight: Any = None, label_smoothing: float = 0.0, reduction: str = "mean"
) -> Any:
    p, n = out.values
    wy = _weighted_target(y, weight, label_smoothing)
    d = p * np.add.reduce(wy, axis=1, keepdims=True)
    d -= wy
    return _scaled(d, g, n, reduction)


def _of_probabilities_y(
    g: Any, out: Any, x: Any, y: Any, weight: Any = None, label_smoothing: float = 0.0, reduction: str = "mean"
) -> Any:
    d = _softmax(x)[0]
    d *= label_smoothing - 1
    if weight is not None:
        d *= _per_class(weight, d)
    return _scaled(d, g, out.values[1], reduction)


def _of_probabilities_composite(
    x: Any, y: Any, weight: Any = None, label_smoothing: float = 0.0, reduction: str = "mean"
) -> Any:
    wy = _weighted_target(y, weight, label_smoothing)
    log_p = log_softmax_op(x, axis=1)
    loss = -np.sum(wy * np.where((wy == 0) & (log_p == -np.inf), 0, log_p), axis=1)
    return loss if reduction == "none" else np.sum(loss) / (x.size / x.shape[1] if reduction == "mean" else 1)


def _of_probabilities_label(weight: Any = None, label_smoothing: float = 0.0, reduction: str = "mean", **_: Any) -> str:
    w = "" if weight is None else "weight·"
    s, t, part = ("s", "s = (1 - label_smoothing)·y + label_smoothing/C", "(1 - label_smoothing)·")
    if not label_smoothing:
        s, t, part = "y", "", ""
    over, n = divided_by(reduction, "rows(x)")
    where = ", ".join(filter(None, ["p = softmax(x)", t]))
    return f"g·(p·Σ({w}{s}) - {w}{s}){over}, -g·{part}{w}log(p){over}; {where}{n}"


softmax_cross_entropy_of_probabilities_op = define(
    _of_probabilities,
    _of_probabilities_x,
    _of_probabilities_y,
    saves=True,
    composite=_of_probabilities_composite,
    name="softmax_cross_entropy_of_probabilities",
    label=_of_probabilities_label,
)
