"""What RNNCell, LSTMCell and GRUCell share: parameters, checks of the input and the state."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn import init
from nn.core.checks import check_size
from nn.core.module import Module
from nn.core.parameter import Parameter, blank
from nn.layers.inputs import cast_to
from nn.layers.linear import linear_op


def affine_parts(
    who: str, input: Any, states: list[Any], w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, gates: int
) -> Any:
    """(W_ih x + b_ih, W_hh h + b_hh, the states), the shapes checked; a missing state is zeros."""
    x = cast_to(input, w_ih, who)
    inputs, size = w_ih.shape[1], w_hh.shape[0] // gates
    if x.ndim not in (1, 2) or x.shape[-1] != inputs:
        raise ShapeError(f"{who} expects input of shape (B, {inputs}), or ({inputs},) without a batch; got {x.shape}.")
    expected = (*x.shape[:-1], size)
    states = [
        state_or_zeros(who, name, given, expected, "batch and hidden_size as the input's", w_ih)
        for name, given in zip(("h", "c"), states, strict=False)
    ]
    return gate_inputs(x, w_ih, b_ih), gate_inputs(states[0], w_hh, b_hh), states


def gate_inputs(x: Any, weight: Any, bias: Any) -> Any:
    return linear_op(x, weight) if bias is None else linear_op(x, weight, bias)


def pair_of_states(who: str, hx: Any) -> list[Any]:
    """(h, c) as given to an LSTM."""
    if hx is None:
        return [None, None]
    if not isinstance(hx, (tuple, list)) or len(hx) != 2:
        what = f"{len(hx)} of them" if isinstance(hx, (tuple, list)) else f"one {type(hx).__name__}"
        raise ArgumentError(f"{who} takes its state as a pair (h, c) of hidden state and cell; got {what}.")
    return list(hx)


def state_or_zeros(who: str, name: str, given: Any, shape: tuple[int, ...], meaning: str, like: Any) -> Any:
    if given is None:
        return np.zeros(shape, like.dtype)
    state = cast_to(given, like, who)
    if state.shape != shape:
        raise ShapeError(f"{who} expects {name} of shape {shape}, {meaning}; got {state.shape}.")
    return state


NONLINEARITIES = ("tanh", "relu")


def check_nonlinearity(nonlinearity: Any) -> str:
    """One of the two that a plain recurrence has, or an ArgumentError that says so."""
    if nonlinearity not in NONLINEARITIES:
        raise ArgumentError(f"nonlinearity must be 'tanh' or 'relu'; got {nonlinearity!r}.")
    return str(nonlinearity)


class RNNCellBase(Module):
    """What the cells share: two affine maps, all their values uniform in ±1/√hidden_size at first."""

    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, gates: int, dtype: Any, rng: np.random.Generator | None
    ) -> None:
        self.input_size = check_size("input_size", input_size)
        self.hidden_size = check_size("hidden_size", hidden_size)
        self.bias = bool(bias)
        self.weight_ih = blank((gates * hidden_size, input_size), dtype, "weight_ih")
        self.weight_hh = blank((gates * hidden_size, hidden_size), dtype, "weight_hh")
        self.bias_ih = blank(gates * hidden_size, dtype, "bias_ih") if bias else None
        self.bias_hh = blank(gates * hidden_size, dtype, "bias_hh") if bias else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: np.random.Generator | None = None) -> None:
        """Draw the first values again, as the constructor does."""
        init.uniform_within(1 / math.sqrt(self.hidden_size), *self.parameters(), rng=rng)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}{'' if self.bias else ', bias=False'}"
