"""fixed_point and root: solutions, their derivatives of any order, failures; and the examples that use them."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, fixed_point, grad, gradcheck, hessian, jacobian, jvp, no_grad, root
from autograd.errors import ArgumentError, ConvergenceError, DTypeError, ShapeError
from tests import ROOT

A = np.array([[0.2, -0.1, 0.3], [0.1, 0.25, -0.2], [-0.3, 0.1, 0.1]])
B = np.array([0.5, -1.0, 0.8])


def layer(x: Any, A: Any, b: Any) -> Any:
    return np.tanh(A @ x + b)


def solution(A: Any, b: Any) -> Any:
    return fixed_point(layer, np.zeros(3), A, b, tolerance=1e-13)


def unrolled(A: Any, b: Any) -> Any:
    x: Any = np.zeros(3)
    for _ in range(60):
        x = layer(x, A, b)
    return x


def example(name: str) -> Any:
    path = ROOT / "examples" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"example_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_fixed_point_and_its_derivatives_are_those_of_the_unrolled_iteration() -> None:
    np.testing.assert_allclose(solution(A, B), unrolled(A, B), atol=1e-12)
    np.testing.assert_allclose(jacobian(solution, argnum=(0, 1))(A, B)[0], jacobian(unrolled)(A, B), atol=1e-11)
    np.testing.assert_allclose(
        jacobian(solution, argnum=1, mode="forward")(A, B), jacobian(unrolled, argnum=1)(A, B), atol=1e-11
    )
    np.testing.assert_allclose(jvp(solution, (A, B), (B * A, B))[1], jvp(unrolled, (A, B), (B * A, B))[1], atol=1e-11)

    def energy(run: Any) -> Any:
        return lambda b: np.sum(run(A, b) ** 3)

    np.testing.assert_allclose(hessian(energy(solution))(B), hessian(energy(unrolled))(B), atol=1e-9)
    assert gradcheck(lambda b: solution(A, b), B, order=2, modes=("reverse", "forward"), rtol=1e-5)


def test_what_the_function_captures_gets_gradients() -> None:
    w, b = Tensor(A, requires_grad=True), Tensor(B, requires_grad=True)
    h = w * 1.0
    x = fixed_point(lambda x: np.tanh(h @ x + b * np.sum(w)), np.zeros(3), tolerance=1e-13)
    assert isinstance(x, Tensor)
    np.sum(x**2).backward()

    def direct(A: Any, b: Any) -> Any:
        return np.sum(
            fixed_point(lambda x, A, b: np.tanh(A @ x + b * np.sum(A)), np.zeros(3), A, b, tolerance=1e-13) ** 2
        )

    expected = grad(direct, argnum=(0, 1))(A, B)
    assert w.grad is not None
    assert b.grad is not None
    np.testing.assert_allclose(w.grad.numpy(), expected[0], atol=1e-11)
    np.testing.assert_allclose(b.grad.numpy(), expected[1], atol=1e-11)


def test_trees_kinds_and_no_grad() -> None:
    found = fixed_point(lambda s, a: {"x": np.cos(s["y"]) * a, "y": (s["x"] + a) / 3}, {"x": 0.0, "y": 0.0}, 0.5)
    assert type(found["x"]) is float
    assert found["x"] == pytest.approx(np.cos(found["y"]) * 0.5)
    slope = grad(
        lambda a: fixed_point(lambda s, a: {"x": np.cos(s["y"]) * a, "y": (s["x"] + a) / 3}, {"x": 0.0, "y": 0.0}, a)[
            "y"
        ]
    )(0.5)
    x, y = found["x"], found["y"]  # x = a cos y, y = (x + a) / 3: differentiated by hand
    assert slope == pytest.approx((np.cos(y) + 1) / 3 / (1 + 0.5 * np.sin(y) / 3), rel=1e-8)
    assert x > 0
    with no_grad():
        assert not fixed_point(lambda x, a: x / 2 + a, 0.0, Tensor(1.0, requires_grad=True)).requires_grad
    assert fixed_point(lambda x: x / 2, np.ones(2, np.float32)).dtype == np.float32


def test_failures_are_named() -> None:
    with pytest.raises(ConvergenceError, match=r"did not converge in 50 iterations.*contraction"):
        fixed_point(lambda x: 1 - 2 * x, 0.0, max_iterations=50)
    with np.errstate(over="ignore"), pytest.raises(ConvergenceError):
        fixed_point(lambda x: x**2 + 2, 1.0)
    with pytest.raises(ShapeError, match="one shape"):
        fixed_point(lambda x: np.ones(3), np.ones(2))
    with pytest.raises(ArgumentError, match="built like"):
        fixed_point(lambda x: [x], {"x": 1.0})
    with pytest.raises(ArgumentError, match="max_iterations"):
        fixed_point(np.cos, 1.0, max_iterations=0)
    with pytest.raises(ArgumentError, match="tolerance"):
        fixed_point(np.cos, 1.0, tolerance=0.0)
    with pytest.raises(DTypeError, match="x0"):
        fixed_point(np.cos, 1)
    with pytest.raises(ConvergenceError, match="root found no solution"):
        root(lambda x: x**2 + 1, np.ones(1))
    with pytest.raises(ShapeError, match="as many numbers"):
        root(lambda x: x[:1], np.ones(2))


def test_root_and_its_derivatives() -> None:
    def f(x: Any, a: Any) -> Any:
        return x**3 + x - a

    a = np.array([2.0, 10.0])
    x = root(f, np.ones(2), a)
    np.testing.assert_allclose(x, [1, 2], rtol=1e-9)
    solve = lambda a: root(f, np.ones(2), a)  # noqa: E731
    np.testing.assert_allclose(jacobian(solve)(a), np.diag(1 / (3 * x**2 + 1)), rtol=1e-8)
    np.testing.assert_allclose(jacobian(solve, mode="forward")(a), np.diag(1 / (3 * x**2 + 1)), rtol=1e-8)
    second = hessian(lambda a: np.sum(root(f, np.ones(2), a)))(a)
    np.testing.assert_allclose(second, np.diag(-6 * x / (3 * x**2 + 1) ** 3), rtol=1e-7, atol=1e-12)
    assert type(root(lambda x: x - 1.0, 0.0)) is float
    newton = root(f, np.ones(2), a, solver=lambda F, x: x - F(x) * 0 + np.array([0.0, 1.0]))
    np.testing.assert_allclose(newton, [1, 2])
    matrix = root(lambda X, a: X @ X - a * np.eye(2), np.eye(2), 4.0)
    np.testing.assert_allclose(matrix, 2 * np.eye(2), atol=1e-8)
    assert grad(lambda a: np.trace(root(lambda X, a: X @ X - a * np.eye(2), np.eye(2), a)))(4.0) == pytest.approx(0.5)


# The examples


def test_the_market_by_root_and_by_a_rule_of_ones_own() -> None:
    market = example("equilibrium")
    tax = np.array([0.1, 0.2, 0.05])
    J = jacobian(market.clearing_prices)(tax)
    np.testing.assert_allclose(J, jacobian(lambda tax: np.exp(market.solved(tax)))(tax), rtol=1e-7)
    assert gradcheck(market.clearing_prices, tax, rtol=1e-5)
    assert gradcheck(market.revenue, tax, order=2, rtol=1e-4)


def test_a_predator_prey_model_by_the_adjoint_of_its_equation() -> None:
    ode = example("ode_adjoint")
    times, rates = np.array([0.0, 0.4, 1.0]), np.array([1.1, 0.4, 0.4, 0.1])
    assert gradcheck(
        lambda theta: ode.odeint(ode.lotka_volterra, np.array([2.0, 1.0]), times, (theta,), rtol=1e-9, atol=1e-11),
        rates,
        rtol=1e-5,
    )


def test_physics_from_an_energy(capsys: pytest.CaptureFixture[str]) -> None:
    physics = example("energy")
    x, norms = physics.newton(physics.energy, physics.start())
    assert norms[-1] < 1e-10
    assert norms[-1] < 10 * norms[-2] ** 1.5  # the last steps converge quadratically
    assert np.abs(physics.force(x)).max() < 1e-10
    assert physics.frequencies(x)[0] > 0  # every direction is stable
    np.testing.assert_allclose(x[:, 1], x[::-1, 1], atol=1e-9)  # hangs symmetrically
    v = np.zeros_like(x)
    v[3] = [0.3, -0.2]
    y, w = physics.simulate(x, v, 0.2, 400)
    assert physics.total(y, w) == pytest.approx(physics.total(x, v), rel=1e-5)
    assert gradcheck(lambda v: physics.simulate(x, v, 0.02, 5)[0], v)
    strike, misses = physics.aim(x, x[6, 1] + 0.02, 0.03, 15)
    assert misses[-1] < 1e-8
    assert strike > 0


def test_the_heat_equation_by_a_network() -> None:
    heat = example("heat")
    rng = np.random.default_rng(0)
    t, x = rng.uniform(0, 1, (2, 5))
    np.testing.assert_allclose(heat.residual(heat.exact, t, x), np.zeros(5), atol=1e-12)
    net = heat.network(rng)
    weight = net[2].weight.numpy()

    def by_weight(W: Any) -> Any:
        u = heat.solution(lambda points: nn.functional_call(net, {"2.weight": W}, points))
        return heat.residual(u, t, x)

    assert gradcheck(by_weight, weight)
    np.sum(heat.residual(heat.solution(net), t, x)).backward()
    expected = grad(lambda W: np.sum(by_weight(W)))(weight)
    np.testing.assert_allclose(net[2].weight.grad.numpy(), expected.numpy(), rtol=1e-10, atol=1e-14)
    u, losses = heat.solve(120, np.random.default_rng(0))
    assert losses[-1] < 1e-3 * losses[0]
    assert heat.error(u) < 5e-3
