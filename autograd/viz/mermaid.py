"""A Picture in Mermaid's language, which GitHub, GitLab and many editors draw by themselves."""

from __future__ import annotations

from typing import Any

from autograd.viz.dot import clean
from autograd.viz.graph import Graph
from autograd.viz.labels import Line, plain
from autograd.viz.picture import Arrow, Box, Picture, picture
from autograd.viz.style import MEANINGS, Theme

BRACKETS = {
    "parameter": ("[(", ")]"), "input": ("[/", "/]"), "constant": ("([", "])"), "operation": ("(", ")"), "module": ("[[", "]]"),
    "more": ("[", "]"),
}  # fmt: skip
ARROWS = {"data": "-->", "next": "-.->", "more": "-.->"}


def to_mermaid(graph: Graph, **options: Any) -> str:
    """Mermaid text of a graph; see `draw` for the options."""
    return mermaid_of(picture(graph, **options))


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
            f'    legend_{kind}{BRACKETS[kind][0]}"{MEANINGS[kind]}"{BRACKETS[kind][1]}:::{kind}'
            for kind in shown.kinds
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
    groups: dict[tuple[str, ...], list[Box]] = {}
    titles: dict[tuple[str, ...], str] = {}
    for box in shown.boxes:
        groups.setdefault(box.frames[-1].path if box.frames else (), []).append(box)
        titles.update((frame.path, frame.title) for frame in box.frames)
    lines: list[str] = []
    opened: list[tuple[str, ...]] = []
    for number, path in enumerate(sorted(groups)):
        chain = [path[: i + 1] for i in range(len(path))]
        common = 0
        while common < min(len(chain), len(opened)) and chain[common] == opened[common]:
            common += 1
        while len(opened) > common:
            lines.append("  " * len(opened) + "end")
            opened.pop()
        for frame in chain[common:]:
            opened.append(frame)
            lines.append(f'{"  " * len(opened)}subgraph f{number}_{len(opened)}["{_text(titles[frame])}"]')
        lines += ["  " * (len(opened) + 1) + _node(box) for box in groups[path]]
    while opened:
        lines.append("  " * len(opened) + "end")
        opened.pop()
    return lines


def _node(box: Box) -> str:
    before, after = BRACKETS[box.kind]
    return f'{box.id}{before}"{"<br/>".join(map(_line, (*box.mark, *box.lines)))}"{after}:::{box.kind}'


def _line(line: Line) -> str:
    text = _text(plain(line))
    return f"<b>{text}</b>" if line.role in ("name", "op", "power") else text


def _arrow(arrow: Arrow) -> str:
    text = " ".join([_text(plain(line)) for line in arrow.lines])
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
    """Text inside quotes. Every sign that Mermaid, Markdown or HTML might read as its own is written by its number."""
    return "".join(
        c if c.isalnum() or c in " .,=+()[]" and c.isascii() or ord(c) > 127 else f"#{ord(c)};" for c in clean(text)
    )


def _yaml(text: str) -> str:
    return '"' + clean(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
