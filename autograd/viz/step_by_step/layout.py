"""The places of the boxes and arrows on a page: by Graphviz if it is installed, else by a simple layout in columns."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograd.errors import RenderError
from autograd.viz.output import render

GAP, ROW, LABEL = 46.0, 24.0, 20.0  # space between columns, between the boxes of a column, for the number on an arrow
POINTS = 72.0  # of an inch, Graphviz's unit


@dataclass(frozen=True)
class Curve:
    """An arrow: its start and three points for each Bézier piece, and the place of the number on it."""

    points: tuple[tuple[float, float], ...]
    label: tuple[float, float]

    @property
    def path(self) -> str:
        """The curve as SVG writes it."""
        start, *rest = [f"{x:.1f} {y:.1f}" for x, y in self.points]
        return f"M{start} C{' '.join(rest)}"

    @property
    def at(self) -> list[float]:
        """The place of its number, in tenths of a pixel."""
        return [round(self.label[0], 1), round(self.label[1], 1)]


@dataclass(frozen=True)
class Placed:
    """The size of the picture, the centre of each box, and the arrows, both in the order in which they were given."""

    width: float
    height: float
    boxes: tuple[tuple[float, float], ...]
    arrows: tuple[Curve, ...]


def place(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]], labels: Sequence[float]) -> Placed:
    """Place boxes from left to right.

    Args:  sizes: width and height of each box.
           edges: (tail, head) of each arrow, as positions of boxes.
           labels: the width of the number on each arrow, 0 for none.
    """
    for engine in (render.by_program, render.by_wheel):
        try:
            return _by_graphviz(engine, sizes, edges, labels)
        except (RenderError, ValueError, IndexError):
            continue
    return in_layers(sizes, edges, labels)


def _by_graphviz(
    engine: Any, sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]], labels: Sequence[float]
) -> Placed:
    """The places in Graphviz's "plain" output, which has one line for each box and one for each arrow."""
    lines = [
        "digraph {",
        f"rankdir=LR nodesep={ROW / POINTS} ranksep={GAP / POINTS}",
        'node [shape=box fixedsize=true label=""]',
        "edge [dir=none]",
    ]
    lines += [f"{i} [width={w / POINTS:.3f} height={h / POINTS:.3f}]" for i, (w, h) in enumerate(sizes)]
    for (tail, head), width in zip(edges, labels, strict=True):
        size = f'fixedsize="true" width="{width:.0f}" height="{LABEL:.0f}"'
        text = f' [label=<<table border="0" {size}><tr><td></td></tr></table>>]' if width else ""
        lines.append(f"{tail} -> {head}{text}")
    output = engine("\n".join([*lines, "}"]), "plain").decode()
    boxes: dict[int, tuple[float, float]] = {}
    found: dict[tuple[int, int], list[Curve]] = {}
    width = height = 0.0
    for line in output.splitlines():
        words = shlex.split(line)
        numbers = [float(w) * POINTS if _is_number(w) else 0.0 for w in words]
        if words[0] == "graph":
            width, height = numbers[2], numbers[3]
        elif words[0] == "node":
            boxes[int(words[1])] = numbers[2], height - numbers[3]
        elif words[0] == "edge":
            count = int(words[3])
            flat = numbers[4 : 4 + 2 * count]
            points = tuple((x, height - y) for x, y in zip(flat[::2], flat[1::2], strict=True))
            rest = words[4 + 2 * count :]
            after = numbers[4 + 2 * count :]
            # what follows is "label x y style color", or only "style color"
            label = (after[1], height - after[2]) if len(rest) == 5 else _middle(points)
            found.setdefault((int(words[1]), int(words[2])), []).append(Curve(points, label))
    arrows = tuple([found[edge].pop(0) for edge in edges])
    return Placed(width, height, tuple([boxes[i] for i in range(len(sizes))]), arrows)


def _is_number(word: str) -> bool:
    return word.replace(".", "", 1).replace("-", "").replace("+", "").replace("e", "", 1).isdigit()


