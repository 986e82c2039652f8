"""Solutions of differential equations and of minimisations, and their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize

from autograd import Tensor, grad, gradcheck, hessian, jacobian
from autograd.errors import ConvergenceError, NoRuleError, ShapeError
from autograd.scipy import integrate, optimize

TIMES = np.array([0.0, 0.3, 0.7, 1.5])
Y0 = np.array([1.0, 0.4])


def pendulum(y: Any, t: Any, damping: Any, force: Any) -> Any:
    return np.stack([y[1], -damping["d"] * y[1] - np.sin(y[0]) * force[0] + 0.1 * np.cos(force[1] * t)])


def solved(y0: Any, t: Any, d: Any, force: Any) -> Any:
    return integrate.odeint(pendulum, y0, t, ({"d": d}, force), rtol=1e-10, atol=1e-12)


FORCE = np.array([1.3, 2.0])


def test_odeint_has_scipys_values() -> None:
    peer = scipy.integrate.odeint(pendulum, Y0, TIMES, ({"d": 0.2}, FORCE), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(solved(Y0, TIMES, 0.2, FORCE), peer, rtol=1e-7)
    np.testing.assert_allclose(integrate.odeint(pendulum, Y0, TIMES, ({"d": 0.2}, FORCE)), peer, rtol=1e-5)
    turned = integrate.odeint(lambda t, y: pendulum(y, t, {"d": 0.2}, FORCE), Y0, TIMES, tfirst=True)
    np.testing.assert_allclose(turned, peer, rtol=1e-5)


def test_odeint_by_everything() -> None:
    assert gradcheck(solved, Y0, TIMES, np.array(0.2), FORCE, rtol=1e-5, atol=1e-6)
    assert gradcheck(solved, Y0, TIMES[::-1].copy(), np.array(0.2), FORCE, rtol=1e-5, atol=1e-6)


def test_odeint_against_the_formula() -> None:
    def decay(y: Any, t: Any, theta: Any) -> Any:
        return -theta[0] * y + theta[1] * np.cos(t)

    def weighted(y0: Any, theta: Any) -> Any:
        return np.sum(weights * integrate.odeint(decay, y0, times, (theta,), rtol=1e-10, atol=1e-12))

    times, y0, theta = np.array([0.0, 0.4, 1.0]), np.array([1.0, 2.0]), np.array([0.7, 0.0])
    y, weights = np.exp(-0.7 * times)[:, None] * y0, np.arange(6.0).reshape(3, 2)
    by_y0, by_theta = grad(weighted, argnum=(0, 1))(y0, theta)
    np.testing.assert_allclose(by_y0, np.exp(-0.7 * times) @ weights, rtol=1e-6)
    assert by_theta[0] == pytest.approx(np.sum(weights * -times[:, None] * y), rel=1e-6)


def test_odeint_with_whole_numbers_among_its_arguments() -> None:
    f = lambda a: integrate.odeint(lambda y, t, a, n: -a * y**n, [1.0], [0.0, 1.0], (a, 2))[1, 0]  # noqa: E731
    assert f(0.5) == pytest.approx(1 / 1.5, rel=1e-6)
    assert grad(f)(0.5) == pytest.approx(-1 / 1.5**2, rel=1e-6)


@pytest.mark.parametrize("method", ["RK45", "DOP853", "LSODA", "BDF"])
def test_solve_ivp(method: str) -> None:
    def end(y0: Any, a: Any) -> Any:
        found = integrate.solve_ivp(lambda t, y, a: -a * y, (0, 2), y0, method, [0.5, 1.5], (a,), rtol=1e-9, atol=1e-11)
        assert found.success
        assert found.y.shape == (1, 2)
        return found.y[0]

    y0 = np.array([3.0])
    np.testing.assert_allclose(end(y0, 0.7), 3 * np.exp([-0.35, -1.05]), rtol=1e-5)
    by_y0, by_a = jacobian(end, (0, 1))(y0, np.array(0.7))
    np.testing.assert_allclose(by_y0[:, 0], np.exp([-0.35, -1.05]), rtol=1e-5)
    np.testing.assert_allclose(by_a, 3 * np.exp([-0.35, -1.05]) * [-0.5, -1.5], rtol=1e-5)


def test_odeint_at_equal_times_and_with_scipys_options() -> None:
    times = np.array([0.0, 0.0, 0.5, 1.0, 1.0])
    np.testing.assert_allclose(solved(Y0, times, 0.2, FORCE), solved(Y0, times[1:4], 0.2, FORCE)[[0, 0, 1, 2, 2]])
    slopes = grad(lambda t: np.sum(solved(Y0, t, 0.2, FORCE)[:, 0] * np.array([1.0, 2, 3, 4, 5])))(times)
    alone = grad(lambda t: np.sum(solved(Y0, t, 0.2, FORCE)[:, 0] * np.array([3.0, 3, 9])))(times[1:4])
    np.testing.assert_allclose(slopes[2:], [alone[1], alone[2] * 4 / 9, alone[2] * 5 / 9], rtol=1e-6)
    assert grad(lambda y0: np.sum(integrate.odeint(pendulum, y0, [0.5], ({"d": 0.2}, FORCE))))(Y0).tolist() == [1, 1]
    given = {"h0": 1e-3, "hmax": 0.1, "mxstep": 1000}
    found = grad(lambda y0: np.sum(integrate.odeint(lambda y, t: -y, y0, TIMES, **given)))(Y0)
    np.testing.assert_allclose(found, np.sum(np.exp(-TIMES)), rtol=1e-6)
    with pytest.raises(NoRuleError, match="odeint with full_output= is not differentiable here"):
        integrate.odeint(lambda y, t: -y, Y0, TIMES, full_output=True)


def test_second_derivatives_of_solutions() -> None:
    found = hessian(lambda y0: np.sum(integrate.odeint(lambda y, t: -y * y, y0, TIMES)))(Y0)  # y = y0 / (1 + y0 t)
    exact = -2 * np.sum(TIMES[:, None] / (1 + Y0 * TIMES[:, None]) ** 3, axis=0)
    np.testing.assert_allclose(found, np.diag(exact), rtol=1e-6, atol=1e-9)
    assert gradcheck(solved, Y0, TIMES[:2], np.array(0.2), FORCE, rtol=1e-5, atol=1e-6, order=2)

    def oscillation(y0: Any, t: Any, d: Any) -> Any:
        return integrate.solve_ivp(lambda t, y, d: np.stack([y[1], -d * t * y[0]]), (0.1, 0.6), y0, t_eval=t, args=(d,),
                                   rtol=1e-9, atol=1e-10).y  # fmt: skip

    both = ("reverse", "forward")
    assert gradcheck(oscillation, Y0, TIMES[1:2], np.array(1.3), rtol=1e-4, atol=1e-5, order=2, modes=both)


def test_a_slope_that_does_not_depend_on_everything() -> None:
    def ramp(a: Any, unused: Any) -> Any:
        return integrate.odeint(lambda y, t, a, unused: [a * t, 2.0], Y0, TIMES, (a, unused))

    np.testing.assert_allclose(jacobian(ramp, (0, 1))(3.0, 1.0)[0][:, 0], TIMES**2 / 2, rtol=1e-7)
    assert not np.any(jacobian(ramp, (0, 1))(3.0, 1.0)[1])
    np.testing.assert_allclose(grad(lambda y0: np.sum(integrate.odeint(lambda y, t: [1.0, 2.0], y0, TIMES)))(Y0), 4)


def test_solve_ivp_where_it_stepped() -> None:
    def last(y0: Any) -> Any:
        return integrate.solve_ivp(lambda t, y: -y, (0.0, 1.0), y0, rtol=1e-8, atol=1e-10).y[0, -1]

    assert grad(last)(np.array([2.0]))[0] == pytest.approx(np.exp(-1), rel=1e-6)


def test_what_the_solvers_refuse() -> None:
    y0 = Tensor(Y0, requires_grad=True)
    with pytest.raises(NoRuleError, match="solve_ivp with events= is not differentiable here"):
        integrate.solve_ivp(lambda t, y: -y, (0, 1), y0, events=lambda t, y: y[0])
    with pytest.raises(ShapeError, match="takes a vector y0"):
        integrate.odeint(lambda y, t: -y, np.ones((2, 2)), TIMES)
    with pytest.raises(NoRuleError, match=r"odeint: the function reads a Tensor .* Pass it in args="):
        integrate.odeint(lambda y, t: [-y[0], y0[0] * y[1]], Y0, TIMES)
    with np.errstate(all="ignore"), pytest.raises(ConvergenceError, match="did not reach the end"):
        integrate.solve_ivp(lambda t, y: y**2, (0, 2), np.array([1.0]))
    assert integrate.quad is scipy.integrate.quad


def test_root() -> None:
    def cube_root(a: Any) -> Any:
        return optimize.root(lambda x, a: x**3 - a, np.ones(2), a, tol=1e-12).x

    a = np.array([8.0, 27.0])
    np.testing.assert_allclose(cube_root(a), [2, 3], rtol=1e-10)
    np.testing.assert_allclose(np.diagonal(jacobian(cube_root)(a)), 1 / (3 * np.array([4.0, 9.0])), rtol=1e-8)


def test_minimize() -> None:
    def objective(x: Any, a: Any, b: Any) -> Any:
        return np.sum((x - a) ** 4) + np.sum(b * (x - a) ** 2) + 0.5 * x[0] * x[1]

    def nearest(a: Any, b: Any) -> Any:
        return optimize.minimize(objective, np.zeros(2), (a, b), tol=1e-10).x

    a, b = np.array([1.0, -0.5]), np.array(1.5)
    peer = scipy.optimize.minimize(objective, np.zeros(2), (a, b), tol=1e-10)
    np.testing.assert_allclose(nearest(a, b), peer.x, rtol=1e-5)
    assert optimize.minimize(objective, np.zeros(2), (a, b)).fun == pytest.approx(peer.fun)
    assert gradcheck(nearest, a, b, rtol=1e-4, atol=1e-4, eps=1e-4)
    with pytest.raises(ConvergenceError, match="minimize found no minimum"):
        optimize.minimize(objective, np.zeros(2), (a, b), options={"maxiter": 1})


def test_minimize_takes_what_scipy_takes() -> None:
    seen: list[Any] = []
    bowl = lambda x, a: np.sum((x - a) ** 4 + x**2)  # noqa: E731
    plain = optimize.minimize(bowl, np.zeros(2), 1.0, tol=1e-9).x
    options: list[dict[str, Any]] = [
        {"method": "trust-exact", "hess": lambda x, a: np.diag(12 * (x - a) ** 2 + 2)},
        {"method": "Newton-CG", "hessp": lambda x, p, a: (12 * (x - a) ** 2 + 2) * p},
        {"callback": lambda x: seen.append(x)},
    ]
    for given in options:
        np.testing.assert_allclose(optimize.minimize(bowl, np.zeros(2), 1.0, tol=1e-9, **given).x, plain, rtol=1e-5)
    assert seen
    both = optimize.minimize(lambda x, a: (bowl(x, a), None), np.zeros(2), 1.0, jac=True, tol=1e-9)
    np.testing.assert_allclose(both.x, plain)
    for given in ({"bounds": [(0, 1)] * 2}, {"constraints": [{"type": "eq", "fun": sum}]}):
        with pytest.raises(NoRuleError, match=r"bounds or constraints .* x = exp\(z\)"):
            optimize.minimize(bowl, np.zeros(2), 1.0, **given)


def test_the_value_at_the_minimum_moves_by_the_envelope_theorem() -> None:
    value = lambda a: optimize.minimize(lambda x, a: np.sum(x**2 - a * x), np.zeros(1), a, tol=1e-10).fun  # noqa: E731
    assert grad(value)(3.0) == pytest.approx(-1.5, rel=1e-6)
