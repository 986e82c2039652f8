"""The function that replays a program: straight-line calls of NumPy, written as Python source and compiled.

Results of ufuncs go into buffers that are planned here: an array that nothing reads any more gives its memory to the
next. What the tensors hold, and views of it, is bound once.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import groupby
from typing import Any

import numpy as np

from autograd.capture.program import SYMBOLS, Generator, Op, Var, mapped, variables
from autograd.engine.abstract import Saved, SavedOutputs
from autograd.engine.graph import write_now
from autograd.engine.recording import raw, result
from autograd.random import generator

UFUNCS = {
    operator.add: np.add, operator.sub: np.subtract, operator.mul: np.multiply, operator.truediv: np.true_divide,
    operator.neg: np.negative, operator.matmul: np.matmul,
    operator.lt: np.less, operator.le: np.less_equal, operator.gt: np.greater, operator.ge: np.greater_equal,
    operator.eq: np.equal, operator.ne: np.not_equal,
}  # fmt: skip


class Differs(Exception):  # noqa: N818  no error: another trace is wanted
    """A guard of a replay failed."""


def must(x: Any, expected: bool) -> None:
    """Raise Differs if a truth value is not what it was when the step was recorded."""
    if bool(x) is not expected:
        raise Differs


def agree(found: Any, template: Any) -> None:
    """Raise Differs if a function that is called as a whole gives another plain value than it gave."""
    if isinstance(template, Var):
        if template.dtype is not None and found.shape != template.shape:
            raise Differs
        return
    if isinstance(template, (tuple, list)):
        for f, t in zip(found, template, strict=True):
            agree(f, t)
    elif isinstance(template, (bool, int, float, str)) and found != template:
        raise Differs


def put(t: Any, value: Any) -> None:
    """Give a tensor its gradient, in memory of its own."""
    t._grad = None if value is None else result(value.copy(), None)


def arrays(tree: Any) -> Any:
    """The arrays in what an effect returned."""
    return mapped(tree, raw)


def written(*tensors: Any) -> None:
    """Mark tensors as changed in place, so that an older graph is refused."""
    now = write_now()
    for t in tensors:
        t.written = now


class Buffers:
    """Memory for results: blocks that are used again when nothing reads what they hold."""

    def __init__(self) -> None:
        self.free: dict[int, list[Any]] = {}
        self.nbytes = 0

    def take(self, like: Any) -> tuple[Any, Any]:
        """(a block, an array in it with the layout of `like`)."""
        size = -(-like.nbytes // 64) * 64
        blocks = self.free.get(size)
        if blocks:
            block = blocks.pop()
        else:
            block = np.empty(size + 64, np.uint8)
            block = block[-block.ctypes.data % 64 :][:size]
            self.nbytes += size
        return block, np.ndarray(like.shape, like.dtype, block, 0, like.strides)

    def give(self, block: Any) -> None:
        self.free.setdefault(block.nbytes, []).append(block)


class Emitter:
    """Writes the source of a replay."""

    def __init__(self, ops: list[Op], results: Any) -> None:
        self.ops, self.results = ops, results
        self.bound: dict[str, Any] = {}
        self.names: dict[int, str] = {}
        self.buffers = Buffers()
        self.fused = 0
        self._static: dict[Var, Any] = {}
        self._blocks: dict[Var, Any] = {}
        self._last: dict[Var, int] = {}
        for i, op in enumerate(ops):
            for v in variables([op.args, op.kwargs, op.writes], []):
                self._last[v.root] = i
        for v in variables(results, []):
            self._last[v.root] = len(ops)

    def bind(self, x: Any) -> str:
        """A name for an object."""
        name = self.names.get(id(x))
        if name is None:
            name = self.names[id(x)] = f"c{len(self.bound)}"
            self.bound[name] = x
        return name

    def text(self, x: Any) -> str:
        """The source of an operation's argument."""
        if isinstance(x, Var):
            if x in self._static:
                return self.bind(self._static[x])
            if x.kind == "state":
                return self.bind(x.value)
            return self.bind(x.value) if x.kind == "constant" else x.name
        if isinstance(x, Generator):
            return f"{self.bind(generator)}({'None' if x.rng is None else self.bind(x.rng)})"
        if type(x) in (bool, int, str, type(None)) or (type(x) is float and np.isfinite(x)):
            return repr(x)
        if not variables(x, []) and not (isinstance(x, (tuple, list)) and any(isinstance(y, Generator) for y in x)):
            return self.bind(x)
        if isinstance(x, SavedOutputs):
            return f"{self.bind(_saved_outputs)}({self.text(tuple(x))}, {self.text(x.values)})"
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
        return "(" + "".join(self.text(y) + ", " for y in x) + ")"

    def compiled(self) -> tuple[Callable[..., Any], str]:
        """(the function of the arguments, its source)."""
        lines: list[str] = []
        at = 0
        ends: dict[int, list[Var]] = {}
        for v, last in self._last.items():
            ends.setdefault(last, []).append(v)
        errors = None
        for op in self.ops:
            op.errors = errors = errors if op.errors is None else op.errors
        for errors, group in groupby(self.ops, lambda op: op.errors):
            part: list[str] = []
            for op in group:
                part += self.lines(op)
                for v in ends.get(at, ()):
                    if v in self._blocks:
                        self.buffers.give(self._blocks.pop(v))
                at += 1
            if errors is not None and part:
                bound = self.bind(np.errstate)
                settings = ", ".join(f"{key}={value!r}" for key, value in errors.items())
                lines.append(f"with {bound}({settings}):")
                part = ["    " + line for line in part]
            lines += part
        lines.append("return " + self.text(self.results))
        body = "\n    ".join(self._arguments() + lines)
        names = ", ".join(f"{name}={name}" for name in self.bound)
        source = f"def replay(given, {names}):\n    {body}\n" if names else f"def replay(given):\n    {body}\n"
        scope = dict(self.bound)
        exec(compile(source, "<captured step>", "exec"), scope)
        return scope["replay"], source

    def _arguments(self) -> list[str]:
        used = variables([[op.args, op.kwargs] for op in self.ops] + [self.results], [])
        found = {v.source: v.name for v in used if v.kind == "argument"}
        return [f"{name} = given[{i}]" for i, name in sorted(found.items())]

    def lines(self, op: Op) -> list[str]:
        """The source of one operation."""
        if op.kind == "load":
            return [f"{op.out[0].name} = {self.bind(op.args[0])}._grad._array"]
        if op.kind == "grad":
            return [f"{self.bind(put)}({self.bind(op.args[0])}, {self.text(op.args[1])})"]
        if op.kind == "guard":
            return [f"{self.bind(must)}({self.text(op.args[0])}, {op.function})"]
        if op.kind == "view" and self._views(op):
            return []
        inside = [self.text(a) for a in op.args] + [f"{key}={self.text(a)}" for key, a in op.kwargs.items()]
        if op.kind == "write":
            return self._write(op, inside)
        call = self._call(op, inside)
        if op.kind in ("native", "whole", "effect"):
            return self._unpacked(op, f"{self.bind(arrays)}({call})" if op.kind == "effect" else call)
        buffer = self._buffer(op)
        if buffer is None:
            return self._unpacked(op, call)
        out = self.bind(buffer)
        function = UFUNCS.get(op.function, op.function)
        return [f"{self.bind(function)}({', '.join([*inside, f'out={out}'])})"]

    def _call(self, op: Op, inside: list[str]) -> str:
        symbol = SYMBOLS.get(op.function)
        if symbol is not None and len(inside) == 2:
            return f"{inside[0]} {symbol} {inside[1]}"
        if op.function is operator.getitem:
            return f"{inside[0]}[{inside[1]}]"
        method = op.function.__name__ if type(op.function).__name__ == "Method" else ""
        return (
            f"{inside[0]}.{method}({', '.join(inside[1:])})"
            if method
            else f"{self.bind(op.function)}({', '.join(inside)})"
        )

    def _write(self, op: Op, inside: list[str]) -> list[str]:
        lines = (
            [f"{inside[0]}[{inside[1]}] = {inside[2]}"] if op.function is operator.setitem else [self._call(op, inside)]
        )
        tensors = [v.root.source for v in op.writes if v.root.kind == "state"]
        return lines + [f"{self.bind(written)}({self.bind(t)})" for t in tensors]

    def _unpacked(self, op: Op, call: str) -> list[str]:
        if op.template is None:
            return [call]
        if isinstance(op.template, Var):
            name = op.template.name
            whole = op.kind in ("native", "whole") and op.template.shape
            return [f"{name} = {call}", *([f"{self.bind(agree)}({name}, {self.bind(op.template)})"] if whole else [])]
        target = self._target(op.template)
        checked = op.kind != "effect"
        check = [f"{self.bind(agree)}(found, {self.bind(op.template)})"] if checked else []
        return [f"found = {call}", *check, *([f"{target} = found"] if target != "_" else [])]

    def _target(self, template: Any) -> str:
        if isinstance(template, Var):
            return template.name
        if isinstance(template, (tuple, list)) and variables(template, []):
            return "(" + "".join(self._target(x) + ", " for x in template) + ")"
        return "_"

    def _views(self, op: Op) -> bool:
        """Bind a view of memory that stays where it is, now; False if it must be taken at every replay."""
        found = variables([op.args, op.kwargs], [])
        if not all(v in self._static or v.kind in ("state", "constant") for v in found):
            return False

        def value(x: Any) -> Any:
            return self._static.get(x, x.value) if isinstance(x, Var) else x

        self._static[op.out[0]] = op.function(*mapped(op.args, value), **mapped(op.kwargs, value))
        return True

    def _buffer(self, op: Op) -> Any:
        """The array for the result of a ufunc; None if it makes its own."""
        function = UFUNCS.get(op.function, op.function)
        bound = getattr(function, "__self__", None)
        reduction = isinstance(bound, np.ufunc) and function.__name__ in ("reduce", "accumulate")
        if not (isinstance(function, np.ufunc) and function.nout == 1) and not reduction:
            return None
        out = op.out[0]
        if len(op.out) != 1 or out.root is not out or not isinstance(out.value, np.ndarray) or not out.value.size:
            return None
        if out.value.ndim == 0 or not _whole(out.value):
            return None
        block, array = self.buffers.take(out.value)
        self._static[out] = array
        self._blocks[out] = block
        return array


def _whole(array: Any) -> bool:
    """Whether the array fills its memory without gaps and forwards."""
    if any(s < 0 for s in array.strides):
        return False
    span = sum((n - 1) * s for n, s in zip(array.shape, array.strides, strict=True)) + array.itemsize
    return bool(span == array.nbytes)


def _saved_outputs(outputs: Any, values: Any) -> SavedOutputs:
    made = SavedOutputs(outputs)
    made.values = values
    return made
