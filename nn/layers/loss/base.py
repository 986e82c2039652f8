"""What the losses have in common as modules."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError, DTypeError
from nn.core.module import Module
from nn.core.parameter import Buffer
from nn.layers.reduction import REDUCTIONS, check_reduction


class Loss(Module):
    """The base of the losses: how a loss an element becomes one number.

    Args:      reduction: "mean", "sum", or "none" for the losses of all elements.
    """

    reductions: tuple[str, ...] = REDUCTIONS

    def __init__(self, *, reduction: str = "mean") -> None:
        check_reduction(reduction, self.reductions)
        self.reduction = reduction

    def extra_repr(self) -> str:
        return ", ".join([*self._options(), *([] if self.reduction == "mean" else [f"reduction={self.reduction!r}"])])

    def _options(self) -> list[str]:
        """The other options, as they are written in the constructor."""
        return []


def weight_buffer(weight: Any, name: str = "weight") -> Buffer | None:
    """A given weight as a buffer, which the state_dict holds; integers become float32."""
    if weight is None:
        return None
    raw = np.asarray(getattr(weight, "_data", weight))
    if raw.dtype.kind not in "fiub":
        raise DTypeError(f"{name} must be numbers; got dtype {raw.dtype}.")
    if (raw < 0).any():
        raise ArgumentError(f"{name} must not be negative; got {raw.min()}.")
    return Buffer(raw if raw.dtype.kind == "f" else raw.astype(np.float32))
