"""The second derivative of what is made of a length, such as |x|², at 0: the slope that `bent` asks for.

A function F of a length n = |x| has the gradient F′(n) x / n, for which 0 is put at x = 0. If F′ is 0 there and depends
on nothing but n, it is F″(0) · n beside it, and the gradient F″(0) · x: F″(0) is the slope, 2 of n², 0 of n³. The
cotangent is F′, so that one sweep through its graph finds it. If it depends on anything else in first order, as that
of n · w does on w, there is no second derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.gradients import gradients
from autograd.engine.graph import Node, oldest_first
from autograd.engine.kinks import met_kinks
from autograd.engine.recording import raw, result
from autograd.engine.route import origin


def curvature(g: Any, of: str, args: Sequence[Any], params: dict[str, Any], zero: Any) -> Any:
    """The derivative of the cotangent g by the result of the primitive `of` at these arguments, where that is `zero`.

    nan where g is not 0 or its derivative is not that of one element by the same element.

    Shape:     (*g.shape)
    """
    met = met_kinks.get()
    if met is not None:
        met.append(bool(np.any(zero & (raw(g) != 0))))
        return np.full(g.shape, np.nan)
    if g.ndim > zero.ndim:  # a batch of cotangents
        return np.stack([curvature(g[row], of, args, params, zero) for row in range(len(g))])
    places = zero & (raw(g) == 0)
    if not np.any(places):
        return np.full(g.shape, np.nan)
    nodes = oldest_first([g.node])
    same = [node for node in nodes if _is_call(node, of, args, params)]
    rng = np.random.default_rng(0)
    first, second = (_probed(g, nodes, same, np.where(places, rng.uniform(1, 2, g.shape), 0)) for _ in range(2))
    alike = np.abs(first - second) <= 1e3 * np.finfo(g.dtype).eps * np.abs(first)
    return np.where(places & alike, first, np.nan)


def _is_call(node: Node, of: str, args: Sequence[Any], params: dict[str, Any]) -> bool:
    """Whether a node is that operation on the same arguments: its result is the same length."""
    if node.primitive.name != of or (node.params or {}) != params or len(node.parents) != len(args):
        return False
    return all(
        getattr(x, "requires_grad", False) and parent is origin(x) if parent is not None else raw(x) is kept
        for x, parent, kept in zip(args, node.parents, node.args or (), strict=True)
    )


def _probed(g: Any, nodes: Sequence[Node], same: Sequence[Node], weights: Any) -> Any:
    """The derivative of <weights, g> by the length, over the weights; nan if it has any other.

    With random weights, terms that mix elements do not look like one element's.
    """
    parents = dict.fromkeys(parent for node in nodes for parent in node.parents)
    leaves = [x for x in parents if x is not None and type(x) is not Node]
    lengths = [result(raw(g), node) for node in same]
    met: list[bool] = []
    token = met_kinks.set(met)
    try:
        found = gradients(g, [*lengths, *leaves], weights.astype(g.dtype), True, create_graph=True, partial=True)
    finally:
        met_kinks.reset(token)
    slopes = sum((np.asarray(raw(t), float) for t in found[: len(same)] if t is not None), np.zeros(g.shape))
    others = [raw(t) for t in found[len(same) :] if t is not None]
    if any(met) or np.any(slopes[weights == 0]) or any(np.any(t != 0) for t in others):
        return np.full(g.shape, np.nan)
    quotient = slopes / np.where(weights == 0, 1, weights)
    return np.where(np.isfinite(quotient), quotient, np.nan)
