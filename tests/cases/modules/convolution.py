"""Convolution layers and their transposes, every option."""

from __future__ import annotations

from typing import Any

import numpy as np

import nn
from tests.cases.modules.case import ModuleCase, away_from_zero

ROWS: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[int, ...]]] = [  # (class, sizes, options, input)
    ("Conv1d", (2, 3, 3), {}, (2, 2, 5)),
    ("Conv1d", (2, 4, 2), {"stride": 2, "padding": 1, "dilation": 2, "groups": 2, "bias": False}, (2, 2, 6)),
    ("Conv1d", (1, 2, 3), {"padding": "same"}, (2, 1, 5)),
    ("Conv1d", (2, 1, 3), {}, (2, 4)),
    ("Conv2d", (2, 3, 3), {}, (2, 2, 4, 4)),
    ("Conv2d", (2, 3, (2, 3)), {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)}, (2, 2, 4, 5)),
    ("Conv2d", (2, 2, 3), {"padding": "same", "dilation": (1, 2), "bias": False}, (1, 2, 3, 3)),
    ("Conv2d", (1, 2, (3, 1)), {"padding": "same"}, (2, 1, 3, 3)),
    ("Conv2d", (1, 2, 2), {"padding": "valid"}, (2, 1, 3, 3)),
    ("Conv2d", (4, 4, 2), {"groups": 4}, (2, 4, 3, 3)),
    ("Conv2d", (4, 6, 2), {"groups": 2, "stride": 2}, (1, 4, 4, 4)),
    ("Conv2d", (3, 2, 1), {}, (2, 3, 2, 2)),
    ("Conv2d", (2, 2, 1), {"stride": 2}, (2, 2, 3, 3)),
    ("Conv2d", (2, 2, 2), {"padding": 1, "padding_mode": "reflect"}, (1, 2, 3, 3)),
    ("Conv2d", (1, 2, 3), {"padding": (2, 1), "padding_mode": "replicate"}, (2, 1, 2, 3)),
    ("Conv2d", (1, 2, 3), {"padding": "same", "padding_mode": "circular"}, (2, 1, 3, 3)),
    ("Conv2d", (2, 2, 2), {"padding_mode": "reflect", "padding": 1}, (2, 3, 3)),
    ("Conv2d", (2, 2, 2), {}, (2, 3, 3)),
    ("Conv1d", (2, 2, 3), {"padding": 2, "padding_mode": "reflect", "stride": 2}, (2, 2, 4)),
    ("Conv1d", (1, 2, 2), {"padding": 3, "padding_mode": "replicate"}, (1, 2)),
    ("Conv1d", (2, 2, 3), {"padding": "same", "padding_mode": "circular", "dilation": 2, "groups": 2}, (2, 2, 4)),
    ("Conv3d", (1, 1, 2), {"padding": (1, 0, 1), "padding_mode": "reflect"}, (1, 1, 2, 2, 3)),
    ("Conv3d", (1, 2, 2), {"padding": 1, "padding_mode": "replicate", "stride": 2}, (1, 1, 2, 2, 2)),
    ("Conv3d", (1, 1, 2), {"padding": (0, 1, 2), "padding_mode": "circular"}, (1, 2, 2, 2)),
    ("Conv3d", (2, 2, 2), {"stride": (1, 2, 1), "padding": 1}, (1, 2, 2, 3, 2)),
    ("ConvTranspose1d", (2, 3, 3), {}, (2, 2, 3)),
    (
        "ConvTranspose1d",
        (2, 4, 2),
        {"stride": 3, "padding": 1, "output_padding": 2, "groups": 2, "dilation": 2},
        (2, 2, 3),
    ),
    ("ConvTranspose2d", (2, 3, 2), {}, (2, 2, 2, 2)),
    (
        "ConvTranspose2d",
        (2, 2, (3, 2)),
        {"stride": (2, 3), "padding": (1, 0), "output_padding": (1, 2), "bias": False},
        (2, 2, 2, 2),
    ),
    ("ConvTranspose2d", (4, 2, 2), {"groups": 2, "dilation": 2, "output_padding": 1, "padding": 1}, (1, 4, 2, 3)),
    ("ConvTranspose2d", (3, 2, 1), {}, (2, 3, 2, 2)),
    ("ConvTranspose2d", (2, 2, 2), {"stride": 2}, (2, 2, 3)),
    ("ConvTranspose3d", (1, 2, 2), {"stride": (1, 2, 1)}, (1, 1, 2, 2, 2)),
]


def row(name: str, sizes: tuple[Any, ...], options: dict[str, Any], shape: tuple[int, ...]) -> ModuleCase:
    cls = getattr(nn, name)
    label = ", ".join([*map(str, sizes), *(f"{key}={value}" for key, value in options.items()), f"on {shape}"])
    return ModuleCase(
        cls, lambda rng: cls(*sizes, **options, dtype=np.float64, rng=rng), away_from_zero(*shape),
        lambda torch: getattr(torch.nn, name)(*sizes, **options), label=label,
    )  # fmt: skip


MODULES = [row(*arguments) for arguments in ROWS]
