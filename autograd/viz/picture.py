"""What a picture of a graph consists of, boxes and arrows with their texts, before any language of pictures is chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from autograd.errors import ArgumentError
from autograd.viz.arrange import Frame, Plan, arranged
from autograd.viz.graph import Graph, GraphEdge, GraphNode
from autograd.viz.labels import Line, arguments_named, gradient_line, gradients_of, operation_lines, value_lines
from autograd.viz.style import THEMES, Scale, Theme, scale_of
from autograd.viz.values import norm_of, number, one_line

SHOW = ("value", "grad", "local", "shape", "dtype", "vjp", "scope", "source")
SHOWN = ("value", "grad", "local", "shape", "vjp", "scope")
FEW = 45  # boxes; of more the rules on the arrows are left out, unless asked for
LIMIT = 150
DIRECTIONS = ("LR", "TB", "RL", "BT")
COLORS = ("auto", "kind", "gradient")


@dataclass(frozen=True)
class Options:
    """How to draw; see `draw`."""

    direction: str = "LR"
    show: str | Iterable[str] | None = None
    legend: bool = True
    title: str = ""
    limit: int = LIMIT
    depth: int | None = None
    fold: bool | None = None
    theme: str = "light"
    color: str = "auto"

    def __post_init__(self) -> None:
        if self.direction not in DIRECTIONS:
            raise ArgumentError(f"direction must be 'LR', 'TB', 'RL' or 'BT'; got {self.direction!r}.")
        if isinstance(self.limit, bool) or not isinstance(self.limit, int) or self.limit < 1:
            raise ArgumentError(f"limit, the number of boxes to draw, must be at least 1; got {self.limit!r}.")
        if self.depth is not None and (not isinstance(self.depth, int) or self.depth < 0):
            raise ArgumentError(
                f"depth, how many frames deep modules are drawn open, must be 0 or more; got {self.depth!r}."
            )
        if self.theme not in THEMES:
            raise ArgumentError(f"theme must be 'light' or 'dark'; got {self.theme!r}.")
        if self.color not in COLORS:
            raise ArgumentError(f"color must be 'auto', 'kind' or 'gradient'; got {self.color!r}.")
        unknown = self.words(0) - set(SHOW)
        if unknown:
            raise ArgumentError(
                f"show takes words among {', '.join(SHOW)}; got {', '.join(sorted(map(str, unknown)))}."
            )

    def words(self, boxes: int) -> set[str]:
        """What to show in a picture of so many boxes."""
        if self.show is None:
            return set(SHOWN) - ({"vjp"} if boxes > FEW else set())
        return set(self.show.split() if isinstance(self.show, str) else self.show)


@dataclass(frozen=True)
class Box:
    """A node of the picture.

    kind     "parameter", "input", "constant", "operation", "module" or "more" (what is left out)
    lines    what stands in it, top to bottom
    mark     the operation, for a Scalar at the left of the lines; else ()
    frames   the frames it is in, outermost first
    heat     gradient norms to colour it by: one, or the first and the last of a repeated block; () if there is none
    """

    id: str
    kind: str
    lines: tuple[Line, ...]
    mark: tuple[Line, ...] = ()
    frames: tuple[Frame, ...] = ()
    heat: tuple[float, ...] = ()
    result: bool = False
    freed: bool = False
    tooltip: str = ""


@dataclass(frozen=True)
class Arrow:
    """An edge of the picture; `kind` is "data", "next" (from one repetition of a block to the one after it) or "more"."""

    source: str
    target: str
    lines: tuple[Line, ...] = ()
    kind: str = "data"


@dataclass(frozen=True)
class Picture:
    """Boxes and arrows, and what stands below them."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    options: Options
    theme: Theme
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    scale: Scale | None = None
    fill_by_gradient: bool = False
    kinds: tuple[str, ...] = field(default=())


