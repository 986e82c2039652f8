"""The base class of RNNCell, LSTMCell and GRUCell, and the checks of their input and state."""

from __future__ import annotations

import math
from typing import Any

from autograd.engine.kinds import note, zeros
from autograd.engine.recording import raw
from autograd.errors import ShapeError
from nn import init
from nn.core.checks import check_size
from nn.core.module import Module
from nn.core.parameter import Parameter, blank
from nn.init import Rng
from nn.layers.inputs import cast_to
from nn.layers.linear import linear


def affine_parts(
    who: str, input: Any, states: list[Any], w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, gates: int
) -> Any:
    """(W_ih x + b_ih, W_hh h + b_hh, states), after a check of the shapes. A state that is None becomes zeros."""
    x = cast_to(input, w_ih, who, complex=True)
    inputs, size = w_ih.shape[1], w_hh.shape[0] // gates
    if x.ndim not in (1, 2) or x.shape[-1] != inputs:
        raise ShapeError(f"{who} expects input of shape (B, {inputs}), or ({inputs},) without a batch; got {x.shape}.")
    expected = (*x.shape[:-1], size)
    states = [
        state_or_zeros(who, name, given, expected, "batch and hidden_size as the input's", w_ih)
        for name, given in zip(("h", "c"), states, strict=False)
    ]
    return linear(x, w_ih, b_ih), linear(states[0], w_hh, b_hh), states


def state_or_zeros(who: str, name: str, given: Any, shape: tuple[int, ...], meaning: str, like: Any) -> Any:
    """The given state in the dtype of `like`, after a check of its shape; zeros if it is None."""
    if given is None:
        return zeros(shape, like.dtype, note(raw(like)))
    state = cast_to(given, like, who, complex=True)
    if state.shape != shape:
        raise ShapeError(f"{who} expects {name} of shape {shape}, {meaning}; got {state.shape}.")
    return state


class RNNCellBase(Module):
    """The base class of the cells: two affine maps, whose initial values are uniform in ±1/√hidden_size."""

    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(self, input_size: int, hidden_size: int, bias: bool, gates: int, dtype: Any, rng: Rng) -> None:
        self.input_size = check_size("input_size", input_size)
        self.hidden_size = check_size("hidden_size", hidden_size)
        self.bias = bool(bias)
        self.weight_ih = blank((gates * hidden_size, input_size), dtype, "weight_ih")
        self.weight_hh = blank((gates * hidden_size, hidden_size), dtype, "weight_hh")
        self.bias_ih = blank(gates * hidden_size, dtype, "bias_ih") if bias else None
        self.bias_hh = blank(gates * hidden_size, dtype, "bias_hh") if bias else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new initial values, as the constructor does."""
        init.uniform_within(1 / math.sqrt(self.hidden_size), *self.parameters(), rng=rng)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}{'' if self.bias else ', bias=False'}"
