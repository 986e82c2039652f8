"""Pictures of large graphs, of modules and of gradients, and the graph in other formats."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Scalar, Tensor, detect_anomaly, draw, trace
from autograd.errors import ArgumentError
from autograd.viz import Graph, Values, drawing
from autograd.viz.data.values import values_of, written, written_gradient
from autograd.viz.picture import compose
from autograd.viz.picture.picture import Box, Picture
from autograd.viz.picture.themes import scale_of


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def net(*sizes: int) -> nn.Module:
    generator = rng()
    layers: list[nn.Module] = []
    for n, m in itertools.pairwise(sizes):
        layers += [nn.Linear(n, m), nn.Tanh()]
    model = nn.Sequential(*layers[:-1])
    for p in model.parameters():
        nn.init.normal_(p, std=0.3, rng=generator)
    return model


def loss_of(model: nn.Module, features: int) -> Any:
    return (model(rng().normal(size=(3, features)).astype(np.float32)) ** 2).mean()


def texts(picture: Picture) -> str:
    return "\n".join(line.text for box in picture.boxes for line in (*box.mark, *box.lines))


def titles(picture: Picture) -> set[str]:
    return {frame.title for box in picture.boxes for frame in box.frames}


def box_of(picture: Picture, text: str) -> Box:
    return next(box for box in picture.boxes if any(text in line.text for line in box.lines))


# Large graphs


def test_a_deep_network_is_drawn_as_one_layer_and_a_number() -> None:
    y = loss_of(net(*[6] * 101, 2), 6)
    y.backward(retain_graph=True)
    picture = draw(y).picture
    assert len(picture.boxes) < 20
    assert {"×100", "0 … 198 · Linear"} <= titles(picture)
    folded = [
        box for box in picture.boxes if "100 of them" in texts(Picture((box,), (), picture.options, picture.theme))
    ]
    assert len(folded) == 2  # weight and bias
    assert all(len(box.heat) == 2 and box.heat[0] < box.heat[1] for box in folded)  # from the first layer to the last
    assert any("×n" in note for note in picture.notes)
    assert [arrow.kind for arrow in picture.arrows].count("next") == 1
    everything = draw(y, fold=False, limit=1000).picture
    assert len(everything.boxes) == len(trace(y).nodes) - 1  # the exponent 2 is written in its operation
    assert not any(arrow.kind == "next" for arrow in everything.arrows)


def test_steps_of_a_recurrent_network_are_folded_and_its_weights_are_shared() -> None:
    w, u = Tensor(np.eye(3) * 0.5, requires_grad=True), Tensor(np.eye(3) * 0.1, requires_grad=True)
    x = rng().normal(size=(400, 2, 3))
    h: Any = np.zeros((2, 3))
    for t in range(400):
        gate = 1 / (1 + np.exp(-(x[t] @ w + h @ u)))
        h = gate * np.tanh(h @ u) + (1 - gate) * h
    graph = trace(h.sum())
    assert len(graph.nodes) > 2000
    picture = draw(h.sum()).picture
    assert len(picture.boxes) <= 40
    assert any(title.startswith("×") and int(title[1:]) >= 398 for title in titles(picture))
    parameters = [box for box in picture.boxes if box.kind == "parameter"]
    assert len(parameters) == 2  # once each, outside of the block that uses them
    assert all(not box.frames for box in parameters)
    assert sum(arrow.source == parameters[1].id for arrow in picture.arrows) >= 2  # with all its uses


def test_a_block_of_modules_gets_its_range_and_nested_blocks_fold_too() -> None:
    class Deep(nn.Module):
        def __init__(self) -> None:
            self.blocks = [
                nn.Residual(nn.Sequential(*[layer for _ in range(4) for layer in (nn.Linear(5, 5), nn.Tanh())]))
                for _ in range(9)
            ]

        def forward(self, x: Any) -> Any:
            for block in self.blocks:
                x = block(x)
            return x

    y = loss_of(Deep(), 5)
    picture = draw(y, fold=True).picture
    assert "blocks.0 … 8 · Residual ×9" in titles(picture)
    assert "×4" in titles(picture)
    assert len(picture.boxes) <= 12


def test_modules_are_closed_down_to_a_depth_and_by_themselves_if_there_are_too_many() -> None:
    y = loss_of(net(3, 4, 5, 6, 7, 8, 2), 3)
    closed = draw(y, depth=1).picture
    assert [box.kind for box in closed.boxes].count("module") == 11
    assert "16 parameters, 1 operation" in texts(closed)
    assert draw(y, depth=0).picture.boxes[1].lines[0].text == "Sequential"
    small = draw(y, limit=20).picture
    assert len(small.boxes) <= 20
    assert any("closed" in note for note in small.notes)
    assert len([arrow for arrow in closed.arrows if arrow.kind == "data"]) == len(set(closed.arrows))


def test_a_module_that_is_called_again_is_drawn_again_when_it_is_closed() -> None:
    act, layer = nn.Tanh(), nn.Linear(3, 3)

    class Twice(nn.Module):
        def __init__(self) -> None:
            self.act, self.layer = act, layer

        def forward(self, x: Any) -> Any:
            return self.act(self.layer(self.act(self.layer(x))))

    picture = draw(loss_of(Twice(), 3), depth=1).picture
    assert [box.lines[0].text for box in picture.boxes if box.kind == "module"] == ["layer · Linear", "act · Tanh"] * 2
    assert not any(arrow.source == arrow.target for arrow in picture.arrows)


def test_two_models_of_one_class_have_frames_of_their_own() -> None:
    a, b = net(3, 3), net(3, 3)
    y = loss_of(nn.Sequential(a), 3)
    graph = trace(y + (a(np.ones((2, 3), np.float32)) * b(np.ones((2, 3), np.float32))).sum())
    assert {node.scope[0] for node in graph.nodes if node.scope} == {"Sequential", "Sequential #2", "Sequential #3"}


def test_a_wide_fan_stays_within_the_limit() -> None:
    x = Tensor(1.0, requires_grad=True)
    y = sum([np.sin(x * float(i)) for i in range(3000)], Tensor(0.0))
    graph = trace(y)
    assert len([edge for edge in graph.edges if edge.source == 0]) == 3000
    assert len(draw(y).picture.boxes) <= 151
    cut = draw(y, fold=False, limit=30).picture
    assert len(cut.boxes) == 31
    assert sum(arrow.kind == "more" for arrow in cut.arrows) >= 1


def test_a_million_nodes_with_a_limit() -> None:
    y = Scalar(1.0)
    for _ in range(1_000_000):
        y = -y
    graph = trace(y, limit=500)
    assert (len(graph.nodes), graph.hidden) == (500, 999_501)
    assert repr(graph) == "Graph(500 nodes, 499 edges, 999501 more before)"
    assert "999,501 earlier values and operations" in graph.to_dot()
    with pytest.raises(ArgumentError, match="limit"):
        trace(y, limit=0)


# Gradients


def test_a_scale_shows_what_vanishes() -> None:
    y = loss_of(net(4, 4, 4, 2), 4)
    y.backward(retain_graph=True)
    picture = draw(y).picture
    assert picture.scale is not None
    small, usual, large = [
        picture.scale.color(10.0**e, picture.theme)[0]
        for e in (picture.scale.low, picture.scale.middle, picture.scale.high)
    ]
    assert (small, usual, large) == picture.theme.heat
    assert picture.scale.color(0.0, picture.theme)[0] == picture.theme.zero
    assert picture.scale.color(math.nan, picture.theme)[0] == picture.theme.bad
    assert "norm of the gradient" in draw(y).to_dot()
    assert draw(y, color="kind").picture.scale is None
    filled = draw(y, color="gradient").to_dot()
    assert picture.theme.fills["parameter"] not in filled.split("label=<<table")[1]
    assert scale_of([1.0]) is None
    assert scale_of([0.0, math.inf]) is not None  # zero and infinity always have a colour
    assert scale_of([1e308, 1e307, 1e-320]).steps(picture.theme)  # type: ignore[union-attr]


def test_scalars_are_coloured_by_kind_unless_asked() -> None:
    x = Scalar(2.0)
    y = x * x + 1e-9 * x
    y.backward()
    assert draw(y).picture.scale is None
    assert draw(y, color="gradient").picture.scale is not None


def test_complete_fills_in_every_gradient_and_changes_none() -> None:
    model = net(3, 5, 2)
    x = rng().normal(size=(4, 3)).astype(np.float32)
    called = []
    model.register_full_backward_hook(lambda *args: called.append(args))
    y = nn.functional.cross_entropy(model(x), np.array([0, 1, 1, 0])) + (np.split(model(x), 2, axis=1)[0] ** 2).mean()
    graph = trace(y, complete=True)
    assert not called
    assert all(p.grad is None for p in model.parameters())
    operations = [node for node in graph.nodes if node.kind == "operation"]
    assert all(node.grad is not None for node in operations if node.shape is not None)
    assert all(node.value is not None for node in operations if node.shape is not None)
    y.backward()  # it is not freed
    expected = {name: p.grad.numpy() for name, p in model.named_parameters()}
    for node in graph.nodes:
        if node.kind == "parameter":
            assert isinstance(node.grad, Values)
            np.testing.assert_allclose(np.array(node.grad.numbers), expected[node.name], rtol=1e-5, atol=1e-7)
            shares = [
                np.array(e.share.numbers) for e in graph.edges if e.source == node.id and isinstance(e.share, Values)
            ]
            np.testing.assert_allclose(sum(shares), expected[node.name], rtol=1e-5, atol=1e-7)
    freed = trace(y, complete=True)
    assert freed.freed
    assert freed.nodes[0].grad == 1.0


def test_complete_for_scalars() -> None:
    a = Scalar(3.0, label="a")
    y = (2.0 - a) * a.tanh() + a.relu()
    graph = trace(y, complete=True)
    assert a.grad is None
    y.backward()
    assert graph.nodes[0].grad == pytest.approx(a.grad)
    shares = [edge.share for edge in graph.edges if edge.source == graph.nodes[0].id]
    assert len(shares) == 3
    assert sum(shares) == pytest.approx(a.grad)  # type: ignore[arg-type]
    assert [edge.index for edge in graph.edges if edge.source == 0] == [1, 0, 0]  # in 2 - a it is the second


def test_the_graph_of_a_gradient() -> None:
    x = Tensor([0.5, -1.0], requires_grad=True)
    np.sum(np.tanh(x) ** 3).backward(create_graph=True)
    assert x.grad is not None
    graph = trace(x.grad)
    assert {"tanh", "multiply"} <= {node.op for node in graph.nodes}
    assert [node.kind for node in graph.nodes].count("parameter") == 1
    s = Scalar(Scalar(2.0, label="s"))
    (s**3).backward()
    assert [node.name for node in trace(s.grad).nodes if node.name] == ["s"]


def test_the_line_of_the_user_is_known_under_detect_anomaly() -> None:
    x = Tensor([0.5], requires_grad=True)
    with detect_anomaly():
        y = np.exp(x)
    node = trace(y).nodes[-1]
    assert "test_pictures.py" in node.source
    assert "y = np.exp(x)" in node.source
    assert "np.exp(x)" in texts(draw(y, show="source").picture)
    assert "np.exp(x)" not in texts(draw(y).picture)


# Looks


def test_themes_and_wrong_options() -> None:
    y = Scalar(1.0) + 2.0
    light, dark = draw(y).to_dot(), draw(y, theme="dark").to_dot()
    assert 'bgcolor="#FFFFFF"' in light
    assert 'bgcolor="#14181D"' in dark
    for options in ({"theme": "pink"}, {"color": "red"}, {"depth": -1}, {"limit": True}):
        with pytest.raises(ArgumentError, match=next(iter(options))):
            draw(y, **options)


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array([[1.0, 2.0], [3.0, -0.5]]), "[[1, 2]\n\N{NO-BREAK SPACE}[3, -0.5]]"),
        (np.zeros(1000), "all 0"),
        (np.array([0.0, 1.0] * 50), "0.5 ± 0.5, 50% zero"),
        (np.array([np.nan, np.inf, 1.0, 2.0] * 5), "1.5 ± 0.5, 5 nan, 5 inf"),
        (np.full(9, np.nan), "9 nan"),
        (np.zeros((0, 3)), "[]"),
        (np.float32(2.5), "2.5"),
        (np.array(True), "1"),
    ],
    ids=["table", "constant", "zeros", "bad", "all bad", "empty", "number", "bool"],
)
def test_values_as_text(array: Any, text: str) -> None:
    assert written(values_of(array)) == text


def test_statistics_neither_overflow_nor_vanish() -> None:
    for size in (1e200, 1e-200):
        content = values_of(np.full(300, size))
        assert isinstance(content, Values)
        assert content.norm == pytest.approx(size * 300**0.5)
        assert content.std == pytest.approx(0.0, abs=1e-12 * size)
    assert written_gradient(values_of(np.full(16, 0.5))) == "‖2‖"
    assert written_gradient(values_of(np.array([1.0, np.nan] * 8))) == "‖nan‖"


# Arranged and laid out once


class Counted:
    """A function that counts its calls."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self.calls: list[tuple[Any, ...]] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls.append(args)
        return self.f(*args, **kwargs)


