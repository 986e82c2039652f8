"""What a repeated block takes from the block before it: a small box where a value comes in, and one where it goes out.

Only the first block is drawn, and it takes from outside what every other one takes from the block before. The arrow
from outside leads to the box ⟲ in the block, and from there one leads to each operation that uses the value. So a skip
inside of the block is seen as one, no operation seems to feed itself, and no arrow leads back through the picture. Of a
plain chain, where one operation takes the result of the block before, an arrow to that operation says as much.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from autograd.viz.data.graph_data import GraphData, GraphEdge
from autograd.viz.picture.arrange import Frame, Plan
from autograd.viz.picture.fold import Fold

SHORT = 3  # letters of a name that fits


@dataclass(frozen=True)
class Carried:
    """A value that goes from each block into the next.

    id       of the box where it comes in
    out      of the box where it goes out
    mark     the text in both: ⟲h of a value with a short name, else ⟲, or ⟲1, ⟲2 … where a picture has several
    name     of the value, if it has one
    frames   of the block
    """

    id: str
    out: str
    mark: str
    frames: tuple[Frame, ...]
    name: str = ""


@dataclass
class CarriedValues:
    """All of a picture.

    at     (a drawn operation, the number of its argument) -> where what it takes comes in, from the outermost block
    over   (source, target, number of the argument) of an edge into the next block -> the value
    """

    at: dict[tuple[int, int], list[Carried]] = field(default_factory=dict)
    over: dict[tuple[int, int, int], Carried] = field(default_factory=dict)

    @property
    def values(self) -> list[Carried]:
        return list(dict.fromkeys(value for values in self.at.values() for value in values))


def carried_values(graph: GraphData, plan: Plan) -> CarriedValues:
    """The values that go from block to block, but for those of plain chains."""
    found = CarriedValues()
    if not plan.folds:
        return found
    block = {(fold.number, node): i for fold in plan.folds for i, nodes in enumerate(fold.instances) for node in nodes}
    edges: dict[int, list[tuple[GraphEdge, str, str]]] = {}
    for edge, end, target in _into_next(graph, plan):
        fold = _fold_between(edge, plan.folds, block)
        if fold is not None:
            edges.setdefault(fold.number, []).append((edge, end, target))
    takes = Counter([edge.target for edge in graph.edges])
    numbers: dict[tuple[int, str], int] = {}  # (fold, box that computes the value) -> its number
    for fold in plan.folds:  # an outer one comes before those in it
        uses = edges.get(fold.number, [])
        places = {(plan.drawn[edge.target], edge.index) for edge, _, _ in uses}
        if len(places) == 1 and all(end != target or takes[edge.target] == 1 for edge, end, target in uses):
            continue
        for edge, end, target in uses:
            place = (plan.drawn[edge.target], edge.index)
            number = numbers.setdefault((fold.number, end), len(numbers) + 1)
            name = plan.node[end].name if end in plan.node else ""
            mark = f"⟲{name if 0 < len(name) <= SHORT else number}"
            value = Carried(f"in{number}", f"out{number}", mark, _until(plan.frames[target], fold.number), name)
            found.over[edge.source, edge.target, edge.index] = value
            if value not in found.at.setdefault(place, []):
                found.at[place].append(value)
    return found if len(numbers) > 1 or any(value.name for value in found.values) else _unnumbered(found)


def _unnumbered(found: CarriedValues) -> CarriedValues:
    """The only one needs no number."""
    return CarriedValues(
        {place: [replace(value, mark="⟲") for value in values] for place, values in found.at.items()},
        {edge: replace(value, mark="⟲") for edge, value in found.over.items()},
    )


def _until(frames: tuple[Frame, ...], fold: int) -> tuple[Frame, ...]:
    """The frames up to and including that of a repeated block."""
    own = next((i for i, frame in enumerate(frames) if fold in frame.folds), len(frames) - 1)
    return frames[: own + 1]


def _into_next(graph: GraphData, plan: Plan) -> Iterator[tuple[GraphEdge, str, str]]:
    """(an edge from a block into the next one, its boxes)"""
    for edge in graph.edges:
        source, target = plan.key.get(edge.source), plan.key.get(edge.target)
        if source is None or target is None or plan.drawn[edge.source] < plan.drawn[edge.target]:
            continue
        if source != target or source not in plan.closed:
            yield edge, source, target


def _fold_between(edge: GraphEdge, folds: list[Fold], block: dict[tuple[int, int], int]) -> Fold | None:
    """The outermost fold in which the edge leads from one block into another."""
    for fold in folds:  # an outer one comes before those in it
        ends = [block.get((fold.number, node)) for node in (edge.source, edge.target)]
        if None not in ends and ends[0] != ends[1]:
            return fold
    return None