def _middle(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    middle = points[len(points) // 2]
    return middle[0], middle[1] - 8


# Without Graphviz: the column of a box is the length of the longest path from an input to it, and within their columns
# the boxes are moved towards the middle of their neighbours. An arrow over several columns passes a point in each of
# them, and these points are placed like narrow boxes.


def in_layers(
    sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]], labels: Sequence[float]
) -> Placed:
    """The same as `place`, without Graphviz. The boxes are ordered so that every arrow leads to a later box."""
    layer = _layers(len(sizes), edges)
    size: list[tuple[float, float]] = list(sizes)
    ways: list[list[int]] = []  # for each edge: its first box, the points that it passes, its last box
    for tail, head in edges:
        way = [tail]
        for column in range(layer[tail] + 1, layer[head]):
            way.append(len(size))
            size.append((0.0, 6.0))
            layer.append(column)
        ways.append([*way, head])
    columns: list[list[int]] = [[] for _ in range(max(layer, default=0) + 1)]
    for i, number in enumerate(layer):
        columns[number].append(i)
    before: list[list[int]] = [[] for _ in size]
    after: list[list[int]] = [[] for _ in size]
    for way in ways:
        for a, b in itertools.pairwise(way):
            before[b].append(a)
            after[a].append(b)
    y = _heights(columns, size, before, after)
    x, widths, left = [0.0] * len(size), [max(size[i][0] for i in column) for column in columns], 0.0
    room = [
        GAP + max([labels[e] for e, way in enumerate(ways) if layer[way[-1]] == k], default=0.0)
        for k in range(len(columns))
    ]
    for k, inside in enumerate(columns):
        left += room[k] if k else 0.0
        for i in inside:
            x[i] = left + widths[k] / 2
        left += widths[k]
    arrows = [_curve(e, ways, x, y, size) for e in range(len(ways))]
    height = max([y[i] + size[i][1] / 2 for i in range(len(size))], default=0.0)
    return Placed(left, height, tuple(zip(x[: len(sizes)], y[: len(sizes)], strict=True)), tuple(arrows))


def _layers(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The column of each box: after all boxes it depends on; an input comes directly before its first use."""
    layer = [0] * count
    for tail, head in sorted(edges, key=lambda edge: edge[1]):
        layer[head] = max(layer[head], layer[tail] + 1)
    targets = {head for _, head in edges}
    for i in range(count):
        uses = [layer[head] for tail, head in edges if tail == i]
        if i not in targets and uses:
            layer[i] = min(uses) - 1
    return layer


def _heights(
    columns: list[list[int]], size: Sequence[tuple[float, float]], before: list[list[int]], after: list[list[int]]
) -> list[float]:
    """The vertical place of each box: in twelve rounds, move to the middle of the neighbours, resolve overlaps."""
    y = [0.0] * len(size)
    for column in columns:
        _resolve_overlaps(column, y, size)
    for turn in range(12):
        neighbours = after if turn % 2 else before
        for column in reversed(columns) if turn % 2 else columns:
            for i in column:
                near = neighbours[i] or (before[i] if turn % 2 else after[i])
                if near:
                    y[i] = sum(y[j] for j in near) / len(near)
            column.sort(key=lambda i: y[i])
            _resolve_overlaps(column, y, size)
    top = min([y[i] - size[i][1] / 2 for i in range(len(size))], default=0.0)
    return [value - top for value in y]


def _resolve_overlaps(column: list[int], y: list[float], size: Sequence[tuple[float, float]]) -> None:
    """Push overlapping boxes apart, and keep the middle of the column where it was."""
    if not column:
        return
    wanted = sum(y[i] for i in column) / len(column)
    for a, b in itertools.pairwise(column):
        y[b] = max(y[b], y[a] + (size[a][1] + size[b][1]) / 2 + ROW)
    shift = wanted - sum(y[i] for i in column) / len(column)
    for i in column:
        y[i] += shift


def _curve(e: int, ways: list[list[int]], x: list[float], y: list[float], size: Sequence[tuple[float, float]]) -> Curve:
    """A curve from the right side of its first box to the left side of its last; no two curves end together."""
    way = ways[e]
    tail, head = way[0], way[-1]
    entering = sorted(
        [other for other in range(len(ways)) if ways[other][-1] == head], key=lambda other: (y[ways[other][-2]], other)
    )
    entrance = (entering.index(e) - (len(entering) - 1) / 2) * min(LABEL, size[head][1] / (len(entering) + 1))
    parallel = [other for other in entering if ways[other][0] == tail]  # several if the operation is x * x
    bulge = (parallel.index(e) - (len(parallel) - 1) / 2) * LABEL * 1.5
    stops = [(x[tail] + size[tail][0] / 2, y[tail]), *[(x[i], y[i] + bulge) for i in way[1:-1]]]
    stops.append((x[head] - size[head][0] / 2, y[head] + entrance))
    points = [stops[0]]
    for (x0, y0), (x1, y1) in itertools.pairwise(stops):
        bend = (x1 - x0) / 2
        points += [(x0 + bend, y0 + bulge), (x1 - bend, y1 + bulge), (x1, y1)]
    (x0, y0), (x1, y1) = stops[-2:]
    height = (y0 + y1) / 2 + bulge - 9 if x1 - x0 < 2 * GAP else y1 - 9
    return Curve(tuple(points), (max((x0 + x1) / 2, x1 - GAP), height))
