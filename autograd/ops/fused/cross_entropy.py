"""-log softmax(logits)[target], with logits (N, C) and target (N,) of class numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.recording import is_tensor
from autograd.engine.registry import define
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn.layers.activation.softmax import log_softmax_op, softmax_op


def _check_target(logits: Any, target: Any) -> Any:
    if logits.ndim != 2:
        raise ShapeError(f"cross-entropy expects logits of shape (N, C); got {logits.shape}.")
    target = np.asarray(target)
    if target.dtype.kind not in "iu":
        raise DTypeError(
            f"cross-entropy expects integer class numbers as target; got dtype {target.dtype}. Use target.astype(int)."
        )
    if target.shape != logits.shape[:1]:
        raise ShapeError(
            f"cross-entropy expects a target of shape {logits.shape[:1]}, a class number a row of logits; got {target.shape}."
        )
    return np.ascontiguousarray(target, np.intp)


def _softmax_cross_entropy(logits: Any, target: Any, reduction: str = "mean") -> Any:
    target = _check_target(logits, target)
    n, classes = logits.shape
    if n and np.maximum.reduce(target.view(np.uintp)) >= classes:  # a negative number is a large one there
        raise ArgumentError(f"class numbers must lie in 0 … {classes - 1}; got {target.min()} … {target.max()}.")
    chosen = np.arange(0, n * classes, classes)
    chosen += target
    p: Any = np.subtract(logits, np.maximum.reduce(logits, axis=1, keepdims=True), order="C")
    flat = p.reshape(-1)
    at_target = flat[chosen]
    np.exp(p, p)
    total = np.add.reduce(p, 1)
    p /= total[:, None]
    flat[chosen] -= 1  # p - y, exactly: the gradient but for its scale
    loss = np.log(total, total)
    loss -= at_target
    if reduction == "none":
        return loss, p
    if reduction == "sum":
        return np.add.reduce(loss), p
    if reduction != "mean":
        raise ArgumentError(f"reduction must be 'none', 'mean' or 'sum'; got {reduction!r}.")
    return np.add.reduce(loss) / logits.dtype.type(n), p


def _softmax_cross_entropy_vjp(g: Any, out: Any, logits: Any, target: Any, reduction: str = "mean") -> Any:
    # p - y
    difference = softmax_op(logits, axis=1) - _one_hot(target, *logits.shape) if is_tensor(logits) else out.values
    if reduction == "none":
        return difference * g[:, None]
    return difference * (g / difference.dtype.type(len(difference))) if reduction == "mean" else difference * g


def _one_hot(target: Any, n: int, classes: int) -> Any:
    y = np.zeros((n, classes), bool)
    y[np.arange(n), target] = True
    return y


def _softmax_cross_entropy_composite(logits: Any, target: Any, reduction: str = "mean") -> Any:
    loss = -log_softmax_op(logits, axis=1)[np.arange(logits.shape[0]), target]
    return loss if reduction == "none" else np.sum(loss) if reduction == "sum" else np.mean(loss)


softmax_cross_entropy = define(
    _softmax_cross_entropy,
    _softmax_cross_entropy_vjp,
    keeps="logits target",  # the rule reads what is saved; for a graph of the gradient it starts from the logits
    saves=True,
    composite=_softmax_cross_entropy_composite,
    plain=True,
    name="softmax_cross_entropy",
    label="g·(p - y)/N",
)
