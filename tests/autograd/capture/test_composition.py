"""A captured function within transforms, and transforms that are captured."""

import copy

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, grad, hvp, jacobian, jvp, vmap


def f(x):
    return np.sum(np.tanh(x) ** 3)


def rows(i):
    return np.random.default_rng(i).normal(size=(4, 3))


@pytest.mark.parametrize("transform", [
    vmap, lambda f: vmap(grad(f)), lambda f: grad(lambda x: np.sum(vmap(f)(x))), lambda f: jacobian(vmap(f)),
    lambda f: vmap(lambda x: hvp(f, x, np.ones(3))),
], ids=["vmap", "vmap of grad", "grad of vmap", "jacobian of vmap", "vmap of hvp"])  # fmt: skip
def test_a_captured_transform(transform):
    fast = autograd.capture(transform(f))
    for i in range(6):
        assert np.array_equal(fast(rows(i)), transform(f)(rows(i)))
    assert fast.calls["replayed"] == 3


@pytest.mark.parametrize(("transform", "x"), [
    (grad, np.arange(3.0)), (jacobian, np.arange(3.0)), (vmap, rows(0)), (lambda f: vmap(grad(f)), rows(1)),
    (lambda f: grad(grad(lambda s: f(s * np.ones(3)))), 0.7),
    (lambda f: grad(lambda w: f(w * 2) * w.sum()), np.ones(3)),
    (lambda f: lambda x: jvp(f, (x,), (np.cos(x),)), np.arange(3.0)),
    (lambda f: lambda x: hvp(f, x, np.cos(x)), np.arange(3.0)),
], ids=["grad", "jacobian", "vmap", "vmap of grad", "second", "in a function", "jvp", "hvp"])  # fmt: skip
def test_a_transform_of_a_captured_function(transform, x):
    fast = autograd.capture(f)
    for _ in range(5):
        fast(np.ones(3))  # it is replayed from now on
    for i in range(4):
        for found, expected in zip(
            autograd.tree_leaves(transform(fast)(x + i)), autograd.tree_leaves(transform(f)(x + i)), strict=True
        ):
            assert np.array_equal(found, expected)


def test_a_variable_that_is_closed_over():
    def loss(w):
        return autograd.capture(lambda x: np.sum(w * x))(np.ones(3))

    kept = {}

    def shared(w):
        kept["w"] = w
        return kept["fast"](np.arange(3.0))

    kept["fast"] = autograd.capture(lambda x: np.sum(kept["w"] ** 2 * x))
    for i in range(5):
        assert np.array_equal(grad(loss)(np.ones(3)), np.ones(3))
        w = np.arange(3.0) + i
        assert np.array_equal(grad(shared)(w), 2 * w * np.arange(3.0))
        kept["w"] = np.ones(3)
        assert kept["fast"](np.arange(3.0)) == 3


def test_a_leaf_as_an_argument_whose_derivative_is_taken_outside():
    fast = autograd.capture(lambda x: np.sum(x**3))
    for i in range(5):
        x = Tensor(np.arange(3.0) + i, requires_grad=True)
        fast(x).backward()
        assert np.array_equal(x.grad, 3 * x.numpy() ** 2)
    assert "capture that derivative instead" in fast.explain()


def test_within_another_captured_function():
    inner = autograd.capture(lambda x: np.tanh(x) * 2)
    outer = autograd.capture(lambda x: inner(x) + inner(x + 1))
    for i in range(6):
        assert np.array_equal(outer(rows(i)), np.tanh(rows(i)) * 2 + np.tanh(rows(i) + 1) * 2)
    assert outer.calls["replayed"] == 3


def test_arrays_of_another_library_run_as_they_are():
    da = pytest.importorskip("dask.array")
    fast = autograd.capture(lambda x: np.tanh(x) * 2)
    for i in range(5):
        found = fast(da.from_array(rows(i)))
        assert isinstance(found, da.Array)
        assert np.array_equal(found.compute(), np.tanh(rows(i)) * 2)


SHARED = {
    "minus": lambda w, x: w[0] - 0.1 * x, "product": lambda w, x: w @ x, "method": lambda w, x: w[0].clip(0, x),
    "power": lambda w, x: w[0] ** x, "less": lambda w, x: (w[0] < x) * x,
    "where": lambda w, x: np.where(x > 1, w[0], x), "stack": lambda w, x: np.stack([w[0], x]),
    "einsum": lambda w, x: np.einsum("ij,j->i", w, x),
    "outer": lambda w, x: np.outer(w[0], x), "number": lambda w, x: w.max() - x.sum(),
}  # fmt: skip


@pytest.mark.parametrize("name", SHARED)
def test_an_array_that_all_examples_share_beside_the_batch(name):
    def step(w, x):
        return vmap(SHARED[name], (None, 0))(w, x), vmap(SHARED[name], (0, None))(np.stack([w, 2 * w]), x[0])

    def slopes(w, x):
        return grad(lambda w, x: sum(np.sum(y**2) for y in step(w, x)), argnum=(0, 1))(w, x)

    w, x = np.arange(12.0).reshape(3, 4) / 5 + 1, np.arange(20.0).reshape(5, 4) / 9 + 0.1
    for function in (step, slopes):
        fast = autograd.capture(function)
        for _ in range(4):
            for found, expected in zip(fast(w, x), function(w, x), strict=True):
                assert np.array_equal(found, expected)
        assert fast.calls["replayed"] == 1


def test_a_gradient_step_inside_of_vmap():  # MAML
    def error(w, x):
        return np.mean((np.tanh(x * w) - 1) ** 2)

    def adapted(w, x):
        return error(w - 0.05 * grad(error)(w, x), x)

    def step(w, x):
        return w - 0.1 * grad(lambda w: np.mean(vmap(adapted, (None, 0))(w, x)))(w)

    fast, w = autograd.capture(step), np.arange(3.0)
    for i in range(5):
        assert np.array_equal(fast(w, rows(i)), step(w, rows(i)))
        w = step(w, rows(i))
    assert fast.calls["replayed"] == 2


def test_a_fixed_point_is_recorded_for_each_number_of_iterations():
    slope = grad(lambda a: np.sum(autograd.fixed_point(lambda x, a: np.cos(a * x), np.ones(2), a)))
    fast = autograd.capture(slope)
    for a in [0.5, 0.5, 0.5, 0.5, 0.9, 0.9, 0.9, 0.9, 0.5]:
        assert fast(a) == slope(a)
    assert fast.calls["replayed"] >= 2
    diverging = autograd.capture(lambda a: autograd.fixed_point(lambda x, a: a * x, np.ones(2), a, max_iterations=20))
    for _ in range(4):
        with pytest.raises(autograd.errors.ConvergenceError, match="did not converge in 20 iterations"):
            diverging(2.0)


def test_a_captured_model_is_used_like_the_model_and_trained_in_a_captured_step():
    model = nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5))
    fast, x = autograd.capture(model), np.ones((4, 3), np.float32)
    assert list(fast.parameters()) == list(model.parameters())
    assert list(fast.state_dict()) == list(model.state_dict())
    fast.eval()
    assert not model.training
    assert not fast.training
    for _ in range(4):
        assert np.array_equal(fast(x), model(x))
        with pytest.raises(autograd.errors.GraphError, match="capture the step that calls backward"):
            fast(x).sum().backward()
    assert fast.calls["replayed"] > 3
    with pytest.raises(AttributeError, match="nothing"):
        fast.nothing
    assert copy.copy(fast).function is model
