"""Programs that once gave a silently wrong gradient, lost a hook, or crashed: found by reading the engine as a stranger."""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor, backward, no_grad
from autograd.engine.gradients import gradients
from autograd.engine.settings import is_grad_enabled
from autograd.errors import DTypeError, FreedGraphError, InPlaceError, NoRuleError
from autograd.ops.special import logsumexp
from nn.layers.linear import linear_op


def leaf(*values: float) -> Tensor:
    return Tensor(values, requires_grad=True)


def grad_of(x: Tensor) -> Any:
    assert x.grad is not None
    return x.grad.numpy()


def test_asking_again_for_requires_grad_forgets_neither_the_write_nor_the_hooks() -> None:
    w = leaf(1.0, 2.0)
    seen: list[Any] = []
    w.register_hook(seen.append)
    y = (w * w).sum()
    with no_grad():
        w += 10
    w.requires_grad_(True)
    with pytest.raises(InPlaceError):
        y.backward()
    (w * w).sum().backward()
    assert len(seen) == 1


def test_a_step_on_a_frozen_parameter_leaves_what_was_recorded_with_it_alone() -> None:
    layer = nn.Linear(2, 1)
    x = Tensor(np.ones((1, 2), np.float32), requires_grad=True)
    layer(x).sum().backward()
    optimizer = optim.SGD(layer.parameters(), lr=1.0)
    layer.weight.requires_grad_(False)
    before = layer.weight.numpy().copy()
    x.zero_grad()
    y = layer(x).sum()
    optimizer.step()
    y.backward()
    assert np.array_equal(grad_of(x), before)
    assert not np.array_equal(layer.weight.numpy(), before)


@pytest.mark.parametrize("needs", [n for n in product((False, True), repeat=3) if any(n)])
def test_a_fused_operation_with_constants_has_a_graph_of_its_gradient(needs: tuple[bool, ...]) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in ((4, 3), (2, 3), (2,))]

    def seconds(function: Callable[..., Any]) -> list[Any]:
        tensors = [Tensor(a, requires_grad=need) for a, need in zip(arrays, needs, strict=True)]
        inputs = [t for t in tensors if t.requires_grad]
        first = gradients((function(*tensors) ** 3).sum(), inputs, create_graph=True)
        total = sum((g**2).sum() for g in first)
        return [g.numpy() for g in gradients(total, inputs)]

    for ours, plain in zip(seconds(linear_op), seconds(lambda x, w, b: x @ w.T + b), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-12)


def test_an_argument_without_a_derivative_keeps_the_value_it_had() -> None:
    w, x = leaf(1.0, 2.0), leaf(1.0, 1.0)
    y = np.copysign(x, w).sum()
    with no_grad():
        w *= -1
    y.backward()
    assert grad_of(x).tolist() == [1, 1]


@pytest.mark.parametrize("view", [lambda w: w.reshape(2).detach(), lambda w: w.T.detach(), lambda w: w[:].detach()])
def test_a_detached_view_keeps_the_values_it_had(view: Callable[[Tensor], Tensor]) -> None:
    w, x = leaf(1.0, 2.0), leaf(1.0, 1.0)
    y = (view(w) * x).sum()
    with no_grad():
        w += 10
    y.backward()
    assert grad_of(x).tolist() == [1, 2]


@pytest.mark.parametrize("view", [lambda w: w.reshape(2), lambda w: w[:], np.ravel, lambda w: np.split(w, 1)[0]])
def test_a_view_taken_under_no_grad_keeps_the_values_it_had(view: Callable[[Tensor], Tensor]) -> None:
    w, x = leaf(1.0, 2.0), leaf(1.0, 1.0)
    with no_grad():
        c = view(w)
    y = (c * x).sum()
    with no_grad():
        w += 10
    y.backward()
    assert grad_of(x).tolist() == [1, 2]


