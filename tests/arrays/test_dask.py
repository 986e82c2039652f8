"""Dask: every row that it offers runs lazily, and docs/arrays.md lists what becomes of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

dask = pytest.importorskip("dask", reason="Dask is not installed: pip install 'chainrule[dask]'")
import dask.array as da  # noqa: E402

from autograd import Tensor, grad, value_and_grad  # noqa: E402
from tests.arrays.dask_rows import (  # noqa: E402
    IN_ONE_BLOCK,
    OTHER_SIGNS,
    check,
    in_blocks,
    in_one_block,
    lazily,
    lazy_results,
    listed,
    outcome,
    reason,
)
from tests.cases import all_cases  # noqa: E402
from tests.cases.case import Case  # noqa: E402

CASES = {case.name: case for case in all_cases()}
VERSION, LEFT_OUT = listed()
RUNNING = [case for case in CASES.values() if case.name not in LEFT_OUT]
LISTED = {CASES[name]: how for name, how in LEFT_OUT.items() if name in CASES and not CASES[name].strict}
REFUSED = [case for case, how in LISTED.items() if how not in (IN_ONE_BLOCK, OTHER_SIGNS)]
ELSEWHERE = [case for case, how in LISTED.items() if how in (IN_ONE_BLOCK, OTHER_SIGNS)]
X = np.arange(12.0).reshape(3, 4) / 5 - 1


@pytest.mark.parametrize("case", RUNNING, ids=[case.name for case in RUNNING])
def test_a_row_that_is_not_listed_runs_lazily_in_blocks(case: Case) -> None:
    check(lazy_results(case, in_blocks), case)


@pytest.mark.parametrize("case", ELSEWHERE, ids=[case.name for case in ELSEWHERE])
def test_a_row_runs_as_the_list_says(case: Case) -> None:
    assert outcome(case) == LEFT_OUT[case.name]


def test_the_list_names_rows_that_exist_and_most_of_them_run() -> None:
    assert LEFT_OUT.keys() <= CASES.keys(), LEFT_OUT.keys() - CASES.keys()
    assert len(RUNNING) >= 0.65 * len(CASES)


@pytest.mark.skipif(dask.__version__ != VERSION, reason=f"the list is of Dask {VERSION}")
@pytest.mark.parametrize("case", REFUSED, ids=[case.name for case in REFUSED])
def test_a_row_that_is_listed_raises(case: Case) -> None:
    """It raises what Dask says, and is not wrong. One that passes now: python -m tests.arrays.dask_rows."""
    with pytest.raises(Exception) as caught:
        check(lazy_results(case, in_blocks), case)
    assert reason(caught.value) == LEFT_OUT[case.name]


# What was wrong in silence once


def both(f: Callable[..., Any], *arrays: np.ndarray, kind: Callable[[Any], Any] = in_blocks) -> None:
    """f of Dask arrays, lazily, equals f of ndarrays."""
    with lazily():
        found = f(*[kind(a) for a in arrays])
    assert isinstance(found, da.Array)
    np.testing.assert_allclose(found.compute(scheduler="sync"), f(*arrays), rtol=1e-12)


def test_a_second_derivative_where_the_first_cotangent_is_zero() -> None:
    """d/dg of g·x is x where g is 0, too."""
    both(grad(lambda x: np.sum(grad(lambda y: np.sum(y * y * x))(x) ** 2)), np.array([0.0, 1.0, 2.0]))
    both(grad(lambda x: np.sum(x[1:] * x[1:] * x[:-1])), np.array([0.0, 1.0, 2.0]))


def test_a_tie_in_a_maximum() -> None:
    both(grad(lambda x: np.sum(np.maximum(x, 0.0) * x)), X)
    both(grad(lambda x: np.sum(np.fmin(x, -x) * 2)), X)


def test_two_selects_in_one_graph() -> None:
    both(lambda x: grad(lambda x: np.sum(np.select([x > 0], [x * x], np.select([x < -0.5], [x], 2 * x))))(x), X)


def test_the_lower_factor_of_cholesky() -> None:
    both(grad(lambda a: np.sum(np.linalg.cholesky(a)[1:, 0])), X[:, :3] @ X[:, :3].T + 4 * np.eye(3), kind=in_one_block)


def test_a_number_and_an_array_apart_in_an_index() -> None:
    cube = np.arange(24.0).reshape(2, 3, 4)
    both(lambda x: Tensor(x)[1, :, [0, 3, 3]].numpy(), cube)
    both(grad(lambda x: np.sum(x[1, :, [0, 3, 3]] * np.arange(9).reshape(3, 3))), cube)


def test_a_dtype_of_a_ufunc() -> None:
    both(lambda x: np.add(Tensor(x), x > 0, dtype=np.float32).numpy(), X)


def test_a_gradient_through_a_shape_that_is_not_known_raises() -> None:
    x = Tensor(in_blocks(X), requires_grad=True)
    total = np.sum(x[x.numpy() > 0])
    with pytest.raises(ValueError, match="broadcast"):
        total.backward()


# One pass


def tasks(*arrays: Any) -> int:
    return len({key for array in arrays for key in dict(array.__dask_graph__())})


def test_value_and_gradient_are_one_graph_that_draws_each_block_once() -> None:
    drawn = []

    def draw(block_id: tuple[int, ...]) -> np.ndarray:
        drawn.append(block_id[0])
        return np.random.default_rng(block_id[0]).normal(size=(5, 3))

    def loss(w: Any, x: Any) -> Any:
        z = x @ w
        return np.mean(np.logaddexp(0, z) - (x[:, 0] > 0) * z)

    w = np.array([0.5, -1.0, 2.0])
    x = da.map_blocks(draw, chunks=((5,) * 4, (3,)), dtype=float, meta=np.empty((0, 0)))
    with lazily():
        value, gradient = value_and_grad(loss)(w, x)
    assert not drawn
    assert tasks(value, gradient) < tasks(value) + tasks(gradient) - 4 * 4
    found = dask.compute(value, gradient, optimize_graph=False, scheduler="sync")
    assert sorted(drawn) == [0, 1, 2, 3]
    expected = value_and_grad(loss)(w, np.concatenate([draw((i,)) for i in range(4)]))
    for ours, peer in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, peer, rtol=1e-12)
