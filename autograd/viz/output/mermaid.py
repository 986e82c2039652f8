"""A picture in Mermaid's language, which GitHub, GitLab and many editors draw without any plug-in."""

from __future__ import annotations

from autograd.viz.output.escaping import clean
from autograd.viz.picture.labels import Line, plain_text
from autograd.viz.picture.picture import Arrow, Box, Picture, nested
from autograd.viz.picture.themes import Theme

BRACKETS = {
    "parameter": ("[(", ")]"), "input": ("[/", "/]"), "constant": ("([", "])"), "operation": ("(", ")"),
    "module": ("[[", "]]"), "more": ("[", "]"),
}  # fmt: skip
ARROWS = {"data": "-->", "next": "-.->", "more": "-.->"}


def mermaid_of(shown: Picture) -> str:
    """Mermaid text of a picture."""
    theme = shown.theme
    lines = []
    if shown.options.title:
        lines += ["---", f"title: {_yaml(shown.options.title)}", "---"]
    lines.append(f"flowchart {shown.options.direction}")
    lines += _subgraphs(shown)
    lines += [_arrow(arrow) for arrow in shown.arrows]
    if shown.options.legend and len(shown.kinds) > 1:
        lines.append('  subgraph legend [" "]')
        lines += [
            f'    legend_{kind}{BRACKETS[kind][0]}"{meaning}"{BRACKETS[kind][1]}:::{kind}'
            for kind, meaning in shown.kinds.items()
        ]
        lines.append("  end")
    notes = [*(shown.notes if shown.options.legend else ()), *shown.warnings]
    if notes:
        lines.append(f'  notes["{"<br/>".join(map(_text, notes))}"]:::more')
    lines += [f"  classDef {kind} {_look(kind, theme)}" for kind in dict.fromkeys([*shown.kinds, "more"])]
    results = [box.id for box in shown.boxes if box.result]
    if results:
        lines += ["  classDef result stroke-width:4px", f"  class {','.join(results)} result"]
    lines += _heat(shown)
    return "\n".join([*lines, ""])


def _subgraphs(shown: Picture) -> list[str]:
    """The boxes, inside frames that are nested as the modules are."""
    lines: list[str] = []
    depth = 0
    for number, (ended, begun, boxes) in enumerate(nested(shown.boxes)):
        for _ in range(ended):
            lines.append("  " * depth + "end")
            depth -= 1
        for frame in begun:
            depth += 1
            lines.append(f'{"  " * depth}subgraph f{number}_{depth}["{_text(frame.title)}"]')
        lines += ["  " * (depth + 1) + _node(box) for box in boxes]
    return lines


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
    return f"fill:{theme.fills[kind]},stroke:{theme.borders[kind]},color:{theme.ink}"


def _heat(shown: Picture) -> list[str]:
    """The colour of the gradient, as the fill or the border of a box."""
    if shown.scale is None:
        return []
    what = "fill" if shown.fill_by_gradient else "stroke"
    return [
        f"  style {box.id} {what}:{shown.scale.color(box.heat[-1], shown.theme)[0]}" for box in shown.boxes if box.heat
    ]


def _text(text: str) -> str:
    """Text inside quotes. A character that has a meaning in Mermaid, Markdown or HTML is written as its code point."""
    return "".join(
        c if c.isalnum() or c in " .,=+()[]" and c.isascii() or ord(c) > 127 else f"#{ord(c)};" for c in clean(text)
    )


def _yaml(text: str) -> str:
    return '"' + clean(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
