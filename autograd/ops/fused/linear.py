"""linear: y = x Wᵀ + b, with x (*, in), W (out, in), b (out,) -> (*, out).

np.dot of two matrices goes to BLAS by a shorter way than np.matmul; more axes are folded into the first, so that
one large product is computed and not many small ones.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.definition import Batch
from autograd.engine.primitive import Primitive
from autograd.engine.recording import is_tensor
from autograd.engine.registry import define
from autograd.ops.fused.sums import column_sums


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    out = np.dot(x if x.ndim == 2 else x.reshape(-1, x.shape[-1]), weight.T)
    if bias is not None:
        out += bias
    return out if x.ndim == 2 else out.reshape(*x.shape[:-1], out.shape[1])


def _linear_composite(x: Any, weight: Any, bias: Any = None) -> Any:
    out = np.matmul(x, np.transpose(weight))
    return out if bias is None else out + bias


def _linear_x(g: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    return np.dot(g, weight) if g.ndim == 2 else np.dot(g.reshape(-1, g.shape[-1]), weight).reshape(x.shape)


def _linear_weight(g: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    if g.ndim != 2:
        g, x = g.reshape(-1, g.shape[-1]), x.reshape(-1, x.shape[-1])
    return np.dot(g.T, x)


def _linear_bias(g: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    rows = g if g.ndim == 2 else g.reshape(-1, g.shape[-1])
    return np.sum(rows, axis=0) if is_tensor(g) else column_sums(rows)


# Forwards: t Wᵀ and x tᵀ


def _tangent_of_x(t: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    return _linear(t, weight)


def _tangent_of_weight(t: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    return _linear(x, t)


# For a batch: g (K, *, out), tangents (K, …)


def _rows(a: Any, k: int) -> Any:
    """(K, *, n) -> (K, N, n)."""
    return np.reshape(a, (k, -1, a.shape[-1])) if a.size else np.reshape(a, (k, math.prod(a.shape[1:-1]), a.shape[-1]))


def _stacked_x(g: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    return np.reshape(np.dot(np.reshape(g, (-1, g.shape[-1])), weight), (*g.shape[:-1], weight.shape[1]))


def _stacked_weight(g: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    return np.matmul(_rows(g, g.shape[0]).mT, np.reshape(x, (-1, x.shape[-1])))  # (K, out, N) @ (N, in)


def _stacked_bias(g: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    return np.sum(_rows(g, g.shape[0]), axis=1)


def _tangents_of_weight(t: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    product = np.matmul(np.reshape(x, (-1, x.shape[-1])), t.mT)  # (N, in) @ (K, in, out)
    return np.reshape(product, (t.shape[0], *out.shape))


def _tangents_of_bias(t: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    return np.reshape(t, (t.shape[0], *[1] * (out.ndim - 1), t.shape[1]))


linear: Primitive = define(
    _linear,
    _linear_x,
    _linear_weight,
    _linear_bias,
    keeps=("weight", "x", ""),
    composite=_linear_composite,
    plain=True,
    name="linear",
    jvp=(_tangent_of_x, _tangent_of_weight, lambda t, out, x, weight, bias=None: t),
    batch=Batch((_stacked_x, _stacked_weight, _stacked_bias), (_tangent_of_x, _tangents_of_weight, _tangents_of_bias)),
    label="g·W, gᵀ·x, Σg",
)
