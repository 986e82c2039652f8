"""Pictures: the traced data, the DOT text by its structure, and the engines that lay it out."""

from __future__ import annotations

import base64
import dataclasses
import gc
import re
import weakref
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from autograd.engine.modes import Mode, mode
from autograd.engine.primitive import primitive
from autograd.errors import ArgumentError, DTypeError, RenderError
from autograd.scalar.scalar import Scalar
from autograd.tensor.tensor import Tensor
from autograd.viz import Drawing, Graph, Values, draw, trace
from autograd.viz.data.values import written, written_gradient
from autograd.viz.output import render

HOSTILE = 'a"b\\N<script>&amp;\\"}]; x [label="y"\n\x00\x1b\ud800\N{SNOWMAN}'


def kinds(graph: Graph) -> list[tuple[str, Any]]:
    return [
        (node.kind, node.op or node.name or (node.value if node.kind == "constant" else "")) for node in graph.nodes
    ]


@dataclasses.dataclass
class Parsed:
    """What a DOT text says: attributes of the graph and of each node and edge, and the names of the frames."""

    graph: dict[str, str]
    nodes: dict[str, dict[str, str]]
    edges: list[dict[str, str]]
    frames: list[str]


def parse(dot: str) -> Parsed:
    """The DOT text, read by Graphviz's own parser (its objects crash when they outlive their graph: copy all)."""
    parsed = pytest.importorskip("pygraphviz").AGraph(string=dot)
    frames, todo = [], [parsed]
    while todo:
        children = todo.pop().subgraphs()
        frames += [str(child.name) for child in children]
        todo += children
    defaults = dict(parsed.node_attr)
    return Parsed(
        dict(parsed.graph_attr),
        {str(node): defaults | {k: str(v) for k, v in dict(node.attr).items() if v} for node in parsed.nodes()},
        [{k: str(v) for k, v in dict(edge.attr).items()} | {"ends": f"{edge[0]} {edge[1]}"} for edge in parsed.edges()],
        frames,
    )


class Named(Tensor):
    """A leaf with a name, as a parameter of a module has."""

    def __init__(self, name: str, data: Any) -> None:
        super().__init__(data, requires_grad=True)
        self.name = name


# The data


def test_trace_of_scalars() -> None:
    a, b = Scalar(2.0, label="a"), Scalar(-3.0, label="b")
    y = 1.0 - a * b
    y.label = "y"
    graph = trace(y)
    assert kinds(graph) == [
        ("parameter", "a"),
        ("parameter", "b"),
        ("operation", "mul"),
        ("constant", 1.0),
        ("operation", "sub"),
    ]
    assert [(e.source, e.target, e.index, e.local) for e in graph.edges] == [
        (0, 2, 0, -3.0), (1, 2, 1, 2.0), (3, 4, 0, None), (2, 4, 1, -1.0),
    ]  # fmt: skip
    assert [node.not_run for node in graph.nodes] == [True, True, True, False, True]
    assert [node.grad for node in graph.nodes] == [None] * 5
    assert graph.nodes[4].value == 7.0
    assert graph.nodes[4].name == "y"
    assert [node.result for node in graph.nodes] == [False] * 4 + [True]
    y.backward()
    assert [node.grad for node in trace(y).nodes] == [3.0, -2.0, -1.0, None, 1.0]


def test_trace_of_tensors() -> None:
    w = Named("weight", np.ones((3, 2)))
    x = np.ones((4, 3))
    y = (x @ w) ** 2 * 0.5 + x @ w
    graph = trace(y)
    assert kinds(graph) == [
        ("input", ""), ("parameter", "weight"), ("operation", "matmul"), ("constant", 2), ("operation", "power"),
        ("constant", 0.5),
        ("operation", "multiply"), ("operation", "matmul"), ("operation", "add"),
    ]  # fmt: skip
    assert [n.shape for n in graph.nodes if n.kind != "constant"] == [(4, 3), (3, 2), *[(4, 2)] * 5]
    assert {e.vjp for e in graph.edges if e.source == 1} == {"aᵀ·g"}
    assert {e.argument for e in graph.edges if e.source == 0} == {"a"}
    assert {e.shape for e in graph.edges if e.source == 1} == {(3, 2)}
    assert graph.nodes[1].not_run
    assert not graph.nodes[0].wants_grad
    assert graph.nodes[1].dtype == "float64"
    y.retain_grad()
    y.backward(np.ones((4, 2)))
    grad = trace(w).nodes[0].grad
    assert isinstance(grad, Values)
    assert grad.numbers == ((16.0, 16.0),) * 3
    assert (grad.norm, grad.mean, grad.std) == (pytest.approx(16 * 6**0.5), 16.0, 0.0)
    assert trace(y).nodes[0].grad_norm == pytest.approx(8**0.5)


