"""The page of a picture: long ones in rows, texts beside their arrows and beside nothing else."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Scalar, Tensor, draw
from autograd.viz.drawing import Drawing
from autograd.viz.output import page, placing, rows
from autograd.viz.output.geometry import Layout, Line, Rectangle, Text, layout_of
from autograd.viz.output.render import image_of, output_of

pytest.importorskip("pygraphviz", reason="Graphviz's layout comes with pygraphviz")


def chain(steps: int) -> Any:
    """Different operations in a row, with a skip over all of them."""
    x = Tensor(np.ones(3), requires_grad=True)
    y = x * 2.0
    for function in itertools.islice(itertools.cycle([np.sin, np.exp, np.tanh, np.sqrt, np.cos, np.log1p]), steps):
        y = function(y)
    return y + x


def laid_out(drawing: Drawing) -> tuple[Any, Layout]:
    shown, layout = page._arranged(drawing.picture, {})
    placing.place_texts(layout)
    return shown, layout


def ratio(drawing: Drawing) -> float:
    left, low, right, high = laid_out(drawing)[1].page
    return (right - left) / (high - low)


@pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
def test_a_long_chain_is_wrapped(direction: str) -> None:
    y = chain(24)
    wrapped, straight = ratio(draw(y, direction=direction)), ratio(draw(y, direction=direction, wrap=False))
    assert 0.4 <= wrapped <= 2.2
    assert straight > 4 or straight < 0.25
    shown, layout = laid_out(draw(y, direction=direction))
    assert {box.id for box in draw(y, direction=direction).picture.boxes} <= layout.boxes.keys()
    assert len(layout.arrows) == len(shown.arrows)
    reading = [layout.boxes[box.id].center for box in shown.boxes if box.kind == "operation"]
    turn = rows.TURNS[direction].u
    places = [turn(place) for place in reading]  # along a row, and from row to row
    jumps = [b[1] - a[1] for a, b in itertools.pairwise(places) if b[0] < a[0] - 100]
    assert len(jumps) >= 1
    assert all(jump > 20 for jump in jumps)  # each row stands after the one before


def test_no_box_of_a_wrapped_picture_stands_on_another() -> None:
    _, layout = laid_out(draw(chain(40)))
    boxes = list(layout.boxes.values())
    for a, b in itertools.combinations(boxes, 2):
        assert min(a.right, b.right) - max(a.left, b.left) <= 0.5 or min(a.high, b.high) - max(a.low, b.low) <= 0.5


def test_lines_around_rows_meet_their_arrows_and_no_box() -> None:
    shown, layout = laid_out(draw(chain(40)))
    links = [(a, line) for a, line in zip(shown.arrows, layout.arrows, strict=True) if a.target.startswith("i_")]
    assert links
    boxes = [box for name, box in layout.boxes.items() if not name.startswith(("i_", "o_"))]
    for arrow, line in links:
        assert not arrow.head
        for x, y in line.points():
            assert not any(box.left < x < box.right and box.low < y < box.high for box in boxes)
        before = [x for a, x in zip(shown.arrows, layout.arrows, strict=True) if a.target == arrow.source]
        after = [x for a, x in zip(shown.arrows, layout.arrows, strict=True) if a.source == arrow.target]
        assert before
        assert after
        assert all(x.controls[-1] == line.controls[0] for x in before)
        assert all(x.controls[0] == line.controls[-1] for x in after)


def test_a_frame_in_two_rows_says_so_and_a_parameter_stands_with_its_user() -> None:
    model = nn.Sequential(*[layer for _ in range(4) for layer in (nn.Linear(4, 4), nn.Tanh())])
    loss = (model(np.ones((2, 4), np.float32)) ** 2).mean()
    loss.backward(retain_graph=True)
    shown, layout = laid_out(draw(loss))
    titles = {frame.title for box in shown.boxes for frame in box.frames}
    assert {"Sequential", "… Sequential"} <= titles
    for arrow in shown.arrows:
        source = next(box for box in shown.boxes if box.id == arrow.source)
        if source.kind == "parameter":
            assert not arrow.target.startswith("o_")
    assert all(title is not None for _, title in layout.frames.values())


def test_short_pictures_stay_as_they_are() -> None:
    a, b = Scalar(2.0), Scalar(3.0)
    shown, _ = laid_out(draw(a * b + a))
    assert not any(box.kind in ("enters", "leaves") for box in shown.boxes)


@pytest.mark.parametrize("format", ["svg", "png", "pdf"])
def test_the_page_is_drawn_in_every_format(format: str) -> None:
    dot = page.page_of(draw(chain(24), title='a "title"').picture)
    assert image_of(dot, format)[:4] in (b"<?xm", b"\x89PNG", b"%PDF")


def test_drawn_where_it_was_placed() -> None:
    """Graphviz's engine that only draws moves nothing, but for all of it at once."""
    drawing = draw(chain(24), title="long")
    _, layout = laid_out(drawing)
    found = json.loads(output_of(page.page_of(drawing.picture), "json"))
    moves = []
    for item in found["objects"]:
        if "pos" in item:
            x, y = map(float, item["pos"].split(","))
            moves.append((x - layout.boxes[item["name"]].center[0], y - layout.boxes[item["name"]].center[1]))
    assert len(moves) == len(layout.boxes)
    assert np.ptp(np.array(moves), axis=0).max() < 0.1
    assert "lp" in found  # the text below


