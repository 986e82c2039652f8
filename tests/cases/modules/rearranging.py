"""Layers that move elements: the shuffles, Unfold and Fold."""

from __future__ import annotations

from typing import Any

import nn
from tests.cases.modules.case import ModuleCase, away_from_zero

ROWS: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[int, ...]]] = [  # (class, sizes, options, input)
    ("PixelShuffle", (2,), {}, (2, 4, 2, 3)),
    ("PixelShuffle", (3,), {}, (9, 1, 2)),
    ("PixelShuffle", (1,), {}, (2, 1, 2, 3, 2)),
    ("PixelUnshuffle", (2,), {}, (2, 1, 4, 2)),
    ("PixelUnshuffle", (3,), {}, (2, 3, 6)),
    ("ChannelShuffle", (2,), {}, (2, 4, 3)),
    ("ChannelShuffle", (3,), {}, (1, 6, 2, 2)),
    ("ChannelShuffle", (4,), {}, (1, 4, 1, 2, 2)),
    ("Unfold", (2,), {}, (2, 2, 3, 3)),
    ("Unfold", ((3, 2),), {"dilation": (1, 2), "padding": (1, 0), "stride": (2, 1)}, (2, 4, 4)),
    ("Fold", ((3, 3), 2), {}, (2, 8, 4)),
    ("Fold", ((4, 4), (3, 2)), {"dilation": (1, 2), "padding": (1, 0), "stride": (2, 1)}, (12, 4)),
    ("Fold", (4, 2), {"stride": 2}, (1, 4, 4)),
]


def row(name: str, sizes: tuple[Any, ...], options: dict[str, Any], shape: tuple[int, ...]) -> ModuleCase:
    cls = getattr(nn, name)
    label = ", ".join([*map(str, sizes), *(f"{key}={value}" for key, value in options.items()), f"on {shape}"])
    return ModuleCase(
        cls,
        lambda rng: cls(*sizes, **options),
        away_from_zero(*shape),
        lambda torch: getattr(torch.nn, name)(*sizes, **options),
        label=label,
    )


MODULES = [row(*arguments) for arguments in ROWS]
