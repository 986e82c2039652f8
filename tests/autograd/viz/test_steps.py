"""Backpropagation one step at a time: the numbers of the story, its formulas, the layout and the page as text."""

from __future__ import annotations

import html
import itertools
import json
import math
import pickle
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd.engine.reverse import backward
from autograd.engine.settings import no_grad
from autograd.errors import ArgumentError, FreedGraphError, InPlaceError, RenderError
from autograd.scalar.scalar import Scalar
from autograd.tensor.tensor import Tensor
from autograd.viz import Graph, draw, steps, trace
from autograd.viz.data.values import Values, values_of
from autograd.viz.step_by_step import formulas, html_page, layout
from autograd.viz.step_by_step.html_page import page_of
from autograd.viz.step_by_step.story import Story
from autograd.viz.step_by_step.visits import as_array, is_table
from tests.cases import all_cases

HOSTILE = "</script><script>alert(1)</script>\"'&<b>\\u003c {{js}} \x00\ud800\N{SNOWMAN}"


by_wheel = layout.render.by_wheel


def unavailable(*_: Any) -> bytes:
    raise RenderError("not here")


@pytest.fixture(autouse=True)
def no_graphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are laid out without Graphviz, which is quicker and needs nothing installed."""
    monkeypatch.setattr(layout.render, "by_program", unavailable)
    monkeypatch.setattr(layout.render, "by_wheel", unavailable)


def chain() -> tuple[Any, list[Any]]:
    """The course's J = ½ (x_L - y)² behind two tanh units."""
    x, w1, b1, w2, b2, y = [
        Scalar(v, label=name)
        for v, name in zip((0.8, 0.5, 0.1, -1.2, 0.3, 1.0), ["x", "w1", "b1", "w2", "b2", "y"], strict=True)
    ]
    inner = (w1 * x + b1).tanh()
    return 0.5 * ((w2 * inner + b2).tanh() - y) ** 2, [x, w1, b1, w2, b2, y]


def diamond() -> tuple[Any, list[Any]]:
    a, b = Scalar(0.1, label="a"), Scalar(-0.7, label="b")
    c = a * b
    d = c + a
    return d * c + a**2 + d.exp() + a * a, [a, b]


def reflected() -> tuple[Any, list[Any]]:
    a, b = Scalar(2.0), Scalar(3.0)
    return 1.0 - a / b + 2.0**a + Scalar.maximum(a, b) * (4.0 / b).log() + abs(-a) * b.sigmoid().sqrt(), [a, b]


def behind_zero() -> tuple[Any, list[Any]]:
    a = Scalar(0.0)
    return a.sqrt().relu() * 3.0 + a, [a]


def nested() -> tuple[Any, list[Any]]:
    a = Scalar(Scalar(2.0))
    return a**3 + a, [a]


SCALARS = [chain, diamond, reflected, behind_zero, nested]


def leaf(*shape: int, dtype: Any = np.float64) -> Tensor:
    return Tensor(np.random.default_rng(sum(shape) + len(shape)).normal(size=shape), requires_grad=True, dtype=dtype)


def broadcast() -> tuple[Any, list[Any]]:
    w, b = leaf(2, 3), leaf(3)
    hidden = np.tanh(np.arange(8.0).reshape(4, 2) / 8 @ w + b)
    return np.mean((hidden - 0.5) ** 2), [w, b]


def shared() -> tuple[Any, list[Any]]:
    w, x = leaf(2, 2, dtype=np.float32), leaf(2, dtype=np.float32)
    h = w @ x
    return np.sum(w @ (h + x) * h + h / 3), [w, x]


def several_results() -> tuple[Any, list[Any]]:
    x = leaf(6)
    a, b, c = np.split(x, 3)
    return np.sum(a * b) + np.sum(np.exp(c)) + np.sum(x), [x]


def network() -> tuple[Any, list[Any]]:
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(12, 16, rng=rng), nn.LayerNorm(16), nn.Tanh(), nn.Linear(16, 3, rng=rng))
    loss = nn.CrossEntropyLoss()(model(rng.normal(size=(20, 12))), rng.integers(0, 3, 20))
    return loss, list(model.parameters())


