"""What the source of a replay calls besides NumPy."""

from __future__ import annotations

from typing import Any

from autograd.capture.program import Var, mapped
from autograd.engine.abstract import SavedOutputs
from autograd.engine.graph import write_now
from autograd.engine.recording import raw, result


class Differs(Exception):  # noqa: N818  no error: another trace is wanted
    """A guard of a replay failed."""


def agree(found: Any, template: Any) -> None:
    """Raise Differs if a function that is called as a whole gives another plain value than it gave."""
    if isinstance(template, Var):
        if template.dtype is not None and found.shape != template.shape:
            raise Differs
        return
    if isinstance(template, (tuple, list)):
        for f, t in zip(found, template, strict=True):
            agree(f, t)
    elif isinstance(template, (bool, int, float, str)) and found != template:
        raise Differs


def put(t: Any, value: Any) -> None:
    """Give a tensor its gradient, in memory of its own."""
    t._grad = result(value.copy(), None)


def arrays(tree: Any) -> Any:
    """The arrays in what an effect returned."""
    return mapped(tree, raw)


def written(tensors: list[Any]) -> None:
    """Mark tensors as changed in place, so that an older graph is refused."""
    now = write_now()
    for t in tensors:
        t.written = now


def saved_outputs(outputs: Any, values: Any) -> SavedOutputs:
    """What a rule has kept of its outputs."""
    made = SavedOutputs(outputs)
    made.values = values
    return made
