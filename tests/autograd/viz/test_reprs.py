"""What a notebook shows of a Tensor, a Scalar and a Module: well-formed HTML without scripts or exceptions, quickly."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Scalar, Tensor
from autograd.viz import reprs
from nn.inspect import html as tree

EVIL = "</pre><script>alert('x')</script><img src=x onerror=\"alert(1)\">"
ALLOWED = {"div", "span", "b", "table", "tbody", "tr", "th", "td", "pre", "details", "summary"}


class Page(HTMLParser):
    """The tags, each checked to be closed in order, and the text of a piece of HTML."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.cells: list[str] = []
        self.text = ""
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, f"<{tag}>"
        assert {name for name, _ in attrs} <= {"style", "scope", "open"}, attrs
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data.replace("\N{NO-BREAK SPACE}", " ")
        if self.open[-1:] == ["td"] or self.open[-2:] == ["td", "b"]:
            self.cells[-1] += data


def page(x: Any) -> Page:
    return Page(x._repr_html_())


def test_a_small_tensor_is_a_table_beside_its_gradient() -> None:
    x = Tensor([[1.0, -2.5], [0.0, 3.0]], requires_grad=True)
    assert page(x).cells == ["1", "−2.5", "0", "3"]
    assert "Tensor" in page(x).text
    assert "shape (2, 2)" in page(x).text
    assert "float64" in page(x).text
    assert "requires grad" in page(x).text
    assert "gradient" not in page(x).text
    (x * x).sum().backward()
    assert page(x).cells == ["1", "−2.5", "0", "3", "2", "−5", "0", "6"]
    assert "gradient" in page(x).text


def test_it_says_what_made_it() -> None:
    y = np.tanh(Tensor([1.0], requires_grad=True))
    assert "made by tanh" in page(y).text
    assert "made by" not in page(Tensor([1.0])).text
    assert "requires grad" not in page(Tensor([1.0])).text


def test_a_parameter_has_its_name() -> None:
    model = nn.Sequential(nn.Linear(2, 2))
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias"]
    assert page(model[0].weight).text.startswith("Parameter 0.weight")


@pytest.mark.parametrize(
    "data",
    [3.0, np.float32(2), [], np.zeros((0, 3)), np.arange(24).reshape(2, 3, 4), [True, False], [1 + 2j],
     np.zeros((3, 0, 2)), np.ones((13, 1)), np.full((40, 40), np.nan), np.array([1, 2], np.uint8),
     np.ones(40, np.float16) * 60000, np.full(99, 1e308)],
)  # fmt: skip
def test_every_shape_and_dtype_has_a_page(data: Any) -> None:
    assert f"shape {np.shape(data)}" in page(Tensor(data)).text


def test_what_is_not_finite_stands_out() -> None:
    shown = page(Tensor([np.nan, np.inf, -np.inf, -0.0]))
    assert shown.cells == ["nan", "inf", "-inf", "0"]
    assert [tag for tag, _ in shown.tags].count("b") == 4  # the class, and three of the numbers
    x = np.zeros(1000)
    x[:3], x[3] = np.nan, np.inf
    assert re.search(r"zero100.0%nan3inf1elements1,000$", page(Tensor(x)).text)


def test_a_large_tensor_is_statistics() -> None:
    x = np.arange(1000.0).reshape(10, 100)
    cells = page(Tensor(x)).cells
    assert cells == ["499.5", "288.67", "0", "999", "0.1%", "1,000"]


