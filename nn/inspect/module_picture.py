"""The diagram of a model: its layers, what goes into and comes out of each, and how many parameters they have."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import ArgumentError
from autograd.viz import Drawing, Graph, trace
from nn.core import display
from nn.core.module import Module
from nn.inspect.nested_shapes import shapes_text
from nn.inspect.probe import LayerSummary, probe

LIMIT = 80


@display.draw.register(Module)
def draw(
    model: Module,
    *inputs: Any,
    path: str | os.PathLike[str] | None = None,
    dtype: Any = None,
    direction: str = "TB",
    depth: int | None = None,
    fold: bool | None = None,
    limit: int = LIMIT,
    theme: str = "light",
    legend: bool = True,
    title: str | None = None,
    **named: Any,
) -> Drawing:
    """A picture of a model: a box a layer, with the shapes of its input and output and its number of parameters.

    A copy of the model runs once, in eval mode, so the model does not change, nor does any random generator. What is
    computed between layers, such as the + of a residual connection, is drawn as an operation. A layer that computes
    nothing in eval mode, such as Dropout, does not appear. `draw(model(x))` draws every operation.

    Args:      inputs: what the model is called with, as for `nn.summary`: each a shape, batch axis included, or an
               example.
               path: also write it there: .svg, .png, .pdf, .dot or .mmd.
               dtype: of the inputs given as shapes.
               depth: draw modules at this depth as one box, without what is inside; None: only the innermost ones.
               fold: True draws equal blocks in a row once, with "×n"; None does so if there are more boxes than
               `limit`.
               direction, theme, legend, title: as for `autograd.draw`.
               named: inputs by name.
    Raises:    ArgumentError without an input; RenderError for an image if no layout engine is installed.
    Example:
        >>> import nn
        >>> model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
        >>> drawing = model.draw((32, 784))
        >>> [line.text for line in drawing.picture.boxes[1].lines]
        ['0 · Linear', '(32, 784) → (32, 64)', '50,240 parameters']
    """
    if not isinstance(model, Module):
        raise ArgumentError(f"draw takes a module; got {type(model).__name__}.")
    if not inputs and not named:
        raise ArgumentError("draw needs an input shape, or an example: model.draw((32, 784)).")
    stray = next((x for x in inputs if isinstance(x, (str, os.PathLike))), None)
    if stray is not None:
        raise ArgumentError(
            f"draw takes the file to write to by name: model.draw((32, 784), path={os.fspath(stray)!r})."
        )
    if path is not None and os.fspath(path).endswith(".html"):
        raise ArgumentError(
            f"the diagram of a model is written as .svg, .png, .pdf, .dot or .mmd; got {os.fspath(path)!r}. "
            "For the page that steps through backpropagation: autograd.trace(model(x)).to_html(path)."
        )
    run = probe(model, inputs, named, dtype)
    results = [result for result in _tensors(run.output) if result.requires_grad]
    if not results:
        raise ArgumentError(
            f"nothing that {type(model).__name__} returns was computed from its input or parameters: "
            "there is nothing to draw."
        )
    rows, name = run.rows, type(model).__name__
    innermost = {
        row.path for i, row in enumerate(rows) if row.calls and not any(inner.calls for inner in _inside(rows, i))
    }
    if title is None:
        title = f"{name}: {sum(row.parameters for row in rows):,} parameters"
    options = {
        "direction": direction, "show": "shape scope", "legend": legend, "title": title, "limit": limit,
        "depth": depth, "fold": fold, "theme": theme,
    }  # fmt: skip
    lines = {_scope_path(name, row.path): _box_lines(rows, i) for i, row in enumerate(rows)}
    closed = frozenset(_scope_path(name, path) for path in innermost)
    drawing = Drawing(_with_inputs(trace(results), run.examples), options, lines, closed)
    drawing.picture  # noqa: B018  so that a wrong option is refused here, not when a notebook shows the picture
    if path is not None:
        drawing.render(path)
    return drawing


def _tensors(out: Any) -> Iterator[Tensor]:
    """The Tensors in what a model returned, however nested."""
    if isinstance(out, Tensor):
        yield out
    elif isinstance(out, (list, tuple, dict)):
        for item in out.values() if isinstance(out, dict) else out:
            yield from _tensors(item)


def _scope_path(name: str, path: str) -> str:
    """A module's path as it stands in a graph, where it begins with the class of the model."""
    return f"{name}.{path}" if path else name


def _inside(rows: Sequence[LayerSummary], i: int) -> Iterator[LayerSummary]:
    """The rows of the modules inside that of row i."""
    for row in rows[i + 1 :]:
        if row.depth <= rows[i].depth:
            return
        yield row


def _box_lines(rows: Sequence[LayerSummary], i: int) -> tuple[str, ...]:
    """What the box of row i says when it is drawn closed: shapes and numbers of parameters, with all that is inside."""
    row = rows[i]
    lines = [_shapes_line(row) if row.calls else ""]
    size = row.parameters + sum(inner.parameters for inner in _inside(rows, i))
    if size:
        lines.append(f"{size:,} parameters")
    frozen = size - row.trainable - sum(inner.trainable for inner in _inside(rows, i))
    if frozen:
        lines.append(f"{frozen:,} of them frozen")
    if row.shared:
        lines.append("parameters shared with another layer")
    return tuple(lines)


def _shapes_line(row: LayerSummary) -> str:
    """(32, 784) → (32, 64)"""
    inputs = dict.fromkeys([shapes_text(shape) for shape in row.input_shapes if isinstance(shape, tuple)])
    output = row.output_shape
    if isinstance(output, tuple):
        output = tuple(shape for shape in output if shape is not None)
        if len(output) == 1 and isinstance(output[0], tuple):
            output = output[0]
    return f"{', '.join(inputs)} → {shapes_text(output)}"


def _with_inputs(graph: Graph, examples: Sequence[Any]) -> Graph:
    """The graph with the examples as its inputs, and without the other constants, which belong to the layers.

    Floating examples require grad, so the graph has them as parameters without a name; examples of other dtypes are
    recognised by shape and dtype.
    """
    plain = {
        (x.shape, str(x.dtype))
        for x in examples
        if isinstance(x, np.ndarray) or (isinstance(x, Tensor) and not x.requires_grad)
    }
    nodes, dropped = [], set()
    for node in graph.nodes:
        if node.kind == "input" and (node.name or (node.shape, node.dtype) not in plain):
            dropped.add(node.id)
        elif node.kind == "input":
            nodes.append(replace(node, name="input", value=None))
        elif node.kind == "parameter" and not node.name:
            nodes.append(replace(node, kind="input", name="input", value=None, wants_grad=False, scope=()))
        else:
            nodes.append(node)
    edges = [edge for edge in graph.edges if edge.source not in dropped]
    return replace(graph, nodes=tuple(nodes), edges=tuple(edges))
