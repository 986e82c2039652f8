"""The plain recurrent network: one step (RNNCell) and a whole sequence as one operation (RNN).

a = W_ih x + b_ih        b = W_hh h + b_hh        h' = tanh(a + b), or relu(a + b)
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.errors import ArgumentError
from nn.init import Rng
from nn.layers.activation.relu import relu_op
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
    swap_layout,
    transposed_copy,
    vjps_of_loop,
    weight_gradients,
)


# One step, from a = W_ih x + b_ih and b = W_hh h + b_hh
def _rnn_step(a: Any, b: Any, nonlinearity: str = "tanh") -> Any:
    out = a + b
    return np.tanh(out, out=out) if nonlinearity == "tanh" else np.maximum(out, 0, out=out)


def _rnn_step_vjp(g: Any, out: Any, a: Any, b: Any, nonlinearity: str = "tanh") -> Any:
    return g * (1 - out * out) if nonlinearity == "tanh" else g * (out > 0)


def _rnn_step_composite(a: Any, b: Any, nonlinearity: str = "tanh") -> Any:
    return np.tanh(a + b) if nonlinearity == "tanh" else relu_op(a + b)


rnn_step_op = define(
    _rnn_step,
    _rnn_step_vjp,
    _rnn_step_vjp,
    keeps="in out",
    composite=_rnn_step_composite,
    complex=True,
    name="rnn_step",
    jvp="elementwise",
    label=lambda nonlinearity="tanh": "g·(1 - out²)" if nonlinearity == "tanh" else "g·[out > 0]",
)


def rnn_tanh_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh); see `nn.RNNCell`. If hx is None the state is zero."""
    a, b, _ = affine_parts("RNNCell", input, [hx], w_ih, w_hh, b_ih, b_hh, 1)
    return rnn_step_op(a, b, nonlinearity="tanh")


def rnn_relu_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """h' = relu(W_ih x + b_ih + W_hh h + b_hh); see `nn.RNNCell`. If hx is None the state is zero."""
    a, b, _ = affine_parts("RNNCell", input, [hx], w_ih, w_hh, b_ih, b_hh, 1)
    return rnn_step_op(a, b, nonlinearity="relu")


def _check_nonlinearity(nonlinearity: Any) -> str:
    """The name of a nonlinearity, or an ArgumentError if it is not "tanh" or "relu"."""
    if nonlinearity not in ("tanh", "relu"):
        raise ArgumentError(f"nonlinearity must be 'tanh' or 'relu'; got {nonlinearity!r}.")
    return str(nonlinearity)


