"""The gated recurrent unit: one step (GRUCell) and a whole sequence as one operation (GRU).

a = W_ih x + b_ih        b = W_hh h + b_hh        r, z = σ(a + b), of the first two gates
n = tanh(a_n + r b_n)    h' = (1 - z) n + z h
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.registry import define
from nn.init import Rng
from nn.layers.activation.sigmoid_tanh import sigmoid_op
from nn.layers.linear import linear
from nn.layers.recurrent.cell_base import RNNCellBase, affine_parts
from nn.layers.recurrent.layer_base import LayerStack, RNNBase
from nn.layers.recurrent.layout import (
    Tape,
    allocate_states,
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
def _gru_step(a: Any, b: Any, h: Any) -> tuple[Any, Any]:
    size = h.shape[-1]
    rz = a[..., : 2 * size] + b[..., : 2 * size]
    with np.errstate(over="ignore"):
        sigmoid_in_place(rz)
    r, z = split_gates(rz, 2)
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
    dr, dz, dn = split_gates(da, 3)
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
    a_r, a_z, a_n = np.split(a, 3, axis=-1)
    b_r, b_z, b_n = np.split(b, 3, axis=-1)
    z = sigmoid_op(a_z + b_z)
    n = np.tanh(a_n + sigmoid_op(a_r + b_r) * b_n)
    return (1 - z) * n + z * h


gru_step_op = define(
    _gru_step,
    joint=_gru_step_joint,
    keeps="in",
    saves=True,
    composite=_gru_step_composite,
    complex=True,
    name="gru_step",
    results="h",
    steps=True,
    label="∂h'/∂(gates, h)",
)


def gru_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """The next state h' from the state h = hx, or from zeros if hx is None; see `nn.GRUCell`.

    Shape:     input (B, input_size), hx (B, H), w_ih (3H, input_size), w_hh (3H, H), biases (3H,) -> (B, H)
    """
    a, b, (h,) = affine_parts("GRUCell", input, [hx], w_ih, w_hh, b_ih, b_hh, 3)
    return gru_step_op(a, b, h)


class GRUCell(RNNCellBase):
    """One step of a gated recurrent unit.

        r = σ(W_ir x + b_ir + W_hr h + b_hr)                z = σ(W_iz x + b_iz + W_hz h + b_hz)
        n = tanh(W_in x + b_in + r (W_hn h + b_hn))         h' = (1 - z) n + z h

    Shape:     input (B, input_size), h (B, hidden_size) -> (B, hidden_size); also without B
               weight_ih (3 · hidden_size, input_size), weight_hh (3 · hidden_size, hidden_size),
               biases (3 · hidden_size,)
    Args:      bias: whether there are b_ih and b_hh.
               dtype: of the parameters, and so of the computation (default float32).
               rng: source of the initial values: all uniform in ±1/√hidden_size, as in PyTorch.
    Call:      cell(x, h), or cell(x) from a state of zeros.
    Raises:    ShapeError if x or h do not fit.
    Source:    Cho et al. 2014, arXiv:1406.1078; as in PyTorch and cuDNN r multiplies W_hn h + b_hn, not h itself, and
               z is the share of the old state, not of the new one.
    Example:
        >>> import numpy as np, nn
        >>> cell = nn.GRUCell(3, 4)
        >>> h = cell(np.ones((2, 3)))
        >>> cell(np.ones((2, 3)), h).shape
        (2, 4)
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
        super().__init__(input_size, hidden_size, bias, 3, dtype, rng)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return gru_cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)


