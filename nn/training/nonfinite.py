"""Where a nan or inf in training came from: the same batch is computed once more, under `detect_anomaly`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import detect_anomaly
from autograd.engine.recording import raw
from autograd.errors import AnomalyError
from nn.core.module import Module


def gradients_are_finite(parameters: list[Any]) -> bool:
    """Whether no gradient holds nan or inf, found in one pass without a temporary array."""
    for p in parameters:
        if p.grad is not None:
            g = p.grad.numpy()
            flat = g.reshape(-1)  # a copy only for odd layouts
            with np.errstate(all="ignore"):
                total = np.dot(flat, flat)  # not finite if an element is not, or if it overflows
            if not np.isfinite(total) and not np.isfinite(g).all():
                return False
    return True


def nonfinite_cause(model: Module, inputs: Any, target: Any, again: Callable[[], Any]) -> tuple[str, bool]:
    """(where a nan or inf came from, whether that was found): the data, the weights, or the first operation.

    Args:  again: computes the loss of the batch and its backward pass once more, from the same state.
    """
    for name, values in [*((f"input {i}", x) for i, x in enumerate(inputs)), ("the target", target)]:
        array = np.asarray(raw(values)) if hasattr(values, "shape") else np.zeros(())
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            row = np.argwhere(~np.isfinite(array))[0]
            return f"The data hold it: {name} of the batch is {array[tuple(row)]} at {tuple(row.tolist())}.", True
    for name, p in model.named_parameters():
        if not np.isfinite(p.numpy()).all():
            return f"The weights held it before: {name} is not finite.", True
    try:
        with np.errstate(all="ignore"), detect_anomaly():
            again()
    except AnomalyError as error:
        return str(error), True
    return (
        "Computed once more it is finite: something in the model or the loss draws numbers that are no "
        "np.random.Generator of a module's, or changes from call to call."
    ), False
