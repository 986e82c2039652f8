"""A long picture in rows, as a text is: the boxes of each row, and lines from the end of one to the start of another.

A row is laid out for itself. An arrow into another row leaves at the end of its own and comes in at the start of the
other; between the two a line runs around the rows, so it crosses neither boxes nor titles. Everything is said for
pictures that run to the right, whose rows are below one another; `Turned` is for the other directions.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from autograd.viz.output.geometry import Layout, Line, Point, Rectangle, Text
from autograd.viz.picture.arrange import Frame
from autograd.viz.picture.picture import Arrow, Box, Picture

WIDEST = 2.0  # a picture is wrapped that is longer than so many times its height
LONG = 3.0  # so long, it is wrapped even if a repeated block is parted
WANTED = 1.4
FOLD = 100.0  # the cost of parting a repeated block
WINDOW = 0.3  # of a row's length, in which the best place to end it is looked for
MARGIN = 14.0  # between a row and the first line beside it
LANE = 7.0  # between two such lines
RADIUS = 6.0  # of their corners
GAP = 18.0  # between rows


@dataclass(frozen=True)
class Turned:
    """From (x, y) to (u, v) and back: u grows as the arrows go, v from the first row to the last."""

    u: Callable[[Point], Point]
    xy: Callable[[Point], Point]


TURNS = {
    "LR": Turned(lambda p: (p[0], -p[1]), lambda p: (p[0], -p[1])),
    "RL": Turned(lambda p: (-p[0], -p[1]), lambda p: (-p[0], -p[1])),
    "TB": Turned(lambda p: (-p[1], p[0]), lambda p: (p[1], -p[0])),
    "BT": Turned(lambda p: (p[1], p[0]), lambda p: (p[1], p[0])),
}


def rows_of(shown: Picture, layout: Layout) -> dict[str, int]:
    """Box -> its row. There is one row only if the picture is not too long, or cannot be parted."""
    turned = layout.moved(TURNS[shown.options.direction].u)
    boxes = {name: _ordered(box) for name, box in turned.boxes.items()}
    ratio, count = _count(shown, layout)
    if ratio <= WIDEST:
        return dict.fromkeys(boxes, 0)
    cuts = _cuts(shown, boxes, count, math.inf if ratio > LONG else FOLD)
    centers = {name: (box.left + box.right) / 2 for name, box in boxes.items()}
    rows = {name: sum(center > cut for cut in cuts) for name, center in centers.items()}
    users: dict[str, list[str]] = {}
    fed = set()
    for arrow in shown.arrows:
        users.setdefault(arrow.source, []).append(arrow.target)
        fed.add(arrow.target)
    for name in rows:
        if name not in fed and name in users:  # a parameter stands with the operation that uses it
            rows[name] = max(rows[name], min(rows[user] for user in users[name]))
    used = {row: i for i, row in enumerate(sorted(set(rows.values())))}
    return {name: used[row] for name, row in rows.items()}


def _count(shown: Picture, layout: Layout) -> tuple[float, int]:
    """(how many times its height a picture is long, into how many rows it goes)"""
    content = Rectangle.of_all([*layout.boxes.values(), *[frame for frame, _ in layout.frames.values()]])
    width, height = content.right - content.left, content.high - content.low
    caption = layout.caption or Text(0.0, 0.0, (0.0, 0.0))
    across = shown.options.direction in ("LR", "RL")

    def ratio(count: int) -> float:
        between = (count - 1) * (GAP + MARGIN)
        if across:
            return max(width / count, caption.width) / (count * height + between + caption.height)
        return (height / count + caption.height) / max(count * width + between, caption.width)

    return ratio(1), min(range(2, 30), key=lambda count: abs(math.log(ratio(count) / WANTED)))


def _cuts(shown: Picture, boxes: dict[str, Rectangle], count: int, most: float) -> list[float]:
    """Where rows end: near equal lengths, where few arrows and frames are cut, at less than `most` cost."""
    centers = {name: (box.left + box.right) / 2 for name, box in boxes.items()}
    places = sorted({center for name, center in centers.items()})
    start, length = places[0], (places[-1] - places[0]) / count
    frames: dict[Frame, list[float]] = {}
    for box in shown.boxes:
        for frame in box.frames:
            frames.setdefault(frame, []).append(centers[box.id])
    spans = [(min(found), max(found), FOLD if frame.folds else 1.5) for frame, found in frames.items()]
    arrows = {(a.source, centers[a.source], centers[a.target]) for a in shown.arrows if a.kind != "next"}

    def cost(cut: float, ideal: float) -> float:
        crossing = len({source for source, left, right in arrows if left < cut < right})
        parted = sum(price for left, right, price in spans if left < cut < right)
        return crossing + parted + 30 * ((cut - ideal) / length) ** 2

    found: list[float] = []
    for i in range(1, count):
        ideal = start + i * length
        near = [  # (cost, place)
            (cost((a + b) / 2, ideal), (a + b) / 2)
            for a, b in itertools.pairwise(places)
            if abs((a + b) / 2 - ideal) <= WINDOW * length and (not found or (a + b) / 2 > found[-1])
        ]
        if near and min(near)[0] < most:
            found.append(min(near)[1])
    return found


@dataclass
class Parted:
    """A picture in rows.

    rows      each as a picture of its own
    whole     all of it, in which frames and arrows are parted
    links     (the number of an arrow of `whole` around rows, row it leaves, row it enters)
    """

    rows: list[Picture]
    whole: Picture
    links: list[tuple[int, int, int]]


def parted(shown: Picture, rows: dict[str, int]) -> Parted:
    """The picture with its boxes in these rows."""
    count = max(rows.values()) + 1
    boxes = _boxes_of_rows(shown, rows, count)
    arrows: list[list[Arrow]] = [[] for _ in range(count)]
    links: dict[tuple[str, str], tuple[Arrow, int, int]] = {}
    for arrow in shown.arrows:
        i, j = rows[arrow.source], rows[arrow.target]
        if i == j:
            arrows[i].append(arrow)
            continue
        leaves, enters = f"o_{arrow.source}", f"i_{arrow.source}_{j}"
        link = (leaves, enters)
        if not any(box.id == leaves for box in boxes[i]):
            boxes[i].append(Box(leaves, "leaves", ()))
            arrows[i].append(Arrow(arrow.source, leaves, (), arrow.kind, head=False))
        if link not in links:
            boxes[j].append(Box(enters, "enters", ()))
            links[link] = (Arrow(leaves, enters, (), arrow.kind, head=False), i, j)
        arrows[j].append(replace(arrow, source=enters))
    whole = [arrow for row in arrows for arrow in row]
    numbered = [(len(whole) + n, i, j) for n, (_, i, j) in enumerate(links.values())]
    return Parted(
        [replace(shown, boxes=tuple(b), arrows=tuple(a)) for b, a in zip(boxes, arrows, strict=True)],
        replace(
            shown,
            boxes=tuple([box for row in boxes for box in row]),
            arrows=(*whole, *[arrow for arrow, _, _ in links.values()]),
        ),
        numbered,
    )


def _boxes_of_rows(shown: Picture, rows: dict[str, int], count: int) -> list[list[Box]]:
    """The boxes of each row; a frame in several rows is one in each, and from the second on its title says so."""
    first: dict[tuple[str, ...], int] = {}
    for box in shown.boxes:
        for frame in box.frames:
            first[frame.path] = min(first.get(frame.path, count), rows[box.id])

    def in_row(frame: Frame, row: int) -> Frame:
        title = f"… {frame.title}" if row > first[frame.path] else frame.title
        return replace(frame, title=title, path=(f"{frame.path[0]} row {row}", *frame.path[1:]))

    found: list[list[Box]] = [[] for _ in range(count)]
    for box in shown.boxes:
        row = rows[box.id]
        found[row].append(replace(box, frames=tuple([in_row(frame, row) for frame in box.frames])))
    return found


def joined(parts: Parted, layouts: Sequence[Layout], caption: Text | None) -> Layout:
    """The layouts of the rows below one another, with the lines between them and the text below."""
    turn = TURNS[parts.whole.options.direction]
    placed: list[Layout] = []
    top = 0.0
    for j, layout in enumerate(layouts):
        row = layout.moved(turn.u)
        page = _ordered(row.page)
        top += (MARGIN + LANE * sum(enters == j for _, _, enters in parts.links)) if parts.links else 0.0
        placed.append(row.moved(_by(-page.left, top - page.low)))
        top += page.high - page.low + GAP
    arrows = [line for row in placed for line in row.arrows]
    _joined_to_ends(parts, placed, arrows)
    pages = [_ordered(row.page) for row in placed]
    lanes: dict[tuple[str, int], int] = {}
    for number, i, j in parts.links:
        arrow = parts.whole.arrows[number]
        start, end = placed[i].boxes[arrow.source].center, placed[j].boxes[arrow.target].center
        right = max(page.right for page in pages[min(i, j) : max(i, j)])
        lane = [lanes.setdefault(side, 0) for side in (("right", i), ("above", j), ("left", j))]
        for side in (("right", i), ("above", j), ("left", j)):
            lanes[side] += 1
        out, above, into = (
            right + MARGIN + LANE * lane[0],
            pages[j].low - MARGIN - LANE * lane[1],
            -MARGIN - LANE * lane[2],
        )
        corners = [start, (out, start[1]), (out, above), (into, above), (into, end[1]), end]
        arrows.append(Line(_rounded(corners)))
    whole = Layout(
        {name: box for row in placed for name, box in row.boxes.items()},
        {name: frame for row in placed for name, frame in row.frames.items()},
        arrows,
        Rectangle.of_all(pages),
    ).moved(turn.xy)
    return _with_caption(_upright(whole), caption)


def _by(du: float, dv: float) -> Callable[[Point], Point]:
    return lambda p: (p[0] + du, p[1] + dv)


def _joined_to_ends(parts: Parted, placed: Sequence[Layout], arrows: list[Line]) -> None:
    """Lead arrows all the way to where the lines around the rows begin and end."""
    ends = {name: box.center for row in placed for name, box in row.boxes.items() if name.startswith(("o_", "i_"))}
    for arrow, line in zip(parts.whole.arrows, arrows, strict=False):
        if arrow.target in ends:
            line.controls[-1] = ends[arrow.target]
        if arrow.source in ends:
            line.controls[0] = ends[arrow.source]


def _upright(layout: Layout) -> Layout:
    """Rectangles with their corners in order again."""
    return replace(
        layout,
        boxes={name: _ordered(box) for name, box in layout.boxes.items()},
        frames={name: (_ordered(box), title) for name, (box, title) in layout.frames.items()},
        page=_ordered(layout.page),
    )


def _with_caption(layout: Layout, caption: Text | None) -> Layout:
    """With the page around everything, and the text below."""
    points = [point for line in layout.arrows for point in line.controls]
    page = Rectangle.of_all([layout.page, *[Rectangle(x, y, x, y) for x, y in points]])
    if caption is None:
        return replace(layout, page=page)
    middle = (page.left + page.right) / 2
    below = Text(caption.width, caption.height, (middle, page.low - caption.height / 2 - 6))
    return replace(layout, page=Rectangle.of_all([page, below.box]), caption=below)


def _rounded(corners: list[Point]) -> list[Point]:
    """The Bézier curve along straight lines with round corners."""
    found = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        entering, leaving = _towards(corner, before), _towards(corner, after)
        found += [*_straight(found[-1], entering), corner, corner, leaving]
    return [*found, *_straight(found[-1], corners[-1])]


def _straight(a: Point, b: Point) -> list[Point]:
    thirds = [(a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t) for t in (1 / 3, 2 / 3)]
    return [*thirds, b]


def _towards(corner: Point, other: Point) -> Point:
    length = math.dist(corner, other) or 1.0
    share = min(RADIUS, length / 2) / length
    return corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share


def _ordered(r: Rectangle) -> Rectangle:
    return Rectangle(min(r.left, r.right), min(r.low, r.high), max(r.left, r.right), max(r.low, r.high))
