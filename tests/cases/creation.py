"""Arrays made of Tensors in lists, with like=."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.cases.case import Case, normal


def listed(make: Any) -> Any:
    """(x, y) -> an array of them, like x. NumPy passes like= on to Tensors; arrays need none."""
    return lambda *xs: make(*xs, like=xs[0])


CASES = [
    Case("array like=", listed(lambda a, b, like: np.array([a, [b, b * 2.0]], like=like)), normal((2,), ()),
         lambda torch, a, b: torch.stack([a, torch.stack([b, b * 2])])),
    Case("array like= ndmin", listed(lambda a, b, like: np.array((a, b), ndmin=3, like=like)), normal((2,), (2,)),
         lambda torch, a, b: torch.stack([a, b])[None]),
    Case("asarray like=", listed(lambda a, like: np.asarray([a, a[::-1]], like=like)), normal((2,)),
         lambda torch, a: torch.stack([a, a.flip(0)])),
    Case("full like=", listed(lambda a, like: np.full((2, 3), a, like=like)), normal((3,)),
         lambda torch, a: a.expand(2, 3)),
]  # fmt: skip
