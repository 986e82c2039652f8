"""Smooth elementwise activations, each in a few passes over buffers that stay finite from -inf to inf.

In float32 NumPy's exp and tanh are vectorised, its log1p and expm1 are not and take ten times as long: these are
written here by means of the former, to the same accuracy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.ops.fused.activation import sigmoid
from autograd.ops.fused.buffers import in_buffers, limit_at_infinity, negative_part, positive_part

# log(1 + e) = s·p(s²) with s = e / (2 + e), the series of 2 artanh s economised on 0 <= e <= 1: relative error 4e-9
LOG1P = (0.2817834023677893, 0.2796060009007075, 0.40024910622080506, 0.6666631466929559, 2.0000000079216336)


def _decay(x: Any) -> Any:
    """exp(-|x|), which lies in [0, 1]."""
    e = np.abs(x)
    np.negative(e, out=e)
    return np.exp(e, out=e)


def _log1p(e: Any) -> Any:
    """log(1 + e) for e in [0, 1], exact to the last digits even where 1 + e is 1."""
    if e.dtype != np.float32:
        return np.log1p(e)
    s = e + 2
    np.divide(e, s, out=s)
    square = s * s
    p = square * LOG1P[0]
    for coefficient in LOG1P[1:-1]:
        p += coefficient
        p *= square
    p += LOG1P[-1]
    p *= s
    return p


def _expm1(x: Any) -> Any:
    """exp(x) - 1 for x <= 0, in place: as 2t / (1 - t) with t = tanh(x/2), without cancellation for t <= 0."""
    if x.dtype != np.float32:
        return np.expm1(x, out=x)
    x *= 0.5
    t = np.tanh(x, out=x)
    denominator = 1 - t
    t *= 2
    t /= denominator
    return t


# softplus and logsigmoid: with e = exp(-|z|) the logarithm is max(z, 0) + log(1 + e), its slope 1/(1 + e) or e/(1 + e)


@in_buffers
def _softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    z = x if beta == 1 else x * beta
    e = _decay(z)
    if np.maximum.reduce(z, axis=None, initial=-np.inf) > threshold:
        e[z > threshold] = 0  # from here on the line itself, with slope 1
    out = _log1p(e)
    out += positive_part(z)
    if beta != 1:
        out /= beta
    return out, e


def _slope(g: Any, e: Any, upper: Any) -> Any:
    """g / (1 + e) where `upper`, else g·e / (1 + e)."""
    slope = np.maximum(e, upper)  # e <= 1
    slope /= e + 1
    slope *= g
    return slope


softplus = define(
    _softplus,
    lambda g, out, x, beta=1.0, threshold=20.0: _slope(
        g, out.values, (x > 0 if beta > 0 else x < 0).astype(out.values.dtype)
    ),
    keeps="x",  # of which the sign is read; the composite starts from it
    saves=True,
    # beyond the threshold the line itself, slope 1 (at the threshold not yet): PyTorch's
    composite=lambda x, beta=1.0, threshold=20.0: np.where(x * beta > threshold, x, np.logaddexp(x * beta, 0) / beta),
    name="softplus",
    jvp="elementwise",
    label="g·σ(βx)",
)


@in_buffers
def _logsigmoid(x: Any) -> Any:
    e = _decay(x)
    out = negative_part(x)
    out -= _log1p(e)
    return out, e


logsigmoid = define(
    _logsigmoid,
    lambda g, out, x: _slope(g, out.values, (x < 0).astype(out.values.dtype)),
    keeps="x",
    saves=True,
    composite=lambda x: -np.logaddexp(-x, 0),
    name="logsigmoid",
    jvp="elementwise",
    label="g·σ(-x)",
)


# elu, celu, selu: scale·x above 0, scale·alpha·(exp(input_scale·x) - 1) up to it


@in_buffers
def _elu(x: Any, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Any:
    below = negative_part(x)
    if input_scale != 1:
        below *= input_scale
    out = _expm1(below)
    if alpha != 1:
        out *= alpha
    out += positive_part(x)
    if scale != 1:
        out *= scale
    return out


def _elu_vjp(g: Any, out: Any, x: Any, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Any:
    # below 0 the slope is input_scale·(out + scale·alpha). At 0 too, where it is scale·alpha·input_scale: as in PyTorch,
    # whose elu_backward takes the upper slope for x > 0 only
    slope = np.clip(out, -np.inf, 0) + scale * alpha
    if input_scale != 1:
        slope = slope * input_scale
    lower = scale * alpha * input_scale
    if lower != scale:
        slope = slope + np.multiply(out > 0, scale - lower, dtype=out.dtype)
    return g * slope


elu = define(_elu, _elu_vjp, keeps="out", name="elu", jvp="elementwise", label="g, g·(out + α)")


# x times a gate that closes


@in_buffers
def _silu(x: Any) -> Any:
    gate = np.negative(x)
    np.exp(gate, out=gate)
    gate += 1
    np.divide(1, gate, out=gate)
    return limit_at_infinity(x * gate, x, positive_part), gate


def _silu_vjp(g: Any, out: Any, x: Any) -> Any:
    gate = out.values
    slope = 1 - gate  # σ + xσ(1 - σ)
    slope *= gate
    slope *= x
    slope += gate
    return np.multiply(limit_at_infinity(slope, x, lambda x: x > 0), g, out=slope)


def _silu_composite(x: Any) -> Any:
    inside = np.clip(x, -1e4, 1e4)  # beyond, the gate is 0 or 1, and an infinite x would make 0·∞ of it
    return np.where(x > 1e4, x, inside * sigmoid(inside))


silu = define(
    _silu,
    _silu_vjp,
    keeps="x",
    saves=True,
    composite=_silu_composite,
    name="silu",
    jvp="elementwise",
    label="g·(σ + xσ(1-σ))",
)

# mish: tanh(softplus x) = n / (n + 2) with e = exp(x) and n = e(e + 2). Beyond 30 the gate is 1, and so is the slope.


@in_buffers
def _mish(x: Any) -> Any:
    e = np.clip(x, -1e4, 30)
    np.exp(e, out=e)
    n = e + 2
    n *= e
    out = n + 2
    np.divide(n, out, out=out)
    out *= x
    return limit_at_infinity(out, x, positive_part), e


def _mish_vjp(g: Any, out: Any, x: Any) -> Any:
    e = out.values
    n = e + 2
    n *= e
    d = n + 2
    slope = e + 1  # (n + 4 x e (1 + e) / d) / d
    slope *= e
    slope *= np.clip(x, -1e4, 30)
    slope *= 4
    slope /= d
    slope += n
    slope /= d
    slope *= g
    return slope


def _mish_composite(x: Any) -> Any:
    inside = np.clip(x, -1e4, 1e4)
    return np.where(x > 1e4, x, inside * np.tanh(np.logaddexp(inside, 0)))


mish = define(
    _mish,
    _mish_vjp,
    keeps="x",
    saves=True,
    composite=_mish_composite,
    name="mish",
    jvp="elementwise",
    label="g·d(x·tanh(softplus x))/dx",
)


# Others


def _softsign(x: Any) -> Any:
    x = np.clip(x, -np.finfo(x.dtype).max, np.finfo(x.dtype).max)  # ∞ / ∞ is ±1
    return x / (np.abs(x) + 1)


softsign = define(
    lambda x: _softsign(x if x.dtype.kind == "f" else x.astype(np.float64)),
    lambda g, out, x: g / np.square(np.abs(x) + 1),
    keeps="x",
    name="softsign",
    jvp="elementwise",
    label="g/(1 + |x|)²",
)


@in_buffers
def _tanhshrink(x: Any) -> Any:
    t = np.tanh(x)
    return x - t, t


tanhshrink = define(
    _tanhshrink,
    lambda g, out, x: g * np.square(out.values),
    keeps="x",
    saves=True,
    composite=lambda x: x - np.tanh(x),
    name="tanhshrink",
    jvp="elementwise",
    label="g·tanh² x",
)


def _halves(x: Any, axis: int) -> tuple[Any, Any]:
    before: tuple[slice, ...] = (slice(None),) * (axis % x.ndim)
    half = x.shape[axis] // 2
    return x[(*before, slice(None, half))], x[(*before, slice(half, None))]


def _glu(x: Any, axis: int = -1) -> Any:
    a, b = _halves(x, axis)
    gate = sigmoid(b)
    return a * gate, gate


def _glu_vjp(g: Any, out: Any, x: Any, axis: int = -1) -> Any:
    gate = out.values
    made = np.empty(x.shape, x.dtype)
    by_a, by_b = _halves(made, axis)
    np.multiply(g, gate, out=by_a)
    np.subtract(1, gate, out=by_b)
    by_b *= by_a
    by_b *= _halves(x, axis)[0]
    return made


def _glu_composite(x: Any, axis: int = -1) -> Any:
    a, b = _halves(x, axis)
    return a * sigmoid(b)


glu = define(_glu, _glu_vjp, keeps="x", saves=True, composite=_glu_composite, name="glu", label="g·σ(b); g·a·σ(1-σ)")
