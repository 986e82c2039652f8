"""Many cotangents or tangents at once are as one by one: all rows of tests/cases, all forms of an index."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor
from autograd.engine.batch import pull
from autograd.engine.forward import push, push_batch
from autograd.engine.gradients import gradients
from autograd.ops.indexing import getitem, scatter, setitem
from tests.cases import Case, all_cases, leaves, several
from tests.cases.indexing import ADVANCED, BASIC, MASK, MIXED

K = 3
FORMS = {name: ((3, 4), index) for name, index in (BASIC | ADVANCED).items()}
FORMS |= {f"mixed {name}": ((2, 3, 4), index) for name, index in MIXED.items()}
CASES = all_cases()

every_form = pytest.mark.parametrize(("shape", "index"), FORMS.values(), ids=FORMS.keys())


def stack(found: list[Any], shape: tuple[int, ...]) -> np.ndarray:
    return np.stack([np.zeros(shape) if t is None else t.numpy() for t in found])


def values(batch: Any, shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros((K, *shape)) if batch is None else batch.numpy()


def check(function: Any, arguments: list[Any], rng: np.random.Generator, tolerance: float = 1e-9) -> None:
    """Backwards and, by each argument alone and by all, forwards; each in a plain sweep and in a recorded one."""
    close = {"rtol": tolerance, "atol": tolerance}
    ys = several(function(*arguments))
    xs = [x for x in arguments if isinstance(x, Tensor)]
    gs = [rng.normal(size=(K, *y.shape)) for y in ys]
    rows = [gradients(ys, xs, [g[row] for g in gs], retain_graph=True) for row in range(K)]
    for create in (False, True):
        for x, got, *one_by_one in zip(xs, pull(ys, xs, gs, create_graph=create), *rows, strict=True):
            np.testing.assert_allclose(values(got, x.shape), stack(one_by_one, x.shape), **close)
    for chosen in [xs, *([x] for x in xs if len(xs) > 1)]:
        ts = [rng.normal(size=(K, *x.shape)) for x in chosen]
        rows = [push(ys, chosen, [t[row] for t in ts]) for row in range(K)]
        for create in (False, True):
            for y, got, *one_by_one in zip(ys, push_batch(ys, chosen, ts, create_graph=create), *rows, strict=True):
                np.testing.assert_allclose(values(got, y.shape), stack(one_by_one, y.shape), **close)


def value_shapes(x: np.ndarray, index: Any) -> list[tuple[int, ...]]:
    """The shapes that broadcast to the selection's, and those with more axes of 1 in front, if NumPy takes them."""
    shape = x[index].shape
    fewer = [shape[i:] for i in range(len(shape) + 1)]
    stretched = [(*shape[:i], 1, *shape[i + 1 :]) for i in range(len(shape))]
    one_element_or_mask = not shape or index is MASK
    more = [] if one_element_or_mask else [(1, *shape), (1, 1, *shape)]
    return [*fewer, *stretched, *more]


@every_form
def test_selecting(shape: tuple[int, ...], index: Any, rng: np.random.Generator) -> None:
    x = Tensor(rng.normal(size=shape), requires_grad=True)
    v = Tensor(rng.normal(size=x[index].shape), requires_grad=True)
    check(lambda x: getitem(x, index=index) * 1.0, [x], rng)
    check(lambda v: scatter(v, shape=shape, index=index) * 1.0, [v], rng)


@every_form
def test_assigning_values_of_every_shape(shape: tuple[int, ...], index: Any, rng: np.random.Generator) -> None:
    for shape_of_value in value_shapes(np.zeros(shape), index):
        x, v = (Tensor(rng.normal(size=s), requires_grad=True) for s in (shape, shape_of_value))
        check(lambda x, v: setitem(x, v, index=index) * 1.0, [x, v], rng)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_every_row(case: Case, rng: np.random.Generator) -> None:
    check(case.function, leaves(case.inputs(rng)), rng, 10 * case.tolerance)
