"""Every optimizer on parameters that are strict arrays: the same steps as on ndarrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor
from autograd.errors import ArgumentError
from tests.arrays.strict import StrictArray, outside, strict
from tests.cases.optimizers import OPTIMIZERS, OptimizerCase

# These look at a norm of the parameter, or of the update, as a Python number
READ_NUMBERS = (optim.Adafactor, optim.Muon)
ELEMENTWISE = [case for case in OPTIMIZERS if case.cls not in (*READ_NUMBERS, optim.LBFGS)]


def trained(case: OptimizerCase, convert: Any, steps: int = 4) -> tuple[list[Tensor], Any]:
    """The parameters and the optimizer after some steps."""
    rng = np.random.default_rng(0)
    params = [Tensor(convert(rng.normal(size=shape)), requires_grad=True) for shape in case.shapes]
    optimizer = case.cls(params, **case.options)
    for _ in range(steps):
        for p in params:
            p.grad = Tensor(convert(rng.normal(size=p.shape)))
        optimizer.step()
    return params, optimizer


@pytest.mark.parametrize("case", ELEMENTWISE, ids=[case.name for case in ELEMENTWISE])
def test_steps_are_those_on_ndarrays(case: OptimizerCase) -> None:
    foreign, optimizer = trained(case, strict)
    native, _ = trained(case, lambda x: x)
    for ours, peer in zip(foreign, native, strict=True):
        np.testing.assert_allclose(outside(ours.numpy()), peer.numpy(), rtol=1e-13, atol=1e-15)
    for values in optimizer.state.values():
        assert all(type(x) is StrictArray for x in values.values() if hasattr(x, "shape"))


def test_a_state_is_saved_and_goes_on() -> None:
    case = OptimizerCase(optim.Adam, {"amsgrad": True})
    params, optimizer = trained(case, strict)
    again = [Tensor(p.numpy(), requires_grad=True) for p in params]
    other = optim.Adam(again, amsgrad=True)
    other.load_state_dict(optimizer.state_dict())
    for mine, theirs in zip(params, again, strict=True):
        mine.grad = theirs.grad = Tensor(strict(np.ones(mine.shape)))
    optimizer.step()
    other.step()
    for mine, theirs in zip(params, again, strict=True):
        np.testing.assert_array_equal(outside(mine.numpy()), outside(theirs.numpy()))


def test_a_step_leaves_the_array_that_others_hold() -> None:
    x = strict(np.ones(3))
    p = Tensor(x, requires_grad=True)
    p.grad = Tensor(strict(np.ones(3)))
    optim.SGD([p], lr=0.5).step()
    np.testing.assert_array_equal(outside(x), np.ones(3))
    np.testing.assert_array_equal(outside(p.numpy()), np.full(3, 0.5))


def test_kinds_in_one_group_do_not_mix() -> None:
    a, b = Tensor(np.ones(2), requires_grad=True), Tensor(strict(np.ones(2)), requires_grad=True)
    a.grad, b.grad = Tensor(np.ones(2)), Tensor(strict(np.ones(2)))
    optim.Adam([a, b], lr=0.5).step()
    np.testing.assert_allclose(a.numpy(), outside(b.numpy()))


def test_lbfgs_says_that_it_needs_ndarrays() -> None:
    p = Tensor(strict(np.ones(2)), requires_grad=True)
    with pytest.raises(ArgumentError, match=r"LBFGS computes .* one vector of NumPy's; got StrictArray\. Use Adam"):
        optim.LBFGS([p]).step(lambda: p.sum())


def test_gradients_are_clipped() -> None:
    p = nn.Parameter(np.zeros(2))
    p.data = strict(np.zeros(2))
    p.grad = Tensor(strict(np.array([3.0, -0.5])))
    nn.clip_grad_value_([p], 1.0)
    np.testing.assert_array_equal(outside(p.grad.numpy()), [1.0, -0.5])
    p.grad = Tensor(strict(np.array([3.0, 4.0])))
    total = nn.clip_grad_norm_([p], 1.0)
    np.testing.assert_allclose(outside(total.numpy()), 5.0)
    np.testing.assert_allclose(outside(p.grad.numpy()), [0.6, 0.8], rtol=1e-6)
