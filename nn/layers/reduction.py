"""The reduction of a loss: "none", "mean" or "sum"."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError

REDUCTIONS = ("mean", "sum", "none")


def reduce(loss: Any, reduction: str) -> Any:
    """What a loss does in the end: "none", "mean" or "sum"."""
    if reduction not in REDUCTIONS:
        raise ArgumentError(f"reduction must be one of {', '.join(map(repr, REDUCTIONS))}; got {reduction!r}.")
    return np.mean(loss) if reduction == "mean" else np.sum(loss) if reduction == "sum" else loss
