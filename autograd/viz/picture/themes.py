"""Colours of parameters, inputs, operations and gradients, in a light and in a dark theme."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

DECADES = 4.0  # a scale covers at least so many powers of ten, so that usual differences between gradients look small
STEPS = 7  # colours in the scale


@dataclass(frozen=True)
class Theme:
    """Colours of a picture, after the palette of Okabe & Ito (2008), made for all kinds of colour vision.

    fills, borders   of a box by its kind
    heat             three colours of the scale of gradients: vanishing, usual, exploding
    """

    paper: str
    ink: str
    faint: str
    frame: str
    frame_fill: str
    gradient: str
    arrow: str
    fills: dict[str, str]
    borders: dict[str, str]
    heat: tuple[str, str, str]
    zero: str
    bad: str


LIGHT = Theme(
    paper="#FFFFFF", ink="#1F2933", faint="#5F6B78", frame="#B8C2CC", frame_fill="#F6F8FA", gradient="#A63D00",
    arrow="#6B7785",
    fills={
        "parameter": "#D6EAF8", "input": "#D9F2E6", "constant": "#FFFFFF", "operation": "#FFF6D6", "module": "#F3E6F0",
        "carried": "#F3E6F0", "more": "#FFFFFF",
    },
    borders={
        "parameter": "#0072B2", "input": "#00805C", "constant": "#8A95A1", "operation": "#A88600", "module": "#A8578A",
        "carried": "#A8578A", "more": "#B8C2CC",
    },
    heat=("#56A5D8", "#F1EDE4", "#E8803A"), zero="#C3CBD3", bad="#111111",
)  # fmt: skip
DARK = Theme(
    paper="#14181D", ink="#E8EDF2", faint="#9DAAB8", frame="#46525F", frame_fill="#1B2128", gradient="#FFB27A",
    arrow="#8B98A6",
    fills={
        "parameter": "#12364D", "input": "#0F3D30", "constant": "#14181D", "operation": "#453A0E", "module": "#46243A",
        "carried": "#46243A", "more": "#14181D",
    },
    borders={
        "parameter": "#56B4E9", "input": "#2FC79A", "constant": "#8B98A6", "operation": "#E0BE3A", "module": "#E08CC0",
        "carried": "#E08CC0", "more": "#46525F",
    },
    heat=("#1F6FA8", "#3A3F45", "#B5561A"), zero="#5B6672", bad="#FFFFFF",
)  # fmt: skip
THEMES = {"light": LIGHT, "dark": DARK}
MEANINGS = {
    "parameter": "parameter: gets a gradient",
    "input": "input ◥",
    "constant": "constant",
    "operation": "operation",
    "module": "module, closed",
    "carried": "⟲ from block to block",
}
OF_SCALARS = MEANINGS | {"parameter": "given: gets a gradient"}  # a Scalar does not know weights from inputs


@dataclass(frozen=True)
class Scale:
    """Gradient norms as colours, by their logarithm to base 10: the median of all norms is pale, the extremes are not.

    low, middle, high   logarithms of the smallest norm, the median and the largest
    """

    low: float
    middle: float
    high: float

    def color(self, norm: float, theme: Theme) -> tuple[str, str]:
        """(background, text) for a gradient of this norm; zero and nan have colours of their own."""
        if not math.isfinite(norm):
            return theme.bad, theme.paper
        if norm == 0:
            return theme.zero, theme.ink
        return mix(theme.heat, self.position(norm)), theme.ink

    def position(self, norm: float) -> float:
        """From 0, the smallest norm, over 0.5, the median, to 1; also for zero and nan."""
        if norm == 0 or not math.isfinite(norm):
            return 0.0 if norm == 0 else 1.0
        above = math.log10(norm) - self.middle
        position = 0.5 + 0.5 * above / (self.high - self.middle if above > 0 else self.middle - self.low)
        return min(1.0, max(0.0, position))

    def steps(self, theme: Theme) -> list[tuple[str, str]]:
        """(text, colour) of a few norms from small to large, for the legend."""
        half = STEPS // 2
        down, up = (self.middle - self.low) / half, (self.high - self.middle) / half
        exponents = [min(308.0, self.middle + i * (down if i < 0 else up)) for i in range(-half, half + 1)]
        return [
            (f"{10**e:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e"), self.color(10**e, theme)[0])
            for e in exponents
        ]


def scale_of(norms: Iterable[float]) -> Scale | None:
    """A scale for these norms; None if there are none to compare."""
    norms = list(norms)
    if len(norms) < 2:
        return None
    logs = [math.log10(norm) for norm in norms if 0 < norm < math.inf] or [0.0]
    middle = median(logs)
    return Scale(min(min(logs), middle - DECADES / 2), middle, max(max(logs), middle + DECADES / 2))


def mix(colors: tuple[str, str, str], position: float) -> str:
    """The colour at a position from 0 to 1 on the scale through three colours."""
    a, b, t = (colors[0], colors[1], 2 * position) if position < 0.5 else (colors[1], colors[2], 2 * position - 1)
    parts = [(int(a[i : i + 2], 16), int(b[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(x + (y - x) * t):02X}" for x, y in parts)