def test_small_values_are_written_out_and_zero_is_not_the_same_as_not_run() -> None:
    x = Tensor([1.0, -0.25], requires_grad=True)
    (x * 0.0).backward(np.ones(2))
    node = trace(x).nodes[0]
    assert (written(node.value), written_gradient(node.grad)) == ("[1, -0.25]", "[0, 0]")
    assert not node.not_run
    assert trace(Tensor([1.0], requires_grad=True)).nodes[0].not_run
    assert written(trace(Tensor(np.float64(-0.0))).nodes[0].value) == "0"
    assert written(trace(Scalar(float("nan"))).nodes[0].value) == "nan"
    assert written(trace(Scalar(Scalar(1 / 3))).nodes[0].value) == "0.3333"
    empty = trace(Tensor(np.zeros((0, 3)), requires_grad=True)).nodes[0]
    assert empty.shape == (0, 3)


def test_a_graph_is_plain_data_and_keeps_nothing_alive() -> None:
    x = Tensor(np.ones(3), requires_grad=True)
    y = x * x
    reference = weakref.ref(y.node)
    graph = trace(y)
    gc.disable()
    try:
        del x, y
        assert reference() is None
    finally:
        gc.enable()
    assert dataclasses.asdict(graph)["nodes"][0]["kind"] == "parameter"
    assert graph == Graph(graph.nodes, graph.edges)
    with pytest.raises(dataclasses.FrozenInstanceError):
        graph.nodes[0].name = "x"  # type: ignore[misc]


@pytest.mark.parametrize("start", [Scalar(1.0), Tensor(1.0, requires_grad=True)], ids=["Scalar", "Tensor"])
def test_shared_parts_appear_once(start: Any) -> None:
    y = start
    for _ in range(17):
        y = y + y
    graph = trace(y)
    assert (len(graph.nodes), len(graph.edges)) == (18, 34)
    parsed = parse(graph.to_dot())
    assert len(parsed.nodes) == 18
    assert len(parsed.edges) == 34


def test_an_array_used_twice_is_one_input() -> None:
    x = np.ones((3, 2))
    w = Tensor(np.ones((2, 2)), requires_grad=True)
    graph = trace(x @ w * (x @ w + x))
    assert sum(node.kind == "input" for node in graph.nodes) <= 2  # if no rule reads an array, only its shape is kept


@pytest.mark.parametrize("start", [Scalar(1.0), Tensor(1.0, requires_grad=True)], ids=["Scalar", "Tensor"])
def test_a_long_chain(start: Any) -> None:
    y = start
    for _ in range(20_000):
        y = -y
    graph = trace(y)  # a recursion would fail, and a quadratic walk would take hours
    assert len(graph.nodes) == 20_001
    dot = graph.to_dot()
    assert len(parse(dot).nodes) == 2
    assert "×20,000" in dot
    assert len(parse(graph.to_dot(fold=False)).nodes) == 151
    assert "19,851 earlier values and operations" in graph.to_dot(fold=False)
    near = trace(y, limit=10)
    assert (len(near.nodes), len(near.edges), near.hidden) == (10, 9, 19_991)
    assert "19,991 earlier values and operations" in near.to_dot()


def test_several_roots() -> None:
    x = Tensor(np.ones(2), requires_grad=True)
    graph = trace([x * 2.0, x * x])
    assert [node.result for node in graph.nodes].count(True) == 2
    assert [node.kind for node in trace([x, x]).nodes] == ["parameter"]
    assert [node.op for node in trace([x * 2.0, Scalar(1.0) + 1.0]).nodes if node.result] == ["multiply", "add"]


def test_after_backward_the_freed_part_is_said_to_be_freed() -> None:
    x = Tensor(np.ones(2), requires_grad=True)
    y = x * x
    z = y * 3.0
    z.backward(np.ones(2))
    graph = trace(z)
    assert graph.freed
    assert len(graph.nodes) == 1
    assert graph.nodes[0].shape == (2,)
    assert "retain_graph=True" in graph.to_dot()
    assert parse(graph.to_dot())
    again = trace(y + 1.0)
    assert again.freed
    assert [n.op for n in again.nodes if n.freed] == ["multiply"]
    s = Scalar(2.0)
    t = s * s
    t.backward()
    assert not trace(t).freed


