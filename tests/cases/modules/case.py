"""What a row of the table of modules is, and inputs that several rows use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import nn

Arrays = Callable[[np.random.Generator], tuple[Any, ...]]


@dataclass(frozen=True)
class ModuleCase:
    """A module, inputs that stay off its kinks, and PyTorch's module with the same state_dict keys.

    cls       what the row tests
    make      rng -> the module in float64; it may be in eval mode
    inputs    rng -> what it is called with; the floating ones are differentiated
    torch     torch -> the peer, or None where PyTorch has none; it is put into the mode of ours
    order     the highest derivative that is checked numerically: 2, 1, or 0 for what has none or is random
    half      whether it computes in float16, too
    """

    cls: type
    make: Callable[[np.random.Generator], nn.Module]
    inputs: Arrays
    torch: Callable[[Any], Any] | None = None
    label: str = ""
    order: int = 2
    half: bool = True

    @property
    def name(self) -> str:
        return f"{self.cls.__name__} {self.label}".strip()


def away_from_zero(*shape: int) -> Arrays:
    return lambda rng: (rng.uniform(0.2, 2, shape) * rng.choice([-1.0, 1.0], shape),)
