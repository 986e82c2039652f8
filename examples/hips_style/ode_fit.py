"""The damping and the frequency of an oscillator from observations, through `odeint`, in HIPS autograd's style.

python -m examples.hips_style.ode_fit
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
from autograd import grad
from autograd.builtins import tuple  # HIPS autograd's, which sees what is in it
from autograd.misc.optimizers import adam
from autograd.scipy.integrate import odeint

TIMES = np.linspace(0.0, 4.0, 15)
TRUTH = np.array([0.3, 2.0])


def oscillator(y: Any, t: Any, theta: Any) -> Any:
    return np.array([y[1], -theta[0] * y[1] - theta[1] * y[0]])


def fit(steps: int = 50) -> Any:
    observed = odeint(oscillator, np.array([1.0, 0.0]), TIMES, tuple((TRUTH,)))

    def loss(theta: Any, i: int) -> Any:
        return np.sum((odeint(oscillator, np.array([1.0, 0.0]), TIMES, tuple((theta,))) - observed) ** 2)

    return adam(grad(loss), np.array([0.1, 1.5]), num_iters=steps, step_size=0.05)


if __name__ == "__main__":
    print(f"damping and stiffness {np.round(fit(150), 3)}, true {TRUTH}")
