"""Indexing, assignment and sorting: NumPy's values for every option, and the gradient of a dense reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.errors import DTypeError, InPlaceError, NoRuleError, ShapeError
from tests.cases.indexing import ADVANCED, BASIC, MASK, MIXED

X = np.random.default_rng(1).normal(size=(3, 4))
X3 = np.random.default_rng(2).normal(size=(2, 3, 4))
EVERY = [(X, i) for i in (BASIC | ADVANCED).values()] + [(X3, i) for i in MIXED.values()]


def reference(x: np.ndarray, index: Any, g: np.ndarray) -> np.ndarray:
    """Each element of the selection adds its cotangent to the element it came from."""
    places = np.arange(x.size).reshape(x.shape)[index]
    total = np.zeros(x.size)
    for place, value in zip(np.ravel(places), np.ravel(g), strict=True):
        total[place] += value
    return total.reshape(x.shape)


@pytest.mark.parametrize(("x", "index"), EVERY)
def test_selection(x: np.ndarray, index: Any, rng: np.random.Generator) -> None:
    t = Tensor(x, requires_grad=True)
    y = t[index]
    np.testing.assert_array_equal(y.numpy(), x[index])
    g = rng.normal(size=y.shape)
    y.backward(g)
    np.testing.assert_allclose(t.grad.numpy(), reference(x, index, g), atol=1e-15)


@pytest.mark.parametrize(("x", "index"), EVERY)
@pytest.mark.parametrize("whole", [True, False], ids=["values", "one value"])
def test_assignment(x: np.ndarray, index: Any, whole: bool, rng: np.random.Generator) -> None:
    """By differences, which are exact for any step, because an assignment is linear in the target and in the value."""
    value = rng.normal(size=x[index].shape if whole else ())
    dx, dv, g = rng.normal(size=x.shape), rng.normal(size=value.shape), rng.normal(size=x.shape)
    t, v = Tensor(x, requires_grad=True), Tensor(value, requires_grad=True)
    y = t.copy()
    y[index] = v
    (y * g).sum().backward()
    numpys, moved = x.copy(), x + dx
    numpys[index] = value
    moved[index] = value + dv
    np.testing.assert_array_equal(y.numpy(), numpys)
    difference = np.sum(g * (moved - numpys))
    np.testing.assert_allclose(np.sum(t.grad.numpy() * dx) + np.sum(v.grad.numpy() * dv), difference, atol=1e-12)


def test_an_element_assigned_twice_keeps_the_last_value() -> None:
    v = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = Tensor(np.zeros(2))
    y[[1, 0, 1]] = v
    assert y.tolist() == [2.0, 3.0]
    (y * [10.0, 20.0]).sum().backward()
    assert v.grad.tolist() == [0.0, 10.0, 20.0]


def test_tensors_as_indices() -> None:
    x = Tensor(X, requires_grad=True)
    rows, mask = Tensor(np.array([2, 2])), Tensor(MASK)
    np.testing.assert_array_equal(x[rows].numpy(), X[[2, 2]])
    np.testing.assert_array_equal(x[rows, Tensor(1)].numpy(), X[[2, 2], 1])
    np.testing.assert_array_equal(x[mask].numpy(), X[MASK])
    np.testing.assert_array_equal(x[x > 0].numpy(), X[X > 0])
    np.testing.assert_array_equal(np.take(x, rows, axis=0).numpy(), X[[2, 2]])
    assert [10, 20, 30][Tensor(1)] == 20
    y = x * 1.0
    y[rows] = Tensor(np.zeros(4))
    assert not y.numpy()[2].any()


def test_an_index_that_is_changed_later_is_remembered_as_it_was() -> None:
    rows = np.array([0, 1])
    listed = [0, 1]
    x = Tensor(X, requires_grad=True)
    y = x[rows].sum() + x[listed].sum()
    z = x * 1.0
    z[rows] = 0.0
    rows[:] = 2
    listed[:] = [2, 2]
    (y + z.sum()).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[2.0] * 4, [2.0] * 4, [1.0] * 4])


@pytest.mark.parametrize("index", [3, (0, 4), [0, 3], (0, 0, 0), 1.0, "a", [0.5]])
def test_a_wrong_index_is_numpys_error(index: Any) -> None:
    with pytest.raises(IndexError):
        X[index]
    y = Tensor(X, requires_grad=True) * 1.0
    with pytest.raises(IndexError):
        y[index]
    with pytest.raises(IndexError):
        y[index] = 0.0
    np.testing.assert_array_equal(y.numpy(), X)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_many_rows_and_every_dtype(dtype: Any, rng: np.random.Generator) -> None:
    """The fast ways to add repeated rows give the same result as adding them one by one."""
    table = rng.integers(-3, 4, size=(7, 64)).astype(dtype)
    for index in (rng.integers(-7, 7, size=700), rng.integers(-7, 7, size=(20, 35)), rng.integers(0, 7, size=3)):
        g = rng.integers(-2, 3, size=(*index.shape, 64)).astype(dtype)
        t = Tensor(table, requires_grad=True)
        t[index].backward(g)
        wanted = np.zeros(table.shape)
        np.add.at(wanted, index, g)
        assert t.grad.dtype == dtype
        np.testing.assert_array_equal(t.grad.numpy(), wanted)


def test_the_dtype_of_the_target_stays() -> None:
    v = Tensor([1.5], requires_grad=True)
    y = Tensor(np.zeros(3, np.float32))
    y[1] = v[0]
    assert y.dtype == np.float32
    y.sum().backward()
    assert v.grad.dtype == np.float64
    assert v.grad.tolist() == [1.0]
    n = Tensor(np.zeros(3, int))
    n[0] = 2.7
    assert n.tolist() == [2, 0, 0]
    with pytest.raises(DTypeError, match=r"int64 cannot take the gradient.*astype\(float\)"):
        n[1] = v[0]


def test_overlapping_assignment_reads_the_old_values() -> None:
    x = Tensor(np.arange(5.0), requires_grad=True)
    y = x * 1.0
    y[1:] = y[:-1]
    assert y.tolist() == [0.0, 0.0, 1.0, 2.0, 3.0]
    (y * np.arange(5.0)).sum().backward()
    assert x.grad.tolist() == [1.0, 2.0, 3.0, 4.0, 0.0]


def test_a_leaf_is_not_assigned_to_while_recording() -> None:
    x = Tensor(X.copy(), requires_grad=True)
    for write in (
        lambda: x.__setitem__(0, 1.0),
        lambda: x.__setitem__(MASK, 0.0),
        x.sort,
        lambda: x.fill(0),
        lambda: x.put([0], 1),
    ):
        with pytest.raises(InPlaceError, match="leaf that requires grad"):
            write()
    np.testing.assert_array_equal(x.numpy(), X)
    with autograd.no_grad():
        x[MASK] = 0.0
    assert not x.numpy()[MASK].any()


def test_a_value_that_does_not_fit_changes_nothing() -> None:
    y = Tensor(X, requires_grad=True) * 1.0
    node = y.node
    with pytest.raises(ValueError, match="broadcast"):
        y[0] = np.ones(3)
    assert y.node is node
    np.testing.assert_array_equal(y.numpy(), X)


def test_augmented_assignment_to_a_selection() -> None:
    x = Tensor(X, requires_grad=True)
    y = x * 1.0
    y[1] *= y[0]
    y[MASK] += 1.0
    wanted = X.copy()
    wanted[1] *= wanted[0]
    wanted[MASK] += 1.0
    np.testing.assert_array_equal(y.numpy(), wanted)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [1 + X[1], X[0], np.ones(4)])


def test_every_element_read_one_by_one() -> None:
    x = Tensor(X, requires_grad=True)
    total = sum(float(i) * v for i, v in enumerate(v for row in x for v in row))
    total.backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.arange(12.0).reshape(3, 4))


def test_0d_and_empty() -> None:
    x = Tensor(2.0, requires_grad=True)
    (x[()] + x[...] * 2 + x[None][0] * 4 + x[np.True_].sum() * 8).backward()
    assert x.grad.item() == 15.0
    e = Tensor(np.empty((0, 3)), requires_grad=True)
    (e[:, 1].sum() + e[[]].sum() + e[np.zeros((0, 3), bool)].sum() + np.sort(e, axis=0).sum()).backward()
    assert e.grad.shape == (0, 3)


# Functions


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("indices", [1, [0, 2, -1], [[0, 1], [1, 1]], np.array([], int)])
def test_take_is_numpys(indices: Any, axis: Any, mode: Any) -> None:
    t = Tensor(X, requires_grad=True)
    np.testing.assert_array_equal(np.take(t, indices, axis, mode=mode).numpy(), np.take(X, indices, axis, mode=mode))
    np.testing.assert_array_equal(t.take(indices, axis, mode=mode).numpy(), X.take(indices, axis, mode=mode))


@pytest.mark.parametrize("mode", ["wrap", "clip"])
def test_take_brings_in_what_lies_outside(mode: Any) -> None:
    far = [-9, 5, 40, -1]
    np.testing.assert_array_equal(np.take(Tensor(X), far, 0, mode=mode).numpy(), np.take(X, far, 0, mode=mode))
    with pytest.raises(IndexError):
        np.take(Tensor(X), far, 0)


def test_choose_and_select_are_numpys() -> None:
    a = np.array([[0, 1, 2, 1]] * 3)
    choices = [X, X[0], 2.0]
    tensors = [Tensor(X, requires_grad=True), Tensor(X[0], requires_grad=True), 2.0]
    np.testing.assert_array_equal(np.choose(a, tensors).numpy(), np.choose(a, choices))
    np.testing.assert_array_equal(np.choose(a, Tensor(X)).numpy(), np.choose(a, X))
    np.testing.assert_array_equal(Tensor(a).choose(tensors).numpy(), a.choose(choices))
    with pytest.raises(ValueError, match="invalid entry"):
        np.choose([3, 0, 0, 0], tensors)
    low = Tensor(X.astype(np.float32), requires_grad=True)
    y = np.select([low > 1, low > 0], [low, 1.0], default=0)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y.numpy(), np.select([X > 1, X > 0], [X.astype(np.float32), 1.0], 0))
    with pytest.raises(ValueError, match="1 conditions, 2 choices"):
        np.select([X > 0], [low, low])


def test_the_choice_not_taken_gets_nothing_even_through_inf() -> None:
    x = Tensor([0.0, 4.0], requires_grad=True)
    with np.errstate(divide="ignore"):
        np.select([x > 0], [np.sqrt(x)], np.log(x + 1)).sum().backward()
    assert x.grad.tolist() == [1.0, 0.25]


def test_compress_and_extract_are_numpys() -> None:
    t = Tensor(X, requires_grad=True)
    for condition, axis in (([1, 0, 1], 0), ([True], 0), ([0, 1, 1, 1], 1), ([0, 1] * 4, None)):
        np.testing.assert_array_equal(np.compress(condition, t, axis).numpy(), np.compress(condition, X, axis))
        np.testing.assert_array_equal(t.compress(condition, axis).numpy(), X.compress(condition, axis))
    np.testing.assert_array_equal(np.extract(t > 0, t).numpy(), np.extract(X > 0, X))
    with pytest.raises(ShapeError, match="one dimension"):
        np.compress(MASK, t)
    with pytest.raises(IndexError):
        np.compress([0, 0, 0, 1], t, axis=0)
    with pytest.raises(ShapeError, match="2 dimensions"):
        np.take_along_axis(t, np.array([0]), 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.put(x, [0], 1.0),
        lambda x: np.place(x, MASK, 0.0),
        lambda x: np.putmask(x, MASK, 0.0),
        lambda x: np.copyto(x, X),
        lambda x: np.copyto(X.copy(), x),
        lambda x: np.fill_diagonal(x, 0.0),
        lambda x: np.put_along_axis(x, np.zeros((3, 1), int), 0.0, 1),
    ],
)
def test_a_leaf_and_a_plain_array_are_not_written_to(call: Any) -> None:
    x = Tensor(X.copy(), requires_grad=True)
    with pytest.raises((InPlaceError, NoRuleError), match=r"leaf that requires grad|plain array"):
        call(x)
    np.testing.assert_array_equal(x.numpy(), X)


@pytest.mark.parametrize("call", [
    lambda x, out: np.take(x, [0], out=out), lambda x, out: np.compress([True], x, out=out),
    lambda x, out: np.choose([0], [x], out=out),
])  # fmt: skip
def test_out_is_refused(call: Any) -> None:
    with pytest.raises(NoRuleError, match="out="):
        call(Tensor(X, requires_grad=True), np.zeros(4))


# Sorting


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("kind", [None, "quicksort", "heapsort", "mergesort", "stable"])
def test_sort_is_numpys(axis: Any, kind: Any, rng: np.random.Generator) -> None:
    x = rng.integers(0, 4, size=(6, 8)).astype(float)
    x[2, 3] = np.nan
    y = np.sort(Tensor(x, requires_grad=True), axis, kind)
    np.testing.assert_array_equal(y.numpy(), np.sort(x, axis, kind))


@pytest.mark.parametrize("kth", [0, 5, -1, (2, 9)])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_partition_is_numpys(kth: Any, axis: Any, rng: np.random.Generator) -> None:
    x = rng.integers(0, 6, size=(20, 30)).astype(float)
    t = Tensor(x, requires_grad=True)
    y = np.partition(t, kth, axis)
    np.testing.assert_array_equal(y.numpy(), np.partition(x, kth, axis))
    y.backward(np.ones(y.shape))
    np.testing.assert_array_equal(t.grad.numpy(), np.ones(x.shape))


def test_ties_keep_their_order() -> None:
    g = np.arange(6.0)
    for function in (lambda t: np.sort(t, kind="quicksort"), lambda t: np.partition(t, 2)):
        x = Tensor([1.0, 0.0, 1.0, 0.0, 1.0, 0.0], requires_grad=True)
        function(x).backward(g)
        assert x.grad.tolist() == [3.0, 0.0, 4.0, 1.0, 5.0, 2.0]


def test_sort_refuses_what_it_cannot() -> None:
    t = Tensor(X, requires_grad=True)
    with pytest.raises(NoRuleError, match="order="):
        np.sort(t, order="x")
    with pytest.raises(np.exceptions.AxisError):
        np.sort(t, axis=2)
    with pytest.raises(ValueError, match="kth"):
        np.partition(t, 7)
