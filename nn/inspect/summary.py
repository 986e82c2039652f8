"""summary: what a model consists of, layer by layer, with shapes, parameters and multiply-adds."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd import Tensor, random
from autograd.engine.modes import Mode, mode
from autograd.errors import ArgumentError
from nn.core.module import Module, members
from nn.core.parameter import Parameter
from nn.inspect.multiply_adds import multiply_adds


@dataclass(frozen=True)
class LayerSummary:
    """One module of a model.

    path            where it stands, "net.layers.0"; "" for the model
    name            what the module it is in calls it, "layers.0"
    layer           its class
    depth           how many modules it is inside of
    calls           how often it was called
    input_shapes    of the arguments of the first call
    output_shape    of the result of the first call: a shape, nested as the result is; None if it was not called
    parameters      how many numbers are its own: not its children's, and not those that an earlier row has counted
    trainable       how many of these learn
    multiply_adds   what it computed itself, not its children, in all calls
    shared          it, or a parameter of its own, is counted in an earlier row
    """

    path: str
    name: str
    layer: str
    depth: int
    calls: int = 0
    input_shapes: tuple[Any, ...] = ()
    output_shape: Any = None
    parameters: int = 0
    trainable: int = 0
    multiply_adds: int = 0
    shared: bool = False


@dataclass(frozen=True, repr=False)
class Summary:
    """A model as rows of a table, in the order in which its modules are defined; its repr is the table."""

    rows: tuple[LayerSummary, ...]
    input_shapes: tuple[Any, ...]
    nbytes: int  # of the parameters

    @property
    def parameters(self) -> int:
        """How many numbers the parameters are, each counted once."""
        return sum(row.parameters for row in self.rows)

    @property
    def trainable(self) -> int:
        """How many of them learn."""
        return sum(row.trainable for row in self.rows)

    @property
    def frozen(self) -> int:
        """How many of them do not learn."""
        return self.parameters - self.trainable

    @property
    def multiply_adds(self) -> int:
        """Of one forward pass with the input."""
        return sum(row.multiply_adds for row in self.rows)

    def __repr__(self) -> str:
        cells = [("Layer", "Output shape", "Parameters", "Multiply-adds"), *map(_cells, self.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            f"{name:<{widths[0]}}  {shape:<{widths[1]}}  {p:>{widths[2]}}  {m:>{widths[3]}}".rstrip()
            for name, shape, p, m in cells
        ]
        rule = "-" * (sum(widths) + 6)
        return "\n".join([
            lines[0], rule, *lines[1:], rule,
            f"Parameters: {self.parameters:,} ({self.trainable:,} trainable, {self.frozen:,} frozen), {_size(self.nbytes)}",
            f"Multiply-adds: {self.multiply_adds:,} for input of shape {_shown(self.input_shapes)}",
        ])  # fmt: skip


def summary(model: Module, *inputs: Any, dtype: Any = None, depth: int | None = None, **named: Any) -> Summary:
    """A table of a model's layers: output shapes, parameters, multiply-adds.

    A copy of the model runs once, in eval mode: nothing of the model changes, nor does any random generator.

    Args:      inputs: what the model is called with, batch axis included: each a shape, or an array or Tensor as an example.
               One list of them is several inputs. A shape stands for zeros.
               dtype: of the inputs given as shapes: one, or one an input. Default: that of the model's parameters.
               depth: show modules inside of at most so many others; what is deeper is added to the row it is in.
               named: inputs by name.
    Returns:   a Summary: its repr is the table, its `rows` the data.
    Numerics:  multiply-adds are those of the products of matrices, of convolutions and of what is made of them, as the
               recorded operations show; elementwise work is not counted, nor what a model computes under no_grad.
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
    if len(inputs) == 1 and isinstance(inputs[0], (list, tuple)) and not _is_shape(inputs[0]):
        inputs = tuple(inputs[0])
    given = _examples([*inputs, *named.values()], dtype, model)
    args, kwargs = given[: len(inputs)], dict(zip(named, given[len(inputs) :], strict=True))
    twin, learns = _apart(model)
    run = _Run(twin.eval())
    out = run(args, kwargs)
    rows = _counted(run, out, learns)
    nbytes = sum(p.numpy().nbytes for p in model.parameters())
    return Summary(tuple(rows if depth is None else _down_to(depth, rows)), tuple(_shapes(x) for x in given), nbytes)


# What the model is called with


def _is_shape(x: Any) -> bool:
    return isinstance(x, (tuple, list)) and all(
        isinstance(size, (int, np.integer)) and not isinstance(size, bool) for size in x
    )


def _examples(inputs: Sequence[Any], dtype: Any, model: Module) -> list[Any]:
    """Shapes as zeros; floating arrays as Tensors that require grad, so that all that is done with them is recorded."""
    if isinstance(dtype, (list, tuple)):
        if len(dtype) != len(inputs):
            raise ArgumentError(f"summary got {len(dtype)} dtypes for {len(inputs)} inputs; give one, or one an input.")
        dtypes = list(dtype)
    else:
        dtypes = [dtype] * len(inputs)
    usual = next((p.dtype for p in model.parameters() if p.dtype.kind == "f"), np.dtype(np.float32))
    examples = []
    for x, kind in zip(inputs, dtypes, strict=True):
        if _is_shape(x):
            if any(size < 0 for size in x):
                raise ArgumentError(f"an input shape has sizes of 0 or more, the batch axis included; got {tuple(x)}.")
            x = np.zeros(x, usual if kind is None else kind)
        examples.append(Tensor(x, requires_grad=True) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x)
    return examples


