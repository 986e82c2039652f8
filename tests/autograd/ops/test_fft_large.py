"""Large transforms, which SciPy computes: NumPy's values, and the derivatives of small ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor, jvp
from tests.autograd.ops.test_fft_out import NAMES, OF_REAL


def sums(function: Any, x: np.ndarray, norm: Any) -> tuple[Any, np.ndarray, np.ndarray]:
    """(the transform, its gradient, its directional derivative) of many rows at once."""
    leaf = Tensor(x, requires_grad=True)
    y = function(leaf, norm=norm)
    np.sum(np.abs(y) ** 2 + np.real(y)).backward()
    return y.numpy(), leaf.grad.numpy(), jvp(lambda x: function(x, norm=norm), x, x**2)[1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("norm", [None, "ortho", "forward"])
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_many_rows_are_as_each(name: str, norm: Any, dtype: str) -> None:
    rng, function = np.random.default_rng(0), getattr(np.fft, name)
    z = (rng.normal(size=(20, 20, 24)) + 1j * rng.normal(size=(20, 20, 24))).astype(dtype)
    x = z.real if name in OF_REAL else z
    if name[-1] == "n":
        function = lambda x, norm, f=function: f(x, axes=(-2, -1), norm=norm)  # noqa: E731
    tolerance = 1e-4 if dtype == "complex64" else 1e-12
    expected = [sums(function, row, norm) for row in x]
    for i, found in enumerate(sums(function, x, norm)):
        each = np.stack([row[i] for row in expected])
        assert found.dtype == each.dtype
        np.testing.assert_allclose(found, each, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(sums(function, x, norm)[0], function(x, norm=norm), rtol=tolerance, atol=tolerance)
