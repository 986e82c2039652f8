"""Recurrent cells, and recurrent layers over whole sequences, stacked and in both directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.ops import fused
from nn.layers.dropout import dropout as drop
from nn.layers.inputs import cast_to
from nn.layers.linear import linear_op

Rng = np.random.Generator | None


# Cells: one step


def rnn_tanh_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh); see `nn.RNNCell`. Without hx the state is zero."""
    a, b, _ = _affine_parts("RNNCell", input, [hx], w_ih, w_hh, b_ih, b_hh, 1)
    return fused.rnn_step(a, b, nonlinearity="tanh")


def rnn_relu_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """h' = relu(W_ih x + b_ih + W_hh h + b_hh); see `nn.RNNCell`. Without hx the state is zero."""
    a, b, _ = _affine_parts("RNNCell", input, [hx], w_ih, w_hh, b_ih, b_hh, 1)
    return fused.rnn_step(a, b, nonlinearity="relu")


def lstm_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> tuple[Any, Any]:
    """(h', c') from hx = (h, c), or from zeros where hx is None; see `nn.LSTMCell`.

    Shape:     input (B, input_size), h and c (B, H), w_ih (4H, input_size), w_hh (4H, H), biases (4H,) -> (B, H), (B, H)
    """
    a, b, (_, c) = _affine_parts("LSTMCell", input, _pair("LSTMCell", hx), w_ih, w_hh, b_ih, b_hh, 4)
    h, c = fused.lstm_step(a, b, c)
    return h, c


def gru_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """h' from h = hx, or from zeros where hx is None; see `nn.GRUCell`.

    Shape:     input (B, input_size), hx (B, H), w_ih (3H, input_size), w_hh (3H, H), biases (3H,) -> (B, H)
    """
    a, b, (h,) = _affine_parts("GRUCell", input, [hx], w_ih, w_hh, b_ih, b_hh, 3)
    return fused.gru_step(a, b, h)


def _affine_parts(
    who: str, input: Any, states: list[Any], w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, gates: int
) -> Any:
    """(W_ih x + b_ih, W_hh h + b_hh, the states), the shapes checked; a missing state is zeros."""
    x = cast_to(input, w_ih, who)
    inputs, size = w_ih.shape[1], w_hh.shape[0] // gates
    if x.ndim not in (1, 2) or x.shape[-1] != inputs:
        raise ShapeError(f"{who} expects input of shape (B, {inputs}), or ({inputs},) without a batch; got {x.shape}.")
    expected = (*x.shape[:-1], size)
    states = [
        _state(who, name, given, expected, "batch and hidden_size as the input's", w_ih)
        for name, given in zip(("h", "c"), states, strict=False)
    ]
    return _linear(x, w_ih, b_ih), _linear(states[0], w_hh, b_hh), states


def _linear(x: Any, weight: Any, bias: Any) -> Any:
    return linear_op(x, weight) if bias is None else linear_op(x, weight, bias)


def _pair(who: str, hx: Any) -> list[Any]:
    """(h, c) as given to an LSTM."""
    if hx is None:
        return [None, None]
    if not isinstance(hx, (tuple, list)) or len(hx) != 2:
        what = f"{len(hx)} of them" if isinstance(hx, (tuple, list)) else f"one {type(hx).__name__}"
        raise ArgumentError(f"{who} takes its state as a pair (h, c) of hidden state and cell; got {what}.")
    return list(hx)


def _state(who: str, name: str, given: Any, shape: tuple[int, ...], meaning: str, like: Any) -> Any:
    if given is None:
        return np.zeros(shape, like.dtype)
    state = cast_to(given, like, who)
    if state.shape != shape:
        raise ShapeError(f"{who} expects {name} of shape {shape}, {meaning}; got {state.shape}.")
    return state


# Layers: whole sequences


def rnn_tanh(
    input: Any, hx: Any, params: Sequence[Any], has_biases: bool = True, num_layers: int = 1, dropout: float = 0.0, train: bool = True,
    bidirectional: bool = False, batch_first: bool = False, *, rng: Rng = None,
) -> tuple[Any, Any]:  # fmt: skip
    """(output, h_n) of `nn.RNN` with tanh; the arguments are those of `lstm`, with h_0 as hx."""
    stack = _Stack(
        "RNN", _rnn_with("tanh"), params, has_biases, num_layers, dropout, train, bidirectional, batch_first, rng
    )
    output, h_n = stack(input, [hx], 1)
    return output, h_n


def rnn_relu(
    input: Any, hx: Any, params: Sequence[Any], has_biases: bool = True, num_layers: int = 1, dropout: float = 0.0, train: bool = True,
    bidirectional: bool = False, batch_first: bool = False, *, rng: Rng = None,
) -> tuple[Any, Any]:  # fmt: skip
    """(output, h_n) of `nn.RNN` with relu; the arguments are those of `lstm`, with h_0 as hx."""
    stack = _Stack(
        "RNN", _rnn_with("relu"), params, has_biases, num_layers, dropout, train, bidirectional, batch_first, rng
    )
    output, h_n = stack(input, [hx], 1)
    return output, h_n


