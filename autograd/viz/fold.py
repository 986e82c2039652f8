"""Repeated blocks: where a graph does the same thing many times in a row, one copy stands for all.

Operations in their order of creation are read as a text, each a letter that says what it does, to what shapes, and how far
back its arguments lie. A block that occurs several times in a row in that text, layers of a deep network or steps of a
recurrent one, is the same computation again, whether it was written with modules, functions or a loop.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.viz.graph import Graph, GraphEdge, GraphNode

LONGEST_PERIOD = 400  # operations in a block
FEWEST = 3  # repetitions worth folding
MOST_FOLDS = 100
WORTH = 1.02  # a longer block must save so much more than a shorter one


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
    """drawn     id of a node -> the id of the one that is drawn for it
    members   id of a drawn node -> all that it stands for
    around    id of a drawn node -> the folds it is in, outermost first
    """

    drawn: dict[int, int]
    members: dict[int, list[int]]
    around: dict[int, tuple[Fold, ...]] = field(default_factory=dict)


def folded(graph: Graph) -> Folded:
    """Which nodes of a graph are drawn for which."""
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
    for node in graph.nodes:
        found.members.setdefault(found.drawn[node.id], []).append(node.id)
    return found


def _letters(
    graph: Graph, operations: Sequence[GraphNode], arguments: dict[int, list[GraphEdge]]
) -> tuple[np.ndarray, np.ndarray]:
    """What each operation does, as a number: equal for equal work; and the same without where its arguments come from."""
    place = {node.id: i for i, node in enumerate(operations)}
    nodes = {node.id: node for node in graph.nodes}
    seen: dict[Any, int] = {}
    letters, loose = np.empty((2, len(operations)), np.int64)
    for i, node in enumerate(operations):
        inputs = []
        for edge in arguments.get(node.id, ()):
            source = nodes[edge.source]
            back = i - place[edge.source] if edge.source in place else source.kind
            inputs.append(
                (edge.index, back if not isinstance(back, int) or back <= LONGEST_PERIOD else "far", source.shape)
            )
        scope = tuple([name.split(" · ")[-1] for name in node.scope])
        what = (node.op, re.sub(r"\d+", "#", node.options), node.shape, node.dtype, scope, node.freed)
        letters[i] = seen.setdefault((what, tuple(inputs)), len(seen))
        loose[i] = seen.setdefault((what, tuple([(index, shape) for index, _, shape in inputs])), len(seen))
    return letters, loose


class _Search:
    """The folds of a text of letters: the one that saves most first, then in what is left of it, right of it and inside."""

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
        """A fold with the folds inside its first block (the other blocks are equal to it)."""
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
        """(start, period, count) of the repetition that saves most; of those that save the same the shortest."""
        text = letters[start:end]
        best, found = 0, None
        for period in range(1, min(LONGEST_PERIOD, len(text) // FEWEST) + 1):
            same = np.flatnonzero(np.concatenate([[True], text[:-period] != text[period:], [True]]))
            runs = np.diff(same) - 1  # of consecutive letters that return after one period
            longest = int(runs.argmax()) if len(runs) else 0
            if not len(runs) or runs[longest] < (FEWEST - 1) * period:
                continue
            first, length = int(same[longest]), int(runs[longest]) + period
            if length <= WORTH * best:  # no more than a shorter block saves already
                continue
            offset = self._aligned(start + first, length, period, start)
            count = (length - offset) // period
            if count >= FEWEST and (count - 1) * period > WORTH * best:
                best, found = (count - 1) * period, (start + first + offset, period, count)
        return found

    def _aligned(self, first: int, length: int, period: int, start: int) -> int:
        """How many letters to skip so that a block begins where a module does.

        Fewer than none: the first layer takes an input, the first step an initial state, where the others take what the one
        before has computed.
        """
        loose, costs, ahead = self._loose, [], 0
        while (
            ahead < period and first - ahead > start and loose[first - ahead - 1] == loose[first - ahead - 1 + period]
        ):
            ahead += 1
        for offset in range(-ahead, min(period, length - FEWEST * period + 1)):
            i = first + offset
            before, here = self._scopes[i - 1] if i else (), self._scopes[i]
            common = 0
            while common < min(len(before), len(here)) and before[common] == here[common]:
                common += 1
            inside = common == len(before) == len(here) and common > 0  # in the middle of one module
            costs.append((common + inside, -((length - offset) // period), offset))
        return min(costs)[-1]


def _apply(fold: Fold, around: tuple[Fold, ...], found: Folded) -> None:
    """Note for every node of every block the node of the first that it is drawn by."""
    around = (*around, fold)
    for block in fold.instances:
        for mine, first in zip(block, fold.body, strict=True):
            found.drawn[mine] = first
    for node in fold.body:
        found.around[node] = around
    for inner in fold.inner:
        _apply(inner, around, found)
    if fold.inner:  # the other blocks follow what the first one's inner folds have changed
        for block in fold.instances:
            for mine, first in zip(block, fold.body, strict=True):
                found.drawn[mine] = found.drawn[first]
    for node in fold.body:
        if found.drawn[node] != node:
            found.around.pop(node, None)


def _leaves(graph: Graph, arguments: dict[int, list[GraphEdge]], found: Folded) -> None:
    """A parameter or input of a block that is not drawn is drawn by what stands in its place in the one that is."""
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
            if uses[edge.source]:  # there are as many of them as blocks: it belongs inside
                found.around.setdefault(edge.source, folds)
