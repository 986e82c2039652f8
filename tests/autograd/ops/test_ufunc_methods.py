"""reduce, accumulate, outer, reduceat of every ufunc of two arguments: NumPy's values, or a refusal with a remedy."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, gradients
from autograd.engine.registry import rules
from autograd.errors import DTypeError, NoRuleError, ShapeError
from tests.cases.ufunc_methods import INPUTS

FOUND = [getattr(np, name) for name in dir(np)]
UFUNCS = sorted(
    {u for u in FOUND if isinstance(u, np.ufunc) and u.nin == 2 and u.signature is None and u in rules} - {np.ldexp},
    key=lambda u: u.__name__,
)
IN_LOOPS = (np.power, np.arctan2)  # NumPy 2.4 on AVX512: reduce of three or more along one axis forgets those between
CALLS: dict[str, Any] = {
    "reduce": lambda u, x: u.reduce(x),
    "reduce keepdims": lambda u, x: u.reduce(x, axis=-1, keepdims=True),
    "reduce initial": lambda u, x: u.reduce(x, axis=1, initial=3),
    "reduce of all": lambda u, x: u.reduce(x, axis=None),
    "reduce of one": lambda u, x: u.reduce(x[:1]),
    "reduce of none": lambda u, x: u.reduce(x[:0]),
    "accumulate": lambda u, x: u.accumulate(x, axis=1),
    "outer": lambda u, x: u.outer(x, x[0, 0]),
    "reduceat": lambda u, x: u.reduceat(x, [0, 2], axis=1),
    "reduceat in any order": lambda u, x: u.reduceat(x, [2, 0, 0, 2], axis=1),
    "reduceat of many": lambda u, x: u.reduceat(x, [1, 0], axis=1),
    "reduceat at no place": lambda u, x: u.reduceat(x, np.array([], int)),
    "reduceat outside": lambda u, x: u.reduceat(x, [0, 7]),
}


def outcome(call: Any, ufunc: np.ufunc, x: Any) -> Any:
    """The value, or the exception."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return call(ufunc, x)
        except Exception as error:
            return error


