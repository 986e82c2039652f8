"""Softmax cross-entropy beyond the plain case: class weights, ignored positions, smoothed labels, probabilities as targets.

Arrays here are (N, C, D), the classes in the middle and all further positions of an example at the end. The plain case,
(N, C) with a class number a row, has a quicker rule of its own in cross_entropy.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.ops.fused.softmax import log_softmax
from autograd.primitive import define


def _softmax(x: Any) -> tuple[Any, Any]:
    """(log p, p) over the classes."""
    log_p = x - np.maximum.reduce(x, axis=1, keepdims=True)
    p = np.exp(log_p)
    total = np.add.reduce(p, axis=1, keepdims=True)
    p /= total
    log_p -= np.log(total)
    return log_p, p


def _divide(total: Any, n: Any) -> Any:
    """total / n, nan without a warning where nothing was counted: what PyTorch gives for a batch that is ignored as a whole."""
    return total / n if n else total * total.dtype.type(np.nan)


# Class numbers as targets: with w_t the weight of the class, ε the smoothing and W = Σ w,
#   l = -(1 - ε) w_t log p_t - ε/C Σ_c w_c log p_c,     ∂l/∂x_c = p_c ((1 - ε) w_t + ε/C W) - (1 - ε) w_t [c = t] - ε/C w_c


def _parts(x: Any, target: Any, weight: Any, ignore_index: int, smoothing: float) -> tuple[Any, Any, Any, Any]:
    """(target with 0 where ignored, weight a position, weight of the smoothed part a position, the divisor of the mean)."""
    valid = target != ignore_index
    at = np.where(valid, target, 0)
    each = valid.astype(x.dtype) if weight is None else np.where(valid, weight[at], 0)
    smooth = valid.astype(x.dtype) * (smoothing / x.shape[1])
    return at, each, smooth, np.add.reduce(each, axis=None)


def _of_classes(
    x: Any, target: Any, weight: Any = None, ignore_index: int = -100, label_smoothing: float = 0.0, reduction: str = "mean"
) -> Any:
    if x.dtype == np.float16:  # sums over many classes and positions, in single precision
        w = None if weight is None else weight.astype(np.float32)
        loss, saved = _of_classes(x.astype(np.float32), target, w, ignore_index, label_smoothing, reduction)
        return loss.astype(np.float16), saved
    at, each, smooth, n = _parts(x, target, weight, ignore_index, label_smoothing)
    n = n if reduction == "mean" else x.dtype.type(1)
    each *= 1 - label_smoothing
    log_p, p = _softmax(x)
    picked = np.take_along_axis(log_p, at[:, None], axis=1)[:, 0]
    loss = -np.where(each == 0, 0, picked) * each  # a log p of -inf where it does not count is no nan
    if label_smoothing:
        column = np.ones((1, x.shape[1], 1), x.dtype) if weight is None else weight[None, :, None]
        loss -= np.where(smooth == 0, 0, np.add.reduce(log_p * column, axis=1)) * smooth
    else:
        column = smooth = None
    saved = (p, at, each, smooth, column, n)
    return (loss if reduction == "none" else _divide(np.add.reduce(loss, axis=None), n)), saved


def _of_classes_vjp(
    g: Any, out: Any, x: Any, target: Any, weight: Any = None, ignore_index: int = -100, label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Any:  # fmt: skip
    p, at, each, smooth, column, n = out.values
    d = p * (each if smooth is None else each + smooth * np.add.reduce(column, axis=None))[:, None]
    if smooth is not None:
        d -= column * smooth[:, None]
    flat = at[:, None]
    np.put_along_axis(d, flat, np.take_along_axis(d, flat, axis=1) - each[:, None], axis=1)
    return _scaled(d, g, n, reduction)


def _scaled(d: Any, g: Any, n: Any, reduction: str) -> Any:
    """d g / N in place; where g is 1 it is d / N to the last digit."""
    if reduction == "none":
        d *= g[:, None]
    elif reduction == "sum":
        d *= g
    elif n:
        if g != 1:
            d *= g
        d /= n
    return d


def _of_classes_composite(
    x: Any, target: Any, weight: Any = None, ignore_index: int = -100, label_smoothing: float = 0.0, reduction: str = "mean"
) -> Any:
    at, each, smooth, n = _parts(x, target, weight, ignore_index, label_smoothing)
    log_p = log_softmax(x, axis=1)
    picked = np.take_along_axis(log_p, at[:, None], axis=1)[:, 0]
    loss = -np.where(each == 0, 0, picked) * (each * (1 - label_smoothing))
    if label_smoothing:
        summed = np.sum(log_p if weight is None else log_p * weight[None, :, None], axis=1)
        loss = loss - np.where(smooth == 0, 0, summed) * smooth
    return loss if reduction == "none" else np.sum(loss) / (n if reduction == "mean" and n else 1)


softmax_cross_entropy_of_classes = define(
    _of_classes,
    _of_classes_vjp,
    saves=True,
    composite=_of_classes_composite,
    name="softmax_cross_entropy_of_classes",
    label="g·w(p - y)/Σw",
)


# Probabilities as targets: with y' = (1 - ε) y + ε/C,   l = -Σ_c w_c y'_c log p_c,   ∂l/∂x_c = p_c Σ_k w_k y'_k - w_c y'_c


def _aim(y: Any, weight: Any, smoothing: float) -> Any:
    """w y': what the logarithms are weighted with."""
    if smoothing:
        y = y * (1 - smoothing) + smoothing / y.shape[1]
    return y if weight is None else y * weight[None, :, None]