@pytest.fixture
def arranged(monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted = Counted(compose.arranged)
    monkeypatch.setattr(compose, "arranged", counted)
    return counted


@pytest.fixture
def images(monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted = Counted(lambda dot, format: f"<{format}>".encode())
    monkeypatch.setattr(drawing, "image_of", counted)
    return counted


def test_a_script_arranges_a_picture_once(arranged: Counted, images: Counted, tmp_path: Path) -> None:
    made = draw(Scalar(2.0) * 3.0, tmp_path / "graph.svg")
    assert len(arranged.calls) == len(images.calls) == 1
    for suffix in ("svg", "dot", "mmd"):
        made.render(tmp_path / f"again.{suffix}")
    assert (tmp_path / "again.svg").read_bytes() == b"<svg>"
    assert len(arranged.calls) == len(images.calls) == 1


def test_a_notebook_arranges_a_picture_once_and_lays_out_each_format_once(arranged: Counted, images: Counted) -> None:
    made = draw(Scalar(2.0) * 3.0)
    for _ in range(2):
        assert set(made._repr_mimebundle_()) == {"text/plain", "text/html", "image/png"}
    assert len(arranged.calls) == 1
    assert [format for _, format in images.calls] == ["svg", "png"]


# As other data


def graphs() -> dict[str, Callable[[], Graph]]:
    def scalars() -> Graph:
        y = (Scalar(float("nan"), label='"<b>') * 2.0 - Scalar(float("-inf"))).tanh()
        y.backward()
        return trace(y)

    def tensors() -> Graph:
        y = loss_of(net(3, 4, 2), 3)
        y.backward(retain_graph=True)
        return trace(y, complete=True)

    def bad() -> Graph:
        return trace(Tensor([np.nan, np.inf, 0.0], requires_grad=True) * np.arange(3))

    return {"scalars": scalars, "tensors": tensors, "bad": bad, "cut": lambda: trace(Scalar(1.0).exp().exp(), limit=2)}


@pytest.mark.parametrize("make", graphs().values(), ids=list(graphs()))
def test_json_there_and_back(make: Callable[[], Graph]) -> None:
    graph = make()
    text = graph.to_json()
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    again = Graph.from_json(text)
    assert again == graph
    assert again.to_json() == text
    assert again.to_dot() == graph.to_dot()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"chainrule": 99}',
        '{"chainrule": 1, "nodes": [{"id": 0, "x": 1}], "edges": []}',
        '{"chainrule": 1, "nodes": [], "edges": [{"source": 0, "target": 1, "index": 0}]}',
    ],
)
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(ArgumentError):
        Graph.from_json(text)


