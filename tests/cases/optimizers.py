"""A row for every optimizer and each of its options: see tests/test_optim.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import optim


@dataclass(frozen=True)
class OptimizerCase:
    """An optimizer with options that PyTorch's optimizer of the same name takes, too."""

    cls: type
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return " ".join([self.cls.__name__, *(f"{key}={value}" for key, value in self.options.items())])


OPTIMIZERS = [
    OptimizerCase(optim.SGD),
    OptimizerCase(optim.SGD, {"momentum": 0.9}),
    OptimizerCase(optim.SGD, {"momentum": 0.9, "dampening": 0.3}),
    OptimizerCase(optim.SGD, {"momentum": 0.9, "nesterov": True}),
    OptimizerCase(optim.SGD, {"weight_decay": 0.1}),
    OptimizerCase(optim.SGD, {"momentum": 0.5, "weight_decay": 0.1, "maximize": True}),
]
