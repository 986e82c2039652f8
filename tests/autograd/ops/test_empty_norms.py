"""Norms of nothing: NumPy's values or errors, with gradients to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor
from autograd.engine.gradients import gradients

EMPTY = [
    ((0,), None),
    ((0,), 0),
    ((0, 3), 0),
    ((0, 3), 1),
    ((3, 0), 1),
    ((0, 3), (0, 1)),
    ((2, 0, 3), (1, 2)),
    ((2, 3, 0), (1, 2)),
]
EMPTY += [((0, 0), None), ((0, 2, 3), (1, 2))]


@pytest.mark.parametrize("ord", [None, 0, 1, 2, 3, 0.5, -1, -2, np.inf, -np.inf, "fro", "nuc"])
@pytest.mark.parametrize(("shape", "axis"), EMPTY)
def test_norms_of_nothing_are_numpys_to_second_order(ord: Any, shape: tuple[int, ...], axis: Any) -> None:
    x = Tensor(np.ones(shape), requires_grad=True)
    try:
        with np.errstate(divide="ignore"):
            right = np.linalg.norm(x.numpy(), ord, axis)
    except ValueError as error:
        with pytest.raises(ValueError, match=str(error)[:20]):
            np.linalg.norm(x, ord, axis)
        return
    with np.errstate(divide="ignore"):
        y = np.linalg.norm(x, ord, axis)
    np.testing.assert_array_equal(y.numpy(), right)
    (g,) = gradients([y], [x], [np.ones(y.shape)], create_graph=True)
    assert g.shape == shape
    if g.requires_grad:
        gradients([(g**2).sum()], [x])
