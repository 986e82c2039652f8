"""Physics: write an energy, get forces, stiffness and vibrations from it.

    python examples/energy.py

A chain of masses hangs between two nails, joined by springs and pulled by gravity. The energy is ten lines of NumPy.
Its gradient gives the force on every mass. Its exact Hessian is used for Newton's method, which finds the resting
position in a few steps, and for the frequencies at which the chain swings about it. The same gradient drives a
simulation over time, in which the total energy stays the same. Last, the simulation itself is differentiated: with what
velocity must the chain be struck to reach a given place at a given time?
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import grad, hessian, value_and_grad

MASSES = 12
MASS, STIFFNESS, GRAVITY = 0.1, 200.0, 9.81
NAILS = np.array([[0.0, 0.0], [1.0, 0.0]])
REST = 1.2 / (MASSES + 1)  # the length of a spring at rest; their sum is larger than the distance of the nails


def energy(positions: Any) -> Any:
    """Potential energy (J) of the springs and of gravity, for masses at positions (MASSES, 2) in metres."""
    joints = np.concatenate([NAILS[:1], positions, NAILS[1:]])
    lengths = np.sqrt(np.sum((joints[1:] - joints[:-1]) ** 2, axis=1))
    return STIFFNESS / 2 * np.sum((lengths - REST) ** 2) + MASS * GRAVITY * np.sum(positions[:, 1])


force = grad(lambda positions: -energy(positions))


def start() -> np.ndarray:
    """The masses on an arc below the nails."""
    x = np.linspace(0, 1, MASSES + 2)[1:-1]
    return np.stack([x, -0.3 * np.sin(np.pi * x)], axis=1)


def newton(
    f: Callable[..., Any], x: np.ndarray, steps: int = 50, tolerance: float = 1e-10
) -> tuple[np.ndarray, list[float]]:
    """A minimum of f by Newton's method with the exact Hessian: (x, the norm of the gradient at each step).

    The eigenvalues of the Hessian are replaced by their magnitudes, so that the step goes downhill also where the
    Hessian is not positive definite (Dauphin et al. 2014, arXiv:1406.2572). A step is halved until f decreases enough.
    """
    both, second = value_and_grad(f), hessian(f)
    norms = []
    for _ in range(steps):
        value, g = both(x)
        norms.append(float(np.linalg.norm(g)))
        if norms[-1] < tolerance:
            break
        curvatures, directions = np.linalg.eigh(second(x).reshape(x.size, x.size))
        step = -(directions @ ((directions.T @ g.ravel()) / np.maximum(np.abs(curvatures), 1e-9))).reshape(x.shape)
        length = 1.0
        while length > 1e-10 and f(x + length * step) > value + 1e-4 * length * np.sum(g * step) + 1e-14 * abs(value):
            length /= 2
        x = x + length * step
    return x, norms


def frequencies(x: np.ndarray) -> np.ndarray:
    """The frequencies (Hz) of small vibrations about a resting position; ω² = eigenvalue of the Hessian / mass."""
    H = hessian(energy)(x).reshape(x.size, x.size)
    return np.sqrt(np.linalg.eigvalsh(H) / MASS) / (2 * np.pi)


def simulate(x: Any, v: Any, time: float, steps: int) -> tuple[Any, Any]:
    """Positions and velocities after a time, by leapfrog (velocity Verlet), from the gradient of the energy."""
    dt = time / steps
    a = force(x) / MASS
    for _ in range(steps):
        v = v + dt / 2 * a
        x = x + dt * v
        a = force(x) / MASS
        v = v + dt / 2 * a
    return x, v


def total(x: Any, v: Any) -> Any:
    """Potential and kinetic energy."""
    return energy(x) + MASS / 2 * np.sum(v**2)


def aim(x: np.ndarray, height: float, time: float, steps: int, iterations: int = 8) -> tuple[np.ndarray, list[float]]:
    """The upward velocity of the middle mass with which it reaches a height after a time, by Gauss-Newton.

    Returns the velocity, and by how much the height was missed in each iteration.
    """
    middle = MASSES // 2
    strike = np.zeros(())
    misses = []

    def miss(strike: Any) -> Any:
        kick = np.zeros((MASSES, 2))
        kick[middle, 1] = 1.0
        return simulate(x, strike * kick, time, steps)[0][middle, 1] - height

    for _ in range(iterations):
        value, slope = value_and_grad(miss)(strike)
        misses.append(abs(float(value)))
        if misses[-1] < 1e-8:
            break
        strike = strike - value / slope
    return strike, misses


def main() -> None:
    x, norms = newton(energy, start())
    print(f"Newton with the exact Hessian: |gradient| {', '.join(f'{n:.1e}' for n in norms)}")
    lowest = np.array2string(frequencies(x)[:3], precision=2)
    print(f"lowest point at {x[:, 1].min():.3f} m; lowest frequencies {lowest} Hz")
    v = np.zeros_like(x)
    v[MASSES // 2, 0] = 0.5
    before = total(x, v)
    y, w = simulate(x, v, 1.0, 1000)
    print(f"one second of swinging: total energy {before:.6f} J before, {total(y, w):.6f} J after")
    strike, misses = aim(x, x[MASSES // 2, 1] + 0.02, 0.05, 50)
    print(
        f"struck with {float(strike):.4f} m/s the middle mass is 2 cm higher after 50 ms; "
        f"misses {', '.join(f'{m:.1e}' for m in misses)} m"
    )


if __name__ == "__main__":
    main()
