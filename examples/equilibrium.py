"""A gradient through scipy.optimize.root: the prices that clear a market, and how a tax changes them.

    python examples/equilibrium.py

The demand for three goods depends on all prices. `autograd.root` calls scipy.optimize.root with the exact Jacobian and
differentiates the solution by the implicit function theorem. A second version, for any other solver, writes that
theorem as a rule with `custom_vjp`; both are compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import optimize

from autograd import custom_vjp, grad, hessian, jacobian, root, vjp

SUBSTITUTES = np.array([[-1.2, 0.3, 0.1], [0.2, -0.9, 0.2], [0.1, 0.4, -1.5]])


def excess_demand(log_price: Any, tax: Any) -> Any:
    """Demand minus supply of each good, (3,); buyers pay price · (1 + tax)."""
    demand = np.exp(1.0 + SUBSTITUTES @ (log_price + np.log(1 + tax)))
    supply = np.exp(0.8 * log_price)
    return demand - supply


def clearing_prices(tax: Any) -> Any:
    """The prices (3,) at which demand meets supply."""
    return np.exp(root(excess_demand, np.zeros(3), tax))


def revenue(tax: Any) -> Any:
    """The revenue of the tax."""
    price = clearing_prices(tax)
    return np.sum(tax * price * np.exp(0.8 * np.log(price)))


# The same with another solver, and the implicit function theorem as its rule.


@custom_vjp
def solved(tax: Any) -> Any:
    """The logarithms of the prices, found by SciPy."""
    found = optimize.root(
        lambda x: excess_demand(x, tax), np.zeros(3), jac=lambda x: jacobian(excess_demand)(x, tax), tol=1e-12
    )
    if not found.success:
        raise RuntimeError(found.message)
    return found.x


def solved_forward(tax: Any) -> Any:
    x = solved(tax)
    return x, (x, tax)


def solved_backward(needed: Any, g: Any) -> Any:
    x, tax = needed
    u = np.linalg.solve(jacobian(excess_demand)(x, tax).T, g)
    _, pullback = vjp(lambda tax: excess_demand(x, tax), tax)
    return -pullback(u)[0]


solved.defvjp(solved_forward, solved_backward)


def main() -> None:
    tax = np.array([0.1, 0.2, 0.0])
    print("prices", clearing_prices(tax))
    print("∂ price / ∂ tax\n", jacobian(clearing_prices)(tax))
    print("by a rule of one's own\n", jacobian(lambda tax: np.exp(solved(tax)))(tax))
    print(f"revenue {revenue(tax):.4f}; what one percent more of each tax adds: {grad(revenue)(tax) / 100}")
    print("how these answer to each other (second derivatives)\n", hessian(revenue)(tax))


if __name__ == "__main__":
    main()
