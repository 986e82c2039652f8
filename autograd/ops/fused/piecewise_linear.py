"""Activations made of straight pieces. At a kink each takes the slope that PyTorch takes there, named beside the rule.

The rules are products of g and a plain array of slopes, which holds in every order of derivative. Selection is done
by products and by clip: np.where branches at every element, and costs ten times as much for signs of no pattern.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.ops.fused.buffers import negative_part, positive_part


def _step(x: Any) -> Any:
    out = np.greater_equal(x, 0).astype(x.dtype)
    unknown = np.isnan(x)
    return np.where(unknown, x, out)[()] if unknown.any() else out


step = define(
    _step,
    # 0 wherever there is a derivative, and at the jump too, as PyTorch has it for torch.sign. It is recorded, so that
    # the layers below a step show a gradient of zeros rather than none
    lambda g, out, x: np.zeros(x.shape, x.dtype),
    keeps="",
    name="step",
    jvp="elementwise",
    label="0",
)


def _leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    if negative_slope == 0:
        return positive_part(x)  # 0 · -inf is no number
    return np.maximum(x, x * negative_slope) if negative_slope <= 1 else np.minimum(x, x * negative_slope)


def _leaky_slopes(x: Any, negative_slope: float, dtype: Any) -> Any:
    """1 where x > 0, else the negative slope."""
    slopes = (x > 0).astype(dtype)
    if 0 <= negative_slope <= 1:
        return np.clip(slopes, negative_slope, 1)
    return slopes + (slopes == 0) * dtype.type(negative_slope)


leaky_relu = define(
    _leaky_relu,
    # at 0 the negative slope: PyTorch's leaky_relu_backward takes 1 for x > 0 only
    lambda g, out, x, negative_slope=0.01: g * _leaky_slopes(x, negative_slope, x.dtype),
    keeps="x",
    name="leaky_relu",
    jvp="elementwise",
    label="g·[x > 0], g·slope",
)


def _prelu_x(g: Any, out: Any, x: Any, weight: Any) -> Any:
    positive = x > 0
    slopes = weight * ~positive
    slopes += positive
    slopes *= g
    return slopes


def _prelu_weight(g: Any, out: Any, x: Any, weight: Any) -> Any:
    return g * negative_part(x)


def _prelu(x: Any, weight: Any) -> Any:
    out = negative_part(x) * weight
    out += positive_part(x)
    return out


prelu = define(
    _prelu,
    _prelu_x,
    _prelu_weight,
    # at 0 the weight, as PyTorch's: the branch of x <= 0 is weight·x
    keeps=("x weight", "x weight"),
    composite=lambda x, weight: np.where(x > 0, x, weight * x),
    name="prelu",
    jvp="elementwise",
    label="g·[x > 0], g·w; g·min(x, 0)",
)

hardtanh = define(
    lambda x, min_val=-1.0, max_val=1.0: np.clip(x, min_val, max_val),
    # at both bounds 0: PyTorch's hardtanh_backward takes 1 strictly between them (its clamp, like np.clip, takes 1)
    lambda g, out, x, min_val=-1.0, max_val=1.0: g * ((out > min_val) & (out < max_val)),
    keeps="out",
    name="hardtanh",
    jvp="elementwise",
    label="g·[min < x < max]",
)


def _hardsigmoid(x: Any) -> Any:
    return np.clip(x / 6 + 0.5, 0, 1)


hardsigmoid = define(
    _hardsigmoid,
    lambda g, out, x: g / 6 * (np.abs(x) < 3),  # at ±3 0: hardsigmoid_backward in PyTorch, 1/6 strictly inside
    keeps="x",
    name="hardsigmoid",
    jvp="elementwise",
    label="g/6·[|x| < 3]",
)


def _threshold(x: Any, threshold: float, value: float) -> Any:
    out = np.clip(x, threshold, np.inf) * (x > threshold)  # clip keeps 0·∞ out of the product
    return out if value == 0 else out + (x <= threshold) * x.dtype.type(value)


threshold = define(
    _threshold,
    # at the threshold 0: PyTorch lets x through where x > threshold
    lambda g, out, x, threshold, value: g * (x > threshold),
    keeps="x",
    name="threshold",
    jvp="elementwise",
    label="g·[x > threshold]",
)

softshrink = define(
    lambda x, lambd=0.5: x - np.clip(x, -lambd, lambd),
    lambda g, out, x, lambd=0.5: g * (out != 0),  # at ±lambd 0, as PyTorch's
    keeps="out",
    name="softshrink",
    jvp="elementwise",
    label="g·[|x| > λ]",
)

hardshrink = define(
    lambda x, lambd=0.5: x * (np.abs(x) > lambd),  # NumPy's inf · True is inf
    lambda g, out, x, lambd=0.5: g * (out != 0),  # at ±lambd 0, as PyTorch's
    keeps="out",
    name="hardshrink",
    jvp="elementwise",
    label="g·[|x| > λ]",
)


def _hardswish(x: Any) -> Any:
    gate = np.clip(x, -3, 3)
    gate += 3
    gate /= 6
    gate *= np.clip(x, -3, np.inf)  # -3 · 0 where x is -inf
    return gate


def _hardswish_vjp(g: Any, out: Any, x: Any) -> Any:
    # x/3 + 1/2 strictly inside; at -3 0 and at 3 1, as PyTorch's hardswish_backward: the whole part of t is 0, -1 and 1
    t = np.clip(x, -3, 3) / 3
    return g * (t - 0.5 * np.trunc(t) + 0.5)


hardswish = define(
    _hardswish, _hardswish_vjp, keeps="x", name="hardswish", jvp="elementwise", label="g·(x/3 + ½) inside, 0, g"
)


def _maxout(x: Any, k: int, axis: int = -1) -> Any:
    first, *others = _groups(x, k, axis)
    out = first if others else first.copy()
    for piece in others:
        out = np.maximum(out, piece)
    return out


def _groups(x: Any, k: int, axis: int) -> list[Any]:
    """The k views of every k-th element along the axis: element i of each group of neighbours."""
    before: tuple[slice, ...] = (slice(None),) * (axis % x.ndim)
    return [x[(*before, slice(i, None, k))] for i in range(k)]


def _maxout_vjp(g: Any, out: Any, x: Any, k: int, axis: int = -1) -> Any:
    winners = [np.equal(piece, out) for piece in _groups(x, k, axis)]
    count = winners[0].astype(np.int8 if k < 128 else np.int32)
    for winner in winners[1:]:
        count += winner
    share = g / np.maximum(count, 1).astype(x.dtype) if np.max(count, initial=0) > 1 else g
    shares = np.empty(x.shape, x.dtype)
    for place, winner in zip(_groups(shares, k, axis), winners, strict=True):
        np.multiply(share, winner, out=place)
    return shares


def _maxout_composite(x: Any, k: int, axis: int = -1) -> Any:
    axis = axis % x.ndim
    return np.max(
        np.reshape(x, (*x.shape[:axis], x.shape[axis] // k, k, *x.shape[axis + 1 :])), axis=axis + 1
    )  # (…, k·m) -> (…, m, k)


maxout = define(
    _maxout,
    _maxout_vjp,
    keeps="x out",  # ties share the cotangent equally, as those of np.max do
    composite=_maxout_composite,
    name="maxout",
    label="g at the largest",
)
