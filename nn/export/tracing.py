"""One call of a model on traced arrays: its weights and inputs stand under their names, and it is in eval mode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor, no_grad
from autograd.engine.kinds import note
from autograd.engine.recording import raw
from autograd.pytree import tree_map
from nn.core.modes import evaluating
from nn.core.module import Module
from nn.export.handlers import is_traced, name_of
from nn.export.recording import Recording, refusal
from nn.export.traced_array import TracedArray


class Trace(NamedTuple):
    """A recording, and the outputs of the call: their names in the graph and their values, flat."""

    recording: Recording
    outputs: list[str]
    values: list[np.ndarray]
    keys: list[str | None]  # of an output of a dict its key


@contextmanager
def _traced_weights(model: Module, recording: Recording) -> Iterator[None]:
    """Parameters and buffers as traced arrays under their names in the state dict."""
    own: dict[int, tuple[str, Any]] = {}
    for name, t in (*model.named_parameters(), *model.named_buffers()):
        own.setdefault(id(t), (name, t))
    before = [(t, t._array) for _, t in own.values()]
    try:
        for name, t in own.values():
            recording.constants[name] = np.asarray(t._array)
            recording.weights.add(name)
            t._array = note(TracedArray(recording, t._array, name))
        yield
    finally:
        for t, array in before:
            t._array = array


def trace(model: Module, args: Any, kwargs: Mapping[str, Any], names: Mapping[int, str]) -> Trace:
    """Call the model in eval mode; `names` are those of its inputs, by the id of each."""
    recording = Recording({id(module): path for path, module in model.named_modules()})

    def entering(x: Any) -> Any:
        return Tensor(TracedArray(recording, x, names[id(x)])) if id(x) in names else x

    with no_grad(), evaluating(model), _traced_weights(model, recording):
        out = model(*tree_map(entering, args), **tree_map(entering, dict(kwargs)))
        found = [(key, raw(x)) for key, x in _flat(out)]
        for _, x in found:
            if not is_traced(x) and not isinstance(x, (np.ndarray, np.generic)):
                raise refusal(f"an output that is a {type(x).__name__}", "A model returns Tensors, or tuples of them.")
        outputs = [name_of(recording, x) for _, x in found]
        values = [x.values if is_traced(x) else np.asarray(x) for _, x in found]
    return Trace(recording, outputs, values, [key for key, _ in found])


def _flat(out: Any, key: str | None = None) -> list[tuple[str | None, Any]]:
    """(key, array) of all outputs; those that are None are left out."""
    if out is None:
        return []
    if isinstance(out, Mapping):
        return [pair for name, value in out.items() for pair in _flat(value, str(name))]
    if isinstance(out, (tuple, list)):
        return [pair for value in out for pair in _flat(value, key)]
    return [(key, out)]
