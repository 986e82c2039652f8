"""autograd.scipy beside SciPy: the same values, on arrays and on Tensors, and in the tails."""

from __future__ import annotations

import itertools
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import scipy.linalg
import scipy.signal
import scipy.special
import scipy.stats

import autograd.scipy as ours
from autograd import Tensor, grad, gradcheck
from autograd.errors import ArgumentError, NoRuleError, ShapeError
from autograd.scipy import linalg, signal, special, stats
from tests.cases.scipy import CONTINUOUS, METHODS

RNG = np.random.default_rng(3)
X = np.concatenate([np.linspace(-3, 9, 25), [0.0, 1.0, -40.0, 40.0, np.inf, -np.inf, np.nan]])


@pytest.mark.parametrize(("name", "method"), list(itertools.product(CONTINUOUS, METHODS)))
def test_continuous_distributions(name: str, method: str) -> None:
    shapes = CONTINUOUS[name][1]
    peer = getattr(getattr(scipy.stats, name), method)
    function = getattr(getattr(stats, name), method)
    with np.errstate(all="ignore"):
        for args in ((*shapes,), (*shapes, 0.3), (*shapes, 0.3, 1.7)):
            expected = peer(X, *args)
            np.testing.assert_allclose(function(X, *args), expected, rtol=2e-11, atol=1e-300)
            np.testing.assert_allclose(function(Tensor(X), *args).numpy(), expected, rtol=2e-11, atol=1e-300)
        assert np.shape(function(0.5, *shapes, scale=2.0)) == ()
        np.testing.assert_allclose(function(0.5, *shapes, scale=2.0), peer(0.5, *shapes, scale=2.0), rtol=1e-12)


@pytest.mark.parametrize(("name", "method"), list(itertools.product(CONTINUOUS, METHODS)))
def test_float32_stays_float32(name: str, method: str) -> None:
    x, shapes = np.float32([1.1, 1.4]), [np.float32(shape) for shape in CONTINUOUS[name][1]]
    function = getattr(getattr(stats, name), method)
    found = function(x, *shapes, scale=2)
    assert found.dtype == function(Tensor(x), *shapes, 0.0, 2.0).dtype == np.float32
    np.testing.assert_allclose(found, getattr(getattr(scipy.stats, name), method)(x, *shapes, scale=2), rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "method"), list(itertools.product(("poisson", "bernoulli", "binom"), ("pmf", "logpmf", *METHODS[2:])))
)
def test_discrete_distributions(name: str, method: str) -> None:
    shapes = {"poisson": (2.5,), "bernoulli": (0.3,), "binom": (7, 0.6)}[name]
    k = np.array([-2.0, -0.5, 0, 0.5, 1, 2, 3.7, 6, 7, 8, 50])
    peer = getattr(getattr(scipy.stats, name), method)
    with np.errstate(all="ignore"):
        for args in (shapes, (*shapes, 1)):
            expected = peer(k, *args)
            found = getattr(getattr(stats, name), method)(k, *args)
            np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-20)
    p = Tensor(shapes[-1], requires_grad=True)
    with pytest.raises(NoRuleError, match=rf"scipy\.stats\.{name}\.{method} has no derivative by k"):
        getattr(getattr(stats, name), method)(p, *shapes)


INVALID = [
    *[(name, (*shapes, 0.0, scale)) for name, (_, shapes, *_) in CONTINUOUS.items() for scale in (0.0, -1.0, np.nan)],
    *[(name, tuple(-shape for shape in shapes)) for name, (_, shapes, *_) in CONTINUOUS.items() if shapes],
    ("poisson", (-1.0,)), ("bernoulli", (1.1,)), ("bernoulli", (-0.1,)), ("binom", (3, 1.1)), ("binom", (2.5, 0.3)),
    ("binom", (-1, 0.3)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "parameters"), INVALID)
def test_parameters_of_no_distribution_give_nan(name: str, parameters: Any) -> None:
    first = ("pdf", "logpdf") if name in CONTINUOUS else ("pmf", "logpmf")
    with np.errstate(all="ignore"):
        for method in (*first, *METHODS[2:]):
            function = getattr(getattr(stats, name), method)
            assert np.all(np.isnan(function(np.array([-1.0, 0.0, 0.5, 2.0]), *parameters))), method
            assert np.isnan(function(0.5, *map(np.array, parameters))), method


def test_some_parameters_of_no_distribution() -> None:
    scale = np.array([1.0, -1.0])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(stats.gamma.cdf(0.5, 2.0, 0.0, scale), scipy.stats.gamma.cdf(0.5, 2.0, 0.0, scale))
    with pytest.raises(ArgumentError, match="dirichlet takes alpha > 0"):
        stats.dirichlet.pdf([0.5, 0.5], [1.0, -1.0])


