"""Views of a parameter that holds another value in functional_call: taken inside and read after, and the reverse."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, grad, no_grad
from autograd.errors import InPlaceError
from autograd.tensor.view import View

OWN = np.arange(6.0).reshape(2, 3)
OTHER = -10.0 * OWN - 1.0


class Keeps(nn.Module):
    """Its forward lets views of its weight escape, and does what it is told."""

    def __init__(self) -> None:
        self.weight = nn.Parameter(OWN)
        self.count = nn.Buffer(np.zeros(3))
        self.act: Callable[[Keeps], None] = lambda module: None
        self.kept: list[Any] = []

    def forward(self, x: Any) -> Any:
        self.kept.append(self.weight.T)
        self.act(self)
        return np.sum(x * self.weight)


def called(module: Keeps, value: Any, act: Any = None) -> Any:
    module.act = act or module.act
    nn.functional_call(module, {"weight": value}, 2.0)
    module.act = lambda module: None
    return module.kept[-1]


def write(tensor: Any, value: float = 7.0) -> None:
    with no_grad():
        tensor[...] = value


@pytest.mark.parametrize("unrecorded", [False, True])
@pytest.mark.parametrize("requires", [False, True])
def test_a_view_that_escapes_is_one_of_the_value(unrecorded: bool, requires: bool) -> None:
    module, value = Keeps(), Tensor(OTHER.copy(), requires_grad=requires)
    if unrecorded:
        with no_grad():
            v = called(module, value)
    else:
        v = called(module, value)
    assert isinstance(v, View)
    write(module.weight)
    np.testing.assert_array_equal(v.numpy(), OTHER.T)
    write(module.weight, 8.0)
    np.testing.assert_array_equal(v[1:].numpy(), OTHER.T[1:])
    write(value, 3.0)
    np.testing.assert_array_equal(v.numpy(), np.full((3, 2), 3.0))
    write(v, 4.0)
    np.testing.assert_array_equal(value.numpy(), np.full((2, 3), 4.0))
    np.testing.assert_array_equal(module.weight.numpy(), np.full((2, 3), 8.0))


def test_its_gradient_goes_to_the_value() -> None:
    module, leaf = Keeps(), Tensor(OTHER.copy(), requires_grad=True)
    value = leaf * 1.0
    v = called(module, value)
    write(module.weight)
    value[0] = 5.0
    np.testing.assert_array_equal(v.numpy()[:, 0], 5.0)
    np.sum(v[1] * 3.0).backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), [[0.0, 0.0, 0.0], [0.0, 3.0, 0.0]])  # type: ignore[union-attr]
    assert module.weight.grad is None


def test_the_value_is_itself_a_view() -> None:
    module, leaf = Keeps(), Tensor(np.stack([OTHER, OWN]), requires_grad=True)
    stack = leaf * 1.0
    v = called(module, stack[0])
    inner = v[1:]
    write(module.weight)
    np.testing.assert_array_equal(v.numpy(), OTHER.T)
    stack[0, 0] = 5.0
    for found, expected in ((v, stack.numpy()[0].T), (inner, stack.numpy()[0].T[1:])):
        np.testing.assert_array_equal(found.numpy(), expected)
    np.sum(inner * 2.0).backward()
    expected = np.zeros((2, 2, 3))
    expected[0, 1, 1:] = 2.0
    np.testing.assert_array_equal(leaf.grad.numpy(), expected)  # type: ignore[union-attr]
    with no_grad():
        part = leaf[1]
    v = called(module, part)
    write(module.weight)
    np.testing.assert_array_equal(v.numpy(), OWN.T)
    assert not v.requires_grad


@pytest.mark.parametrize("stale", [False, True])
@pytest.mark.parametrize("unrecorded", [False, True])
def test_a_view_taken_before_is_one_of_the_own_value(stale: bool, unrecorded: bool) -> None:
    module = Keeps()
    if unrecorded:
        with no_grad():
            before = module.weight[0]
    else:
        before = module.weight[0]
    if stale:
        write(module.weight, 9.0)
    own = module.weight.numpy()[0].copy()
    seen: list[Any] = []
    called(module, OTHER, lambda module: seen.extend([before.numpy().copy(), before[:2].numpy().copy()]))
    np.testing.assert_array_equal(seen[0], own)
    np.testing.assert_array_equal(seen[1], own[:2])
    np.testing.assert_array_equal(before.numpy(), own)
    write(module.weight, 2.0)
    np.testing.assert_array_equal(before.numpy(), np.full(3, 2.0))
    write(before, 1.0)
    np.testing.assert_array_equal(module.weight.numpy(), [[1.0] * 3, [2.0] * 3])


def test_a_write_through_it_inside_is_refused() -> None:
    module = Keeps()
    with no_grad():
        before = module.weight[0]
    with pytest.raises(InPlaceError, match=r"\(3,\).*another value now.*before or after"):
        called(module, OTHER, lambda module: write(before))
    np.testing.assert_array_equal(module.weight.numpy(), OWN)
    write(before)
    np.testing.assert_array_equal(module.weight.numpy()[0], 7.0)


@pytest.mark.parametrize("requires", [False, True])
def test_what_is_written_inside_stays_with_the_views_of_inside(requires: bool) -> None:
    module, first = Keeps(), []

    def act(module: Keeps) -> None:
        first.append(module.weight[1])
        with no_grad():
            module.weight[0] = 5.0
        module.kept.append(module.weight[0])
        np.testing.assert_array_equal(module.kept[-1].numpy(), 5.0)

    last = called(module, Tensor(OTHER.copy(), requires_grad=requires), act)
    write(module.weight)
    np.testing.assert_array_equal(last.numpy(), 5.0)
    np.testing.assert_array_equal(first[0].numpy(), OTHER[1])
    np.testing.assert_array_equal(module.weight.numpy(), 7.0)


@pytest.mark.parametrize("requires", [False, True])
def test_what_is_written_through_a_view_of_inside_stays_with_it(requires: bool) -> None:
    module, value = Keeps(), Tensor(OTHER.copy(), requires_grad=requires)

    def act(module: Keeps) -> None:
        with no_grad():
            module.kept.append(module.weight[0])
            module.kept[-1][:2] = 5.0
            module.kept[-1] += 1.0

    v = called(module, value, act)
    write(module.weight)
    np.testing.assert_array_equal(v.numpy(), [6.0, 6.0, OTHER[0, 2] + 1.0])
    np.testing.assert_array_equal(module.weight.numpy(), 7.0)


def test_calls_inside_of_calls() -> None:
    module, seen = Keeps(), []
    outside = module.weight[1]
    write(module.weight, 2.0)

    def act(module: Keeps) -> None:
        outer = module.weight[0]
        inner = called(module, OTHER * 2, lambda module: seen.extend([outer.numpy().copy(), outside.numpy().copy()]))
        seen.extend([inner.numpy().copy(), outer.numpy().copy(), outside.numpy().copy()])
        module.kept.append(outer)

    outer = called(module, OTHER, act)
    write(module.weight)
    two, seven = np.full(3, 2.0), np.full(3, 7.0)
    for found, expected in zip(seen, [OTHER[0], two, OTHER.T * 2, OTHER[0], two], strict=True):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(outer.numpy(), OTHER[0])
    np.testing.assert_array_equal(outside.numpy(), seven)


def test_its_own_parameters_buffers_and_transforms() -> None:
    module = Keeps()
    v = called(module, module.weight)
    write(module.weight)
    np.testing.assert_array_equal(v.numpy(), np.full((3, 2), 7.0))

    def count(module: Keeps) -> None:
        module.count += 1.0
        module.kept.append(module.count[1:])

    module.act = count
    nn.functional_call(module, {"count": np.ones(3)}, 2.0)
    module.count[...] = 9.0
    np.testing.assert_array_equal(module.kept[-1].numpy(), [2.0, 2.0])
    g = grad(lambda w: nn.functional_call(module, {"weight": w}, 2.0))(OTHER)
    np.testing.assert_array_equal(g, np.full((2, 3), 2.0))
    twin = copy.deepcopy(module.weight)
    np.testing.assert_array_equal(twin.numpy(), module.weight.numpy())
