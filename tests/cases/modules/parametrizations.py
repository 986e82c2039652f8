"""Layers with a parametrized weight."""

from __future__ import annotations

from typing import Any

import numpy as np

import nn
from tests.cases.modules.case import ModuleCase, away_from_zero

PARAMETRIZED = type(nn.weight_norm(nn.Linear(1, 1)))


def linear(rng: np.random.Generator) -> nn.Linear:
    return nn.Linear(3, 2, dtype=np.float64, rng=rng)


def spectral(rng: np.random.Generator) -> Any:
    return nn.spectral_norm(linear(rng), rng=rng)


def utils(torch: Any) -> Any:
    return torch.nn.utils.parametrizations


MODULES = [
    *[
        ModuleCase(
            PARAMETRIZED, lambda rng, dim=dim: nn.weight_norm(linear(rng), dim=dim), away_from_zero(4, 3),
            lambda torch, dim=dim: utils(torch).weight_norm(torch.nn.Linear(3, 2), dim=dim),
            label=f"weight_norm dim={dim}",
        )
        for dim in (0, 1, None)
    ],
    ModuleCase(
        PARAMETRIZED, lambda rng: nn.weight_norm(linear(rng), "bias"), away_from_zero(4, 3),
        lambda torch: utils(torch).weight_norm(torch.nn.Linear(3, 2), "bias"), label="weight_norm of the bias",
    ),
    ModuleCase(
        PARAMETRIZED, lambda rng: spectral(rng).eval(), away_from_zero(4, 3),
        lambda torch: utils(torch).spectral_norm(torch.nn.Linear(3, 2)), label="spectral_norm, in use",
    ),
    ModuleCase(
        PARAMETRIZED, spectral, away_from_zero(4, 3),
        lambda torch: utils(torch).spectral_norm(torch.nn.Linear(3, 2)), label="spectral_norm, in training", order=0,
    ),
    ModuleCase(
        PARAMETRIZED, lambda rng: nn.spectral_norm(linear(rng), n_power_iterations=2, dim=1, rng=rng),
        away_from_zero(4, 3),
        lambda torch: utils(torch).spectral_norm(torch.nn.Linear(3, 2), n_power_iterations=2, dim=1),
        label="spectral_norm dim=1", order=0,
    ),
    ModuleCase(
        PARAMETRIZED, lambda rng: nn.spectral_norm(linear(rng), "bias"), away_from_zero(4, 3),
        lambda torch: utils(torch).spectral_norm(torch.nn.Linear(3, 2), "bias"), label="spectral_norm of the bias",
    ),
]  # fmt: skip
