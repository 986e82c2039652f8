"""A recurrent layer over a whole sequence, as one operation: rnn_layer, lstm_layer, gru_layer.

The input's part of all gates is one matrix product before the loop over time, and each gradient of a weight one after it;
only the product with the state is left to the loop. Inside, an array is (T, gates · H, B): a gate of one step is then one piece
of memory, and NumPy goes through it in one run. What backpropagation through time multiplies with is made for all steps at
once, so that its own loop is a handful of calls a step.

Weights and gates are in PyTorch's order: i, f, g, o and r, z, n. `reverse` goes through time backwards.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.ops.fused.recurrent_cells import gru_step, lstm_step, rnn_step
from autograd.ops.fused.recurrent_layout import (
    Tape,
    affine,
    columns,
    on_demand,
    over_time,
    projected,
    results,
    room_for_states,
    sigmoid_of_negated,
    transposed,
    turned,
    weight_gradients,
)

# The plain recurrence


def _rnn_layer(
    x: Any,
    h0: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any = None,
    b_hh: Any = None,
    *,
    nonlinearity: str = "tanh",
    reverse: bool = False,
) -> Any:
    states = room_for_states(len(x), h0)
    parts = projected(x, w_ih, b_ih if b_hh is None else b_ih + b_hh, reverse)
    hidden = np.empty(parts.shape[1:], parts.dtype)
    for part, h, new in zip(parts, states, states[1:], strict=False):
        np.matmul(w_hh, h, out=hidden)
        part += hidden
        if nonlinearity == "tanh":
            np.tanh(part, out=new)
        else:
            np.maximum(part, 0, out=new)
    return results(states, reverse), Tape(states)


def _rnn_layer_loop(
    g: Any,
    kept: Any,
    x: Any,
    h0: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any = None,
    b_hh: Any = None,
    *,
    nonlinearity: str = "tanh",
    reverse: bool = False,
) -> Any:
    (states,) = kept
    h = states[1:]
    d = 1 - h * h if nonlinearity == "tanh" else np.greater(h, 0).astype(h.dtype)  # becomes the cotangent of the gates
    dh = transposed(g[1])
    for g_t, d_t in zip(turned(g[0], reverse)[::-1], d[::-1], strict=True):
        dh += g_t
        d_t *= dh
        np.matmul(w_hh.T, d_t, out=dh)
    dx, dw_ih, dw_hh, db, _ = weight_gradients(d, None, x, states, w_ih, reverse)
    return (dx, lambda: transposed(dh), dw_ih, dw_hh, db, db)


def _rnn_layer_composite(
    x: Any,
    h0: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any = None,
    b_hh: Any = None,
    *,
    nonlinearity: str = "tanh",
    reverse: bool = False,
) -> Any:
    def step(x_t: Any, h: Any) -> tuple[Any]:
        return (rnn_step(affine(x_t, w_ih, b_ih), affine(h, w_hh, b_hh), nonlinearity=nonlinearity),)

    return over_time(step, x, h0, reverse=reverse)


rnn_layer = define(
    _rnn_layer,
    *on_demand(_rnn_layer_loop, 6),
    keeps="in",
    saves=True,
    composite=_rnn_layer_composite,
    name="rnn_layer",
    label="backpropagation through time",
)


# Long short-term memory


def _for_loop(weight: Any) -> Any:
    """The rows of a weight or bias in the order i, f, o, g of the loop, and those of σ negated."""
    i, f, g, o = weight.reshape(4, -1, *weight.shape[1:])
    return np.concatenate([-i, -f, -o, g])


def _lstm_layer(
    x: Any,
    h0: Any,
    c0: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any = None,
    b_hh: Any = None,
    w_hr: Any = None,
    *,
    reverse: bool = False,
) -> Any:
    steps, size = len(x), c0.shape[1]
    states, cells = room_for_states(steps, h0), room_for_states(steps, c0)
    gates = projected(x, _for_loop(w_ih), None if b_ih is None else _for_loop(b_ih + b_hh), reverse)
    weight = _for_loop(w_hh)
    tanhs = np.empty((steps, *cells.shape[1:]), cells.dtype)  # tanh of the new cell
    outs = states[1:] if w_hr is None else np.empty_like(tanhs)  # σ(o) tanh(c), which a projection makes the state
    hidden, share = np.empty(gates.shape[1:], gates.dtype), np.empty(cells.shape[1:], cells.dtype)
    parts = gates.reshape(steps, 4, size, x.shape[1])
    with np.errstate(over="ignore"):
        for k in range(steps):
            a, c = gates[k], cells[k + 1]
            np.matmul(weight, states[k], out=hidden)
            a += hidden
            sigmoid_of_negated(a[: 3 * size])
            i, f, o, g = parts[k]
            np.tanh(g, out=g)
            np.multiply(f, cells[k], out=c)
            np.multiply(i, g, out=share)
            c += share
            np.multiply(np.tanh(c, out=tanhs[k]), o, out=outs[k])
            if w_hr is not None:
                np.matmul(w_hr, outs[k], out=states[k + 1])
    return (*results(states, reverse), transposed(cells[-1])), Tape(parts, states, cells, tanhs, outs)


def _lstm_layer_loop(
    g: Any, kept: Any, x: Any, h0: Any, c0: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None, w_hr: Any = None,
    *, reverse: bool = False,
) -> Any:  # fmt: skip
    parts, states, cells, tanhs, outs = kept
    i, f, o, n = parts.swapaxes(0, 1)
    steps = len(x)
    # The derivatives of i, f, g by dc and of o by dh. It becomes the cotangent of the gates.
    d = np.empty(parts.shape, parts.dtype)
    flat = d.reshape(steps, len(w_hh), d.shape[-1])
    for k, gate, factor in ((0, i, n), (1, f, cells[:-1]), (3, o, tanhs)):
        np.subtract(1, gate, out=d[:, k])
        d[:, k] *= gate
        d[:, k] *= factor
    np.multiply(n, n, out=d[:, 2])
    np.subtract(1, d[:, 2], out=d[:, 2])
    d[:, 2] *= i
    through = tanhs * tanhs  # the derivative of the output by the cell
    np.subtract(1, through, out=through)
    through *= o
    d_states = np.array(turned(g[0], reverse), order="C")
    dh, dc, share = transposed(g[1]), transposed(g[2]), np.empty(cells.shape[1:], cells.dtype)
    for k in reversed(range(steps)):
        d_k = d[k]
        dh += d_states[k]
        if w_hr is None:
            dm = dh
        else:
            d_states[k] = dh
            dm = np.matmul(w_hr.T, dh)
        np.multiply(dm, through[k], out=share)
        dc += share
        d_k[:3] *= dc
        d_k[3] *= dm
        dc *= f[k]
        np.matmul(w_hh.T, flat[k], out=dh)
    dx, dw_ih, dw_hh, db, _ = weight_gradients(flat, None, x, states, w_ih, reverse)
    return (
        dx, lambda: transposed(dh), lambda: transposed(dc), dw_ih, dw_hh, db, db,
        lambda: np.matmul(columns(d_states), columns(outs).T),
    )  # fmt: skip


def _lstm_layer_composite(
    x: Any,
    h0: Any,
    c0: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any = None,
    b_hh: Any = None,
    w_hr: Any = None,
    *,
    reverse: bool = False,
) -> Any:
    def step(x_t: Any, h: Any, c: Any) -> tuple[Any, Any]:
        h, c = lstm_step(affine(x_t, w_ih, b_ih), affine(h, w_hh, b_hh), c)
        return h if w_hr is None else affine(h, w_hr, None), c

    return over_time(step, x, h0, c0, reverse=reverse)


lstm_layer = define(
    _lstm_layer,
    *on_demand(_lstm_layer_loop, 8),
    keeps="in",
    saves=True,
    composite=_lstm_layer_composite,
    name="lstm_layer",
    label="backpropagation through time",
)


# The gated recurrent unit


def _gru_layer(
    x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None, *, reverse: bool = False
) -> Any:
    steps, size = len(x), h0.shape[1]
    states = room_for_states(steps, h0)
    sign = np.repeat(np.array([-1, -1, 1], w_ih.dtype), size)  # r and z are σ
    bias = None
    if b_ih is not None:
        bias = b_ih * sign
        bias[: 2 * size] -= b_hh[: 2 * size]
    parts = projected(x, w_ih * sign[:, None], bias, reverse)
    weight = w_hh * sign[:, None]
    of_state = np.empty((steps, size, parts.shape[-1]), parts.dtype)  # W_hn h + b_hn, which r is multiplied with
    hidden, share = np.empty(parts.shape[1:], parts.dtype), np.empty(states.shape[1:], parts.dtype)
    with np.errstate(over="ignore"):
        for k in range(steps):
            a, h, new = parts[k], states[k], states[k + 1]
            rz, n = a[: 2 * size], a[2 * size :]
            np.matmul(weight, h, out=hidden)
            rz += hidden[: 2 * size]
            sigmoid_of_negated(rz)
            if b_hh is None:
                of_state[k] = hidden[2 * size :]
            else:
                np.add(hidden[2 * size :], b_hh[2 * size :, None], out=of_state[k])
            np.multiply(of_state[k], rz[:size], out=share)
            n += share
            np.tanh(n, out=n)
            np.subtract(h, n, out=new)
            new *= rz[size:]
            new += n
    return results(states, reverse), Tape(parts.reshape(steps, 3, *of_state.shape[1:]), of_state, states)


def _gru_layer_loop(
    g: Any,
    kept: Any,
    x: Any,
    h0: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any = None,
    b_hh: Any = None,
    *,
    reverse: bool = False,
) -> Any:
    parts, of_state, states = kept
    r, z, n = parts.swapaxes(0, 1)
    steps, _, size, batch = parts.shape
    # The derivatives by dh of n as the input gives it, of r, of z, and of n as the state gives it: the input's gates are the
    # first three, the state's the last three. It becomes their cotangent.
    d = np.empty((steps, 4, size, batch), parts.dtype)
    dn, dr, dz, dn_of_state = d.swapaxes(0, 1)
    flat = d.reshape(steps, 4 * size, batch)
    of_input, of_hidden = flat[:, : 3 * size], flat[:, size:]  # n, r, z and r, z, n
    keep = 1 - z
    np.multiply(n, n, out=dn)
    np.subtract(1, dn, out=dn)
    dn *= keep
    np.multiply(dn, r, out=dn_of_state)
    np.subtract(1, r, out=dr)
    dr *= dn_of_state
    dr *= of_state
    np.subtract(states[:-1], n, out=dz)
    dz *= z
    dz *= keep
    d_states = np.array(turned(g[0], reverse), order="C")
    dh, share = transposed(g[1]), np.empty(states.shape[1:], parts.dtype)
    for k in reversed(range(steps)):
        dh += d_states[k]
        d_k = d[k]
        d_k *= dh
        dh *= z[k]
        np.matmul(w_hh.T, of_hidden[k], out=share)
        dh += share
    dx, dw_ih, dw_hh, db_ih, db_hh = weight_gradients(
        of_input, of_hidden, x, states, np.roll(w_ih, size, axis=0), reverse
    )
    return (
        dx,
        lambda: transposed(dh),
        lambda: np.roll(dw_ih(), -size, axis=0),
        dw_hh,
        lambda: np.roll(db_ih(), -size),
        db_hh,
    )


def _gru_layer_composite(
    x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None, *, reverse: bool = False
) -> Any:
    def step(x_t: Any, h: Any) -> tuple[Any]:
        return (gru_step(affine(x_t, w_ih, b_ih), affine(h, w_hh, b_hh), h),)

    return over_time(step, x, h0, reverse=reverse)


gru_layer = define(
    _gru_layer,
    *on_demand(_gru_layer_loop, 6),
    keeps="in",
    saves=True,
    composite=_gru_layer_composite,
    name="gru_layer",
    label="backpropagation through time",
)
