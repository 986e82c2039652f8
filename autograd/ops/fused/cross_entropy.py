"""-log softmax(logits)[target], with logits (N, C) and target (N,) of class numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.ops.fused.softmax import log_softmax
from autograd.primitive import define


def _check_target(logits: Any, target: Any) -> Any:
    if logits.ndim != 2:
        raise ShapeError(f"cross-entropy expects logits of shape (N, C); got {logits.shape}.")
    target = np.asarray(target)
    if target.dtype.kind not in "iu":
        raise DTypeError(f"cross-entropy expects integer class numbers as target; got dtype {target.dtype}. Use target.astype(int).")
    if target.shape != logits.shape[:1]:
        raise ShapeError(f"cross-entropy expects a target of shape {logits.shape[:1]}, a class number a row of logits; got {target.shape}.")
    return target


def _softmax_cross_entropy(logits: Any, target: Any, reduction: str = "mean") -> Any:
    target = _check_target(logits, target)
    n, classes = logits.shape
    rows = np.arange(n)
    shifted = logits - np.maximum.reduce(logits, axis=1, keepdims=True)
    try:
        at_target = shifted[rows, target]
    except IndexError:
        at_target = None
    if at_target is None or n and np.minimum.reduce(target) < 0:
        raise ArgumentError(f"class numbers must lie in 0 … {classes - 1}; got {target.min()} … {target.max()}.")
    p = np.exp(shifted, out=shifted)
    total = np.add.reduce(p, axis=1)
    loss = np.log(total) - at_target
    p /= total[:, None]
    if reduction == "none":
        return loss, (p, rows, 1)
    if reduction == "sum":
        return np.add.reduce(loss), (p, rows, 1)
    if reduction != "mean":
        raise ArgumentError(f"reduction must be 'none', 'mean' or 'sum'; got {reduction!r}.")
    return np.add.reduce(loss) / logits.dtype.type(n), (p, rows, n)


def _softmax_cross_entropy_vjp(g: Any, out: Any, logits: Any, target: Any, reduction: str = "mean") -> Any:
    p, rows, n = out.values
    scale = g / p.dtype.type(n)
    if reduction == "none":
        d = p * scale[:, None]
    else:
        d = p * scale
    d[rows, target] -= scale
    return d


def _softmax_cross_entropy_composite(logits: Any, target: Any, reduction: str = "mean") -> Any:
    loss = -log_softmax(logits, axis=1)[np.arange(logits.shape[0]), target]
    return loss if reduction == "none" else np.sum(loss) if reduction == "sum" else np.mean(loss)


softmax_cross_entropy = define(
    _softmax_cross_entropy,
    _softmax_cross_entropy_vjp,
    keeps="logits target",  # the rule reads the saved softmax; the composite starts from the logits
    saves=True,
    composite=_softmax_cross_entropy_composite,
    name="softmax_cross_entropy",
    label="g·(p - y)/N",
)
