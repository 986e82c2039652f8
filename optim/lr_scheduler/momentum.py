"""The momentum of an optimizer, for the schedules that change it: which setting it is, and how it is written."""

from __future__ import annotations

from typing import Any

from autograd.errors import ArgumentError
from optim.optimizer import Optimizer


def uses_beta1(optimizer: Optimizer) -> bool:
    """Whether the optimizer's momentum is its first beta; ArgumentError if it has no momentum."""
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ArgumentError(
            f"cycle_momentum needs an optimizer with momentum or betas; {type(optimizer).__name__} has neither. "
            "Pass False."
        )
    return "betas" in optimizer.defaults


def set_momentum(group: dict[str, Any], value: float, beta1: bool) -> None:
    """Write the momentum of a group."""
    if beta1:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value
