"""Where was it hot? The first temperatures of a plate, found from the last, by the gradient of a simulation in place.

    python examples/diffusion.py

    ∂u/∂t = κ Δu on a square, whose border keeps its temperature

`simulate` is the explicit scheme as NumPy writes it: one array, written in place, `u[1:-1, 1:-1] += …`. It is the same
code for an ndarray and for a Tensor; nothing was changed for the gradient. The views, the writes into them and the old
values that they replace are recorded (docs/in_place.md).
"""

from __future__ import annotations

from typing import Any

import numpy as np

import optim
from autograd import Tensor

SIZE, STEPS, RATE = 24, 15, 0.2


def simulate(u: Any) -> Any:
    """The temperatures after STEPS steps, in the memory of u."""
    for _ in range(STEPS):
        inside = u[1:-1, 1:-1]
        inside += RATE * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * inside)
    return u


def first_temperatures() -> np.ndarray:
    """A plate with a hot square and a warm corner."""
    u = np.zeros((SIZE, SIZE))
    u[6:10, 12:18] = 1.0
    u[15:20, 4:8] = 0.6
    return u


def main(iterations: int = 300) -> tuple[float, float]:
    """Returns the error of the last temperatures and that of the first, each relative to its size."""
    truth = first_temperatures()
    measured = simulate(truth.copy())
    root = Tensor(np.full_like(truth, 0.3), requires_grad=True)  # no temperature is negative: they are its squares
    optimizer = optim.Adam([root], lr=0.02)
    for i in range(iterations):
        optimizer.zero_grad()
        error = simulate(root * root) - measured
        loss = np.sum(error * error)
        loss.backward()
        optimizer.step()
        if i % 100 == 0 or i == iterations - 1:
            print(f"{i:4d}  squared error of the last temperatures {loss.item():.2e}")
    found = root.numpy() ** 2
    last = float(np.linalg.norm(simulate(found.copy()) - measured) / np.linalg.norm(measured))
    first = float(np.linalg.norm(found - truth) / np.linalg.norm(truth))
    print(f"relative error: last temperatures {last:.1%}, first temperatures {first:.1%}")
    hot = np.unravel_index(np.argmax(found), found.shape)
    print(f"hottest at the start: row {hot[0]}, column {hot[1]}")
    return last, first


if __name__ == "__main__":
    main()
