"""The function that replays a program: straight-line calls of NumPy, written as Python source and compiled."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from autograd.capture.aids import written
from autograd.capture.lines import Lines
from autograd.capture.memory import Buffers
from autograd.capture.names import Names
from autograd.capture.places import Places
from autograd.capture.program import Op, Var, variables
from autograd.capture.signature import error_settings
from autograd.capture.undo import Kept
from autograd.conditions import code_of
from autograd.engine.recording import result
from autograd.pytree import LEAF, tree_unflatten


class Form(NamedTuple):
    """What a function returns: the structure of its results, and which of them are Tensors."""

    structure: Any
    tensors: list[bool]


class Emitter:
    """Writes the source of a replay: the lines of its operations, and what is around them."""

    def __init__(
        self, ops: list[Op], results: Any, form: Form, errors: Any, buffers: Buffers, kept: Kept, *, rows: bool = True
    ) -> None:
        self.ops, self.results, self._form, self._errors = ops, results, form, errors
        self.names = Names(ops)
        self.places = Places(ops, results, self.names, buffers, rows=rows)
        self.lines = Lines(self.names, self.places, kept)

    def compiled(self) -> tuple[Callable[..., Any], str]:
        """(the function of the arguments, its source)."""
        lines = self._body()
        bind = self.names.bind
        if self.lines.marked:
            lines.append(f"{bind(written)}({bind([*self.lines.marked.values()])})")
        lines.append("return " + self._returns())
        body = "\n    ".join(self._arguments() + lines)
        source = f"def replay({', '.join(['given', *self.names.bound])}):\n    {body}\n"
        scope: dict[str, Any] = {}
        exec(code_of(source), scope)
        replay = scope["replay"]
        replay.__defaults__ = tuple(self.names.bound.values())
        return replay, source

    def _body(self) -> list[str]:
        """The lines of the operations, under the error settings that they had."""
        lines: list[str] = []
        errors = self._errors
        for op in self.ops:
            op.errors = errors = errors if op.errors is None else op.errors
        for errors, together in groupby(self.ops, lambda op: op.errors):
            group = list(together)
            part: list[str] = []
            for op in group:
                found = self.lines.of(op)
                part += self.names.before + found
                self.names.before.clear()
                part += self.places.done(op)
            mixed = any(op.kind == "run" and op.function.mixed for op in group)
            lines += self._under(errors, part) if (errors != self._errors or mixed) and part else part
        return lines

    def _under(self, errors: dict[str, Any], lines: list[str]) -> list[str]:
        """The lines with these of NumPy's error settings in force."""
        inside = ["    " + line for line in lines]
        if error_settings is None:
            settings = ", ".join(f"{key}={value!r}" for key, value in errors.items())
            return [f"with {self.names.bind(np.errstate)}({settings}):", *inside]
        ends = f"    {self.names.bind(error_settings.reset)}(token)"
        return [f"token = {self.lines.settings(errors)}", "try:", *inside, "finally:", ends]

    def _arguments(self) -> list[str]:
        used = [v for op in self.ops for v in op.reads()] + variables(self.results, [])
        found = {v.source: v.name for v in used if v.kind == "argument"}
        return [f"{name} = given[{i}]" for i, name in sorted(found.items())]

    def _returns(self) -> str:
        """The results as the function returned them, in memory of their own."""
        bind = self.names.bind
        found = []
        for x, tensor in zip(self.results, self._form.tensors, strict=True):
            text = self.names.text(x)
            if isinstance(x, Var) and x not in self.places.fresh and isinstance(x.value, np.ndarray):
                text += ".copy()" if x.value.flags.c_contiguous else ".copy('K')"
            found.append(f"{bind(result)}({text}, None)" if tensor else text)
        structure = self._form.structure
        if structure is LEAF:
            return found[0]
        row = f"({''.join(x + ', ' for x in found)})"
        if type(structure) is tuple and all([x is LEAF for x in structure]):
            return row
        return f"{bind(tree_unflatten)}({bind(structure)}, {row})"
