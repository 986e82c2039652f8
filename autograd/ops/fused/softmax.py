"""softmax and its logarithm over an axis, and the logarithm of a sum of exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.primitive import define
from autograd.shapes import keep_dims


def _shifted(x: Any, axis: Any) -> tuple[Any, Any]:
    """(x - max x, max x); a row of nothing but -inf is left where it is, so that it gives exp -> 0 and not nan."""
    top = np.maximum.reduce(x, axis=axis, keepdims=True)
    if not np.isfinite(top).all():
        top = np.where(np.isfinite(top), top, np.zeros((), x.dtype))
    return x - top, top


def _softmax(x: Any, axis: int = -1) -> Any:
    out = np.exp(_shifted(x, axis)[0])
    return out / np.add.reduce(out, axis=axis, keepdims=True)


softmax = define(
    _softmax,
    lambda g, out, x, axis=-1: out * (g - np.sum(g * out, axis=axis, keepdims=True)),
    keeps="out",
    name="softmax",
    label="p·(g - Σg·p)",
)


def _log_softmax(x: Any, axis: int = -1) -> Any:
    shifted, _ = _shifted(x, axis)
    return shifted - np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True))


log_softmax = define(
    _log_softmax,
    lambda g, out, x, axis=-1: g - np.exp(out) * np.sum(g, axis=axis, keepdims=True),
    keeps="out",
    name="log_softmax",
    label="g - p·Σg",
)


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    shifted, top = _shifted(x, axis)
    with np.errstate(divide="ignore"):  # log 0 = -inf: the value for a row of nothing but -inf
        out = np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True)) + top
    return out if keepdims else np.squeeze(out, axis=axis)[()]


def _logsumexp_vjp(g: Any, out: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    top = keep_dims(out, x.shape, axis, keepdims)
    share = np.exp(x - np.where(np.isfinite(top), top, 0))
    share = np.where(top == np.inf, x == np.inf, share)  # the infinite elements take it all; of only -inf none takes any
    total = np.sum(share, axis=axis, keepdims=True)  # 1 but for the digits that x - out lost
    return keep_dims(g, x.shape, axis, keepdims) * (share / np.where(total == 0, 1, total))


logsumexp = define(_logsumexp, _logsumexp_vjp, name="logsumexp", label="g·softmax x")
