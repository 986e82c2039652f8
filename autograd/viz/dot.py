"""A Graph in Graphviz's language."""

from __future__ import annotations

import html
from collections import deque
from collections.abc import Iterable
from typing import Any

from autograd.errors import ArgumentError
from autograd.viz.trace import NOT_RUN, Graph, GraphNode

SHOW = ("value", "grad", "local", "shape", "dtype", "vjp", "scope")
SHOWN = ("value", "grad", "local", "shape", "scope")

# Okabe & Ito's palette (2008): told apart by every kind of colour vision, and each kind has a shape of its own.
FONT = 'fontname="Helvetica,Arial,sans-serif"'
INK, FAINT, GRADIENT, PAPER = "#1F2933", "#6B7785", "#A63D00", "#FFFFFF"
STYLE = {  # kind -> (meaning, fill, border, attributes)
    "leaf": ("leaf, gets a gradient", "#D6EAF8", "#0072B2", 'shape=box, style="filled,rounded", penwidth=1.6'),
    "input": ("input", "#D9F2E6", "#00805C", 'shape=box, style="filled"'),
    "constant": ("constant", "#FFFFFF", "#FFFFFF", "shape=plain"),
    "op": ("operation", "#FFF6D6", "#A88600", 'shape=box, style="filled,rounded"'),
    "result": ("result", "#FBE3D6", "#D55E00", 'shape=box, style="filled,rounded", peripheries=2, penwidth=1.4'),
}
SYMBOLS = {
    "add": "+", "sub": "−", "subtract": "−", "mul": "×", "multiply": "×", "truediv": "÷", "divide": "÷", "pow": "^", "power": "^",
    "matmul": "@", "neg": "−x", "negative": "−x", "pos": "+x", "positive": "+x", "abs": "|x|", "absolute": "|x|",
    "maximum": "max", "minimum": "min",
}  # fmt: skip
INFIX = "+−×÷^@"
ORDERLESS = {"add", "mul", "multiply", "maximum", "minimum", "fmax", "fmin", "logaddexp", "hypot"}  # an argument's place says nothing
HINT = ("what came before was freed by backward():", "draw before it, or call backward(retain_graph=True)")


def to_dot(
    graph: Graph,
    direction: str = "LR",
    show: str | Iterable[str] = SHOWN,
    legend: bool = True,
    title: str = "",
    limit: int = 400,
) -> str:
    """DOT text of a graph; see `draw` for the options."""
    words = set(show.split() if isinstance(show, str) else show)
    if words - set(SHOW):
        raise ArgumentError(f"show takes words among {', '.join(SHOW)}; got {', '.join(sorted(map(str, words - set(SHOW))))}.")
    if direction not in ("LR", "TB", "RL", "BT"):
        raise ArgumentError(f"direction must be 'LR', 'TB', 'RL' or 'BT'; got {direction!r}.")
    if limit < 1:
        raise ArgumentError(f"limit, the number of nodes to draw, must be at least 1; got {limit!r}.")
    if len({node.dtype for node in graph.nodes if node.dtype.startswith("float")}) > 1:
        words.add("dtype")
    folded, graph = _fold(graph)
    arguments = _arguments(graph)
    drawn = _nearest(graph, limit)
    nodes = [node for node in graph.nodes if node.id in drawn]
    lines = [
        "digraph {",
        f'  graph [rankdir={direction}, bgcolor="{PAPER}", pad=0.25, nodesep=0.22, ranksep=0.4, {FONT},'
        f' fontsize=11, fontcolor="{INK}", labelloc=b]',
        f'  node [{FONT}, fontsize=11, fontcolor="{INK}", margin="0.06,0.03", height=0.3, width=0.3]',
        f'  edge [{FONT}, fontsize=10, color="{FAINT}", fontcolor="{GRADIENT}", arrowsize=0.6]',
    ]
    lines += _clusters(nodes, words, folded)
    missing = len(graph.nodes) - len(nodes)
    if missing:
        lines.append(f'  more [shape=plain, label=<<font color="{FAINT}">… {missing:,} earlier nodes</font>>]')
    cut = set()
    for edge in graph.edges:
        if edge.target not in drawn:
            continue
        if edge.source not in drawn:
            if edge.target not in cut:
                lines.append(f"  more -> n{edge.target} [style=dashed]")
                cut.add(edge.target)
            continue
        name = "" if edge.target not in arguments else edge.argument if "vjp" in words else arguments[edge.target][edge.index]
        texts = [f'<font color="{FAINT}">{_text(name)}</font>'] if name else []
        if "local" in words and edge.local:
            texts.append(_text(edge.local))
        elif "vjp" in words and edge.vjp:
            texts.append(_text(edge.vjp))
        lines.append(f"  n{edge.source} -> n{edge.target}" + (f" [label=< {' '.join(texts)} >]" if texts else ""))
    caption = _caption(nodes, graph, words, legend, title)
    if caption:
        lines.append(f"  label=<{caption}>")
    return "\n".join([*lines, "}", ""])


