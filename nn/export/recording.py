"""What a traced call leaves behind: a list of ONNX operations by name, and the constants that they use."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.engine.modes import mode
from autograd.errors import ArgumentError


@dataclass
class Operation:
    """One ONNX operation: its kind, the names of its inputs and outputs, its attributes, and the module it is in."""

    kind: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any]
    scope: str
    name: str


@dataclass
class Recording:
    """The operations of one call of a model, in order, and its constants.

    paths     id of a module -> its path in the model, by which operations are named
    constants name -> array; those in `weights` are the model's own, under their names in the state_dict
    """

    paths: dict[int, str]
    root: str = ""  # what all names begin with
    operations: list[Operation] = field(default_factory=list)
    constants: dict[str, np.ndarray] = field(default_factory=dict)
    weights: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    scopes: dict[str, str] = field(default_factory=dict)  # name of a constant -> the module that it was met in

    def scope(self) -> str:
        """The path of the module that is being called, as "/layers/0/linear1"."""
        path = next((self.paths[id(m)] for m in reversed(mode.get().scope) if id(m) in self.paths), "")
        return self.root + "".join(f"/{part}" for part in path.split(".") if part)

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Append an operation with one output; returns its name."""
        return self.add_several(kind, 1, *inputs, **attributes)[0]

    def add_several(self, kind: str, count: int, *inputs: str, **attributes: Any) -> list[str]:
        """Append an operation with `count` outputs; returns their names. An input "" is left out."""
        scope = self.scope()
        name = self._new(f"{scope}/{kind}")
        outputs = [f"{name}_output_{i}" for i in range(count)]
        given = {key: value for key, value in attributes.items() if value is not None}
        self.operations.append(Operation(kind, list(inputs), outputs, given, scope, name))
        return outputs

    def constant(self, values: Any, dtype: Any = None) -> str:
        """The name of a constant with these values."""
        scope = self.scope()
        name = self._new(f"{scope}/Constant")
        self.constants[name] = np.array(values, dtype)
        self.scopes[name] = scope
        return name

    def ints(self, values: Any) -> str:
        """The name of a constant vector of int64: a shape, axes, the ends of slices."""
        return self.constant(list(values), np.int64)

    def _new(self, base: str) -> str:
        number = self.counts[base]
        self.counts[base] += 1
        return f"{base}_{number}" if number else base


def refusal(what: str, remedy: str = "") -> ArgumentError:
    """The error for what cannot be exported; nothing has been written then."""
    place = " › ".join(type(m).__name__ for m in mode.get().scope)
    inside = f" (inside {place})" if place else ""
    return ArgumentError(f"to_onnx cannot export {what}{inside}. {remedy}".rstrip() + " No file was written.")
