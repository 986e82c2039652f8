"""Distances of a prediction from its target: squared, and squared near zero and linear beyond."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define


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


squared_error = define(
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


huber = define(
    _huber,
    lambda g, out, d, delta=1.0: g * np.clip(d, -delta, delta),
    keeps="d",
    guard=True,
    name="huber",
    jvp="elementwise",
    label="g·clip(d, ±δ)",
)