def test_networkx() -> None:
    nx = pytest.importorskip("networkx")
    y = Scalar(2.0, label="x")
    y = y + y
    made = trace(y).to_networkx()
    assert made.nodes[0]["name"] == "x"
    assert made.number_of_edges(0, 1) == 2
    assert made.edges[0, 1, 1]["local"] == 1.0
    assert nx.is_directed_acyclic_graph(made)


# Models


def test_the_diagram_of_a_model() -> None:
    model = nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Residual(nn.Linear(6, 6)), nn.Dropout(), nn.Linear(6, 3))
    before = {name: p.numpy().copy() for name, p in model.named_parameters()}
    picture = model.draw((5, 8)).picture
    assert [line.text for line in box_of(picture, "0 · Linear").lines] == [
        "0 · Linear",
        "(5, 8) → (5, 6)",
        "54 parameters",
    ]
    assert [line.text for line in box_of(picture, "1 · ReLU").lines] == ["1 · ReLU", "(5, 6) → (5, 6)"]
    assert [box.kind for box in picture.boxes].count("input") == 1
    assert "+" in texts(picture)  # of the residual connection
    assert picture.options.title == "Sequential: 117 parameters"
    assert all(np.array_equal(before[name], p.numpy()) for name, p in model.named_parameters())
    assert model.training
    assert not model[0]._module_hooks


