"""Shares: what an index selects sends back its own part, added in place to what waits, and nothing that others see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, no_grad
from autograd.engine import share
from autograd.engine.graph import oldest_first

W = np.random.default_rng(0).normal(size=(4, 5))


def neighbours(x: Any) -> Any:
    """A sum in which the middle of x is selected several times, in different ways."""
    whole = x * W
    parts = x[1:-1, 1:-1] * x[2:, 1:-1] + x[:-2, 2:] * x[0, 0]
    return np.sum(parts * parts) + np.sum(whole * x) + x[np.int64(2), -1] * x[None, ..., 0][0, 1] + np.sum(x[::-2, 1])


def stacked(x: Any) -> Any:
    """The same, where each part is one of a whole array of zeros."""

    def part(*index: Any) -> Any:
        rows, columns = np.eye(4)[index[0]], np.eye(5)[:, index[1]]
        return rows @ x @ columns

    middle, below = part(slice(1, -1), slice(1, -1)), part(slice(2, None), slice(1, -1))
    above, corner = part(slice(None, -2), slice(2, None)), part(0, 0)
    parts = middle * below + above * corner
    last = part(2, -1) * part(1, 0) + np.sum(part(slice(None, None, -2), 1))
    return np.sum(parts * parts) + np.sum(x * W * x) + last


@pytest.mark.parametrize("leaf", [True, False])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_sum_of_parts_is_that_of_wholes(leaf: bool, dtype: Any) -> None:
    grads = []
    for f in (neighbours, stacked):
        x = Tensor(W.astype(dtype) * 0.5, requires_grad=True)
        f(x if leaf else x * dtype(1.0)).backward()
        grads.append(x.grad.numpy())
        assert grads[-1].dtype == dtype
    np.testing.assert_allclose(*grads, rtol=1e-12 if dtype is np.float64 else 1e-5)


def test_derivatives_of_second_order_and_forward() -> None:
    assert autograd.gradcheck(neighbours, W * 0.5)
    assert autograd.gradgradcheck(neighbours, W * 0.5)
    hessian = autograd.hessian(neighbours)(W * 0.5)
    np.testing.assert_allclose(hessian, autograd.hessian(stacked)(W * 0.5), rtol=1e-10, atol=1e-12)


def test_a_graph_that_is_kept_gives_the_same_again() -> None:
    x = Tensor(W * 0.5, requires_grad=True)
    y = neighbours(x * 1.0)
    y.backward(retain_graph=True)
    first = x.grad.numpy().copy()
    x.grad = None
    y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), first)


SEEN: dict[str, Callable[[Any, list[Any]], Any]] = {
    "a hook's gradient": lambda y, seen: y.register_hook(lambda g: seen.append(g.numpy())),
    "a retained gradient": lambda y, seen: y.retain_grad(),
}


@pytest.mark.parametrize("look", SEEN.values(), ids=SEEN)
def test_what_others_hold_does_not_change(look: Any) -> None:
    """y receives one array that its hook keeps; x, of which y is a copy, then receives parts."""
    seen: list[Any] = []
    x = Tensor(W.copy(), requires_grad=True)
    middle = x * 1.0
    y = middle + 0.0  # hands its cotangent on as it is
    look(y, seen)
    total = np.sum(middle[1:] * 3.0) + np.sum(middle[0]) + np.sum(y * W)
    total.backward()
    held = seen[0] if seen else y.grad.numpy()
    np.testing.assert_array_equal(held, W)
    np.testing.assert_array_equal(x.grad.numpy(), W + np.array([[1.0], [3.0], [3.0], [3.0]]))


@pytest.mark.parametrize("leaf", [True, False])
def test_the_callers_gradient_does_not_change(leaf: bool) -> None:
    x = Tensor(W.copy(), requires_grad=True)
    middle = x if leaf else x * 1.0
    seeds = [W.copy(), np.ones((3, 5)), np.broadcast_to(2.0, (4, 5))]
    autograd.backward([middle, middle[1:], middle], seeds)
    np.testing.assert_array_equal(seeds[0], W)
    np.testing.assert_array_equal(seeds[1], 1.0)
    expected = W + 2.0
    expected[1:] += 1.0
    np.testing.assert_array_equal(x.grad.numpy(), expected)


def test_one_cotangent_for_two_arguments() -> None:
    """a + b hands the same array to both; the part that comes to a does not reach b."""
    a, b = (Tensor(W.copy(), requires_grad=True) for _ in range(2))
    u, v = a * 1.0, b * 1.0
    part = u[1, 1] * 10.0
    np.sum((u + v) * W + part).backward()
    np.testing.assert_array_equal(b.grad.numpy(), W)
    assert a.grad.numpy()[1, 1] == pytest.approx(W[1, 1] + 200.0)


def test_n_elements_cost_one_array_of_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    whole = share.Share.whole
    monkeypatch.setattr(share.Share, "whole", lambda self: made.append(1) or whole(self))
    x = Tensor(np.arange(50.0), requires_grad=True)
    y = x * 1.0
    total = 0.0
    for i in range(50):
        total = total + y[i] * i
    total.backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.arange(50.0))
    assert len(made) == 1


def test_what_is_added_to_a_view_is_one_operation_of_the_root() -> None:
    w = Tensor([2.0, 3.0, 4.0], requires_grad=True)
    u = w * 1.0
    u[1:] += w[:-1]
    u[:2] -= 1.0
    names = [node.name for node in oldest_first([u.node])]
    assert names == ["multiply", "getitem", "setitem", "setitem"]
    np.testing.assert_array_equal(u.numpy(), [1.0, 4.0, 7.0])


UPDATES: dict[str, Callable[[Any, Any], None]] = {
    "slice": lambda u, w: u[1:, 1:].__iadd__(w[0, 0] * w[1:, 1:]),
    "minus": lambda u, w: u[1:, 1:].__isub__(w[1:, :1]),
    "transposed": lambda u, w: u.T.__iadd__(w[0, :4]),
    "backwards": lambda u, w: u[::-1, ::2][1:].__isub__(w[:3, :3]),
    "reshaped": lambda u, w: u.reshape(-1)[3:7].__iadd__(w[1, :4]),
    "itself": lambda u, w: u[1:].__iadd__(u[:-1]),
    "number": lambda u, w: u[0].__iadd__(2.5),
    "twice": lambda u, w: [row.__isub__(w[0]) for row in u] and None,
    "row": lambda u, w: u[2].__iadd__(w[1]),
}


@pytest.mark.parametrize("update", UPDATES.values(), ids=UPDATES)
def test_gradients_of_what_is_added_to_a_view(update: Any) -> None:
    def f(x: Any, w: Any) -> Any:
        u = x * 1.0
        before = np.sum(np.sin(u))
        update(u, w)
        return np.sum(u * u * W) + before

    x, w = W * 0.5, W[::-1] * 0.3
    expected = x.copy()
    update(expected, w)
    assert f(Tensor(x), Tensor(w)).item() == pytest.approx(float(np.sum(expected**2 * W) + np.sum(np.sin(x))))
    assert autograd.gradcheck(f, x, w)
    assert autograd.gradgradcheck(f, x, w)


def test_values_that_do_not_fit_are_numpys_errors() -> None:
    u = Tensor(np.zeros((2, 3), np.float32), requires_grad=True) * np.float32(1)
    with pytest.raises(ValueError):
        u[0] += np.ones((2, 3), np.float32)
    with pytest.raises(TypeError, match="complex"):
        u[0] += 1j
    u[0] += np.arange(3.0)  # float64, as NumPy adds it
    assert u.dtype == np.float32
    np.testing.assert_array_equal(u.numpy()[0], [0.0, 1.0, 2.0])
    whole = Tensor(np.zeros(3, int))
    with pytest.raises(TypeError):
        whole[1:] += 0.5
    with no_grad():
        whole[1:] += 2
    np.testing.assert_array_equal(whole.numpy(), [0, 2, 2])