def picture(
    graph: Graph, modules: Mapping[str, tuple[str, ...]] | None = None, closed: Collection[str] = (), **options: Any
) -> Picture:
    """The picture of a graph.

    Args:  modules: path of a module -> lines to write into its box when it is drawn closed (`Module.draw`).
           closed: paths of modules that are drawn closed whatever their depth.
           options: those of `draw`.
    """
    chosen = Options(**options)
    plan = arranged(graph, chosen.limit, chosen.depth, chosen.fold, "scope" in chosen.words(0), closed)
    words = chosen.words(len(plan.keys))
    if len({node.dtype for node in graph.nodes if node.dtype.startswith("float")}) > 1:
        words.add("dtype")
    boxes = _unframed([_box(key, plan, words, modules) for key in plan.keys])
    arrows = _arrows(graph, plan, words)
    missing = plan.missing + graph.hidden
    if missing:
        what = "value or operation" if missing == 1 else "values and operations"
        boxes.append(Box("more", "more", (Line("note", f"… {missing:,} earlier {what}"),)))
        ends = dict.fromkeys(plan.cut) or {box.id: None for box in boxes[:1]}
        arrows += [Arrow("more", key, (), "more") for key in ends]
    norms = [norm for node in graph.nodes if (norm := node.grad_norm) is not None and node.id in plan.key]
    scale = scale_of(norms) if "grad" in words and chosen.color != "kind" else None
    if (
        scale is not None
        and chosen.color == "auto"
        and (all(node.shape is None for node in graph.nodes if node.grad is not None))
    ):
        scale = None  # of Scalars: the numbers themselves stand there
    notes, warnings = _notes(graph, plan, words, missing)
    kinds = tuple(
        [
            kind
            for kind in ("parameter", "input", "constant", "operation", "module")
            if any(b.kind == kind for b in boxes)
        ]
    )
    return Picture(
        tuple(boxes), tuple(arrows), chosen, THEMES[chosen.theme], notes, warnings, scale, chosen.color == "gradient" and scale is not None,
        kinds,
    )  # fmt: skip


def _box(key: str, plan: Plan, words: set[str], modules: Mapping[str, tuple[str, ...]] | None) -> Box:
    if key in plan.closed:
        return _closed(key, plan, words, modules)
    node = plan.node[key]
    members = plan.members[key]
    grads, not_run = gradients_of(members)
    frames = plan.frames[key]
    scalar = node.shape is None and not node.freed and node.dtype == "" and node.rule == ""
    name = _short(node, frames)
    lines = [Line("name", name)] if name else []
    mark = operation_lines(node, plan.numbers.get(node.id, {})) if node.op else []
    if len(members) > 1 and node.kind != "operation":
        lines.append(Line("note", f"{len(members):,} of them"))
    facts = []
    if node.shape is not None:
        facts = [str(node.shape)] * ("shape" in words) + [node.dtype] * ("dtype" in words and node.dtype != "")
    rest = [Line("shape", " ".join(facts))] if facts else []
    if "value" in words and len(members) == 1:
        rest += value_lines(node, scalar)
    if "grad" in words:
        rest += gradient_line(grads, not_run)
    if "source" in words and node.source:
        rest.append(Line("note", one_line(node.source.rsplit("/", 1)[-1], 60)))
    if node.freed:
        rest.append(Line("note", "… freed"))
    if not scalar or not rest:
        lines, mark = (mark + lines if not lines else lines + mark), []
    lines = [*lines, *rest] or [Line("note", node.kind)]
    heat = [norm for norm in map(norm_of, grads) if norm is not None]
    tooltip = " ".join(
        filter(None, [node.op or node.kind, node.name, f"in {node.module}" if node.scope else "", node.source])
    )
    return Box(
        key, node.kind, tuple(lines), tuple(mark), frames, (heat[0], heat[-1]) if len(heat) > 1 else tuple(heat),
        any(member.result for member in members), node.freed, tooltip,
    )  # fmt: skip


def _unframed(boxes: list[Box]) -> list[Box]:
    """A module with one box in it needs no frame: its name stands in the box."""
    inside: Counter[tuple[str, ...]] = Counter()
    for box in boxes:
        inside.update([frame.path for frame in box.frames])
    found = []
    for box in boxes:
        frame = box.frames[-1] if box.frames else None
        if (
            frame is not None
            and inside[frame.path] == 1
            and box.kind == "operation"
            and not frame.block
            and len(box.frames) > 1
        ):
            box = replace(box, frames=box.frames[:-1], lines=(Line("note", frame.title), *box.lines))
        found.append(box)
    return found


