"""What has no form for a batch: example by example, and the results stacked. Each use is counted."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.batched.hidden import at, batched
from autograd.batched.level import Level
from autograd.errors import BatchError

_log = logging.getLogger("autograd.vmap")


def one_by_one(level: Level, name: str, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """function(*args, **kwargs) of each example; arrays among the results are stacked.

    Raises: BatchError if the shapes of the results differ.
    """
    level.loops[name] = level.loops.get(name, 0) + 1
    _log.debug("%s has no form for a batch: %d calls", name, level.size)
    found = [function(*_example(args, level, i), **_example(kwargs, level, i)) for i in range(level.size)]
    if not found:
        raise BatchError(f"{name} runs example by example inside vmap, and there is none: the batch is empty.")
    return _joined(name, found, level)


def _example(x: Any, level: Level, i: int) -> Any:
    """The values of example i, also in lists, tuples and dicts."""
    if at(x, level):
        return x._values[i]
    if type(x) in (list, tuple):
        return type(x)([_example(item, level, i) for item in x])
    if type(x) is dict:
        return {key: _example(item, level, i) for key, item in x.items()}
    return x


def _joined(name: str, found: list[Any], level: Level) -> Any:
    first = found[0]
    if first is None:
        return None
    if isinstance(first, (tuple, list)):
        if len({len(one) for one in found}) > 1:
            raise _uneven(name, [f"{len(one)} results" for one in found])
        parts = [_joined(name, [one[i] for one in found], level) for i in range(len(first))]
        return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)
    shapes = [np.shape(one) for one in found]
    if len(set(shapes)) > 1:
        raise _uneven(name, shapes)
    return batched(np.stack(found), level)


def _uneven(name: str, shapes: list[Any]) -> BatchError:
    kinds = ", ".join(map(str, sorted(set(shapes))[:3]))
    return BatchError(
        f"{name} inside vmap gives results whose shape depends on the values: {kinds}. Keep the shape the same for "
        "all examples: np.where(condition, x, 0) in the place of x[condition]."
    )