def test_module_scopes_become_frames() -> None:
    class Model:
        def __init__(self) -> None:
            self.inner = object()

        def named_modules(self) -> list[tuple[str, Any]]:
            return [("", self), ("fc1", self.inner)]

    model = Model()
    x = Tensor(np.ones(2), requires_grad=True)
    token = mode.set(Mode(True, False, (model, model.inner)))
    try:
        y = x * x
    finally:
        mode.reset(token)
    graph = trace(y * 2.0)
    assert [node.scope for node in graph.nodes if node.op] == [("Model", "fc1 · object"), ()]
    assert [node.module for node in graph.nodes if node.op] == ["Model.fc1", ""]
    assert parse(graph.to_dot()).frames == ["cluster Model", "cluster Model/fc1 · object"]
    assert not parse(graph.to_dot(show="value")).frames


def test_several_outputs_options_and_a_primitive_of_the_users() -> None:
    halves = primitive(
        lambda x, n, flag: (x[:n], x[n:]),
        joint=lambda g, out, x, n, flag: (np.concatenate(g), None, None),
        name="halves",
    )
    x = Tensor(np.arange(4.0), requires_grad=True)
    top, bottom = halves(x, 2, "a&b")
    graph = trace(top * bottom)
    node = next(n for n in graph.nodes if n.op == "halves")
    assert node.options == "2, 'a&b'"
    assert node.shape is None
    assert parse(graph.to_dot())


@pytest.mark.parametrize("wrong", [None, 3.0, np.ones(2), "x", [Scalar(1.0), 2.0]])
def test_what_has_no_graph_is_refused(wrong: Any) -> None:
    with pytest.raises(DTypeError, match="Tensor or a Scalar"):
        trace(wrong)


# The DOT text


def test_dot_of_scalars_shows_data_grad_and_local_derivatives() -> None:
    a, b = Scalar(2.0, label="a"), Scalar(-3.0, label="b")
    y = (a * b) ** 3 - a
    y.backward()
    parsed = parse(draw(y).to_dot())
    labels = [node["label"] for node in parsed.nodes.values()]
    assert sum("<b>a</b>" in label and "data 2" in label and "grad -325" in label for label in labels) == 1
    assert sum("x<sup>3</sup>" in label for label in labels) == 1  # the exponent is written in the operation
    arrows = [re.sub("<[^>]*>", "", edge["label"]).split() for edge in parsed.edges]
    assert sorted(arrows) == [["-3"], ["108"], ["2"], ["left", "1"], ["right", "-1"]]
    assert "given: gets a gradient" in parsed.graph["label"]  # a Scalar may be a weight or an input
    plain = parse(draw(y, show="value", legend=False, title="").to_dot())
    assert not any("108" in (edge.get("label") or "") for edge in plain.edges)
    assert not plain.graph.get("label")
    assert not any("grad" in node["label"] for node in plain.nodes.values())


def test_each_kind_has_a_colour_a_shape_and_a_line_in_the_legend() -> None:
    w = Named("w", np.ones((2, 2)))
    y = np.ones((3, 2)) @ w * 2.0
    dot = draw(y, title="one & all").to_dot()
    parsed = parse(dot)
    looks = {(node["shape"], node["fillcolor"], node.get("peripheries", "")) for node in parsed.nodes.values()}
    assert looks == {("note", "#D9F2E6", ""), ("box", "#D6EAF8", ""), ("box", "#FFF6D6", ""), ("box", "#FFF6D6", "2")}
    assert len({(node["shape"], node["style"]) for node in parsed.nodes.values()}) == 3  # without the colours, too
    assert parsed.graph["rankdir"] == "LR"
    for word in (
        "parameter: gets a gradient",
        "input",
        "operation",
        "result",
        "backward() has not run",
        "<b>one &amp; all</b>",
        "× 2",
    ):
        assert word in dot
    assert parse(draw(y, direction="TB").to_dot()).graph["rankdir"] == "TB"


def test_the_vjp_and_mixed_dtypes_on_request() -> None:
    x = Tensor(np.ones(2), requires_grad=True)
    assert "g·(1-out²)" in draw(np.tanh(x), show="vjp").to_dot()
    assert "g·(1-out²)" in draw(np.tanh(x)).to_dot()
    assert "g·(1-out²)" not in draw(np.tanh(x), show="value").to_dot()
    assert "float64" not in draw(x * x).to_dot()
    assert "float64" in draw(x * x, show="dtype").to_dot()
    mixed = draw(x * Tensor(np.ones(2, np.float32), requires_grad=True)).to_dot()
    assert "float32" in mixed
    assert "float64" in mixed