class RNNCell(RNNCellBase):
    """One step of a plain recurrent network.

        h' = tanh(W_ih x + b_ih + W_hh h + b_hh)

    Shape:     input (B, input_size), h (B, hidden_size) -> (B, hidden_size); also without B
               weight_ih (hidden_size, input_size), weight_hh (hidden_size, hidden_size), biases (hidden_size,)
    Args:      bias: whether there are b_ih and b_hh.
               nonlinearity: "tanh" or "relu".
               dtype: of the parameters, and so of the computation (default float32).
               rng: source of the initial values: all uniform in ±1/√hidden_size, as in PyTorch.
    Call:      cell(x, h), or cell(x) from a state of zeros.
    Raises:    ShapeError if x or h do not fit.
    Source:    Elman 1990, "Finding structure in time"; relu: Le et al. 2015, arXiv:1504.00941.
    Example:
        >>> import numpy as np, nn
        >>> cell = nn.RNNCell(3, 4)
        >>> h = None
        >>> for x in np.ones((5, 2, 3)):  # 5 steps of 2 sequences
        ...     h = cell(x, h)
        >>> h.shape
        (2, 4)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        self.nonlinearity = _check_nonlinearity(nonlinearity)
        super().__init__(input_size, hidden_size, bias, 1, dtype, rng)

    def forward(self, input: Any, hx: Any = None) -> Any:
        step = rnn_tanh_cell if self.nonlinearity == "tanh" else rnn_relu_cell
        return step(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)

    def extra_repr(self) -> str:
        return super().extra_repr() + (", nonlinearity=relu" if self.nonlinearity == "relu" else "")


# A whole sequence
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
    states = allocate_states(len(x), h0)
    totals = project_inputs(x, w_ih, b_ih if b_hh is None else b_ih + b_hh, reverse)  # becomes a + b
    hidden = np.empty(totals.shape[1:], totals.dtype)
    for total, h, new in zip(totals, states, states[1:], strict=False):
        np.matmul(w_hh, h, out=hidden)
        total += hidden
        if nonlinearity == "tanh":
            np.tanh(total, out=new)
        else:
            np.maximum(total, 0, out=new)
    return output_and_last(states, reverse), Tape(states)


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
    d = 1 - h * h if nonlinearity == "tanh" else np.greater(h, 0).astype(h.dtype)  # becomes the cotangent of a + b
    dh = transposed_copy(g[1])
    for g_t, d_t in zip(swap_layout(g[0], reverse)[::-1], d[::-1], strict=True):
        dh += g_t
        d_t *= dh
        np.matmul(w_hh.T, d_t, out=dh)
    dx, dw_ih, dw_hh, db, _ = weight_gradients(d, None, x, states, w_ih, reverse)
    return (dx, lambda: transposed_copy(dh), dw_ih, dw_hh, db, db)


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
        return (rnn_step_op(linear(x_t, w_ih, b_ih), linear(h, w_hh, b_hh), nonlinearity=nonlinearity),)

    return over_time(step, x, h0, reverse=reverse)


rnn_layer_op = define(
    _rnn_layer,
    *vjps_of_loop(_rnn_layer_loop, 6),
    keeps="in",
    saves=True,
    composite=_rnn_layer_composite,
    complex=True,
    name="rnn_layer",
    results="output h",
    steps=True,
    label=gradients_through_time("x h₀ W_ih W_hh b_ih b_hh"),
)


def rnn_tanh(
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
    """(output, h_n) of `nn.RNN` with tanh; the arguments are those of `lstm`, but hx is h_0 alone."""
    layer = partial(rnn_layer_op, nonlinearity="tanh")
    stack = LayerStack("RNN", layer, params, has_biases, num_layers, dropout, train, bidirectional, batch_first, rng)
    output, h_n = stack(input, [hx], 1, lengths)
    return output, h_n


def rnn_relu(
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
    """(output, h_n) of `nn.RNN` with relu; the arguments are those of `lstm`, but hx is h_0 alone."""
    layer = partial(rnn_layer_op, nonlinearity="relu")
    stack = LayerStack("RNN", layer, params, has_biases, num_layers, dropout, train, bidirectional, batch_first, rng)
    output, h_n = stack(input, [hx], 1, lengths)
    return output, h_n


class RNN(RNNBase):
    """A plain recurrent network over whole sequences.

        h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)

    Shape:     input (T, B, input_size), h_0 (L · D, B, hidden_size)
               -> output (T, B, D · hidden_size), h_n (L · D, B, hidden_size)
               with L = num_layers and D = 2 if bidirectional, else 1. With batch_first x and output are (B, T, …);
               the states keep their shape. Without a batch, B is left out everywhere.
    Args:      num_layers: each layer above the first takes the outputs of the one below.
               nonlinearity: "tanh" or "relu".
               bias: whether there are b_ih and b_hh.
               dropout: the probability, in training, of dropping each output of a layer before the next layer.
               bidirectional: a second network runs backwards; its outputs follow the first one's on the last axis.
               dtype: of the parameters, and so of the computation (default float32).
               rng: source of the initial values, all uniform in ±1/√hidden_size, and of the dropout masks.
    Call:      rnn(x, h_0), or rnn(x) from a state of zeros. With lengths=, (B,) integers: the sequences end there,
               outputs behind are 0, h_n is the state at each one's end, and backwards each begins at its end.
               `nn.utils.rnn.pad_sequence` makes such an x; rnn(pack_padded_sequence(x, lengths)) does the same.
    Returns:   (output, h_n). h_n holds the last state of each layer, forwards and then backwards.
    Numerics:  the whole sequence is one operation; see nn/layers/recurrent/layout.py. With lengths no step
               of the padding is computed: between two lengths the layer runs over the sequences that go on.
    Raises:    ShapeError if x or h_0 do not fit.
    Source:    Elman 1990, "Finding structure in time"; bidirectional: Schuster & Paliwal 1997.
    Example:
        >>> import numpy as np, nn
        >>> rnn = nn.RNN(3, 4, num_layers=2)
        >>> output, h_n = rnn(np.ones((5, 2, 3)))
        >>> output.shape, h_n.shape
        ((5, 2, 4), (2, 2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        self.nonlinearity = _check_nonlinearity(nonlinearity)
        super().__init__(
            1, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, dtype, rng
        )

    def forward(self, input: Any, hx: Any = None, *, lengths: Any = None) -> tuple[Any, Any]:
        layers = rnn_tanh if self.nonlinearity == "tanh" else rnn_relu
        return layers(input, hx, lengths=lengths, **self._options())

    def extra_repr(self) -> str:
        return super().extra_repr() + (", nonlinearity=relu" if self.nonlinearity == "relu" else "")
