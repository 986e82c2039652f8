"""Composing the picture of a graph: the boxes of its plan, the arrows between them, and the text below."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from autograd.viz.data.collector import collector_paused
from autograd.viz.data.graph_data import GraphData, GraphEdge, GraphNode
from autograd.viz.data.labels import parted
from autograd.viz.data.results import result_names
from autograd.viz.data.values import norm_of, number, one_line
from autograd.viz.picture.arrange import Frame, Plan, arranged
from autograd.viz.picture.carried import Carried, CarriedValues, carried_values
from autograd.viz.picture.labels import (
    Line,
    arguments_named,
    gradient_line,
    gradients_of,
    operation_lines,
    value_lines,
)
from autograd.viz.picture.picture import FEW, Arrow, Box, Options, Picture
from autograd.viz.picture.sums import summed
from autograd.viz.picture.themes import MEANINGS, OF_SCALARS, THEMES, scale_of


@collector_paused()
def picture_of(
    graph: GraphData, modules: Mapping[str, tuple[str, ...]] | None = None, closed: Collection[str] = (), **options: Any
) -> Picture:
    """The picture of a graph.

    Args:  modules: path of a module -> lines to write into its box when it is drawn closed (`Module.draw`).
           closed: paths of modules that are drawn closed whatever their depth.
           options: those of `draw`.
    """
    chosen = Options(**options)
    if chosen.fold is not False and len(graph.nodes) > FEW:
        graph = summed(graph)
    plan, carried = _planned(graph, chosen, closed)
    words = chosen.words(len(plan.keys))
    if len({node.dtype for node in graph.nodes if node.dtype.startswith("float")}) > 1:
        words.add("dtype")
    results = result_names(graph)
    boxes = _unframed([_box(key, plan, words, modules, results) for key in plan.keys])
    boxes += [box for value in carried.values for box in _carried(value)]
    arrows = _arrows(graph, plan, words, results, carried)
    missing = plan.missing + graph.hidden
    if missing:
        what = "value or operation" if missing == 1 else "values and operations"
        boxes.append(Box("more", "more", (Line("note", f"… {missing:,} earlier {what}"),)))
        ends = dict.fromkeys(plan.cut) or {box.id: None for box in boxes[:1]}
        arrows += [Arrow("more", key, (), "more") for key in ends]
    norms = [norm for node in graph.nodes if (norm := node.grad_norm) is not None and node.id in plan.key]
    scale = scale_of(norms) if "grad" in words and chosen.color != "kind" else None
    only_scalars = all(node.shape is None for node in graph.nodes if node.grad is not None)
    if chosen.color == "auto" and only_scalars:
        scale = None  # the boxes of Scalars show the numbers themselves
    notes, warnings = _notes(graph, plan, words, missing, bool(carried.at))
    present = {box.kind for box in boxes}
    meanings = OF_SCALARS if any(box.mark for box in boxes) else MEANINGS
    return Picture(
        tuple(boxes),
        tuple(arrows),
        chosen,
        THEMES[chosen.theme],
        notes,
        warnings,
        scale,
        fill_by_gradient=chosen.color == "gradient" and scale is not None,
        kinds={kind: meaning for kind, meaning in meanings.items() if kind in present},
    )


def _planned(graph: GraphData, chosen: Options, closed: Collection[str]) -> tuple[Plan, CarriedValues]:
    """The boxes, and what repeated blocks take from the block before; its boxes count towards the limit."""
    limit, scopes = chosen.limit, "scope" in chosen.words(0)
    plan = arranged(graph, limit, chosen.depth, chosen.fold, scopes, closed)
    carried = carried_values(graph, plan)
    more = 2 * len(carried.values)
    if more and len(plan.keys) + more > limit:
        plan = arranged(graph, max(1, limit - more), chosen.depth, chosen.fold, scopes, closed)
        carried = carried_values(graph, plan)
    return plan, carried if len(plan.keys) + 2 * len(carried.values) <= limit else CarriedValues()


def _box(
    key: str,
    plan: Plan,
    words: set[str],
    modules: Mapping[str, tuple[str, ...]] | None,
    results: Mapping[int, str],
) -> Box:
    if key in plan.closed:
        return _closed(key, plan, words, modules)
    node = plan.node[key]
    members = plan.members[key]
    grads, not_run = gradients_of(members)
    frames = plan.frames[key]
    scalar = node.shape is None and not node.freed and node.dtype == "" and node.rule == ""
    name = _short(node, frames)
    lines = [Line("name", name)] if name else []
    mark = operation_lines(node, plan.numbers.get(node.id, {}), results.get(node.id, "")) if node.op else []
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
    if scalar and len(plan.keys) > FEW:  # the note says what stands where
        rest = [replace(line, text=line.text.removeprefix("data ").removeprefix("grad ")) for line in rest]
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
        key,
        node.kind,
        tuple(lines),
        tuple(mark),
        frames,
        _ends(heat),
        any(member.result for member in members),
        node.freed,
        tooltip,
    )


def _unframed(boxes: list[Box]) -> list[Box]:
    """The boxes without frames of modules with a single box; its title is written into the box instead."""
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
    """The box of a closed module."""
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
        size = sum(math.prod(node.shape or ()) for node in parameters)
        facts = [f"{size:,} parameters"] * bool(size) + [f"{len(operations):,} operation{'s' * (len(operations) != 1)}"]
        lines.append(Line("note", ", ".join(facts)))
    grads, not_run = gradients_of(parameters)
    if "grad" in words and modules is None:
        lines += gradient_line(grads, not_run)
    heat = sorted([norm for norm in map(norm_of, grads) if norm is not None])
    result = any(node.result for node in members)
    tooltip = f"module {own.module}".strip()
    return Box(key, "module", tuple(lines), (), tuple(frames), _ends(heat), result, tooltip=tooltip)


def _ends(heat: Sequence[float]) -> tuple[float, ...]:
    """The first and the last of several norms."""
    return (heat[0], heat[-1]) if len(heat) > 1 else tuple(heat)


def _short(node: GraphNode, frames: tuple[Frame, ...]) -> str:
    """The name of a parameter without the path of the frame that it is in."""
    inside = frames[-1].module if frames else ""
    for path in (inside, inside.partition(".")[2]):
        if path and node.name.startswith(path + "."):
            return node.name[len(path) + 1 :]
    return node.name


def _carried(value: Carried) -> tuple[Box, Box]:
    """Where the value comes in and where it goes out."""
    lines = (Line("note", value.mark),)
    return (
        Box(value.id, "carried", lines, frames=value.frames, tooltip="from the block before"),
        Box(value.out, "carried", lines, frames=value.frames, tooltip="into the next block"),
    )


def _arrows(
    graph: GraphData,
    plan: Plan,
    words: set[str],
    results: Mapping[int, str],
    carried: CarriedValues,
) -> list[Arrow]:
    names = arguments_named(graph)
    # keyed by argument too: a value that an operation uses twice has two arrows
    found: dict[tuple[int, str, str, tuple[Line, ...], str], None] = {}
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
            continue  # a parameter of a module used by several of its calls is no arrow from one call to another
        value = carried.over.get((edge.source, edge.target, edge.index))
        if value is not None:
            back_through = (Line("rule", f"∂J/∂{value.name}"),) if value.name and "vjp" in words else ()
            found[0, source, value.out, back_through, "next"] = None
            continue
        if edge.target != plan.drawn[edge.target] and (source, target) in inside:
            continue
        inside.add((source, target))
        # next to a constant number written in its place, an argument needs no name
        own = {} if edge.target in plan.numbers else names.get(edge.target, {})
        lines = () if closed or back else tuple(_edge_lines(edge, plan, words, own, results.get(edge.target, "")))
        for entrance in () if back else carried.at.get((edge.target, edge.index), ()):
            found[0, source, entrance.id, (), "data"] = None
            source = entrance.id
        found[0 if closed or back else edge.index, source, target, lines, "next" if back else "data"] = None
    return [Arrow(*arrow[1:]) for arrow in found]


def _edge_lines(edge: GraphEdge, plan: Plan, words: set[str], names: Mapping[int, str], result: str) -> list[Line]:
    """The text on an arrow: the name of the argument, and the local derivative or the rule.

    Args:  result: the name of the one result that is taken, of an operation with several.
    """
    name = names.get(edge.index, "")
    if name and "vjp" in words and edge.local is None:
        name = edge.argument  # as the rule calls it
    lines = [Line("note", name)] if name else []
    if edge.local == 1 and len(plan.keys) > FEW and plan.node[plan.key[edge.target]].op in ("add", "Σ"):
        return lines
    if "local" in words and edge.local is not None and len(plan.members[plan.key[edge.target]]) == 1:
        lines.append(Line("rule", number(edge.local)))
    elif "vjp" in words and edge.vjp:
        lines.append(Line("rule", f"g at {result}" if result else one_line(parted(edge.vjp)[0], 40)))
    return lines


def _notes(
    graph: GraphData, plan: Plan, words: set[str], missing: int, carried: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(notes that explain the picture, warnings)"""
    notes, warnings = [], []
    if any(edge.local is not None for edge in graph.edges) and "local" in words:
        ones = "; where none stands, it is 1" if len(plan.keys) > FEW else ""
        notes.append(f"on an arrow the local derivative: grad = sum over arrows of local × grad at the tip{ones}")
    if len(plan.keys) > FEW and any(not node.dtype and node.op for node in plan.node.values()):
        notes.append("in a box the value, below it the gradient")
    if any(node.op == "Σ" for node in plan.node.values()):
        notes.append("Σ: several additions in a row, drawn as one; fold=False draws each")
    if "vjp" in words and any(edge.vjp for edge in graph.edges) and not all(key in plan.closed for key in plan.keys):
        notes.append("on an arrow the rule by which the gradient g at its tip goes back along it")
    if any(node.not_run for node in graph.nodes) and "grad" in words:
        notes.append("grad –: backward() has not run")
    if plan.folds:
        entrance = (
            "a value comes in from the block before at ⟲" if carried else "a dashed arrow leads into the next one"
        )
        notes.append(f"×n: n equal blocks in a row, drawn once; {entrance}")
    if plan.closed and plan.automatic:
        notes.append("some modules are drawn closed: depth= opens them, limit= allows for more boxes")
    if missing:
        notes.append("what is farthest from the result is left out: limit= takes more of it")
    if graph.freed:
        warnings += ["what came before was freed by backward():", "draw before it, or call backward(retain_graph=True)"]
    return tuple(notes), tuple(warnings)
