"""Recurrent cells and layers as primitives: one step, and a whole sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.layers.recurrent.gru import gru_layer_op, gru_step_op
from nn.layers.recurrent.lstm import lstm_layer_op, lstm_step_op
from nn.layers.recurrent.rnn import rnn_layer_op, rnn_step_op
from tests.cases.case import Case, normal

STEPS, BATCH, INPUTS, SIZE, PROJECTED = 3, 2, 3, 2, 1
GATES = {"rnn": 1, "lstm": 4, "gru": 3}


def layer_inputs(kind: str, bias: bool = True, projected: bool = False) -> Any:
    """(x, h_0, (c_0,) w_ih, w_hh, b_ih, b_hh, w_hr)."""
    rows, out = GATES[kind] * SIZE, PROJECTED if projected else SIZE
    cell = [(BATCH, SIZE)] if kind == "lstm" else []
    shapes: list[tuple[int, ...]] = [(STEPS, BATCH, INPUTS), (BATCH, out), *cell, (rows, INPUTS), (rows, out)]
    shapes += [(rows,), (rows,)] if bias else []
    shapes += [(PROJECTED, SIZE)] if projected else []
    return normal(*shapes)


def torch_layer(name: str) -> Any:
    """torch.lstm and its like, on one layer that runs forwards."""

    def function(torch: Any, x: Any, *rest: Any) -> Any:
        states, params = (rest[:2], rest[2:]) if name == "lstm" else (rest[:1], rest[1:])
        hx = [state[None] for state in states]
        out = getattr(torch, name)(
            x, hx if name == "lstm" else hx[0], params, len(params) > 2, 1, 0.0, True, False, False
        )
        return (out[0], *[last[0] for last in out[1:]])

    return function


def projected(x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any) -> Any:
    return lstm_layer_op(x, h, c, w_ih, w_hh, b_ih, b_hh, w_hr)


def relu_inputs(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Inputs of a layer with relu: all positive, to keep away from the kink."""
    return tuple(np.abs(x) + 0.1 for x in layer_inputs("rnn")(rng))


CASES = [
    Case("rnn_step", rnn_step_op, normal((3, 2), (3, 2)), lambda torch, a, b: torch.tanh(a + b)),
    Case(
        "rnn_step relu", lambda a, b: rnn_step_op(a, b, nonlinearity="relu"),
        lambda rng: (rng.uniform(0.1, 1, (3, 2)), np.ones((3, 2))), lambda torch, a, b: torch.relu(a + b),
    ),
    Case("lstm_step", lstm_step_op, normal((3, 8), (3, 8), (3, 2))),
    Case("gru_step", gru_step_op, normal((3, 6), (3, 6), (3, 2))),
    Case("rnn_layer", rnn_layer_op, layer_inputs("rnn"), torch_layer("rnn_tanh")),
    Case(
        "rnn_layer relu", lambda *args: rnn_layer_op(*args, nonlinearity="relu"), relu_inputs,
        torch_layer("rnn_relu"), tolerance=1e-5,
    ),
    Case("lstm_layer", lstm_layer_op, layer_inputs("lstm"), torch_layer("lstm")),
    Case("lstm_layer without bias", lstm_layer_op, layer_inputs("lstm", bias=False), torch_layer("lstm")),
    Case("lstm_layer reverse", lambda *args: lstm_layer_op(*args, reverse=True), layer_inputs("lstm")),
    Case("lstm_layer projected", projected, layer_inputs("lstm", projected=True)),
    Case("gru_layer", gru_layer_op, layer_inputs("gru"), torch_layer("gru")),
    Case("gru_layer without bias", gru_layer_op, layer_inputs("gru", bias=False), torch_layer("gru")),
]  # fmt: skip


def fused_row(name: str, bias: bool = True, projected: bool = False, rest: tuple[Any, ...] = (), **options: Any) -> Any:
    """A row of tests/nn/layers/test_fused.py."""
    inputs = layer_inputs(name.removesuffix("_layer"), bias, projected)(np.random.default_rng(0))
    return name, [x.shape for x in inputs], rest, options


FUSED: list[tuple[str, list[tuple[int, ...]], tuple[Any, ...], dict[str, Any]]] = [
    ("rnn_step", [(3, 2), (3, 2)], (), {}),  # with relu its gradient is constant: there is no second one to compare
    ("lstm_step", [(3, 8), (3, 8), (3, 2)], (), {}),
    ("lstm_step", [(8,), (8,), (2,)], (), {}),
    ("gru_step", [(3, 6), (3, 6), (3, 2)], (), {}),
    ("gru_step", [(6,), (6,), (2,)], (), {}),
    *[
        fused_row(name, bias=bias, reverse=reverse)
        for name in ("rnn_layer", "lstm_layer", "gru_layer")
        for bias, reverse in ((True, False), (True, True), (False, True))
    ],
    fused_row("rnn_layer", nonlinearity="relu"),
    fused_row("lstm_layer", projected=True),
    fused_row("lstm_layer", projected=True, reverse=True),
]