@pytest.mark.parametrize("method", METHODS)
def test_student_with_endless_degrees_of_freedom(method: str) -> None:
    x, df = np.array([-3.0, 0.0, 0.5]), np.array([np.inf, 3.0, np.inf])
    np.testing.assert_allclose(getattr(stats.t, method)(x, df), getattr(scipy.stats.t, method)(x, df), rtol=1e-12)
    slope = getattr(stats.norm, method)
    np.testing.assert_allclose(grad(getattr(stats.t, method))(0.5, np.inf), grad(slope)(0.5), rtol=1e-12)


def test_distributions_of_vectors() -> None:
    cov = np.array([[2.0, 0.3], [0.3, 0.5]])
    x, mean = RNG.normal(size=(4, 3, 2)), RNG.normal(size=2)
    peer = scipy.stats.multivariate_normal
    for args in ((mean, cov), (mean,), (None, cov), (mean, 2.0), (mean, np.array([1.0, 2.0]))):
        np.testing.assert_allclose(stats.multivariate_normal.logpdf(x, *args), peer.logpdf(x, *args), rtol=1e-12)
        np.testing.assert_allclose(stats.multivariate_normal.pdf(x, *args), peer.pdf(x, *args), rtol=1e-12)
    for one in (0.5, np.array([0.5, 1.0])):
        np.testing.assert_allclose(stats.multivariate_normal.logpdf(one, 0.2, 3.0), peer.logpdf(one, 0.2, 3.0))
    flat = np.outer([1.0, 2.0], [1.0, 2.0])
    point = np.array([0.5, 1.0])
    np.testing.assert_allclose(stats.multivariate_normal.logpdf(point, None, flat, allow_singular=True),
                               peer.logpdf(point, None, flat, allow_singular=True), rtol=1e-12)  # fmt: skip
    np.testing.assert_allclose(stats.multivariate_normal.entropy(mean, cov), peer.entropy(mean, cov))
    alpha, points = np.array([0.5, 2.0, 3.0]), RNG.dirichlet(np.ones(3), size=5).T
    np.testing.assert_allclose(stats.dirichlet.logpdf(points, alpha), scipy.stats.dirichlet.logpdf(points, alpha))
    np.testing.assert_allclose(
        stats.dirichlet.pdf(points[:2, 0], alpha), scipy.stats.dirichlet.pdf(points[:, 0], alpha)
    )
    with pytest.raises(ArgumentError, match="simplex"):
        stats.dirichlet.logpdf(np.array([0.5, 0.6, 0.2]), alpha)


def log_normal_cdf(x: Any) -> Any:
    return mp.log(mp.erfc(-x / mp.sqrt(2)) / 2)


TAILS: list[tuple[str, Any, Any, float]] = [
    ("norm.logpdf", stats.norm.logpdf, lambda x: -x * x / 2 - mp.log(2 * mp.pi) / 2, 40.0),
    ("norm.logcdf", stats.norm.logcdf, log_normal_cdf, -40.0),
    ("norm.logsf", stats.norm.logsf, lambda x: log_normal_cdf(-x), 1e4),
    ("norm.sf", stats.norm.sf, lambda x: mp.erfc(x / mp.sqrt(2)) / 2, 30.0),
    ("expon.logcdf", stats.expon.logcdf, lambda x: mp.log(-mp.expm1(-x)), 1e-12),
    ("logistic.logsf", stats.logistic.logsf, lambda x: -mp.log1p(mp.exp(x)), 500.0),
    ("cauchy.cdf", stats.cauchy.cdf, lambda x: mp.atan2(1, -x) / mp.pi, -1e8),
    ("laplace.logsf", stats.laplace.logsf, lambda x: -x - mp.log(2), 800.0),
    ("gamma.logsf", lambda x: stats.gamma.logsf(x, 3.0),
     lambda x: mp.log(mp.gammainc(3, x, mp.inf, regularized=True)), 600.0),
    ("t.sf", lambda x: stats.t.sf(x, 3.0),
     lambda x: mp.betainc(1.5, 0.5, 0, 3 / (3 + x * x), regularized=True) / 2, 1e4),
]  # fmt: skip


@pytest.mark.parametrize(("name", "function", "exact", "x"), TAILS, ids=[row[0] for row in TAILS])
def test_tails_against_mpmath(name: str, function: Any, exact: Any, x: float) -> None:
    with mp.workdps(60):
        value, slope = float(exact(mp.mpf(x))), float(mp.diff(exact, mp.mpf(x)))
    assert float(function(x)) == pytest.approx(value, rel=1e-11, abs=0)
    assert grad(function)(x) == pytest.approx(slope, rel=1e-11, abs=0)


