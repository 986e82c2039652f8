"""The transforms, the sweeps and a Tensor's own methods on the strict array."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.errors import DTypeError
from autograd.pytree import tree_leaves
from tests.arrays.strict import StrictArray, outside, strict

X = np.array([1.0, 2.0, 3.0])


def number(x: Any) -> Any:
    return np.sum(np.tanh(x) * x**2)


def vector(x: Any) -> Any:
    return np.tanh(x) * np.sum(x * x)


@autograd.primitive
def square(x: Any) -> Any:
    return x * x


square.defvjp(lambda g, out, x: 2 * g * x)

TRANSFORMS: dict[str, Callable[[Any], Any]] = {
    "grad": lambda x: autograd.grad(number)(x),
    "grad of grad": lambda x: autograd.grad(lambda y: np.sum(autograd.grad(number)(y) ** 2))(x),
    "value_and_grad": lambda x: autograd.value_and_grad(number)(x),
    "elementwise_grad": lambda x: autograd.elementwise_grad(np.tanh)(x),
    "vjp": lambda x: autograd.vjp(vector, x)[1](x),
    "jvp": lambda x: autograd.jvp(vector, (x,), (x,)),
    "linearize": lambda x: autograd.linearize(vector, x)[1](x),
    "jacobian by rows": lambda x: autograd.jacobian(vector, mode="reverse")(x),
    "jacobian by columns": lambda x: autograd.jacobian(vector, mode="forward")(x),
    "hessian": lambda x: autograd.hessian(number)(x),
    "hvp": lambda x: autograd.hvp(number, x, x),
    "vhp": lambda x: autograd.vhp(number, x, x),
    "gauss_newton_vp": lambda x: autograd.gauss_newton_vp(vector, x, x),
    "hessian_diagonal": lambda x: autograd.hessian_diagonal(number, x),
    "taylor": lambda x: autograd.taylor(number, x, 2, x),
    "checkpoint": lambda x: autograd.grad(lambda y: autograd.checkpoint(number, y))(x),
    "a primitive of the user's": lambda x: autograd.grad(lambda y: np.sum(square(y)))(x),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_returns_strict_arrays_equal_to_ndarrays(name: str) -> None:
    found, expected = (tree_leaves(TRANSFORMS[name](x)) for x in (strict(X), X))
    for ours, peer in zip(found, expected, strict=True):
        np.testing.assert_allclose(outside(ours), peer, rtol=1e-12)


def leaf() -> Tensor:
    return Tensor(strict(X), requires_grad=True)


def test_backward_accumulates_strict_arrays() -> None:
    x = leaf()
    (x * x).sum().backward()
    (3 * x).sum().backward()
    np.testing.assert_array_equal(outside(x.grad.numpy()), 2 * X + 3)


def test_two_leaves_never_share_the_memory_of_a_gradient() -> None:
    x, y = leaf(), leaf()
    (x + y).sum().backward()
    assert not np.shares_memory(outside(x.grad.numpy()), outside(y.grad.numpy()))


def test_hooks_and_retain_grad() -> None:
    x = leaf()
    y = x * x
    y.register_hook(lambda g: 2 * g)
    y.retain_grad()
    y.sum().backward()
    np.testing.assert_array_equal(outside(y.grad.numpy()), [2.0, 2.0, 2.0])
    np.testing.assert_array_equal(outside(x.grad.numpy()), 4 * X)


def test_writes_in_place() -> None:
    constant = Tensor(strict(X))
    constant += 1
    constant[0] = 5.0
    np.testing.assert_array_equal(outside(constant.numpy()), [5.0, 3.0, 4.0])
    source = strict(X)
    x = Tensor(source, requires_grad=True)
    with autograd.no_grad():
        x -= 1.0
    np.testing.assert_array_equal(outside(x.numpy()), X - 1)
    np.testing.assert_array_equal(outside(source), X)


@pytest.mark.parametrize("copied", [lambda x: x.copy(), lambda x: x.detach(), copy.copy, copy.deepcopy])
def test_copies(copied: Callable[[Tensor], Tensor]) -> None:
    x = leaf()
    twin = copied(x)
    np.testing.assert_array_equal(outside(twin.numpy()), X)
    assert not np.shares_memory(outside(twin.numpy()), outside(x.numpy()))


def test_a_tensor_says_what_it_holds() -> None:
    assert repr(leaf()) == "Tensor(StrictArray(array([1., 2., 3.])), requires_grad=True)"


def test_pictures_show_sizes_and_ask_for_no_values() -> None:
    x = leaf()
    graph = autograd.trace((x * x).sum(), complete=True)
    assert graph.nodes
    assert "multiply" in autograd.draw((x * x).sum()).to_dot()


def test_a_cotangent_of_another_kind_is_refused_by_name() -> None:
    y = leaf() * 2
    with pytest.raises(DTypeError, match="must be a StrictArray like what it belongs to; got ndarray"):
        y.backward(np.ones(3))
    y.backward(strict(np.ones(3)))


def test_what_mixes_kinds_is_refused_and_both_are_named() -> None:
    with pytest.raises(DTypeError, match=r"StrictArray and ndarray do not compute together.*np\.asarray\(x, like=y\)"):
        leaf() * X


def test_the_strict_array_refuses_what_it_should() -> None:
    x = strict(X)
    for refused in (
        lambda: np.asarray(x),
        lambda: x + X,
        lambda: np.add.reduce(x),
        lambda: bool(x[0] > 0),
        lambda: float(x[0]),
    ):
        with pytest.raises(TypeError):
            refused()
    assert type(np.sum(x)) is StrictArray