def test_a_shallow_copy_of_a_leaf_is_written_on_its_own() -> None:
    w = leaf(1.0, 2.0)
    b = copy.copy(w)
    y = (b * b).sum()
    with no_grad():
        w += 10
    y.backward()
    assert grad_of(b).tolist() == [2, 4]


def test_gradients_through_a_freed_part_are_refused_and_not_missing() -> None:
    x = Tensor(2.0, requires_grad=True)
    z = x * x
    w = z * 3
    z.backward()
    with pytest.raises(FreedGraphError):
        gradients(w, [x])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * 1j,
        lambda x: x * np.array([1j]),
        lambda x: 1j * x,
        lambda x: x * Tensor(np.array([1j])),
        lambda x: np.exp(x + 0j),
    ],
)
def test_a_complex_result_is_refused(f: Callable[[Tensor], Any]) -> None:
    with pytest.raises(DTypeError, match="complex"):
        f(leaf(1.0))


def test_a_leaf_made_of_a_number_is_checked_too() -> None:
    t = Tensor([1.0, 2.0]).sum()
    t.requires_grad = True
    y = t * t * t
    with no_grad():
        t += 10
    with pytest.raises(InPlaceError):
        y.backward(create_graph=True)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([np.inf, 0.0], [1, 0]), ([-np.inf, 0.0], [0, 1]), ([-np.inf, -np.inf], [0, 0]), ([1e4, 1e4], [0.5, 0.5])],
)
def test_logsumexp_at_infinities(values: list[float], expected: list[float]) -> None:
    x = leaf(*values)
    logsumexp(x).backward()
    assert grad_of(x).tolist() == expected


def test_masks_and_targets_may_be_reused() -> None:
    x = leaf(1.0, 2.0)
    mask = np.array([True, False])
    y = np.where(mask, x, 0).sum() + np.select([mask], [x], 0).sum()
    mask[:] = False
    y.backward()
    assert grad_of(x).tolist() == [2, 0]
    logits = Tensor(np.zeros((1, 2)), requires_grad=True)
    target = np.array([1])
    loss = nn.functional.cross_entropy(logits, target)
    target[:] = 0
    loss.backward()
    assert grad_of(logits).tolist() == [[0.5, -0.5]]


def test_the_seed_of_a_recorded_sweep_is_no_ones_gradient() -> None:
    a, b, s = leaf(1.0), leaf(1.0), Tensor([1.0])
    (a + 1).backward(s, create_graph=True)
    (b + 1).backward(s, create_graph=True)
    assert a.grad is not None
    assert b.grad is not None
    assert not np.shares_memory(a.grad.data, b.grad.data)
    assert not np.shares_memory(a.grad.data, s.data)
    ga, gb = gradients(a + b, [a, b], create_graph=True)
    assert not np.shares_memory(ga.data, gb.data)


def test_many_threads_add_to_one_leaf() -> None:
    w = leaf(1.0)

    def work() -> None:
        for _ in range(200):
            backward((w * 1.0).sum())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert grad_of(w).tolist() == [800]


def test_one_setting_serves_several_threads_at_once() -> None:
    setting, both, states = no_grad(), threading.Barrier(2), []

    def work() -> None:
        with setting:
            both.wait()
            states.append(is_grad_enabled())
            both.wait()
        states.append(is_grad_enabled())

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states) == [False, False, True, True]


def test_a_coroutine_runs_inside_its_setting() -> None:
    @no_grad()
    async def inside() -> bool:
        await asyncio.sleep(0)
        return is_grad_enabled()

    assert asyncio.run(inside()) is False
    assert is_grad_enabled()


def test_an_array_may_take_a_constant_tensor_in_place() -> None:
    p = leaf(1.0, 2.0)
    (p * p).sum().backward()
    assert p.grad is not None
    p.data -= 0.5 * p.grad  # as PyTorch's users write it
    assert p.numpy().tolist() == [0, 0]
    total = np.zeros(2)
    with pytest.raises(NoRuleError, match=r"out=.*Write y = np\.add"):
        total += p
    with no_grad():
        total += p + 1
    assert total.tolist() == [1, 1]
