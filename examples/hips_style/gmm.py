"""A mixture of Gaussians fitted by gradient descent, in HIPS autograd's style.

    python -m examples.hips_style.gmm

Means, the logarithms of weights, and square roots of precisions are one vector; the log likelihood is plain NumPy.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
from autograd import value_and_grad
from autograd.misc import flatten
from autograd.scipy.special import logsumexp


def log_likelihood(params: dict[str, Any], data: Any) -> Any:
    log_weights = params["log_weights"] - logsumexp(params["log_weights"])
    scores = []
    for k in range(len(log_weights)):
        root = params["roots"][k]
        white = np.dot(data - params["means"][k], root)
        log_det = np.linalg.slogdet(np.dot(root, root.T))[1]
        scores.append(log_weights[k] + 0.5 * log_det - 0.5 * np.sum(white**2, axis=1) - np.log(2 * np.pi))
    return np.sum(logsumexp(np.array(scores), axis=0))


def start(components: int, rng: Any) -> dict[str, Any]:
    roots = np.array([np.eye(2)] * components)
    return {"log_weights": np.zeros(components), "means": rng.normal(size=(components, 2)), "roots": roots}


def data(points: int, rng: Any) -> Any:
    return np.concatenate([rng.normal(centre, 0.3, (points // 3, 2)) for centre in ((-2, 0), (2, 0), (0, 2))])


def fit(steps: int = 100, points: int = 300) -> tuple[float, Any]:
    """(the negative log likelihood a point, the means)."""
    rng = np.random.default_rng(0)
    points_ = data(points, rng)
    vector, unflatten = flatten(start(3, rng))
    objective = value_and_grad(lambda v: -log_likelihood(unflatten(v), points_) / len(points_))
    loss = 0.0
    for _ in range(steps):
        loss, g = objective(vector)
        vector = vector - 0.2 * g
    return float(loss), unflatten(vector)["means"]


if __name__ == "__main__":
    loss, means = fit(300)
    print(f"negative log likelihood {loss:.3f}; means\n{np.round(means, 2)}")
