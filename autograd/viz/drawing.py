"""A drawing: a graph with the options of its picture, written to a file or shown by a notebook."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from autograd.errors import ArgumentError
from autograd.viz.data.graph_data import GraphData
from autograd.viz.output.dot import dot_of
from autograd.viz.output.mermaid import mermaid_of
from autograd.viz.output.page import page_of
from autograd.viz.output.render import FORMATS, image_of
from autograd.viz.picture.compose import picture_of
from autograd.viz.picture.picture import Picture
from autograd.viz.step_by_step.notebook import Steps

SUFFIXES = (*FORMATS, "dot", "mmd", "html")


@dataclass(frozen=True)
class Drawing:
    """A graph and how to draw it; a notebook shows it as a picture.

    The picture is arranged once, and laid out once for each image format; both are kept. Other options need another
    Drawing.
    """

    graph: GraphData
    options: dict[str, Any] = field(default_factory=dict)
    modules: Mapping[str, tuple[str, ...]] | None = field(default=None, repr=False)
    closed: frozenset[str] = field(default=frozenset(), repr=False)
    _images: dict[str, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def picture(self) -> Picture:
        """What is drawn, as plain data: boxes and arrows."""
        return picture_of(self.graph, self.modules, self.closed, **self.options)

    @cached_property
    def _page(self) -> str:
        """The picture in Graphviz's language, with the place of everything."""
        return page_of(self.picture)

    def to_dot(self) -> str:
        """The picture in Graphviz's language; whoever lays it out puts everything in its place."""
        return dot_of(self.picture)

    def to_mermaid(self) -> str:
        """The picture in Mermaid's language."""
        return mermaid_of(self.picture)

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """The page that steps through the computation; see `Graph.to_html`."""
        return Steps(self.graph).to_html(path)

    def to_bytes(self, format: str = "svg") -> bytes:
        """The picture as "svg", "png" or "pdf"."""
        if format not in self._images:
            self._images[format] = image_of(self._page, format)
        return self._images[format]

    def render(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file: .svg, .png, .pdf, .dot, .mmd (Mermaid) or .html (the page with the steps)."""
        suffix = Path(path).suffix.lower().lstrip(".")
        if suffix not in SUFFIXES:
            raise ArgumentError(f"the path must end in .svg, .png, .pdf, .dot, .mmd or .html; got {os.fspath(path)!r}.")
        texts = {"dot": self.to_dot, "mmd": self.to_mermaid, "html": self.to_html}
        content = texts[suffix]().encode() if suffix in texts else self.to_bytes(suffix)
        Path(path).write_bytes(content)

    def __repr__(self) -> str:
        return f"Drawing({self.graph!r}); a notebook shows it, .render('graph.svg') writes it to a file"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: SVG in an <img>, because some pages strip raw SVG, and PNG for GitHub."""
        bundle = {"text/plain": repr(self)}
        try:
            svg, png = self.to_bytes("svg"), self.to_bytes("png")
            source = "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
            bundle["text/html"] = f'<img alt="{len(self.graph.nodes)} nodes" style="max-width:100%" src="{source}">'
            bundle["image/png"] = base64.b64encode(png).decode()
        except Exception as error:  # the display of an object must not raise
            bundle["text/plain"] += f"\n{error}"
        return {
            kind: data
            for kind, data in bundle.items()
            if (not include or kind in include) and kind not in (exclude or ())
        }
