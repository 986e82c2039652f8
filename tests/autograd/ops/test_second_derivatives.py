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
BLOCKS_OF_NAN = [[nan, nan, 0, 0], [nan, nan, 0, 0], [0, 0, nan, nan], [0, 0, nan, nan]]
OF_ROOTS = hessian(lambda x: np.var(np.sqrt(x[1:])))(np.array([-1.0, 4.0, 9.0]))
OF_LOGS = np.diag([(1 - np.log(2)) / 2, 0, 0, 2 * (1 - np.log(3)) / 9])
OUTSIDE = np.diag([0.0, 0.0, 2.0, 2.0])
PAIRS = np.eye(3)[:, None] - np.eye(3)  # of three points: zero on the diagonal, however they are scaled


def norm2(ord: Any = None) -> Callable[[Any], Any]:
    return lambda x: np.linalg.norm(x, ord) ** 2


def smooth(f: Callable[[Any], Any], x: Any, hessian: Any, of: str, forward: Any = nan) -> Row:
    """A row whose Hessian is found where the gradient comes first; in reverse over forward nothing is known."""
    return Row(f, x, hessian, of, forward)


def kernel(scale: Any) -> Any:
    return np.sum(np.exp(-np.linalg.norm(PAIRS * scale, axis=-1)))


def smooth_kernel(scale: Any) -> Any:
    """The same, written so that the diagonal is left out."""
    return 3 + 2 * sum(np.exp(-np.sqrt(np.sum((PAIRS[i, j] * scale) ** 2))) for i, j in ((0, 1), (0, 2), (1, 2)))