# A copy of the model, and one call of it


def _apart(model: Module) -> tuple[Module, dict[int, bool]]:
    """(a copy of the model whose parameters all require grad and share the model's memory, id of each -> whether it learns)."""
    memo: dict[int, Any] = {}
    learns: dict[int, bool] = {}
    for module in model.modules():
        for value in vars(module).values():
            memo.update(
                (id(t), t) for t in _recorded(value)
            )  # an activation kept from a call: it cannot be copied, nor need be
    for p in model.parameters():
        twin = type(p).__new__(type(p))
        twin.__setstate__((p.numpy(), p.dtype.kind == "f", None, p.name))
        memo[id(p)] = twin
        learns[id(twin)] = p.requires_grad
    return copy.deepcopy(model, memo), learns


def _recorded(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor) and value.node is not None:
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _recorded(item)


class _Run:
    """One call of a model, and what its modules were called with and returned."""

    def __init__(self, model: Module) -> None:
        self.model = model
        self.shapes: dict[int, tuple[tuple[Any, ...], Any]] = {}
        self.calls: dict[int, int] = {}
        self.outputs: list[Any] = []

    def __call__(self, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        for module in self.model.modules():
            module.register_forward_hook(self._note, with_kwargs=True)
        generator = random.generator().bit_generator
        state = generator.state
        token = mode.set(Mode())  # recording, in no module and without detect_anomaly, whatever is around
        try:
            with np.errstate(all="ignore"):  # an input of zeros may divide by them
                return self.model(*args, **kwargs)
        finally:
            mode.reset(token)
            generator.state = state

    def _note(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        self.calls[id(module)] = self.calls.get(id(module), 0) + 1
        self.shapes.setdefault(id(module), (tuple(_shapes(x) for x in (*args, *kwargs.values())), _shapes(output)))
        self.outputs.append(output)


def _shapes(x: Any) -> Any:
    """A shape; of several values their shapes, nested as they are; of anything else its type's name."""
    if isinstance(x, (tuple, list)):
        return tuple(_shapes(item) for item in x)
    if isinstance(x, dict):
        return {key: _shapes(item) for key, item in x.items()}
    return x.shape if isinstance(getattr(x, "shape", None), tuple) else None if x is None else type(x).__name__


# Rows


def _counted(run: _Run, out: Any, learns: dict[int, bool]) -> Iterator[LayerSummary]:
    """The rows, each with its numbers."""
    products = multiply_adds([*run.outputs, out])
    modules: set[int] = set()
    parameters: set[int] = set()
    for path, name, depth, module in _nested("", "", 0, run.model, ()):
        if id(module) in modules:
            yield LayerSummary(path, name, type(module).__name__, depth, shared=True)
            continue
        modules.add(id(module))
        own = [p for _, p in members(module) if isinstance(p, Parameter)]
        new = {id(p): p for p in own if id(p) not in parameters}
        parameters.update(new)
        inputs, output = run.shapes.get(id(module), ((), None))
        yield LayerSummary(
            path, name, type(module).__name__, depth, run.calls.get(id(module), 0), inputs, output,
            sum(p.size for p in new.values()), sum(p.size for key, p in new.items() if learns.get(key, False)),
            products.get(id(module), 0), len(new) < len(own),
        )  # fmt: skip


def _nested(
    path: str, name: str, depth: int, module: Module, around: tuple[int, ...]
) -> Iterator[tuple[str, str, int, Module]]:
    """(path, name, depth, module) of all places that modules have."""
    yield path, name, depth, module
    around = (*around, id(module))
    for inner, member in members(module):
        if isinstance(member, Module) and id(member) not in around:
            yield from _nested(f"{path}.{inner}".lstrip("."), inner, depth + 1, member, around)


def _down_to(depth: int, rows: Iterator[LayerSummary]) -> Iterator[LayerSummary]:
    """The rows to this depth, with the numbers of those below added to the one they are in."""
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


# As text


def _cells(row: LayerSummary) -> tuple[str, str, str, str]:
    words = "  " * row.depth + (f"{row.name}: " if row.name else "") + row.layer
    if row.calls > 1:
        words += f", {row.calls} calls"
    if row.shared:
        words += " (shared)"
    shape = "" if row.shared and not row.calls else "not called" if not row.calls else _shown(row.output_shape)
    return (
        words,
        shape,
        f"{row.parameters:,}" if row.parameters else "-",
        f"{row.multiply_adds:,}" if row.multiply_adds else "-",
    )


def _shown(shape: Any) -> str:
    """(32, 10) for one shape; those of several values after each other: (5, 3), (1, 3)."""
    if isinstance(shape, tuple) and not _is_shape(shape):
        return ", ".join(
            f"({_shown(item)})" if isinstance(item, tuple) and not _is_shape(item) else _shown(item) for item in shape
        )
    return str(shape)


def _size(nbytes: int) -> str:
    return (
        f"{nbytes} B"
        if nbytes < 1024
        else f"{nbytes / 1024:.1f} KiB"
        if nbytes < 1024**2
        else f"{nbytes / 1024**2:.1f} MiB"
    )
