"""A picture in DOT, Graphviz's language."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from autograd.viz.output.escaping import clean
from autograd.viz.output.geometry import Layout, written, written_line
from autograd.viz.output.geometry import Line as Curve
from autograd.viz.picture.labels import Line
from autograd.viz.picture.picture import FEW, Arrow, Box, Picture, nested
from autograd.viz.picture.themes import Theme

FONT = 'fontname="Helvetica,Arial,sans-serif"'
SPACE = 3.06  # the width of a space in this size
SHAPES = {  # each kind has a shape of its own, so that no reader depends on its colour
    "parameter": 'shape=box, style="filled", penwidth=1.9',
    "input": 'shape=note, style="filled", penwidth=1.2',
    "constant": "shape=plain",
    "operation": 'shape=box, style="filled,rounded"',
    "module": 'shape=component, style="filled", margin="0.14,0.05"',
    "carried": 'shape=circle, style="filled", margin=0, width=0.24, fixedsize=true',
    "more": "shape=plain",
    "leaves": "shape=point, width=0.01, style=invis",
    "enters": "shape=point, width=0.01, style=invis",
}


def dot_of(
    shown: Picture,
    *,
    layout: Layout | None = None,
    numbered: bool = False,
    caption: bool = True,
    wide: Mapping[str, float] | None = None,
) -> str:
    """DOT text of a picture.

    Args:  layout: where everything is, for Graphviz's engine nop2, which only draws.
           numbered: give each arrow its number, by which it is found again in Graphviz's output.
           caption: whether there is the text below.
           wide: frame -> the width of its title, for those that are to be twice as wide.
    """
    theme, options = shown.theme, shown.options
    kinds = {box.id: box.kind for box in shown.boxes}
    spread = "nodesep=0.22, ranksep=0.4" if options.direction in ("LR", "RL") else "nodesep=0.25, ranksep=0.35"
    if any(box.mark for box in shown.boxes[FEW:]):  # many Scalars
        spread = "nodesep=0.12, ranksep=0.2"
    lines = [
        "digraph {" if layout is None else f'digraph {{ layout=nop2; bb="{written(*layout.page)}"',
        f'  graph [rankdir={options.direction}, bgcolor="{theme.paper}", pad=0.25, {spread}, {FONT}, fontsize=11,'
        f' fontcolor="{theme.ink}", labelloc=b]',
        f'  node [{FONT}, fontsize=11, fontcolor="{theme.ink}", margin="0.07,0.03", height=0.3, width=0.3]',
        f'  edge [{FONT}, fontsize=10, color="{theme.arrow}", fontcolor="{theme.gradient}", arrowsize=0.6]',
        *_clusters(shown, layout, wide or {}),
        *_ends_of_rows(shown),
        *[
            _arrow(arrow, theme, kinds, i if numbered else None, layout.arrows[i] if layout is not None else None)
            for i, arrow in enumerate(shown.arrows)
        ],
    ]
    below = _caption(shown) if caption else ""
    if below:
        lines.append(f"  label=<{below}>")
    if layout is not None and layout.caption is not None:
        lines.append(f'  lp="{written(*layout.caption.center)}"')
    return "\n".join([*lines, "}", ""])


def _ends_of_rows(shown: Picture) -> list[str]:
    """Arrows leave a row at its end and enter it at its start."""
    found = []
    for kind, rank in (("leaves", "max"), ("enters", "min")):
        ids = [box.id for box in shown.boxes if box.kind == kind]
        if ids:
            found.append(f"  {{rank={rank}; {'; '.join(ids)}}}")
    return found


def _clusters(shown: Picture, layout: Layout | None, wide: Mapping[str, float]) -> list[str]:
    """The boxes, inside frames that are nested as the modules are."""
    theme = shown.theme
    lines: list[str] = []
    depth = 0
    for ended, begun, boxes in nested(shown.boxes):
        for _ in range(ended):
            lines.append("  " * depth + "}")
            depth -= 1
        for frame in begun:
            depth += 1
            indent = "  " * depth
            look = f'style="rounded,filled"; color="{theme.frame}"'
            if frame.block or " ×" in frame.title:
                look = f'style="rounded,filled,dashed"; penwidth=1.4; color="{theme.borders["module"]}"'
            name = "cluster " + "/".join(frame.path)
            room = "&#160;" * round((wide[clean(name)] + 24) / SPACE) if clean(name) in wide else ""
            text = f'<font color="{theme.faint}">{_text(frame.title)}{room}</font>'
            lines.append(f"{indent}subgraph {_quote(name)} {{")
            lines.append(
                f'{indent}  label=<{text}>; labelloc=t; labeljust=l; {look}; fillcolor="{theme.frame_fill}"; margin=10'
            )
            if layout is not None:
                rectangle, title = layout.frames[clean(name)]
                place = f'; lp="{written(*title.center)}"' if title is not None else ""
                lines.append(f'{indent}  bb="{written(*rectangle)}"{place}')
        for box in boxes:
            place = f', pos="{written(*layout.boxes[box.id].center)}"' if layout is not None else ""
            lines.append("  " * (depth + 1) + _node(box, shown, place))
    return lines


def _node(box: Box, shown: Picture, place: str = "") -> str:
    theme = shown.theme
    if box.kind in ("leaves", "enters"):
        return f'{box.id} [{SHAPES[box.kind]}, label=""{place}]'
    fill, border = theme.fills[box.kind], theme.borders[box.kind]
    heat = [shown.scale.color(norm, theme) for norm in box.heat] if shown.scale is not None else []
    attributes = SHAPES[box.kind]
    ink = theme.ink
    if heat and shown.fill_by_gradient:
        fill = heat[0][0] if len({color for color, _ in heat}) == 1 else f"{heat[0][0]}:{heat[-1][0]}"
        ink = heat[0][1]
    if box.freed:
        attributes = attributes.replace('style="filled', 'style="dashed,filled')
    if box.result:
        attributes += (
            ", penwidth=2.4" if box.kind in ("module", "parameter", "input") else ", peripheries=2, penwidth=1.5"
        )
    chip = heat if not shown.fill_by_gradient else []
    label = _label(box, theme, ink, chip)
    return (
        f'{box.id} [{attributes}, fillcolor="{fill}", color="{border}", tooltip={_quote(box.tooltip)}, label=<{label}>'
        f"{place}]"
    )


def _label(box: Box, theme: Theme, ink: str, chip: list[tuple[str, str]]) -> str:
    """The text in a box: a Scalar's operation at the left of its numbers, a Tensor's above its shape."""
    rows = []
    table = {role for role in ("value", "grad") if sum(line.role == role for line in box.lines) > 1}
    for line in box.lines:
        cell = _line(line, theme, ink if ink != theme.ink else None)
        align = "left" if box.mark or line.role in table else "center"
        heat = ""
        if line.role == "grad" and chip:
            first, last = chip[0][0], chip[-1][0]
            heat = f' bgcolor="{first if first == last else first + ":" + last}"'
            cell = f'<font color="{chip[0][1]}">{_text(line.text)}</font>'
        rows.append(f'<td align="{align}"{heat}>{"&#160;" if box.mark else ""}{cell}</td>')
    if box.mark:
        mark = "<br/>".join([_line(line, theme, None) for line in box.mark])
        rows[0] = (
            f'<td rowspan="{len(rows)}" sides="r" border="1" color="{theme.borders[box.kind]}" cellpadding="5">'
            f"{mark}</td>{rows[0]}"
        )
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="1"><tr>{"</tr><tr>".join(rows)}</tr></table>'


def _line(line: Line, theme: Theme, ink: str | None) -> str:
    text = _text(line.text)
    if line.role == "name":
        return f"<b>{text}</b>"
    if line.role == "op":
        return f'<font point-size="{16 if len(line.text) == 1 else 13}"><b>{text}</b></font>'
    if line.role == "power":
        base, exponent = line.text.split("|", 1)
        return f'<font point-size="13"><b>{_text(base)}<sup>{_text(exponent)}</sup></b></font>'
    if line.role == "option":
        return f'<font point-size="9" color="{ink or theme.faint}">{text}</font>'
    color = {
        "shape": theme.faint,
        "note": theme.faint,
        "waiting": theme.faint,
        "grad": theme.gradient,
        "rule": theme.gradient,
    }.get(line.role)
    return f'<font color="{ink or color}">{text}</font>' if color else text


def _arrow(arrow: Arrow, theme: Theme, kinds: dict[str, str], number: int | None, place: Curve | None) -> str:
    attributes = [] if number is None else [f"number={number}"]
    if not arrow.head:
        attributes.append("dir=none")
    if place is not None:
        attributes.append(f'pos="{written_line(place)}"')
        if place.label is not None:
            attributes.append(f'lp="{written(*place.label.center)}"')
    if arrow.lines:
        attributes.append(f"label=< {' '.join([_line(line, theme, None) for line in arrow.lines])} >")
    if arrow.kind == "next":
        back = ", constraint=false" if kinds[arrow.target] != "carried" else ""
        attributes.append(f'style=dashed{back}, color="{theme.borders["module"]}"')
    elif arrow.kind == "more":
        attributes.append("style=dashed")
    return f"  {arrow.source} -> {arrow.target}" + (f" [{', '.join(attributes)}]" if attributes else "")


def _caption(shown: Picture) -> str:
    """The text below the picture: title, legend, notes and warnings."""
    theme, options = shown.theme, shown.options
    rows = [f'<font point-size="14"><b>{_text(options.title)}</b></font>'] if options.title else []
    if options.legend:
        if len(shown.kinds) > 1:
            rows.append(_kinds(shown))
        if shown.scale is not None:
            rows.append(_scale(shown))
        rows += [f'<font color="{theme.faint}" point-size="10">{_text(note)}</font>' for note in shown.notes]
    rows += [f'<font color="{theme.gradient}">{_text(line)}</font>' for line in shown.warnings]
    if not rows:
        return ""
    return (
        '<table border="0" cellspacing="0" cellpadding="1"><tr><td>'
        + "</td></tr><tr><td>".join(rows)
        + "</td></tr></table>"
    )


def _kinds(shown: Picture) -> str:
    theme = shown.theme
    cells = [
        f'<td bgcolor="{theme.fills[kind]}" border="{2 if kind == "parameter" else 1}" color="{theme.borders[kind]}"'
        f' style="{"rounded" if kind == "operation" else "solid"}"> {meaning} </td>'
        for kind, meaning in shown.kinds.items()
    ]
    if any(box.result for box in shown.boxes) and len(shown.boxes) > 1:
        fill, border = theme.fills["operation"], theme.borders["operation"]
        cells.append(f'<td bgcolor="{fill}" border="3" color="{border}" style="rounded"> result </td>')
    return f'<table border="0" cellborder="1" cellspacing="8" cellpadding="3"><tr>{"".join(cells)}</tr></table>'


def _scale(shown: Picture) -> str:
    assert shown.scale is not None
    theme = shown.theme
    cells = "".join(
        f'<td bgcolor="{color}"><font point-size="9" color="{theme.ink}"> {text} </font></td>'
        for text, color in shown.scale.steps(theme)
    )
    caption = f'<td><font point-size="10" color="{theme.faint}">norm of the gradient </font></td>'
    extra = ""
    if any(norm == 0 for box in shown.boxes for norm in box.heat):
        extra += f'<td> </td><td bgcolor="{theme.zero}"><font point-size="9"> 0 </font></td>'
    if any(norm != norm or norm == float("inf") for box in shown.boxes for norm in box.heat):
        extra += (
            f'<td> </td><td bgcolor="{theme.bad}"><font point-size="9" color="{theme.paper}"> nan, inf </font></td>'
        )
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="2"><tr>{caption}{cells}{extra}</tr></table>'


def _text(text: Any) -> str:
    """Text inside an HTML-like label, escaped."""
    return html.escape(clean(text))


def _quote(text: str) -> str:
    """A quoted string, in which quotes and Graphviz's backslash escapes are taken literally."""
    return '"' + clean(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
