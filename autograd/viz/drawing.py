"""draw(x): a picture for a file or a notebook."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograd.errors import ArgumentError
from autograd.viz.dot import SHOWN
from autograd.viz.render import FORMATS, layout
from autograd.viz.trace import Graph, trace


@dataclass(frozen=True)
class Drawing:
    """A graph and how to draw it; a notebook shows it as a picture."""

    graph: Graph
    options: dict[str, Any] = field(default_factory=dict)

    def to_dot(self) -> str:
        """The picture in Graphviz's language."""
        return self.graph.to_dot(**self.options)

    def to_bytes(self, format: str = "svg") -> bytes:
        """The picture as "svg", "png" or "pdf"."""
        return layout(self.to_dot(), format)

    def render(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file: .svg, .png, .pdf or .dot."""
        suffix = Path(path).suffix.lower().lstrip(".")
        if suffix not in (*FORMATS, "dot"):
            raise ArgumentError(f"the path must end in .svg, .png, .pdf or .dot; got {os.fspath(path)!r}.")
        content = self.to_dot().encode() if suffix == "dot" else self.to_bytes(suffix)
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
        return {kind: data for kind, data in bundle.items() if (not include or kind in include) and kind not in (exclude or ())}


def draw(
    x: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    direction: str = "LR",
    show: str | Iterable[str] = SHOWN,
    legend: bool = True,
    title: str = "",
    limit: int = 400,
) -> Drawing:
    """A picture of the computation behind a Tensor or Scalar (or a list of them).

    For Scalars: data and grad in every box, the local derivative on every arrow. For Tensors: operations with the
    shapes of their results, parameters with their names and gradients, in frames as the modules are nested.

    Args:  path: also write it there: .svg, .png, .pdf or .dot.
           direction: "LR" from left to right, "TB" from top to bottom, or their opposites.
           show: words among value, grad, local, shape, dtype, scope, and vjp: the rule that takes the cotangent g
           of the arrow's tip back to its tail.
           legend, title: what stands below.
           limit: how many nodes to draw; of a larger graph those nearest to the result.
    Raises: RenderError for a path, if no layout engine is installed; the text of draw(x).to_dot() needs none.
    Example:
        >>> from autograd import Scalar, draw
        >>> a, b = Scalar(2.0, label="a"), Scalar(-3.0, label="b")
        >>> print(draw((a * b).tanh()).to_dot().splitlines()[0])
        digraph {
    """
    drawing = Drawing(trace(x), {"direction": direction, "show": show, "legend": legend, "title": title, "limit": limit})
    drawing.to_dot()  # a wrong option is refused here, not when a notebook shows the picture
    if path is not None:
        drawing.render(path)
    return drawing
