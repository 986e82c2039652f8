"""Quantiles by every method of NumPy, also where the distribution steps exactly at q, and with weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor
from autograd.ops.quantiles import METHODS

QS = np.array([0.0, 0.1, 0.2, 0.25, 0.3, 0.5, 0.6, 0.75, 0.9, 1.0])


def _numbers(n: int) -> np.ndarray:
    return np.random.default_rng(n).permutation(3 * n).reshape(3, n).astype(float)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 10])
def test_values_are_numpys(method: Any, n: int) -> None:
    x = _numbers(n)
    for name in ("quantile", "nanquantile"):
        got = getattr(np, name)(Tensor(x), QS, axis=1, method=method)
        np.testing.assert_allclose(got, getattr(np, name)(x, QS, axis=1, method=method), rtol=1e-12)
    holes = np.where(x % 3 == 1, np.nan, x)
    if not np.isnan(holes).all(axis=1).any():
        got = np.nanpercentile(Tensor(holes), 100 * QS, axis=1, method=method)
        np.testing.assert_allclose(got, np.nanpercentile(holes, 100 * QS, axis=1, method=method), rtol=1e-12)


@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
@pytest.mark.parametrize("axis", [None, 0, 1, (1, 0), -1])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_weighted_values_are_numpys(name: str, axis: Any, dtype: Any) -> None:
    x = _numbers(5).astype(dtype)
    if name == "nanquantile":
        x[0, 1] = x[2, 2] = np.nan
    rng = np.random.default_rng(1)
    weights = [rng.integers(0, 4, x.shape) + np.eye(3, 5, dtype=int)]
    weights += [weights[0][0]] if axis in (1, -1) else [weights[0][:, 0]] if axis == 0 else []
    for w in weights:
        whole = np.broadcast_to(w[:, None] if w.shape == (3,) else w, x.shape)  # NumPy's nanquantile takes no others
        options: dict[str, Any] = {"axis": axis, "method": "inverted_cdf", "keepdims": True}
        for q in (QS, 0.5):
            got = getattr(np, name)(Tensor(x), q, weights=w, **options)
            np.testing.assert_array_equal(got, getattr(np, name)(x, q, weights=whole, **options))


def test_the_selected_element_gets_the_gradient() -> None:
    x = Tensor(np.array([4.0, 1.0, 3.0, 2.0]), requires_grad=True)
    np.quantile(x, 0.5, weights=[1, 1, 1, 5], method="inverted_cdf").backward()
    assert x.grad.tolist() == [0, 0, 0, 1]
    x.grad = None
    np.quantile(x, 0.5, method="averaged_inverted_cdf").backward()
    assert x.grad.tolist() == [0, 0, 0.5, 0.5]
