"""Which nodes of a graph become which boxes.

Constant numbers are written into the operations that use them. If there are too many boxes then, repeated blocks are
folded, next modules are drawn closed, and last the nodes farthest from the results are left out.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from autograd.viz.data.graph_data import GraphData, GraphNode, shared_depth
from autograd.viz.picture.fold import Fold, Folded, folded, unfolded
from autograd.viz.picture.labels import constant_numbers


@dataclass(frozen=True)
class Frame:
    """A frame around boxes: a module, or a repeated block.

    title    "0 · Linear", "2 … 13 · Residual ×12", "×50"
    path     the titles from the outermost frame to this one; equal for the same frame only
    module   the path of the module: "Sequential.0"
    block    whether it is a repeated block that is not one module
    folds    the numbers of the repeated blocks whose frame it is
    """

    title: str
    path: tuple[str, ...]
    module: str
    block: bool = False
    folds: tuple[int, ...] = ()


@dataclass
class Plan:
    """Which boxes there are, and which nodes each of them stands for.

    keys       the boxes, in order
    key        node id -> its box; constant numbers written into an operation and nodes left out have none
    node       box -> the node drawn in it; a closed module has none
    members    box -> all nodes for which it stands
    frames     box -> the frames around it
    closed     box of a closed module -> the frames around it, then its own
    numbers    operation -> argument -> the constant number written in its place
    drawn      node id -> the node that is drawn for it, in the first of equal blocks
    folds      the repeated blocks
    automatic  whether modules are closed because of the limit
    missing    how many nodes are left out
    cut        the boxes into which an arrow from a node that is left out would lead
    """

    drawn: dict[int, int]
    numbers: dict[int, dict[int, str]]
    folds: list[Fold]
    keys: list[str] = field(default_factory=list)
    key: dict[int, str] = field(default_factory=dict)
    node: dict[str, GraphNode] = field(default_factory=dict)
    members: dict[str, list[GraphNode]] = field(default_factory=dict)
    frames: dict[str, tuple[Frame, ...]] = field(default_factory=dict)
    closed: dict[str, tuple[Frame, ...]] = field(default_factory=dict)
    automatic: bool = False
    missing: int = 0
    cut: list[str] = field(default_factory=list)


def arranged(
    graph: GraphData,
    limit: int,
    depth: int | None,
    fold: bool | None,
    scopes: bool = True,
    closed: Collection[str] = (),
) -> Plan:
    """A plan with at most `limit` boxes.

    Args:  depth: how many frames deep modules are drawn open; None for as many as the limit allows.
           fold: whether equal blocks in a row are drawn once; None: only if there are more nodes than the limit.
           scopes: whether modules are shown at all.
           closed: paths of modules that are always closed.
    """
    numbers, gone = constant_numbers(graph)
    by_id = {node.id: node for node in graph.nodes}
    shown = [node for node in graph.nodes if node.id not in gone]
    blocks = folded(graph) if fold or (fold is None and len(shown) > limit) else unfolded(graph)
    paths = _Paths(graph, blocks, scopes)
    drawn = [node for node in shown if blocks.drawn[node.id] == node.id]
    frames = {node.id: paths.of(node) for node in drawn}
    if depth is None:
        deepest = max((_depth(path) for path in frames.values()), default=0)
        depth = next(
            (d for d in range(deepest, -1, -1) if len(set(_places(drawn, frames, d, closed).values())) <= limit), 0
        )
        automatic = depth < deepest
    else:
        automatic = False
    folds = list({fold.number: fold for folds in blocks.around.values() for fold in folds}.values())
    plan = Plan(blocks.drawn, numbers, folds, automatic=automatic)
    names: dict[object, str] = {}
    places = _places(drawn, frames, depth, closed)
    for node in shown:
        first = blocks.drawn[node.id]
        place = places[first]
        key = names.get(place)
        if key is None:
            whole_module = isinstance(place, tuple)
            key = names[place] = f"m{len(names)}" if whole_module else f"n{first}"
            plan.keys.append(key)
            if whole_module:
                plan.closed[key] = _until(frames[first], depth, closed) or ()
                plan.frames[key] = plan.closed[key][:-1]
            else:
                plan.node[key] = by_id[first]
                plan.frames[key] = frames[first]
        plan.key[node.id] = key
        plan.members.setdefault(key, []).append(node)
    if len(plan.keys) > limit:
        _cut(graph, plan, limit)
    return plan


def _depth(path: Sequence[Frame]) -> int:
    return sum(not frame.block for frame in path)


def _until(path: tuple[Frame, ...], depth: int, closed: Collection[str]) -> tuple[Frame, ...] | None:
    """The frames up to and including the one that is closed; None if all are open."""
    open_ = 0
    for i, frame in enumerate(path):
        if not frame.block:
            if open_ == depth or frame.module in closed:
                return path[: i + 1]
            open_ += 1
    return None


def _places(
    drawn: Sequence[GraphNode], frames: Mapping[int, tuple[Frame, ...]], depth: int, closed: Collection[str]
) -> dict[int, object]:
    """Drawn node -> itself, or, inside a closed module, (the path of that module, which of its calls it belongs to).

    Operations are in the order of their creation. If operations of a module come after operations outside of it, the
    module was called again.
    """
    places: dict[int, object] = {}
    calls: Counter[tuple[str, ...]] = Counter()
    before: tuple[str, ...] | None = None
    for node in drawn:
        found = _until(frames[node.id], depth, closed)
        path = None if found is None else found[-1].path
        if node.kind == "operation":
            if path is not None and path != before:
                calls[path] += 1
            before = path
        places[node.id] = node.id if path is None else (path, max(1, calls[path]))
    return places


class _Paths:
    """The frames around a node: its modules, and between them the repeated blocks."""

    def __init__(self, graph: GraphData, blocks: Folded, scopes: bool) -> None:
        self._scopes = {node.id: node.scope if scopes else () for node in graph.nodes}
        self._around = blocks.around
        self._last = {node: members[-1] for node, members in blocks.members.items()}
        self._level: dict[int, tuple[int, str]] = {}

    def of(self, node: GraphNode) -> tuple[Frame, ...]:
        """Frames, outermost first."""
        scope = self._scopes[node.id]
        ends = self._scopes[self._last[node.id]]
        folds = self._around.get(node.id, ())
        levels = [self._of_fold(fold) for fold in folds]
        frames: list[Frame] = []
        path: tuple[str, ...] = ()
        for i in range(len(scope) + 1):
            title, suffix = _range(scope[i], ends[i] if i < len(ends) else "") if i < len(scope) else "", ""
            repeated: tuple[int, ...] = ()
            for fold, (level, last) in zip(folds, levels, strict=True):
                if level != i:
                    continue
                if last and title:
                    suffix += f" ×{fold.count:,}"
                    repeated += (fold.number,)
                else:
                    path = (*path, f"×{fold.count:,} #{fold.number}")
                    frames.append(Frame(f"×{fold.count:,}", path, _module(scope[:i]), True, (fold.number,)))
            if i < len(scope):
                path = (*path, scope[i] + suffix)
                frames.append(Frame(title + suffix, path, _module(scope[: i + 1]), folds=repeated))
        return tuple(frames)

    def _of_fold(self, fold: Fold) -> tuple[int, str]:
        """(how many modules are around all blocks, the module of the last block if each block is one module)"""
        if fold.number not in self._level:
            scopes = [self._scopes[i] for block in fold.instances for i in block]
            level = _common_depth(scopes)
            ends = (fold.body, fold.instances[-1])
            within = [_common_depth([self._scopes[i] for i in block]) > level for block in ends]
            self._level[fold.number] = level, self._scopes[fold.instances[-1][0]][level] if all(within) else ""
        return self._level[fold.number]


def _range(first: str, last: str) -> str:
    """ "2 … 13 · Residual" """
    (start, _, kind), (end, _, other) = first.partition(" · "), last.partition(" · ")
    shared = start.rpartition(".")[0] + "."
    return f"{start} … {end.removeprefix(shared)} · {kind}" if kind and kind == other and start != end else first


def _module(scope: Sequence[str]) -> str:
    return ".".join([name.split(" · ")[0] for name in scope])


def _common_depth(scopes: Sequence[tuple[str, ...]]) -> int:
    """How many outermost modules all of these scopes share."""
    return shared_depth(min(scopes), max(scopes))  # in alphabetical order, all others lie between these two


def _cut(graph: GraphData, plan: Plan, limit: int) -> None:
    """Keep the `limit` boxes that are the fewest arrows away from a result."""
    before: dict[str, list[str]] = {}
    used: set[str] = set()
    for edge in graph.edges:
        source, target = plan.key.get(edge.source), plan.key.get(edge.target)
        if source is not None and target is not None and source != target:
            before.setdefault(target, []).append(source)
            used.add(source)
    results = [plan.key[node.id] for node in graph.nodes if node.result and node.id in plan.key]
    queue = deque(dict.fromkeys([*results, *[key for key in plan.keys if key not in used]]))
    seen = set(queue)
    kept: set[str] = set()
    while queue and len(kept) < limit:
        key = queue.popleft()
        kept.add(key)
        for source in before.get(key, ()):
            if source not in seen:
                seen.add(source)
                queue.append(source)
    plan.cut = [key for key in plan.keys if key in kept and any(source not in kept for source in before.get(key, ()))]
    plan.missing = sum(len(plan.members[key]) for key in plan.keys if key not in kept)
    plan.keys = [key for key in plan.keys if key in kept]
    plan.key = {node: key for node, key in plan.key.items() if key in kept}
