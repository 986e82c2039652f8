"""The heat equation solved by a small network, with `elementwise_grad` of `elementwise_grad`.

    python examples/heat.py

    ∂u/∂t = κ ∂²u/∂x²      u(0, x) = sin πx + ½ sin 2πx      u(t, 0) = u(t, 1) = 0

The network solves the equation if the residual ∂u/∂t - κ ∂²u/∂x² is zero everywhere, so its mean square over points
(t, x) is the loss (Lagaris et al. 1998, doi:10.1109/72.712178; Raissi et al. 2019, doi:10.1016/j.jcp.2018.10.045).
The derivatives of u are taken by its arguments, and the loss is then differentiated by the parameters, which u uses by
closure.
Start and boundary hold exactly, because of the form of u: a known function plus one that is zero there.

The exact solution is a sum of decaying waves, against which the result is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nn
import optim
from autograd import elementwise_grad

KAPPA = 0.1


def network(rng: np.random.Generator) -> nn.Module:
    """Two hidden layers of 16, smooth: a ReLU has no second derivative."""
    layers = [nn.Linear(2, 16, rng=rng), nn.Tanh(), nn.Linear(16, 16, rng=rng), nn.Tanh(), nn.Linear(16, 1, rng=rng)]
    return nn.Sequential(*layers).double()


def start(x: Any) -> Any:
    """u at t = 0."""
    return np.sin(np.pi * x) + 0.5 * np.sin(2 * np.pi * x)


def exact(t: Any, x: Any) -> Any:
    """Each wave of the start decays at its own rate: the shorter, the faster."""
    rate = KAPPA * np.pi**2
    return np.exp(-rate * t) * np.sin(np.pi * x) + 0.5 * np.exp(-4 * rate * t) * np.sin(2 * np.pi * x)


def solution(net: nn.Module) -> Callable[[Any, Any], Any]:
    """u(t, x) of arrays (n,), with the right values at the start and at both ends, whatever the network gives."""

    def u(t: Any, x: Any) -> Any:
        correction = net(np.stack([t, x], axis=1))[:, 0]  # (n, 2) -> (n,)
        return start(x) + t * x * (1 - x) * correction

    return u


def residual(u: Callable[[Any, Any], Any], t: Any, x: Any) -> Any:
    """∂u/∂t - κ ∂²u/∂x² at every point: 0 for a solution."""
    u_t = elementwise_grad(u, 0)
    u_xx = elementwise_grad(elementwise_grad(u, 1), 1)
    return u_t(t, x) - KAPPA * u_xx(t, x)


def solve(steps: int, rng: np.random.Generator) -> tuple[Callable[[Any, Any], Any], list[float]]:
    """The solution as a function of (t, x), and the losses on the way."""
    net = network(rng)
    u = solution(net)
    t, x = rng.uniform(0, 1, (2, 200))
    optimizer = optim.LBFGS(net.parameters(), max_iter=steps, line_search_fn="strong_wolfe")
    losses = []

    def closure() -> Any:
        optimizer.zero_grad()
        loss = np.mean(residual(u, t, x) ** 2)  # arrays in; Tensors come out, because u depends on parameters
        loss.backward()
        losses.append(loss.item())
        return loss

    optimizer.step(closure)
    return u, losses


def error(u: Callable[[Any, Any], Any]) -> float:
    """The largest difference from the exact solution, on a grid."""
    t, x = (axis.ravel() for axis in np.meshgrid(np.linspace(0, 1, 21), np.linspace(0, 1, 21)))
    return float(np.max(np.abs(u(t, x).numpy() - exact(t, x))))


def main() -> None:
    u, losses = solve(200, np.random.default_rng(0))
    print(f"mean square of the residual: {losses[0]:.2g}, after {len(losses)} gradients {losses[-1]:.2g}")
    print(f"largest error of u on [0, 1] × [0, 1]: {error(u):.1e}")
    t, x = np.array([0.0, 0.5, 1.0]), np.full(3, 0.25)
    print(f"u at x = 1/4 and t = 0, 1/2, 1: {u(t, x).numpy().round(4)}, exactly {exact(t, x).round(4)}")


if __name__ == "__main__":
    main()
