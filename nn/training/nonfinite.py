"""Where a loss that is nan or inf came from: the same batch once more, under `detect_anomaly`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import detect_anomaly
from autograd.errors import AnomalyError
from nn.core.module import Module


def finite_gradients(parameters: list[Any]) -> bool:
    """Whether no gradient holds nan or inf, in one pass without a temporary array."""
    for p in parameters:
        if p.grad is not None:
            g = p.grad.numpy()
            flat = g.reshape(-1)  # a copy only for odd layouts
            with np.errstate(all="ignore"):
                total = np.dot(
                    flat, flat
                )  # finite only if all of it is; large numbers can overflow it without being inf
            if not np.isfinite(total) and not np.isfinite(g).all():
                return False
    return True


def explain(model: Module, inputs: Any, target: Any, again: Callable[[], Any], what: str, place: str) -> AnomalyError:
    """The error that says which operation gave the first nan or inf; it has been provoked once more, from the same state.

    Args:  again: computes the loss of the batch and its backward pass.
           what: such as "the loss is nan"; place: such as "epoch 3, batch 12".
    """
    head = f"{what} in {place}. The weights are those before this batch.\n"
    for name, values in [*((f"input {i}", x) for i, x in enumerate(inputs)), ("the target", target)]:
        array = np.asarray(getattr(values, "_data", values)) if hasattr(values, "shape") else np.zeros(())
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            row = np.argwhere(~np.isfinite(array))[0]
            return AnomalyError(
                f"{head}The data hold it: {name} of the batch is {array[tuple(row)]} at {tuple(row.tolist())}."
            )
    for name, p in model.named_parameters():
        if not np.isfinite(p.numpy()).all():
            return AnomalyError(f"{head}The weights held it before: {name} is not finite.")
    try:
        with np.errstate(all="ignore"), detect_anomaly():
            again()
    except AnomalyError as error:
        return AnomalyError(head + str(error))
    return AnomalyError(
        f"{head}Computed once more it is finite: something in the model or the loss draws numbers that are no np.random.Generator of "
        "a module's, or changes from call to call."
    )
