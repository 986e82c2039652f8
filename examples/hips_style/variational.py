"""Black-box variational inference of a curved posterior by a diagonal Gaussian, in HIPS autograd's style.

    python -m examples.hips_style.variational

The objective is a Monte Carlo estimate of the evidence lower bound (Ranganath et al. 2014, arXiv:1401.0118), with
reparametrised samples.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import autograd.scipy.stats.multivariate_normal as mvn
import autograd.scipy.stats.norm as norm
from autograd import grad
from autograd.misc.optimizers import adam


def log_density(x: Any) -> Any:
    mu, log_sigma = x[:, 0], x[:, 1]
    return norm.logpdf(log_sigma, 0, 1.35) + norm.logpdf(mu, 0, np.exp(log_sigma))


def fit(steps: int = 100, samples: int = 500) -> Any:
    """(mean, logarithm of the standard deviation) of the approximation."""
    rng = np.random.default_rng(0)

    def objective(params: Any, i: int) -> Any:
        mean, log_std = params[:2], params[2:]
        drawn = rng.normal(size=(samples, 2)) * np.exp(log_std) + mean
        entropy = mvn.entropy(mean, np.diag(np.exp(log_std) ** 2))
        return -(entropy + np.mean(log_density(drawn)))

    return adam(grad(objective), np.array([-1.0, -1.0, -2.0, -2.0]), step_size=0.05, num_iters=steps)


if __name__ == "__main__":
    found = fit(500)
    print(f"mean {np.round(found[:2], 2)}, standard deviation {np.round(np.exp(found[2:]), 2)}")