def numbers() -> tuple[Any, list[Any]]:
    a, b = leaf(dtype=np.float32), leaf()
    return a * b + np.sin(a) * a, [a, b]


TENSORS = [broadcast, shared, several_results, network, numbers]
ALL = SCALARS + TENSORS


def story_of(x: Any) -> Story:
    return Story(trace(x, complete=True, elements=100_000))


def leaves_of(story: Story, leaves: list[Any]) -> list[int]:
    """The ids of the leaves: by name, by shape, or in the order in which a graph lists what it was computed from."""
    ids = [node.id for node in story.graph.nodes if node.kind == "parameter"]
    if isinstance(leaves[0], Scalar):
        by_value = {node.value: node.id for node in story.graph.nodes if node.kind == "parameter"}
        return [by_value[s.item()] for s in leaves]
    by_values = {np.asarray(as_array(story.nodes[i].value)).tobytes(): i for i in ids}
    return [by_values[np.asarray(t._array, np.float64).tobytes()] for t in leaves]


def gradient(leaf: Any) -> Any:
    return np.asarray(
        leaf.grad._array
        if isinstance(leaf, Tensor)
        else leaf.grad.item()
        if isinstance(leaf.grad, Scalar)
        else leaf.grad
    )


# The numbers


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
def test_the_gradients_are_the_engines_to_the_last_bit(make: Callable[[], tuple[Any, list[Any]]]) -> None:
    y, leaves = make()
    story = story_of(y)
    assert all(leaf.grad is None for leaf in leaves), "making the story must not touch .grad"
    y.backward()
    for i, leaf in zip(leaves_of(story, leaves), leaves, strict=True):
        assert np.array_equal(as_array(story.sweep.gradients[i]), gradient(leaf).astype(np.float64)), story.names[i]


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
def test_each_arrival_adds_to_the_one_before_and_the_last_is_the_gradient(
    make: Callable[[], tuple[Any, list[Any]]],
) -> None:
    story = story_of(make()[0])
    so_far: dict[int, Any] = dict(story.sweep.seeds)
    visited: set[int] = set()
    for visit in story.sweep.visits:
        assert visit.gradient == so_far.get(visit.node), "a node is visited when its gradient is complete"
        for k, arrival in enumerate(visit.arrivals):
            source = story.graph.edges[arrival.edge].source
            assert story.graph.edges[arrival.edge].target == visit.node
            assert arrival.old == so_far.get(source)
            if arrival.total is not None:  # None for an operation with several results, which have a gradient each
                dtype = story.nodes[source].dtype or "float64"
                old = 0 if arrival.old is None else as_array(arrival.old, dtype)
                assert np.array_equal(old + as_array(arrival.share, dtype), as_array(arrival.total, dtype)), (
                    visit.node,
                    k,
                )
            so_far[source] = arrival.total
            assert source not in visited, "nothing arrives after a node was visited"
        visited.add(visit.node)
    assert so_far == story.sweep.gradients


# BLAS sums in another order where a page keeps an array with another layout in memory
SUMMED_OTHERWISE = ("linalg.qr complete", "linalg.svd full_matrices")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_rule_of_the_package_tells_a_story_with_the_engines_numbers() -> None:
    """One test for all rows of tests/cases, as each takes a few milliseconds."""
    wrong = []
    for case in all_cases():
        inputs = [Tensor(a, requires_grad=True) for a in case.inputs(np.random.default_rng(0))]
        out = case.function(*inputs)
        outs = [
            o
            for o in (out if isinstance(out, (tuple, list)) else [out])
            if isinstance(o, Tensor) and o.node is not None
        ]
        if not outs:
            continue
        story = story_of(outs)
        # Values hold the numbers of an array; of an empty one that is not its shape, which the node has
        leaves = [
            (story.nodes[i].shape, g) for i, g in story.sweep.gradients.items() if story.nodes[i].kind == "parameter"
        ]
        found = [np.reshape(as_array(g), shape) if 0 in (shape or ()) else as_array(g) for shape, g in leaves]
        backward(outs, [np.ones(o.shape) for o in outs])
        expected = [gradient(x) for x in inputs if x.grad is not None]
        if case.name.startswith(SUMMED_OTHERWISE):
            np.testing.assert_allclose(found[0], expected[0], rtol=1e-12, atol=1e-14, err_msg=case.name)
        elif sorted(map(_bits, found)) != sorted(map(_bits, expected)):
            wrong.append(case.name)
    assert not wrong


