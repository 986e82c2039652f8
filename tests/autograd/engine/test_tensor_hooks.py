"""register_hook and retain_grad."""

from __future__ import annotations

import copy
import gc
import weakref
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.engine.gradients import gradients
from autograd.engine.tensor_hooks import FINISH
from autograd.errors import GraphError, ShapeError


@pytest.fixture
def x() -> Tensor:
    return Tensor([1.0, 2.0], requires_grad=True)


def test_hook_on_a_result_sees_the_whole_gradient_once(x: Tensor) -> None:
    y = x * 2
    seen: list[list[float]] = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    (y * 3 + y * y).backward(np.ones(2))
    assert seen == [[3 + 2 * 2, 3 + 2 * 4]]


def test_hook_on_a_leaf_sees_the_gradient_of_this_sweep(x: Tensor) -> None:
    seen: list[list[float]] = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    (x * 2 + x * 3).backward(np.ones(2))
    (x * 7).backward(np.ones(2))
    assert seen == [[5.0, 5.0], [7.0, 7.0]]
    assert x.grad.tolist() == [12, 12]


def test_hook_may_replace_the_gradient(x: Tensor) -> None:
    y = x * 2
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: np.asarray(g.numpy()) + 1)
    x.register_hook(lambda g: -g)
    y.backward(np.ones(2))
    assert x.grad.tolist() == [-22, -22]  # -(2 · (10 + 1)): hooks run in the order they came
    assert x.grad.dtype == np.float64


def test_what_a_hook_returns_is_cast_and_checked(x: Tensor) -> None:
    low = Tensor(np.ones(2, np.float32), requires_grad=True)
    handle = low.register_hook(lambda g: g.numpy().astype(np.float64) * 2)
    (low * 1.0).backward(np.ones(2))
    assert low.grad.dtype == np.float32
    handle.remove()
    low.register_hook(lambda g: np.ones(3))
    with pytest.raises(ShapeError, match=r"shape \(2,\) or None; got shape \(3,\)"):
        (low * 1.0).backward(np.ones(2))
    assert low.grad.tolist() == [2, 2]


def test_removed_hooks_are_not_called(x: Tensor) -> None:
    calls: list[str] = []
    first = x.register_hook(lambda g: calls.append("first"))
    second = x.register_hook(lambda g: calls.append("second"))
    first.remove()
    first.remove()
    (x * 2).backward(np.ones(2))
    second.remove()
    (x * 2).backward(np.ones(2))
    assert calls == ["second"]


def test_a_hook_may_remove_itself(x: Tensor) -> None:
    calls = []

    def once(g: Tensor) -> None:
        calls.append(1)
        handle.remove()

    handle = x.register_hook(once)
    for _ in range(3):
        (x * 2).backward(np.ones(2))
    assert len(calls) == 1
    y = x * 2
    handle = y.register_hook(once)
    y.backward(np.ones(2))
    assert len(calls) == 2


def test_hooks_on_constants_are_refused() -> None:
    with pytest.raises(GraphError, match="requires grad"):
        Tensor([1.0]).register_hook(print)
    with pytest.raises(GraphError, match="requires grad"):
        Tensor([1.0]).retain_grad()


def test_a_hook_that_fails_leaves_no_half_state(x: Tensor) -> None:
    w = Tensor([3.0, 4.0], requires_grad=True)
    y = x * w
    y.register_hook(lambda g: [][0])
    with pytest.raises(IndexError):
        (y + w).backward(np.ones(2))
    assert x.grad is None
    assert w.grad is None


def test_hooks_are_recorded_in_a_graph_of_the_gradient(x: Tensor) -> None:
    y = x**3
    y.register_hook(lambda g: g * 2)
    (g,) = gradients(y.sum(), [x], create_graph=True)
    assert g.tolist() == [6, 24]
    (h,) = gradients(g.sum(), [x])
    assert h.tolist() == [12, 24]


def test_retain_grad_keeps_the_gradient_of_a_result(x: Tensor) -> None:
    y = x * 2
    y.retain_grad()
    z = (y * y).sum()
    z.retain_grad()
    z.backward()
    assert y.grad.tolist() == [4, 8]
    assert z.grad.item() == 1
    assert x.grad.tolist() == [8, 16]


def test_retained_gradients_add_up_like_a_leafs(x: Tensor) -> None:
    y = x * 2
    y.retain_grad()
    y.backward(np.ones(2), retain_graph=True)
    y.backward(np.ones(2))
    assert y.grad.tolist() == [2, 2]


def test_retain_grad_comes_after_the_hooks(x: Tensor) -> None:
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 5)
    y.backward(np.ones(2))
    assert y.grad.tolist() == [5, 5]


def test_retain_grad_of_a_leaf_changes_nothing(x: Tensor) -> None:
    x.retain_grad()
    (x * 2).backward(np.ones(2))
    assert x.grad.tolist() == [2, 2]


