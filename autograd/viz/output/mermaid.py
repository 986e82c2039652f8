"""A picture in Mermaid's language, which GitHub, GitLab and many editors draw without any plug-in."""

from __future__ import annotations

import json

from autograd.viz.output.escaping import clean
from autograd.viz.picture.labels import Line, plain_text
from autograd.viz.picture.picture import Arrow, Box, Picture, nested
from autograd.viz.picture.themes import Theme

BRACKETS = {
    "parameter": ("[", "]"), "input": ("[/", "/]"), "constant": ("([", "])"), "operation": ("(", ")"),
    "module": ("[[", "]]"), "carried": ("((", "))"), "more": ("[", "]"),
}  # fmt: skip
ARROWS = {"data": "-->", "next": "-.->", "more": "-.->"}
WIDTHS = {"parameter": "2px", "more": "0px"}  # of borders; of the others 1px
USUAL = 0.15  # norms so near the middle of the scale leave a border as it is


def mermaid_of(shown: Picture) -> str:
    """Mermaid text of a picture."""
    theme = shown.theme
    lines = []
    if shown.options.title:
        lines += ["---", f"title: {_yaml(shown.options.title)}", "---"]
    lines.append(f"flowchart {shown.options.direction}")
    lines += _subgraphs(shown)
    lines += [_arrow(arrow) for arrow in shown.arrows]
    lines += _legend(shown)
    if shown.arrows:
        lines.append(f"  linkStyle default stroke:{theme.arrow},color:{theme.gradient}")
    lines += [f"  classDef {kind} {_look(kind, theme)}" for kind in dict.fromkeys([*shown.kinds, "more"])]
    results = [box.id for box in shown.boxes if box.result]
    if results:
        lines += ["  classDef result stroke-width:4px", f"  class {','.join(results)} result"]
    lines += _heat(shown)
    return "\n".join([*lines, _theme(theme), ""])


def _subgraphs(shown: Picture) -> list[str]:
    """The boxes, inside frames that are nested as the modules are; a repeated block is dashed."""
    theme = shown.theme
    lines: list[str] = []
    looks: list[str] = []
    depth = 0
    for number, (ended, begun, boxes) in enumerate(nested(shown.boxes)):
        for _ in range(ended):
            lines.append("  " * depth + "end")
            depth -= 1
        for frame in begun:
            depth += 1
            lines.append(f'{"  " * depth}subgraph f{number}_{depth}["{_text(frame.title)}"]')
            dashed = f"{theme.borders['module']},stroke-dasharray:5 3" if frame.folds else theme.frame
            looks.append(f"  style f{number}_{depth} fill:{theme.frame_fill},stroke:{dashed},color:{theme.faint}")
        lines += ["  " * (depth + 1) + _node(box) for box in boxes]
    return lines + looks


def _legend(shown: Picture) -> list[str]:
    """What the shapes mean, and the notes, in a frame of their own."""
    theme, legend = shown.theme, shown.options.legend
    lines = []
    if legend and len(shown.kinds) > 1:
        for kind, meaning in shown.kinds.items():
            before, after = BRACKETS["constant" if kind == "carried" else kind]
            lines.append(f'    legend_{kind}{before}"{_text(meaning.removesuffix(" ◥"))}"{after}:::{kind}')
        if any(box.result for box in shown.boxes) and len(shown.boxes) > 1:
            lines += ['    legend_result("result"):::operation', "    class legend_result result"]
    notes = [*(shown.notes if legend else ()), *shown.warnings]
    if notes:
        lines.append(f'    notes["{"<br/>".join(map(_text, notes))}"]:::more')
    if not lines:
        return []
    look = f"  style legend fill:{theme.paper},stroke:{theme.frame},color:{theme.faint}"
    return ['  subgraph legend [" "]', *lines, "  end", look]


def _theme(theme: Theme) -> str:
    """Our colours for what no style reaches: the text on arrows, the title."""
    variables = {
        "lineColor": theme.arrow, "textColor": theme.ink, "titleColor": theme.ink, "edgeLabelBackground": theme.paper,
        "clusterBkg": theme.frame_fill, "clusterBorder": theme.frame,
    }  # fmt: skip
    return f"%%{{init: {json.dumps({'theme': 'base', 'themeVariables': variables})}}}%%"


def _node(box: Box) -> str:
    before, after = BRACKETS[box.kind]
    return f'{box.id}{before}"{"<br/>".join(map(_line, (*box.mark, *box.lines)))}"{after}:::{box.kind}'


def _line(line: Line) -> str:
    text = _text(plain_text(line))
    return f"<b>{text}</b>" if line.role in ("name", "op", "power") else text


def _arrow(arrow: Arrow) -> str:
    text = " ".join([_text(plain_text(line)) for line in arrow.lines])
    return f"  {arrow.source} {ARROWS[arrow.kind]}" + (f'|"{text}"|' if text else "") + f" {arrow.target}"


def _look(kind: str, theme: Theme) -> str:
    look = f"fill:{theme.fills[kind]},stroke:{theme.borders[kind]},color:{theme.ink}"
    return f"{look},stroke-width:{WIDTHS[kind]}" if kind in WIDTHS else look


def _heat(shown: Picture) -> list[str]:
    """The colour of the gradient, as the fill of a box; or as its border, where the norm is an unusual one."""
    if shown.scale is None:
        return []
    lines = []
    for box in shown.boxes:
        if box.heat:
            color = shown.scale.color(box.heat[-1], shown.theme)[0]
            if shown.fill_by_gradient:
                lines.append(f"  style {box.id} fill:{color}")
            elif abs(shown.scale.position(box.heat[-1]) - 0.5) > USUAL:
                lines.append(f"  style {box.id} stroke:{color},stroke-width:4px")
    return lines


def _text(text: str) -> str:
    """Text inside quotes. A character that has a meaning in Mermaid, Markdown or HTML is written as its code point."""
    return "".join(
        c if c.isalnum() or c in " .,=+()[]" and c.isascii() or ord(c) > 127 else f"#{ord(c)};" for c in clean(text)
    )


def _yaml(text: str) -> str:
    return '"' + clean(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