def _bits(a: Any) -> tuple[Any, bytes]:
    return np.shape(a), (np.asarray(a, np.float64) + 0.0).tobytes()  # + 0.0: -0 is 0


def test_the_gradients_of_what_lies_between() -> None:
    w, b = leaf(2, 3), leaf(3)
    inner = np.tanh(w + b)
    inner.retain_grad()
    y = np.sum(inner * w)
    story = story_of(y)
    tanh = next(node.id for node in story.operations if node.op == "tanh")
    y.backward()
    assert inner.grad is not None
    assert np.array_equal(as_array(story.sweep.gradients[tanh]), inner.grad._array)


def test_a_value_that_only_a_later_rule_keeps_is_shown() -> None:
    x = leaf(3)
    y = np.sum((x - np.ones(3)) ** 3)  # x - 1 keeps nothing, and the power keeps x - 1
    story = story_of(y)
    difference = next(node for node in story.operations if node.op == "subtract")
    assert np.array_equal(as_array(difference.value), x._array - 1)


def test_making_steps_changes_nothing() -> None:
    y, leaves = broadcast()
    steps(y)
    assert all(leaf.grad is None for leaf in leaves)
    y.backward()
    z, others = broadcast()
    z.backward()
    assert all(np.array_equal(gradient(a), gradient(b)) for a, b in zip(leaves, others, strict=True))


def test_several_results_and_arrays_start_from_ones() -> None:
    x = leaf(3)
    story = story_of(x * 2)
    assert any("sum of its elements" in step.said for step in story.steps)
    assert np.array_equal(as_array(next(iter(story.sweep.seeds.values()))), np.ones(3))
    a = Scalar(3.0, label="a")
    both = story_of([a * a, a * 2.0])
    assert both.of == "Σ"
    assert both.sweep.gradients[next(node.id for node in both.graph.nodes if node.name == "a")] == 8.0


def test_a_result_that_is_used_as_well() -> None:
    a = Scalar(3.0, label="a")
    b = a * a
    story = story_of([b, b * 2.0])
    assert [g for i, g in story.sweep.gradients.items() if story.names[i] == "a"] == [18.0]
    assert any("it is a result and is used as well" in str(step.blocks) for step in story.steps)


# The story


def texts(story: Story) -> str:
    def text(piece: Any) -> str:
        return piece if isinstance(piece, str) else json.dumps(piece, default=str)

    return " ".join(
        text(p)
        for step in story.steps
        for block in step.blocks
        for _, line in block.lines
        for p in [*block.head, *line]
    )


def test_the_course_of_a_story() -> None:
    y, _ = chain()
    story = story_of(y)
    phases = [(phase, len(list(group))) for phase, group in itertools.groupby(step.phase for step in story.steps)]
    assert phases == [("inputs", 1), ("forward", 9), ("seed", 1), ("backward", 9), ("gradients", 1)]
    assert all(step.title and step.said and step.blocks for step in story.steps)
    assert [step.node for step in story.steps if step.phase == "backward"] == [
        step.node for step in story.steps if step.phase == "forward"
    ][::-1]
    assert story.of == "J"


def test_a_value_used_twice_shows_its_arrivals() -> None:
    a = Scalar(3.0, label="a")
    story = story_of(a * a)
    last = story.steps[-2]
    assert [line for block in last.blocks for kind, line in block.lines if kind == "note"] == [
        ["arrival 1 of 2: it is used 2 times, and the shares add up"],
        ["arrival 2 of 2: it is used 2 times, and the shares add up"],
    ]
    assert [arrival.total for arrival in story.sweep.visits[0].arrivals] == [3.0, 6.0]
    sums = [line for block in last.blocks for kind, line in block.lines if kind == "sum"]
    assert [next(p["value"] for p in line if isinstance(p, dict) and p.get("key") == "old") for line in sums[1:]] == [
        3.0
    ]