def test_scipys_arguments_and_others() -> None:
    assert stats.norm.logpdf(1.0, scale=2.0, loc=1.0) == scipy.stats.norm.logpdf(1.0, scale=2.0, loc=1.0)
    for wrong in ({"df": 2.0}, {"loc": 1.0, "scale": 2.0, "a": 3}):
        with pytest.raises(ArgumentError, match="loc, scale after its first argument"):
            stats.norm.pdf(0.0, **wrong)
    with pytest.raises(ArgumentError, match="df, loc, scale"):
        stats.t.pdf(0.0)


@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
def test_python_functions_of_special(name: str) -> None:
    x = np.array([[1.0, 2.0, 1e4], [-np.inf, 0.0, 1.0]])
    for axis in (None, 0, 1):
        np.testing.assert_allclose(getattr(special, name)(x, axis), getattr(scipy.special, name)(x, axis), rtol=1e-13)
        np.testing.assert_allclose(
            getattr(special, name)(Tensor(x), axis).numpy(), getattr(scipy.special, name)(x, axis)
        )


def test_logsumexp_of_complex_numbers() -> None:
    z = np.array([[1 + 2j, 0.5, -3j], [800 - 1j, 799.0, 2.0]])
    for axis in (None, 0, 1):
        np.testing.assert_allclose(special.logsumexp(z, axis), scipy.special.logsumexp(z, axis), rtol=1e-13)
        found = special.logsumexp(z, axis, np.array([1.0, -2.0, 3.0]), return_sign=True)
        expected = scipy.special.logsumexp(z, axis, np.array([1.0, -2.0, 3.0]), return_sign=True)
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-13)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)
    assert gradcheck(lambda z: special.logsumexp(z, 1), z[:1], order=2, modes=("reverse", "forward"))


def test_logsumexp_with_weights() -> None:
    a, b = np.array([[1.0, 800.0, -3.0], [np.inf, 2.0, 1.0]]), np.array([[1.0, -2.0, 3.0], [0.0, 1.0, -5.0]])
    for axis in (None, 0, 1):
        with np.errstate(all="ignore"):
            expected = scipy.special.logsumexp(a, axis, b, return_sign=True, keepdims=True)
            found = special.logsumexp(a, axis, b, return_sign=True, keepdims=True)
            np.testing.assert_allclose(found[0], expected[0], rtol=1e-13)
            np.testing.assert_array_equal(found[1], expected[1])
    np.testing.assert_allclose(
        special.logsumexp(a[0], b=np.array([1.0, 0, 3.0])), scipy.special.logsumexp(a[0], b=[1, 0, 3])
    )
    assert special.erf is scipy.special.erf
    assert special.multigammaln(3.0, 2) == pytest.approx(scipy.special.multigammaln(3.0, 2))
    np.testing.assert_allclose(special.polygamma([0, 1, 3], 2.0), scipy.special.polygamma([0, 1, 3], 2.0))


A = RNG.normal(size=(4, 4)) + 4 * np.eye(4)
Z = A[:3, :3] + 1j * RNG.normal(size=(3, 3))
MATRICES: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("expm", (A,), {}), ("expm", (np.stack([A, A.T]),), {}), ("sqrtm", (A @ A.T,), {}),
    ("solve_sylvester", (A, A[:2, :2], A[:, :2]), {}),
    ("solve_triangular", (A, A[:, 0]), {}), ("solve_triangular", (A, A), {"lower": True, "trans": "T"}),
    ("solve_triangular", (A, A), {"unit_diagonal": True, "trans": 1}),
    ("solve_banded", ((1, 2), RNG.normal(size=(4, 6)), np.arange(6.0)), {}),
    ("lu", (A,), {}), ("lu", (A[:, :2],), {}), ("lu", (A[:2],), {"permute_l": True}),
    ("polar", (A,), {}), ("polar", (A[:, :2],), {}), ("polar", (A[:2],), {"side": "left"}),
    ("toeplitz", ([1.0, 2.0, 3.0], [9.0, 8.0]), {}), ("toeplitz", ([1.0, 2.0, 3.0],), {}),
    ("lu", (A,), {"p_indices": True}), ("toeplitz", (Z[0],), {}),
    ("polar", (Z,), {}), ("polar", (Z,), {"side": "left"}),
    ("block_diag", (A[:2], [1.0, 2.0], 3.0), {}), ("block_diag", (), {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "options"), MATRICES)
def test_linalg(name: str, args: Any, options: Any) -> None:
    expected = getattr(scipy.linalg, name)(*args, **options)
    wrapped = [Tensor(x) if isinstance(x, np.ndarray) else x for x in args]
    for found in (getattr(linalg, name)(*args, **options), getattr(linalg, name)(*wrapped, **options)):
        several = isinstance(expected, tuple)
        for one, peer in zip(found if several else [found], expected if several else [expected], strict=True):
            np.testing.assert_allclose(np.asarray(Tensor(one).numpy()), peer, rtol=1e-10, atol=1e-12)


