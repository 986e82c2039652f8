"""Pooling and upsampling layers, every option."""

from __future__ import annotations

from typing import Any

import numpy as np

import nn
from tests.cases.modules.case import ModuleCase

ROWS: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[int, ...]]] = [  # (class, sizes, options, input)
    ("MaxPool1d", (2,), {}, (2, 2, 5)),
    ("MaxPool1d", (3,), {"stride": 2, "padding": 1, "dilation": 2}, (2, 7)),
    ("MaxPool2d", (2,), {}, (2, 2, 4, 4)),
    ("MaxPool2d", ((3, 2),), {"stride": (2, 1), "padding": 1}, (2, 2, 4, 4)),
    ("MaxPool2d", (2,), {"stride": 1, "dilation": (2, 1)}, (2, 1, 4, 3)),
    ("MaxPool2d", (3,), {"stride": 2, "ceil_mode": True}, (2, 1, 6, 4)),
    ("MaxPool2d", (2,), {"stride": 3, "padding": 1, "ceil_mode": True}, (1, 2, 5, 6)),
    ("MaxPool2d", (2,), {"return_indices": True, "padding": 1, "stride": 1}, (2, 2, 3, 4)),
    ("MaxPool2d", (2,), {"stride": 3}, (2, 5, 5)),
    ("MaxPool3d", (2,), {"stride": 1}, (1, 2, 2, 3, 2)),
    ("AvgPool1d", (2,), {}, (2, 2, 5)),
    ("AvgPool1d", (3,), {"stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False}, (2, 6)),
    ("AvgPool2d", (2,), {}, (2, 2, 4, 4)),
    ("AvgPool2d", ((3, 2),), {"stride": (2, 1), "padding": 1}, (2, 2, 4, 4)),
    ("AvgPool2d", (3,), {"stride": 2, "padding": 1, "count_include_pad": False}, (2, 1, 4, 5)),
    ("AvgPool2d", (3,), {"stride": 2, "ceil_mode": True}, (2, 1, 6, 4)),
    ("AvgPool2d", (3,), {"stride": 2, "padding": 1, "ceil_mode": True}, (1, 2, 6, 4)),
    ("AvgPool2d", (2,), {"divisor_override": 3}, (2, 4, 4)),
    ("AvgPool3d", (2,), {"stride": 1}, (1, 2, 2, 3, 2)),
    ("AdaptiveAvgPool1d", (3,), {}, (2, 2, 7)),
    ("AdaptiveAvgPool2d", (1,), {}, (2, 2, 3, 4)),
    ("AdaptiveAvgPool2d", ((2, None),), {}, (2, 1, 4, 3)),
    ("AdaptiveAvgPool2d", ((3, 5),), {}, (2, 5, 4)),
    ("AdaptiveMaxPool1d", (3,), {"return_indices": True}, (2, 2, 7)),
    ("AdaptiveMaxPool2d", ((2, 3),), {}, (2, 2, 4, 4)),
    ("AdaptiveMaxPool2d", ((None, 2),), {"return_indices": True}, (1, 3, 5)),
    ("AdaptiveMaxPool2d", (2,), {"return_indices": True}, (2, 2, 4, 6)),
    ("AdaptiveAvgPool3d", (1,), {}, (2, 1, 2, 3, 2)),
    ("AdaptiveAvgPool3d", ((2, None, 3),), {}, (1, 3, 2, 4)),
    ("AdaptiveMaxPool3d", (2,), {"return_indices": True}, (1, 2, 2, 4, 2)),
    ("AdaptiveMaxPool3d", ((2, None, 3),), {"return_indices": True}, (1, 3, 2, 4)),
    ("LPPool1d", (2, 2), {}, (2, 2, 5)),
    ("LPPool1d", (1, 3), {"stride": 2, "ceil_mode": True}, (2, 6)),
    ("LPPool1d", (float("inf"), 2), {}, (2, 2, 5)),
    ("LPPool2d", (2, (2, 3)), {"stride": (1, 2)}, (2, 1, 3, 5)),
    ("LPPool2d", (3, 2), {"stride": 3, "ceil_mode": True}, (1, 5, 4)),
    ("LPPool2d", (0.5, 2), {}, (2, 1, 4, 4)),
    ("LPPool2d", (-float("inf"), 2), {}, (2, 4, 4)),
    ("LPPool3d", (2.5, 2), {"stride": 1}, (1, 2, 2, 3, 2)),
    ("Upsample", (), {"scale_factor": 2}, (2, 2, 3)),
    ("Upsample", (), {"scale_factor": (2, 1.5)}, (2, 1, 3, 3)),
    ("Upsample", ((5, 2),), {}, (2, 1, 3, 3)),
    ("Upsample", (7,), {"mode": "nearest-exact"}, (1, 2, 3, 2)),
    ("Upsample", (), {"scale_factor": 3, "mode": "linear"}, (2, 2, 3)),
    ("Upsample", (), {"scale_factor": 2, "mode": "bilinear"}, (2, 1, 3, 2)),
    ("Upsample", (), {"scale_factor": (1.7, 0.6), "mode": "bilinear"}, (1, 2, 4, 4)),
    ("Upsample", (), {"scale_factor": 1.7, "mode": "bilinear", "recompute_scale_factor": True}, (1, 2, 4, 4)),
    ("Upsample", ((5, 2),), {"mode": "bilinear", "align_corners": True}, (1, 2, 3, 3)),
    ("Upsample", ((1, 4),), {"mode": "bilinear", "align_corners": True}, (1, 2, 3, 3)),
    ("Upsample", ((6, 3),), {"mode": "bicubic"}, (1, 1, 4, 5)),
    ("Upsample", ((6, 3),), {"mode": "bicubic", "align_corners": True}, (1, 1, 4, 4)),
    ("Upsample", (3,), {"mode": "trilinear"}, (1, 1, 2, 2, 2)),
    ("Upsample", (), {"scale_factor": 2, "mode": "nearest"}, (1, 1, 2, 2, 2)),
]


def distinct(*shape: int) -> Any:
    """Values far enough apart that no small step changes which is the largest, and exact in float16."""
    return lambda rng: ((rng.permutation(np.prod(shape)).reshape(shape) + 1) / 8.0,)


def row(name: str, sizes: tuple[Any, ...], options: dict[str, Any], shape: tuple[int, ...]) -> ModuleCase:
    cls = getattr(nn, name)
    label = ", ".join([*map(str, sizes), *(f"{key}={value}" for key, value in options.items()), f"on {shape}"])
    return ModuleCase(
        cls,
        lambda rng: cls(*sizes, **options),
        distinct(*shape),
        lambda torch: getattr(torch.nn, name)(*sizes, **options),
        label=label,
    )


MODULES = [row(*arguments) for arguments in ROWS]
