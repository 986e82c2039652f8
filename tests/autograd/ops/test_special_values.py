"""Values and derivatives where a formula breaks down: kinks, ties, zeros, infinities, the ends of the number range.

The conventions are those of docs/conventions.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, hessian
from autograd.engine.gradients import gradients
from autograd.errors import ArgumentError, DTypeError, InPlaceError, NoRuleError, ShapeError
from autograd.ops.special import logsumexp

inf, nan = math.inf, math.nan


def derivatives(f: Callable[..., Any], *points: Any, order: int = 1, dtype: Any = float) -> Any:
    """The gradient of sum(f) by the first argument; for `order` 2 the gradient of the sum of that, and so on."""
    xs = [Tensor(np.array(point, dtype), requires_grad=True) for point in points]
    with np.errstate(all="ignore"):
        y = f(*xs)
        for _ in range(order):
            if not y.requires_grad:  # the derivative is a constant
                return np.zeros_like(xs[0].numpy())
            (y,) = gradients(np.sum(y), xs[:1], create_graph=True)
    return y.numpy()


def both(f: Callable[..., Any], a: Any, b: Any) -> tuple[Any, Any]:
    return derivatives(f, a, b), derivatives(lambda b, a: f(a, b), b, a)


# Kinks and ties


@pytest.mark.parametrize("f", [np.abs, np.absolute, np.fabs, abs], ids=["np.abs", "np.absolute", "np.fabs", "abs"])
def test_abs_at_0_is_0(f: Any) -> None:
    np.testing.assert_array_equal(derivatives(f, [-2.0, 0.0, -0.0, 3.0]), [-1, 0, 0, 1])


@pytest.mark.parametrize("f", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_ties_of_two_get_half_each(f: Any) -> None:
    for a in both(f, [1.0, 0.0, inf], [1.0, 0.0, inf]):
        np.testing.assert_array_equal(a, [0.5, 0.5, 0.5])


def test_maximum_hands_the_cotangent_to_the_larger() -> None:
    a, b = both(np.maximum, [1.0, 4.0, nan, 1.0], [2.0, 3.0, 0.0, nan])
    np.testing.assert_array_equal(a, [0, 1, 1, 1])
    np.testing.assert_array_equal(b, [1, 0, 1, 1])
    a, b = both(np.minimum, [1.0, 4.0], [2.0, 3.0])
    np.testing.assert_array_equal((a, b), ([1, 0], [0, 1]))


def test_fmax_and_fmin_pass_nan_over() -> None:
    for f in (np.fmax, np.fmin):
        a, b = both(f, [nan, 1.0], [2.0, nan])
        np.testing.assert_array_equal((a, b), ([0, 1], [1, 0]))


def test_large_arrays_choose_as_small_ones_do() -> None:
    """masked() multiplies where np.where would be slow; the results are the same, also for infinite cotangents."""
    rng = np.random.default_rng(0)
    x = rng.integers(-2, 3, 20_000).astype(float)
    g = np.where(rng.random(x.size) < 0.1, inf, 1.0)
    for f, expected in (
        (lambda t: np.maximum(t, 0), np.where(x > 0, g, np.where(x == 0, 0.5 * g, 0))),
        (lambda t: np.clip(t, -1, 1), np.where(abs(x) <= 1, g, 0)),
        (lambda t: np.where(x > 0, t, 1.0), np.where(x > 0, g, 0)),
    ):
        t = Tensor(x, requires_grad=True)
        (found,) = gradients(f(t), [t], [g])
        np.testing.assert_array_equal(found.numpy(), expected)
        assert not np.signbit(found.numpy()).any()


@pytest.mark.parametrize("f", [np.max, np.amax, np.nanmax, lambda x: x.max(), np.maximum.reduce])
def test_ties_of_many_share_equally(f: Any) -> None:
    np.testing.assert_array_equal(derivatives(f, [3.0, 1.0, 3.0, 3.0, 3.0]), [0.25, 0, 0.25, 0.25, 0.25])
    np.testing.assert_array_equal(derivatives(lambda x: f(-x), [-3.0, -1.0, -3.0]), [-0.5, 0, -0.5])


@pytest.mark.parametrize("f", [np.min, np.amin, np.nanmin])
def test_ties_of_the_smallest_share_equally(f: Any) -> None:
    np.testing.assert_array_equal(derivatives(f, [1.0, 3.0, 1.0]), [0.5, 0, 0.5])


def test_largest_of_nan_is_the_nan_and_nanmax_passes_it_over() -> None:
    np.testing.assert_array_equal(derivatives(np.max, [1.0, nan, 3.0]), [0, 1, 0])
    np.testing.assert_array_equal(derivatives(np.nanmax, [1.0, nan, 3.0]), [0, 0, 1])


def test_clip_at_a_bound_counts_as_inside() -> None:
    np.testing.assert_array_equal(
        derivatives(lambda x: np.clip(x, -1, 1), [-2.0, -1.0, 0.0, 1.0, 2.0]), [0, 1, 1, 1, 0]
    )
    low = derivatives(lambda low, x: np.clip(x, low, 1), [-1.0, -1.0, -1.0], [-2.0, -1.0, 0.0])
    np.testing.assert_array_equal(low, [1, 0, 0])


def test_running_maximum_takes_the_last_of_ties() -> None:
    np.testing.assert_array_equal(derivatives(np.maximum.accumulate, [1.0, 3.0, 3.0, 2.0]), [1, 1, 2, 0])


# Roots, norms, deviations


def test_sqrt_at_0_is_infinite_unless_its_cotangent_is_0() -> None:
    assert derivatives(np.sqrt, 0.0) == inf
    assert derivatives(lambda x: np.sqrt(x) * 0, 0.0) == 0
    assert derivatives(np.cbrt, 0.0) == inf
    np.testing.assert_array_equal(derivatives(lambda x: np.sqrt(x) * np.array([0, 1.0]), [0.0, 4.0]), [0, 0.25])


def test_sqrt_of_what_maximum_cut_off() -> None:
    """The cotangent of the maximum is infinite there, but the argument that was not taken still gets 0."""
    np.testing.assert_array_equal(derivatives(lambda x: np.sqrt(np.maximum(x, 0)), [-1.0, 4.0]), [0, 0.25])


def test_hypot_at_the_origin_is_0() -> None:
    for a in both(np.hypot, [0.0, 3.0, 0.0], [0.0, 4.0, 2.0]):
        assert a[0] == 0
    np.testing.assert_allclose(derivatives(np.hypot, 1e300, 1e300), math.sqrt(0.5))


def test_arctan2_of_tiny_and_huge_numbers() -> None:
    np.testing.assert_allclose(derivatives(np.arctan2, [1e-200, 1e200], [1e-200, 1e200]), [5e199, 5e-201])


@pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, 1e10])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 3, 1000])
def test_std_of_a_constant_has_gradient_0(value: float, dtype: Any, n: int) -> None:
    for f in (np.std, np.nanstd):
        g = derivatives(f, np.full(n, value), dtype=dtype)
        assert np.abs(g).max() <= 1e-6 / n


def test_std_without_a_degree_of_freedom() -> None:
    with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        assert np.isnan(derivatives(lambda x: np.std(x, ddof=1), [2.0])).all()


# Powers


@pytest.mark.parametrize("p", [2, 2.0, np.float64(2), np.array(2.0), np.array([2, 2])], ids=repr)
def test_power_2_at_0(p: Any) -> None:
    for order, expected in ((1, 0), (2, 2), (3, 0)):
        np.testing.assert_array_equal(derivatives(lambda x: x**p, [0.0, 0.0], order=order), expected)


@pytest.mark.parametrize(
    "p", [3, 3.0, np.array([3.0, 3.0]), Tensor(np.array([3.0, 3.0]), requires_grad=True)], ids=type
)
def test_power_3_at_0(p: Any) -> None:
    for order, expected in ((1, 0), (2, 0), (3, 6), (4, 0)):
        np.testing.assert_array_equal(derivatives(lambda x: x**p, [0.0, 0.0], order=order), expected)
        np.testing.assert_array_equal(derivatives(lambda x: np.power(x, p), [0.0, 0.0], order=order), expected)


@pytest.mark.parametrize("wrap", [float, np.array, Tensor, lambda p: Tensor(p, requires_grad=True)])
def test_power_at_0_is_the_limit(wrap: Any) -> None:
    for p, expected in ((0.0, 0), (0.5, inf), (1.0, 1), (1.5, 0), (2.0, 0), (-1.0, -inf)):
        assert derivatives(lambda x, p=p: x ** wrap(p), 0.0) == expected, p


@pytest.mark.parametrize("wrap", [int, float, np.array, Tensor])
def test_power_of_negative_bases(wrap: Any) -> None:
    for p, first, second in ((3, 12, -12), (2, -4, 2), (-1, -0.25, -0.25), (-2, 0.25, 0.375), (0, 0, 0), (1, 1, 0)):
        assert derivatives(lambda x, p=p: x ** wrap(p), -2.0) == first
        assert derivatives(lambda x, p=p: x ** wrap(p), -2.0, order=2) == second


def test_power_by_the_exponent() -> None:
    np.testing.assert_array_equal(derivatives(lambda p: np.array([0.0, 0.0, 0.0]) ** p, [2.0, 0.0, -1.0]), 0)
    np.testing.assert_allclose(derivatives(lambda p: 3.0**p, [0.0, 2.0]), [math.log(3), 9 * math.log(3)])
    assert np.isnan(derivatives(lambda p: np.array(-2.0) ** p, 2.0))
    # d²(x^p) / dp dx at p = 0 is 1/x
    x, p = Tensor(4.0, requires_grad=True), Tensor(0.0, requires_grad=True)
    (by_x,) = gradients(x**p, [x], create_graph=True)
    assert gradients(by_x, [p])[0].item() == 0.25


# Products with zeros


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([2.0, 3.0, 4.0], [12, 8, 6]),
        ([2.0, 0.0, 4.0], [0, 8, 0]),
        ([0.0, 0.0, 4.0], [0, 0, 0]),
        ([5.0], [1]),
        ([0.0], [1]),
    ],
)
def test_prod_is_exact_with_zeros(x: Any, expected: Any) -> None:
    for f in (np.prod, lambda x: np.cumprod(x)[-1], np.multiply.reduce, np.nanprod):
        np.testing.assert_array_equal(derivatives(f, x), expected)


def test_prod_is_exact_with_zeros_in_second_and_third_order() -> None:
    x = [0.0, 0.0, 4.0]
    for f in (np.prod, lambda x: np.cumprod(x)[-1]):
        np.testing.assert_array_equal(derivatives(f, x, order=2), [4, 4, 0])
        np.testing.assert_array_equal(derivatives(f, x, order=3), [2, 2, 2])


def test_cumprod_is_exact_with_zeros() -> None:
    np.testing.assert_array_equal(derivatives(np.cumprod, [2.0, 0.0, 3.0, 0.0, 5.0]), [1, 2 + 6, 0, 0, 0])


def test_cumprod_that_overflows_beyond_what_is_used() -> None:
    g = derivatives(lambda x: np.cumprod(x)[2], np.full(300, 1e3))
    np.testing.assert_array_equal(g, [1e6] * 3 + [0.0] * 297)


# The branch not taken


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda x: np.where(x > 0, np.sqrt(x), 0), [0.0, -1.0, 4.0], [0, 0, 0.25]),
        (lambda x: np.where(x > 0, np.log(x), 0), [0.0, -1.0, 2.0], [0, 0, 0.5]),
        (lambda x: np.where(x != 0, 1 / x, 0), [0.0, 2.0], [0, -0.25]),
        (lambda x: np.where(x != 0, np.sin(x) / x, 1), [0.0, math.pi], [0, -1 / math.pi]),
        (lambda x: np.where(x < 10, np.exp(x), x), [0.0, 1e4], [1, 1]),
        (lambda x: np.where(x > 0, x**0.5, x), [0.0, -3.0, 4.0], [1, 1, 0.25]),
        (lambda x: np.where(x > 0, x**-1.0, x), [0.0, 2.0], [1, -0.25]),
        (lambda x: np.where(x > 0, np.power(x, x), x), [0.0, -0.5, 1.0], [1, 1, 1]),
        (lambda x: np.where(x < 1, np.arctanh(x), x), [1.0, 2.0, 0.0], [1, 1, 1]),
        (lambda x: np.where(np.abs(x) < 1, np.arcsin(x), x), [1.0, 2.0, 0.0], [1, 1, 1]),
        (lambda x: np.where(np.isnan(x), 0, np.tanh(x)), [nan, 0.0], [0, 1]),
        (lambda x: np.where(np.isfinite(x), np.cos(x) + x, 0), [inf, 0.0], [0, 1]),
        (lambda x: np.where(np.isnan(x), 0, x * x), [nan, 3.0], [0, 6]),
        (lambda x: np.where(x > 0, np.hypot(x, 0), 0), [0.0, 2.0], [0, 1]),
        (lambda x: np.nan_to_num(x) * x, [2.0, 3.0], [4, 6]),
        (np.nansum, [nan, 3.0], [0, 1]),
        (np.nanmean, [nan, 3.0, 5.0], [0, 0.5, 0.5]),
    ],
)  # fmt: skip
def test_branch_not_taken_contributes_0(f: Any, x: Any, expected: Any) -> None:
    np.testing.assert_allclose(derivatives(f, x), expected, atol=1e-15)


@pytest.mark.parametrize("f", [np.sqrt, np.log, lambda x: 1 / x, lambda x: x**0.5, np.cbrt])
def test_branch_not_taken_contributes_0_in_second_order(f: Any) -> None:
    second = derivatives(lambda x: np.where(x > 0, f(x), 0), [0.0, 1.0], order=2)
    assert second[0] == 0
    np.testing.assert_allclose(second[1], derivatives(f, 1.0, order=2))


def test_where_with_one_argument_gives_positions() -> None:
    (places,) = np.where(Tensor([0.0, 2.0, 0.0, 3.0], requires_grad=True))
    np.testing.assert_array_equal(places, [1, 3])


# The ends of the number range


def test_tanh_saturates() -> None:
    np.testing.assert_array_equal(derivatives(np.tanh, [-1000.0, 0.0, 1000.0]), [0, 1, 0])
    x: Any = Tensor([-1000.0, 1000.0])
    np.testing.assert_array_equal(np.tanh(x).numpy(), [-1, 1])


def test_log1p_and_expm1_near_0() -> None:
    x: Any = Tensor(1e-300)
    np.testing.assert_array_equal(np.log1p(x).numpy(), 1e-300)
    np.testing.assert_array_equal(derivatives(np.log1p, [0.0, 1e-300]), [1, 1])
    np.testing.assert_array_equal(derivatives(np.expm1, [0.0, 1e-300, -1000.0]), [1, 1, 0])


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [(1e4, 1e4, 0.5), (-inf, -inf, 0.5), (inf, inf, 0.5), (-inf, 0.0, 0.0), (0.0, -inf, 1.0), (inf, 0.0, 1.0),
     (1e4, 0.0, 1.0), (0.0, 1e4, 0.0)],
)  # fmt: skip
@pytest.mark.parametrize("f", [np.logaddexp, np.logaddexp2])
def test_logaddexp_shares(f: Any, a: float, b: float, expected: float) -> None:
    by_a, by_b = both(f, a, b)
    assert (by_a, by_b) == (expected, 1 - expected)


@pytest.mark.parametrize("f", [np.logaddexp, np.logaddexp2])
@pytest.mark.parametrize("far", [800.0, 2000.0, np.inf])
def test_logaddexp_has_a_finite_hessian_where_one_term_is_nothing_beside_the_other(f: Any, far: float) -> None:
    for a, b in ((0.0, far), (far, 0.0), (-far, 0.0), (0.0, -far)):
        found = hessian(lambda v: f(v[0], v[1]))(np.array([a, b]))
        np.testing.assert_allclose(found, np.zeros((2, 2)), atol=1e-200)


def test_logaddexp_second_order_at_a_tie_and_far_from_it() -> None:
    np.testing.assert_allclose(derivatives(np.logaddexp, [2.0, 0.0, 1e4], [2.0, 1e4, 0.0], order=2), [0.25, 0, 0])


def test_sinc_at_0_to_fourth_order() -> None:
    """sinc(x) = 1 - (πx)²/6 + (πx)⁴/120 - …"""
    for order, expected in ((1, 0), (2, -(math.pi**2) / 3), (3, 0), (4, math.pi**4 / 5)):
        np.testing.assert_allclose(derivatives(np.sinc, [0.0, 1e-9], order=order), [expected, expected], atol=1e-6)


def test_sinc_derivative_is_accurate_on_both_sides_of_its_series() -> None:
    x = np.array([0.3, 0.63, 0.64, 0.95, 0.96, 1.28, 5.0])
    u = np.pi * x
    np.testing.assert_allclose(
        derivatives(np.sinc, x), np.pi * (u * np.cos(u) - np.sin(u)) / u**2, rtol=1e-13, atol=1e-15
    )
    second = np.pi**2 * (2 * np.sin(u) - 2 * u * np.cos(u) - u**2 * np.sin(u)) / u**3
    np.testing.assert_allclose(derivatives(np.sinc, x, order=2), second, rtol=1e-12, atol=1e-13)


def test_copysign_reads_the_sign_of_zero() -> None:
    np.testing.assert_array_equal(
        derivatives(lambda x: np.copysign(x, np.array([0.0, -0.0, -1.0])), [2.0, 2.0, -2.0]), [1, -1, 1]
    )


def test_remainder_by_the_divisor() -> None:
    a, b = both(np.remainder, [7.0, -7.0], [3.0, 3.0])
    np.testing.assert_array_equal((a, b), ([1, 1], [-2, 3]))
    a, b = both(np.fmod, [7.0, -7.0], [3.0, 3.0])
    np.testing.assert_array_equal((a, b), ([1, 1], [-2, 2]))


@pytest.mark.parametrize("f", [np.sign, np.floor, np.ceil, np.trunc, np.rint, np.round, np.fix, lambda x: x // 2])
def test_steps_are_constants(f: Any) -> None:
    y = f(Tensor([0.3, 1.7], requires_grad=True))
    assert isinstance(y, Tensor)
    assert not y.requires_grad


@pytest.mark.parametrize("f", [np.median, lambda x: np.quantile(x, 0.5), lambda x: np.percentile(x, 50)])
def test_middle_of_ties_is_the_selected_element_in_stable_order(f: Any) -> None:
    np.testing.assert_array_equal(derivatives(f, [2.0, 2.0, 2.0]), [0, 1, 0])
    np.testing.assert_array_equal(derivatives(f, [2.0, 1.0, 2.0, 2.0]), [0.5, 0, 0.5, 0])


def test_quantile_of_nan_is_nan_and_nanquantile_passes_it_over() -> None:
    x = Tensor([nan, 1.0, 3.0], requires_grad=True)
    assert np.isnan(np.quantile(x, 0.5).item())
    assert np.nanquantile(x, 0.5).item() == 2
    np.testing.assert_array_equal(derivatives(np.nanmedian, [nan, 1.0, 3.0]), [0, 0.5, 0.5])


@pytest.mark.parametrize(
    "f",
    [np.sum, np.mean, np.var, np.std, np.max, np.prod, np.median, np.tanh, np.exp, np.sqrt, np.abs, np.sinc,
     np.cumsum, np.cumprod,
     lambda x: x**2, lambda x: np.maximum(x, 1), lambda x: np.clip(x, 0, 1), lambda x: np.where(x > 1, x, 0),
     lambda x: np.logaddexp(x, 1), lambda x: np.hypot(x, 1), lambda x: np.quantile(x, 0.3), np.nanstd, np.ptp],
)  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_is_kept(f: Any, dtype: Any) -> None:
    x = Tensor(np.array([[0.5, 1.5, 2.0], [1.0, 0.25, 3.0]], dtype), requires_grad=True)
    y = f(x)
    assert y.dtype == dtype
    (g,) = gradients(np.sum(y), [x])
    assert g.dtype == dtype
    np.testing.assert_allclose(g.numpy(), derivatives(f, x.numpy()), rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize(
    "f",
    [
        np.sum,
        np.prod,
        lambda x: np.mean(x, axis=1),
        lambda x: np.max(x, axis=1),
        np.cumsum,
        np.cumprod,
        np.tanh,
        np.diff,
    ],
)
def test_empty(f: Any) -> None:
    assert derivatives(f, np.zeros((0, 3))).shape == (0, 3)


# What is refused


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: np.exp(x, out=np.zeros(3)), NoRuleError, "out="),
        (lambda x: np.exp(x, where=np.array([True, False, True])), NoRuleError, "np.where"),
        (lambda x: np.sum(x, out=np.zeros(())), NoRuleError, "out="),
        (lambda x: np.add.reduce(x, out=np.zeros(())), NoRuleError, "out="),
        (lambda x: np.cumsum(x, out=np.zeros(3)), NoRuleError, "out="),
        (lambda x: np.clip(x, 0, 1, out=np.zeros(3)), NoRuleError, "out="),
        (lambda x: np.max(x, where=[True, False, True]), ArgumentError, "needs initial="),
        (lambda x: np.mean(x, where=np.ones((2, 3), bool)), ShapeError, "where= must broadcast"),
        (lambda x: np.var(x, ddof=1, correction=1), ArgumentError, "correction"),
        (lambda x: np.nan_to_num(x, copy=False), InPlaceError, "overwrite a leaf"),
        (lambda x: np.sum(x, dtype=int), DTypeError, "floating"),
        (lambda x: np.quantile(x, 1.5), ArgumentError, "q must lie"),
        (lambda x: np.quantile(x, 0.5, method="middle"), ArgumentError, "methods"),
        (lambda x: np.quantile(x, 0.5, weights=[1.0, 2.0, 1.0]), ArgumentError, "method='inverted_cdf'"),
        (lambda x: np.quantile(x, 0.5, method="inverted_cdf", weights=[1, -2, 1]), ArgumentError, "may be negative"),
        (lambda x: np.quantile(x, 0.5, method="inverted_cdf", weights=[0, 0, 0]), ArgumentError, "sum to zero"),
        (lambda x: np.average(x, weights=[1.0, 2.0]), ShapeError, "weights"),
        (lambda x: np.diff(x, n=-1), ArgumentError, "negative"),
        (lambda x: np.add.at(x, [0], 1.0), InPlaceError, "overwrite a leaf"),
        (lambda x: np.full_like(x, x[0]), NoRuleError, "broadcast_to"),
    ],
)  # fmt: skip
def test_refusals_name_the_option(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call(Tensor([1.0, 2.0, 3.0], requires_grad=True))


@pytest.mark.parametrize(
    ("values", "expected"),
    [([np.inf, 0.0], [1, 0]), ([-np.inf, 0.0], [0, 1]), ([-np.inf, -np.inf], [0, 0]), ([1e4, 1e4], [0.5, 0.5])],
)
def test_logsumexp_at_infinities(values: list[float], expected: list[float]) -> None:
    x = Tensor(values, requires_grad=True)
    logsumexp(x).backward()
    assert x.grad is not None
    assert x.grad.tolist() == expected