class TestTexts:
    @staticmethod
    def layout(**parts: Any) -> Layout:
        empty: dict[str, Any] = {"boxes": {}, "frames": {}, "arrows": [], "page": Rectangle(0, 0, 400, 400)}
        return Layout(**{**empty, **parts})

    def test_a_title_stands_beside_an_arrow(self) -> None:
        frame, title = Rectangle(0, 0, 300, 100), Text(80, 12, (45, 90))
        down = Line([(50, 150), (50, 120), (50, 80), (50, 40)], (50, 35))
        layout = self.layout(frames={"f": (frame, title)}, arrows=[down])
        assert not placing.place_texts(layout)
        assert title.box.left > 50
        assert title.box.right <= 300
        assert title.center[1] == 90

    def test_a_frame_too_narrow_for_that_is_told(self) -> None:
        frame, title = Rectangle(0, 0, 100, 100), Text(80, 12, (50, 90))
        down = Line([(50, 150), (50, 120), (50, 80), (50, 40)])
        assert placing.place_texts(self.layout(frames={"f": (frame, title)}, arrows=[down])) == {"f"}

    def test_a_label_leaves_a_border_and_stays_at_its_arrow(self) -> None:
        line = Line([(0, 50), (100, 50), (200, 50), (300, 50)], None, Text(40, 10, (150, 57)))
        layout = self.layout(frames={"f": (Rectangle(140, 0, 400, 200), None)}, arrows=[line])
        placing.place_texts(layout)
        label = line.label
        assert label is not None
        assert label.box.right < 140 or label.box.left > 140
        assert abs(label.center[1] - 50) <= 10

    def test_a_label_avoids_boxes_other_labels_and_other_arrows(self) -> None:
        lines = [Line([(0, y), (100, y), (200, y), (300, y)], None, Text(60, 10, (150, y + 7))) for y in (50, 62)]
        box = Rectangle(100, 40, 200, 80)
        placing.place_texts(self.layout(boxes={"b": box}, arrows=lines))
        one, two = [line.label.box for line in lines if line.label is not None]
        for label in (one, two):
            assert label.right <= 100.5 or label.left >= 199.5
        assert one.high <= two.low or two.high <= one.low or one.right <= two.left or two.right <= one.left

    def test_a_label_is_nearer_to_its_arrow_than_to_another(self) -> None:
        """Beside the middle of the slanted arrow, above it, the level one would be nearer."""
        level = Line([(0, 95), (100, 95), (200, 95), (300, 95)])
        slanted = Line([(0, 0), (100, 30), (200, 60), (300, 90)], None, Text(150, 10, (150, 72)))
        placing.place_texts(self.layout(arrows=[level, slanted]))
        label = slanted.label
        assert label is not None
        own, other = [min(math.dist(label.center, point) for point in line.points()) for line in (slanted, level)]
        assert own < other


def test_the_title_of_a_frame_gets_room_beside_the_arrow() -> None:
    """A model from top to bottom, whose arrow would lead through the middle of the title."""
    blocks = [nn.Residual(nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8))) for _ in range(50)]
    picture = nn.Sequential(nn.Linear(8, 8), *blocks).draw((2, 8)).picture
    plain = layout_of(output_of(page.dot_of(picture, numbered=True), "json"))
    assert placing.place_texts(plain)  # as Graphviz lays it out, an arrow leads through a title
    crossed = placing.place_texts(page._arranged(picture, {})[1])
    titles = {name: title.width for name, (_, title) in plain.frames.items() if title is not None}
    layout = page._arranged(picture, {name: titles[name] for name in crossed})[1]
    assert not placing.place_texts(layout)
