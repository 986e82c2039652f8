"""A model run once on example inputs, for `summary` and `draw`: what went through each of its modules.

A copy runs, in eval mode, so the model does not change, nor does any random generator.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd import Tensor, random
from autograd.engine.modes import Mode, mode
from autograd.errors import ArgumentError
from nn.core.module import Module, members
from nn.core.parameter import Parameter
from nn.inspect.multiply_adds import multiply_adds
from nn.inspect.nested_shapes import is_shape, nested_shapes


@dataclass(frozen=True)
class LayerSummary:
    """One module of a model.

    path            where it is in the model, "net.layers.0"; "" for the model itself
    name            its name in the module that holds it, "layers.0"
    layer           its class
    depth           how many modules it is inside of
    calls           how often it was called
    input_shapes    of the arguments of the first call
    output_shape    of the result of the first call: a shape, nested as the result is; None if it was not called
    parameters      how many numbers its own parameters hold: without its children's, and without those counted in
                    earlier rows
    trainable       how many of these require grad
    multiply_adds   what it computed itself, without its children, in all calls
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


@dataclass(frozen=True)
class Probe:
    """What one run of a model showed.

    examples   what it was called with, the named inputs last
    output     what it returned
    rows       its modules, in the order in which they are defined
    """

    examples: list[Any]
    output: Any
    rows: list[LayerSummary]


def probe(model: Module, inputs: tuple[Any, ...], named: Mapping[str, Any], dtype: Any) -> Probe:
    """Run a copy of the model once.

    Args:  inputs: each a shape, which stands for zeros, or an example; one list of them is several inputs.
           named: inputs by name.
           dtype: of the inputs given as shapes: one, or one an input; None: that of the model's parameters.
    """
    if len(inputs) == 1 and isinstance(inputs[0], (list, tuple)) and not is_shape(inputs[0]):
        inputs = tuple(inputs[0])
    examples = _examples([*inputs, *named.values()], dtype, model)
    twin, requires_grad = _recording_copy(model)
    run = _Run(twin.eval())
    output = run(examples[: len(inputs)], dict(zip(named, examples[len(inputs) :], strict=True)))
    return Probe(examples, output, list(_rows(run, output, requires_grad)))


def _examples(inputs: Sequence[Any], dtype: Any, model: Module) -> list[Any]:
    """The inputs, zeros for shapes; floating arrays as Tensors that require grad, so that everything is recorded."""
    if isinstance(dtype, (list, tuple)):
        if len(dtype) != len(inputs):
            raise ArgumentError(f"summary got {len(dtype)} dtypes for {len(inputs)} inputs; give one, or one an input.")
        dtypes = list(dtype)
    else:
        dtypes = [dtype] * len(inputs)
    usual = next((p.dtype for p in model.parameters() if p.dtype.kind == "f"), np.dtype(np.float32))
    examples = []
    for x, kind in zip(inputs, dtypes, strict=True):
        if is_shape(x):
            if any(size < 0 for size in x):
                raise ArgumentError(f"an input shape has sizes of 0 or more, the batch axis included; got {tuple(x)}.")
            x = np.zeros(x, usual if kind is None else kind)
        examples.append(Tensor(x, requires_grad=True) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x)
    return examples


def _recording_copy(model: Module) -> tuple[Module, dict[int, bool]]:
    """(a copy of the model, id of each of its parameters -> whether the original requires grad).

    The copy's parameters share the model's memory, and all of them require grad.
    """
    memo: dict[int, Any] = {}
    requires_grad: dict[int, bool] = {}
    for module in model.modules():
        for value in vars(module).values():  # a result kept from an earlier call cannot be copied; the copy shares it
            memo.update((id(t), t) for t in _recorded_tensors(value))
    for p in model.parameters():
        twin = type(p).__new__(type(p))
        twin.__setstate__((p.numpy(), p.dtype.kind == "f", None, p.name))
        memo[id(p)] = twin
        requires_grad[id(twin)] = p.requires_grad
    return copy.deepcopy(model, memo), requires_grad


def _recorded_tensors(value: Any) -> Iterator[Tensor]:
    """The results of recorded operations in a value, however nested."""
    if isinstance(value, Tensor) and value.node is not None:
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _recorded_tensors(item)


class _Run:
    """One call of a model, with what each of its modules was called with and returned."""

    def __init__(self, model: Module) -> None:
        self.model = model
        self.shapes: dict[int, tuple[tuple[Any, ...], Any]] = {}  # id of a module -> shapes of inputs and output
        self.calls: dict[int, int] = {}
        self.outputs: list[Any] = []

    def __call__(self, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        for module in self.model.modules():
            module.register_forward_hook(self._note, with_kwargs=True)
        generator = random.generator().bit_generator
        state = generator.state
        token = mode.set(Mode())  # the default mode: recording, outside of any module, without detect_anomaly
        try:
            with np.errstate(all="ignore"):  # an input of zeros may cause a division by zero
                return self.model(*args, **kwargs)
        finally:
            mode.reset(token)
            generator.state = state

    def _note(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        self.calls[id(module)] = self.calls.get(id(module), 0) + 1
        inputs = tuple(nested_shapes(x) for x in (*args, *kwargs.values()))
        self.shapes.setdefault(id(module), (inputs, nested_shapes(output)))
        self.outputs.append(output)


def _rows(run: _Run, output: Any, requires_grad: dict[int, bool]) -> Iterator[LayerSummary]:
    """A row for every place of a module in the model."""
    products = multiply_adds([*run.outputs, output])
    modules: set[int] = set()
    parameters: set[int] = set()
    for path, name, depth, module in _places("", "", 0, run.model, ()):
        if id(module) in modules:
            yield LayerSummary(path, name, type(module).__name__, depth, shared=True)
            continue
        modules.add(id(module))
        own = [p for _, p in members(module) if isinstance(p, Parameter)]
        new = {id(p): p for p in own if id(p) not in parameters}
        parameters.update(new)
        inputs, result = run.shapes.get(id(module), ((), None))
        yield LayerSummary(
            path, name, type(module).__name__, depth, run.calls.get(id(module), 0), inputs, result,
            sum(p.size for p in new.values()),
            sum(p.size for key, p in new.items() if requires_grad.get(key, False)),
            products.get(id(module), 0), len(new) < len(own),
        )  # fmt: skip


def _places(
    path: str, name: str, depth: int, module: Module, around: tuple[int, ...]
) -> Iterator[tuple[str, str, int, Module]]:
    """(path, name, depth, module) of a module and all inside it; a shared one at each of its places."""
    yield path, name, depth, module
    around = (*around, id(module))
    for inner, member in members(module):
        if isinstance(member, Module) and id(member) not in around:
            yield from _places(f"{path}.{inner}".lstrip("."), inner, depth + 1, member, around)
