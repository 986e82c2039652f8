"""Operations of any number of arguments: the work of a sweep grows with their number, not with its square.

Counted are calls of functions, NumPy's included: their number does not depend on how busy the machine is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.engine.forward import push
from autograd.engine.registry import primitives

FEW, MANY = 50, 200
BOUNDED = {"choose", "einsum"}  # NumPy takes at most 64 arguments
CONDITIONS = {n: [np.array([i % 2 == 0, i % 3 == 0]) for i in range(n)] for n in (FEW, MANY)}

FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "concatenate": np.concatenate,
    "stack": np.stack,
    "column_stack": np.column_stack,
    "select": lambda xs: np.select(CONDITIONS[len(xs)], xs),
    "l1_penalty": nn.l1_penalty,
    "l2_penalty": nn.l2_penalty,
}


def _reverse(out: Any, xs: list[Any]) -> None:
    out.backward(np.ones(out.shape))


def _higher_order(out: Any, xs: list[Any]) -> None:
    out.backward(np.ones(out.shape), create_graph=True)
    Tensor.backward(xs[0].grad.sum() + 0 * xs[0].sum())


def _forward(out: Any, xs: list[Any]) -> None:
    push([out], xs, [np.ones(2)] * len(xs))


def _calls(function: Callable[[list[Any]], Any], sweep: Callable[[Any, list[Any]], None], n: int) -> int:
    xs = [Tensor(np.array([1.0, -2.0]) + i, requires_grad=True) for i in range(n)]
    out = function(xs)
    count = 0

    def counted(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    previous = sys.getprofile()
    sys.setprofile(counted)
    try:
        sweep(out, xs)
    finally:
        sys.setprofile(previous)
    return count


@pytest.mark.parametrize("sweep", [_reverse, _higher_order, _forward])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_four_times_the_arguments_are_four_times_the_work(name: str, sweep: Any) -> None:
    few, many = (_calls(FUNCTIONS[name], sweep, n) for n in (FEW, MANY))
    assert many < 5 * few + 100, (few, many)


def test_only_operations_of_few_arguments_have_a_rule_that_is_called_for_each() -> None:
    """Such a call passes on all arguments, and so costs as much as there are of them."""
    assert {name for name, primitive in primitives.items() if primitive.each is not None} <= BOUNDED
