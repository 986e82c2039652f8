"""Second derivatives where the first is a convention: right, or nan with a warning that names the operation.

Design, section 5. Each row is asked in reverse over reverse, forward over reverse and reverse over forward.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from autograd import grad, hessian, jacobian, jvp, vhp
from autograd.errors import UndefinedDerivativeWarning
from nn import functional as F

inf, nan = np.inf, np.nan
MODES = ("reverse over reverse", "forward over reverse", "reverse over forward")


class Row(NamedTuple):
    """A function of an array, a point, and the Hessian, whose nan stand for "no derivative".

    of        what the warning names, if there are nan
    forward   the Hessian in reverse over forward, if less is known there
    """

    function: Callable[[Any], Any]
    point: Any
    hessian: Any
    of: str = ""
    forward: Any = None


def second(f: Callable[[Any], Any], x: Any, mode: str) -> Any:
    if mode == MODES[0]:
        return jacobian(grad(f), mode="reverse")(x)
    if mode == MODES[1]:
        return hessian(f)(x)
    directions = np.eye(x.size).reshape(x.size, *x.shape)
    return np.stack([np.asarray(grad(lambda x, t=t: jvp(f, x, t)[1])(x)) for t in directions])


def check(row: Row, mode: str) -> None:
    x = np.array(row.point, float)
    expected = row.forward if row.forward is not None and mode == MODES[2] else row.hessian
    expected = np.broadcast_to(expected, (x.size, x.size))
    assert np.isfinite(grad(row.function)(x)).all()  # the convention
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UndefinedDerivativeWarning)
        found = np.reshape(second(row.function, x, mode), (x.size, x.size))
    np.testing.assert_allclose(found, expected, atol=1e-9)
    named = {str(w.message).split(" has no ")[0] for w in caught}
    assert named == ({row.of} if np.isnan(expected).any() else set())


ROWS_OF_ONE = np.array([[0.0, 0.0], [1.0, 2.0]])
FIRST_ROW = np.array([[nan, nan, 0, 0], [nan, nan, 0, 0], [0, 0, 2, 0], [0, 0, 0, 2]])  # of |row 0|² + |row 1|²
OUTSIDE = np.diag([0.0, 0.0, 2.0, 2.0])
PAIRS = np.eye(3)[:, None] - np.eye(3)  # of three points: zero on the diagonal, however they are scaled


def norm2(ord: Any = None) -> Callable[[Any], Any]:
    return lambda x: np.linalg.norm(x, ord) ** 2


def kernel(scale: Any) -> Any:
    return np.sum(np.exp(-np.linalg.norm(PAIRS * scale, axis=-1)))


def smooth_kernel(scale: Any) -> Any:
    """The same, written so that the diagonal is left out."""
    return 3 + 2 * sum(np.exp(-np.sqrt(np.sum((PAIRS[i, j] * scale) ** 2))) for i, j in ((0, 1), (0, 2), (1, 2)))


KINKS = {
    "norm": Row(np.linalg.norm, [0, 0], nan, "np.linalg.norm"),
    **{f"norm² ord={ord}": Row(norm2(ord), [0, 0], nan, "np.linalg.norm") for ord in (None, 2, 3, 1.5, inf)},
    "norm² of columns and rows": Row(norm2("fro"), [[0, 0], [0, 0]], nan, "np.linalg.norm"),
    "vector_norm²": Row(lambda x: np.linalg.vector_norm(x) ** 2, [0, 0], nan, "np.linalg.norm"),
    "norm² ord=1": Row(norm2(1), [0, 3], [[nan, 0], [0, 2]], "np.linalg.norm"),
    "norm² ord=3 of an element 0": Row(norm2(3), [0, 3], [[0, 0], [0, 2]]),
    "norm ord=1": Row(lambda x: np.linalg.norm(x, 1), [0, 3], 0, "np.linalg.norm", forward=[[nan, 0], [0, 0]]),
    "norm³": Row(lambda x: np.linalg.norm(x) ** 3, [0, 0], nan, "np.linalg.norm"),
    "norm² of rows": Row(lambda x: np.sum(np.linalg.norm(x, axis=1) ** 2), ROWS_OF_ONE, FIRST_ROW, "np.linalg.norm"),
    "norm² of rows that are not 0": Row(
        lambda x: np.sum(np.where([False, True], np.linalg.norm(x, axis=1), 0) ** 2),
        ROWS_OF_ONE, OUTSIDE, "np.linalg.norm", forward=FIRST_ROW,
    ),
    "norm of what does not move": Row(kernel, [1.0, 2.0, 3.0], hessian(smooth_kernel)(np.array([1.0, 2.0, 3.0]))),
    "hypot": Row(lambda x: np.hypot(x[0], x[1]), [0, 0], nan, "np.hypot"),
    "hypot²": Row(lambda x: np.hypot(x[0], x[1]) ** 2, [0, 0], nan, "np.hypot"),
    "hypot² with a number": Row(lambda x: np.sum(np.hypot(x, 0.0) ** 2), [0, 3], [[nan, 0], [0, 2]], "np.hypot"),
    "std²": Row(lambda x: np.std(x) ** 2, [2, 2], nan, "np.std"),
    "std of one number": Row(lambda x: np.std(x) ** 2, [2], 0),
    "nanstd²": Row(lambda x: np.nanstd(x) ** 2, [2, 2], nan, "np.nanstd"),
    "var": Row(np.var, [2, 2], [[0.5, -0.5], [-0.5, 0.5]]),
    "nanvar": Row(np.nanvar, [2, 2], [[0.5, -0.5], [-0.5, 0.5]]),
    "sqrt(var)²": Row(lambda x: np.sqrt(np.var(x)) ** 2, [2, 2], nan, "sqrt"),
    "sqrt(sum of squares)²": Row(lambda x: np.sqrt(np.sum(x * x)) ** 2, [0, 0], nan, "sqrt"),
    "(sum of squares)^½²": Row(lambda x: (np.sum(x * x) ** 0.5) ** 2, [0, 0], nan, "power"),
    "abs²": Row(lambda x: np.sum(np.abs(x) ** 2), [0, 3], [[nan, 0], [0, 2]], "np.absolute"),
    "fabs²": Row(lambda x: np.sum(np.fabs(x) ** 2), [0, 3], [[nan, 0], [0, 2]], "np.fabs"),
    "log(1 + exp x) by abs": Row(
        lambda x: np.sum(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))), [0.0], nan, "np.absolute"
    ),
    "sum of magnitudes": Row(
        lambda x: np.sum(np.abs(x)), [0, 3], 0, "np.absolute", forward=[[nan, 0], [0, 0]]
    ),
    "norms of the others": Row(lambda x: np.linalg.norm(x, axis=1)[1] ** 2, ROWS_OF_ONE, OUTSIDE, "np.linalg.norm",
                               forward=FIRST_ROW),
    "entropy": Row(lambda p: np.sum(np.where(p > 0, p * np.log(p), 0)), [0, 0.5], [[0, 0], [0, 2]]),
    "root where it is not 0": Row(
        lambda x: np.sum(np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0) ** 3), [0, 4], [[0, 0], [0, 0.375]]
    ),
    "pairwise_distance²": Row(lambda x: F.pairwise_distance(x, np.zeros(2), eps=0.0) ** 2, [0, 0], nan,
                              "np.linalg.norm"),
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("row", KINKS.values(), ids=KINKS.keys())
def test_kinks(row: Row, mode: str) -> None:
    with np.errstate(all="ignore"):
        check(row, mode)


@pytest.mark.parametrize("inner", ["reverse", "forward"])
@pytest.mark.parametrize("outer", ["reverse", "forward"])
@pytest.mark.parametrize("name", ["norm²", "norm² of rows", "hypot²", "std²", "nanstd²", "abs²", "sqrt(var)²"])
def test_kinks_in_a_batch(name: str, outer: str, inner: str) -> None:
    """Several gradients at once, recorded; where the gradients come first, the other results stay as they are."""
    row = {**KINKS, "norm²": KINKS["norm² ord=None"]}[name]

    def f(x: Any) -> Any:
        return np.stack([row.function(x), np.sum(x * x)])

    x = np.array(row.point, float)
    with np.errstate(all="ignore"), pytest.warns(UndefinedDerivativeWarning, match=row.of):
        found = jacobian(jacobian(f, mode=inner), mode=outer)(x)
    expected = np.broadcast_to(row.hessian, (x.size, x.size))
    assert np.isnan(found[0].reshape(expected.shape)[np.isnan(expected)]).all()
    if inner == "reverse" and outer == "reverse" and name.startswith(("norm", "abs")):
        np.testing.assert_array_equal(found[1].reshape(expected.shape), 2 * np.eye(x.size))


def power(v: Any) -> Any:
    return v[0] ** v[1]


POWERS = {
    "0^1": Row(power, [0, 1], [[0, -inf], [-inf, 0]]),
    "0^1 float_power": Row(lambda v: np.float_power(v[0], v[1]), [0, 1], [[0, -inf], [-inf, 0]]),
    "0^1.5": Row(power, [0, 1.5], [[inf, 0], [0, 0]]),
    "0^2": Row(power, [0, 2], [[2, 0], [0, 0]]),
    "0^3": Row(power, [0, 3], 0),
    "0^0": Row(power, [0, 0], [[nan, nan], [nan, inf]], "np.power"),
    "1^0": Row(power, [1, 0], [[0, 1], [1, 0]]),
    "2^3": Row(power, [2, 3], [[12, 4 + 12 * np.log(2)], [4 + 12 * np.log(2), 8 * np.log(2) ** 2]]),
    "powers of 0": Row(lambda x: np.sum(x ** np.arange(4)), [0, 0, 0, 0], np.diag([0, 0, 2, 0])),
    "powers of one 0": Row(lambda x: np.sum(x ** np.arange(4.0)), [0], 2),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("row", POWERS.values(), ids=POWERS.keys())
def test_a_power_of_0_has_a_symmetric_hessian(row: Row, mode: str) -> None:
    """The limits; PyTorch gives nan for 0^1."""
    with np.errstate(all="ignore"):
        check(row, mode)


LAYERS = {
    "normalize": lambda x: F.normalize(x, dim=0),
    "layer_norm": lambda x: F.layer_norm(x, (2,)),
    "rms_norm": lambda x: F.rms_norm(x, (2,), eps=1e-3),
    "batch_norm": lambda x: F.batch_norm(np.reshape(x, (2, 1)), None, None, training=True),
    "group_norm": lambda x: F.group_norm(np.reshape(x, (1, 2, 1)), 1),
    "cosine_embedding_loss": lambda x: F.cosine_embedding_loss(x, np.ones(2), np.array(1)),
    "triplet_margin_loss": lambda x: F.triplet_margin_loss(x, np.ones(2), -np.ones(2)),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", LAYERS)
def test_layers_that_take_a_norm_are_right_at_zero_or_say_so(name: str, mode: str) -> None:
    """Against differences of gradients on both sides, where there is no warning."""
    weights = np.array([1.0, 3.0])

    def f(x: Any) -> Any:
        return np.sum(np.ravel(LAYERS[name](x)) * weights)

    x, step = np.zeros(2), 1e-16 if name == "normalize" else 1e-5
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UndefinedDerivativeWarning)
        found = second(f, x, mode)
    if caught:
        assert np.isnan(found).any()
        return
    slope = grad(f)
    numerical = [(slope(x + d) - slope(x - d)) / (2 * step) for d in step * np.eye(2)]
    np.testing.assert_allclose(found, numerical, rtol=1e-4, atol=1e-4 * np.abs(slope(x)).max())


# Functions of eigenvalues and singular values that are equal


Q = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
R = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
SYMMETRIC = {
    "one": np.eye(3),
    "two equal": (Q * np.array([1.0, 1.0, 3.0])) @ Q.T,
    "apart": (Q * np.array([1.0, 2.0, 3.0])) @ Q.T,
}
GENERAL = {
    "one": np.eye(3),
    "two equal": (Q * np.array([3.0, 1.0, 1.0])) @ R.T,
    "tall": np.concatenate([(Q * np.array([2.0, 2.0, 1.0])) @ R.T, np.zeros((1, 3))]),
    "apart": (Q * np.array([3.0, 2.0, 1.0])) @ R.T,
}


def of_eigenvalues(f: Callable[[Any], Any], values: Callable[[Any], Any] = np.linalg.eigvalsh) -> Callable[[Any], Any]:
    return lambda a: f(values((a + a.mT) / 2))


EIGENVALUES = {
    "logdet": of_eigenvalues(lambda w: np.sum(np.log(w))),
    "exp": of_eigenvalues(lambda w: np.sum(np.exp(w))),
    "square of the sum": of_eigenvalues(lambda w: np.sum(w) ** 2),
    "cube": of_eigenvalues(lambda w: np.sum(w**3)),
    "softmax": of_eigenvalues(lambda w: np.log(np.sum(np.exp(w)))),
    "product": of_eigenvalues(np.prod),
    "trace": of_eigenvalues(np.sum),
    "times another function": lambda a: np.sum(np.sqrt(np.linalg.eigvalsh((a + a.mT) / 2))) * np.sum(a**2),
    "two decompositions of one": of_eigenvalues(lambda w: np.sum(w[0] * w[1]), lambda a: (
        np.linalg.eigvalsh(a), np.linalg.eigvalsh(a))),
    "eigh's": of_eigenvalues(lambda w: np.sum(np.log(w)), lambda a: np.linalg.eigh(a)[0]),
    "in a stack": of_eigenvalues(lambda w: np.sum(np.log(w)) * np.sum(w[0]), lambda a: np.linalg.eigvalsh(
        np.stack([a, 2 * a @ a]))),
}  # fmt: skip
SINGULAR_VALUES = {
    "nuclear norm": lambda a: np.linalg.norm(a, "nuc"),
    "squares": lambda a: np.sum(np.linalg.svdvals(a) ** 2),
    "log": lambda a: np.sum(np.log(np.linalg.svdvals(a))),
    "product": lambda a: np.prod(np.linalg.svdvals(a)),
    "svd's": lambda a: np.sum(np.linalg.svd(a, full_matrices=False)[1] ** 3),
}
SPECTRAL = [
    *[pytest.param(f, a, id=f"{name}, {at}") for name, f in EIGENVALUES.items() for at, a in SYMMETRIC.items()],
    *[pytest.param(f, a, id=f"{name}, {at}") for name, f in SINGULAR_VALUES.items() for at, a in GENERAL.items()],
]


def differences(f: Callable[[Any], Any], x: Any, step: float = 1e-5) -> Any:
    """The derivative of f by central differences, a row for each element of x."""
    directions = step * np.eye(x.size).reshape(x.size, *x.shape)
    return np.stack([np.asarray(f(x + d) - f(x - d)) / (2 * step) for d in directions])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("f", "a"), SPECTRAL)
def test_symmetric_functions_of_equal_values(f: Callable[[Any], Any], a: Any, mode: str) -> None:
    """Right where the gradient comes first; in reverse over forward at least never wrong without a word."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UndefinedDerivativeWarning)
        found = np.reshape(second(f, a, mode), (a.size, a.size))
    known = ~np.isnan(found)
    assert known.all() or mode == MODES[2] and caught
    expected = differences(grad(f), a).reshape(a.size, a.size)
    np.testing.assert_allclose(found[known], expected[known], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("f", [lambda a: np.linalg.norm(a, 2), lambda a: np.linalg.svdvals(a)[0] ** 2])
def test_singular_values_beside_those_that_are_0(f: Callable[[Any], Any]) -> None:
    a = (Q * np.array([3.0, 1.0, 0.0])) @ R.T
    np.testing.assert_allclose(hessian(f)(a).reshape(9, 9), differences(grad(f), a).reshape(9, 9), atol=1e-6)


def test_a_batch_of_gradients_finds_the_limits_of_each() -> None:
    a = np.eye(2)
    both = [EIGENVALUES["logdet"], EIGENVALUES["cube"]]
    found = jacobian(jacobian(lambda a: np.stack([f(a) for f in both]), mode="reverse"), mode="reverse")(a)
    np.testing.assert_allclose(found, np.stack([hessian(f)(a) for f in both]), atol=1e-12)


UNKNOWN = {
    "the smallest of equal eigenvalues": (lambda a: np.linalg.eigvalsh(a)[0] ** 2, np.eye(2), "np.linalg.eigvalsh"),
    "singular values that are 0": (
        lambda a: np.sum(np.linalg.svdvals(a) ** 2), np.diag([1.0, 0.0]), "np.linalg.svdvals"
    ),
    "all singular values 0": (lambda a: np.sum(np.linalg.svdvals(a) ** 2), np.zeros((2, 2)), "np.linalg.svdvals"),
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", UNKNOWN)
def test_second_derivatives_that_are_not_known_are_nan(name: str, mode: str) -> None:
    f, a, of = UNKNOWN[name]
    with pytest.warns(UndefinedDerivativeWarning, match=of):
        assert np.isnan(second(f, a, mode)).any()


def test_the_third_derivative_at_equal_values_is_nan() -> None:
    with pytest.warns(UndefinedDerivativeWarning, match="eigvalsh"):
        third = grad(lambda a: np.sum(vhp(EIGENVALUES["logdet"], a, np.ones((2, 2)))))(np.eye(2))
    assert np.isnan(third).all()


def matrix_function(h: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def f(a: Any) -> Any:
        w, v = np.linalg.eigh((a + a.mT) / 2)
        return (v * h(w)[..., None, :]) @ v.mT

    return f


def from_svd(h: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def f(a: Any) -> Any:
        u, s, vt = np.linalg.svd(a, full_matrices=False)
        return (u * h(s)) @ vt

    return f


def polar(a: Any) -> Any:
    u, _, vt = np.linalg.svd(a, full_matrices=False)
    return u @ vt


def space(columns: slice) -> Callable[[Any], Any]:
    def f(a: Any) -> Any:
        v = np.linalg.eigh((a + a.mT) / 2)[1][:, columns]
        return v @ v.mT

    return f


WEIGHED = {
    "square root": (matrix_function(np.sqrt), SYMMETRIC, "np.linalg.eigh"),
    "logarithm": (matrix_function(np.log), SYMMETRIC, "np.linalg.eigh"),
    "inverse": (matrix_function(np.reciprocal), SYMMETRIC, "np.linalg.eigh"),
    "itself": (from_svd(lambda s: s), GENERAL, "np.linalg.svd"),
    "cube": (from_svd(lambda s: s**3), GENERAL, "np.linalg.svd"),
}
WEIGHTS = np.random.default_rng(2).normal(size=(4, 3))


def weighted(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def total(a: Any) -> Any:
        y = f(a)
        return np.sum(WEIGHTS[: y.shape[0]] * y)

    return total


@pytest.mark.parametrize("at", ["one", "two equal", "apart"])
@pytest.mark.parametrize("name", WEIGHED)
def test_vectors_weighed_by_equal_values_have_a_gradient_of_nan(name: str, at: str) -> None:
    """The values and the vectors both tell; where they are apart, the gradient is right."""
    function, points, of = WEIGHED[name]
    f, a = weighted(function), points[at]
    if at == "apart":
        np.testing.assert_allclose(grad(f)(a).ravel(), differences(f, a), atol=1e-7)
        return
    with pytest.warns(UndefinedDerivativeWarning, match=f"{of} has no first derivative"):
        assert np.isnan(grad(f)(a)).all()
    with pytest.warns(UndefinedDerivativeWarning, match=of):
        assert np.isnan(jvp(f, a, WEIGHTS[:3])[1])


@pytest.mark.parametrize(
    ("function", "a"),
    [
        (space(slice(2, None)), SYMMETRIC["two equal"]),
        (space(slice(0, 2)), SYMMETRIC["two equal"]),
        (space(slice(None)), SYMMETRIC["one"]),
        *[(polar, a) for a in GENERAL.values()],
        (lambda a: np.linalg.eigh(a @ a.T)[0][3:] * space(slice(3, None))(a @ a.T)[:3, :3], GENERAL["tall"]),
    ],
    ids=["one vector", "a group", "everything", *[f"polar, {at}" for at in GENERAL], "beside a group of zeros"],
)
def test_spaces_of_equal_values_are_right(function: Callable[[Any], Any], a: Any) -> None:
    if function is not polar and a.shape == (4, 3):
        a = a + 0.1 * np.eye(4, 3)
    f = weighted(function)
    np.testing.assert_allclose(grad(f)(a).ravel(), differences(f, a), rtol=1e-6, atol=1e-6)


def test_only_the_matrix_that_has_equal_values_is_nan() -> None:
    stack = np.stack([SYMMETRIC["apart"], np.eye(3)])
    with pytest.warns(UndefinedDerivativeWarning, match="eigh"):
        g = grad(lambda a: np.sum(matrix_function(np.sqrt)(a)[0] * WEIGHTS[:3] + matrix_function(np.sqrt)(a)[1]))(stack)
    assert np.isfinite(g[0]).all()
    assert np.isnan(g[1]).all()
