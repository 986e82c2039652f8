"""Where the texts of a laid-out picture stand: each at its arrow, no title in the way of an arrow, none on a border.

Graphviz reserves room for a text beside its arrow's middle, and looks neither at frames nor at other arrows when it
bends the arrow away from there. Its boxes, frames and arrows stay as they are; here only the texts are moved.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from autograd.viz.output.geometry import Layout, Point, Rectangle, Text

ALONG = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)  # where on its arrow a text may stand, best first
GAP = 2.0  # between a text and its arrow
NOWHERE = Rectangle(math.inf, math.inf, math.inf, math.inf)
STEPS = 24  # places of a title along the upper edge of its frame


def place_texts(layout: Layout) -> set[str]:
    """Move the titles of frames and then the labels of arrows to where they are in the way of the least.

    Returns:   the frames that are too narrow to have their title beside the arrows.
    """
    curves = [line.points() for line in layout.arrows]
    return _Places(layout, curves).settle()


class _Places:
    def __init__(self, layout: Layout, curves: list[list[Point]]) -> None:
        self.layout = layout
        self.curves = curves
        self.points = np.array([point for curve in curves for point in curve] or [(math.inf, math.inf)])
        self.owners = np.array([i for i, curve in enumerate(curves) for _ in curve] or [-1])
        self.boxes = np.array(list(layout.boxes.values()) or [NOWHERE])
        self.frames = np.array([frame for frame, _ in layout.frames.values()] or [NOWHERE])
        self.texts = np.empty((0, 4))

    def settle(self) -> set[str]:
        crossed = set()
        for name, (frame, title) in self.layout.frames.items():
            if title is not None:
                self._title(frame, title)
                if self._met(title.box):
                    crossed.add(name)
                self._take(title.box, 6.0)
        labelled = [(i, line.label) for i, line in enumerate(self.layout.arrows) if line.label]
        for i, label in sorted(labelled, key=lambda item: _length(self.curves[item[0]])):  # a short one has no choice
            self._label(i, label)
            self._take(label.box, 1.0)
        return crossed

    def _take(self, box: Rectangle, around: float) -> None:
        self.texts = np.vstack([self.texts, box.grown(around)])

    def _title(self, frame: Rectangle, title: Text) -> None:
        """The leftmost place along the upper edge that no arrow crosses."""
        left, right = frame.left + title.width / 2 + 8, max(frame.left, frame.right - title.width) + title.width / 2 - 8
        best, found = math.inf, title.center
        for step in range(STEPS):
            center = (left + max(0.0, right - left) * step / (STEPS - 1), title.center[1])
            box = Rectangle.around(center, title.width + 8, title.height + 2)
            cost = self._met(box) + 5.0 * _overlap(box, self.boxes) + 0.01 * step
            if cost < best:
                best, found = cost, center
        title.center = found

    def _label(self, i: int, label: Text) -> None:
        curve = self.curves[i]
        best, found = math.inf, label.center
        for step, share in enumerate(ALONG):
            for center in _beside(curve, share, label):
                box = Rectangle.around(center, label.width, label.height)
                own = _within(box.grown(5.0), np.array(curve))
                cost = (
                    0.4 * step
                    + 0.5 * _overlap(box, self.boxes)
                    + 0.5 * _overlap(box, self.texts)
                    + 6.0 * _on_borders(box.grown(2.0), self.frames)
                    + 1.0 * min(8, self._met(box))
                    + 0.3 * min(8, self._met(box.grown(5.0)) - own)  # near another arrow it could be taken for its own
                )
                if cost < best:
                    cost += 4.0 * self._nearer_to_another(i, center)
                if cost < best:
                    best, found = cost, center
        label.center = found

    def _nearer_to_another(self, i: int, center: Point) -> float:
        """0 where the nearest arrow is the text's own, 1 on another one."""
        squares = np.sum((self.points - center) ** 2, axis=1)
        own, other = (np.min(squares[mask], initial=math.inf) for mask in (self.owners == i, self.owners != i))
        return 1.0 - math.sqrt(other / own) if other < own else 0.0

    def _met(self, box: Rectangle) -> int:
        """How many points of arrows are in it."""
        return _within(box, self.points)


def _within(box: Rectangle, points: np.ndarray) -> int:
    x, y = points.T
    return int(np.count_nonzero((box.left < x) & (x < box.right) & (box.low < y) & (y < box.high)))


def _overlap(box: Rectangle, others: np.ndarray) -> float:
    """The area that it shares with others."""
    width = np.minimum(box.right, others[:, 2]) - np.maximum(box.left, others[:, 0])
    height = np.minimum(box.high, others[:, 3]) - np.maximum(box.low, others[:, 1])
    return float(np.sum(np.maximum(width, 0) * np.maximum(height, 0)))


def _on_borders(box: Rectangle, frames: np.ndarray) -> int:
    """In how many of these rectangles it is neither inside nor outside."""
    left, low, right, high = frames.T
    meets = (box.left < right) & (box.right > left) & (box.low < high) & (box.high > low)
    inside = (box.left >= left) & (box.right <= right) & (box.low >= low) & (box.high <= high)
    return int(np.count_nonzero(meets & ~inside))


def _beside(curve: Sequence[Point], share: float, label: Text) -> list[Point]:
    """The two places of a label beside the point that divides its arrow so, on either side of it."""
    i = min(len(curve) - 2, max(1, round(share * (len(curve) - 1))))
    (x0, y0), (x1, y1) = curve[max(0, i - 1)], curve[i + 1]
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    nx, ny = -(y1 - y0) / length, (x1 - x0) / length
    away = abs(nx) * label.width / 2 + abs(ny) * label.height / 2 + GAP
    x, y = curve[i]
    sides = (1, -1) if ny >= 0 else (-1, 1)  # first above the arrow
    return [(x + side * nx * away, y + side * ny * away) for side in sides]


def _length(points: Sequence[Point]) -> float:
    return sum(map(math.dist, points, points[1:]))
