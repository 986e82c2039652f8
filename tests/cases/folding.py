"""Windows as columns and columns as images, as primitives. The layers are in tests/cases/modules/rearranging.py."""

from __future__ import annotations

import math
from typing import Any

from nn.layers.folding import fold_op, unfold_op
from nn.layers.kernels.patches import Sliding
from tests.cases.case import Case, normal

ROWS: list[tuple[str, Sliding, tuple[int, int]]] = [  # (label, how, the size of the image)
    ("plain", Sliding((2, 3), (1, 1), ((0, 0), (0, 0)), (1, 1)), (3, 4)),
    ("strided", Sliding((3, 2), (2, 3), ((1, 1), (0, 0)), (1, 2)), (4, 6)),
    ("tiles", Sliding((2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1)), (4, 2)),
    ("with windows in the border", Sliding((1, 2), (1, 1), ((2, 2), (1, 1)), (1, 1)), (2, 2)),
]


def row(label: str, how: Sliding, size: tuple[int, int]) -> list[Case]:
    places, taps = how.places(size), how.kernel[0] * how.kernel[1]
    options: dict[str, Any] = {
        "kernel_size": how.kernel, "dilation": how.dilation, "stride": how.stride,
        "padding": tuple(before for before, _ in how.padding),
    }  # fmt: skip
    return [
        Case(
            f"unfold {label}", lambda x: unfold_op(x, sliding=how), normal((2, 2, *size)),
            lambda torch, x: torch.nn.functional.unfold(x, **options),
        ),
        Case(
            f"fold {label}", lambda x: fold_op(x, size=size, sliding=how), normal((2, 2 * taps, places[0] * places[1])),
            lambda torch, x: torch.nn.functional.fold(x, size, **options),
        ),
    ]  # fmt: skip


CASES = [case for arguments in ROWS for case in row(*arguments)]

FUSED: list[tuple[str, list[tuple[int, ...]], tuple[Any, ...], dict[str, Any]]] = [
    row
    for _, how, size in ROWS
    for row in (
        ("unfold", [(2, 2, *size)], (), {"sliding": how}),
        ("fold", [(2, 2 * math.prod(how.kernel), math.prod(how.places(size)))], (), {"size": size, "sliding": how}),
    )
]
