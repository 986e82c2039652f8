"""where=, initial= and mean= of the reductions: NumPy's values of every dtype, and no gradient for what is left out."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from autograd import Tensor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 4)).round(2)
HOLES = np.where(RNG.random((3, 4)) < 0.3, np.nan, X)
WHERE = np.array([[True, False, True, True], [False] * 4, [True, True, False, False]])
ROW = np.array([True, False, True, True])


def _reductions() -> list[Any]:
    rows: list[Any] = []
    for name in ("mean", "var", "std", "nanmean", "nanvar", "nanstd"):
        rows += [
            (name, {"where": WHERE}),
            (name, {"where": ROW, "axis": 1}),
            (name, {"where": WHERE[:, :1], "axis": 0}),
        ]
    for name in ("var", "std", "nanvar", "nanstd"):
        rows += [
            (name, {"where": ROW, "ddof": 1, "axis": 1, "keepdims": True}),
            (name, {"mean": np.full((3, 1), 0.5), "axis": 1}),
        ]
        rows += [(name, {"where": WHERE, "axis": 0, "mean": np.full((1, 4), 0.5), "ddof": 0.5})]
    for name in ("max", "min", "nanmax", "nanmin"):
        rows += [(name, {"initial": 0.5}), (name, {"initial": 0.5, "where": WHERE, "axis": 1})]
        rows += [(name, {"initial": -1.5, "where": ROW, "axis": (0, 1), "keepdims": True})]
    return rows


@pytest.mark.parametrize(("name", "options"), _reductions())
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_values_are_numpys_and_the_rest_gets_no_gradient(name: str, options: dict[str, Any], dtype: Any) -> None:
    x = (HOLES if "nan" in name else X).astype(dtype)
    options = {name: o.astype(dtype) if name == "mean" else o for name, o in options.items()}
    t = Tensor(x, requires_grad=True)
    with np.errstate(invalid="ignore"):
        out = getattr(np, name)(t, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of rows without an element
        right = getattr(np, name)(x, **options)
    assert out.dtype == right.dtype
    np.testing.assert_allclose(out.numpy(), right, rtol={8: 1e-12, 4: 1e-5, 2: 4e-3}[x.dtype.itemsize])
    out.sum().backward()
    left_out = ~np.broadcast_to(options.get("where", True), x.shape) | np.isnan(x)
    assert not np.any(t.grad.numpy()[left_out])


def test_an_initial_value_makes_a_reduction_of_nothing() -> None:
    t = Tensor(np.zeros((0, 3)), requires_grad=True)
    out = np.max(t, axis=0, initial=2.0)
    out.sum().backward()
    assert out.tolist() == [2, 2, 2]
    assert t.grad.shape == (0, 3)


def test_integers() -> None:
    t = Tensor(np.array([3, -5, 7]))
    assert np.max(t, initial=-100, where=[True, True, False]).item() == 3
    assert np.min(t, initial=100, where=[True, False, True]).item() == 3


def test_a_deviation_whose_square_overflows() -> None:
    x = np.array([1e30, -1e30, 5e37], np.float32)
    with np.errstate(over="ignore"):
        got = np.std(Tensor(x), where=[True, True, False]).item()
    np.testing.assert_allclose(got, 1e30, rtol=1e-6)
