"""Adam's update alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads.jax_steps import adam
from benchmarks.workloads.optimizer import Problem

TITLE = "adam_only: Adam's update of 60 tensors, 4 million float32 parameters"
TARGETS = {"ours": 0.65}
LR, BETA1, BETA2, EPS = 1e-3, 0.9, 0.999, 1e-8


def _whole(t: int, p: Any, g: Any, m: Any, v: Any) -> None:
    m *= BETA1
    m += (1 - BETA1) * g
    v *= BETA2
    v += (1 - BETA2) * g * g
    p -= LR / (1 - BETA1**t) * m / (np.sqrt(v / (1 - BETA2**t)) + EPS)


def _blocks(t: int, s: Any, p: Any, g: Any, m: Any, v: Any) -> None:
    root = (1 - BETA2**t) ** 0.5
    m *= BETA1
    np.multiply(g, 1 - BETA1, out=s)
    m += s
    v *= BETA2
    np.multiply(g, g, out=s)
    s *= 1 - BETA2
    v += s
    np.sqrt(v, out=s)
    s += EPS * root
    np.divide(m, s, out=s)
    s *= LR * root / (1 - BETA1**t)
    p -= s


def _pure(state: Any, gradients: Any) -> Any:
    return adam(state, gradients, LR, BETA1, BETA2, EPS)


PEERS = Problem("Adam", {"lr": LR}, 2, _blocks, _whole, _pure).peers()
