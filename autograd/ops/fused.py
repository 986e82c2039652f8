"""Operations written as one for speed or stability. Each carries its composite: the same in ordinary NumPy.

The composite is the documentation, the oracle of the tests, and what is differentiated when a graph of the
gradient is asked for; the fused VJP may therefore use buffers and in-place NumPy freely.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.primitive import define
from autograd.shapes import keep_dims

# linear: y = x Wᵀ + b, with x (*, in), W (out, in), b (out,) -> (*, out)


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    out = np.matmul(x, weight.T)
    if bias is not None:
        out += bias
    return out


def _linear_composite(x: Any, weight: Any, bias: Any = None) -> Any:
    out = np.matmul(x, np.transpose(weight))
    return out if bias is None else out + bias


def _linear_weight(g: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    if g.ndim != 2:
        g, x = g.reshape(-1, g.shape[-1]), x.reshape(-1, x.shape[-1])
    return np.matmul(g.T, x)


def _linear_bias(g: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    return np.add.reduce(g if g.ndim == 2 else g.reshape(-1, g.shape[-1]))


linear = define(
    _linear,
    lambda g, out, x, weight, bias=None: np.matmul(g, weight),
    _linear_weight,
    _linear_bias,
    keeps=("weight", "x", ""),
    composite=_linear_composite,
    name="linear",
    label="g·W, gᵀ·x, Σg",
)


# Activations

relu = define(
    lambda x: np.maximum(x, 0),
    lambda g, out, x: g * (out > 0),  # relu'(0) = 0: Bertoin et al. 2021, arXiv:2106.12915
    keeps="out",
    name="relu",
    label="g·[x > 0]",
)


def _sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)) in one buffer: where exp overflows the quotient is 0, below the smallest normal number."""
    if x.dtype == np.float16:  # whose exp overflows long before the result is small
        return _sigmoid(x.astype(np.float32)).astype(np.float16)
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    if x.ndim == 0:
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-x))
    out = np.negative(x)
    with np.errstate(over="ignore"):
        np.exp(out, out=out)
    out += 1
    return np.divide(1, out, out=out)


sigmoid = define(
    _sigmoid,
    lambda g, out, x: g * (out * (1 - out)),
    keeps="out",
    guard=True,
    name="sigmoid",
    label="g·σ(1-σ)",
)


# softmax and its logarithm over one axis


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


# softmax_cross_entropy: -log softmax(logits)[target], with logits (N, C) and target (N,) of class numbers


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