def _of_probabilities(x: Any, y: Any, weight: Any = None, label_smoothing: float = 0.0, reduction: str = "mean") -> Any:
    if x.dtype == np.float16:
        w = None if weight is None else weight.astype(np.float32)
        loss, saved = _of_probabilities(x.astype(np.float32), y.astype(np.float32), w, label_smoothing, reduction)
        return loss.astype(np.float16), saved
    n = x.dtype.type(x.shape[0] * x.shape[2] if reduction == "mean" else 1)
    log_p, p = _softmax(x)
    aim = _aim(y, weight, label_smoothing)
    log_p[aim == 0] = 0  # 0 log 0 = 0
    loss = -np.add.reduce(aim * log_p, axis=1)
    return (loss if reduction == "none" else _divide(np.add.reduce(loss, axis=None), n)), (p, n)


def _of_probabilities_x(g: Any, out: Any, x: Any, y: Any, weight: Any = None, label_smoothing: float = 0.0, reduction: str = "mean") -> Any:
    p, n = out.values
    aim = _aim(y, weight, label_smoothing)
    d = p * np.add.reduce(aim, axis=1, keepdims=True)
    d -= aim
    return _scaled(d, g, n, reduction)


def _of_probabilities_y(g: Any, out: Any, x: Any, y: Any, weight: Any = None, label_smoothing: float = 0.0, reduction: str = "mean") -> Any:
    d = _softmax(x)[0]
    d *= label_smoothing - 1
    if weight is not None:
        d *= weight[None, :, None]
    return _scaled(d, g, out.values[1], reduction)


def _of_probabilities_composite(x: Any, y: Any, weight: Any = None, label_smoothing: float = 0.0, reduction: str = "mean") -> Any:
    aim = _aim(y, weight, label_smoothing)
    loss = -np.sum(aim * np.where(aim == 0, 0, log_softmax(x, axis=1)), axis=1)
    return loss if reduction == "none" else np.sum(loss) / (x.shape[0] * x.shape[2] if reduction == "mean" else 1)


softmax_cross_entropy_of_probabilities = define(
    _of_probabilities,
    _of_probabilities_x,
    _of_probabilities_y,
    saves=True,
    composite=_of_probabilities_composite,
    name="softmax_cross_entropy_of_probabilities",
    label="g·(p Σwy - wy)/N",
)
