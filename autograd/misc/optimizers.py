"""HIPS autograd's optimizers: functions of a gradient `grad(x, i)` and a start x, an array or a tree of them.

They are NumPy, so they can be differentiated through. For networks take the package `optim`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.misc.flatten import flatten

__all__ = ["adam", "rmsprop", "sgd"]

Step = Callable[[Any, int, Any], Any]


def _optimizer(rule: Callable[..., tuple[Any, Step]]) -> Callable[..., Any]:
    """rule(x, **options) -> (the first state, (g, i, state) -> (move, state)) as an optimizer of trees."""

    @functools.wraps(rule)
    def optimize(grad: Any, x0: Any, callback: Any = None, num_iters: int | None = None, **options: Any) -> Any:
        x, unflatten = flatten(x0)
        state, step = rule(x, **options)
        for i in range(DEFAULTS[rule.__name__] if num_iters is None else num_iters):
            g = flatten(grad(unflatten(x), i))[0]
            if callback:
                callback(unflatten(x), i, unflatten(g))
            move, state = step(g, i, state)
            x = x + move
        return unflatten(x)

    return optimize


DEFAULTS = {"sgd": 200, "rmsprop": 100, "adam": 100}


@_optimizer
def sgd(x: Any, step_size: float = 0.1, mass: float = 0.9) -> tuple[Any, Step]:
    """Gradient descent with momentum: v = mass v - (1 - mass) g, x = x + step_size v."""

    def step(g: Any, i: int, velocity: Any) -> Any:
        velocity = mass * velocity - (1 - mass) * g
        return step_size * velocity, velocity

    return np.zeros(len(x)), step


@_optimizer
def rmsprop(x: Any, step_size: float = 0.1, gamma: float = 0.9, eps: float = 1e-8) -> tuple[Any, Step]:
    """Steps divided by the root of a running mean of squares."""

    def step(g: Any, i: int, mean: Any) -> Any:
        mean = gamma * mean + (1 - gamma) * g**2
        return -step_size * g / (np.sqrt(mean) + eps), mean

    return np.ones(len(x)), step


@_optimizer
def adam(x: Any, step_size: float = 0.001, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8) -> tuple[Any, Step]:
    """Kingma & Ba 2014, arXiv:1412.6980."""

    def step(g: Any, i: int, state: Any) -> Any:
        m, v = b1 * state[0] + (1 - b1) * g, b2 * state[1] + (1 - b2) * g**2
        return -step_size * (m / (1 - b1 ** (i + 1))) / (np.sqrt(v / (1 - b2 ** (i + 1))) + eps), (m, v)

    return (np.zeros(len(x)), np.zeros(len(x))), step
