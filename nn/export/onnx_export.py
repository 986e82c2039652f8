"""to_onnx: a model as an ONNX file, which other programs run without Python."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import no_grad
from autograd.engine.kinds import as_ndarray, visit
from autograd.engine.recording import raw
from autograd.errors import ArgumentError
from autograd.options import check_flag
from autograd.pytree import tree_leaves, tree_map
from nn.core.modes import evaluating
from nn.core.module import Module
from nn.export import activations, elementwise, indexing, layers, reductions, sequences, shapes  # noqa: F401  they enter handlers
from nn.export.merging import Merger
from nn.export.onnx_model import checked_bytes, compare, model_proto, packages, session
from nn.export.tracing import Trace, trace
from nn.layers.recurrent.layer_base import RNNBase
from nn.serialization import Path, write_whole


def to_onnx(
    model: Module,
    example_input: Any,
    path: Path,
    *,
    dynamic_batch: bool | Mapping[str, int] = True,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> None:
    """Write a model's forward pass, as it is in eval mode, as an ONNX file (opset 23).

    The operations are ONNX's own where it has them, named by the modules that they are in; weights have their names in
    the state_dict. The graph is checked by onnx and run in onnxruntime, with other batch sizes too, before the file is
    written; the file appears only when it is complete.

    Args:      example_input: an array, or a tuple of arrays for several arguments, or a dict for arguments by name. Its
               shapes (but for the batch) and dtypes are those of the file. Numbers and None are options, not inputs.
               dynamic_batch: whether the batch, the first axis of the inputs, may have any length (of `nn.LSTM` and
               others with batch_first=False the second axis); False keeps the example's. For another axis, or some
               of several inputs: {name of the input: axis}.
               input_names: default: the names of the arguments of the model's forward.
               output_names: default "output", or "output_0", …; the keys of a dict.
    Raises:    ArgumentError for what has no equivalent in ONNX, by its name, and for a model that decides by values of
               its input; ImportError without onnx and onnxruntime. Then no file was written.
    Numerics:  onnxruntime gives the model's outputs to about 1e-5 in float32.
    Example:
        >>> import numpy as np, nn
        >>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
        >>> nn.export.to_onnx(model, np.zeros((1, 4), np.float32), "model.onnx")  # doctest: +SKIP
    """
    packages()
    if not isinstance(model, Module):
        raise ArgumentError(f"to_onnx takes a module; got a {type(model).__name__}.")
    inputs = _Inputs(model, example_input, input_names, dynamic_batch)
    with visit():
        first, second, merged = _merged(model, inputs)
    names = _output_names(first, output_names, inputs.names)
    described = {name: (x.dtype, inputs.dimensions(name, x)) for name, x in inputs.arrays.items()}
    results = {
        name: (a.dtype, _dimensions(a.shape, b.shape, inputs))
        for name, a, b in zip(names, first.values, second.values, strict=True)
    }
    made = dict(zip(names, first.outputs, strict=True))
    data = checked_bytes(model_proto(merged, described, results, made, type(model).__name__))
    running = session(data)
    taken = {x.name for x in running.get_inputs()}
    for size in inputs.checked_sizes():
        feed = inputs.of_size(size)
        expected = _outputs(model, inputs, feed)
        if expected is None:  # the model itself refuses a batch of this size
            continue
        compare(running, names, {name: x for name, x in feed.items() if name in taken}, expected)
    write_whole(os.path.realpath(path), data)


class _Inputs:
    """The example: its arrays by name, and which of their axes is the batch."""

    def __init__(self, model: Module, example: Any, names: Sequence[str] | None, dynamic: Any) -> None:
        floats = {p.dtype for p in model.parameters()}
        self.default = floats.pop() if len(floats) == 1 else np.dtype(np.float32)
        example = self._with_arrays(example)
        by_name = isinstance(example, dict)
        self.args: tuple[Any, ...] = () if by_name else example if isinstance(example, tuple) else (example,)
        self.kwargs: dict[str, Any] = example if by_name else {}
        self.leaves = _arrays((self.args, self.kwargs))
        found = _argument_names(model, self.args, self.kwargs)
        self.names = found if names is None else list(names)
        if len(self.names) != len(self.leaves) or len(set(self.names)) != len(self.names):
            raise ArgumentError(
                f"input_names must be {len(self.leaves)} different names, one for each input; got {self.names}."
            )
        self.arrays = dict(zip(self.names, self.leaves, strict=True))
        self.axes = self._batch_axes(model, dynamic)
        self.size = next((self.arrays[name].shape[axis] for name, axis in self.axes.items()), 0)

    def _with_arrays(self, x: Any) -> Any:
        """The example with lists of numbers and Tensors as arrays; numbers and None stay: they are options."""
        if isinstance(x, (tuple, dict)):
            items = x.items() if isinstance(x, dict) else enumerate(x)
            found = {key: self._with_arrays(value) for key, value in items}
            return found if isinstance(x, dict) else tuple(found.values())
        if isinstance(x, list):
            values = np.array(x)
            return values.astype(self.default) if values.dtype.kind == "f" else values
        return x if x is None or isinstance(x, (str, bool, int, float)) else np.array(as_ndarray(raw(x)), order="C")

    def _batch_axes(self, model: Module, dynamic: Any) -> dict[str, int]:
        if isinstance(dynamic, Mapping):
            unknown = [name for name in dynamic if name not in self.arrays]
            if unknown:
                raise ArgumentError(f"dynamic_batch names {unknown[0]!r}; the inputs are {', '.join(self.names)}.")
            axes = {name: int(axis) % max(self.arrays[name].ndim, 1) for name, axis in dynamic.items()}
        else:
            check_flag("to_onnx: dynamic_batch", dynamic)
            axes = self._usual_axes(model) if dynamic else {}
        sizes = {self.arrays[name].shape[axis] for name, axis in axes.items()}
        if len(sizes) > 1 or 0 in sizes:
            raise ArgumentError(
                f"the inputs' batches must have one length, at least 1; got {sorted(sizes)}. Which axes are the batch: "
                "dynamic_batch={name of an input: axis}."
            )
        return axes

    def _usual_axes(self, model: Module) -> dict[str, int]:
        """The first axis of all inputs that have the first one's batch; the second where a layer has time first."""
        if all(x.ndim == 3 for x in self.leaves) and hasattr(model, "batch_first"):
            states_apart = isinstance(model, RNNBase)  # a state is (layers, B, H) in any case
            first = int(not model.batch_first)
            return {name: 1 if i and states_apart else first for i, name in enumerate(self.names)}
        batches = [x.shape[0] for x in self.leaves if x.ndim]
        return {name: 0 for name, x in self.arrays.items() if x.ndim and x.shape[0] == batches[0]}

    def traced_sizes(self) -> tuple[int, int]:
        """Two batch sizes for the recordings; not 1, where an axis of length 1 would be broadcast or squeezed."""
        n = self.size
        if not self.axes:
            return n, n
        return (n, n + 1) if n > 1 else (2, 3)

    def checked_sizes(self) -> list[int]:
        """Batch sizes at which the file is run: the example's, 1, and one that was not recorded."""
        return sorted({self.size, 1, self.traced_sizes()[1] + 3}) if self.axes else [self.size]

    def of_size(self, size: int) -> dict[str, np.ndarray]:
        """The inputs with this many rows: those of the example, again from the first."""
        feed = dict(self.arrays)
        for name, axis in self.axes.items():
            feed[name] = np.take(feed[name], np.arange(size) % self.size, axis)
        return feed

    def arguments(self, feed: Mapping[str, Any]) -> tuple[Any, Any]:
        """(args, kwargs) of the model's call with these arrays."""
        new = {id(x): feed[name] for name, x in self.arrays.items()}
        return tree_map(lambda x: new.get(id(x), x), (self.args, self.kwargs))  # type: ignore[no-any-return]

    def dimensions(self, name: str, x: np.ndarray) -> list[Any]:
        """The dimensions of an input, with the batch by name."""
        return ["batch" if self.axes.get(name) == i else n for i, n in enumerate(x.shape)]


