"""The reduction of a loss: "none", "mean" or "sum"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.errors import ArgumentError

REDUCTIONS = ("mean", "sum", "none")


def check_reduction(reduction: Any, allowed: tuple[str, ...] = REDUCTIONS) -> None:
    """Refuse what is no reduction of this loss."""
    if reduction not in allowed:
        raise ArgumentError(f"reduction must be one of {', '.join(map(repr, allowed))}; got {reduction!r}.")


def divided_by(reduction: str, count: str) -> tuple[str, str]:
    """("/N", ", N = count(x)"): what the mean adds to the label of a rule, and to what its symbols stand for."""
    return ("/N", f", N = {count}") if reduction == "mean" else ("", "")


def reduce(loss: Any, reduction: str) -> Any:
    """What a loss does in the end: "none", "mean" or "sum"."""
    check_reduction(reduction)
    if reduction == "none":
        return loss
    if reduction == "mean" and not loss.size:
        return np.sum(loss) + loss.dtype.type(np.nan)  # as in PyTorch, where NumPy's mean of nothing warns
    return in_single_precision(np.mean if reduction == "mean" else np.sum, loss)


def in_single_precision(total: Callable[[Any], Any], loss: Any) -> Any:
    """A sum or mean, of float16 in float32: counts and sums soon exceed the largest number of float16, 65504."""
    return total(loss) if loss.dtype != np.float16 else total(loss.astype(np.float32)).astype(np.float16)


def weighted(loss: Any, weight: Any) -> Any:
    """loss · weight, where a weight of 0 takes an element out, also one that is infinite."""
    return np.where((weight == 0) & ~np.isfinite(loss), 0, loss) * weight


def mean_from_sum(total: Any, count: Any) -> Any:
    """total / count, without a warning if count is 0.

    Then it is nan for an empty or entirely ignored batch, and infinite where weights of both signs sum to 0, as in
    PyTorch.
    """
    if count:
        return total / count
    with np.errstate(divide="ignore", invalid="ignore"):
        return total / total.dtype.type(0)


def slopes_over_zero(d: Any) -> Any:
    """The slopes d of a sum divided by a count of 0: infinite, but 0 for what counts nothing."""
    return np.where(d == 0, 0, np.copysign(np.inf, d))


def weighted_mean(loss: Any, weight: Any) -> Any:
    """The sum of the losses / that of the weights, for composites: nan, with a slope of 0, where nothing counts."""
    nothing = np.all(np.equal(weight, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return in_single_precision(
            lambda each: np.where(
                nothing, np.nan, np.sum(each) / np.where(nothing, 1, np.sum(weight.astype(each.dtype)))
            ),
            loss,
        )