def test_broadcasting_is_said() -> None:
    assert "summed over axis 0, along which it was broadcast: (4, 3) → (3,)" in texts(story_of(broadcast()[0]))


def test_every_operation_of_a_scalar_has_its_formulas() -> None:
    a, b = Scalar(0.5), Scalar(0.25)
    results = [
        a + b, a - b, a * b, a / b, a**b, -a, +a, abs(a), a.exp(), a.log(), a.sqrt(), a.sin(), a.cos(), a.tanh(),
        a.sigmoid(), a.relu(),
        Scalar.maximum(a, b), Scalar.minimum(a, b),
    ]  # fmt: skip
    assert {s.op for s in results} == set(formulas.SCALAR)
    for s in results:
        _, derivatives = formulas.SCALAR[s.op or ""]
        for template, local in zip(derivatives, s.local_derivatives, strict=True):
            assert evaluated(template, a=0.5, b=0.25, out=s.item()) == pytest.approx(local), (s.op, template)


def evaluated(template: str, **values: float) -> float:
    """A formula as Python computes it."""
    text = template.split(",")[0].replace("^[", "**(").replace("]", ")").replace("·", "*").replace("−", "-")
    text = re.sub(r"\b(log|sin|cos|sign) (\{\w+\})", r"\1(\2)", text).format(**{k: f"({v})" for k, v in values.items()})
    names = {"log": math.log, "sin": math.sin, "cos": math.cos, "sign": lambda x: math.copysign(1, x)}
    return float(eval(text, {"__builtins__": {}}, names))


def test_a_tensors_rule_with_names_and_numbers() -> None:
    def written(label: str, op: str, index: int, **arguments: int) -> str:
        return "".join(formulas.rule(label, op, index, arguments, ["G"], lambda name: [f"<{name}>"]))

    assert written("aᵀ·g", "matmul", 1, a=0, b=1) == "<0>ᵀ · G"
    assert written("g·other", "multiply", 0, a=0, b=1) == "G ⊙ <1>"
    assert written("-g", "subtract", 1, a=0, b=1) == "−G"
    assert written("g·(1-out²)", "tanh", 0, x=0) == "G ⊙ (1−<out>²)"
    assert written("g·W", "linear", 0, x=0, weight=1) == "G · <1>"
    assert written("g·sign x", "abs", 0, x=0) == "G · sign <0>", "no letter inside a word is taken for an argument"


def test_the_n_of_a_mean_is_put_in() -> None:
    page = texts(story_of(np.mean(leaf(3, 4) * 2)))
    assert 'n =  count( {"node": 2} )  =  {"value": 12}' in page
    assert '/ {"value": 12}  spread' in page


def test_cross_entropy_is_written_with_one_hot_targets_and_says_what_p_is() -> None:
    logits = leaf(5, 3)
    page = texts(story_of(nn.functional.cross_entropy(logits, np.array([0, 1, 2, 0, 1]))))
    p = np.exp(logits.numpy())
    p /= p.sum(axis=1, keepdims=True)
    for symbol, function, value in (
        ("p", "softmax", values_of(p)),
        ("y", "onehot", values_of(np.eye(3)[[0, 1, 2, 0, 1]])),
    ):
        line = re.search(rf'{symbol} =  {function}\( {{"node": \d}} \)  =  {{"value": "(.*?)"}}', page)
        assert line is not None
        assert re.findall(r"-?\d+\.\d{3}", line[1]) == re.findall(r"-?\d+\.\d{3}", repr(value))
    assert 'N =  rows( {"node": 0} )  =  {"value": 5' in page
    assert '{"value": 5.0}' in page.rsplit("N =  rows", 1)[1] or '/ {"value": 5' in page


