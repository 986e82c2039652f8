"""A laid-out picture in numbers: boxes, frames, arrows and texts, as read from Graphviz's JSON and written back as DOT.

Lengths are in points, y grows upwards.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Point = tuple[float, float]
STEP = 4.0  # between two points on a curve


class Rectangle(NamedTuple):
    """From (left, low) to (right, high)."""

    left: float
    low: float
    right: float
    high: float

    @classmethod
    def around(cls, center: Point, width: float, height: float) -> Rectangle:
        return cls(center[0] - width / 2, center[1] - height / 2, center[0] + width / 2, center[1] + height / 2)

    def grown(self, by: float) -> Rectangle:
        return Rectangle(self.left - by, self.low - by, self.right + by, self.high + by)

    @property
    def center(self) -> Point:
        return (self.left + self.right) / 2, (self.low + self.high) / 2

    @classmethod
    def of_all(cls, found: Sequence[Rectangle]) -> Rectangle:
        lefts, lows, rights, highs = zip(*found, strict=True)
        return cls(min(lefts), min(lows), max(rights), max(highs))


@dataclass
class Text:
    """The label of an arrow or the title of a frame."""

    width: float
    height: float
    center: Point

    @property
    def box(self) -> Rectangle:
        return Rectangle.around(self.center, self.width, self.height)


@dataclass
class Line:
    """An arrow.

    controls   of the Bézier curves: the first point, then three for each curve
    tip        of the arrowhead; None without one
    """

    controls: list[Point]
    tip: Point | None = None
    label: Text | None = None

    def points(self) -> list[Point]:
        """Points on it, from its tail to its head."""
        found: list[Point] = []
        for i in range(0, len(self.controls) - 3, 3):
            piece = self.controls[i : i + 4]
            steps = max(4, math.ceil(sum(map(math.dist, piece, piece[1:])) / STEP))
            found += [_bezier(piece, step / steps) for step in range(steps)]
        return [*found, self.controls[-1], *([self.tip] if self.tip is not None else [])]


@dataclass
class Layout:
    """Where everything is.

    boxes     id -> rectangle
    frames    path -> (rectangle, title)
    arrows    in the order of the picture
    page      all of it
    caption   the size and centre of the text below; None without one
    """

    boxes: dict[str, Rectangle]
    frames: dict[str, tuple[Rectangle, Text | None]]
    arrows: list[Line]
    page: Rectangle
    caption: Text | None = None

    def moved(self, by: Callable[[Point], Point]) -> Layout:
        """The same elsewhere."""

        def rectangle(r: Rectangle) -> Rectangle:
            return Rectangle(*by((r.left, r.low)), *by((r.right, r.high)))

        def text(t: Text | None) -> Text | None:
            return t and Text(t.width, t.height, by(t.center))

        return Layout(
            {name: rectangle(box) for name, box in self.boxes.items()},
            {name: (rectangle(box), text(title)) for name, (box, title) in self.frames.items()},
            [Line(list(map(by, a.controls)), a.tip and by(a.tip), text(a.label)) for a in self.arrows],
            rectangle(self.page),
            text(self.caption),
        )


def layout_of(data: bytes) -> Layout:
    """The layout in Graphviz's JSON, of DOT text with numbered arrows."""
    found = json.loads(data)
    boxes, frames = {}, {}
    for item in found.get("objects", ()):
        if "bb" in item:
            frames[item["name"]] = (Rectangle(*_numbers(item["bb"])), _text(item))
        elif "pos" in item:
            size = 72 * float(item["width"]), 72 * float(item["height"])
            boxes[item["name"]] = Rectangle.around(_point(item["pos"]), *size)
    edges = sorted(found.get("edges", ()), key=lambda edge: int(edge["number"]))
    page = Rectangle(*_numbers(found["bb"]))
    size = 72 * float(found.get("lwidth", 0)), 72 * float(found.get("lheight", 0))
    caption = Text(*size, _point(found["lp"])) if "lp" in found else None
    return Layout(boxes, frames, [_line(edge) for edge in edges], page, caption)


def _line(edge: dict[str, Any]) -> Line:
    tip, controls = None, []
    for word in edge["pos"].split():
        first, _, rest = word.partition(",")
        if first == "e":
            tip = _point(rest)
        elif first != "s":
            controls.append(_point(word))
    return Line(controls, tip, _text(edge))


def _text(item: dict[str, Any]) -> Text | None:
    """The label of an arrow or frame, as wide as what is drawn of it."""
    drawn = item.get("_ldraw_", ())
    texts = [op for op in drawn if op["op"] == "T" and op["text"].strip()]
    if not texts or "lp" not in item:
        return None
    ends = {"l": (0, 1), "c": (-0.5, 0.5), "r": (-1, 0)}
    left = min(op["pt"][0] + ends[op["align"]][0] * op["width"] for op in texts)
    right = max(op["pt"][0] + ends[op["align"]][1] * op["width"] for op in texts)
    size = max([op["size"] for op in drawn if op["op"] == "F"], default=10.0)
    return Text(right - left, 1.15 * size, _point(item["lp"]))


def _bezier(controls: Sequence[Point], t: float) -> Point:
    weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
    x, y = [sum(w * point[axis] for w, point in zip(weights, controls, strict=True)) for axis in (0, 1)]
    return x, y


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]


def _point(text: str) -> Point:
    x, y = _numbers(text)[:2]
    return x, y


# As DOT


def written(*numbers: float) -> str:
    """ "12.5,30"."""
    return ",".join([f"{number:.2f}" for number in numbers])


def written_line(line: Line) -> str:
    """The curve as an edge's `pos`."""
    words = [f"e,{written(*line.tip)}"] if line.tip is not None else []
    return " ".join([*words, *[written(*point) for point in line.controls]])