def test_the_diagram_of_a_model_that_reads_numbers_and_keeps_statistics() -> None:
    class Words(nn.Module):
        def __init__(self) -> None:
            self.embedding, self.norm, self.rnn = nn.Embedding(9, 4), nn.BatchNorm1d(4), nn.LSTM(4, 3, batch_first=True)

        def forward(self, x: Any) -> Any:
            return self.rnn(np.swapaxes(self.norm(np.swapaxes(self.embedding(x), 1, 2)), 1, 2))[0]

    picture = Words().draw(np.zeros((2, 5), np.int64)).picture
    assert [box.kind for box in picture.boxes].count("input") == 1
    assert {"embedding · Embedding", "norm · BatchNorm1d", "rnn · LSTM"} <= {box.lines[0].text for box in picture.boxes}


def test_a_deep_model_is_folded_and_wrong_calls_are_refused() -> None:
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 12)
    picture = model.draw((4, 2, 8)).picture
    assert "layers.0 … 11 · TransformerEncoderLayer ×12" in titles(picture)
    assert len(picture.boxes) < 15
    with pytest.raises(ArgumentError, match="input shape"):
        model.draw()
    with pytest.raises(ArgumentError, match="nothing to draw"):
        nn.Lambda(lambda x: 3).draw((2, 2))
    with pytest.raises(ArgumentError, match="direction"):
        model.draw((4, 2, 8), direction="up")


