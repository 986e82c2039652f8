"""summary: the layers of a model as a table, with shapes, parameters and multiply-adds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from autograd.errors import ArgumentError
from nn.core.module import Module
from nn.inspect.nested_shapes import nested_shapes, shapes_text
from nn.inspect.probe import LayerSummary, probe


@dataclass(frozen=True, repr=False)
class Summary:
    """A model as the rows of a table, in the order in which its modules are defined; its repr is the table."""

    rows: tuple[LayerSummary, ...]
    input_shapes: tuple[Any, ...]
    nbytes: int  # of the parameters

    @property
    def parameters(self) -> int:
        """How many numbers the parameters hold, each counted once."""
        return sum(row.parameters for row in self.rows)

    @property
    def trainable(self) -> int:
        """How many of them require grad."""
        return sum(row.trainable for row in self.rows)

    @property
    def frozen(self) -> int:
        """How many of them do not require grad."""
        return self.parameters - self.trainable

    @property
    def multiply_adds(self) -> int:
        """How many multiply-adds one forward pass with the input takes."""
        return sum(row.multiply_adds for row in self.rows)

    def __repr__(self) -> str:
        cells = [("Layer", "Output shape", "Parameters", "Multiply-adds"), *map(_cells, self.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            f"{name:<{widths[0]}}  {shape:<{widths[1]}}  {p:>{widths[2]}}  {m:>{widths[3]}}".rstrip()
            for name, shape, p, m in cells
        ]
        rule = "-" * (sum(widths) + 6)
        shares = f"({self.trainable:,} trainable, {self.frozen:,} frozen)"
        totals = [
            f"Parameters: {self.parameters:,} {shares}, {bytes_text(self.nbytes)}",
            f"Multiply-adds: {self.multiply_adds:,} for input of shape {shapes_text(self.input_shapes)}",
        ]
        return "\n".join([lines[0], rule, *lines[1:], rule, *totals])


def summary(model: Module, *inputs: Any, dtype: Any = None, depth: int | None = None, **named: Any) -> Summary:
    """A table of a model's layers: output shapes, parameters, multiply-adds.

    A copy of the model runs once, in eval mode, so the model does not change, nor does any random generator.

    Args:      inputs: what the model is called with, batch axis included: each a shape, or an array or Tensor as an
               example. One list of them is several inputs. A shape stands for zeros.
               dtype: of the inputs given as shapes: one, or one an input. Default: that of the model's parameters.
               depth: show modules inside of at most so many others; deeper ones are added to the row that they are
               inside of.
               named: inputs by name.
    Returns:   a Summary: its repr is the table, its `rows` the data.
    Numerics:  multiply-adds are those of the recorded matrix products and convolutions. Elementwise operations are not
               counted, nor what a model computes under no_grad.
    Example:
        >>> import nn
        >>> nn.summary(nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10)), (32, 784))
        Layer        Output shape  Parameters  Multiply-adds
        ----------------------------------------------------
        Sequential   (32, 10)               -              -
          0: Linear  (32, 64)          50,240      1,605,632
          1: ReLU    (32, 64)               -              -
          2: Linear  (32, 10)             650         20,480
        ----------------------------------------------------
        Parameters: 50,890 (50,890 trainable, 0 frozen), 198.8 KiB
        Multiply-adds: 1,626,112 for input of shape (32, 784)
    """
    if not isinstance(model, Module):
        raise ArgumentError(f"summary takes a module; got {type(model).__name__}.")
    if not inputs and not named:
        raise ArgumentError("summary needs an input shape, or an example: nn.summary(model, (32, 784)).")
    run = probe(model, inputs, named, dtype)
    rows = run.rows if depth is None else _merged_below(depth, run.rows)
    nbytes = sum(p.numpy().nbytes for p in model.parameters())
    return Summary(tuple(rows), tuple(nested_shapes(x) for x in run.examples), nbytes)


def _merged_below(depth: int, rows: Iterable[LayerSummary]) -> Iterator[LayerSummary]:
    """The rows down to this depth; the numbers of deeper ones are added to the row that they are inside of."""
    last: LayerSummary | None = None
    for row in rows:
        if last is not None and row.depth > depth:
            last = replace(
                last, parameters=last.parameters + row.parameters, trainable=last.trainable + row.trainable,
                multiply_adds=last.multiply_adds + row.multiply_adds,
            )  # fmt: skip
            continue
        if last is not None:
            yield last
        last = row
    if last is not None:
        yield last


def _cells(row: LayerSummary) -> tuple[str, str, str, str]:
    """A row of the table as text."""
    layer = "  " * row.depth + (f"{row.name}: " if row.name else "") + row.layer
    if row.calls > 1:
        layer += f", {row.calls} calls"
    if row.shared:
        layer += " (shared)"
    if row.calls:
        shape = shapes_text(row.output_shape)
    else:
        shape = "" if row.shared else "not called"
    parameters = f"{row.parameters:,}" if row.parameters else "-"
    products = f"{row.multiply_adds:,}" if row.multiply_adds else "-"
    return layer, shape, parameters, products


def bytes_text(nbytes: int) -> str:
    """A number of bytes in B, KiB or MiB."""
    if nbytes < 1024:
        return f"{nbytes} B"
    return f"{nbytes / 1024:.1f} KiB" if nbytes < 1024**2 else f"{nbytes / 1024**2:.1f} MiB"
