"""Gradients through scipy.integrate.solve_ivp by the adjoint method, with `custom_vjp`.

    python examples/ode_adjoint.py

    y' = f(t, y, θ)      y(t0) = y0
    a(t) = dJ/dy(t), integrated backward in time:      a' = -(∂f/∂y)ᵀ a      θ̄ = ∫ (∂f/∂θ)ᵀ a dt

The solver is SciPy's and records nothing. The backward pass is a second differential equation, whose right-hand side is
a vjp of f, so no graph of the steps is kept (Chen et al. 2018, arXiv:1806.07366; Pontryagin et al. 1962). At each time
of observation the cotangent of the solution at that time is added to the adjoint. The trajectory is read from the
solver's dense output: integrating it backward would be unstable where the forward equation is dissipative.

The example estimates the four rates of a predator-prey model from observations of both populations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

from autograd import custom_vjp, value_and_grad, vjp


def odeint(
    f: Callable[..., Any], y0: Any, times: np.ndarray, theta: Any, rtol: float = 1e-8, atol: float = 1e-10
) -> Any:
    """The solution of y' = f(t, y, theta) from y0 at times[0], at all times: (T, n), differentiable by y0 and theta.

    Args:  f: plain NumPy, returns (n,). y0: (n,). theta: (p,). times: ascending or descending, at least two.
    """
    options: dict[str, Any] = {"rtol": rtol, "atol": atol, "method": "DOP853"}

    def forward(y0: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, Any]:
        found = solve_ivp(
            lambda t, y: f(t, y, theta), (times[0], times[-1]), y0, t_eval=times, dense_output=True, **options
        )
        if not found.success:
            raise RuntimeError(f"solve_ivp: {found.message}")
        return found.y.T, (found.sol, theta, y0.size)

    def backward(needed: Any, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        trajectory, theta, n = needed

        def adjoint(t: float, state: np.ndarray) -> np.ndarray:
            _, pullback = vjp(lambda y, theta: f(t, y, theta), trajectory(t), theta)
            by_y, by_theta = pullback(state[:n])
            return np.concatenate([-by_y, -by_theta])

        state = np.concatenate([g[-1], np.zeros(theta.size)])
        for k in range(len(times) - 1, 0, -1):
            found = solve_ivp(adjoint, (times[k], times[k - 1]), state, **options)
            if not found.success:
                raise RuntimeError(f"solve_ivp, adjoint: {found.message}")
            state = found.y[:, -1]
            state[:n] += g[k - 1]
        return state[:n], state[n:]

    solution = custom_vjp(lambda y0, theta: forward(y0, theta)[0])
    return solution.defvjp(forward, backward)(y0, theta)


def lotka_volterra(t: Any, y: Any, theta: Any) -> Any:
    """Prey and predators: y = (prey, predators), theta = (birth, hunt, death, growth)."""
    prey, predators = y[0], y[1]
    return np.stack([theta[0] * prey - theta[1] * prey * predators, theta[3] * prey * predators - theta[2] * predators])


def main() -> None:
    truth = np.array([1.1, 0.4, 0.4, 0.1])
    times, y0 = np.linspace(0, 12, 13), np.array([10.0, 5.0])
    observed = odeint(lotka_volterra, y0, times, truth)
    observed = observed * np.random.default_rng(0).lognormal(0, 0.02, observed.shape)

    def loss(logs: Any) -> Any:
        return np.mean(
            (np.log(odeint(lotka_volterra, y0, times, np.exp(logs), rtol=1e-6, atol=1e-8)) - np.log(observed)) ** 2
        )

    found = minimize(value_and_grad(loss), np.log([1.0, 0.3, 0.5, 0.08]), jac=True, method="L-BFGS-B")
    print(
        f"rates {np.array2string(np.exp(found.x), precision=3)}, true {truth}, after {found.nfev} gradients; "
        f"mean square {found.fun:.1e}"
    )


if __name__ == "__main__":
    main()
