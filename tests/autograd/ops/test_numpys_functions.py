"""NumPy's functions with their options: the values are NumPy's, and what cannot have a gradient is refused."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from autograd import Tensor, gradients
from autograd.engine.registry import rules
from autograd.errors import ArgumentError, AutogradError, DTypeError, NoRuleError, ShapeError

A = np.random.default_rng(0).normal(size=(3, 5))
V = np.array([1.5, -0.7, 2.0, 0.3])
INTS = np.array([3, 1, 4])
ZEROS = np.array([0.0, 0.0, 2.0, 0.0, 3.0, 0.0])
NONE = np.zeros(0)

# Arguments, of which every floating array becomes a Tensor: the same values, shapes and dtypes, or both raise
CALLS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "cov of no variables": (np.cov, (np.zeros((0, 3)),)),
    "cov of one observation": (np.cov, (A[:, :1],)),
    "cov of columns": (lambda x: np.cov(x, rowvar=False), (A,)),
    "cov of integers": (np.cov, (INTS,)),
    "cov dtype": (lambda x: np.cov(x, dtype=np.float32), (A,)),
    "cov of float32": (np.cov, (A.astype(np.float32),)),
    "cov ddof": (lambda x: np.cov(x, ddof=1.5), (A,)),
    "cov of three axes": (np.cov, (A[None],)),
    "cov fweights": (lambda x: np.cov(x, fweights=[1, 2, 0, 1, 3], aweights=[0.5, 1, 1, 2, 1]), (A,)),
    "cov fweights that are not whole": (lambda x: np.cov(x, fweights=[1.5, 2, 0, 1, 3]), (A,)),
    "cov negative aweights": (lambda x: np.cov(x, aweights=[-1.0, 2, 0, 1, 3]), (A,)),
    "cov aweights of another length": (lambda x: np.cov(x, aweights=[1.0, 2]), (A,)),
    "corrcoef of a vector": (np.corrcoef, (V,)),
    "corrcoef of a constant": (np.corrcoef, (np.array([[1.0, 1.0], [2.0, 3.0]]),)),
    "linspace to a list": (lambda x: np.linspace(x, [1.0, 2.0, 3.0, 4.0], 3), (V,)),
    "linspace num=0": (lambda x: np.linspace(x, 2, 0), (V,)),
    "linspace num=1 retstep": (lambda x: np.linspace(x, 2, 1, retstep=True), (V,)),
    "linspace num=1 no end": (lambda x: np.linspace(x, 2, 1, endpoint=False, retstep=True), (V,)),
    "linspace num=-1": (lambda x: np.linspace(x, 2, -1), (V,)),
    "linspace num=2.5": (lambda x: np.linspace(x, 2, 2.5), (V,)),
    "linspace float32": (lambda x: np.linspace(x, 2.0, 4), (V.astype(np.float32),)),
    "linspace of integers": (lambda x: np.linspace(Tensor(INTS) if isinstance(x, Tensor) else INTS, x, 4), (V[:3],)),
    "linspace axis": (lambda x: np.linspace(x, 1, 4, axis=1), (A,)),
    "logspace float32": (lambda x: np.logspace(x, 2.0, 4, base=2), (V.astype(np.float32),)),
    "logspace dtype": (lambda x: np.logspace(x, 2.0, 4, dtype=np.float32), (V,)),
    "logspace of a base": (lambda b: np.logspace(0, [1.0, 2.0], 3, base=b, axis=-1), (np.array([2.0, 3.0]),)),
    "geomspace num=0": (lambda x: np.geomspace(x, 2, 0), (V,)),
    "geomspace num=1": (lambda x: np.geomspace(x, 2, 1), (np.abs(V),)),
    "geomspace of negative numbers": (lambda x: np.geomspace(x, -9, 3, axis=-1), (-np.abs(V),)),
    "geomspace float32": (lambda x: np.geomspace(x, 2.0, 3), (np.abs(V).astype(np.float32),)),
    "geomspace dtype": (lambda x: np.geomspace(x, 2.0, 3, dtype=np.float32), (np.abs(V).astype(np.float32),)),
    "geomspace from 0": (lambda x: np.geomspace(x, 2.0, 3), (np.array(0.0),)),
    "vander N=0": (lambda x: np.vander(x, 0), (V,)),
    "vander of float32": (np.vander, (V.astype(np.float32),)),
    "vander of a matrix": (np.vander, (A,)),
    "gradient of few": (np.gradient, (A[:1],)),
    "gradient of three spacings": (lambda x: np.gradient(x, 1.0, 2.0, 3.0), (A,)),
    "gradient edge_order=3": (lambda x: np.gradient(x, edge_order=3), (A,)),
    "gradient at coordinates of another length": (lambda x: np.gradient(x, [1.0, 2.0], axis=1), (A,)),
    "gradient at whole coordinates": (lambda x: np.gradient(x, [1, 2, 4, 5, 9], axis=1, edge_order=2), (A,)),
    "gradient of two": (lambda x: np.gradient(x, 2.0), (V[:2],)),
    "gradient of float32": (np.gradient, (A.astype(np.float32),)),
    "unwrap discont": (lambda x: np.unwrap(x, 4.0), (np.cumsum(A * 4, axis=1),)),
    "unwrap period": (lambda x: np.unwrap(x, period=1, axis=0), (A,)),
    "unwrap of float32": (np.unwrap, (np.cumsum(A * 4, axis=1).astype(np.float32),)),
    "piecewise of one condition": (lambda x: np.piecewise(x, x > 0, [1.0, lambda x: x]), (V,)),
    "piecewise of a number": (lambda x: np.piecewise(x, x > 0, [lambda x: x * x, 2.0]), (np.array(1.5),)),
    "piecewise of a list": (lambda x: np.piecewise(x, [x > 0, x > 1], [1.0, 2.0, lambda x: -x]), (V,)),
    "piecewise of too few": (lambda x: np.piecewise(x, [x > 0, x > 1], [1.0]), (V,)),
    "apply_along_axis keywords": (lambda x: np.apply_along_axis(np.sum, -1, x, keepdims=True), (A,)),
    "apply_along_axis of nothing": (lambda x: np.apply_along_axis(np.sum, -1, x), (A[:0],)),
    "apply_over_axes of one": (lambda x: np.apply_over_axes(np.sum, x, 0), (A,)),
    "apply_over_axes of a reshape": (lambda x: np.apply_over_axes(lambda x, axis: x.ravel()[0], x, 0), (A,)),
    "sliding_window_view of 0": (lambda x: sliding_window_view(x, (0, 2)), (A,)),
    "sliding_window_view too large": (lambda x: sliding_window_view(x, (4, 2)), (A,)),
    "sliding_window_view too few": (lambda x: sliding_window_view(x, 2), (A,)),
    "sliding_window_view negative": (lambda x: sliding_window_view(x, -1, axis=0), (A,)),
    "trim_zeros": (np.trim_zeros, (ZEROS,)),
    "trim_zeros f": (lambda x: np.trim_zeros(x, "f"), (ZEROS,)),
    "trim_zeros B": (lambda x: np.trim_zeros(x, "B"), (ZEROS,)),
    "trim_zeros of zeros": (lambda x: np.trim_zeros(x, "b"), (0 * ZEROS,)),
    "trim_zeros of another letter": (lambda x: np.trim_zeros(x, "x"), (ZEROS,)),
    "fftshift": (lambda x: np.fft.fftshift(x, axes=(-1, 0)), (A,)),
    "i0 of float32": (np.i0, (V.astype(np.float32),)),
    "i0 of float16": (np.i0, (V.astype(np.float16),)),
    "polyval of coefficients": (lambda p: np.polyval(p, [1.0, 2.0]), (V,)),
    "polyval of integers": (lambda p: np.polyval(p, np.array([1, 2])), (V,)),
    "polyval of no coefficients": (lambda x: np.polyval([], x), (V,)),
    "polyadd of a poly1d": (lambda p: np.polyadd(p, np.poly1d([1.0, 2.0])).coeffs, (V,)),
    "polymul of a number": (lambda p: np.polymul(p, 3.0), (V,)),
    "polydiv": (np.polydiv, (V, np.array([2.0, 1.0]))),
    "polydiv without remainder": (np.polydiv, (np.polymul(V, [2.0, 1.0]), np.array([2.0, 1.0]))),
    "polydiv of a poly1d": (lambda p: [q.coeffs for q in np.polydiv(p, np.poly1d([2.0, 1.0]))], (V,)),
    "polyder m=9": (lambda p: np.polyder(p, 9), (V,)),
    "polyder m=-1": (lambda p: np.polyder(p, -1), (V,)),
    "polyint m=0": (lambda p: np.polyint(p, 0), (V,)),
    "polyint m=3 k": (lambda p: np.polyint(p, 3, 2.0), (V,)),
    "polyint m=3 two k": (lambda p: np.polyint(p, 3, [2.0, 1.0]), (V,)),
    "roots": (np.roots, (np.poly([1.0, 2.0, 3.0]),)),
    "roots of zeros in front and behind": (np.roots, (np.array([0.0, 0.0, 1.0, -3.0, 2.0, 0.0]),)),
    "roots of nothing": (np.roots, (np.zeros(3),)),
    "roots of a matrix": (np.roots, (A,)),
    "poly of nothing": (np.poly, (NONE,)),
    "poly of a number": (np.poly, (np.array(2.0),)),
    "poly of a symmetric matrix": (np.poly, (A @ A.T,)),
    "poly of another matrix": (np.poly, (A,)),
    "polyfit": (lambda x: np.polyfit(x, x**3, 2), (V,)),
    "polyfit full": (lambda x: np.polyfit(x, x**3, 2, full=True), (V,)),
    "polyfit too few": (lambda x: np.polyfit(x, x**3, 5), (V,)),
    "polyfit cov of too few": (lambda x: np.polyfit(x, x**3, 3, cov=True), (V,)),
    "polyfit of nothing": (lambda x: np.polyfit(x, x, 1), (NONE,)),
    "polyfit deg=-1": (lambda x: np.polyfit(x, x, -1), (V,)),
    "polyfit of other lengths": (lambda x: np.polyfit(x, x[:2], 1), (V,)),
    "polyfit of other weights": (lambda x: np.polyfit(x, x, 1, w=[1.0, 2.0]), (V,)),
    "polyval2d of stacked coefficients": (np.polynomial.polynomial.polyval2d, (A, A, A[:, :, None] * [1.0, 2.0])),
    "polyval2d of numbers": (lambda c: np.polynomial.polynomial.polyval2d(2, 3.0, c), (A,)),
    "polyval2d of other shapes": (np.polynomial.polynomial.polyval2d, (A, V, A)),
    "polygrid2d": (np.polynomial.polynomial.polygrid2d, (A, V, A)),
    "angle": (np.angle, (V,)),
    "angle in degrees": (lambda x: np.angle(x, deg=True), (V,)),
    "ravel_multi_index": (lambda x: np.ravel_multi_index(np.nonzero(x), x.shape), (A,)),
}


Z = np.array([1 + 2j, -0.5j, 3.0, 0.2 - 1j])
COMPLEX: dict[str, Callable[[Any], Any]] = {
    **{
        f"emath.{name}": getattr(np.emath, name)
        for name in ("sqrt", "log", "log2", "log10", "arccos", "arcsin", "arctanh")
    },
    "emath.logn": lambda z: np.emath.logn(2.0, z),
    "emath.power": lambda z: np.emath.power(z, 1.5),
    "emath.sqrt of negative numbers": lambda z: np.emath.sqrt(z.real - 2),
    "emath.power of negative numbers": lambda z: np.emath.power(z.real - 2, 0.5),
    "cov": lambda z: np.cov(np.stack([z, z * z])),
    "cov of weights": lambda z: np.cov(np.stack([z, z * z]), aweights=[1.0, 2.0, 0.5, 1.0]),
    "corrcoef": lambda z: np.corrcoef(np.stack([z, z * z])),
    "linspace": lambda z: np.linspace(z, 1j, 3),
    "logspace": lambda z: np.logspace(z, 1j, 3),
    "geomspace": lambda z: np.geomspace(z, 1 + 1j, 3),
    "vander": np.vander,
    "gradient": np.gradient,
    "unwrap of the angle": lambda z: np.unwrap(np.angle(z)),
    "piecewise": lambda z: np.piecewise(z, [[True, False, True, False]], [lambda z: z * z, 2j]),
    "apply_along_axis": lambda z: np.apply_along_axis(np.cumsum, 0, z),
    "fftshift": np.fft.fftshift,
    "trim_zeros": lambda z: np.trim_zeros(z * [0, 1, 1, 0]),
    "sliding_window_view": lambda z: sliding_window_view(z, 2),
    "real_if_close": lambda z: np.real_if_close(z * 1e-16 + 1),
    "polyval": lambda z: np.polyval(z, [1.0, 2j]),
    "polyadd": lambda z: np.polyadd(z, [1.0, 2j]),
    "polymul": lambda z: np.polymul(z, [1.0, 2j]),
    "polydiv": lambda z: np.polydiv(z, np.array([1.0, 2j])),
    "polyder": np.polyder,
    "polyint": np.polyint,
    "roots": np.roots,
    "poly": np.poly,
    "poly of conjugate zeros": lambda z: np.poly(np.concatenate([z, np.conjugate(z)])),
    "poly of a matrix": lambda z: np.poly(np.outer(z, z)),
    "subtract.reduce": np.subtract.reduce,
    "divide.accumulate": np.divide.accumulate,
    "add.reduceat": lambda z: np.add.reduceat(z, [0, 2]),
    "full": lambda z: np.full((2, 4), z, like=z) if isinstance(z, Tensor) else np.full((2, 4), z),
}


def outcome(call: Callable[..., Any], arguments: Any) -> Any:
    """The list of values, or the exception."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            found = call(*arguments)
        except Exception as error:
            return error
    return list(found) if isinstance(found, (tuple, list)) else [found]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("requires_grad", [False, True])
