"""A picture laid out for a page: long ones in rows, texts where they are in the way of nothing."""

from __future__ import annotations

from autograd.viz.output.dot import dot_of
from autograd.viz.output.geometry import Layout, layout_of
from autograd.viz.output.placing import place_texts
from autograd.viz.output.render import output_of
from autograd.viz.output.rows import joined, parted, rows_of
from autograd.viz.picture.picture import Picture


def page_of(shown: Picture) -> str:
    """DOT text of a picture with the place of everything, for Graphviz's engine nop2, which only draws.

    Raises: RenderError if no layout engine is installed.
    """
    whole, layout = _arranged(shown, {})
    crossed = place_texts(layout)
    if crossed:
        titles = {name: title.width for name, (_, title) in layout.frames.items() if title is not None}
        whole, layout = _arranged(shown, {name: titles[name] for name in crossed})
        place_texts(layout)
    return dot_of(whole, layout=layout)


def _arranged(shown: Picture, wide: dict[str, float]) -> tuple[Picture, Layout]:
    """The picture, in rows if it is long, and where everything is.

    Args:  wide: frame -> the width of its title, for those that need room for it beside an arrow.
    """
    layout = _laid_out(shown, wide)
    rows = rows_of(shown, layout) if shown.options.wrap else {}
    if not any(rows.values()):
        return shown, layout
    parts = parted(shown, rows)
    return parts.whole, joined(parts, [_laid_out(row, wide, caption=False) for row in parts.rows], layout.caption)


def _laid_out(shown: Picture, wide: dict[str, float], caption: bool = True) -> Layout:
    layout = layout_of(output_of(dot_of(shown, numbered=True, caption=caption, wide=wide), "json"))
    for name in wide.keys() & layout.frames.keys():
        title = layout.frames[name][1]
        if title is not None:
            title.width = wide[name]
    return layout