KINKS = {
    "norm": Row(np.linalg.norm, [0, 0], nan, "np.linalg.norm"),
    **{f"norm² ord={ord}": smooth(norm2(ord), [0, 0], 2 * np.eye(2), "np.linalg.norm") for ord in (None, 2)},
    **{f"norm² ord={ord}": Row(norm2(ord), [0, 0], nan, "np.linalg.norm") for ord in (3, 1.5, inf)},
    **{f"norm³ ord={ord}": smooth(lambda x, ord=ord: np.linalg.norm(x, ord) ** 3, [0, 0], 0, "np.linalg.norm")
       for ord in (None, 3, inf)},
    "norm² of columns and rows": smooth(norm2("fro"), [[0, 0], [0, 0]], 2 * np.eye(4), "np.linalg.norm"),
    "vector_norm²": smooth(lambda x: np.linalg.vector_norm(x) ** 2, [0, 0], 2 * np.eye(2), "np.linalg.norm"),
    "cosh of a norm": smooth(lambda x: np.cosh(3 * np.linalg.norm(x)), [0, 0], 9 * np.eye(2), "np.linalg.norm"),
    "norm² as a product": smooth(lambda x: np.linalg.norm(x) * np.linalg.norm(x), [0, 0], 2 * np.eye(2),
                                 "np.linalg.norm"),
    "norm² times another": smooth(lambda x: np.linalg.norm(x[:2]) ** 2 * x[2] ** 2, [0, 0, 3],
                                  np.diag([18.0, 18.0, 0.0]), "np.linalg.norm",
                                  [[nan, nan, 0], [nan, nan, 0], [0, 0, 0]]),
    "norm of what is not a leaf": smooth(lambda x: np.linalg.norm(np.sin(x) * 2) ** 2, [0, 0], 8 * np.eye(2),
                                         "np.linalg.norm"),
    "norm^1.5": Row(lambda x: np.linalg.norm(x) ** 1.5, [0, 0], nan, "np.linalg.norm"),
    "norm times the sum": Row(lambda x: np.linalg.norm(x) * np.sum(x), [0, 0], nan, "np.linalg.norm"),
    "square of two norms": Row(lambda x: (np.linalg.norm(x) + np.linalg.norm(x, 1)) ** 2, [0, 0], nan,
                               "np.linalg.norm"),
    "square of the sum of norms": Row(lambda x: np.sum(np.linalg.norm(x, axis=1)) ** 2, [[0, 0], [0, 0]],
                                      BLOCKS_OF_NAN, "np.linalg.norm"),
    "norm² ord=1": Row(norm2(1), [0, 3], [[nan, 0], [0, 2]], "np.linalg.norm"),
    "norm² ord=3 of an element 0": Row(norm2(3), [0, 3], [[0, 0], [0, 2]]),
    "norm ord=1": Row(lambda x: np.linalg.norm(x, 1), [0, 3], 0, "np.linalg.norm", forward=[[nan, 0], [0, 0]]),
    "norm² of rows": smooth(lambda x: np.sum(np.linalg.norm(x, axis=1) ** 2), ROWS_OF_ONE, 2 * np.eye(4),
                            "np.linalg.norm", FIRST_ROW),
    "norm² of rows that are not 0": Row(
        lambda x: np.sum(np.where([False, True], np.linalg.norm(x, axis=1), 0) ** 2),
        ROWS_OF_ONE, OUTSIDE, "np.linalg.norm", forward=FIRST_ROW,
    ),
    "norm of what does not move": Row(kernel, [1.0, 2.0, 3.0], hessian(smooth_kernel)(np.array([1.0, 2.0, 3.0]))),
    "hypot": Row(lambda x: np.hypot(x[0], x[1]), [0, 0], nan, "np.hypot"),
    "hypot²": smooth(lambda x: np.hypot(x[0], x[1]) ** 2, [0, 0], 2 * np.eye(2), "np.hypot"),
    "hypot² with a number": smooth(lambda x: np.sum(np.hypot(x, 0.0) ** 2), [0, 3], 2 * np.eye(2), "np.hypot",
                                   [[nan, 0], [0, 2]]),
    "std": Row(np.std, [2, 2], nan, "np.std"),
    "std²": smooth(lambda x: np.std(x) ** 2, [2, 2], [[0.5, -0.5], [-0.5, 0.5]], "np.std"),
    "std² of columns": smooth(lambda x: np.sum(np.std(x, axis=0, ddof=1) ** 2 * [1.0, 3.0]), [[2, 1], [2, 1]],
                              np.kron([[1, -1], [-1, 1]], np.diag([1, 3])), "np.std",
                              [[nan, 0, nan, 0], [0, nan, 0, nan]] * 2),
    "std of one number": Row(lambda x: np.std(x) ** 2, [2], 0),
    "nanstd²": smooth(lambda x: np.nanstd(x) ** 2, [2, 2], [[0.5, -0.5], [-0.5, 0.5]], "np.nanstd"),
    "var": Row(np.var, [2, 2], [[0.5, -0.5], [-0.5, 0.5]]),
    "nanvar": Row(np.nanvar, [2, 2], [[0.5, -0.5], [-0.5, 0.5]]),
    "sqrt(var)²": Row(lambda x: np.sqrt(np.var(x)) ** 2, [2, 2], nan, "sqrt"),
    "sqrt(sum of squares)²": Row(lambda x: np.sqrt(np.sum(x * x)) ** 2, [0, 0], nan, "sqrt"),
    "(sum of squares)^½²": Row(lambda x: (np.sum(x * x) ** 0.5) ** 2, [0, 0], nan, "power"),
    "abs²": smooth(lambda x: np.sum(np.abs(x) ** 2), [0, 3], 2 * np.eye(2), "np.absolute", [[nan, 0], [0, 2]]),
    "abs² of zeros": smooth(lambda x: np.sum(np.abs(x) ** 2), [0, 0], 2 * np.eye(2), "np.absolute",
                            np.diag([nan, nan])),
    "abs³": smooth(lambda x: np.sum(np.abs(x) ** 3), [0, 2], [[0, 0], [0, 12]], "np.absolute", [[nan, 0], [0, 12]]),
    "abs times the element": Row(lambda x: np.abs(x[0]) * x[0], [0], nan, "np.absolute"),
    "square of the sum of magnitudes": Row(lambda x: (np.abs(x[0]) + np.abs(x[1])) ** 2, [0, 0],
                                           np.diag([nan, nan]), "np.absolute"),
    "fabs²": smooth(lambda x: np.sum(np.fabs(x) ** 2), [0, 3], 2 * np.eye(2), "np.fabs", [[nan, 0], [0, 2]]),
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
    "nanvar of what is not there": Row(lambda x: np.nanvar(np.sqrt(x)), [-1, 4, 9], OF_ROOTS),
    **{f"log of the diagonal, {name}": Row(lambda x, f=f: f(np.log(np.tril(x))), [[2, 5], [7, 3]], OF_LOGS)
       for name, f in {
           "diagonal": lambda y: np.sum(np.diagonal(y) ** 2),
           "diag": lambda y: np.sum(np.diag(y) ** 2),
           "index": lambda y: np.sum(y[[0, 1], [0, 1]] ** 2),
           "elements": lambda y: y[0, 0] ** 2 + y[1, 1] ** 2,
           "where": lambda y: np.sum(np.where(np.eye(2) > 0, y, 0) ** 2),
           "a mask": lambda y: np.sum(np.where(np.eye(2) > 0, y, 0) @ np.where(np.eye(2) > 0, y, 0)),
           "transposed": lambda y: np.sum(np.diagonal(y.T.copy()) ** 2),
       }.items()},
    "pairwise_distance²": smooth(lambda x: F.pairwise_distance(x, np.zeros(2), eps=0.0) ** 2, [0, 0], 2 * np.eye(2),
                                 "np.linalg.norm"),
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("row", KINKS.values(), ids=KINKS.keys())
def test_kinks(row: Row, mode: str) -> None:
    with np.errstate(all="ignore"):
        check(row, mode)


@pytest.mark.filterwarnings("ignore::autograd.errors.UndefinedDerivativeWarning")
@pytest.mark.parametrize("inner", ["reverse", "forward"])
@pytest.mark.parametrize("outer", ["reverse", "forward"])
@pytest.mark.parametrize("name", ["norm²", "norm² of rows", "hypot²", "std²", "nanstd²", "abs²", "sqrt(var)²"])
def test_kinks_in_a_batch(name: str, outer: str, inner: str) -> None:
    """Several gradients at once, recorded; where the gradients come first, the other results stay as they are."""
    row = {**KINKS, "norm²": KINKS["norm² ord=None"]}[name]

    def f(x: Any) -> Any:
        return np.stack([row.function(x), np.sum(x * x)])

    x = np.array(row.point, float)
    with np.errstate(all="ignore"):
        found = jacobian(jacobian(f, mode=inner), mode=outer)(x)
    right, known = (np.broadcast_to(h, (x.size, x.size)) for h in (row.hessian, row.forward))
    if name == "sqrt(var)²":
        known = right
    rows = found[0].reshape(right.shape)
    assert np.isnan(rows[np.isnan(right)]).all()
    if inner == "forward":
        assert np.isnan(rows[np.isnan(known)]).all()
    there = ~np.isnan(rows)  # a rule for a whole batch may know less, and then says so
    np.testing.assert_allclose(rows[there], right[there], atol=1e-9)
    if inner == "reverse" and outer == "reverse" and name.startswith(("norm", "abs")):
        np.testing.assert_array_equal(found[1].reshape(right.shape), 2 * np.eye(x.size))


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda x: np.sqrt(x[0]) ** 2 + np.sin(x[1]), [0, 1], [[nan, 0], [0, -np.sin(1)]]),
        (lambda x: np.sqrt((x[0] - x[1]) / 3) ** 2 + x[2] ** 2, [1, 1, 1], [[nan, nan, 0], [nan, nan, 0], [0, 0, 2]]),
        (lambda x: np.sum(np.sqrt(x) ** 2 * [1, 2, 3]), [0, 1, 0], np.diag([nan, 0, nan])),
    ],
)
def test_only_what_moves_the_argument_of_a_root_is_nan(f: Callable[[Any], Any], x: Any, expected: Any) -> None:
    """Of an affine argument it is known which directions move it; hessian asks forward over reverse."""
    with np.errstate(all="ignore"), pytest.warns(UndefinedDerivativeWarning, match="sqrt"):
        np.testing.assert_allclose(hessian(f)(np.array(x, float)), expected, atol=1e-12)


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