def _fold(graph: Graph) -> tuple[dict[int, dict[int, str]], Graph]:
    """(operation -> argument -> the number that stands there, the graph without those numbers)."""
    numbers = {node.id: node.value for node in graph.nodes if node.kind == "constant" and node.value}
    used = [edge for edge in graph.edges if edge.source in numbers]
    folded: dict[int, dict[int, str]] = {}
    for edge in used:
        folded.setdefault(edge.target, {})[edge.index] = numbers[edge.source]
    gone = {edge.source for edge in used}
    nodes = tuple(node for node in graph.nodes if node.id not in gone)
    return folded, Graph(nodes, tuple(edge for edge in graph.edges if edge.source not in gone))


def _arguments(graph: Graph) -> dict[int, dict[int, str]]:
    """operation -> argument -> its name, where there are several and their order matters."""
    ops = {node.id: node.op for node in graph.nodes}
    found: dict[int, dict[int, str]] = {}
    for edge in graph.edges:
        found.setdefault(edge.target, {})[edge.index] = edge.argument
    names: dict[int, dict[int, str]] = {}
    for target, arguments in found.items():
        symbol = SYMBOLS.get(ops[target], ops[target])
        if len(arguments) > 1 and ops[target] not in ORDERLESS:
            if symbol in INFIX:  # a and b would be taken for labels of the user's
                arguments = {0: "base", 1: "exponent"} if symbol == "^" else {0: "left", 1: "right"}
            names[target] = arguments
    return names


def _nearest(graph: Graph, limit: int) -> set[int]:
    """The ids of the nodes to draw: all, or those fewest steps before the results."""
    if len(graph.nodes) <= limit:
        return {node.id for node in graph.nodes}
    sources: dict[int, list[int]] = {}
    used = set()
    for edge in graph.edges:
        sources.setdefault(edge.target, []).append(edge.source)
        used.add(edge.source)
    queue = deque(node.id for node in graph.nodes if node.id not in used)
    found: set[int] = set()
    while queue and len(found) < limit:
        number = queue.popleft()
        if number not in found:
            found.add(number)
            queue.extend(sources.get(number, ()))
    return found


def _clusters(nodes: list[GraphNode], words: set[str], folded: dict[int, dict[int, str]]) -> list[str]:
    """The nodes, those of a module inside a frame with its name, frames nested as the modules are."""
    frames: dict[tuple[str, ...], list[GraphNode]] = {}
    for node in nodes:
        frames.setdefault(node.scope if "scope" in words else (), []).append(node)
    lines: list[str] = []
    opened: list[str] = []
    for scope in sorted(frames):
        common = 0
        while common < min(len(scope), len(opened)) and scope[common] == opened[common]:
            common += 1
        while len(opened) > common:
            lines.append("  " * len(opened) + "}")
            opened.pop()
        for name in scope[common:]:
            opened.append(name)
            indent = "  " * len(opened)
            lines.append(f"{indent}subgraph {_quote('cluster ' + '/'.join(opened))} {{")
            lines.append(
                f'{indent}  label=<<font color="{FAINT}">{_text(name)}</font>>; labelloc=t; labeljust=l; style="rounded";'
                f' color="#B8C2CC"; margin=10'
            )
        indent = "  " * (len(opened) + 1)
        lines += [indent + _node(node, words, folded.get(node.id, {})) for node in frames[scope]]
    while opened:
        lines.append("  " * len(opened) + "}")
        opened.pop()
    return lines


def _node(node: GraphNode, words: set[str], numbers: dict[int, str]) -> str:
    _, fill, border, attributes = STYLE[node.kind]
    extra = ', style="filled,rounded,dashed"' if node.freed else ""
    tooltip = " ".join(filter(None, [node.op or node.kind, node.name, "in " + "/".join(node.scope) if node.scope else ""]))
    label = _label(node, words, _operation(node, numbers) if node.op else "")
    return f'n{node.id} [{attributes}, fillcolor="{fill}", color="{border}"{extra}, tooltip={_quote(tooltip)}, label=<{label}>]'


