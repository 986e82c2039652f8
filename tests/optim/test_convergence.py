"""Every optimizer solves a parabola, Rosenbrock's valley and a logistic regression, in float32 and float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor, no_grad
from tests.cases.optimizers import CONVERGENCE, ConvergenceCase

POINTS = np.random.default_rng(0).normal(size=(40, 2))
LABELS = (POINTS @ [1.0, -2.0] + np.random.default_rng(1).normal(size=40) > 0) * 2.0 - 1


def parabola(x: Any) -> Any:
    """Minimum 0 at (3, -1); the curvatures differ by a factor of ten."""
    return (x[0] - 3) ** 2 / 2 + 5 * (x[1] + 1) ** 2


def rosenbrock(x: Any) -> Any:
    """Minimum 0 at (1, 1), in a curved valley."""
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def logistic(x: Any) -> Any:
    margins = (POINTS * LABELS[:, None]).astype(x.dtype) @ x
    return np.logaddexp(0, -margins).mean()


# f, start, solution, near: f must come within near² of its minimum
PROBLEMS: dict[str, tuple[Callable[[Any], Any], list[float], list[float], float]] = {
    "parabola": (parabola, [0.0, 0.0], [3.0, -1.0], 0.01),
    "rosenbrock": (rosenbrock, [0.5, 1.0], [1.0, 1.0], 0.2),
    "logistic": (logistic, [0.0, 0.0], list(optim.minimize(logistic, np.zeros(2), tol=1e-10).x), 0.01),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("case", CONVERGENCE, ids=[case.name for case in CONVERGENCE])
def test_converges(case: ConvergenceCase, problem: str, dtype: Any) -> None:
    f, start, solution, near = PROBLEMS[problem]
    x, rate = nn.Parameter(start, dtype=dtype), getattr(case, problem)
    optimizer = case.cls([x], lr=rate, **case.options)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = f(x)
        loss.backward()
        return loss

    steps = 10 if case.cls is optim.LBFGS else 300
    for k in range(steps):
        optimizer.param_groups[0]["lr"] = rate * (1 - k / steps) if case.decay else rate
        optimizer.step(closure)
    with no_grad():
        excess = f(x).item() - f(np.array(solution))
    assert excess < near * near, f"{x}, {excess} above the least"
    assert x.dtype == dtype


def test_muon_solves_a_least_squares_problem_of_a_matrix() -> None:
    rng = np.random.default_rng(0)
    inputs, solution = rng.normal(size=(40, 4)), rng.normal(size=(4, 3))
    w = nn.Parameter(np.zeros((4, 3)))
    optimizer = optim.Muon([w], weight_decay=0.0)
    for k in range(300):
        optimizer.zero_grad()
        ((inputs @ w - inputs @ solution) ** 2).mean().backward()
        optimizer.param_groups[0]["lr"] = 0.1 * (1 - k / 300)
        optimizer.step()
    assert np.abs(w.numpy() - solution).max() < 1e-3
