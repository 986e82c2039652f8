"""Repeated blocks: of many equal blocks in a row, such as the layers of a deep network, only the first is drawn.

The operations in their order of creation are read as a text. The letter of an operation says what it does, on which
shapes, and how many operations ago its arguments were computed. A block that occurs several times in a row in this text
is the same computation again, whether it was written with modules, functions or a loop.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.viz.data.graph_data import GraphData, GraphEdge, GraphNode, shared_depth

LONGEST_PERIOD = 400  # operations in a block, at most
FEWEST = 3  # repetitions of a block, at least
MOST_FOLDS = 100
WORTH = 1.02  # a longer block is chosen only if it saves more than a shorter one by this factor


@dataclass(frozen=True)
class Fold:
    """`count` equal blocks in a row. The first one, `body`, is drawn; `instances` lists the ids of each."""

    number: int
    count: int
    body: tuple[int, ...]
    instances: tuple[tuple[int, ...], ...]
    inner: tuple[Fold, ...] = ()


@dataclass
class Folded:
    """Which nodes are drawn for which.

    drawn     id of a node -> the id of the node that is drawn for it
    members   id of a drawn node -> the ids of all nodes for which it is drawn
    around    id of a drawn node -> the folds it is in, outermost first
    """

    drawn: dict[int, int]
    members: dict[int, list[int]]
    around: dict[int, tuple[Fold, ...]] = field(default_factory=dict)


def folded(graph: GraphData) -> Folded:
    """The repeated blocks of a graph, as a map from its nodes to those that are drawn."""
    operations = [node for node in graph.nodes if node.kind == "operation"]
    arguments: dict[int, list[GraphEdge]] = {}
    for edge in graph.edges:
        arguments.setdefault(edge.target, []).append(edge)
    letters, loose = _letters(graph, operations, arguments)
    scopes = [node.scope for node in operations]
    folds = _Search(letters, loose, scopes, [node.id for node in operations]).folds
    found = Folded({node.id: node.id for node in graph.nodes}, {})
    for fold in folds:
        _apply(fold, (), found)
    _leaves(graph, arguments, found)
    for node, drawn in found.drawn.items():
        found.members.setdefault(drawn, []).append(node)
    return found


def unfolded(graph: GraphData) -> Folded:
    """Every node is drawn for itself."""
    return Folded({node.id: node.id for node in graph.nodes}, {node.id: [node.id] for node in graph.nodes})


def _letters(
    graph: GraphData, operations: Sequence[GraphNode], arguments: dict[int, list[GraphEdge]]
) -> tuple[np.ndarray, np.ndarray]:
    """(the letter of each operation, as a number; the same without regard to where the arguments come from)"""
    place = {node.id: i for i, node in enumerate(operations)}
    nodes = {node.id: node for node in graph.nodes}
    seen: dict[Any, int] = {}
    letters, loose = [], []
    for i, node in enumerate(operations):
        inputs: list[Any] = []
        shapes: list[Any] = []
        for edge in arguments.get(node.id, ()):
            source = nodes[edge.source]
            origin: Any = source.kind
            if origin == "operation":
                back = i - place[edge.source]
                origin = back if back <= LONGEST_PERIOD else "far"
            inputs.append((edge.index, origin, source.shape))
            shapes.append((edge.index, source.shape))
        options = re.sub(r"\d+", "#", node.options) if node.options else ""
        scope = tuple([name.split(" · ")[-1] for name in node.scope]) if node.scope else ()
        what = (node.op, options, node.shape, node.dtype, scope, node.freed)
        letters.append(seen.setdefault((what, tuple(inputs)), len(seen)))
        loose.append(seen.setdefault((what, tuple(shapes)), len(seen)))
    return np.array(letters, np.int64), np.array(loose, np.int64)


class _Search:
    """The folds of a text: first the one that saves most, then those before it, after it and inside its first block."""

    def __init__(self, letters: np.ndarray, loose: np.ndarray, scopes: list[tuple[str, ...]], ids: list[int]) -> None:
        self._loose = loose
        self._scopes = scopes
        self._ids = ids
        self._number = 0
        self.folds: list[Fold] = []
        todo = [(0, len(letters))]
        while todo and len(self.folds) < MOST_FOLDS:
            start, end = todo.pop()
            fold = self._best(letters, start, end)
            if fold is None:
                continue
            first, period, count = fold
            self.folds.append(self._made(letters, first, period, count, 0))
            todo += [(start, first), (first + period * count, end)]

    def _made(self, letters: np.ndarray, first: int, period: int, count: int, depth: int) -> Fold:
        """A fold, with the folds inside its first block; the other blocks are equal to the first."""
        self._number += 1
        number = self._number
        blocks = tuple([tuple(self._ids[first + k * period : first + (k + 1) * period]) for k in range(count)])
        inner = []
        todo = [(first, first + period)] if depth < 3 else []
        while todo:
            start, end = todo.pop()
            best = self._best(letters, start, end)
            if best is not None and best[1] < period:
                inner.append(self._made(letters, *best, depth + 1))
                todo += [(start, best[0]), (best[0] + best[1] * best[2], end)]
        return Fold(number, count, blocks[0], blocks, tuple(inner))

    def _best(self, letters: np.ndarray, start: int, end: int) -> tuple[int, int, int] | None:
        """(start, period, count) of the repetition that saves the most operations, the shortest one of several."""
        text = letters[start:end]
        best, found = 0, None
        for period in range(1, min(LONGEST_PERIOD, len(text) // FEWEST) + 1):
            same = np.flatnonzero(np.concatenate([[True], text[:-period] != text[period:], [True]]))
            runs = np.diff(same) - 1  # lengths of stretches in which every letter occurs again one period later
            longest = int(runs.argmax()) if len(runs) else 0
            if not len(runs) or runs[longest] < (FEWEST - 1) * period:
                continue
            first, length = int(same[longest]), int(runs[longest]) + period
            if length <= WORTH * best:  # a shorter block saves as much
                continue
            offset = self._aligned(start + first, length, period, start)
            count = (length - offset) // period
            if count >= FEWEST and (count - 1) * period > WORTH * best:
                best, found = (count - 1) * period, (start + first + offset, period, count)
        return found

    def _aligned(self, first: int, length: int, period: int, start: int) -> int:
        """How many letters to skip so that a block begins where a module does.

        The number is negative if the first block begins before the repetition that was found: the first layer takes
        an input, or the first step an initial state, where every other one takes the result of the block before it.
        """
        loose, costs, ahead = self._loose, [], 0
        while (
            ahead < period and first - ahead > start and loose[first - ahead - 1] == loose[first - ahead - 1 + period]
        ):
            ahead += 1
        for offset in range(-ahead, min(period, length - FEWEST * period + 1)):
            i = first + offset
            before, here = self._scopes[i - 1] if i else (), self._scopes[i]
            common = shared_depth(before, here)
            inside = common == len(before) == len(here) and common > 0  # the block would begin inside one module
            costs.append((common + inside, -((length - offset) // period), offset))
        return min(costs)[-1]


def _apply(fold: Fold, around: tuple[Fold, ...], found: Folded) -> None:
    """Note, for every node of every block, the node of the first block that is drawn for it."""
    around = (*around, fold)
    for block in fold.instances:
        for mine, first in zip(block, fold.body, strict=True):
            found.drawn[mine] = first
    for node in fold.body:
        found.around[node] = around
    for inner in fold.inner:
        _apply(inner, around, found)
    if fold.inner:  # the inner folds have changed what is drawn in the first block: the other blocks follow
        for block in fold.instances:
            for mine, first in zip(block, fold.body, strict=True):
                found.drawn[mine] = found.drawn[first]
    for node in fold.body:
        if found.drawn[node] != node:
            found.around.pop(node, None)


def _leaves(graph: GraphData, arguments: dict[int, list[GraphEdge]], found: Folded) -> None:
    """For a parameter or input of a block that is not drawn, the one at the same place in the first block is drawn."""
    kinds: dict[int, GraphNode] = {node.id: node for node in graph.nodes}
    settled: set[int] = set()
    uses: Counter[int] = Counter()
    for target in sorted(arguments):
        for edge in arguments[target]:
            leaf = kinds[edge.source]
            if leaf.kind == "operation" or leaf.id in settled:
                continue
            settled.add(leaf.id)
            drawn = found.drawn[target]
            if drawn == target:
                continue
            twin = next((e.source for e in arguments.get(drawn, ()) if e.index == edge.index), None)
            if twin is not None and kinds[twin].kind == leaf.kind:
                found.drawn[leaf.id] = found.drawn[twin]
                uses[twin] += 1
    for target, folds in list(found.around.items()):
        for edge in arguments.get(target, ()):
            if uses[edge.source]:  # every block has one of its own, so it is drawn inside the block
                found.around.setdefault(edge.source, folds)