def _operation(node: GraphNode, numbers: dict[int, str]) -> str:
    """An operation as one writes it, with the constant numbers put in: ×, 2 −, ÷ 10, x with exponent 3."""
    symbol = SYMBOLS.get(node.op, node.op)
    options = node.options
    if symbol in INFIX and numbers:
        a, b = (numbers.get(i, "x" if symbol == "^" else "") for i in (0, 1))
        text = f"{_text(a)}<sup>{_text(b)}</sup>" if symbol == "^" else _text(f"{a} {symbol} {b}".strip())
    else:
        text = "x<sup>y</sup>" if symbol == "^" else _text(symbol)
        if numbers:
            places = ", ".join(numbers.get(i, "·") for i in range(max(2, *[i + 1 for i in numbers])))
            options = f"{places}, {options}" if options else places
    size = 16 if len(text) == 1 else 13
    text = f'<font point-size="{size}"><b>{text}</b></font>'
    return f'{text}<br/><font point-size="9" color="{FAINT}">{_text(options)}</font>' if options else text


def _label(node: GraphNode, words: set[str], operation: str) -> str:
    """What stands in the box: the operation at the left of a Scalar's numbers, or above a Tensor's shape."""
    head = [f"<b>{_text(node.name)}</b>"] if node.name else []
    scalar = node.shape is None and not node.freed
    lines = []
    if node.shape is not None:
        facts = [str(node.shape)] * ("shape" in words) + [node.dtype] * ("dtype" in words and node.dtype != "")
        if facts:
            lines.append(f'<font color="{FAINT}">{_text(" ".join(facts))}</font>')
    if "value" in words and node.value:
        lines.append(("data " if node.shape is None and node.kind != "constant" else "") + _text(node.value))
    if "grad" in words and node.grad:
        color, grad = (FAINT, "–") if node.grad == NOT_RUN else (GRADIENT, node.grad)
        lines.append(f'<font color="{color}">grad {_text(grad)}</font>')
    if node.freed:
        lines.append(f'<font color="{FAINT}">… freed</font>')
    if scalar and operation and (head or lines):
        rows = ["&#160;" + row for row in head + lines]
        first = f'<td rowspan="{len(rows)}" sides="r" border="1" color="{STYLE[node.kind][2]}" cellpadding="5">{operation}</td>'
    else:
        rows = head + [operation] * bool(operation) + lines or [node.kind]
        first = ""
    align = ["left" if scalar and (first or row not in head) else "center" for row in rows]
    body = "</tr><tr>".join(f'{first if i == 0 else ""}<td align="{align[i]}">{row}</td>' for i, row in enumerate(rows))
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="1"><tr>{body}</tr></table>'


def _caption(nodes: list[GraphNode], graph: Graph, words: set[str], legend: bool, title: str) -> str:
    """The legend, and what a reader has to know."""
    heading = [f'<font point-size="14"><b>{_text(title)}</b></font>'] if title else []
    notes = []
    if graph.freed:
        notes += [f'<font color="{GRADIENT}">{_text(line)}</font>' for line in HINT]
    if not legend:
        return "<br/>".join(heading + notes)
    cells = "".join(
        f'<td bgcolor="{fill}" border="{2 if kind == "result" else 1}" color="{border if kind != "constant" else FAINT}"'
        f' style="{"rounded" if kind != "input" else "solid"}"> {meaning} </td>'
        for kind, (meaning, fill, border, _) in STYLE.items()
        if any(node.kind == kind for node in nodes)
    )
    if any(edge.local for edge in graph.edges) and "local" in words:
        notes.append(f'on an arrow <font color="{GRADIENT}">the local derivative</font>: grad = sum over arrows of local × grad at the tip')
    if any(node.grad == NOT_RUN for node in nodes) and "grad" in words:
        notes.append("grad –: backward() has not run")
    kinds = len({node.kind for node in nodes})
    tables = [f'<table border="0" cellborder="1" cellspacing="8" cellpadding="3"><tr>{cells}</tr></table>'] if kinds > 1 else []
    rows = [*heading, *tables, *(f'<font color="{FAINT}" point-size="10">{note}</font>' for note in notes)]
    if not rows:
        return ""
    return '<table border="0" cellspacing="0" cellpadding="1"><tr><td>' + "</td></tr><tr><td>".join(rows) + "</td></tr></table>"


def _text(text: Any) -> str:
    """Text inside an HTML-like label: escaped, and without what XML cannot hold."""
    clean = str(text).encode("utf-8", "replace").decode("utf-8")
    return html.escape("".join(c if c >= " " and c not in "\x7f\ufffe\uffff" else " " for c in clean))


def _quote(text: str) -> str:
    """A quoted string, in which neither a quote nor one of Graphviz's backslash escapes means anything."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    clean = "".join(c if c >= " " and c not in "\x7f\ufffe\uffff" else " " for c in clean)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'