def _argument_names(model: Module, args: Any, kwargs: Any) -> list[str]:
    """A name for each array: of the argument of forward that it is, or is in."""
    parameters = [
        p.name
        for p in inspect.signature(model.forward).parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    names: list[str] = []
    for i, arg in enumerate(args):
        names += _numbered(parameters[i] if i < len(parameters) else f"input_{i}" if len(args) > 1 else "input", arg)
    for name, arg in kwargs.items():
        names += _numbered(name, arg)
    return names


def _numbered(name: str, arg: Any) -> list[str]:
    return [name] if isinstance(arg, np.ndarray) else [f"{name}_{i}" for i in range(len(_arrays(arg)))]


def _arrays(tree: Any) -> list[np.ndarray]:
    return [x for x in tree_leaves(tree) if isinstance(x, np.ndarray)]


def _merged(model: Module, inputs: _Inputs) -> tuple[Trace, Trace, Any]:
    """Two traces, of two batch sizes, and the one recording that both are."""
    sizes = inputs.traced_sizes()
    first, second = (_trace(model, inputs, size) for size in sizes)
    source, axis = next(iter(inputs.axes.items()), ("", 0))
    return first, second, Merger(first, second, sizes, source, axis).merged()


def _trace(model: Module, inputs: _Inputs, size: int) -> Trace:
    feed = inputs.of_size(size)
    args, kwargs = inputs.arguments(feed)
    try:
        return trace(model, args, kwargs, {id(x): name for name, x in feed.items()})
    except (ValueError, IndexError) as error:
        if size == inputs.size or not inputs.axes or str(error).startswith("to_onnx"):
            raise
        axes = ", ".join(f"axis {axis} of {name}" for name, axis in inputs.axes.items())
        raise ArgumentError(
            f"to_onnx takes {axes} for the batch, and with {size} rows there the model says: {error} For the example's "
            "size alone, give dynamic_batch=False; for other axes, dynamic_batch={name of an input: axis}. "
            "No file was written."
        ) from error


def _outputs(model: Module, inputs: _Inputs, feed: Mapping[str, Any]) -> list[np.ndarray] | None:
    """The model's outputs in eval mode; None where it refuses another batch size than the example's."""
    args, kwargs = inputs.arguments(feed)
    try:
        with no_grad(), evaluating(model):
            out = model(*args, **kwargs)
    except (ValueError, IndexError):
        if all(np.shape(x) == feed[name].shape for name, x in inputs.arrays.items()):
            raise
        return None
    return [np.asarray(raw(x)) for x in tree_leaves(dict(out) if isinstance(out, Mapping) else out)]


def _output_names(traced: Trace, given: Sequence[str] | None, inputs: Sequence[str]) -> list[str]:
    count = len(traced.outputs)
    if given is None:
        numbered = [f"output_{i}" for i in range(count)] if count > 1 else ["output"]
        names = [n if key is None else key for n, key in zip(numbered, traced.keys, strict=True)]
        names = numbered if len(set(names)) < count else names
    else:
        names = list(given)
    if len(names) != count or len({*names, *inputs}) != count + len(inputs):
        raise ArgumentError(
            f"output_names must be {count} names, different from each other and the inputs; got {names}."
        )
    return names


def _dimensions(one: tuple[int, ...], two: tuple[int, ...], inputs: _Inputs) -> list[Any]:
    """The dimensions of an output: those that differ between two batch sizes by name."""
    n, m = inputs.traced_sizes()
    named = []
    for a, b in zip(one, two, strict=True):
        factor = (b - a) // (m - n) if m != n else 0
        named.append(
            a
            if a == b
            else "batch"
            if a == n and b == m
            else f"{factor}*batch"
            if a == factor * n
            else f"{a - factor * n}+{factor}*batch"
        )
    return named
