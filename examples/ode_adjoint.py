"""The rates of a predator-prey model from observations, by gradients through the solution of its equation.

    python examples/ode_adjoint.py

`autograd.scipy.integrate.odeint` is SciPy's solver; its backward pass is a second differential equation, so no graph of
the steps is kept. The four rates are estimated by their logarithms, from observations of both populations.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import minimize

from autograd import value_and_grad
from autograd.scipy.integrate import odeint


def lotka_volterra(y: Any, t: Any, theta: Any) -> Any:
    """Prey and predators: y = (prey, predators), theta = (birth, hunt, death, growth)."""
    prey, predators = y[0], y[1]
    return np.stack([theta[0] * prey - theta[1] * prey * predators, theta[3] * prey * predators - theta[2] * predators])


def main() -> None:
    truth = np.array([1.1, 0.4, 0.4, 0.1])
    times, y0 = np.linspace(0, 12, 13), np.array([10.0, 5.0])
    observed = odeint(lotka_volterra, y0, times, (truth,))
    observed = observed * np.random.default_rng(0).lognormal(0, 0.02, observed.shape)

    def loss(logs: Any) -> Any:
        return np.mean(
            (np.log(odeint(lotka_volterra, y0, times, (np.exp(logs),), rtol=1e-6, atol=1e-8)) - np.log(observed)) ** 2
        )

    found = minimize(value_and_grad(loss), np.log([1.0, 0.3, 0.5, 0.08]), jac=True, method="L-BFGS-B")
    print(
        f"rates {np.array2string(np.exp(found.x), precision=3)}, true {truth}, after {found.nfev} gradients; "
        f"mean square {found.fun:.1e}"
    )


if __name__ == "__main__":
    main()