def lstm(
    input: Any, hx: Any, params: Sequence[Any], has_biases: bool = True, num_layers: int = 1, dropout: float = 0.0, train: bool = True,
    bidirectional: bool = False, batch_first: bool = False, *, rng: Rng = None,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """(output, h_n, c_n) of `nn.LSTM` with the parameters given: torch.lstm.

    Shape:     see `nn.LSTM`
    Args:      hx: (h_0, c_0), or None for zeros.
               params: w_ih, w_hh, b_ih, b_hh (without has_biases only the first two; a fifth, or third, projects the state), of
               the first layer forwards, then, if bidirectional, backwards, then of the next layer.
               dropout: of what one layer hands to the next, where train is true; rng: where its masks come from.
    """
    stack = _Stack(
        "LSTM", fused.lstm_layer, params, has_biases, num_layers, dropout, train, bidirectional, batch_first, rng
    )
    output, h_n, c_n = stack(input, _pair("LSTM", hx), 4)
    return output, h_n, c_n


def gru(
    input: Any, hx: Any, params: Sequence[Any], has_biases: bool = True, num_layers: int = 1, dropout: float = 0.0, train: bool = True,
    bidirectional: bool = False, batch_first: bool = False, *, rng: Rng = None,
) -> tuple[Any, Any]:  # fmt: skip
    """(output, h_n) of `nn.GRU`; the arguments are those of `lstm`, with h_0 as hx."""
    stack = _Stack(
        "GRU", fused.gru_layer, params, has_biases, num_layers, dropout, train, bidirectional, batch_first, rng
    )
    output, h_n = stack(input, [hx], 3)
    return output, h_n


def _rnn_with(nonlinearity: str) -> Callable[..., Any]:
    return lambda *args, reverse: fused.rnn_layer(*args, nonlinearity=nonlinearity, reverse=reverse)


class _Stack:
    """Layers of one kind, each on the output of the one below: what the four functions above have in common."""

    def __init__(
        self, who: str, layer: Callable[..., Any], params: Sequence[Any], has_biases: bool, num_layers: int, dropout: float,
        train: bool, bidirectional: bool, batch_first: bool, rng: Rng,
    ) -> None:  # fmt: skip
        directions = 2 if bidirectional else 1
        count, rest = divmod(len(params), num_layers * directions)
        usual = 4 if has_biases else 2
        if rest or count not in ((usual, usual + 1) if who == "LSTM" else (usual,)):
            raise ArgumentError(
                f"{who} expects {usual} parameters for each of {num_layers} layers in {directions} direction{'s' * (directions > 1)}, "
                f"{usual * num_layers * directions} in all; got {len(params)}."
            )
        groups = [list(params[k : k + count]) for k in range(0, len(params), count)]
        self.groups = groups if has_biases else [[w_ih, w_hh, None, None, *more] for w_ih, w_hh, *more in groups]
        self.who, self.layer, self.num_layers, self.directions = who, layer, num_layers, directions
        self.dropout, self.batch_first, self.rng = dropout if train else 0.0, batch_first, rng

    def __call__(self, input: Any, states: list[Any], gates: int) -> Any:
        """(output, the last states)."""
        w_ih, w_hh = self.groups[0][:2]
        x = self._checked(cast_to(input, w_ih, self.who), w_ih.shape[1])
        batched = x.ndim == 3
        if self.batch_first and batched:
            x = np.swapaxes(x, 0, 1)  # (B, T, I) -> (T, B, I)
        elif not batched:
            x = np.expand_dims(x, 1)  # (T, I) -> (T, 1, I)
        batch = (x.shape[1],) if batched else ()
        given = []
        for name, state, size in zip(("h_0", "c_0"), states, (w_hh.shape[1], w_hh.shape[0] // gates), strict=False):
            expected = (len(self.groups), *batch, size)
            meaning = f"layers · directions, {'batch, ' * batched}size"
            state = _state(self.who, name, state, expected, meaning, w_ih)
            given.append(state if batched else np.expand_dims(state, 1))
        output, *lasts = self._run(x, given)
        if not batched:
            return (np.squeeze(output, 1), *[np.squeeze(last, 1) for last in lasts])
        return (np.swapaxes(output, 0, 1) if self.batch_first else output, *lasts)

    def _run(self, x: Any, states: list[Any]) -> tuple[Any, ...]:
        """Layer after layer: x (T, B, I), each state (layers · directions, B, H) -> (T, B, directions · H) and the last states."""
        lasts = []
        for k in range(self.num_layers):
            if k and self.dropout:
                x = drop(x, self.dropout, rng=self.rng)
            outputs = []
            for direction in range(self.directions):
                n = k * self.directions + direction
                output, *last = self.layer(x, *[state[n] for state in states], *self.groups[n], reverse=bool(direction))
                outputs.append(output)
                lasts.append(last)
            x = outputs[0] if self.directions == 1 else np.concatenate(outputs, axis=-1)
        return (x, *[np.stack(several) for several in zip(*lasts, strict=True)])

    def _checked(self, x: Any, inputs: int) -> Any:
        if x.ndim not in (2, 3) or x.shape[-1] != inputs:
            shape = f"(B, T, {inputs})" if self.batch_first else f"(T, B, {inputs})"
            raise ShapeError(
                f"{self.who} expects input of shape {shape}, or (T, {inputs}) without a batch; got {x.shape}."
            )
        if x.shape[1 if self.batch_first and x.ndim == 3 else 0] == 0:
            raise ShapeError(f"{self.who} expects a sequence of at least one step; got input of shape {x.shape}.")
        return x
