"""The base class of RNN, LSTM and GRU, and the run through several layers and directions with dropout between them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.options import check_flag
from nn import init
from nn.core.checks import check_size
from nn.core.module import Module
from nn.core.parameter import blank
from nn.init import Rng
from nn.layers.dropout import check_p
from nn.layers.dropout import dropout as drop
from nn.layers.inputs import cast_to
from nn.layers.recurrent.cell_base import state_or_zeros
from nn.layers.recurrent.lengths import PackedSequence, over_lengths, sorting


class LayerStack:
    """Layers of one kind, each with the output of the one below as its input; `lstm` and its like build and call it.

    Args:      who: the name of the layer, for error messages.
               layer: the primitive that runs one layer in one direction.
               The others are those of `lstm`.
    """

    def __init__(
        self,
        who: str,
        layer: Callable[..., Any],
        params: Sequence[Any],
        has_biases: bool,
        num_layers: int,
        dropout: float,
        train: bool,
        bidirectional: bool,
        batch_first: bool,
        rng: Rng,
    ) -> None:
        check_flag(f"{who}: has_biases", has_biases)
        check_flag(f"{who}: train", train)
        check_flag(f"{who}: bidirectional", bidirectional)
        check_flag(f"{who}: batch_first", batch_first)
        directions = 2 if bidirectional else 1
        count, rest = divmod(len(params), num_layers * directions)
        usual = 4 if has_biases else 2
        if rest or count not in ((usual, usual + 1) if who == "LSTM" else (usual,)):
            raise ArgumentError(
                f"{who} expects {usual} parameters for each of {num_layers} layers in {directions} "
                f"direction{'s' * (directions > 1)}, {usual * num_layers * directions} in all; got {len(params)}."
            )
        groups = [list(params[k : k + count]) for k in range(0, len(params), count)]
        self.groups = groups if has_biases else [[w_ih, w_hh, None, None, *more] for w_ih, w_hh, *more in groups]
        self.who, self.layer, self.num_layers, self.directions = who, layer, num_layers, directions
        self.dropout, self.batch_first, self.rng = dropout if train else 0.0, batch_first, rng

    def __call__(self, input: Any, states: list[Any], gates: int, lengths: Any = None) -> Any:
        """(output, *last states), from the initial states, where None means zeros; `gates` is the number of gates."""
        if isinstance(input, PackedSequence):
            return self._of_packed(input, states, gates, lengths)
        w_ih, w_hh = self.groups[0][:2]
        x = cast_to(input, w_ih, self.who, complex=True)
        self._check_input(x, w_ih.shape[1])
        batched = x.ndim == 3
        if self.batch_first and batched:
            x = np.swapaxes(x, 0, 1)  # (B, T, I) -> (T, B, I)
        elif not batched:
            x = np.expand_dims(x, 1)  # (T, I) -> (T, 1, I)
        batch = (x.shape[1],) if batched else ()
        initial = []
        for name, state, size in zip(("h_0", "c_0"), states, (w_hh.shape[1], w_hh.shape[0] // gates), strict=False):
            expected = (len(self.groups), *batch, size)
            meaning = f"layers · directions, {'batch, ' * batched}size"
            state = state_or_zeros(self.who, name, state, expected, meaning, w_ih)
            initial.append(state if batched else np.expand_dims(state, 1))
        if lengths is not None and not batched:
            raise ArgumentError(f"{self.who} takes lengths with a batch, input (T, B, …); got input {x.shape[::2]}.")
        by_length = None if lengths is None else sorting(self.who, lengths, *x.shape[:2])
        if by_length is not None:
            x, initial = by_length.into(x, 1), [by_length.into(state, 1) for state in initial]
        output, *lasts = self._run(x, initial, None if by_length is None else by_length.lengths)
        if by_length is not None:
            output, lasts = by_length.out_of(output, 1), [by_length.out_of(last, 1) for last in lasts]
        if not batched:
            return (np.squeeze(output, 1), *[np.squeeze(last, 1) for last in lasts])
        return (np.swapaxes(output, 0, 1) if self.batch_first else output, *lasts)

    def _of_packed(self, input: PackedSequence, states: list[Any], gates: int, lengths: Any) -> Any:
        """The same for a packed sequence, whose output is one, too."""
        if lengths is not None:
            raise ArgumentError(f"{self.who}: a PackedSequence has its lengths; leave lengths= out.")
        first, self.batch_first = self.batch_first, False
        try:
            output, *lasts = self(input.padded, states, gates, input.lengths)
        finally:
            self.batch_first = first
        return (PackedSequence(output, input.lengths), *lasts)

    def _run(self, x: Any, states: list[Any], lengths: Any = None) -> tuple[Any, ...]:
        """Run layer after layer.

        Shape:     input (T, B, I), each state (layers · directions, B, H) -> output (T, B, directions · H), last states
        """
        lasts = []
        for k in range(self.num_layers):
            if k and self.dropout:
                x = drop(x, self.dropout, rng=self.rng)
            outputs = []
            for direction in range(self.directions):
                n = k * self.directions + direction
                mine, params = [state[n] for state in states], self.groups[n]
                if lengths is None:
                    output, *last = self.layer(x, *mine, *params, reverse=bool(direction))
                else:
                    output, *last = over_lengths(self.layer, lengths, x, mine, params, bool(direction))
                outputs.append(output)
                lasts.append(last)
            x = outputs[0] if self.directions == 1 else np.concatenate(outputs, axis=-1)
        return (x, *[np.stack(several) for several in zip(*lasts, strict=True)])

    def _check_input(self, x: Any, inputs: int) -> None:
        if x.ndim not in (2, 3) or x.shape[-1] != inputs:
            shape = f"(B, T, {inputs})" if self.batch_first else f"(T, B, {inputs})"
            raise ShapeError(
                f"{self.who} expects input of shape {shape}, or (T, {inputs}) without a batch; got {x.shape}."
            )
        if x.shape[1 if self.batch_first and x.ndim == 3 else 0] == 0:
            raise ShapeError(f"{self.who} expects a sequence of at least one step; got input of shape {x.shape}.")


class RNNBase(Module):
    """The base class of the layers: their options, and parameters named weight_ih_l0, …, bias_hh_l1_reverse."""

    def __init__(
        self,
        gates: int,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        proj_size: int,
        dtype: Any,
        rng: Rng,
    ) -> None:
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

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new initial values, as the constructor does."""
        init.uniform_within(1 / math.sqrt(self.hidden_size), *self.parameters(), rng=rng)

    def _shapes(self, gates: int) -> dict[str, tuple[int, ...]]:
        """The names and shapes of the parameters, in PyTorch's order: layer after layer, forwards then backwards."""
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
        """The arguments of `rnn_tanh`, `lstm` or `gru` after the input and the state."""
        return {
            "params": [getattr(self, name) for name in self._names],
            "has_biases": self.bias,
            "num_layers": self.num_layers,
            "dropout": self.dropout,
            "train": self.training,
            "bidirectional": self.bidirectional,
            "batch_first": self.batch_first,
            "rng": self.rng,
        }

    def flatten_parameters(self) -> None:
        """Do nothing. In PyTorch this joins the parameters in memory for the GPU; here it is for code that calls it."""

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