def _closed(key: str, plan: Plan, words: set[str], modules: Mapping[str, tuple[str, ...]] | None) -> Box:
    """A module of which only the outside is drawn."""
    *frames, own = plan.closed[key]
    members = plan.members[key]
    operations = [node for node in members if node.kind == "operation"]
    parameters = [node for node in members if node.kind == "parameter"]
    lines = [Line("name", own.title)]
    if modules is not None and own.module in modules:
        lines += [Line("shape" if i == 0 else "note", text) for i, text in enumerate(modules[own.module])]
    else:
        shape = next((node.shape for node in reversed(operations) if node.shape is not None), None)
        if shape is not None and "shape" in words:
            lines.append(Line("shape", f"→ {shape}"))
        size = sum(_size(node) for node in parameters)
        facts = [f"{size:,} parameters"] * bool(size) + [f"{len(operations):,} operation{'s' * (len(operations) != 1)}"]
        lines.append(Line("note", ", ".join(facts)))
    grads, not_run = gradients_of(parameters)
    if "grad" in words and modules is None:
        lines += gradient_line(grads, not_run)
    heat = sorted([norm for norm in map(norm_of, grads) if norm is not None])
    result = any(node.result for node in members)
    ends = (heat[0], heat[-1]) if len(heat) > 1 else tuple(heat)
    return Box(key, "module", tuple(lines), (), tuple(frames), ends, result, tooltip=f"module {own.module}".strip())


def _size(node: GraphNode) -> int:
    size = 1
    for length in node.shape or ():
        size *= length
    return size


def _short(node: GraphNode, frames: tuple[Frame, ...]) -> str:
    """A parameter's name without the path of the frame that it stands in."""
    inside = frames[-1].module if frames else ""
    for path in (inside, inside.partition(".")[2]):
        if path and node.name.startswith(path + "."):
            return node.name[len(path) + 1 :]
    return node.name


def _arrows(graph: Graph, plan: Plan, words: set[str]) -> list[Arrow]:
    names = arguments_named(graph)
    found: dict[
        tuple[int, str, str, tuple[Line, ...], str], None
    ] = {}  # a value used twice by one operation has two arrows
    inside: set[tuple[str, str]] = set()
    kinds = {node.id: node.kind for node in graph.nodes}
    for edge in graph.edges:
        source, target = plan.key.get(edge.source), plan.key.get(edge.target)
        if source is None or target is None:
            continue
        back = plan.drawn[edge.source] >= plan.drawn[edge.target]
        closed = source in plan.closed or target in plan.closed
        if source == target and (closed or not back):
            continue
        if (
            source in plan.closed
            and plan.closed[source] == plan.closed.get(target)
            and kinds[edge.source] != "operation"
        ):
            continue  # what a module has by itself goes into each of its calls, and is no way from one call to another
        own = (
            {} if edge.target in plan.numbers else names.get(edge.target, {})
        )  # the number stands in its place already
        lines = () if closed or back else tuple(_edge_lines(edge, plan, words, own))
        if edge.target != plan.drawn[edge.target] and (source, target) in inside:
            continue
        inside.add((source, target))
        found[0 if closed or back else edge.index, source, target, lines, "next" if back else "data"] = None
    return [Arrow(*arrow[1:]) for arrow in found]


def _edge_lines(edge: GraphEdge, plan: Plan, words: set[str], names: Mapping[int, str]) -> list[Line]:
    name = (
        "" if edge.index not in names else edge.argument if "vjp" in words and edge.local is None else names[edge.index]
    )
    lines = [Line("note", name)] if name else []
    if "local" in words and edge.local is not None and len(plan.members[plan.key[edge.target]]) == 1:
        lines.append(Line("rule", number(edge.local)))
    elif "vjp" in words and edge.vjp:
        lines.append(Line("rule", one_line(edge.vjp, 40)))
    return lines


def _notes(graph: Graph, plan: Plan, words: set[str], missing: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(what a reader has to know, what went wrong)"""
    notes, warnings = [], []
    if any(edge.local is not None for edge in graph.edges) and "local" in words:
        notes.append("on an arrow the local derivative: grad = sum over arrows of local × grad at the tip")
    elif "vjp" in words and any(edge.vjp for edge in graph.edges) and not all(key in plan.closed for key in plan.keys):
        notes.append("on an arrow the rule by which the gradient g at its tip goes back along it")
    if any(node.not_run for node in graph.nodes) and "grad" in words:
        notes.append("grad –: backward() has not run")
    if plan.folds:
        notes.append("×n: n equal blocks in a row, drawn once; a dashed arrow leads into the next one")
    if plan.closed and plan.automatic:
        notes.append("some modules are drawn closed: depth= opens them, limit= allows for more boxes")
    if missing:
        notes.append("what is farthest from the result is left out: limit= takes more of it")
    if graph.freed:
        warnings += ["what came before was freed by backward():", "draw before it, or call backward(retain_graph=True)"]
    return tuple(notes), tuple(warnings)
