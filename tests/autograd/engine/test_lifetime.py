"""What stays alive and for how long: with the collector off, memory goes when the last name goes."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, no_grad
from autograd.engine.abstract import Abstract
from autograd.engine.gradients import gradients
from autograd.engine.graph import Node, ancestors
from autograd.engine.primitive import Primitive


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def watch(t: Tensor) -> Any:
    """A reference to the tensor's own array that does not keep it alive."""
    return weakref.ref(t.data)


def leaf(size: int = 100) -> Tensor:
    return Tensor(np.linspace(1, 2, size), requires_grad=True)


def test_a_graph_dies_with_its_last_name() -> None:
    x = leaf()
    y = np.exp(np.sin(x) * x)
    references = [
        weakref.ref(y),
        weakref.ref(y.node),
        *[weakref.ref(item) for item in ancestors(y.node) if isinstance(item, Node)],
    ]
    array = watch(y)
    del y
    assert all(reference() is None for reference in references)
    assert array() is None


def test_no_operation_makes_a_cycle() -> None:
    x = leaf(6)
    before = len(gc.get_objects())
    for _ in range(50):
        y = np.concatenate([x.reshape(2, 3) @ x.reshape(3, 2), np.split(x * 2, 3)[0][None]], axis=0)
        y = np.linalg.qr(y.T @ y + np.eye(2))[1].sum() + (x[1:] / x[:-1]).mean() + np.max(x) + np.sort(x)[0]
        y.backward()
        x.zero_grad()
        del y
    assert len(gc.get_objects()) - before < 100


def test_no_sweep_makes_a_cycle_even_recorded_ones() -> None:
    x = leaf()
    references = []
    y = np.tanh(x) ** 3
    (g,) = gradients(y.sum(), [x], create_graph=True)
    (h,) = gradients(g.sum(), [x], create_graph=True)
    references = [weakref.ref(item) for item in ancestors(h.node, g.node, y.node) if isinstance(item, Node)]
    assert len(references) > 5
    del y, g, h
    assert all(reference() is None for reference in references)


def test_keeps_nothing_frees_the_inputs() -> None:
    x = leaf()
    hidden = x * 2.0  # keeps no array: the other operand is a number
    array = watch(hidden)
    y = hidden + 1.0  # add keeps nothing
    del hidden
    assert array() is None
    y.sum().backward()
    assert (x.grad.numpy() == 2).all()


def test_a_leafs_own_array_is_not_kept_by_a_rule_that_does_not_read_it() -> None:
    x = leaf()
    y = x + 1.0
    array = watch(x)
    x.data = np.zeros(100)
    assert array() is None
    assert type(y.node.args[0]) is Abstract


def test_keeps_in_holds_inputs_and_not_the_result() -> None:
    x = leaf()
    y = np.sin(x * 1.0)
    result, argument = watch(y), y.node.args[0]
    assert type(argument) is np.ndarray
    assert type(y.node.out) is Abstract
    z = y + 1.0
    del y
    assert result() is None
    z.sum().backward()


def test_keeps_out_holds_the_result_and_not_the_inputs() -> None:
    x = leaf()
    inner = x * 1.0
    argument = watch(inner)
    y = np.exp(inner)
    del inner
    assert argument() is None
    assert y.node.out is y.data


def test_an_argument_that_needs_no_gradient_decides_what_is_kept() -> None:
    """c * x with c a constant: only c is read, so x is not kept."""
    x = leaf()
    inner = x * 1.0
    argument = watch(inner)
    y = Tensor(np.ones(100)) * inner
    del inner
    assert argument() is None
    assert type(y.node.args[0]) is np.ndarray


def test_the_sweep_frees_what_it_has_passed() -> None:
    x = leaf()
    arrays = []
    y = x
    for _ in range(5):
        y = np.sin(y)
        arrays.append(watch(y))
    y = y.sum()
    alive: list[int] = []
    x.register_hook(lambda g: alive.append(sum(array() is not None for array in arrays)))
    y.backward()
    assert alive == [0]
    assert y.node.args is None
    assert y.node.parents == ()