def test_values_are_numpys(name: str, requires_grad: bool) -> None:
    call, arguments = CALLS[name]
    expected = outcome(call, arguments)
    found = outcome(call, [Tensor(x, requires_grad=requires_grad and x.dtype.kind == "f") for x in arguments])
    if isinstance(expected, Exception):
        assert isinstance(found, (AutogradError, type(expected))), f"NumPy raises {expected!r}; we give {found!r}"
        return
    if isinstance(found, Exception):
        raise found
    assert len(found) == len(expected)
    for wanted, got in zip(expected, found, strict=True):
        values = got.numpy() if isinstance(got, Tensor) else got
        dtype = np.result_type(wanted)
        assert np.shape(values) == np.shape(wanted)
        assert np.result_type(values) == dtype or dtype.kind == "i"
        tolerance = 1e-13 if dtype.itemsize == 8 else 1e-5 if dtype.itemsize == 4 else 1e-3
        np.testing.assert_allclose(values, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_constants_have_numpys_values(name: str) -> None:
    for found, expected in zip(outcome(COMPLEX[name], [Tensor(Z)]), outcome(COMPLEX[name], [Z]), strict=True):
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-12, atol=1e-12)


X = [1.0, 2.0, 3.0]
T: Any = None

REFUSED: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    **{
        name: (call, DTypeError, r"in a list, and in np\.r_ and np\.c_: join them by np\.stack.*like=t")
        for name, call in {
            "mean of a list": lambda x: np.mean([x, x]),
            "sum of a list of numbers": lambda x: np.sum([x[0], x[1]]),
            "exp of a list": lambda x: np.exp([x, x]),
            "add.reduce of a list": lambda x: np.add.reduce([x, x]),
            "x * a list": lambda x: x * [x[0], x[1], x[2]],
            "array of a list": lambda x: np.array([x, x]),
            "r_": lambda x: np.r_[x, x],
            "r_ of numbers": lambda x: np.r_[x[0], 0.0],
            "r_ of a row": lambda x: np.r_[0.0 : x[0] : 3j],
            "c_": lambda x: np.c_[x, x],
            "vectorize": lambda x: np.vectorize(lambda x: x * x)(x),
            "as_strided": lambda x: np.lib.stride_tricks.as_strided(x, (2, 2), (8, 8)),
            "kaiser": lambda x: np.kaiser(5, x[0]),
            "polynomial.polyval of coefficients": lambda x: np.polynomial.polynomial.polyval(2.0, x),
            "Polynomial": lambda x: np.polynomial.Polynomial(x),
        }.items()
    },
    "sliding_window_view writeable": (
        lambda x: sliding_window_view(x, 2, writeable=True), NoRuleError, r"not writeable.*x\.copy\(\)",
    ),
    "arange": (lambda x: np.arange(x[0], like=x), NoRuleError, r"start \+ step \* np\.arange\(n\)"),
    "array of other shapes": (lambda x: np.array([x, x[0]], like=x), ShapeError, r"shapes \[\(\), \(3,\)\]\. np\.conc"),
    "array of integers": (lambda x: np.array([x], int, like=x), DTypeError, r"only floating results"),
    "full": (lambda x: np.full(3, x[0]), NoRuleError, r"would lose its gradient\. Use np\.broadcast_to"),
    "full of integers": (lambda x: np.full(2, x[0], int, like=x), DTypeError, r"only floating results"),
    "linspace of integers": (lambda x: np.linspace(x, 2.0, dtype=int), DTypeError, r"only floating results"),
    "geomspace from 0": (lambda x: np.geomspace(x * 0, 1.0), ArgumentError, r"neither can be 0"),
    "piecewise of integers": (
        lambda x: np.piecewise(Tensor([1, 2]), [[True, False]], [x[0]]), DTypeError, r"dtype of x, int64.*astype",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_lose_a_gradient_is_refused(name: str) -> None:
    call, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        call(Tensor(X, requires_grad=True))


def test_constants_in_lists_are_arrays() -> None:
    t = Tensor(X)
    assert np.mean([t, t]) == 2.0
    np.testing.assert_array_equal(np.r_[t, 0.0], [*X, 0.0])
    np.testing.assert_array_equal(np.arange(3, like=t), [0, 1, 2])
    for make in (np.zeros, np.ones, np.eye):
        np.testing.assert_array_equal(make(3, like=t), make(3))
    found = np.roots(Tensor([1.0, 0.0, 1.0]))
    np.testing.assert_allclose(found, [1j, -1j])


def test_a_leading_coefficient_that_is_zero_has_its_gradient() -> None:
    """np.poly1d would trim it. It is a coefficient of x² all the same."""
    p = Tensor([0.0, 2.0, 1.0], requires_grad=True)
    np.testing.assert_array_equal(gradients(np.poly1d(p)(3.0), [p])[0].numpy(), [9.0, 3.0, 1.0])
    np.testing.assert_array_equal(gradients(np.polymul(p, [1.0, 1.0])[0], [p])[0].numpy(), [1.0, 0.0, 0.0])
    np.testing.assert_array_equal(np.trim_zeros(p, "f").numpy(), [2.0, 1.0])


def test_zeros_in_front_and_behind_do_not_move_the_other_roots() -> None:
    inner = Tensor(np.poly([1.0, 2.0]), requires_grad=True)
    padded = Tensor([0.0, *np.poly([1.0, 2.0]), 0.0], requires_grad=True)
    (expected,) = gradients(np.sum(np.roots(inner) ** 2), [inner])
    (found,) = gradients(np.sum(np.roots(padded)[:2] ** 2), [padded])
    np.testing.assert_allclose(found.numpy()[1:-1], expected.numpy(), rtol=1e-12)


def test_a_simple_zero_beside_a_double_one() -> None:
    """Its gradient is finite: the double one, which has none, gets a cotangent of 0."""
    p = Tensor([1.0, -1.0, 0.0, 0.0], requires_grad=True)
    np.testing.assert_allclose(gradients(np.roots(p)[0], [p])[0].numpy(), [-1.0, -1.0, -1.0, -1.0])


def test_windows_are_views() -> None:
    x = Tensor(np.zeros(1000), requires_grad=True)
    assert np.shares_memory(sliding_window_view(x, 500).numpy(), x.numpy())


def test_a_function_that_dispatches_has_a_rule_or_is_named_here() -> None:
    """Over all public functions of NumPy's. Dates hold no floats."""
    places = {
        "np": np,
        "np.fft": np.fft,
        "np.emath": np.emath,
        "np.linalg": np.linalg,
        "np.lib.stride_tricks": np.lib.stride_tricks,
    }
    missing = {
        f"{place}.{name}"
        for place, module in places.items()
        for name, function in vars(module).items()
        if not name.startswith("_") and _dispatches(function) and function not in rules
    }
    known = {"np.nextafter", "np.isnat", "np.is_busday", "np.busday_count", "np.busday_offset", "np.datetime_as_string"}
    assert missing == known | {"np.sort_complex"}


def _dispatches(function: Any) -> bool:
    return isinstance(function, np.ufunc) or type(function).__name__ == "_ArrayFunctionDispatcher"


def test_every_rule_takes_the_arguments_of_numpys_function() -> None:
    """By NumPy's names and in its order, so that np.f(x, 3, option=…) means the same for a Tensor."""
    for function, rule in rules.items():
        if isinstance(function, (tuple, np.ufunc)) or not inspect.isfunction(rule):
            continue
        try:
            wanted = inspect.signature(function).parameters
        except ValueError:
            continue
        given = inspect.signature(rule).parameters
        if any(p.kind is p.VAR_KEYWORD for p in given.values()):
            continue
        named = {name for name, p in wanted.items() if p.kind is not p.POSITIONAL_ONLY and name != "like"}
        missing = sorted(named - given.keys())
        assert not missing, f"{function.__module__}.{function.__name__}: {missing}"
