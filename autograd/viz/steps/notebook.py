"""steps(x): the page in a notebook, and as a file."""

from __future__ import annotations

import html
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograd.viz.graph import Graph
from autograd.viz.steps.page import ELEMENTS, page
from autograd.viz.trace import trace


@dataclass(frozen=True)
class Steps:
    """A page with the steps of a computation; a notebook shows it.

    graph    the computation, with all values and cotangents
    options  those of `page`
    height   of the frame in a notebook, in pixels
    """

    graph: Graph
    options: dict[str, Any] = field(default_factory=dict)
    height: int = 680

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """The page as text, also written to `path` if given."""
        text = page(self.graph, **self.options)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: a frame that may run the page's script, and reach nothing outside of itself."""
        bundle = {"text/plain": repr(self)}
        try:
            source = html.escape(self.to_html(), quote=True)
            bundle["text/html"] = (
                f'<iframe sandbox="allow-scripts" srcdoc="{source}" title="Backpropagation, step by step" loading="lazy" '
                f'style="width:100%;height:{int(self.height)}px;border:1px solid #8888;border-radius:8px"></iframe>'
            )
        except Exception as error:
            bundle["text/plain"] += f"\n{error}"
        return bundle

    def __repr__(self) -> str:
        return f"Steps({self.graph!r}); a notebook shows them, .to_html('steps.html') writes them to a file"


def steps(
    x: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    height: int = 680,
    names: Mapping[str, Any] | None = None,
    **options: Any,
) -> Steps:
    """Backpropagation one step at a time: a page with the forward pass, then the sweep, each with its numbers.

    Nothing is changed: no `.grad`, and nothing is freed. Call it before backward(), which frees the graph of a Tensor.

    Args:  x: a Tensor or Scalar, or a list of them (then it is the gradient of their sum).
           path: also write the page there.
           height: of the frame in a notebook, in pixels.
           names: {"W": W, "h": h}, names for Tensors of your own.
           options: title= and limit=, as for `page`.
    Raises: FreedGraphError after backward(); ArgumentError for a graph of too many operations.
    Example:
        >>> from autograd import Scalar
        >>> from autograd.viz.steps import steps
        >>> w, x = Scalar(0.5, label="w"), Scalar(2.0, label="x")
        >>> page = steps((w * x).tanh())
        >>> page.to_html()[:15]
        '<!doctype html>'
    """
    made = Steps(trace(x, complete=True, elements=ELEMENTS, names=names), options, height)
    text = page(made.graph, **options)  # what cannot be shown is refused here, not when a notebook shows it
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return made
