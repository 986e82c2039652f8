"""out=, where= with out=, ufunc.at, and NumPy's functions that write into their argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, no_grad
from autograd.check import gradcheck, gradgradcheck
from autograd.errors import DTypeError, InPlaceError, NoRuleError, ShapeError

COLUMN = np.array([[True], [False], [True]])
EYE = np.eye(3, dtype=bool)
WRITES: dict[str, Callable[[Any, Any], Any]] = {  # of y, (3, 3), and w, (3,)
    "add": lambda y, w: np.add(y, w, out=y),
    "by position": lambda y, w: np.multiply(y, w, y),
    "into a view": lambda y, w: np.exp(w, out=y[0]),
    "of a view into the other": lambda y, w: np.add(y[1:], y[:-1], out=y[:-1]),
    "repeated": lambda y, w: np.sin(w, out=y.T),
    "one of two results": lambda y, w: np.divmod(y, w * w + 1.0, out=(None, y)),
    "where": lambda y, w: np.divide(y, w * w, out=y, where=y > 0),
    "where of a domain": lambda y, w: np.sqrt(y, out=y, where=y > 0.1),
    "where of a row": lambda y, w: np.add(w, 1.0, out=y, where=np.array([True, False, True])),
    "matmul": lambda y, w: np.matmul(y, w, out=y[0]),
    "add.reduce": lambda y, w: np.add.reduce(y, axis=0, out=y[1]),
    "add.accumulate": lambda y, w: np.add.accumulate(y, 0, out=y),
    "multiply.outer": lambda y, w: np.multiply.outer(w, w, out=y),
    "add.reduceat": lambda y, w: np.add.reduceat(w, [0, 1, 2], out=y[0]),
    "sum": lambda y, w: np.sum(y, axis=0, out=y[1]),
    "sum by position": lambda y, w: np.sum(y, 0, None, y[1]),
    "y.sum": lambda y, w: y.sum(0, None, y[1]),
    "y.mean": lambda y, w: y.mean(axis=0, out=y[2]),
    "y.std": lambda y, w: y.std(axis=0, out=y[0]),
    "prod": lambda y, w: np.prod(y, axis=1, out=y[:, 0]),
    "max": lambda y, w: np.max(y, axis=0, out=y[0]),
    "median": lambda y, w: np.median(y, axis=0, out=y[0]),
    "quantile": lambda y, w: np.quantile(y, 0.3, axis=0, out=y[0]),
    "cumsum": lambda y, w: np.cumsum(y, axis=0, out=y),
    "trace": lambda y, w: np.trace(y, out=y[0, 0:1].reshape(())),
    "dot": lambda y, w: np.dot(y, y, out=y),
    "einsum": lambda y, w: np.einsum("ij,j->i", y, w, out=y[:, 1]),
    "einsum of itself": lambda y, w: np.einsum("ij->ji", y, out=y),
    "clip": lambda y, w: np.clip(y, -0.5, 0.5, out=y),
    "y.clip": lambda y, w: y.clip(-0.5, 0.5, y),
    "round": lambda y, w: np.round(w, 1, out=y[0]),
    "concatenate": lambda y, w: np.concatenate([w[:1], w[:2]], out=y[1]),
    "stack": lambda y, w: np.stack([w, w, w], out=y),
    "take": lambda y, w: np.take(w, [0, 0, 1], out=y[2]),
    "choose": lambda y, w: np.choose([0, 1, 0], [w, w * 2], out=y[0]),
    "compress": lambda y, w: np.compress([True, True, True], w, out=y[0]),
    "nan_to_num": lambda y, w: np.nan_to_num(y, copy=False),
    "add.at": lambda y, w: np.add.at(y, [0, 0, 1], w),
    "add.at a slice": lambda y, w: np.add.at(y, (slice(None), 0), w),
    "subtract.at of a view": lambda y, w: np.subtract.at(y.T[1:], [0, 0], w),
    "multiply.at, repeated": lambda y, w: np.multiply.at(y, ([0, 0, 1], [1, 1, 1]), w),
    "maximum.at, repeated": lambda y, w: np.maximum.at(y, [0, 0], w),
    "negative.at": lambda y, w: np.negative.at(y, [0, 1]),
    "add.at a mask": lambda y, w: np.add.at(y, EYE, w),
    "copyto": lambda y, w: np.copyto(y, w),
    "copyto where": lambda y, w: np.copyto(y, w, where=COLUMN),
    "copyto a view": lambda y, w: np.copyto(y.T[0], w),
    "put": lambda y, w: np.put(y, [0, 4, 8], w),
    "put, repeated": lambda y, w: np.put(y, [0, 4, -1, 3], w[:2]),
    "place": lambda y, w: np.place(y, EYE | COLUMN, w),
    "putmask": lambda y, w: np.putmask(y, EYE, w),
    "put_along_axis": lambda y, w: np.put_along_axis(y, np.array([[0], [2], [1]]), w[:, None], 1),
    "put_along_axis of all": lambda y, w: np.put_along_axis(y, np.array([0, -2, 1]), w, None),
    "fill_diagonal": lambda y, w: np.fill_diagonal(y, w),
    "fill_diagonal of one": lambda y, w: np.fill_diagonal(y[:, :2], w[0], wrap=True),
    "fill": lambda y, w: y[1:].fill(w[0]),
    "sort": lambda y, w: y.sort(0),
    "sort a view": lambda y, w: y.T.sort(),
    "partition": lambda y, w: y.partition(1),
    "flat[]": lambda y, w: y.flat.__setitem__(slice(1, 4), w),
}
CASES = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
X = np.random.default_rng(0).normal(size=(3, 3))
W = np.array([0.7, -1.2, 0.4])


def program(write: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def f(x: Any, w: Any) -> Any:
        y = x * 1.0
        squares = y * y
        write(y, w)
        return np.sum(np.sin(y) * np.arange(1.0, 10.0).reshape(3, 3)) + np.sum(squares)

    return f


@CASES
def test_value_and_gradients(write: Any) -> None:
    f = program(write)
    assert float(f(Tensor(X), Tensor(W))) == pytest.approx(float(f(X, W)))
    assert gradcheck(f, X, W)
    assert gradgradcheck(f, X, W)


@CASES
def test_memory_under_no_grad_and_leaves(write: Any) -> None:
    expected, x = X.copy(), Tensor(X.copy(), requires_grad=True)
    write(expected, W)
    with no_grad():
        write(x, Tensor(W))
    np.testing.assert_allclose(x.numpy(), expected)
    x = Tensor(X.copy(), requires_grad=True)
    with pytest.raises(InPlaceError, match=r"no_grad"):
        write(x, Tensor(W))
    np.testing.assert_array_equal(x.numpy(), X)


@pytest.mark.parametrize(
    "name", ["add", "where", "sum", "add.at", "copyto where", "put", "sort a view", "fill_diagonal"]
)
def test_of_a_batch(name: str) -> None:
    f = program(WRITES[name])
    xs, ws = np.stack([X, X * 0.5, X.T]), np.stack([W, W + 0.1, W * W])
    expected = [f(x, w) for x, w in zip(xs, ws, strict=True)]
    np.testing.assert_allclose(autograd.vmap(f)(Tensor(xs), Tensor(ws)).numpy(), expected)
    gradients = [autograd.grad(f)(x, w) for x, w in zip(xs, ws, strict=True)]
    np.testing.assert_allclose(autograd.vmap(autograd.grad(f))(xs, ws), gradients)


def test_out_is_returned() -> None:
    x, t = Tensor(X), Tensor(np.zeros((3, 3)))
    assert np.add(x, 1.0, out=t) is t
    assert np.cumsum(x, axis=0, out=t) is t
    assert np.add(X, X, out=t) is t  # type: ignore[call-overload]
    assert t.tolist() == (X + X).tolist()
    u = Tensor(np.zeros((3, 3)))
    parts = np.modf(x, out=(t, u))
    assert parts == (t, u) or parts[0] is t and parts[1] is u


def test_where_computes_only_what_it_selects() -> None:
    x, t = Tensor([1.0, 0.0, 4.0], requires_grad=True), Tensor(np.full(3, -1.0))
    np.divide(1.0, x, out=t, where=x.numpy() != 0)  # a warning would be an error
    np.testing.assert_array_equal(t.numpy(), [1, -1, 0.25])
    t.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [-1, 0, -1 / 16])
    with pytest.raises(NoRuleError, match="out="):
        np.divide(1.0, x, where=x.numpy() != 0)


def test_a_plain_array_takes_what_has_no_history() -> None:
    array, x = np.zeros((3, 3)), Tensor(X, requires_grad=True)
    assert np.add(Tensor(X), 1.0, out=array) is array
    assert np.sum(Tensor(X), axis=0, out=array[0]).tolist() == X.sum(0).tolist()
    for call in (
        lambda: np.add(x, 1.0, out=array),
        lambda: np.add(x, 1.0, out=array, where=X > 0),
        lambda: np.sum(x, axis=0, out=array[0]),
        lambda: np.add.reduce(x, axis=0, out=array[0]),
        lambda: np.add.at(array, [0], x[0]),
        lambda: np.put(array, [0], x[0, 0]),
        lambda: np.put_along_axis(array, np.array([[0], [2], [1]]), x[:, :1], 1),
    ):
        before = array.copy()
        with pytest.raises(NoRuleError, match=r"plain array.*Tensor\(array\)"):
            call()
        np.testing.assert_array_equal(array, before)
    with no_grad():
        np.add(x, 1.0, out=array)
    np.testing.assert_array_equal(array, X + 1)


def test_what_numpy_refuses_is_refused_and_changes_nothing() -> None:
    t, x = Tensor(np.zeros(3)), Tensor(X, requires_grad=True)
    counts = Tensor(np.zeros((3, 3), int))
    for call, error in (
        (lambda: np.add(x, x, out=t), ShapeError),
        (lambda: np.sum(x, out=t), ShapeError),
        (lambda: np.add(x, x, out=t, where=X > 0), ShapeError),
        (lambda: np.add(x, x, out=counts), DTypeError),
        (lambda: np.add(x, x, out=counts, where=X > 0), DTypeError),
        (lambda: np.add.at(counts, [0], x[0]), DTypeError),
        (lambda: np.copyto(counts, x), DTypeError),
        (lambda: np.copyto(t, x), ValueError),
        (lambda: np.place(t, [True, False, False], []), ShapeError),
        (lambda: np.putmask(t, [True], 1.0), ShapeError),
        (lambda: np.fill_diagonal(t, 1.0), ShapeError),
    ):
        with pytest.raises(error):
            call()
    assert t.tolist() == [0, 0, 0]
    assert not counts.numpy().any()
