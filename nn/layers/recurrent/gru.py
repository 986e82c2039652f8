"""The gated recurrent unit: one step (GRUCell), and a whole sequence as one operation (GRU).

a = W_ih x + b_ih        b = W_hh h + b_hh        r, z = σ(a + b), of the first two gates
n = tanh(a_n + r b_n)    h' = (1 - z) n + z h
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.registry import define
from nn.layers.activation.sigmoid_tanh import sigmoid_op
from nn.layers.recurrent.cell_base import RNNCellBase, affine_parts
from nn.layers.recurrent.layer_base import Rng, RNNBase, Stack
from nn.layers.recurrent.layout import (
    Tape,
    affine,
    gates,
    on_demand,
    over_time,
    projected,
    results,
    room_for_states,
    sigmoid_in_place,
    sigmoid_of_negated,
    transposed,
    turned,
    weight_gradients,
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


gru_step_op = define(
    _gru_step,
    joint=_gru_step_joint,
    keeps="in",
    saves=True,
    composite=_gru_step_composite,
    name="gru_step",
    label="∂h'/∂(gates, h)",
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
        return (gru_step_op(affine(x_t, w_ih, b_ih), affine(h, w_hh, b_hh), h),)

    return over_time(step, x, h0, reverse=reverse)


gru_layer_op = define(
    _gru_layer,
    *on_demand(_gru_layer_loop, 6),
    keeps="in",
    saves=True,
    composite=_gru_layer_composite,
    name="gru_layer",
    label="backpropagation through time",
)


def gru_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """h' from h = hx, or from zeros where hx is None; see `nn.GRUCell`.

    Shape:     input (B, input_size), hx (B, H), w_ih (3H, input_size), w_hh (3H, H), biases (3H,) -> (B, H)
    """
    a, b, (h,) = affine_parts("GRUCell", input, [hx], w_ih, w_hh, b_ih, b_hh, 3)
    return gru_step_op(a, b, h)


def gru(
    input: Any, hx: Any, params: Sequence[Any], has_biases: bool = True, num_layers: int = 1, dropout: float = 0.0, train: bool = True,
    bidirectional: bool = False, batch_first: bool = False, *, rng: Rng = None,
) -> tuple[Any, Any]:  # fmt: skip
    """(output, h_n) of `nn.GRU`; the arguments are those of `lstm`, with h_0 as hx."""
    stack = Stack("GRU", gru_layer_op, params, has_biases, num_layers, dropout, train, bidirectional, batch_first, rng)
    output, h_n = stack(input, [hx], 3)
    return output, h_n


class GRUCell(RNNCellBase):
    """One step of a gated recurrent unit.

        r = σ(W_ir x + b_ir + W_hr h + b_hr)                z = σ(W_iz x + b_iz + W_hz h + b_hz)
        n = tanh(W_in x + b_in + r (W_hn h + b_hn))         h' = (1 - z) n + z h

    Shape:     x (B, input_size), h (B, hidden_size) -> (B, hidden_size); also without B
               weight_ih (3 · hidden_size, input_size), weight_hh (3 · hidden_size, hidden_size), biases (3 · hidden_size,)
    Args:      bias: whether there are b_ih and b_hh.
               dtype: of the parameters, and so of the computation (default float32).
               rng: where the first values come from: all uniform in ±1/√hidden_size, as in PyTorch.
    Call:      cell(x, h), or cell(x) from a state of zeros.
    Raises:    ShapeError if x or h do not fit.
    Source:    Cho et al. 2014, arXiv:1406.1078; as in PyTorch and cuDNN r multiplies W_hn h + b_hn, not h itself, and
               z is what is kept, not what is renewed.
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
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, dtype, rng)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return gru_cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)


class GRU(RNNBase):
    """Gated recurrent units over whole sequences.

        r = σ(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)            z = σ(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)
        n = tanh(W_in x_t + b_in + r (W_hn h_{t-1} + b_hn))     h_t = (1 - z) n + z h_{t-1}

    Shape:     x (T, B, input_size), h_0 (L · D, B, hidden_size) -> output (T, B, D · hidden_size), h_n (L · D, B, hidden_size)
               with L = num_layers and D = 2 if bidirectional, else 1. With batch_first x and output are (B, T, …), the states
               are not. Without a batch leave out B everywhere.
    Args:      num_layers: the second takes the outputs of the first, and so on.
               bias: whether there are b_ih and b_hh.
               dropout: the probability with which, while training, a layer's outputs are dropped before the next layer.
               bidirectional: a second network runs backwards; its outputs stand behind the first one's.
               dtype: of the parameters, and so of the computation (default float32).
               rng: where the first values, all uniform in ±1/√hidden_size, and the masks of dropout come from.
    Call:      gru(x, h_0), or gru(x) from a state of zeros.
    Numerics:  the whole sequence is one operation; see autograd/ops/fused/recurrent.py. Sequences of different lengths: see `RNN`.
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
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__(
            3, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, dtype, rng
        )

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        return gru(input, hx, **self._options())
