"""Padding layers: every class, with one width and with a width for each side, positive and negative."""

from __future__ import annotations

from typing import Any

import nn
from tests.cases.modules.case import ModuleCase, away_from_zero

SIZES = {1: (3,), 2: (3, 4), 3: (3, 2, 4)}
WIDTHS: dict[int, list[Any]] = {  # axes -> one for all sides, one for each, with negative ones
    1: [1, (2, 1), (-1, 2), (1, -2)],
    2: [1, (2, 0, 1, 2), (-1, 2, 1, -1)],
    3: [1, (2, 1, 0, 1, 2, 0), (-2, 1, 1, -1, 0, 1)],
}


def row(kind: str, axes: int, widths: Any, lead: tuple[int, ...]) -> ModuleCase:
    name, options = f"{kind}{axes}d", (widths, -1.5) if kind == "ConstantPad" else (widths,)
    shape = (*lead, *SIZES[axes])
    return ModuleCase(
        getattr(nn, name),
        lambda rng: getattr(nn, name)(*options),
        away_from_zero(*shape),
        lambda torch: getattr(torch.nn, name)(*options),
        label=f"{', '.join(map(str, options))}, on {shape}",
    )


MODULES = [
    row(kind, axes, widths, (2,) if i % 2 else (2, 1))
    for kind in ("ReflectionPad", "ReplicationPad", "CircularPad", "ConstantPad", "ZeroPad")
    for axes in WIDTHS
    for i, widths in enumerate(WIDTHS[axes])
]