def test_a_gradient_that_is_zero_or_infinite_is_marked() -> None:
    a, b = Tensor([1.0], requires_grad=True), Tensor([0.0], requires_grad=True)
    with np.errstate(divide="ignore"):
        y = (a * 0.0 + np.log(b)).sum()
    y.backward(retain_graph=True)
    dot = draw(y).to_dot()
    theme = draw(y).picture.theme
    assert f'bgcolor="{theme.zero}"><font color="{theme.ink}">grad [0]' in dot
    assert f'bgcolor="{theme.bad}"><font color="{theme.paper}">grad [inf]' in dot
    assert "nan, inf" in dot


def test_the_calls_of_one_module_are_joined_by_what_flows_between_them_alone() -> None:
    shared = nn.Linear(3, 3)
    text = nn.Sequential(shared, nn.Tanh(), shared, nn.Tanh(), shared).draw((2, 3)).to_mermaid()
    boxes = re.findall(r"^\s*(m\d+)\b.*Linear", text, flags=re.MULTILINE)
    assert len(boxes) == 3
    arrows = re.findall(r"(m\d+) -->(?:\|[^|]*\|)? (m\d+)", text)
    assert arrows
    assert not {(a, b) for a in boxes for b in boxes} & set(
        arrows
    )  # the shared weight makes no arrow from one call to another


def test_where_a_models_picture_goes_is_said_by_name() -> None:
    model = nn.Linear(3, 2)
    with pytest.raises(ArgumentError, match=r"path='m.png'"):
        model.draw((4, 3), "m.png")
    with pytest.raises(ArgumentError, match="steps through backpropagation"):
        model.draw((4, 3), path="m.html")


def test_a_skip_around_a_folded_block_stays_in_one_block() -> None:
    """No arrow feeds `+` into itself: what comes from the block before comes in at one box, and goes out at another."""
    blocks = [nn.Residual(nn.Sequential(nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 5))) for _ in range(50)]
    picture = draw(loss_of(nn.Sequential(nn.Linear(5, 5), *blocks), 5), fold=True).picture
    assert "1 … 50 · Residual ×50" in titles(picture)
    boxes = {box.id: box for box in picture.boxes}
    assert all(arrow.source != arrow.target for arrow in picture.arrows)
    entrance, way_out = [box for box in picture.boxes if box.kind == "carried"]
    (plus,) = [box.id for box in picture.boxes if any(line.text == "+" for line in box.lines)]
    into = {arrow.source for arrow in picture.arrows if arrow.target == entrance.id}
    assert [boxes[i].lines[0].text for i in into] == ["linear"]
    assert boxes[into.pop()].frames[-1].title == "0 · Linear"
    users = {boxes[arrow.target].lines[0].text for arrow in picture.arrows if arrow.source == entrance.id}
    assert users == {"+", "linear"}  # the skip, inside of the block, and the block itself
    assert [(arrow.source, arrow.kind) for arrow in picture.arrows if arrow.target == way_out.id] == [(plus, "next")]
    assert (
        {frame.title for frame in entrance.frames}
        == {"Sequential", "1 … 50 · Residual ×50"}
        == {frame.title for frame in way_out.frames}
    )


