"""Linear, containers and simple activations."""

from __future__ import annotations

import numpy as np

import nn
from tests.cases.modules.case import ModuleCase, away_from_zero


def linear(in_features: int, out_features: int, rng: np.random.Generator, bias: bool = True) -> nn.Linear:
    return nn.Linear(in_features, out_features, bias, dtype=np.float64, rng=rng)


MODULES = [
    ModuleCase(nn.Linear, lambda rng: linear(3, 2, rng), away_from_zero(4, 3), lambda torch: torch.nn.Linear(3, 2)),
    ModuleCase(
        nn.Linear, lambda rng: linear(3, 2, rng, bias=False), away_from_zero(2, 4, 3),
        lambda torch: torch.nn.Linear(3, 2, bias=False), label="without bias, 3-d",
    ),
    ModuleCase(nn.Flatten, lambda rng: nn.Flatten(), away_from_zero(2, 3, 4), lambda torch: torch.nn.Flatten()),
    ModuleCase(
        nn.Flatten, lambda rng: nn.Flatten(0, 1), away_from_zero(2, 3, 4), lambda torch: torch.nn.Flatten(0, 1),
        label="first two",
    ),
    ModuleCase(nn.ReLU, lambda rng: nn.ReLU(), away_from_zero(4, 3), lambda torch: torch.nn.ReLU()),
    ModuleCase(nn.Sigmoid, lambda rng: nn.Sigmoid(), away_from_zero(4, 3), lambda torch: torch.nn.Sigmoid()),
    ModuleCase(nn.Tanh, lambda rng: nn.Tanh(), away_from_zero(4, 3), lambda torch: torch.nn.Tanh()),
    ModuleCase(
        nn.Sequential, lambda rng: nn.Sequential(linear(3, 4, rng), nn.Tanh(), linear(4, 2, rng)), away_from_zero(4, 3),
        lambda torch: torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)),
    ),
    ModuleCase(nn.Residual, lambda rng: nn.Residual(linear(3, 3, rng)), away_from_zero(4, 3)),
    ModuleCase(
        nn.Residual, lambda rng: nn.Residual(linear(3, 2, rng), linear(3, 2, rng)), away_from_zero(4, 3),
        label="with shortcut",
    ),
]  # fmt: skip
