"""linear: y = x Wᵀ + b, with x (*, in), W (out, in), b (out,) -> (*, out)."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.primitive import define


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
