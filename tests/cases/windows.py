"""Windows, parts between zeros, and functions that call a function of the user's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autograd.engine.registry import primitives
from tests.cases.case import Case, normal
from tests.cases.elementwise import away

S = (4, 5)
BY_VALUES = "the shape of the result depends on values, which are not asked"
EDGES = np.array([[0.0, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]])
CHOICE = np.array([0, 1, 2, 1, 0])


def pieces(x: Any) -> Any:
    """Each element is in one of three places: squared, a constant, or by exp."""
    return np.piecewise(x, [CHOICE == 0, CHOICE == 1], [lambda x: x * x, 3.0, np.exp])


CASES = [
    Case("sliding_window_view", lambda x: sliding_window_view(x, (2, 3)), normal(S),
         lambda torch, x: x.unfold(0, 2, 1).unfold(1, 3, 1)),
    Case("sliding_window_view axis=-1", lambda x: sliding_window_view(x, 3, axis=-1), normal(S),
         lambda torch, x: x.unfold(1, 3, 1)),
    Case("sliding_window_view twice along an axis", lambda x: sliding_window_view(x, (2, 3), axis=(1, 1)), normal(S),
         lambda torch, x: x.unfold(1, 4, 1).unfold(2, 3, 1)),
    Case("sliding_window_view in a mean", lambda x: np.mean(sliding_window_view(x, 3, axis=0), axis=-1), normal(S),
         lambda torch, x: x.unfold(0, 3, 1).mean(-1)),
    Case("add_windows", lambda x: primitives["add_windows"](x, shape=(4, 3), window=(2,), axis=(0,)),
         normal((3, 3, 2))),
    Case("trim_zeros", lambda x: np.trim_zeros(np.array([0.0, 0, 1, 0, 1, 0], x.dtype) * x), away(0.1, (6,)),
         lambda torch, x: torch.tensor([1.0, 0, 1]) * x[2:5], strict=BY_VALUES),
    Case("trim_zeros trim=b axis=1", lambda x: np.trim_zeros(EDGES.astype(x.dtype) * x, "b", axis=1), away(0.1, (4, 4)),
         lambda torch, x: (torch.tensor(EDGES) * x)[:, :3], float32=False, strict=BY_VALUES),
    Case("piecewise", pieces, normal((5,))),
    Case("piecewise of one condition", lambda x, a: np.piecewise(x, x > 0, [np.power, lambda x, a: np.sin(x)], a),
         lambda rng: (np.array([-0.7, 0.4, 1.6, -1.3]), np.array(1.5)),
         lambda torch, x, a: torch.where(x > 0, x.abs() ** a, x.sin())),
    Case("piecewise by a value", lambda x, a: np.piecewise(x, [x > 0, x > 1], [a * a, lambda x: 2 * x]),
         lambda rng: (np.array([-0.7, 0.4, 1.6, 0.3]), np.array(1.5)),
         lambda torch, x, a: torch.stack([0 * x[0], a * a, 2 * x[2], a * a])),
    Case("apply_along_axis", lambda x: np.apply_along_axis(np.cumsum, 1, x), normal((2, 3, 2)),
         lambda torch, x: x.cumsum(1)),
    Case("apply_along_axis to a number", lambda x: np.apply_along_axis(lambda v, p: np.sum(v**p), 0, x, 2), normal(S),
         lambda torch, x: x.square().sum(0)),
    Case("apply_along_axis to a matrix", lambda x: np.apply_along_axis(lambda v: np.outer(v, v), 1, x),
         normal((2, 3, 2)), lambda torch, x: torch.einsum("aib,ajb->aijb", x, x)),
    Case("apply_over_axes", lambda x: np.apply_over_axes(np.sum, x, [0, 2]), normal((2, 3, 2)),
         lambda torch, x: x.sum((0, 2), keepdim=True)),
]  # fmt: skip
