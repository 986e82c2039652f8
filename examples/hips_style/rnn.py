"""A recurrent network by hand that learns to repeat a sequence, in HIPS autograd's style.

python -m examples.hips_style.rnn
"""

from __future__ import annotations

import itertools
from typing import Any

import autograd.numpy as np
from autograd import value_and_grad
from autograd.misc.optimizers import adam
from autograd.scipy.special import logsumexp


def start(inputs: int, hidden: int, rng: Any) -> dict[str, Any]:
    return {
        "init": 0.1 * rng.normal(size=hidden),
        "change": 0.1 * rng.normal(size=(inputs + hidden + 1, hidden)),
        "predict": 0.1 * rng.normal(size=(hidden + 1, inputs)),
    }


def layer(weights: Any, *parts: Any) -> Any:
    ones = np.ones((parts[0].shape[0], 1))
    return np.dot(np.hstack((*parts, ones)), weights)


def log_likelihood(params: dict[str, Any], inputs: Any) -> Any:
    hiddens = np.repeat(params["init"].reshape(1, -1), inputs.shape[1], axis=0)
    total = 0.0
    for x, target in itertools.pairwise(inputs):
        hiddens = np.tanh(layer(params["change"], x, hiddens))
        outputs = layer(params["predict"], hiddens)
        total = total + np.sum(target * (outputs - logsumexp(outputs, axis=1, keepdims=True)))
    return total / (inputs.shape[0] - 1) / inputs.shape[1]


def fit(steps: int = 30, length: int = 20, batch: int = 8, symbols: int = 6, hidden: int = 24) -> list[float]:
    """The loss at every step."""
    rng = np.random.default_rng(0)
    codes = (np.arange(length)[:, None] + rng.integers(0, symbols, batch)) % symbols
    inputs = np.eye(symbols)[codes]
    losses: list[float] = []
    both = value_and_grad(lambda params: -log_likelihood(params, inputs))

    def gradient(params: Any, i: int) -> Any:
        loss, g = both(params)
        losses.append(float(loss))
        return g

    adam(gradient, start(symbols, hidden, rng), step_size=0.02, num_iters=steps)
    return losses


if __name__ == "__main__":
    losses = fit(100)
    print(f"loss {losses[0]:.3f}, after 100 steps {losses[-1]:.3f}")
