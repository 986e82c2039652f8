"""A line search for the strong Wolfe conditions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple


class Point(NamedTuple):
    """A point on the line x + t · d: the value f, the gradient g and the slope g · d."""

    t: float
    f: float
    g: Any
    slope: float


def strong_wolfe(
    evaluate: Callable[[float], Point],
    start: Point,
    t: float,
    length: float,
    *,
    c1: float = 1e-4,
    c2: float = 0.9,
    tolerance_change: float = 1e-9,
    max_evaluations: int = 25,
) -> tuple[Point, int]:
    """Find t with f(t) <= f(0) + c1 · t · f'(0) and |f'(t)| <= c2 · |f'(0)|.

    The search first finds a bracket that contains such a point, then narrows it by cubic interpolation.

    Args:      t: the first step to try.
               length: the largest |element| of d. The search ends when x would move by less than tolerance_change
               inside the bracket.
    Returns:   the point, or else the lowest that was found, and the number of evaluations.
    Source:    Nocedal & Wright 2006, Algorithms 3.5 and 3.6, with the safeguards of Schmidt's minFunc, as in PyTorch.
    """

    def too_high(p: Point) -> bool:
        return p.f > start.f + c1 * p.t * start.slope

    def flat(p: Point) -> bool:
        return abs(p.slope) <= -c2 * start.slope

    previous, new, evaluations = start, evaluate(t), 1
    tried = 0
    while tried < max_evaluations:
        if too_high(new) or (tried > 1 and new.f >= previous.f):
            break
        if flat(new):
            return new, evaluations
        if new.slope >= 0:
            break
        further = cubic_minimum(previous, new, new.t + 0.01 * (new.t - previous.t), 10 * new.t)
        previous, new = new, evaluate(further)
        evaluations += 1
        tried += 1
    if tried == max_evaluations:
        previous = start
    low, high = (previous, new) if previous.f <= new.f else (new, previous)

    close = False  # whether the last trial was close to an end of the bracket
    while tried < max_evaluations and abs(high.t - low.t) * length >= tolerance_change:
        left, right = min(low.t, high.t), max(low.t, high.t)
        t, margin = cubic_minimum(low, high, left, right), 0.1 * (right - left)
        was_close, close = close, min(right - t, t - left) < margin
        if close and (was_close or not left < t < right):
            t = right - margin if right - t < t - left else left + margin
            close = False
        new = evaluate(t)
        evaluations += 1
        tried += 1
        if too_high(new) or new.f >= low.f:
            low, high = (low, new) if low.f <= new.f else (new, low)
        else:
            done = flat(new)
            if not done and new.slope * (high.t - low.t) >= 0:
                high = low
            low = new
            if done:
                break
    return low, evaluations


def cubic_minimum(a: Point, b: Point, low: float, high: float) -> float:
    """Where the cubic through two points with their slopes has its minimum, between low and high; else their mean."""
    a, b = (a, b) if a.t <= b.t else (b, a)
    d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2
    d2 = math.sqrt(square)
    span = b.slope - a.slope + 2 * d2
    if span == 0:
        return (low + high) / 2
    return min(max(b.t - (b.t - a.t) * ((b.slope + d2 - d1) / span), low), high)
