"""The update of SGD with momentum alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads.optimizer import Problem

TITLE = "sgd_momentum_only: SGD's update with momentum of 60 tensors, 4 million float32 parameters"
TARGETS = {"ours": 0.65}
LR, MOMENTUM = 1e-2, 0.9


def _whole(t: int, p: Any, g: Any, b: Any) -> None:
    b *= MOMENTUM
    b += g
    p -= LR * b


def _blocks(t: int, s: Any, p: Any, g: Any, b: Any) -> None:
    b *= MOMENTUM
    b += g
    np.multiply(b, LR, out=s)
    p -= s


def _pure(state: Any, gradients: Any) -> Any:
    parameters, bs, vs, t = state
    bs = [MOMENTUM * b + g for b, g in zip(bs, gradients, strict=True)]
    return [p - LR * b for p, b in zip(parameters, bs, strict=True)], bs, vs, t


PEERS = Problem("SGD", {"lr": LR, "momentum": MOMENTUM}, 1, _blocks, _whole, _pure).peers()