@pytest.mark.parametrize("name", ["cross_entropy", "mse_loss", "binary_cross_entropy_with_logits", "nll_loss"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("rows", [0, 2])
def test_the_page_of_a_loss_of_any_reduction(name: str, reduction: str, rows: int) -> None:
    target = np.zeros(rows, int) if name in ("cross_entropy", "nll_loss") else np.ones((rows, 3))
    with np.errstate(all="ignore"):
        page = texts(story_of(getattr(nn.functional, name)(leaf(rows, 3), target, reduction=reduction)))
    assert ("N = " in page) == (reduction == "mean")


def test_unnamed_values_get_names_that_are_free() -> None:
    a = Scalar(1.0, label="v1")
    story = story_of(a * 2.0 + Scalar(3.0) * a)
    names = [story.names[node.id] for node in story.graph.nodes if node.kind != "constant"]
    assert len(set(names)) == len(names)
    assert "J" in names


# What cannot be shown


def test_a_freed_graph_says_what_to_do() -> None:
    y, _ = broadcast()
    graph = trace(y)
    y.backward()
    for make in (lambda: steps(y), lambda: trace(y).to_html(), graph.to_html):
        with pytest.raises(FreedGraphError, match=r"before backward\(\).*retain_graph=True"):
            make()


def test_a_value_changed_since_is_refused_as_by_backward() -> None:
    x = leaf(3)
    y = np.sum(x * x)
    with no_grad():
        x += 1.0
    with pytest.raises(InPlaceError, match="was changed in place"):
        steps(y)


def test_a_graph_may_be_kept() -> None:
    y, _ = broadcast()
    y.backward(retain_graph=True)
    assert "<!doctype html>" in steps(y).to_html()


def test_too_many_operations_are_refused_with_the_remedy() -> None:
    s = Scalar(1.0)
    for _ in range(200):
        s = s + 1.0
    with pytest.raises(
        ArgumentError, match=r"up to limit=150 operations, and this graph has 200.*draw\(x\).*limit=200"
    ):
        steps(s)
    with pytest.raises(ArgumentError, match="limit=150"):
        trace(s, limit=20).to_html()


def test_a_leaf_alone_is_refused() -> None:
    with pytest.raises(ArgumentError, match="at least one operation"):
        steps(Scalar(1.0))


def test_a_graph_without_the_sweeps_numbers_finds_them_or_says_how() -> None:
    x = leaf(2)
    y = np.sum(x * x)
    graph = trace(y)
    assert graph.to_html() == trace(y, complete=True).to_html()
    copied = pickle.loads(pickle.dumps(graph))
    assert copied == graph
    del y
    for gone in (graph, copied, Graph.from_json(graph.to_json())):
        with pytest.raises(ArgumentError, match=r"traced without the sweep's numbers.*steps\(x, path\)"):
            gone.to_html()


def test_a_graph_read_from_json_gives_the_same_page() -> None:
    graph = trace(shared()[0], complete=True)
    assert Graph.from_json(graph.to_json()).to_html() == graph.to_html()


# The page


class Page(HTMLParser):
    """The elements of a page, with their attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_data(self, data: str) -> None:
        if self.elements:
            self.elements[-1][2].append(data)

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, "".join(text)) for name, attributes, text in self.elements if name == tag]

    @property
    def story(self) -> Any:
        return json.loads(next(text for attributes, text in self.all("script") if attributes.get("id") == "story"))


def test_the_page_stands_alone() -> None:
    text = steps(network()[0]).to_html()
    read = Page(text)
    assert not re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?(?!data:|#)[a-z]+:", text), (
        "nothing is loaded from elsewhere"
    )
    assert set(re.findall(r"https?://[^\"'\s]+", text)) == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert "default-src 'none'" in next(a["content"] or "" for a, _ in read.all("meta") if a.get("http-equiv"))
    assert len(read.all("script")) == 2
    assert "{{" not in text


def test_names_cannot_break_out_of_the_page() -> None:
    a, b = Scalar(2.0, label=HOSTILE), Scalar(3.0, label="{{css}}")
    result = a * b
    result.label = "'\"><img src=x onerror=alert(1)>"
    for text in (steps(result, title=HOSTILE).to_html(), trace(result).to_html(title=HOSTILE)):
        text.encode("utf-8")
        read = Page(text)
        assert len(read.all("script")) == 2
        assert not read.all("img")
        assert not read.all("b")
        names = {node["name"] for node in read.story["nodes"].values()}
        assert any("</script><script>alert(1)" in name for name in names)
        assert "{{css}}" in names
        assert read.all("title")[0][1].startswith("</script>")


def test_the_notebooks_frame_is_sandboxed_and_escaped() -> None:
    a = Scalar(2.0, label=HOSTILE)
    made = steps(a * a, height=500)
    bundle = made._repr_mimebundle_()
    read = Page(bundle["text/html"])
    assert [tag for tag, _, _ in read.elements] == ["iframe"]
    frame, _ = read.all("iframe")[0]
    assert frame["sandbox"] == "allow-scripts"
    assert frame["srcdoc"] == made.to_html()
    assert "height:500px" in (frame["style"] or "")
    assert html.escape(HOSTILE[:20]) not in bundle["text/plain"]
    assert "to_html" in bundle["text/plain"]


def test_a_repr_never_raises() -> None:
    made = steps(chain()[0])
    made.options["limit"] = 1
    assert "limit=1 operations" in made._repr_mimebundle_()["text/plain"]


def test_files(tmp_path: Path) -> None:
    y, _ = chain()
    text = trace(y).to_html(tmp_path / "a.html")
    steps(y, tmp_path / "b.html")
    draw(y, tmp_path / "c.html")
    for name in "abc":
        assert (tmp_path / f"{name}.html").read_text(encoding="utf-8") == text


def test_not_a_number_and_infinity_are_written() -> None:
    a = Scalar(0.0, label="a")
    with np.errstate(all="ignore"):
        y = a.log() * 0.0
    story = Page(steps(y).to_html()).story
    written = {value.get("t") for value in story["values"]}
    assert {"−inf", "nan"} <= written
    x = Tensor([[np.nan, np.inf, 1.0] * 20] * 3, requires_grad=True)
    large = Page(steps(np.sum(x * 2)).to_html()).story["values"]
    assert any(None in row for value in large for row in value.get("heat", []))
    assert any("nan" in value.get("facts", "") for value in large)


@pytest.mark.parametrize(
    ("shape", "table"),
    [((6,), True), ((12, 4), True), ((9,), False), ((13, 2), False), ((2, 2, 2), False), ((0,), False)],
)
def test_small_arrays_are_tables_and_large_ones_colours(shape: tuple[int, ...], table: bool) -> None:
    assert is_table(values_of(np.ones(shape), 100_000)) is table


def test_colours_are_few_and_signed() -> None:
    x = Tensor(np.linspace(-1, 1, 5000).reshape(50, 100), requires_grad=True)
    values = Page(steps(np.sum(x * x)).to_html()).story["values"]
    heat = next(value["heat"] for value in values if value.get("shape") == "shape (50, 100)")
    assert (len(heat), len(heat[0])) == (12, 48)
    assert heat[0][0] == -9
    assert heat[-1][-1] == 9
    statistics = next(value for value in values if value.get("facts"))
    assert "mean" in statistics["facts"]


def test_an_array_beyond_the_limit_is_told_by_its_statistics() -> None:
    x = Tensor(np.ones(200_000), requires_grad=True)
    values = Page(steps(np.sum(x * x + x)).to_html()).story["values"]
    assert any(value.get("shape") == "200,000 numbers" and "heat" not in value for value in values)
    assert isinstance(trace(x * x, complete=True).nodes[0].value, Values)


# The layout


def check(placed: layout.Placed, sizes: list[tuple[float, float]], edges: list[tuple[int, int]]) -> None:
    assert len(placed.boxes) == len(sizes)
    assert len(placed.arrows) == len(edges)
    for (x, y), (w, h) in zip(placed.boxes, sizes, strict=True):
        assert w / 2 - 1 <= x <= placed.width - w / 2 + 1
        assert h / 2 - 1 <= y <= placed.height - h / 2 + 1
    for (i, (x0, y0)), (j, (x1, y1)) in itertools.combinations(enumerate(placed.boxes), 2):
        apart = (
            abs(x0 - x1) >= (sizes[i][0] + sizes[j][0]) / 2 - 1 or abs(y0 - y1) >= (sizes[i][1] + sizes[j][1]) / 2 - 1
        )
        assert apart, f"boxes {i} and {j} overlap"
    for (tail, head), arrow in zip(edges, placed.arrows, strict=True):
        assert len(arrow.points) % 3 == 1
        for end, (x, y) in ((tail, arrow.points[0]), (head, arrow.points[-1])):
            (cx, cy), (w, h) = placed.boxes[end], sizes[end]
            assert abs(x - cx) <= w / 2 + 2, "an arrow ends at its box"
            assert abs(y - cy) <= h / 2 + 2


SIZES = [(60.0 + 10 * (i % 4), 70.0) for i in range(9)]
EDGES = [(0, 2), (1, 2), (0, 3), (2, 3), (3, 4), (3, 4), (0, 5), (4, 5), (5, 7), (6, 7), (7, 8), (1, 8)]


def test_layout_of_our_own() -> None:
    placed = layout.place(SIZES, EDGES, [30.0] * len(EDGES))
    check(placed, SIZES, EDGES)
    assert placed.arrows[4].points != placed.arrows[5].points, "two arrows between the same boxes part"
    assert all(placed.boxes[tail][0] < placed.boxes[head][0] for tail, head in EDGES)


def test_layout_by_graphviz() -> None:
    pytest.importorskip("pygraphviz")
    placed = layout._by_graphviz(by_wheel, SIZES, EDGES, [30.0] * len(EDGES))
    check(placed, SIZES, EDGES)
    assert all(placed.boxes[tail][0] < placed.boxes[head][0] for tail, head in EDGES)


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
def test_every_graph_becomes_a_page(make: Callable[[], tuple[Any, list[Any]]]) -> None:
    story = Page(page_of(trace(make()[0], complete=True))).story
    assert all(math.isfinite(v) for node in story["nodes"].values() for v in node.get("at", []))
    assert len(story["steps"]) > 3


def test_parameters_of_modules_are_called_as_in_mathematics() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Sequential(nn.Linear(3, 2)))
    story = Story(trace(model(np.ones((4, 2), np.float32)).sum(), complete=True))
    by_path = {node.name: story.names[node.id] for node in story.graph.nodes if node.kind == "parameter"}
    assert by_path == {"0.weight": "W⁽¹⁾", "0.bias": "b⁽¹⁾", "2.0.weight": "W⁽²⁾", "2.0.bias": "b⁽²⁾"}
    (row, *_) = [line for block in story.steps[-1].blocks for _, line in block.lines]
    assert row[0]["grad"] == ["J", "W⁽¹⁾"]
    assert row[1] == {"path": "weight of 0 · Linear"}
    words = [piece["path"] for step in story.steps for block in step.blocks for piece in block.head if "path" in piece]
    assert set(words) == {f"{name} of {of} · Linear" for name in ("weight", "bias") for of in ("0", "2.0")}
    page = json.loads(html_page._embedded(html_page._StoryData(story).data()))
    shown = {node["short"]: node["formula"] for node in page["nodes"].values() if node["kind"] == "parameter"}
    assert shown["W⁽²⁾"] == "\u00a0· 2.0.weight"
    assert not any("…" in node["formula"] for node in page["nodes"].values())
    assert [step["title"] for step in page["steps"]][1] == "Forward 1 of 4: v1 = linear(x1, W⁽¹⁾, b⁽¹⁾)"


def test_a_layer_alone_and_names_of_the_users() -> None:
    layer = nn.LSTM(2, 3)
    output, _ = layer(np.ones((4, 1, 2), np.float32))
    names = set(Story(trace(output.sum(), complete=True)).names.values())
    assert {"W_ih_l0", "W_hh_l0", "b_ih_l0", "b_hh_l0"} <= names
    w, c = Tensor(np.ones(2), requires_grad=True), nn.Linear(2, 1)
    y = (c.weight * w).sum()
    assert {"a.weight", "weight"} <= set(Story(trace(y, complete=True, names={"a.weight": w})).names.values())


def test_a_long_title_is_whole() -> None:
    names = {f"a_rather_long_name_{i}": Tensor(np.ones(2), requires_grad=True) for i in range(3)}
    y = np.concatenate(list(names.values())).sum()
    titles = [step.title for step in Story(trace(y, complete=True, names=names)).steps]
    assert all(name in titles[1] for name in names)
