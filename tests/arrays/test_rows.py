"""Every row of the tables on the strict array: values, gradients of order 1 and 2 and tangents equal ndarrays'."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograd import Tensor
from autograd.engine.forward import push
from autograd.engine.gradients import gradients
from tests.arrays.strict import outside, strict
from tests.cases import all_cases, cotangents, leaves, several
from tests.cases.case import Case, constants_as

CASES = all_cases()
RUNNING = [case for case in CASES if not case.strict]


def convert(x: Any) -> Any:
    """Floating arrays and masks become strict; integers are indices, which stay ndarrays."""
    return strict(x) if isinstance(x, np.ndarray) and x.dtype.kind in "fb" else x


def results(case: Case, kind: Callable[[Any], Any]) -> Iterator[tuple[str, list[Any]]]:
    """(what, the raw arrays), one after the other."""
    inputs = case.inputs(np.random.default_rng(1))
    arguments = leaves([kind(x) for x in inputs])
    outputs = several(case.function(*arguments))
    yield "value", [y.numpy() if isinstance(y, Tensor) else y for y in outputs]
    outputs = [y for y in outputs if isinstance(y, Tensor) and y.requires_grad]
    wanted = [x for x in arguments if isinstance(x, Tensor)]
    seeds = [kind(g) for g in cotangents(outputs)]
    yield "gradient", _raw(gradients(outputs, wanted, seeds, retain_graph=True))
    tangents = [kind(t) for t in cotangents(wanted, seed=3)]
    yield "tangent", _raw(push(outputs, wanted, tangents))
    if case.order > 1:
        slopes = gradients(outputs, wanted, seeds, create_graph=True)
        slopes = [g for g in slopes if g is not None and g.requires_grad]
        if slopes:
            yield "second gradient", _raw(gradients(slopes, wanted, [kind(g) for g in cotangents(slopes)]))


def _raw(found: list[Any]) -> list[Any]:
    return [None if t is None else t.numpy() for t in found]


@pytest.mark.parametrize("case", RUNNING, ids=[case.name for case in RUNNING])
def test_a_row_on_the_strict_array_equals_that_of_ndarrays(case: Case) -> None:
    with constants_as(strict):
        foreign = list(results(case, convert))
    for (what, found), (_, expected) in zip(foreign, results(case, lambda x: x), strict=True):
        for ours, peer in zip(found, expected, strict=True):
            assert (ours is None) == (peer is None), what
            if ours is not None:
                np.testing.assert_allclose(outside(ours), peer, rtol=1e-9, atol=1e-11, err_msg=what)


def test_at_most_two_rows_in_a_hundred_are_left_out() -> None:
    left_out = {case.name: case.strict for case in CASES if case.strict}
    assert len(left_out) <= 0.02 * len(CASES), left_out
