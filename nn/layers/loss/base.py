"""The base class of the loss modules, and the buffer that holds a given weight."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from autograd.errors import ArgumentError, DTypeError
from nn.core.module import Module
from nn.core.parameter import Buffer
from nn.layers.loss.targets import values_of
from nn.layers.reduction import REDUCTIONS, check_reduction


class Loss(Module):
    """The base class of the losses: it stores how the losses of the elements are reduced to one number.

    A subclass lists in `shown_options` the options that its repr shows when they differ from their default.

    Args:      reduction: "mean", "sum", or "none" for the losses of all elements.
    """

    reductions: ClassVar[tuple[str, ...]] = REDUCTIONS
    shown_options: ClassVar[dict[str, Any]] = {}

    def __init__(self, *, reduction: str = "mean") -> None:
        check_reduction(reduction, self.reductions)
        self.reduction = reduction

    def extra_repr(self) -> str:
        values = {name: getattr(self, name) for name in self.shown_options}
        options = [f"{name}={value}" for name, value in values.items() if value != self.shown_options[name]]
        return ", ".join([*options, *([] if self.reduction == "mean" else [f"reduction={self.reduction!r}"])])


def weight_buffer(weight: Any, name: str = "weight") -> Buffer | None:
    """A given weight as a Buffer, so that it is part of the state_dict; integers become float32."""
    if weight is None:
        return None
    if getattr(weight, "requires_grad", False):
        raise ArgumentError(
            f"A loss stores its {name} as a constant; got a tensor that requires grad. Use {name}.detach(), or the "
            f"function of nn.functional, which gives {name} its gradient."
        )
    values = values_of(weight)
    if values.dtype.kind not in "fiub":
        raise DTypeError(f"{name} must be numbers; got dtype {values.dtype}.")
    return Buffer(values if values.dtype.kind == "f" else values.astype(np.float32))
