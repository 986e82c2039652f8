"""draw(x): a picture for a file or a notebook."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograd.errors import ArgumentError
from autograd.viz.dot import dot_of
from autograd.viz.graph import Graph
from autograd.viz.mermaid import mermaid_of
from autograd.viz.picture import LIMIT, Picture, picture
from autograd.viz.render import FORMATS, layout
from autograd.viz.trace import trace

SUFFIXES = (*FORMATS, "dot", "mmd", "html")
TRACED = 50_000  # nodes that a picture looks at; what is farther from the result is counted


@dataclass(frozen=True)
class Drawing:
    """A graph and how to draw it; a notebook shows it as a picture."""

    graph: Graph
    options: dict[str, Any] = field(default_factory=dict)
    modules: Mapping[str, tuple[str, ...]] | None = field(default=None, repr=False)
    closed: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def picture(self) -> Picture:
        """What is drawn, as plain data: boxes and arrows."""
        return picture(self.graph, self.modules, self.closed, **self.options)

    def to_dot(self) -> str:
        """The picture in Graphviz's language."""
        return dot_of(self.picture)

    def to_mermaid(self) -> str:
        """The picture in Mermaid's language."""
        return mermaid_of(self.picture)

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """The page that steps through the computation; see `Graph.to_html`."""
        return self.graph.to_html(path)

    def to_bytes(self, format: str = "svg") -> bytes:
        """The picture as "svg", "png" or "pdf"."""
        return layout(self.to_dot(), format)

    def render(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file: .svg, .png, .pdf, .dot, .mmd (Mermaid) or .html (the page that steps through it)."""
        suffix = Path(path).suffix.lower().lstrip(".")
        if suffix not in SUFFIXES:
            raise ArgumentError(f"the path must end in .svg, .png, .pdf, .dot, .mmd or .html; got {os.fspath(path)!r}.")
        texts = {"dot": self.to_dot, "mmd": self.to_mermaid, "html": self.to_html}
        content = texts[suffix]().encode() if suffix in texts else self.to_bytes(suffix)
        Path(path).write_bytes(content)

    def __repr__(self) -> str:
        return f"Drawing({self.graph!r}); a notebook shows it, .render('graph.svg') writes it to a file"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows. An <img> survives where raw SVG is stripped; PNG is what GitHub shows."""
        bundle = {"text/plain": repr(self)}
        try:
            svg, png = self.to_bytes("svg"), self.to_bytes("png")
            source = "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
            bundle["text/html"] = f'<img alt="{len(self.graph.nodes)} nodes" style="max-width:100%" src="{source}">'
            bundle["image/png"] = base64.b64encode(png).decode()
        except Exception as error:
            bundle["text/plain"] += f"\n{error}"
        return {
            kind: data
            for kind, data in bundle.items()
            if (not include or kind in include) and kind not in (exclude or ())
        }


def draw(
    x: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    direction: str = "LR",
    show: str | Iterable[str] | None = None,
    legend: bool = True,
    title: str = "",
    limit: int = LIMIT,
    depth: int | None = None,
    fold: bool | None = None,
    theme: str = "light",
    color: str = "auto",
    complete: bool = False,
    names: Mapping[str, Any] | None = None,
) -> Drawing:
    """A picture of the computation behind a Tensor or Scalar (or a list of them).

    For Scalars: data and grad in every box, the local derivative on every arrow. For Tensors: operations with the
    shapes of their results, parameters with their names and gradients, in frames as the modules are nested, and on the
    arrows the rules by which gradients go back. A graph of any size becomes one page: blocks that repeat are drawn once,
    modules are closed, and what is then still too much is left out, farthest from the result first; the picture says so.

    Args:  path: also write it there: .svg, .png, .pdf, .dot, .mmd (Mermaid) or .html (a page to step through).
           direction: "LR" from left to right, "TB" from top to bottom, or their opposites.
           show: words among value, grad, local (derivatives on the arrows of Scalars), vjp (the rule on the arrows of
           Tensors), shape, dtype, scope (frames of modules) and source (the user's line, known under detect_anomaly).
           None: all but dtype and source; vjp only in a picture of few boxes.
           legend, title: what stands below.
           limit: how many boxes to draw at most.
           depth: how many frames deep modules are drawn open, 0 for all closed; None for as deep as the limit allows.
           fold: True draws equal blocks in a row once, with "×n"; None does so if there are more boxes than the limit.
           theme: "light" or "dark".
           color: "gradient" fills boxes by the logarithm of their gradient's norm, "kind" by their kind alone; "auto"
           keeps the fill for the kind and colours the line of the gradient.
           complete: also compute what the graph does not keep, with the gradient of everything; see `trace`.
           names: {"W": W, "h": h}, names for Tensors of your own, where no module gives any.
    Raises: RenderError for an image, if no layout engine is installed; draw(x).to_dot() and to_mermaid() need none.
    Example:
        >>> from autograd import Scalar, draw
        >>> a, b = Scalar(2.0, label="a"), Scalar(-3.0, label="b")
        >>> print(draw((a * b).tanh()).to_mermaid().splitlines()[0])
        flowchart LR
    """
    options = {
        "direction": direction, "show": show, "legend": legend, "title": title, "limit": limit, "depth": depth, "fold": fold,
        "theme": theme, "color": color,
    }  # fmt: skip
    drawing = Drawing(trace(x, limit=TRACED, complete=complete, names=names), options)
    drawing.picture  # noqa: B018  a wrong option is refused here, not when a notebook shows the picture
    if path is not None:
        drawing.render(path)
    return drawing
