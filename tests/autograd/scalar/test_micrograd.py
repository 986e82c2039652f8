"""micrograd's own code runs on Scalar: its networks, its demo, its picture of the graph."""

from __future__ import annotations

import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograd import Scalar

micrograd = pytest.importorskip("micrograd")


def micrograds_networks() -> SimpleNamespace:
    """micrograd/nn.py, line by line, but for the import of Value."""
    source = (Path(micrograd.__file__).parent / "nn.py").read_text()
    line = "from micrograd.engine import Value"
    assert line in source
    names: dict[str, Any] = {}
    exec(compile(source.replace(line, "from autograd import Scalar as Value"), "nn.py", "exec"), names)
    return SimpleNamespace(**names)


def demo(Value: Any, MLP: Any, X: Any, y: Any, steps: int) -> tuple[list[float], float, list[bool]]:
    """The code of micrograd's demo.ipynb: (losses, the last accuracy, the signs on a grid)."""
    random.seed(1337)
    model = MLP(2, [4, 4, 1])

    def loss(batch_size: int | None = None) -> Any:
        if batch_size is None:
            Xb, yb = X, y
        else:
            ri = np.random.default_rng(0).permutation(X.shape[0])[:batch_size]
            Xb, yb = X[ri], y[ri]
        inputs = [list(map(Value, xrow)) for xrow in Xb]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(yb, scores)]  # noqa: B905
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(yb, scores)]  # noqa: B905
        return total_loss, sum(accuracy) / len(accuracy)

    found = []
    for k in range(steps):
        total_loss, acc = loss(None if k % 2 else 10)
        model.zero_grad()
        total_loss.backward()
        learning_rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        found.append(total_loss.data)
    grid = [list(map(Value, point)) for point in np.c_[np.linspace(-1, 2, 7), np.linspace(-1, 1, 7)]]
    return found, acc, [s.data > 0 for s in map(model, grid)]


def moons() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    angle, y = rng.uniform(0, np.pi, 24), np.tile([-1, 1], 12)
    x = np.where(y < 0, np.cos(angle), 1 - np.cos(angle)), np.where(y < 0, np.sin(angle), 0.5 - np.sin(angle))
    return np.stack(x, axis=1), y


def test_the_demo_trains_as_on_micrograd() -> None:
    from micrograd.engine import Value
    from micrograd.nn import MLP

    X, y = moons()
    losses, accuracy, signs = demo(Scalar, micrograds_networks().MLP, X, y, 6)
    expected, their_accuracy, their_signs = demo(Value, MLP, X, y, 6)
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    assert (accuracy, signs) == (their_accuracy, their_signs)
    assert losses[-1] < losses[0]


def trace(root: Any) -> tuple[set[Any], set[Any]]:
    nodes: set[Any] = set()
    edges: set[Any] = set()

    def build(v: Any) -> None:
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def draw_dot(root: Any, format: str = "svg", rankdir: str = "LR") -> Any:
    """The function of micrograd's trace_graph.ipynb."""
    from graphviz import Digraph

    nodes, edges = trace(root)
    dot = Digraph(format=format, graph_attr={"rankdir": rankdir})
    for n in nodes:
        dot.node(name=str(id(n)), label="{ data %.4f | grad %.4f }" % (n.data, n.grad), shape="record")  # noqa: UP031
        if n._op:
            dot.node(name=str(id(n)) + n._op, label=n._op)
            dot.edge(str(id(n)) + n._op, str(id(n)))
    for n1, n2 in edges:
        dot.edge(str(id(n1)), str(id(n2)) + n2._op)
    return dot


def test_draw_dot_runs_on_a_neuron() -> None:
    random.seed(1337)
    neuron = micrograds_networks().Neuron(2)
    y = neuron([Scalar(1.0), Scalar(-2.0)])
    y.backward()
    source = draw_dot(y).source
    assert source.count("shape=record") == 10  # 2 inputs, 3 parameters, 2 products, 2 sums, ReLU
    assert [source.count(f'label="{sign}"') + source.count(f"label={sign}]") for sign in ("+", "*", "ReLU")] == [
        2,
        2,
        1,
    ]


@pytest.mark.parametrize(
    ("function", "sign", "parents"),
    [
        (lambda a, b: a + b, "+", 2),
        (lambda a, b: a * b, "*", 2),
        (lambda a, b: a * a, "*", 1),
        (lambda a, b: a - b, "-", 2),
        (lambda a, b: 2 / a, "/", 1),
        (lambda a, b: a**3, "**3", 1),
        (lambda a, b: a**-0.5, "**-0.5", 1),
        (lambda a, b: a**b, "**", 2),
        (lambda a, b: a.relu(), "ReLU", 1),
        (lambda a, b: a.tanh(), "tanh", 1),
        (lambda a, b: a, "", 0),
    ],
)
def test_parents_and_signs(function: Any, sign: str, parents: int) -> None:
    made = function(Scalar(2.0), Scalar(3.0))
    assert (made._op, len(made._prev)) == (sign, parents)
    assert isinstance(made._prev, set)


def test_printed_as_a_value_is() -> None:
    a = Scalar(2.0)
    (a * 3).backward()
    assert repr(a) == "Scalar(data=2.0, grad=3.0)"
