"""The three functions for a computation: `trace` gives it as data, `draw` as a picture, `steps` one step at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from autograd.options import check_flag
from autograd.viz.data.program_graph import is_program, program_graph
from autograd.viz.data.tracing import traced
from autograd.viz.data.values import ELEMENTS
from autograd.viz.drawing import Drawing
from autograd.viz.picture.picture import LIMIT
from autograd.viz.step_by_step.html_page import ELEMENTS as ELEMENTS_OF_PAGE
from autograd.viz.step_by_step.notebook import Steps
from autograd.viz.traced_graph import Graph

TRACED = 50_000  # nodes that a picture looks at; those farther from the result are only counted


def trace(
    x: Any,
    *,
    limit: int | None = None,
    complete: bool = False,
    elements: int = ELEMENTS,
    names: Mapping[str, Any] | None = None,
    unroll: bool = False,
) -> Graph:
    """The computation behind a Tensor or Scalar (or a list of them) as plain data.

    The walk is iterative and visits every value once, however often it is used, so a graph of any size can be traced.

    Args:  limit: how many values and operations to take, those nearest to x; None for all.
           complete: fill in what the graph does not hold. Values that no rule reads are computed again, and the
           engine's sweep, from the sum of x, finds the gradient of every node and the share of every edge. No `.grad`
           changes, nothing is freed and no hook is called. Impossible for what backward() has freed.
           elements: arrays of up to so many elements are kept in full, larger ones as statistics.
           names: {"W": W, "h": h}, names of Tensors, Scalars or arrays. Without them parameters have the names that
           their modules give them, and Scalars their labels.
           unroll: recurrent layers (RNN, LSTM, GRU and their cells), each one operation, step by step.
    Raises: DTypeError for anything else than Tensors and Scalars; with complete=True InPlaceError where backward()
           would raise it.
    Example:
        >>> from autograd import Scalar, trace
        >>> y = Scalar(1.0)
        >>> for _ in range(17):
        ...     y = y + y
        >>> trace(y)
        Graph(18 nodes, 34 edges)
    """
    check_flag("trace: complete", complete)
    check_flag("trace: unroll", unroll)
    found = program_graph(x) if is_program(x) else traced(x, limit, complete, elements, names, unroll)
    return Graph(found.nodes, found.edges, found.hidden, found.origin)


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
    wrap: bool = True,
    complete: bool = False,
    names: Mapping[str, Any] | None = None,
    unroll: bool = False,
) -> Drawing:
    """A picture of the computation behind a Tensor or Scalar (or a list of them), or of a captured step's program.

    For Scalars: data and grad in every box, the local derivative on every arrow. For Tensors: operations with the
    shapes of their results, parameters with their names and gradients, in frames nested as the modules are, and on
    the arrows the rules by which gradients are pulled back. A graph of any size fits on one page: if there are too many
    boxes, blocks that repeat are drawn once, then modules are drawn closed, and last the boxes farthest from the result
    are left out. The picture says which of these was done.

    Args:  path: also write it there: .svg, .png, .pdf, .dot, .mmd (Mermaid) or .html (a page to step through).
           direction: "LR" from left to right, "TB" from top to bottom, or their opposites.
           show: words among value, grad, local (derivatives on the arrows of Scalars), vjp (the rule on the arrows of
           Tensors), shape, dtype, scope (frames of modules) and source (the user's line, known under detect_anomaly).
           None: all but dtype and source; vjp only in a picture of few boxes.
           legend, title: the text below the picture.
           limit: how many boxes to draw at most.
           depth: how many frames deep modules are drawn open, 0 for all closed; None for as deep as the limit allows.
           fold: True draws equal blocks in a row once, with "×n"; None does so if there are more boxes than the limit.
           theme: "light" or "dark".
           color: "gradient" fills boxes by the logarithm of the norm of their gradient, "kind" by their kind alone;
           "auto" fills boxes by their kind and colours the line with the gradient.
           wrap: a picture of more than twice its height is laid out in rows (with "TB" in columns), as a text is.
           complete: also compute what the graph does not keep, with the gradient of everything; see `trace`.
           names: {"W": W, "h": h}, names for Tensors of your own, where no module gives any.
           unroll: recurrent layers, each one operation, step by step: gates, states, and one folded step.
    Raises: RenderError for an image, if no layout engine is installed; draw(x).to_dot() and to_mermaid() need none.
    Example:
        >>> from autograd import Scalar, draw
        >>> a, b = Scalar(2.0, label="a"), Scalar(-3.0, label="b")
        >>> print(draw((a * b).tanh()).to_mermaid().splitlines()[0])
        flowchart LR
    """
    check_flag("draw: legend", legend)
    check_flag("draw: complete", complete)
    check_flag("draw: wrap", wrap)
    if fold is not None:
        check_flag("draw: fold", fold)
    options = {
        "direction": direction, "show": show, "legend": legend, "title": title, "limit": limit, "depth": depth,
        "fold": fold, "theme": theme, "color": color, "wrap": wrap,
    }  # fmt: skip
    drawing = Drawing(trace(x, limit=TRACED, complete=complete, names=names, unroll=unroll), options)
    drawing.picture  # noqa: B018  a wrong option raises here, not when a notebook shows the picture
    if path is not None:
        drawing.render(path)
    return drawing


def steps(
    x: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    height: int = 680,
    names: Mapping[str, Any] | None = None,
    **options: Any,
) -> Steps:
    """Backpropagation one step at a time: a page with the forward pass, then the sweep, each with its numbers.

    No `.grad` changes and nothing is freed. Call it before backward(), which frees the graph of a Tensor.

    Args:  x: a Tensor or Scalar, or a list of them (then it is the gradient of their sum).
           path: also write the page there.
           height: of the frame in a notebook, in pixels.
           names: {"W": W, "h": h}, names for Tensors of your own.
           options: title, the heading of the page, and limit, how many operations it may have (default 150).
    Raises: FreedGraphError after backward(); ArgumentError for a graph of too many operations.
    Example:
        >>> from autograd import Scalar
        >>> from autograd.viz import steps
        >>> w, x = Scalar(0.5, label="w"), Scalar(2.0, label="x")
        >>> page = steps((w * x).tanh())
        >>> page.to_html()[:15]
        '<!doctype html>'
    """
    made = Steps(trace(x, complete=True, elements=ELEMENTS_OF_PAGE, names=names), options, height)
    made.to_html(path)  # what cannot be shown raises here, not when a notebook shows it
    return made
