"""The reduction of a loss: "none", "mean" or "sum"."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError

REDUCTIONS = ("mean", "sum", "none")


def check_reduction(reduction: Any, allowed: tuple[str, ...] = REDUCTIONS) -> None:
    """Refuse what is no reduction of this loss."""
    if reduction not in allowed:
        raise ArgumentError(f"reduction must be one of {', '.join(map(repr, allowed))}; got {reduction!r}.")


def reduce(loss: Any, reduction: str) -> Any:
    """What a loss does in the end: "none", "mean" or "sum"."""
    check_reduction(reduction)
    return np.mean(loss) if reduction == "mean" else np.sum(loss) if reduction == "sum" else loss


def mean_from_sum(total: Any, count: Any) -> Any:
    """total / count; nan without a warning if count is 0, as PyTorch gives for an empty or entirely ignored batch."""
    return total / count if count else total * total.dtype.type(np.nan)
