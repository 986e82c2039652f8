"""Long short-term memory: one step (LSTMCell) and a whole sequence as one operation (LSTM).

i, f, g, o = W_ih x + b_ih + W_hh h + b_hh        c' = σ(f) c + σ(i) tanh(g)        h' = σ(o) tanh(c')
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.errors import ArgumentError
from nn.init import Rng
from nn.layers.activation.sigmoid_tanh import sigmoid_op
from nn.layers.linear import linear
from nn.layers.recurrent.cell_base import RNNCellBase, affine_parts
from nn.layers.recurrent.layer_base import LayerStack, RNNBase
from nn.layers.recurrent.layout import (
    Tape,
    allocate_states,
    columns,
    gradients_through_time,
    output_and_last,
    over_time,
    project_inputs,
    sigmoid_in_place,
    sigmoid_of_negated,
    split_gates,
    swap_layout,
    transposed_copy,
    vjps_of_loop,
    weight_gradients,
)


# One step, from a = W_ih x + b_ih and b = W_hh h + b_hh
def _lstm_step(a: Any, b: Any, c: Any) -> tuple[Any, Any]:
    z = a + b
    i, f, g, o = split_gates(z, 4)
    with np.errstate(over="ignore"):
        sigmoid_in_place(z[..., : 2 * c.shape[-1]])
        sigmoid_in_place(o)
    np.tanh(g, out=g)
    new = f * c
    new += i * g
    t = np.tanh(new)
    return (o * t, new), (z, t)


def _lstm_step_joint(g: Any, out: Any, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
    z, t = out.values  # the gate g is called n here, because g is the cotangent
    i, f, n, o = split_gates(z, 4)
    dh, dc = g
    dc = dc + dh * o * (1 - t * t)
    dz = 1 - z  # σ' = σ (1 - σ), tanh' = 1 - tanh²
    dz *= z
    di, df, dn, do = split_gates(dz, 4)
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
    i, f, g, o = np.split(a + b, 4, axis=-1)
    new = sigmoid_op(f) * c + sigmoid_op(i) * np.tanh(g)
    return sigmoid_op(o) * np.tanh(new), new


lstm_step_op = define(
    _lstm_step,
    joint=_lstm_step_joint,
    keeps="in",
    saves=True,
    composite=_lstm_step_composite,
    complex=True,
    name="lstm_step",
    results="h c",
    steps=True,
    label="∂(h, c)/∂(gates, c)",
)


def _pair_of_states(who: str, hx: Any) -> list[Any]:
    """[h, c], from the pair or from None."""
    if hx is None:
        return [None, None]
    if not isinstance(hx, (tuple, list)) or len(hx) != 2:
        what = f"{len(hx)} of them" if isinstance(hx, (tuple, list)) else f"one {type(hx).__name__}"
        raise ArgumentError(f"{who} takes its state as a pair (h, c) of hidden state and cell; got {what}.")
    return list(hx)


def lstm_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> tuple[Any, Any]:
    """The next (h', c') from hx = (h, c), or from zeros if hx is None; see `nn.LSTMCell`.

    Shape:     input (B, input_size), h and c (B, H), w_ih (4H, input_size), w_hh (4H, H), biases (4H,)
               -> (B, H), (B, H)
    """
    a, b, (_, c) = affine_parts("LSTMCell", input, _pair_of_states("LSTMCell", hx), w_ih, w_hh, b_ih, b_hh, 4)
    h, c = lstm_step_op(a, b, c)
    return h, c


class LSTMCell(RNNCellBase):
    """One step of long short-term memory.

        i, f, g, o = W_ih x + b_ih + W_hh h + b_hh          c' = σ(f) c + σ(i) tanh(g)          h' = σ(o) tanh(c')

    Shape:     input (B, input_size), h and c (B, hidden_size) -> h', c', both (B, hidden_size); also without B
               weight_ih (4 · hidden_size, input_size), weight_hh (4 · hidden_size, hidden_size),
               biases (4 · hidden_size,)
    Args:      bias: whether there are b_ih and b_hh.
               dtype: of the parameters, and so of the computation (default float32).
               rng: source of the initial values: all uniform in ±1/√hidden_size, as in PyTorch.
    Call:      cell(x, (h, c)), or cell(x) from a state of zeros.
    Raises:    ShapeError if x, h or c do not fit; ArgumentError if the state is no pair.
    Source:    Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000; without peepholes.
    Example:
        >>> import numpy as np, nn
        >>> cell = nn.LSTMCell(3, 4)
        >>> h, c = cell(np.ones((2, 3)))
        >>> h, c = cell(np.ones((2, 3)), (h, c))
        >>> h.shape, c.shape
        ((2, 4), (2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, dtype, rng)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        return lstm_cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)


# A whole sequence
def _loop_order(weight: Any) -> Any:
    """The rows of a weight or bias in the order i, f, o, g, with those of the sigmoids i, f and o negated."""
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
    states, cells = allocate_states(steps, h0), allocate_states(steps, c0)
    gates = project_inputs(x, _loop_order(w_ih), None if b_ih is None else _loop_order(b_ih + b_hh), reverse)
    weight = _loop_order(w_hh)
    tanhs = np.empty((steps, *cells.shape[1:]), cells.dtype)  # tanh of the new cell
    outs = states[1:] if w_hr is None else np.empty_like(tanhs)  # σ(o) tanh(c), before any projection
    hidden, product = np.empty(gates.shape[1:], gates.dtype), np.empty(cells.shape[1:], cells.dtype)
    by_gate = gates.reshape(steps, 4, size, x.shape[1])
    with np.errstate(over="ignore"):
        for k in range(steps):
            a, c = gates[k], cells[k + 1]
            np.matmul(weight, states[k], out=hidden)
            a += hidden
            sigmoid_of_negated(a[: 3 * size])
            i, f, o, g = by_gate[k]
            np.tanh(g, out=g)
            np.multiply(f, cells[k], out=c)
            np.multiply(i, g, out=product)
            c += product
            np.multiply(np.tanh(c, out=tanhs[k]), o, out=outs[k])
            if w_hr is not None:
                np.matmul(w_hr, outs[k], out=states[k + 1])
    return (*output_and_last(states, reverse), transposed_copy(cells[-1])), Tape(by_gate, states, cells, tanhs, outs)


def _lstm_layer_loop(
    g: Any,
    kept: Any,
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
    gates, states, cells, tanhs, outs = kept
    i, f, o, n = gates.swapaxes(0, 1)  # n is the gate g, as in _lstm_step_joint
    steps = len(x)
    # The derivatives of c' by the gates i, f, g before their nonlinearities, and of h' by o before its sigmoid. The
    # loop multiplies them by the cotangents of c' and h', which makes them the cotangent of the gates.
    d = np.empty(gates.shape, gates.dtype)
    flat = d.reshape(steps, len(w_hh), d.shape[-1])
    for k, gate, factor in ((0, i, n), (1, f, cells[:-1]), (3, o, tanhs)):
        np.subtract(1, gate, out=d[:, k])
        d[:, k] *= gate
        d[:, k] *= factor
    np.multiply(n, n, out=d[:, 2])
    np.subtract(1, d[:, 2], out=d[:, 2])
    d[:, 2] *= i
    dh_dc = tanhs * tanhs  # becomes the derivative of h' by c'
    np.subtract(1, dh_dc, out=dh_dc)
    dh_dc *= o
    d_states = np.array(swap_layout(g[0], reverse), order="C")
    dh, dc, product = transposed_copy(g[1]), transposed_copy(g[2]), np.empty(cells.shape[1:], cells.dtype)
    for k in reversed(range(steps)):
        d_k = d[k]
        dh += d_states[k]
        if w_hr is None:
            d_out = dh
        else:
            d_states[k] = dh
            d_out = np.matmul(w_hr.T, dh)
        np.multiply(d_out, dh_dc[k], out=product)
        dc += product
        d_k[:3] *= dc
        d_k[3] *= d_out
        dc *= f[k]
        np.matmul(w_hh.T, flat[k], out=dh)
    dx, dw_ih, dw_hh, db, _ = weight_gradients(flat, None, x, states, w_ih, reverse)
    return (
        dx,
        lambda: transposed_copy(dh),
        lambda: transposed_copy(dc),
        dw_ih,
        dw_hh,
        db,
        db,
        lambda: np.matmul(columns(d_states), columns(outs).T),
    )


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
        h, c = lstm_step_op(linear(x_t, w_ih, b_ih), linear(h, w_hh, b_hh), c)
        return h if w_hr is None else linear(h, w_hr, None), c

    return over_time(step, x, h0, c0, reverse=reverse)


lstm_layer_op = define(
    _lstm_layer,
    *vjps_of_loop(_lstm_layer_loop, 8),
    keeps="in",
    saves=True,
    composite=_lstm_layer_composite,
    complex=True,
    name="lstm_layer",
    results="output h c",
    steps=True,
    label=gradients_through_time("x h₀ c₀ W_ih W_hh b_ih b_hh W_hr"),
)


def lstm(
    input: Any,
    hx: Any,
    params: Sequence[Any],
    has_biases: bool = True,
    num_layers: int = 1,
    dropout: float = 0.0,
    train: bool = True,
    bidirectional: bool = False,
    batch_first: bool = False,
    *,
    rng: Rng = None,
    lengths: Any = None,
) -> tuple[Any, Any, Any]:
    """(output, h_n, c_n) of `nn.LSTM` with the given parameters, as torch.lstm.

    Shape:     see `nn.LSTM`
    Args:      hx: (h_0, c_0), or None for zeros.
               params: w_ih, w_hh, b_ih, b_hh of the first layer forwards, then, if bidirectional, backwards, then of
               the next layer. Without has_biases only w_ih and w_hh. With proj_size a w_hr follows each group.
               dropout: the probability of dropping each output of a layer before the next layer, if train is true.
               rng: source of the dropout masks.
    """
    stack = LayerStack(
        "LSTM", lstm_layer_op, params, has_biases, num_layers, dropout, train, bidirectional, batch_first, rng
    )
    output, h_n, c_n = stack(input, _pair_of_states("LSTM", hx), 4, lengths)
    return output, h_n, c_n


class LSTM(RNNBase):
    """Long short-term memory over whole sequences.

        i, f, g, o = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh
        c_t = σ(f) c_{t-1} + σ(i) tanh(g)                   h_t = σ(o) tanh(c_t)

    Shape:     input (T, B, input_size), h_0 and c_0 (L · D, B, hidden_size)
               -> output (T, B, D · hidden_size), (h_n, c_n), both (L · D, B, hidden_size)
               with L = num_layers and D = 2 if bidirectional, else 1. With batch_first x and output are (B, T, …);
               the states keep their shape. Without a batch, B is left out everywhere. With proj_size the last axis of
               output, h_0 and h_n has that size.
    Args:      num_layers: each layer above the first takes the outputs of the one below.
               bias: whether there are b_ih and b_hh.
               dropout: the probability, in training, of dropping each output of a layer before the next layer.
               bidirectional: a second network runs backwards; its outputs follow the first one's on the last axis.
               proj_size: if > 0, h_t = W_hr σ(o) tanh(c_t) of this size, smaller than hidden_size.
               dtype: of the parameters, and so of the computation (default float32).
               rng: source of the initial values, all uniform in ±1/√hidden_size, and of the dropout masks.
    Call:      lstm(x, (h_0, c_0)), or lstm(x) from a state of zeros.
    Numerics:  the whole sequence is one operation; see nn/layers/recurrent/layout.py. For sequences of different
               lengths see `RNN`: lengths=.
    Raises:    ShapeError if x, h_0 or c_0 do not fit; ArgumentError if the state is no pair.
    Source:    Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000; projection: Sak et al. 2014,
               arXiv:1402.1128.
    Example:
        >>> import numpy as np, nn
        >>> lstm = nn.LSTM(3, 4, batch_first=True, bidirectional=True)
        >>> output, (h_n, c_n) = lstm(np.ones((2, 5, 3)))
        >>> output.shape, h_n.shape, c_n.shape
        ((2, 5, 8), (2, 2, 4), (2, 2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        *,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        super().__init__(
            4, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, dtype, rng
        )

    def forward(self, input: Any, hx: Any = None, *, lengths: Any = None) -> tuple[Any, tuple[Any, Any]]:
        output, h_n, c_n = lstm(input, hx, lengths=lengths, **self._options())
        return output, (h_n, c_n)
