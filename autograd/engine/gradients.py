"""Gradients by chosen tensors, recorded or leaves, returned as values: what autograd.functional is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.engine.reverse import sweep
from autograd.engine.route import find_route
from autograd.engine.step import Step


def gradients(
    outputs: Any,
    inputs: Sequence[Any],
    cotangents: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    partial: bool = False,
) -> list[Any]:
    """The cotangent of each input (None where the outputs do not depend on it); no `.grad` is touched.

    With `partial` the inputs count as independent of each other: what reaches one of them goes no further.
    """
    roots = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    seeds = list(cotangents) if isinstance(cotangents, (list, tuple)) else [cotangents] * len(roots)
    retain = create_graph if retain_graph is None else retain_graph
    found = sweep(roots, seeds, Step(create_graph, sweep), retain, find_route(roots, inputs, partial))
    return of_each(inputs, found)


def of_each(inputs: Sequence[Any], found: dict[Any, Any]) -> list[Any]:
    """What was found for each input, None for nothing; an input that is named twice gets a copy the second time."""
    seen: set[Any] = set()
    cotangents = []
    for x in inputs:
        g = found.get(x)
        cotangents.append(g.copy() if g is not None and x in seen else g)
        seen.add(x)
    return cotangents
