"""One step of a recurrent cell, from the two affine maps on: gates, and the new state.

    a = W_ih x + b_ih        b = W_hh h + b_hh        (two linear operations)

    rnn_step    h' = tanh(a + b), or relu(a + b)
    lstm_step   i, f, g, o = a + b                    c' = σ(f) c + σ(i) tanh(g)          h' = σ(o) tanh(c')
    gru_step    r, z = σ(a + b), of the first two     n = tanh(a_n + r b_n)               h' = (1 - z) n + z h

Gates stand one after the other along the last axis, in PyTorch's order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from nn.layers.activation.relu import relu_op
from nn.layers.activation.sigmoid_tanh import sigmoid_op


def sigmoid_in_place(x: Any) -> None:
    """x becomes 1 / (1 + exp(-x)); where exp overflows (the caller has silenced that) the quotient is 0."""
    np.negative(x, out=x)
    np.exp(x, out=x)
    x += 1
    np.divide(1, x, out=x)


def gates(x: Any, count: int) -> tuple[Any, ...]:
    """The equal parts of the last axis, as views."""
    size = x.shape[-1] // count
    return tuple([x[..., k * size : (k + 1) * size] for k in range(count)])


# The plain cell


def _rnn_step(a: Any, b: Any, nonlinearity: str = "tanh") -> Any:
    out = a + b
    return np.tanh(out, out=out) if nonlinearity == "tanh" else np.maximum(out, 0, out=out)


def _rnn_step_vjp(g: Any, out: Any, a: Any, b: Any, nonlinearity: str = "tanh") -> Any:
    return g * (1 - out * out) if nonlinearity == "tanh" else g * (out > 0)


def _rnn_step_composite(a: Any, b: Any, nonlinearity: str = "tanh") -> Any:
    return np.tanh(a + b) if nonlinearity == "tanh" else relu_op(a + b)


rnn_step = define(
    _rnn_step,
    _rnn_step_vjp,
    _rnn_step_vjp,
    keeps="in out",
    composite=_rnn_step_composite,
    name="rnn_step",
    jvp="elementwise",
    label="g·(1 - h²)",
)


# Long short-term memory


def _lstm_step(a: Any, b: Any, c: Any) -> tuple[Any, Any]:
    z = a + b
    i, f, g, o = gates(z, 4)
    with np.errstate(over="ignore"):
        sigmoid_in_place(z[..., : 2 * c.shape[-1]])
        sigmoid_in_place(o)
    np.tanh(g, out=g)
    new = f * c
    new += i * g
    t = np.tanh(new)
    return (o * t, new), (z, t)


def _lstm_step_joint(g: Any, out: Any, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
    z, t = out.values
    i, f, n, o = gates(z, 4)
    dh, dc = g
    dc = dc + dh * o * (1 - t * t)
    dz = 1 - z  # σ' = σ (1 - σ), tanh' = 1 - tanh²
    dz *= z
    di, df, dn, do = gates(dz, 4)
    np.subtract(1, n * n, out=dn)
    di *= n
    df *= c
    dn *= i
    do *= t
    for d in (di, df, dn):
        d *= dc
    do *= dh
    dc *= f
    return dz, dz, dc


def _lstm_step_composite(a: Any, b: Any, c: Any) -> tuple[Any, Any]:
    i, f, g, o = gates(a + b, 4)
    new = sigmoid_op(f) * c + sigmoid_op(i) * np.tanh(g)
    return sigmoid_op(o) * np.tanh(new), new


lstm_step = define(
    _lstm_step,
    joint=_lstm_step_joint,
    keeps="in",
    saves=True,
    composite=_lstm_step_composite,
    name="lstm_step",
    label="∂(h, c)/∂(gates, c)",
)


# The gated recurrent unit


def _gru_step(a: Any, b: Any, h: Any) -> tuple[Any, Any]:
    size = h.shape[-1]
    rz = a[..., : 2 * size] + b[..., : 2 * size]
    with np.errstate(over="ignore"):
        sigmoid_in_place(rz)
    r, z = gates(rz, 2)
    n = r * b[..., 2 * size :]
    n += a[..., 2 * size :]
    np.tanh(n, out=n)
    new = h - n
    new *= z
    new += n
    return new, (r, z, n)


def _gru_step_joint(g: Any, out: Any, a: Any, b: Any, h: Any) -> tuple[Any, Any, Any]:
    r, z, n = out.values
    size = h.shape[-1]
    da, db = np.empty(a.shape, a.dtype), np.empty(b.shape, b.dtype)
    dr, dz, dn = gates(da, 3)
    np.multiply(g, 1 - z, out=dn)
    dn *= 1 - n * n
    np.multiply(dn, b[..., 2 * size :], out=dr)
    dr *= r * (1 - r)
    np.multiply(g, h - n, out=dz)
    dz *= z * (1 - z)
    db[..., : 2 * size] = da[..., : 2 * size]
    np.multiply(dn, r, out=db[..., 2 * size :])
    return da, db, g * z


def _gru_step_composite(a: Any, b: Any, h: Any) -> Any:
    a_r, a_z, a_n = gates(a, 3)
    b_r, b_z, b_n = gates(b, 3)
    z = sigmoid_op(a_z + b_z)
    n = np.tanh(a_n + sigmoid_op(a_r + b_r) * b_n)
    return (1 - z) * n + z * h


gru_step = define(
    _gru_step,
    joint=_gru_step_joint,
    keeps="in",
    saves=True,
    composite=_gru_step_composite,
    name="gru_step",
    label="∂h'/∂(gates, h)",
)
