"""Recurrent layers drawn step by step: the same numbers, gates, states and one folded step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, draw, trace
from autograd.errors import ArgumentError, DTypeError
from autograd.viz.data.results import result_names
from autograd.viz.data.values import Values

STEPS, BATCH, INPUTS, SIZE = 6, 2, 3, 4


def sequence() -> Any:
    return np.random.default_rng(0).normal(size=(STEPS, BATCH, INPUTS))


LAYERS = {
    "rnn": lambda: nn.RNN(INPUTS, SIZE, dtype=np.float64),
    "relu": lambda: nn.RNN(INPUTS, SIZE, nonlinearity="relu", dtype=np.float64),
    "lstm": lambda: nn.LSTM(INPUTS, SIZE, dtype=np.float64),
    "gru": lambda: nn.GRU(INPUTS, SIZE, dtype=np.float64),
    "two layers": lambda: nn.LSTM(INPUTS, SIZE, num_layers=2, bias=False, dtype=np.float64),
    "both ways": lambda: nn.GRU(INPUTS, SIZE, bidirectional=True, batch_first=True, dtype=np.float64),
    "projected": lambda: nn.LSTM(INPUTS, SIZE, proj_size=2, dtype=np.float64),
}


@pytest.mark.parametrize("name", LAYERS)
def test_the_steps_have_the_numbers_of_the_layer(name: str) -> None:
    """The result and the gradients of all parameters, which the sweep over the steps finds for itself."""
    layer = LAYERS[name]()
    output, _ = layer(sequence())
    loss = (output**2).mean()
    plain, steps = trace(loss, complete=True, elements=1000), trace(loss, complete=True, elements=1000, unroll=True)
    assert len(steps.nodes) > len(plain.nodes)
    assert not any(node.op.endswith("_layer") for node in steps.nodes)
    assert steps.nodes[-1].value == pytest.approx(plain.nodes[-1].value)
    found, expected = [
        {node.name: node.grad for node in graph.nodes if node.kind == "parameter"} for graph in (steps, plain)
    ]
    assert found == expected
    shares: dict[str, Any] = {}
    for edge in steps.edges:  # the shares of all steps add up to the gradient that the layer's own rule finds
        source = steps.nodes[edge.source]
        if source.kind == "parameter":
            assert isinstance(edge.share, Values)
            shares[source.name] = shares.get(source.name, 0) + np.array(edge.share.numbers)
    assert shares.keys() == expected.keys()
    for key, grad in expected.items():
        assert isinstance(grad, Values)
        np.testing.assert_allclose(shares[key], np.array(grad.numbers), atol=1e-12)
    assert all(edge.source < edge.target for edge in steps.edges)


def test_gates_states_and_one_folded_step() -> None:
    _, (h, _) = nn.LSTM(INPUTS, SIZE)(np.float32(np.tile(sequence(), (5, 1, 1))))
    loss = (h**2).mean()
    loss.backward(retain_graph=True)
    drawing = draw(loss, unroll=True, fold=True)
    texts = [line.text for box in drawing.picture.boxes for line in box.lines]
    assert {"i", "f", "g", "o", "h", "c", "tanh", "sigmoid"} <= set(texts)
    assert texts.count("split") == 1
    assert {"⟲h", "⟲c"} <= set(texts)
    frames = {frame.title for box in drawing.picture.boxes for frame in box.frames}
    assert "×30" in frames
    rules = {arrow.kind: arrow.lines for arrow in drawing.picture.arrows if arrow.kind == "next"}
    assert rules["next"][0].text in ("∂J/∂h", "∂J/∂c")
    names = set(result_names(trace(loss, unroll=True)).values())
    assert names == {"i", "f", "g", "o"}


def test_the_gates_of_a_gru_and_the_cells() -> None:
    cell, state = nn.GRUCell(INPUTS, SIZE), None
    for x in np.float32(sequence()):
        state = cell(x, state)
    graph = trace(state, unroll=True)
    assert set(result_names(graph).values()) == {"r", "z", "n"}
    assert not any(node.op == "gru_step" for node in graph.nodes)
    assert [node.name for node in graph.nodes if node.name == "h"] == ["h"] * STEPS


def test_each_arrow_of_the_whole_layer_says_which_gradient_goes_back() -> None:
    _, (h, _) = nn.LSTM(INPUTS, SIZE)(np.float32(sequence()))
    rules = [line.text for arrow in draw(h).picture.arrows for line in arrow.lines if line.role == "rule"]
    assert {f"∂J/∂{name} through time" for name in ("W_ih", "W_hh", "b_ih", "b_hh")} <= set(rules)


def test_nothing_changes_and_a_limit_holds() -> None:
    layer = nn.LSTM(INPUTS, SIZE)
    _, (h, _) = layer(np.float32(sequence()))
    loss = (h**2).mean()
    before = trace(loss)
    limited = trace(loss, unroll=True, limit=7)
    assert len(limited.nodes) <= 7 + 4  # constants come on top
    assert limited.hidden > 0
    assert trace(loss) == before
    assert all(p.grad is None for p in layer.parameters())
    loss.backward()
    assert all(p.grad is not None for p in layer.parameters())
    with pytest.raises(ArgumentError, match="retain_graph=True"):
        draw(loss, unroll=True)


def test_what_cannot_be_unrolled_is_refused() -> None:
    x = Tensor(np.ones(2), requires_grad=True)
    with pytest.raises(ArgumentError, match="there is none in this graph"):
        draw(x * 2.0, unroll=True)
    with pytest.raises((DTypeError, ArgumentError), match="unroll"):
        draw(x * 2.0, unroll=3)  # type: ignore[arg-type]