def test_a_running_sum_and_two_states_come_in_and_go_out() -> None:
    x = Tensor(np.ones(3), requires_grad=True)
    total = x * 2.0
    for _ in range(20):
        total = total + x
    arrows = draw(total, fold=True).picture.arrows
    assert all(arrow.source != arrow.target for arrow in arrows)
    h, c = x * 3.0, x * 5.0
    for _ in range(20):
        h, c = np.tanh(h * c), np.sin(h + c)
    marks = [box.lines[0].text for box in draw(h + c, fold=True).picture.boxes if box.kind == "carried"]
    assert sorted(marks) == ["⟲1", "⟲1", "⟲2", "⟲2"]


def test_the_boxes_of_carried_values_count_towards_the_limit() -> None:
    blocks = [nn.Residual(nn.Sequential(nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 5))) for _ in range(50)]
    loss = loss_of(nn.Sequential(*blocks), 5)
    for limit in range(1, 20):
        picture = draw(loss, limit=limit).picture
        assert sum(box.kind != "more" for box in picture.boxes) <= limit
        known = {box.id for box in picture.boxes}
        assert all(arrow.source in known and arrow.target in known for arrow in picture.arrows)


def network_of_scalars() -> Any:
    values: list[Any] = [Scalar(1.0, label="x1"), Scalar(-2.0, label="x2")]
    for size in (5, 2):
        sums = []
        for j in range(size):
            total: Any = Scalar(0.1, label=f"b{j}")
            for i, value in enumerate(values):
                total = total + Scalar(0.1 * (i + 1) + 0.03 * j, label=f"w{j}{i}") * value
            sums.append(total)
        values = [total.tanh() for total in sums]
    return values[0] * values[1]


def test_sums_of_scalars_are_one_box_in_a_large_picture() -> None:
    loss = network_of_scalars()
    loss.backward()
    graph = trace(loss)
    sums, each = draw(loss).picture, draw(loss, fold=False).picture
    marks = [[line.text for line in box.mark] for box in sums.boxes]
    assert marks.count(["Σ"]) == 7
    assert ["+"] not in marks
    assert sum([line.text for line in box.mark] == ["+"] for box in each.boxes) == 20
    assert len(each.boxes) - len(sums.boxes) == 13
    by_value = {written(node.value): written(node.grad) for node in graph.nodes if node.op == "add"}
    for box, mark in zip(sums.boxes, marks, strict=True):
        if mark == ["Σ"]:  # the value and the gradient of the last addition
            value, grad = [line.text for line in box.lines]
            assert by_value[value] == grad
            arrows = [arrow for arrow in sums.arrows if arrow.target == box.id]
            assert len(arrows) in (3, 6)
            assert not any(arrow.lines for arrow in arrows)  # each local derivative is 1, as the note says
    assert any("Σ" in note for note in sums.notes)
    assert any("it is 1" in note for note in sums.notes)


def test_partial_sums_that_are_used_twice_named_or_results_stay() -> None:
    x = [Scalar(float(i)) for i in range(60)]
    total: Any = x[0]
    parts = []
    for value in x[1:]:
        total = total + value
        parts.append(total)
    parts[9].label = "ten"
    twice = parts[30] * parts[20]
    boxes = draw([total, parts[40], twice], limit=1000).picture.boxes
    assert sum([line.text for line in box.mark] == ["Σ"] for box in boxes) == 5
    assert any(line.text == "ten" for box in boxes for line in box.lines)


def test_a_few_scalars_say_what_each_number_is() -> None:
    a = Scalar(2.0, label="a")
    y = a * a + a
    y.backward()
    lines = [line.text for box in draw(y).picture.boxes for line in box.lines]
    assert "data 2" in lines
    assert "grad 5" in lines