def test_labels_are_escaped() -> None:
    y = Scalar(1.0, label=HOSTILE) * Scalar(2.0, label="<b>")
    y.label = "--> {x|y}"
    w = Named(HOSTILE, np.ones(2)) * 2.0
    for root, count in ((y, 3), (w, 2)):
        dot = trace(root).to_dot(title=HOSTILE)
        assert "\x00" not in dot
        assert "&lt;script&gt;" in dot
        assert len(parse(dot).nodes) == count
        picture = ElementTree.fromstring(render.image_of(dot, "svg"))
        texts = [element.text or "" for element in picture.iter("{http://www.w3.org/2000/svg}text")]
        assert any('a"b\\N<script>&amp;' in text for text in texts)
        assert not list(picture.iter("{http://www.w3.org/2000/svg}script"))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"direction": "up"}, "direction"), ({"show": "grads"}, "grads"), ({"limit": 0}, "limit")],
    ids=str,
)
def test_wrong_options_are_refused_at_once(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        draw(Scalar(1.0), **options)


def test_a_large_graph_is_cut_near_its_result() -> None:
    x = [Scalar(float(i)) for i in range(50)]
    y = sum(x, Scalar(0.0))
    parsed = parse(draw(y, limit=10, fold=False).to_dot())
    assert len(parsed.nodes) == 11
    assert "91 earlier values and operations" in parsed.nodes["more"]["label"]


# The engines


@pytest.fixture
def no_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render.shutil, "which", lambda name: None)


@pytest.fixture
def no_engine(no_dot: None, monkeypatch: pytest.MonkeyPatch) -> None:
    find = render.importlib.util.find_spec
    monkeypatch.setattr(render.importlib.util, "find_spec", lambda name: None if name == "pygraphviz" else find(name))


@pytest.mark.usefixtures("no_dot")
def test_files_of_every_kind_without_a_dot_program(tmp_path: Path) -> None:
    pytest.importorskip("pygraphviz")
    y = Scalar(2.0, label="a") * Scalar(3.0)
    starts = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph {", "mmd": b"flowchart "}
    for suffix, start in starts.items():
        drawing = draw(y, tmp_path / f"graph.{suffix}")
        assert isinstance(drawing, Drawing)
        assert (tmp_path / f"graph.{suffix}").read_bytes().startswith(start)
        trace(y).render(str(tmp_path / f"again.{suffix}"), direction="TB")
        assert (tmp_path / f"again.{suffix}").stat().st_size
    with pytest.raises(ArgumentError, match=r"\.svg, \.png, \.pdf, \.dot, \.mmd or \.html"):
        draw(y, tmp_path / "graph.gif")


def test_a_dot_program_is_asked_first_and_the_wheel_when_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\ncat > /dev/null\necho '<svg>by the program</svg>'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert b"by the program" in render.image_of("digraph { a }", "svg")
    program.write_text("#!/bin/sh\necho 'no such format' >&2\nexit 1\n")
    pytest.importorskip("pygraphviz")
    assert render.image_of("digraph { a }", "svg").startswith(b"<?xml")


@pytest.mark.usefixtures("no_engine")
def test_without_any_engine_the_remedy_is_named_and_the_text_still_there(tmp_path: Path) -> None:
    y = Scalar(2.0) * 3.0
    with pytest.raises(RenderError, match=r"chainrule\[viz\](.|\n)*\.dot"):
        draw(y, tmp_path / "graph.svg")
    assert not (tmp_path / "graph.svg").exists()
    draw(y, tmp_path / "graph.dot")
    assert (tmp_path / "graph.dot").read_text().startswith("digraph")
    bundle = draw(y)._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert "chainrule[viz]" in bundle["text/plain"]
    assert repr(draw(y)).startswith("Drawing(Graph(3 nodes, 2 edges))")


def test_text_that_is_no_graph_is_an_error_with_the_engines_words(no_dot: None) -> None:
    pytest.importorskip("pygraphviz")
    with pytest.raises(RenderError, match="pygraphviz failed"):
        render.image_of("digraph { ", "svg")
    with pytest.raises(ArgumentError, match="svg, png, pdf"):
        render.image_of("digraph {}", "gif")


def test_a_notebook_gets_an_image_and_text() -> None:
    pytest.importorskip("pygraphviz")
    graph = trace(Scalar(2.0, label="a") * Scalar(3.0))
    bundle = graph._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "image/png"}
    source = bundle["text/html"].split('src="data:image/svg+xml;base64,')[1].split('"')[0]
    assert b"<svg" in base64.b64decode(source)
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert set(graph._repr_mimebundle_(include={"text/plain"})) == {"text/plain"}
    assert "image/png" not in graph._repr_mimebundle_(exclude={"image/png"})


def test_a_repr_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(dot: str, format: str) -> bytes:
        raise ValueError("everything is broken")

    monkeypatch.setattr("autograd.viz.drawing.image_of", broken)
    bundle = draw(Scalar(1.0))._repr_mimebundle_()
    assert "everything is broken" in bundle["text/plain"]
    assert set(bundle) == {"text/plain"}
    assert "show takes words" in Drawing(trace(Scalar(1.0)), {"show": "nonsense"})._repr_mimebundle_()["text/plain"]