# A whole sequence
def _gru_layer(
    x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None, *, reverse: bool = False
) -> Any:
    steps, size = len(x), h0.shape[1]
    states = allocate_states(steps, h0)
    sign = np.repeat(np.array([-1, -1, 1], w_ih.dtype), size)  # r and z are sigmoids: see sigmoid_of_negated
    bias = None
    if b_ih is not None:
        bias = b_ih * sign
        bias[: 2 * size] -= b_hh[: 2 * size]
    gates = project_inputs(x, w_ih * sign[:, None], bias, reverse)
    weight = w_hh * sign[:, None]
    of_state = np.empty((steps, size, gates.shape[-1]), gates.dtype)  # W_hn h + b_hn, the factor of r
    hidden, product = np.empty(gates.shape[1:], gates.dtype), np.empty(states.shape[1:], gates.dtype)
    with np.errstate(over="ignore"):
        for k in range(steps):
            a, h, new = gates[k], states[k], states[k + 1]
            rz, n = a[: 2 * size], a[2 * size :]
            np.matmul(weight, h, out=hidden)
            rz += hidden[: 2 * size]
            sigmoid_of_negated(rz)
            if b_hh is None:
                of_state[k] = hidden[2 * size :]
            else:
                np.add(hidden[2 * size :], b_hh[2 * size :, None], out=of_state[k])
            np.multiply(of_state[k], rz[:size], out=product)
            n += product
            np.tanh(n, out=n)
            np.subtract(h, n, out=new)
            new *= rz[size:]
            new += n
    return output_and_last(states, reverse), Tape(gates.reshape(steps, 3, *of_state.shape[1:]), of_state, states)


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
    gates, of_state, states = kept
    r, z, n = gates.swapaxes(0, 1)
    steps, _, size, batch = gates.shape
    # The derivatives of h' by the input's part of n, by r, by z, and by the state's part of n. The loop multiplies them
    # by the cotangent of h'. The first three are then the cotangent of W_ih x + b_ih, the last three of W_hh h + b_hh.
    d = np.empty((steps, 4, size, batch), gates.dtype)
    dn, dr, dz, dn_of_state = d.swapaxes(0, 1)
    flat = d.reshape(steps, 4 * size, batch)
    of_input, of_hidden = flat[:, : 3 * size], flat[:, size:]  # n, r, z and r, z, n
    one_minus_z = 1 - z
    np.multiply(n, n, out=dn)
    np.subtract(1, dn, out=dn)
    dn *= one_minus_z
    np.multiply(dn, r, out=dn_of_state)
    np.subtract(1, r, out=dr)
    dr *= dn_of_state
    dr *= of_state
    np.subtract(states[:-1], n, out=dz)
    dz *= z
    dz *= one_minus_z
    d_states = np.array(swap_layout(g[0], reverse), order="C")
    dh, product = transposed_copy(g[1]), np.empty(states.shape[1:], gates.dtype)
    for k in reversed(range(steps)):
        dh += d_states[k]
        d_k = d[k]
        d_k *= dh
        dh *= z[k]
        np.matmul(w_hh.T, of_hidden[k], out=product)
        dh += product
    dx, dw_ih, dw_hh, db_ih, db_hh = weight_gradients(
        of_input, of_hidden, x, states, np.roll(w_ih, size, axis=0), reverse
    )
    return (
        dx,
        lambda: transposed_copy(dh),
        lambda: np.roll(dw_ih(), -size, axis=0),
        dw_hh,
        lambda: np.roll(db_ih(), -size),
        db_hh,
    )


def _gru_layer_composite(
    x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None, *, reverse: bool = False
) -> Any:
    def step(x_t: Any, h: Any) -> tuple[Any]:
        return (gru_step_op(linear(x_t, w_ih, b_ih), linear(h, w_hh, b_hh), h),)

    return over_time(step, x, h0, reverse=reverse)


gru_layer_op = define(
    _gru_layer,
    *vjps_of_loop(_gru_layer_loop, 6),
    keeps="in",
    saves=True,
    composite=_gru_layer_composite,
    complex=True,
    name="gru_layer",
    results="output h",
    steps=True,
    label=gradients_through_time("x h₀ W_ih W_hh b_ih b_hh"),
)


def gru(
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
) -> tuple[Any, Any]:
    """(output, h_n) of `nn.GRU`; the arguments are those of `lstm`, but hx is h_0 alone."""
    stack = LayerStack(
        "GRU", gru_layer_op, params, has_biases, num_layers, dropout, train, bidirectional, batch_first, rng
    )
    output, h_n = stack(input, [hx], 3, lengths)
    return output, h_n


class GRU(RNNBase):
    """Gated recurrent units over whole sequences.

        r = σ(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)            z = σ(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)
        n = tanh(W_in x_t + b_in + r (W_hn h_{t-1} + b_hn))     h_t = (1 - z) n + z h_{t-1}

    Shape:     input (T, B, input_size), h_0 (L · D, B, hidden_size)
               -> output (T, B, D · hidden_size), h_n (L · D, B, hidden_size)
               with L = num_layers and D = 2 if bidirectional, else 1. With batch_first x and output are (B, T, …);
               the states keep their shape. Without a batch, B is left out everywhere.
    Args:      num_layers: each layer above the first takes the outputs of the one below.
               bias: whether there are b_ih and b_hh.
               dropout: the probability, in training, of dropping each output of a layer before the next layer.
               bidirectional: a second network runs backwards; its outputs follow the first one's on the last axis.
               dtype: of the parameters, and so of the computation (default float32).
               rng: source of the initial values, all uniform in ±1/√hidden_size, and of the dropout masks.
    Call:      gru(x, h_0), or gru(x) from a state of zeros.
    Numerics:  the whole sequence is one operation; see nn/layers/recurrent/layout.py. For sequences of different
               lengths see `RNN`: lengths=.
    Raises:    ShapeError if x or h_0 do not fit.
    Source:    Cho et al. 2014, arXiv:1406.1078; r multiplies W_hn h + b_hn, as in PyTorch and cuDNN, not h itself.
    Example:
        >>> import numpy as np, nn
        >>> gru = nn.GRU(3, 4)
        >>> output, h_n = gru(np.ones((5, 3)))  # one sequence without a batch
        >>> output.shape, h_n.shape
        ((5, 4), (1, 4))
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
        *,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        super().__init__(
            3, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, dtype, rng
        )

    def forward(self, input: Any, hx: Any = None, *, lengths: Any = None) -> tuple[Any, Any]:
        return gru(input, hx, lengths=lengths, **self._options())
