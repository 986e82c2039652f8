"""-(y log h + (1 - y) log(1 - h)), of a probability h and, as one with the sigmoid, of its logit."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from nn.layers.kernels.precision import in_single_precision


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


sigmoid_binary_cross_entropy = define(
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


binary_cross_entropy = define(
    _binary_cross_entropy,
    lambda g, out, h, y: g * _slope(h, y),
    lambda g, out, h, y: g * (np.maximum(np.log1p(-h), -100) - np.maximum(np.log(h), -100)),
    keeps="in",
    name="binary_cross_entropy",
    jvp="elementwise",
    label="g·(h - y)/(h(1 - h))",
)