def test_retain_grad_does_not_keep_the_tensor_alive(x: Tensor) -> None:
    gc.disable()
    try:
        y = x * 2
        y.retain_grad()
        reference = weakref.ref(y)
        z = y * 3
        del y
        assert reference() is None
        z.backward(np.ones(2))
    finally:
        gc.enable()
    assert x.grad.tolist() == [6, 6]


def test_hooks_do_not_run_for_gradients_elsewhere(x: Tensor) -> None:
    calls: list[int] = []
    w = Tensor([1.0, 1.0], requires_grad=True)
    w.register_hook(lambda g: calls.append(1))
    gradients((x * w).sum(), [x])
    assert calls == []


def test_a_hook_with_a_name_for_its_tensor_is_freed_with_it() -> None:
    gc.disable()
    try:
        x = Tensor([1.0], requires_grad=True)
        handle = x.register_hook(print)
        reference = weakref.ref(x)
        del x
        assert reference() is None
        handle.remove()
    finally:
        gc.enable()


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    "returned", [np.array([1.0, 2.0]), [1, 2], Tensor([1.0, 2.0])], ids=["array", "list", "Tensor"]
)
def test_whatever_a_hook_returns_the_gradient_is_a_tensor(returned: Any, create_graph: bool) -> None:
    x = Tensor([3.0, 4.0], requires_grad=True)
    y = x * x
    x.register_hook(lambda g: returned)
    y.register_hook(lambda g: returned)
    y.retain_grad()
    (y * y).sum().backward(create_graph=create_graph)
    for t in (x, y):
        assert type(t.grad) is Tensor
        np.testing.assert_array_equal(t.grad.numpy(), [1.0, 2.0])


def assigned(y: Any) -> None:
    y[0] = 5.0


def sliced(y: Any) -> None:
    y[1:] = y[:1] * 2


def added(y: Any) -> None:
    y += y


def scaled(y: Any) -> None:
    y *= 3.0


def filled(y: Any) -> None:
    y[...] = 7.0


def written_twice(y: Any) -> None:
    y[0] = 5.0
    y *= 2.0


WRITES: Any = [assigned, sliced, added, scaled, filled, written_twice]


@pytest.mark.oracle
@pytest.mark.parametrize("write", WRITES)
def test_retain_grad_follows_a_write(write: Any) -> None:
    """The gradient of the value after the write; hooks see that of the value they were registered on. As in PyTorch."""
    import torch

    def run(x: Any, weights: Any) -> list[Any]:
        seen: list[Any] = []
        y = x * 2
        y.register_hook(lambda g: seen.append(np.array(g.tolist())))
        y.retain_grad()
        write(y)
        (y * weights).sum().backward()
        return [y.grad.tolist(), x.grad.tolist(), *(seen or [[0.0, 0.0]])]

    ours = run(Tensor([1.0, 2.0], requires_grad=True), np.array([3.0, 4.0]))
    theirs = run(torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 4.0]))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b)


def test_of_two_names_for_a_result_only_the_written_one_moves(x: Tensor) -> None:
    y = x * 2
    y.retain_grad()
    twin = copy.copy(y)
    twin[0] = 5.0
    (y + twin * 10).sum().backward()
    assert y.grad.tolist() == [1, 11]


@pytest.mark.parametrize("write", [lambda y: y.sort(), lambda y: y.partition(1), lambda y: y.put([0], [5.0])])
def test_retain_grad_follows_the_methods_that_write(x: Tensor, write: Any) -> None:
    y = x * 2
    y.retain_grad()
    write(y)
    (y * [3.0, 4.0]).sum().backward()
    assert y.grad.tolist() == [3, 4]


def test_a_write_under_no_grad_keeps_the_history_and_what_is_retained(x: Tensor) -> None:
    y = x * 2
    y.retain_grad()
    with autograd.no_grad():
        y[0] = 5.0
    (y * [3.0, 4.0]).sum().backward()
    assert y.grad.tolist() == [3, 4]


def test_a_hook_at_the_end_of_a_sweep_replaces_gradients_before_any_is_set(x: Tensor) -> None:
    other = Tensor([1.0, 1.0], requires_grad=True)
    x.register_hook(lambda g: g * 2)

    def finish(leaves: dict[Any, Any], roots: Any) -> None:
        assert [root.item() for root in roots] == [3.0]
        assert leaves[x].tolist() == [2, 2]  # the other hooks have run
        assert x.grad is None
        leaves[other] = Tensor([7.0, 7.0])
        del leaves[x]

    assert x.hooks is not None
    x.hooks[FINISH] = finish
    (x * other).sum().backward()
    assert x.grad is None
    assert other.grad.tolist() == [7, 7]


def test_if_the_hook_at_the_end_fails_no_gradient_is_set(x: Tensor) -> None:
    def finish(leaves: dict[Any, Any], roots: Any) -> None:
        raise ValueError("no")

    other = Tensor([1.0, 1.0], requires_grad=True)
    x.hooks = {FINISH: finish}
    with pytest.raises(ValueError, match="no"):
        (x * other).sum().backward()
    assert x.grad is None
    assert other.grad is None
    assert autograd.grad(lambda x: (x * other).sum())(x.numpy()).tolist() == [1, 1]