def test_after_a_sweep_a_result_holds_no_history() -> None:
    x = leaf()
    hidden = np.sin(x)
    array = watch(hidden)
    loss = (hidden * hidden).sum()
    del hidden
    assert array() is not None
    loss.backward()
    assert array() is None
    assert float(loss) > 0


def test_retain_graph_keeps_it() -> None:
    x = leaf()
    hidden = np.sin(x)
    array = watch(hidden)
    loss = (hidden * hidden).sum()
    del hidden
    loss.backward(retain_graph=True)
    assert array() is not None
    del loss
    assert array() is None


def test_losses_summed_as_numbers_hold_nothing() -> None:
    x = leaf()
    total = 0.0
    references = []
    for _ in range(3):
        loss = (x * x).sum()
        references.append(weakref.ref(loss.node))
        total += loss.item()
    del loss
    assert all(reference() is None for reference in references)


def test_no_grad_keeps_nothing() -> None:
    x = leaf()
    with no_grad():
        hidden = np.sin(x)
        array = watch(hidden)
        y = hidden * hidden
    del hidden
    assert array() is None
    assert y.node is None


def test_detach_keeps_no_graph() -> None:
    x = leaf()
    y = np.sin(x)
    reference = weakref.ref(y.node)
    z = y.detach()
    del y
    assert reference() is None
    assert not z.requires_grad


def test_a_failed_sweep_holds_nothing() -> None:
    def broken(g: Any, out: Any, x: Any) -> Any:
        raise ZeroDivisionError

    x = leaf()
    hidden = np.sin(x)
    array = watch(hidden)
    y = Primitive(lambda x: 1 * x, broken, name="broken", keeps="x")(hidden).sum()
    del hidden
    with pytest.raises(ZeroDivisionError):
        y.backward()
    del y
    assert array() is None


def test_the_gradient_holds_no_graph() -> None:
    x = leaf()
    y = np.sin(x)
    node = weakref.ref(y.node)
    y.sum().backward()
    del y
    assert node() is None
    assert x.grad.node is None


# Deep and wide


def chain(x: Tensor, length: int) -> Tensor:
    y = x
    for _ in range(length):
        y = y + 1.0
    return y


def test_a_chain_of_a_million_operations() -> None:
    """Built, swept and freed without recursion, and freed without a sweep too."""
    x = Tensor(1.0, requires_grad=True)
    y = chain(x, 1_000_000)
    y.backward()
    assert x.grad.item() == 1.0
    assert y.item() == 1_000_001.0
    reference = weakref.ref(y.node)
    del y
    assert reference() is None

    y = chain(x, 1_000_000)
    reference = weakref.ref(y.node)
    del y
    assert reference() is None


def test_a_deep_graph_of_the_gradient() -> None:
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y * x
    (g,) = gradients(y, [x], create_graph=True)
    assert g.item() == 20_001.0
    (h,) = gradients(g, [x])
    assert h.item() == 20_001.0 * 20_000
    del y, g, h


def test_a_deep_chain_of_arrays_and_of_other_operations() -> None:
    x = Tensor(np.array([0.5, 0.25]), requires_grad=True)
    y = x
    for _ in range(20_000):
        y = np.negative(y)
    y.sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_a_wide_fan_out_and_in() -> None:
    """One value used 100,000 times, and one operation with as many parents' parents."""
    x = Tensor(2.0, requires_grad=True)
    y = x * 3.0
    parts = [y * 1.0 for _ in range(100_000)]
    while len(parts) > 1:  # a tree of sums
        parts = [a + b for a, b in zip(parts[::2], parts[1::2], strict=False)] + parts[len(parts) & ~1 :]
    parts[0].backward()
    assert x.grad.item() == 300_000.0


def test_one_operation_with_many_parents() -> None:
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    parts = [x * float(i) for i in range(3000)]
    np.stack(parts).sum().backward()
    assert x.grad.tolist() == [3000 * 2999 / 2] * 2


def test_ancestors_are_each_yielded_once_newest_first() -> None:
    x = leaf()
    y = x * 2
    z = y * y + x
    found = list(ancestors(z.node))
    numbers = [item.number for item in found if isinstance(item, Node)]
    assert numbers == sorted(numbers, reverse=True)
    assert len(found) == len(set(found)) == 4
    assert found[-1] is x