LEFT_OUT = {
    "reduce initial": (np.maximum, np.minimum),  # np.max and np.min take no initial=
    "reduceat of many": IN_LOOPS,  # NumPy's own value is wrong
}
ARRAYS = [
    np.random.default_rng(0).normal(2, 1, (3, 4, 2)),
    np.random.default_rng(1).integers(1, 5, (3, 4, 2)),
    np.array([[[np.nan, -np.inf], [1.0, np.inf], [np.nan, -0.0], [2.0, 1.0]]] * 2),
]


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda u: u.__name__)
def test_values_are_numpys(ufunc: np.ufunc) -> None:
    calls = [name for name in CALLS if ufunc not in LEFT_OUT.get(name, ())]
    for name, x in itertools.product(calls, ARRAYS):
        expected, found = outcome(CALLS[name], ufunc, x), outcome(CALLS[name], ufunc, Tensor(x))
        if isinstance(expected, Exception):
            assert isinstance(found, Exception), f"{name}: NumPy raises {expected!r}"
            continue
        if isinstance(found, Exception):
            raise found
        pairs = zip(expected, found, strict=True) if isinstance(expected, tuple) else [(expected, found)]
        for wanted, got in pairs:
            values = np.asarray(got)
            assert (values.shape, values.dtype) == (np.shape(wanted), wanted.dtype), name
            np.testing.assert_allclose(values, wanted, rtol=1e-13, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("ufunc", IN_LOOPS, ids=lambda u: u.__name__)
def test_values_where_numpys_are_wrong(ufunc: np.ufunc) -> None:
    x = np.random.default_rng(0).normal(2, 0.3, 5)
    last = ufunc(ufunc(ufunc(ufunc(x[0], x[1]), x[2]), x[3]), x[4])
    for value in (ufunc.reduce(Tensor(x)), ufunc.reduceat(Tensor(x), [0])[0], ufunc.accumulate(Tensor(x))[-1]):
        np.testing.assert_allclose(value.numpy(), last, rtol=1e-14)


def test_every_differentiable_ufunc_has_rows() -> None:
    """A result that requires grad for an argument that does."""
    x = Tensor(np.array([1.5, 2.5]), requires_grad=True)
    found = {u: outcome(lambda u, x: u(x, x), u, x) for u in UFUNCS if u.nout == 1}
    differentiable = {u for u, y in found.items() if getattr(y, "node", None) is not None}
    assert differentiable - {np.heaviside} == set(INPUTS)


@pytest.mark.parametrize("ufunc", [np.maximum, np.minimum, np.fmax, np.fmin], ids=lambda u: u.__name__)
def test_elements_that_tie_share_equally(ufunc: np.ufunc) -> None:
    x = Tensor([1.0, 1.0, 1.0], requires_grad=True)
    np.testing.assert_allclose(gradients(ufunc.reduce(x), [x])[0].numpy(), [1 / 3] * 3)
    np.testing.assert_allclose(
        gradients(ufunc.accumulate(x), [x], [np.array([1.0, 10.0, 100.0])])[0].numpy(), [1.0, 10.0, 100.0]
    )


def test_fmax_and_fmin_ignore_nan() -> None:
    x = Tensor([np.nan, 3.0, np.nan, 5.0], requires_grad=True)
    for ufunc, running in ((np.fmax, [0, 2, 0, 1]), (np.fmin, [0, 3, 0, 0])):
        place = [0, 0, 0, 1] if ufunc is np.fmax else [0, 1, 0, 0]
        np.testing.assert_array_equal(gradients(ufunc.reduce(x), [x])[0].numpy(), place)
        np.testing.assert_array_equal(
            gradients(ufunc.accumulate(x), [x], [np.array([0.0, 1, 1, 1])])[0].numpy(), running
        )


def test_infinite_terms_of_logaddexp_share_the_gradient() -> None:
    for ufunc in (np.logaddexp, np.logaddexp2):
        for value in (np.inf, -np.inf):
            x = Tensor([value, value, -np.inf], requires_grad=True)
            share = [0.5, 0.5, 0.0] if value > 0 else [0.0, 0.0, 0.0]
            np.testing.assert_array_equal(gradients(ufunc.reduce(x), [x])[0].numpy(), share)


def test_a_reduction_whose_order_counts_takes_one_axis() -> None:
    with pytest.raises(ShapeError, match=r"np\.subtract\.reduce depends on the order: give one axis; got None"):
        np.subtract.reduce(Tensor(np.ones((2, 3))), axis=None)
    with pytest.raises(ShapeError, match=r"np\.divide\.reduce of no elements .* initial="):
        np.divide.reduce(Tensor(np.ones((0, 3))))


@pytest.mark.parametrize("method", ["reduce", "accumulate", "reduceat"])
@pytest.mark.parametrize("ufunc", [np.subtract, np.hypot, np.logaddexp, np.fmax, np.add], ids=lambda u: u.__name__)
def test_a_dtype_without_a_gradient_is_refused(ufunc: np.ufunc, method: str) -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises((DTypeError, NoRuleError), match=r"dtype="):
        getattr(ufunc, method)(x, *([0],) if method == "reduceat" else (), dtype=int)


@pytest.mark.parametrize("ufunc", [u for u in UFUNCS if u.nout == 1], ids=lambda u: u.__name__)
def test_at_writes_as_numpys(ufunc: np.ufunc) -> None:
    """A ufunc that gives True or False, or takes integers alone, is refused by both."""
    values = np.array([1.5, 2.0])
    expected = outcome(lambda u, x: u.at(x, [0, 0], 2.0), ufunc, values)
    x = Tensor([1.5, 2.0])
    found = outcome(lambda u, x: u.at(x, [0, 0], 2.0), ufunc, x)
    assert isinstance(found, Exception) == isinstance(expected, Exception)
    assert x.tolist() == values.tolist()
