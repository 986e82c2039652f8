"""The page with the steps, as a notebook shows it and as a file."""

from __future__ import annotations

import html
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograd.viz.data.graph_data import GraphData
from autograd.viz.step_by_step.html_page import page_of


@dataclass(frozen=True)
class Steps:
    """A page with the steps of a computation; a notebook shows it.

    graph    the computation, with all values and cotangents
    options  title= and limit=, as for `steps`
    height   of the frame in a notebook, in pixels
    """

    graph: GraphData
    options: dict[str, Any] = field(default_factory=dict)
    height: int = 680

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """The page as text, also written to `path` if given."""
        text = page_of(self.graph, **self.options)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: a sandboxed frame, in which the page can run its script but reach nothing outside."""
        bundle = {"text/plain": repr(self)}
        try:
            source = html.escape(self.to_html(), quote=True)
            bundle["text/html"] = (
                f'<iframe sandbox="allow-scripts" srcdoc="{source}" title="Backpropagation, step by step" '
                f'loading="lazy" style="width:100%;height:{int(self.height)}px;border:1px solid #8888;'
                f'border-radius:8px"></iframe>'
            )
        except Exception as error:  # the display of an object must not raise
            bundle["text/plain"] += f"\n{error}"
        return bundle

    def __repr__(self) -> str:
        return f"Steps({self.graph!r}); a notebook shows them, .to_html('steps.html') writes them to a file"
