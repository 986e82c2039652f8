"""Names: how the source of a replay calls the objects, values and tuples that it uses."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.capture.aids import saved_outputs
from autograd.capture.program import Generator, Op, Var, variables
from autograd.engine.abstract import Saved, SavedOutputs
from autograd.random import generator


class Names:
    """The names of one function's source.

    bound    name -> the object that the function has under that name
    static   variable -> the array that holds it at every replay
    before   lines that must come before the operation that is being written
    """

    def __init__(self, ops: list[Op]) -> None:
        self.bound: dict[str, Any] = {}
        self.static: dict[Var, Any] = {}
        self.before: list[str] = []
        self._of: dict[int, str] = {}
        self._methods: dict[tuple[int, str], str] = {}
        # those that several operations take -> their name, once they have one, and the last of the operations
        self._tuples: dict[int, tuple[list[str], int]] = {}
        taken: set[int] = set()
        for i, op in enumerate(ops):
            for x in op.args:
                if type(x) is tuple and id(x) in taken and variables(x, []):
                    self._tuples[id(x)] = [], i
                taken.add(id(x))

    def bind(self, x: Any) -> str:
        """A name for an object."""
        name = self._of.get(id(x))
        if name is None:
            name = self._of[id(x)] = f"c{len(self.bound)}"
            self.bound[name] = x
        return name

    def method(self, array: Any, name: str) -> str:
        """A name for a method of an array that stays where it is."""
        key = (id(array), name)
        found = self._methods.get(key)
        if found is None:
            found = self._methods[key] = self.bind(getattr(array, name))
            self.bind(array)  # keeps it, and so its id
        return found

    def text(self, x: Any) -> str:
        """The source of an operation's argument."""
        if isinstance(x, Var):
            if x in self.static:
                return self.bind(self.static[x])
            return self.bind(x.value) if x.kind in ("state", "constant") else x.name
        if isinstance(x, Generator):
            return f"{self.bind(generator)}({'None' if x.rng is None else self.bind(x.rng)})"
        if type(x) in (bool, int, str, type(None)) or (type(x) is float and np.isfinite(x)):
            return repr(x)
        if not variables(x, []) and not (isinstance(x, (tuple, list)) and any(isinstance(y, Generator) for y in x)):
            return self.bind(x)
        if isinstance(x, SavedOutputs):
            return f"{self.bind(saved_outputs)}({self.text(tuple(x))}, {self.text(x.values)})"
        if isinstance(x, Saved):
            return f"{self.bind(Saved.of)}({self.bind(x)}, {self.text(x.values)})"
        if isinstance(x, slice):
            return f"slice({self.text(x.start)}, {self.text(x.stop)}, {self.text(x.step)})"
        if isinstance(x, dict):
            return "{" + ", ".join(f"{self.text(key)}: {self.text(value)}" for key, value in x.items()) + "}"
        if isinstance(x, list):
            return "[" + ", ".join(map(self.text, x)) + "]"
        if hasattr(x, "_make"):
            return f"{self.bind(type(x))}({', '.join(map(self.text, x))})"
        return self._tuple(x)

    def _tuple(self, x: tuple[Any, ...]) -> str:
        row = "(" + "".join(self.text(y) + ", " for y in x) + ")"
        name, _ = self._tuples.get(id(x), (None, 0))
        if name is None:
            return row
        if not name:
            name.append(f"t{id(x)}")
            self.before.append(f"{name[0]} = {row}")
        return name[0]

    def unread(self, at: int) -> list[str]:
        """The names of tuples that no operation after this one takes."""
        return [name[0] for name, last in self._tuples.values() if last == at and name]
