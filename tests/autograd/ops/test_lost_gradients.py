"""Functions without a rule compute on the values, unless a result of theirs would carry a gradient."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, no_grad
from autograd.errors import NoRuleError

INDEX = np.array([0, 1, 1])
EDGES = np.array([0.0, 1.0, 2.5, 4.0])

LOST: dict[str, tuple[Callable[[Any], Any], str]] = {
    **{
        name: (getattr(np, name), r"elements .*np\.ravel\(x\)\[i\]")
        for name in ("unique", "unique_all", "unique_counts", "unique_inverse", "unique_values")
    },
    **{
        f"{function.__name__}, {side}": (call, r"elements .*np\.isin")
        for function in (np.intersect1d, np.union1d, np.setdiff1d, np.setxor1d)
        for side, call in (
            ("first", lambda x, f=function: f(x, [1.0, 2.0])),
            ("second", lambda x, f=function: f([1.0, 2.0], x)),
        )
    },
    "ix_": (lambda x: np.ix_([0, 1], x), r"coordinates .*np\.meshgrid\(.*sparse=True"),
    "bincount": (lambda x: np.bincount(INDEX, x), r"weights .*np\.eye\(n\)\[x\]\.T @ weights"),
    "bincount by name": (lambda x: np.bincount(INDEX, weights=x, minlength=5), r"weights"),
    "histogram weights": (lambda x: np.histogram(INDEX, EDGES, weights=x), r"weights"),
    "histogram edges": (lambda x: np.histogram(x, 3), r"data .*edges follow the data.*range="),
    "histogram edges by name": (lambda x: np.histogram(x, bins="auto"), r"data .*edges follow the data"),
    "histogram density": (lambda x: np.histogram(x, density=True), r"data .*edges follow the data"),
    "histogram bins": (lambda x: np.histogram(EDGES, x), r"edges .*constant edges"),
    "histogram range": (lambda x: np.histogram(x, 3, (x[0], x[2])), r"ends of range= .*float\(low\)"),
    "histogram range by name": (lambda x: np.histogram(x, range=(x.min(), 4)), r"ends of range= "),
    "bin edges range": (lambda x: np.histogram_bin_edges(x, 3, (0, x[2])), r"ends of range= "),
    "histogram2d range": (lambda x: np.histogram2d(x, x, 3, [(0, 4), (0, x[2])]), r"ends of range= "),
    "histogramdd ends": (lambda x: np.histogramdd((x, x), 3, [(0, 4), (0, x[2])]), r"ends of range= "),
    "full_like of constants": (lambda x: np.full_like(EDGES, x[0]), r"np\.full_like.*np\.broadcast_to\("),
    "full_like of Tensors": (lambda x: np.full_like(x, x[0]), r"np\.full_like.*np\.broadcast_to\("),
    "bin edges": (lambda x: np.histogram_bin_edges(x, 3), r"data .*edges follow"),
    "histogram2d weights": (lambda x: np.histogram2d(INDEX, INDEX, 2, weights=x), r"weights"),
    "histogram2d edges": (lambda x: np.histogram2d(x, INDEX), r"data .*edges follow"),
    "histogram2d edges of one axis": (lambda x: np.histogram2d(INDEX, x, [EDGES, 3]), r"data .*edges follow"),
    "histogramdd": (lambda x: np.histogramdd((INDEX, x), 3), r"data .*edges follow"),
    "histogramdd range": (lambda x: np.histogramdd((x, x), 3, [(0, 4), None]), r"data .*edges follow"),
}
KEPT: dict[str, Callable[[Any], Any]] = {
    "histogram with edges": lambda x: np.histogram(x, EDGES),
    "histogram with edges in a list": lambda x: np.histogram(x, [0.0, 1.0, 4.0], density=True),
    "histogram with a range": lambda x: np.histogram(x, 3, (0, 4)),
    "bin edges with a range": lambda x: np.histogram_bin_edges(x, 3, (0, 4)),
    "histogram2d with edges": lambda x: np.histogram2d(x, x, [EDGES, EDGES], density=True),
    "histogram2d with one row of edges": lambda x: np.histogram2d(x, x, EDGES),
    "histogram2d with a range": lambda x: np.histogram2d(x, x, 3, [(0, 4), (0, 4)]),
    "histogramdd with edges": lambda x: np.histogramdd((x, x), [EDGES, EDGES]),
    "isin": lambda x: np.isin(x, [1.0]),
    "count_nonzero": np.count_nonzero,
}
X = np.array([1.0, 2.0, 3.0])


def same(found: Any, expected: Any) -> None:
    if isinstance(expected, (tuple, list)):
        for f, e in zip(found, expected, strict=True):
            same(f, e)
    else:
        assert not isinstance(found, Tensor)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", LOST)
def test_a_gradient_that_would_be_lost_is_refused(name: str) -> None:
    call, message = LOST[name]
    x = Tensor(X, requires_grad=True)
    with pytest.raises(NoRuleError, match=message + r".*x\.numpy\(\)"):
        call(x)
    same(call(Tensor(X)), call(X))
    with no_grad():
        same(call(x), call(X))


@pytest.mark.parametrize("name", KEPT)
def test_counts_that_carry_no_gradient_are_plain(name: str) -> None:
    same(KEPT[name](Tensor(X, requires_grad=True)), KEPT[name](X))


def test_full_of_a_value_whose_gradient_would_be_lost_is_named() -> None:
    with pytest.raises(NoRuleError, match=r"^np\.full\(.*np\.broadcast_to\(fill_value, shape\)"):
        np.full((2, 3), Tensor(X, requires_grad=True))
    assert np.full((2, 3), Tensor(X)).tolist() == [[1, 2, 3]] * 2  # type: ignore[arg-type]


def test_a_write_to_a_plain_array_takes_constants() -> None:
    written = np.zeros((2, 3))
    np.copyto(written, Tensor(X), where=np.array([[True], [False]]))
    assert written.tolist() == [[1, 2, 3], [0, 0, 0]]
    with pytest.raises(NoRuleError, match=r"np\.copyto writes into its argument, a plain array.*Tensor\(array\)"):
        np.copyto(written, Tensor(X, requires_grad=True))


FOREIGN: dict[str, Callable[[Any], Any]] = {
    "scipy.linalg.toeplitz": lambda x: importlib.import_module("scipy.linalg").toeplitz(x),
    "scipy.stats.zscore": lambda x: importlib.import_module("scipy.stats").zscore(x),
    "scipy.interpolate.interp1d": lambda x: importlib.import_module("scipy.interpolate").interp1d(x, X),
    "np.ndenumerate": lambda x: list(np.ndenumerate(x)),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_the_function_that_the_user_called_is_named(name: str) -> None:
    """Also where it is the function's own code that comes upon the Tensor."""
    with pytest.raises(TypeError, match=rf"^{re.escape(name)} of a tensor|, and {re.escape(name)} calls it\."):
        FOREIGN[name](Tensor(X, requires_grad=True))


def test_the_edges_of_a_histogram_follow_its_range() -> None:
    x = Tensor(4.0, requires_grad=True)
    counts, edges = np.histogram(EDGES, 4, (0, x))
    assert type(counts) is np.ndarray
    edges[1].backward()
    assert x.grad is not None
    assert x.grad.item() == 0.25


def test_the_remedies_have_the_gradient() -> None:
    x = Tensor([3.0, 1.0, 3.0], requires_grad=True)
    _, i = np.unique(x.numpy(), return_index=True)
    (np.ravel(x)[i] * np.array([10.0, 20.0])).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [20, 10, 0]
    x.grad = None
    sums = np.eye(2)[INDEX].T @ x
    assert sums.tolist() == np.bincount(INDEX, x.numpy()).tolist()
    (sums * np.array([10.0, 20.0])).sum().backward()
    assert x.grad.tolist() == [10, 20, 20]
