"""One row for every Module, and for every optimizer with its options: see tests/test_modules.py and tests/test_optim.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import nn
import optim

Arrays = Callable[[np.random.Generator], tuple[Any, ...]]


@dataclass(frozen=True)
class ModuleCase:
    """A module, inputs that stay off its kinks, and PyTorch's module with the same state_dict keys.

    cls      what the row tests
    make     rng -> the module in float64
    inputs   rng -> what it is called with; the floating ones are differentiated
    torch    torch -> the peer, or None where PyTorch has none
    """

    cls: type
    make: Callable[[np.random.Generator], nn.Module]
    inputs: Arrays
    torch: Callable[[Any], Any] | None = None
    label: str = ""

    @property
    def name(self) -> str:
        return f"{self.cls.__name__} {self.label}".strip()


@dataclass(frozen=True)
class OptimizerCase:
    """An optimizer with options that PyTorch's optimizer of the same name takes, too."""

    cls: type
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return " ".join([self.cls.__name__, *(f"{key}={value}" for key, value in self.options.items())])


def away_from_zero(*shape: int) -> Arrays:
    return lambda rng: (rng.uniform(0.2, 2, shape) * rng.choice([-1.0, 1.0], shape),)


def logits_and_classes(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(5, 4)), rng.integers(0, 4, 5)


def input_and_target(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(5, 3)), rng.normal(size=(5, 3))


def linear(in_features: int, out_features: int, rng: np.random.Generator, bias: bool = True) -> nn.Linear:
    return nn.Linear(in_features, out_features, bias, dtype=np.float64, rng=rng)


MODULES = [
    ModuleCase(nn.Linear, lambda rng: linear(3, 2, rng), away_from_zero(4, 3), lambda torch: torch.nn.Linear(3, 2)),
    ModuleCase(
        nn.Linear, lambda rng: linear(3, 2, rng, bias=False), away_from_zero(2, 4, 3),
        lambda torch: torch.nn.Linear(3, 2, bias=False), label="without bias, 3-d",
    ),
    ModuleCase(nn.Flatten, lambda rng: nn.Flatten(), away_from_zero(2, 3, 4), lambda torch: torch.nn.Flatten()),
    ModuleCase(nn.Flatten, lambda rng: nn.Flatten(0, 1), away_from_zero(2, 3, 4), lambda torch: torch.nn.Flatten(0, 1), label="first two"),
    ModuleCase(nn.ReLU, lambda rng: nn.ReLU(), away_from_zero(4, 3), lambda torch: torch.nn.ReLU()),
    ModuleCase(nn.Sigmoid, lambda rng: nn.Sigmoid(), away_from_zero(4, 3), lambda torch: torch.nn.Sigmoid()),
    ModuleCase(nn.Tanh, lambda rng: nn.Tanh(), away_from_zero(4, 3), lambda torch: torch.nn.Tanh()),
    ModuleCase(
        nn.Sequential, lambda rng: nn.Sequential(linear(3, 4, rng), nn.Tanh(), linear(4, 2, rng)), away_from_zero(4, 3),
        lambda torch: torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)),
    ),
    ModuleCase(nn.Residual, lambda rng: nn.Residual(linear(3, 3, rng)), away_from_zero(4, 3)),
    ModuleCase(nn.Residual, lambda rng: nn.Residual(linear(3, 2, rng), linear(3, 2, rng)), away_from_zero(4, 3), label="with shortcut"),
    *[
        ModuleCase(
            nn.CrossEntropyLoss, lambda rng, reduction=reduction: nn.CrossEntropyLoss(reduction=reduction), logits_and_classes,
            lambda torch, reduction=reduction: torch.nn.CrossEntropyLoss(reduction=reduction), label=reduction,
        )
        for reduction in ("mean", "sum", "none")
    ],
    *[
        ModuleCase(
            nn.MSELoss, lambda rng, reduction=reduction: nn.MSELoss(reduction=reduction), input_and_target,
            lambda torch, reduction=reduction: torch.nn.MSELoss(reduction=reduction), label=reduction,
        )
        for reduction in ("mean", "sum", "none")
    ],
]  # fmt: skip

OPTIMIZERS = [
    OptimizerCase(optim.SGD),
    OptimizerCase(optim.SGD, {"momentum": 0.9}),
    OptimizerCase(optim.SGD, {"momentum": 0.9, "dampening": 0.3}),
    OptimizerCase(optim.SGD, {"momentum": 0.9, "nesterov": True}),
    OptimizerCase(optim.SGD, {"weight_decay": 0.1}),
    OptimizerCase(optim.SGD, {"momentum": 0.5, "weight_decay": 0.1, "maximize": True}),
]