def test_the_nuclear_norm_of_a_singular_matrix_has_the_second_derivative_along_matrices_of_its_rank() -> None:
    """A sum of singular values, like one of magnitudes, counts as linear where one is 0."""
    rng = np.random.default_rng(3)
    a, b, da, db = (rng.normal(size=(n, 1)) for n in (4, 3, 4, 3))

    def along(t: Any) -> Any:
        return np.linalg.norm((a + t * da) @ (b + t * db).T, "nuc")

    def length(t: Any) -> Any:
        return np.linalg.norm(a + t * da) * np.linalg.norm(b + t * db)

    np.testing.assert_allclose(hessian(along)(np.array(0.0)), hessian(length)(np.array(0.0)), rtol=1e-9)
    np.testing.assert_allclose(grad(along)(np.array(0.0)), grad(length)(np.array(0.0)), rtol=1e-9)


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
        return (u * h(s)[..., None, :]) @ vt

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
WEIGHTS = np.random.default_rng(2).normal(size=(4, 4))


def weighted(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def total(a: Any) -> Any:
        y = f(a)
        return np.sum(WEIGHTS[: y.shape[0], : y.shape[1]] * y)

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
    if name == "logarithm" and at == "two equal":  # log is 0 at 1, and keeps the digits of what is beside it
        np.testing.assert_allclose(grad(f)(a).ravel(), differences(f, a), atol=1e-7)
    else:
        with pytest.warns(UndefinedDerivativeWarning, match=f"{of} has no first derivative"):
            assert np.isnan(grad(f)(a)).all()
    with pytest.warns(UndefinedDerivativeWarning, match=of):
        assert np.isnan(jvp(f, a, WEIGHTS[:3, :3])[1])


def of_rank(rank: int, m: int, n: int, dtype: Any = float) -> Any:
    rng = np.random.default_rng(rank)
    return (rng.normal(size=(m, rank)) @ rng.normal(size=(rank, n))).astype(dtype)


def gram(rank: int, n: int) -> Any:
    return of_rank(rank, n, 2 * n) @ of_rank(rank, n, 2 * n).T


def eigenvalues_by(product: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    def f(a: Any) -> Any:
        w, v = np.linalg.eigh((a + a.mT) / 2)
        return product(w, v)

    return f


LOW_RANK = {
    **{f"eigh, {name}, rank {rank}": (matrix_function(h), gram(rank, 4)) for rank in (1, 2, 3) for name, h in {
        "itself": lambda w: w, "sine": np.sin, "with a square": lambda w: w + w**2, "expm1": np.expm1}.items()},
    **{f"svd {m} {n}, {name}, rank {rank}": (from_svd(h), of_rank(rank, m, n))
       for m, n in ((3, 3), (4, 3), (3, 4), (4, 4)) for rank in (1, 2) for name, h in {
        "itself": lambda s: s, "sine": np.sin, "sinh": np.sinh}.items()},
    "eigh by einsum": (eigenvalues_by(lambda w, v: np.einsum("ij,j,kj->ik", v, w, v)), gram(2, 4)),
    "eigh by diag": (eigenvalues_by(lambda w, v: v @ np.diag(w) @ v.T), gram(2, 4)),
    "eigh and the values": (eigenvalues_by(lambda w, v: (v * w) @ v.T * np.sum(w) + np.sum(np.exp(w))), gram(1, 3)),
    "several": (lambda a: from_svd(lambda s: s)(np.stack([a, a.T @ a]))[0], of_rank(1, 3, 3)),
    "truncated": (lambda a: (lambda u, s, vt: (u[:, :3] * s[:3]) @ vt[:3])(*np.linalg.svd(a, full_matrices=False)),
                  of_rank(3, 3, 4)),
}  # fmt: skip


@pytest.mark.parametrize(("function", "a"), LOW_RANK.values(), ids=LOW_RANK.keys())
def test_a_matrix_of_low_rank_put_together_again_has_its_gradient(function: Callable[[Any], Any], a: Any) -> None:
    """Its values beside 0 are noise, but what is made of the vectors is as small, and keeps its digits."""
    f = weighted(function)
    np.testing.assert_allclose(grad(f)(a).ravel(), differences(f, a), rtol=1e-5, atol=1e-5)


def test_a_matrix_of_low_rank_in_float32() -> None:
    a = of_rank(2, 4, 4, np.float32)
    weights = np.ones((4, 4), np.float32) + np.diag(np.arange(4, dtype=np.float32))
    found = grad(lambda a: np.sum(weights * from_svd(lambda s: s)(a)))(a)
    np.testing.assert_allclose(found, weights, atol=1e-3)


def test_the_second_derivative_of_a_matrix_of_low_rank_put_together_again_is_nan() -> None:
    with pytest.warns(UndefinedDerivativeWarning, match="np.linalg.svd"):
        assert np.isnan(hessian(weighted(from_svd(lambda s: s)))(of_rank(1, 3, 3))).all()


@pytest.mark.parametrize("a", [np.zeros((2, 2)), np.diag([2.0, 0.0]), np.zeros((3, 2))])
def test_singular_values_that_are_0_and_weigh_vectors_have_a_gradient_of_nan(a: Any) -> None:
    with pytest.warns(UndefinedDerivativeWarning, match=r"np.linalg.svd has no first derivative"):
        assert np.isnan(grad(lambda a: np.sum(WEIGHTS[: len(a), :2] * from_svd(lambda s: s)(a)))(a)).any()


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
        g = grad(lambda a: np.sum(matrix_function(np.sqrt)(a)[0] * WEIGHTS[:3, :3] + matrix_function(np.sqrt)(a)[1]))(
            stack
        )
    assert np.isfinite(g[0]).all()
    assert np.isnan(g[1]).all()