def test_logm_is_the_inverse_of_expm_and_draws_nothing() -> None:
    a = A @ A.T / 20
    np.testing.assert_allclose(linalg.expm(linalg.logm(a)), a, rtol=1e-9, atol=1e-12)


def test_functions_of_a_real_matrix_may_be_complex() -> None:
    x = np.array([[-1.0, 0.3, 0.1], [0.2, 2.0, 0.4], [0.1, 0.5, 3.0]])
    for function in (linalg.sqrtm, linalg.logm):
        assert function(Tensor(x)).dtype == complex
        for a in (x, x + 0.5j * A[:3, :3]):
            assert gradcheck(function, a, modes=("reverse", "forward"), rtol=1e-5)


def test_linalg_refuses() -> None:
    with pytest.raises(ShapeError, match=r"solve_triangular takes one square matrix; got shape \(2, 3\)"):
        linalg.solve_triangular(np.ones((2, 3)), np.ones(2))
    with pytest.raises(ShapeError, match="takes 3 bands"):
        linalg.solve_banded((1, 1), np.ones((2, 3)), np.ones(3))
    with pytest.raises(ShapeError, match="Take the other side"):
        linalg.polar(np.ones((2, 3)))
    assert linalg.norm is scipy.linalg.norm
    with pytest.raises(AttributeError, match="it has fft, integrate"):
        _ = ours.cluster


SHAPES = [((6,), (3,)), ((6,), (4,)), ((3,), (6,)), ((5,), (5,)), ((4, 5), (2, 3)), ((4, 5), (3, 4)), ((2, 3), (4, 5))]


@pytest.mark.parametrize("name", ["convolve", "correlate", "fftconvolve"])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_signal(name: str, mode: str, a: Any, b: Any) -> None:
    x, y = RNG.normal(size=a), RNG.normal(size=b)
    expected = getattr(scipy.signal, name)(x, y, mode)
    np.testing.assert_allclose(getattr(signal, name)(x, y, mode=mode), expected, atol=1e-12)
    np.testing.assert_allclose(getattr(signal, name)(Tensor(x), Tensor(y), mode=mode).numpy(), expected, atol=1e-12)


def test_signals_of_complex_numbers_and_the_method() -> None:
    x, y = RNG.normal(size=(2, 5)) + 1j, RNG.normal(size=(2, 5)) - 2j
    for name in ("convolve", "correlate"):
        for method in ("direct", "fft"):
            expected = getattr(scipy.signal, name)(x, y, "same", method)
            np.testing.assert_allclose(getattr(signal, name)(x, y, "same", method), expected, atol=1e-12)
            np.testing.assert_allclose(getattr(signal, name)(x, Tensor(y), mode="same", method=method), expected)
    assert gradcheck(signal.correlate, x, y, order=2)


@pytest.mark.parametrize("boundary", ["fill", "wrap", "symm"])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(("a", "b"), [((4, 5), (2, 3)), ((4, 5), (3, 4))])
def test_convolve2d(boundary: str, mode: str, a: Any, b: Any) -> None:
    x, y = RNG.normal(size=a), RNG.normal(size=b)
    expected = scipy.signal.convolve2d(x, y, mode, boundary, 2.0)
    np.testing.assert_allclose(signal.convolve2d(x, y, mode, boundary, 2.0), expected, atol=1e-12)


@pytest.mark.parametrize("mode", ["full", "valid"])
def test_convolve_along_axes_is_that_of_hips(mode: str) -> None:
    a, b, c = RNG.normal(size=(3, 5)), RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4, 2))
    peer = scipy.signal.convolve
    np.testing.assert_allclose(
        signal.convolve(a, b, axes=([1], [1]), mode=mode)[1, 2], peer(a[1], b[2], mode), atol=1e-12
    )
    np.testing.assert_allclose(
        signal.convolve(a, b, axes=([], []), dot_axes=([0], [0]), mode=mode), a.T @ b, atol=1e-12
    )
    found = signal.convolve(a, c, axes=([1], [2]), dot_axes=([0], [0]), mode=mode)
    np.testing.assert_allclose(found[2], sum(peer(a[i], c[i, 2], mode) for i in range(3)), atol=1e-12)
    d, e = RNG.normal(size=(2, 5, 4, 3)), RNG.normal(size=(2, 4, 2, 3, 2))
    found = signal.convolve(d, e, axes=([1, 2], [2, 4]), dot_axes=([0, 3], [0, 3]), mode=mode)
    expected = sum(peer(d[i, :, :, j], e[i, 2, :, j, :], mode) for i in range(2) for j in range(3))
    np.testing.assert_allclose(found[2], expected, atol=1e-12)
