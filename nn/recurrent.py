"""Recurrent layers: whole sequences through RNN, LSTM and GRU, stacked and in both directions."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from nn import functional as F
from nn import init
from nn.core.module import Module, check_size
from nn.core.parameter import blank
from nn.layers.dropout import check_p
from nn.recurrent_cells import check_nonlinearity


class RNNBase(Module):
    """What the three layers share: their options, and parameters named weight_ih_l0, weight_hh_l0, …, bias_hh_l1_reverse."""

    def __init__(
        self, gates: int, input_size: int, hidden_size: int, num_layers: int, bias: bool, batch_first: bool, dropout: float,
        bidirectional: bool, proj_size: int, dtype: Any, rng: np.random.Generator | None,
    ) -> None:  # fmt: skip
        self.input_size = check_size("input_size", input_size)
        self.hidden_size = check_size("hidden_size", hidden_size)
        self.num_layers = check_size("num_layers", num_layers)
        self.bias = bool(bias)
        self.batch_first = bool(batch_first)
        self.dropout = check_p(dropout)
        self.bidirectional = bool(bidirectional)
        self.proj_size = proj_size if proj_size == 0 else check_size("proj_size", proj_size)
        self.rng = rng
        if self.proj_size >= hidden_size:
            raise ArgumentError(f"proj_size must be smaller than hidden_size={hidden_size}; got {proj_size}.")
        if self.dropout and num_layers == 1:
            warnings.warn(f"dropout={dropout} acts between layers: with num_layers=1 it does nothing.", UserWarning)
        for name, shape in self._shapes(gates).items():
            setattr(self, name, blank(shape, dtype, name))
        self.reset_parameters(rng)

    def reset_parameters(self, rng: np.random.Generator | None = None) -> None:
        """Draw the first values again, as the constructor does."""
        init.uniform_within(1 / math.sqrt(self.hidden_size), *self.parameters(), rng=rng)

    def _shapes(self, gates: int) -> dict[str, tuple[int, ...]]:
        """Name -> shape of the parameters, in PyTorch's order: layer after layer, forwards then backwards."""
        shapes: dict[str, tuple[int, ...]] = {}
        rows, out = gates * self.hidden_size, self.proj_size or self.hidden_size
        directions = ("", "_reverse") if self.bidirectional else ("",)
        for k in range(self.num_layers):
            for suffix in directions:
                shapes[f"weight_ih_l{k}{suffix}"] = (rows, out * len(directions) if k else self.input_size)
                shapes[f"weight_hh_l{k}{suffix}"] = (rows, out)
                if self.bias:
                    shapes[f"bias_ih_l{k}{suffix}"] = shapes[f"bias_hh_l{k}{suffix}"] = (rows,)
                if self.proj_size:
                    shapes[f"weight_hr_l{k}{suffix}"] = (self.proj_size, self.hidden_size)
        self._names = list(shapes)
        return shapes

    def _options(self) -> dict[str, Any]:
        """What the function is called with beyond the input and the state."""
        return {
            "params": [getattr(self, name) for name in self._names], "has_biases": self.bias, "num_layers": self.num_layers,
            "dropout": self.dropout, "train": self.training, "bidirectional": self.bidirectional, "batch_first": self.batch_first,
            "rng": self.rng,
        }  # fmt: skip

    def flatten_parameters(self) -> None:
        """Nothing to do here: PyTorch moves the parameters together for the GPU's library. Kept for code that calls it."""

    def extra_repr(self) -> str:
        parts = [f"{self.input_size}, {self.hidden_size}"]
        defaults = {
            "proj_size": 0,
            "num_layers": 1,
            "bias": True,
            "batch_first": False,
            "dropout": 0.0,
            "bidirectional": False,
        }
        parts += [f"{name}={getattr(self, name)}" for name, usual in defaults.items() if getattr(self, name) != usual]
        return ", ".join(parts)


class RNN(RNNBase):
    """A plain recurrent network over whole sequences.

        h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)

    Shape:     x (T, B, input_size), h_0 (L · D, B, hidden_size) -> output (T, B, D · hidden_size), h_n (L · D, B, hidden_size)
               with L = num_layers and D = 2 if bidirectional, else 1. With batch_first x and output are (B, T, …), the states
               are not. Without a batch leave out B everywhere.
    Args:      num_layers: the second takes the outputs of the first, and so on.
               nonlinearity: "tanh" or "relu".
               bias: whether there are b_ih and b_hh.
               dropout: the probability with which, while training, a layer's outputs are dropped before the next layer.
               bidirectional: a second network runs backwards; its outputs stand behind the first one's.
               dtype: of the parameters, and so of the computation (default float32).
               rng: where the first values, all uniform in ±1/√hidden_size, and the masks of dropout come from.
    Call:      rnn(x, h_0), or rnn(x) from a state of zeros. h_n holds the last state of each layer, forwards then backwards.
    Numerics:  the whole sequence is one operation; see autograd/ops/fused/recurrent.py. Sequences of different lengths:
               pad them at the end, and take of each what was computed before its padding (a forward network does not
               look ahead). PyTorch's PackedSequence is not taken.
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
        rng: np.random.Generator | None = None,
    ) -> None:
        self.nonlinearity = check_nonlinearity(nonlinearity)
        super().__init__(
            1, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, dtype, rng
        )

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        layers = F.rnn_tanh if self.nonlinearity == "tanh" else F.rnn_relu
        return layers(input, hx, **self._options())

    def extra_repr(self) -> str:
        return super().extra_repr() + (", nonlinearity=relu" if self.nonlinearity == "relu" else "")


class LSTM(RNNBase):
    """Long short-term memory over whole sequences.

        i, f, g, o = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh
        c_t = σ(f) c_{t-1} + σ(i) tanh(g)                   h_t = σ(o) tanh(c_t)

    Shape:     x (T, B, input_size), h_0 and c_0 (L · D, B, hidden_size)
               -> output (T, B, D · hidden_size), (h_n, c_n), both (L · D, B, hidden_size)
               with L = num_layers and D = 2 if bidirectional, else 1. With batch_first x and output are (B, T, …), the states
               are not. Without a batch leave out B everywhere. With proj_size output, h_0 and h_n have that size.
    Args:      num_layers: the second takes the outputs of the first, and so on.
               bias: whether there are b_ih and b_hh.
               dropout: the probability with which, while training, a layer's outputs are dropped before the next layer.
               bidirectional: a second network runs backwards; its outputs stand behind the first one's.
               proj_size: if > 0, h_t = W_hr σ(o) tanh(c_t) of this size, smaller than hidden_size.
               dtype: of the parameters, and so of the computation (default float32).
               rng: where the first values, all uniform in ±1/√hidden_size, and the masks of dropout come from.
    Call:      lstm(x, (h_0, c_0)), or lstm(x) from a state of zeros.
    Numerics:  the whole sequence is one operation; see autograd/ops/fused/recurrent.py. Sequences of different lengths: see `RNN`.
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
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__(
            4, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, dtype, rng
        )

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, tuple[Any, Any]]:
        output, h_n, c_n = F.lstm(input, hx, **self._options())
        return output, (h_n, c_n)


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
        return F.gru(input, hx, **self._options())
