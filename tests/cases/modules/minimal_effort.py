"""Minimal effort layers where their gradient is the derivative: with k = features, and in eval mode."""

from __future__ import annotations

from typing import Any

import numpy as np

import nn
from tests.cases.modules.case import ModuleCase, away_from_zero


def effort(rng: np.random.Generator, k: int, **options: Any) -> nn.MinimalEffortLinear:
    return nn.MinimalEffortLinear(3, 4, k, dtype=np.float64, rng=rng, **options)


def linear(torch: Any) -> Any:
    return torch.nn.Linear(3, 4)


MODULES = [
    ModuleCase(
        nn.MinimalEffortLinear, lambda rng: effort(rng, 4), away_from_zero(5, 3), linear, label="k = out_features",
    ),
    ModuleCase(
        nn.MinimalEffortLinear, lambda rng: effort(rng, 4, unified=True), away_from_zero(5, 3), linear,
        label="k = out_features, unified",
    ),
    ModuleCase(
        nn.MinimalEffortLinear, lambda rng: effort(rng, 4, bias=False), away_from_zero(2, 5, 3),
        lambda torch: torch.nn.Linear(3, 4, bias=False), label="without bias, 3-d",
    ),
    ModuleCase(
        nn.MinimalEffortLinear, lambda rng: effort(rng, 1).eval(), away_from_zero(5, 3), linear, label="in eval mode",
    ),
    ModuleCase(
        nn.MinimalEffortReLU, lambda rng: nn.MinimalEffortReLU(3), away_from_zero(5, 3),
        lambda torch: torch.nn.ReLU(), label="k = features",
    ),
    ModuleCase(
        nn.MinimalEffortReLU, lambda rng: nn.MinimalEffortReLU(1, unified=True).eval(), away_from_zero(5, 3),
        lambda torch: torch.nn.ReLU(), label="in eval mode",
    ),
]  # fmt: skip
