"""np.pad in every mode: NumPy's values for widths beyond the array's size, single elements and other dtypes."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from autograd import Tensor
from autograd.errors import ArgumentError, NoRuleError

WIDTHS: list[Any] = [1, (0, 2), ((1, 2), (3, 0)), ((9, 7), (0, 0)), ((4, 11), (13, 2))]
MODES: list[tuple[str, dict[str, Any]]] = [
    ("constant", {}),
    ("constant", {"constant_values": ((1, 2), (3, 4))}),
    ("edge", {}),
    ("wrap", {}),
    ("reflect", {}),
    ("symmetric", {}),
    ("reflect", {"reflect_type": "odd"}),
    ("symmetric", {"reflect_type": "odd"}),
    ("linear_ramp", {}),
    ("linear_ramp", {"end_values": (5, -3)}),
    ("linear_ramp", {"end_values": ((1, 2), (3, 4))}),
    *[(mode, {}) for mode in ("maximum", "minimum", "mean", "median")],
    *[(mode, {"stat_length": 2}) for mode in ("maximum", "minimum", "mean", "median")],
    *[(mode, {"stat_length": ((1, 3), (2, 1))}) for mode in ("maximum", "mean")],
]


@pytest.mark.parametrize(("mode", "options"), MODES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_values_are_numpys(mode: Any, options: dict[str, Any], dtype: Any) -> None:
    rtol = 1e-5 if dtype == np.float32 else 1e-12
    for shape, width in itertools.product([(3, 4), (1, 2), (1, 1), (2, 5)], WIDTHS):
        x = (10 * np.random.default_rng(0).normal(size=shape)).astype(dtype)
        got = np.pad(Tensor(x), width, mode, **options)
        right = np.pad(x, width, mode, **options)
        case = f"{shape}, width {width}"
        np.testing.assert_allclose(got.numpy(), right, rtol=rtol, atol=1e-5, strict=True, err_msg=case)


def test_an_undefined_border_is_zero_and_gets_no_gradient() -> None:
    x = Tensor(np.ones(2), requires_grad=True)
    y = np.pad(x, 1, "empty")
    y.sum().backward()
    assert y.tolist() == [0, 1, 1, 0]
    assert x.grad.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: np.pad(x, 1, lambda *a: None), NoRuleError, "takes the modes"),
        (lambda x: np.pad(x, 1, "mean", end_values=2), ArgumentError, "takes stat_length; got end_values"),
        (lambda x: np.pad(x, 1, "wrap", stat_length=2), ArgumentError, "takes no option"),
        (lambda x: np.pad(x, 1, "maximum", stat_length=0), ArgumentError, "stat_length must be 1 or more"),
        (lambda x: np.pad(x[:0], 1, "linear_ramp"), ArgumentError, "the axis is empty"),
        (lambda x: np.pad(x[:0], 1, "mean"), ArgumentError, "no axis empty"),
    ],
)
def test_refusals(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call(Tensor(np.ones(3), requires_grad=True))