@pytest.mark.parametrize(
    "shape", [(10_000_000,), (2, 5_000_000), (5_000_000, 2), (100, 100, 1000), (1,) * 20 + (3_000_000,)]
)
def test_of_a_huge_tensor_a_sample_is_looked_at(shape: tuple[int, ...]) -> None:
    a = np.broadcast_to(np.float32(2.0), shape)
    sample, every = reprs._sample(a)
    assert reprs.SAMPLE / 4 < sample.size <= reprs.SAMPLE
    assert every == -(-a.size // sample.size) > 1
    shown = page(Tensor(a))
    assert shown.cells[0] == "2"
    assert f"1 in {every:,}" in shown.text


def test_names_are_text_and_nothing_else() -> None:
    Evil = type(EVIL, (nn.Module,), {"extra_repr": lambda self: EVIL})
    model = Evil()
    model.inside = nn.ModuleDict({"<b onclick=x>&": Evil()})
    assert EVIL in page(model).text
    assert "<b onclick=x>&" in page(model).text
    p = nn.Parameter([1.0], name=EVIL)
    assert EVIL in page(p).text


class Broken:
    """Everything about it raises."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError("no")


def test_a_repr_never_raises() -> None:
    assert Page(reprs.tensor_html(Broken())).text == "<Broken>"
    assert Page(tree.module_html(Broken())).text == "<Broken>"  # type: ignore[arg-type]
    model = type("Odd", (nn.Linear,), {"extra_repr": lambda self: 1 / 0})(2, 3)
    assert page(model).text == "<Odd>"
    t = Tensor([1.0])
    t._array = Broken()
    assert page(t).text == "<Tensor>"


def test_a_scalar_shows_its_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    x = Scalar(2.0, label="x")
    assert x._repr_mimebundle_() == {"text/plain": "Scalar(data=2.0, label='x')"}  # a number by itself needs no picture
    y = x * x
    bundle = y._repr_mimebundle_()
    assert bundle["text/plain"] == repr(y)
    if len(bundle) > 1:  # if a layout engine is installed
        assert bundle["text/html"].startswith("<img ")
        assert "script" not in bundle["text/html"]
    for _ in range(2 * reprs.NODES):
        y = y * 1.01
    assert list(y._repr_mimebundle_()) == ["text/plain"]  # too large to be read
    monkeypatch.setattr(reprs, "_reachable", lambda s, limit: 1 / 0)
    assert list((x * x)._repr_mimebundle_()) == ["text/plain"]


def test_the_scalars_of_a_graph_are_counted_once_and_not_much_further_than_the_limit() -> None:
    y: Any = Scalar(1.0)
    for _ in range(17):
        y = y + y
    assert reprs._reachable(y, 60) == 18
    for _ in range(5000):
        y = y * 1.0
    assert 60 < reprs._reachable(y, 60) < 64


def test_a_module_is_a_tree_that_folds() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Sequential(nn.Linear(8, 2), nn.Dropout(0.5)))
    shown = page(model)
    assert "58 parameters" in shown.text
    assert "232 B" in shown.text
    assert "training mode" in shown.text
    assert "0: Linear(in_features=4, out_features=8, bias=True) ·  40" in shown.text
    assert "2: Sequential ·  18" in shown.text
    assert [attributes for tag, attributes in shown.tags if tag == "details"] == [{"open": None}]
    assert "eval mode" in page(model.eval()).text
    model[1].train()
    assert "some modules in training mode, others in eval mode" in page(model).text
    assert re.search(r"1: ReLU[^:]*training2:", page(model).text)


def test_a_layer_lists_its_parameters() -> None:
    layer = nn.Linear(2, 3)
    layer.bias.requires_grad = False
    text = page(layer).text
    assert text.startswith("Linear(in_features=2, out_features=3, bias=True)")
    assert "9 parameters, 6 trainable" in text
    assert "weight ·  (3, 2)" in text
    assert text.endswith("bias ·  (3,) ·  float32 ·  frozen")


def test_what_is_shared_counts_once() -> None:
    first = nn.Linear(3, 3)
    tied = nn.Linear(3, 3)
    tied.weight = first.weight
    model = nn.Sequential(first, nn.Tanh(), first, tied)
    found = tree.branch(model)
    assert found.parameters == sum(p.size for p in model.parameters()) == 15
    assert [b.parameters for b in found.inside] == [12, 0, 0, 3]
    assert [b.shared for b in found.inside] == [False, False, True, True]
    assert "shared, counted above" in page(model).text


def test_equal_blocks_in_a_row_are_one_line() -> None:
    model = nn.Sequential(*[nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(100)], nn.Linear(4, 1))
    found = tree.branch(model)
    assert [(b.name, b.times) for b in found.inside] == [("0–99", 100), ("100", 1)]
    assert found.parameters == 100 * 20 + 5
    assert "0–99: 100 × Sequential ·  20 each" in page(model).text
    model[50][0].requires_grad_(False)
    assert [(b.name, b.times) for b in tree.branch(model).inside] == [
        ("0–49", 50),
        ("50", 1),
        ("51–99", 49),
        ("100", 1),
    ]


def test_trees_without_end_and_very_large_ones_are_cut() -> None:
    model = nn.Sequential(nn.Linear(1, 1))
    model.itself = model
    assert "2 parameters" in page(model).text
    wide = nn.ModuleList([nn.Linear(1, i + 1) for i in range(2 * tree.ROWS)])
    assert page(wide).text.endswith(f"… and {tree.ROWS} more")
    deep: nn.Module = nn.Identity()
    for _ in range(2 * tree.DEPTH):
        deep = nn.Sequential(deep)
    assert len([tag for tag, _ in page(deep).tags if tag == "details"]) <= tree.DEPTH


def test_looking_changes_nothing() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    names = [p.name for p in (model[0].weight, model[1].weight)]
    before = model.state_dict()
    page(model)
    assert [p.name for p in (model[0].weight, model[1].weight)] == names
    assert all(np.array_equal(before[name], value) for name, value in model.state_dict().items())
