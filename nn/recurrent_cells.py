"""Recurrent cells: one step of a sequence, from a state to the next."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from nn import functional as F
from nn import init
from nn.core.module import Module, check_size
from nn.core.parameter import Parameter, blank

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


class RNNCell(RNNCellBase):
    """One step of a plain recurrent network.

        h' = tanh(W_ih x + b_ih + W_hh h + b_hh)

    Shape:     x (B, input_size), h (B, hidden_size) -> (B, hidden_size); also without B
               weight_ih (hidden_size, input_size), weight_hh (hidden_size, hidden_size), bias_ih and bias_hh (hidden_size,)
    Args:      bias: whether there are b_ih and b_hh.
               nonlinearity: "tanh" or "relu".
               dtype: of the parameters, and so of the computation (default float32).
               rng: where the first values come from: all uniform in ±1/√hidden_size, as in PyTorch.
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
        rng: np.random.Generator | None = None,
    ) -> None:
        self.nonlinearity = check_nonlinearity(nonlinearity)
        super().__init__(input_size, hidden_size, bias, 1, dtype, rng)

    def forward(self, input: Any, hx: Any = None) -> Any:
        step = F.rnn_tanh_cell if self.nonlinearity == "tanh" else F.rnn_relu_cell
        return step(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)

    def extra_repr(self) -> str:
        return super().extra_repr() + (", nonlinearity=relu" if self.nonlinearity == "relu" else "")


class LSTMCell(RNNCellBase):
    """One step of long short-term memory.

        i, f, g, o = W_ih x + b_ih + W_hh h + b_hh          c' = σ(f) c + σ(i) tanh(g)          h' = σ(o) tanh(c')

    Shape:     x (B, input_size), h and c (B, hidden_size) -> h', c', both (B, hidden_size); also without B
               weight_ih (4 · hidden_size, input_size), weight_hh (4 · hidden_size, hidden_size), biases (4 · hidden_size,)
    Args:      bias: whether there are b_ih and b_hh.
               dtype: of the parameters, and so of the computation (default float32).
               rng: where the first values come from: all uniform in ±1/√hidden_size, as in PyTorch.
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
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, dtype, rng)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        return F.lstm_cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)


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
        return F.gru_cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
