"""checkpoint: the same values and gradients, less memory, the same random numbers; custom_vjp and stop_gradient."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, checkpoint, custom_vjp, grad, gradcheck, hessian, hvp, jacobian, jvp, stop_gradient
from autograd.engine.gradients import gradients
from autograd.errors import ArgumentError, GraphError, ShapeError
from autograd.random import generator
from nn import functional as F

X = np.array([0.3, -0.8, 1.4])


def f(x: Any) -> Any:
    return np.tanh(np.sin(x) * x**2)


def test_values_and_gradients_are_those_without_it() -> None:
    assert gradcheck(lambda x: checkpoint(f, x), X, order=3, modes=("reverse", "forward"))
    np.testing.assert_array_equal(jacobian(lambda x: checkpoint(f, x))(X), jacobian(f)(X))
    np.testing.assert_allclose(
        hessian(lambda x: np.sum(checkpoint(f, x)))(X), hessian(lambda x: np.sum(f(x)))(X), rtol=1e-12
    )
    np.testing.assert_allclose(jvp(lambda x: checkpoint(f, x), X, X)[1], jvp(f, X, X)[1], rtol=1e-12)
    np.testing.assert_allclose(
        hvp(lambda x: np.sum(checkpoint(f, x)), X, X), hvp(lambda x: np.sum(f(x)), X, X), rtol=1e-12
    )
    assert isinstance(checkpoint(f, X), np.ndarray)


def test_trees_keywords_constants_and_several_results() -> None:
    def g(p: Any, n: int, *, scale: Any) -> Any:
        return {"y": p["w"] ** n * scale, "n": n}, [np.sum(p["w"]), p["b"]]

    w, b, scale = Tensor([1.0, 2.0], requires_grad=True), Tensor(3.0), Tensor(2.0, requires_grad=True)
    tree, (total, same) = checkpoint(g, {"w": w, "b": b}, 3, scale=scale)
    assert tree["n"] == 3
    assert same is b
    (tree["y"].sum() + total).backward()
    assert w.grad is not None
    assert w.grad.tolist() == [7, 25]
    assert scale.grad is not None
    assert scale.grad.item() == 9


def test_a_module_gets_the_gradients_of_its_parameters() -> None:
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(3, 4, rng=rng), nn.Tanh(), nn.Linear(4, 2, rng=rng)).double()
    x = Tensor(rng.normal(size=(5, 3)), requires_grad=True)
    found = []
    for run in (model, lambda x: checkpoint(model, x)):
        model.zero_grad()
        x.zero_grad()
        (run(x) ** 2).sum().backward()
        found.append([p.grad.numpy() for p in model.parameters()] + [x.grad.numpy()])  # type: ignore[union-attr]
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_captured_results_and_shared_sources_are_counted_once() -> None:
    w = Tensor([2.0, 3.0], requires_grad=True)
    h = w * w  # captured by closure; w itself is captured, and an argument too
    for order in (1, 2):
        w.zero_grad()
        grads = []
        for wrapped in (True, False):

            def g(x: Any, h: Any = h) -> Any:
                return np.sum(x**2 * h * w)

            h = w * w
            y = (checkpoint(lambda x, g=g, h=h: g(x, h), w * 3) if wrapped else g(w * 3, h)) + checkpoint(g, w, h)
            [d] = gradients(y, [w], create_graph=order == 2)
            if order == 2:
                [d] = gradients(np.sum(d * d), [w])
            grads.append(d.tolist())
        assert grads[0] == pytest.approx(grads[1], rel=1e-12)


def test_memory_is_that_of_one_segment() -> None:
    """A chain of 16 segments of 8 operations on 400 kB."""
    x = Tensor(np.linspace(0, 1, 50_000), requires_grad=True)

    def segment(x: Any) -> Any:
        for _ in range(4):
            x = np.sin(np.tanh(x))
        return x

    def peak(run: Any) -> int:
        x.zero_grad()
        gc.collect()
        tracemalloc.start()
        y = x
        for _ in range(16):
            y = run(y)
        y.sum().backward()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    plain = peak(segment)
    first = x.grad
    saved = peak(lambda x: checkpoint(segment, x))
    assert first is not None
    assert x.grad is not None
    np.testing.assert_array_equal(first.numpy(), x.grad.numpy())
    assert plain > 64 * x.nbytes  # 8 operations, of which every second needs the result of the one before
    assert saved < plain / 2.5  # 16 kept results and one segment


def test_memory_returns_without_the_collector() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    gc.collect()
    gc.disable()
    try:
        for make in (
            lambda: checkpoint(f, x),
            lambda: log1pexp(x),
            lambda: autograd.fixed_point(lambda z, x: np.cos(z) * x / 3, x, x),
        ):
            y = make()
            watch = weakref.ref(y.node)
            y.sum().backward()
            y = None
            assert watch() is None
    finally:
        gc.enable()


def test_randomness_is_repeated_and_the_generators_move_on_as_without() -> None:
    x = Tensor(np.ones(1000), requires_grad=True)
    autograd.seed(1)
    y = checkpoint(lambda x: F.dropout(x, 0.5) * x, x)
    after = generator().random()
    y.sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), 2 * y.numpy())
    following = generator().random()
    autograd.seed(1)
    z = F.dropout(x, 0.5) * x
    np.testing.assert_array_equal(z.numpy(), y.numpy())
    assert (generator().random(), generator().random()) == (after, following)

    x.zero_grad()
    rng = np.random.default_rng(2)
    y = checkpoint(lambda x, rng: x * rng.normal(size=1000), x, rng)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), y.numpy())  # type: ignore[union-attr]
    other = np.random.default_rng(2)
    other.normal(size=1000)
    assert rng.random() == other.random()


def test_other_values_the_second_time_are_refused() -> None:
    x = Tensor(np.ones(10), requires_grad=True)
    rng = np.random.default_rng(0)
    y = checkpoint(lambda x: x * rng.normal(size=10), x)
    with pytest.raises(GraphError, match="other values when it was computed again"):
        y.sum().backward()
    assert x.grad is None


def test_a_parameter_changed_in_between_is_refused() -> None:
    w = Tensor([2.0], requires_grad=True)
    y = checkpoint(lambda x: x * w, Tensor([1.0]))
    with autograd.no_grad():
        w += 1
    with pytest.raises(autograd.errors.InPlaceError):
        y.sum().backward()


def test_an_error_inside_and_no_grad() -> None:
    x = Tensor([1.0], requires_grad=True)
    with pytest.raises(ZeroDivisionError):
        checkpoint(lambda x: x * (1 / 0), x)
    with autograd.no_grad():
        assert not checkpoint(f, x).requires_grad
    y = checkpoint(lambda x: x, x)
    assert y is not x
    assert not np.shares_memory(y.numpy(), x.numpy())
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.item() == 1
    assert checkpoint(lambda x: 5, x) == 5


# custom_vjp, stop_gradient


@custom_vjp
def log1pexp(x: Any) -> Any:
    return np.log1p(np.exp(x))


log1pexp.defvjp(lambda x: (log1pexp(x), x), lambda x, g: g * (1 - 1 / (1 + np.exp(x))))


def test_custom_vjp_is_used_in_every_mode() -> None:
    assert gradcheck(log1pexp, X, order=3, modes=("reverse", "forward"))
    with np.errstate(over="ignore"):
        assert grad(log1pexp)(1000.0) == 1.0  # where the rule of log(1 + exp) gives nan
    assert type(log1pexp(1.0)) is np.float64
    assert isinstance(log1pexp(Tensor(1.0)), Tensor)
    assert "log1pexp" in repr(log1pexp)


def test_custom_vjp_may_call_anything_and_takes_trees() -> None:
    @custom_vjp
    def norm(p: Any, n: int) -> Any:
        return {"norm": np.float64(np.linalg.norm(np.asarray(p["a"])) * n)}

    def forward(p: Any, n: int) -> Any:
        assert isinstance(p["a"], np.ndarray)
        out = norm(p, n)
        return out, (p["a"], out["norm"], n)

    norm.defvjp(
        forward, lambda needed, g: ({"a": g["norm"] * needed[2] ** 2 * np.asarray(needed[0]) / needed[1]}, None)
    )
    assert grad(lambda a: norm({"a": a}, 2)["norm"])(np.array([3.0, 4.0])).tolist() == pytest.approx([1.2, 1.6])


def test_custom_vjp_names_what_is_wrong() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ArgumentError, match="no gradient yet"):
        custom_vjp(lambda x: x)(x)
    with pytest.raises(ArgumentError, match="two functions"):
        custom_vjp(lambda x: x).defvjp(lambda x: x, None)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="result, what backward needs"):
        custom_vjp(lambda x: x).defvjp(lambda x: x, lambda n, g: g)(x)
    y = custom_vjp(lambda x: x).defvjp(lambda x: (x * 1, None), lambda n, g: g[0])(x)
    with pytest.raises(ShapeError, match=r"shape \(\) for an argument of shape \(2,\)"):
        y.sum().backward()
    y = custom_vjp(lambda x, z: x).defvjp(lambda x, z: (x * 1, None), lambda n, g: g)(x, 1.0)
    with pytest.raises(ArgumentError, match="each of its 2 arguments"):
        y.sum().backward()
    with pytest.raises(GraphError, match="none of its arguments"):
        custom_vjp(lambda z: z * x).defvjp(lambda z: (z * x, None), lambda n, g: g)(
            Tensor([1.0, 1.0], requires_grad=True)
        )


def test_stop_gradient() -> None:
    assert grad(lambda x: x * stop_gradient({"y": x})["y"])(3.0) == 3.0
    assert jvp(lambda x: x * stop_gradient(x), 3.0, 1.0)[1] == 3.0
    assert stop_gradient([1, "a", X])[2] is X
