"""What the JAX peers share: a compiled value and gradient, Adam, and the parts of networks that jax.numpy lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def value_and_gradients(loss_of: Callable[..., Any], parameters: list[Any], *data: Any) -> Callable[[], Any]:
    """A step that computes the loss and its gradients by all parameters, compiled.

    Args:  loss_of: a function of the list of parameters and of the data.
    """
    import jax

    run = jax.jit(jax.value_and_grad(loss_of))
    parameters, data = [jax.numpy.asarray(p) for p in parameters], tuple(map(jax.numpy.asarray, data))

    def step() -> Any:
        loss, gradients = run(parameters, *data)
        return float(loss), [np.asarray(g) for g in gradients]

    return step


def cross_entropy(scores: Any, target: Any) -> Any:
    """The mean of -log softmax(scores)[target]."""
    import jax

    return -jax.nn.log_softmax(scores)[np.arange(len(target)), target].mean()


def adam(state: Any, gradients: list[Any], lr: float, beta1: float, beta2: float, eps: float) -> Any:
    """Kingma & Ba 2015, Algorithm 1: the state (parameters, m, v, t) after a step."""
    import jax

    parameters, ms, vs, t = state
    t = t + 1

    def one(p: Any, g: Any, m: Any, v: Any) -> Any:
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        root = jax.numpy.sqrt(v / (1 - beta2**t)) + eps
        return p - lr / (1 - beta1**t) * m / root, m, v

    after = [one(*each) for each in zip(parameters, gradients, ms, vs, strict=True)]
    return [p for p, _, _ in after], [m for _, m, _ in after], [v for _, _, v in after], t


def first_state(parameters: list[Any]) -> Any:
    """The state of `adam` before its first step."""
    import jax

    arrays = [jax.numpy.asarray(p) for p in parameters]
    zeros = [jax.numpy.zeros_like(p) for p in arrays]
    return arrays, zeros, zeros, jax.numpy.zeros((), "float32")
