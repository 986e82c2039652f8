"""The function that replays a program: straight-line calls of NumPy, written as Python source and compiled.

Results go into memory that is planned here: an array that nothing reads any more gives its memory to the next. Views of
memory that stays where it is are bound once.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from autograd.capture.blocks import Loop
from autograd.capture.calls import (
    FILLING,
    JOINING,
    SYMBOLS,
    UFUNCS,
    in_row,
    infix,
    is_numpys,
    method_of,
    reduction,
    ufunc_of,
)
from autograd.capture.checks import Check
from autograd.capture.memory import Buffers, Gradients
from autograd.capture.operands import Numbers
from autograd.capture.program import Generator, Op, Var, last_uses, mapped, variables
from autograd.capture.signature import error_settings
from autograd.engine.abstract import Saved, SavedOutputs
from autograd.engine.graph import write_now
from autograd.engine.recording import raw, result
from autograd.pytree import LEAF, tree_unflatten
from autograd.random import generator

KEPT = 32 * 1024  # bytes; smaller arrays are not let go before the end


class Differs(Exception):  # noqa: N818  no error: another trace is wanted
    """A guard of a replay failed."""


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
    t._grad = result(value.copy(), None)


def arrays(tree: Any) -> Any:
    """The arrays in what an effect returned."""
    return mapped(tree, raw)


def written(tensors: list[Any]) -> None:
    """Mark tensors as changed in place, so that an older graph is refused."""
    now = write_now()
    for t in tensors:
        t.written = now


class Form(NamedTuple):
    """What a function returns: the structure of its results, and which of them are Tensors."""

    structure: Any
    tensors: list[bool]


class Emitter:
    """Writes the source of a replay.

    taken   whether gradients are written before it is sure that the step succeeds: those of before must be elsewhere
    """

    def __init__(
        self, ops: list[Op], results: Any, form: Form, errors: Any, buffers: Buffers, *, rows: bool = True
    ) -> None:
        self.ops, self.results, self._form, self._errors = ops, results, form, errors
        self.bound: dict[str, Any] = {}
        self.names: dict[int, str] = {}
        self.buffers = buffers
        self._static: dict[Var, Any] = {}
        self._blocks: dict[Var, Any] = {}
        self._last = last_uses(ops, results)
        self._marked: dict[int, Any] = {}  # the tensors that are changed in place
        self._numbers = Numbers()
        self._at = 0  # the number of the operation that is written
        self._methods: dict[tuple[int, str], str] = {}
        self._locals: dict[Var, list[str]] = {}
        # those that several operations take -> their name, once they have one, and the last of the operations
        self._tuples: dict[int, tuple[list[str], int]] = {}
        taken: set[int] = set()
        for i, op in enumerate(ops):
            for x in op.args:
                if type(x) is tuple and id(x) in taken and variables(x, []):
                    self._tuples[id(x)] = [], i
                taken.add(id(x))
        self._before: list[str] = []
        self._returned = set(variables(results, []))
        self._fresh: set[Var] = set()  # the results that are arrays of their own already
        self._direct: dict[Var, Any] = {}  # a gradient that is computed where it stays -> the array there
        self.taken = False
        self.gradients = self._planned_gradients() if rows else Gradients([])

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
        row = "(" + "".join(self.text(y) + ", " for y in x) + ")"
        name, _ = self._tuples.get(id(x), (None, 0))
        if name is None:
            return row
        if not name:
            name.append(f"t{id(x)}")
            self._before.append(f"{name[0]} = {row}")
        return name[0]

    def compiled(self) -> tuple[Callable[..., Any], str]:
        """(the function of the arguments, its source)."""
        lines: list[str] = []
        ends: dict[int, list[Var]] = {}
        for v, last in self._last.items():
            ends.setdefault(last, []).append(v)
        errors = self._errors
        for op in self.ops:
            op.errors = errors = errors if op.errors is None else op.errors
        for errors, together in groupby(self.ops, lambda op: op.errors):
            group = list(together)
            part: list[str] = []
            for op in group:
                found = self.lines(op)
                part += self._before + found
                self._before = []
                unread = [v.root for v in op.out if v.root not in self._last]
                part += self._freed([*ends.get(self._at, ()), *unread], self._at)
                self._at += 1
            mixed = any(op.kind == "run" and op.function.mixed for op in group)
            lines += self._under(errors, part) if (errors != self._errors or mixed) and part else part
        if self._marked:
            lines.append(f"{self.bind(written)}({self.bind([*self._marked.values()])})")
        lines.append("return " + self._returns())
        body = "\n    ".join(self._arguments() + lines)
        names = "".join(f", {name}={name}" for name in self.bound)
        source = f"def replay(given{names}):\n    {body}\n"
        scope = dict(self.bound)
        exec(compile(source, "<captured step>", "exec"), scope)
        return scope["replay"], source

    def _returns(self) -> str:
        """The results as the function returned them, in memory of their own."""
        found = []
        for x, tensor in zip(self.results, self._form.tensors, strict=True):
            shared = isinstance(x, Var) and x not in self._fresh and isinstance(x.value, np.ndarray)
            text = self.text(x) + ".copy()" * shared
            found.append(f"{self.bind(result)}({text}, None)" if tensor else text)
        structure = self._form.structure
        if structure is LEAF:
            return found[0]
        row = f"({''.join(x + ', ' for x in found)})"
        if type(structure) is tuple and all([x is LEAF for x in structure]):
            return row
        return f"{self.bind(tree_unflatten)}({self.bind(structure)}, {row})"

    def _under(self, errors: dict[str, Any], lines: list[str]) -> list[str]:
        """The lines with these of NumPy's error settings in force."""
        inside = ["    " + line for line in lines]
        if error_settings is None:
            settings = ", ".join(f"{key}={value!r}" for key, value in errors.items())
            return [f"with {self.bind(np.errstate)}({settings}):", *inside]
        ends = f"    {self.bind(error_settings.reset)}(token)"
        return [f"token = {self.settings(errors)}", "try:", *inside, "finally:", ends]

    def _freed(self, roots: list[Var], at: int) -> list[str]:
        """Give back the memory that nothing reads after this operation: blocks here, other arrays in a replay."""
        names = [name[0] for name, last in self._tuples.values() if last == at and name]
        for v in roots:
            if v in self._blocks:
                self.buffers.give(self._blocks.pop(v))
            names += self._locals.pop(v, [])
        return [f"del {', '.join(names)}"] if names else []

    def _local(self, found: list[Var]) -> None:
        """Note the names of results that only a replay has: arrays that take memory, and objects that hold such."""
        for v in found:
            if not isinstance(v.value, np.generic) and getattr(v.value, "nbytes", KEPT) >= KEPT:
                self._locals.setdefault(v.root, []).append(v.name)

    def _arguments(self) -> list[str]:
        used = variables([[op.args, op.kwargs] for op in self.ops] + [self.results], [])
        found = {v.source: v.name for v in used if v.kind == "argument"}
        return [f"{name} = given[{i}]" for i, name in sorted(found.items())]

    # Gradients

    def _planned_gradients(self) -> Gradients:
        """Places for the gradients that a step leaves; what is not used before is computed there."""
        last = {id(op.args[0]): i for i, op in enumerate(self.ops) if op.kind == "grad"}
        made = {v: i for i, op in enumerate(self.ops) for v in op.out}
        loaded = {id(op.args[0]) for op in self.ops if op.kind == "load"}
        places = {
            i: op for i, op in enumerate(self.ops)
            if op.kind == "grad" and last[id(op.args[0])] == i and _fills(op.args[1], op.args[0])
            and id(op.args[0]) not in loaded
        }  # fmt: skip
        gradients = Gradients([op.args[0] for op in places.values()])
        written = []
        for i, op in places.items():
            t, v = op.args
            own = v.root is v and v.kind == "value" and v not in self._returned and v not in self._direct
            direct = own and v in made and not self._written_after(v, i)
            if direct:
                self._direct[v] = gradients.of[id(t)]._array
            written.append(made[v] if direct else i)
        sure = max((i for i, op in enumerate(self.ops) if _may_fail(op)), default=-1)
        self.taken = bool(written) and min(written) <= sure
        return gradients

    def _written_after(self, v: Var, i: int) -> bool:
        return any(w.root is v for op in self.ops[i:] for w in op.writes)

    def _gradient(self, op: Op) -> list[str]:
        t, value = op.args
        grad = self.gradients.of.get(id(t))
        if value is None:
            return [f"{self.bind(t)}._grad = None"]
        if grad is None or not _fills(value, t):
            return [f"{self.bind(put)}({self.bind(t)}, {self.text(value)})"]
        direct = self._static.get(value) is grad._array
        copied = [] if direct else [f"{self.bind(np.copyto)}({self.bind(grad._array)}, {self.text(value)})"]
        return [*copied, f"{self.bind(t)}._grad = {self.bind(grad)}"]

    # What a loop over blocks asks

    def known(self, v: Var) -> Any:
        """The array that stays where it is; None if only a replay has it."""
        if v in self._static or v.kind in ("state", "constant"):
            return self._static.get(v, v.value)
        return None

    def scratch(self, size: int, dtype: Any) -> Any:
        """Memory for a part of an array, which is given back with the function."""
        return self.buffers.take(np.empty(size, dtype))[1]

    def settings(self, errors: dict[str, Any]) -> str:
        """The line that puts NumPy's error settings in force, within a block that puts them back."""
        with np.errstate(**errors):
            made = error_settings.get()  # type: ignore[union-attr]
        return f"{self.bind(error_settings.set)}({self.bind(made)})"  # type: ignore[union-attr]

    def differs(self) -> str:
        return self.bind(Differs)

    # Operations

    def lines(self, op: Op) -> list[str]:
        """The source of one operation."""
        if op.kind == "load":
            return [f"{op.out[0].name} = {self.bind(op.args[0])}._grad._array"]
        if op.kind == "grad":
            return self._gradient(op)
        if op.kind == "guard":
            return [f"if {'not ' if op.function else ''}{self.text(op.args[0])}: raise {self.bind(Differs)}"]
        if op.kind == "run":
            return Loop(self, op).source()
        if op.kind == "view" and self._views(op):
            return []
        if op.kind == "write":
            return self._write(op)
        call = self._call(op)
        if op.kind in ("native", "whole", "effect"):
            return self._unpacked(op, f"{self.bind(arrays)}({call})" if op.kind == "effect" else call)
        return self._into(op) or self._unpacked(op, call)

    def _inside(self, args: Any, kwargs: Any) -> str:
        return ", ".join([self.text(a) for a in args] + [f"{key}={self.text(a)}" for key, a in kwargs.items()])

    def _call(self, op: Op) -> str:
        symbol = infix(op)
        if symbol is None and op.function in UFUNCS and len(op.args) == 2:
            symbol = SYMBOLS[UFUNCS[op.function]]
        if symbol is not None:
            return f"{self.text(op.args[0])} {symbol} {self.text(op.args[1])}"
        if op.function is operator.getitem:
            return f"{self.text(op.args[0])}[{self.text(op.args[1])}]"
        if (reduced := reduction(op)) is not None:
            return f"{self.bind(reduced[0])}({self._inside(op.args[:1], reduced[1])})"
        if (dotted := self._dotted(op)) is not None:
            return dotted
        if name := method_of(op):
            return f"{self.text(op.args[0])}.{name}({self._inside(op.args[1:], op.kwargs)})"
        return f"{self.bind(op.function)}({self._inside(self.operands(op, op.args), op.kwargs)})"

    def operands(self, op: Op, args: Any) -> Any:
        """The arguments of an elementwise operation, numbers in the form that is taken fastest."""
        return self._numbers.strong(op, args)

    def _dotted(self, op: Op, out: str = "") -> str | None:
        """np.dot, and np.vdot of real numbers, as the method of an array that stays where it is."""
        if op.function not in (np.dot, np.vdot) or len(op.args) != 2 or op.kwargs:
            return None
        a, b = (self._static.get(x, x.value if x.kind == "state" else None) if isinstance(x, Var) else None
                for x in op.args)  # fmt: skip
        a, b = (getattr(x, "_array", x) for x in (a, b))
        if op.function is np.vdot:
            if a is None or b is None or a.dtype.kind != "f" or a.dtype != b.dtype or a.strides != b.strides:
                return None
            a, b = in_row(a), in_row(b)
            return None if a is None or b is None else f"{self._method(a, 'dot')}({self.bind(b)})"
        return None if a is None else f"{self._method(a, 'dot')}({self.text(op.args[1])}{out})"

    def _method(self, array: Any, name: str) -> str:
        key = (id(array), name)
        found = self._methods.get(key)
        if found is None:
            found = self._methods[key] = self.bind(getattr(array, name))
            self.bind(array)  # keeps it, and so its id
        return found

    def _into(self, op: Op) -> list[str] | None:
        """The operation with its result in planned memory; None if it makes its own."""
        if len(op.out) != 1 or infix(op) is not None:
            return None
        function, args, kwargs = ufunc_of(op), op.args, op.kwargs
        name = getattr(op.function, "__name__", "")
        if function is None and (reduced := reduction(op)) is not None:
            function, (args, kwargs) = reduced[0], (op.args[:1], reduced[1])
        copies = _copies(op)
        joins = op.function in JOINING and not set(op.kwargs) - {"axis"}
        dots = op.function is np.dot and op.out[0].value is not None and not op.kwargs
        fills = op.function in FILLING or op.function is np.empty_like
        if function is None and not (copies or joins or dots or fills):
            return None
        array = self._buffer(op)
        if array is None:
            return None
        out = self.bind(array)
        if fills:
            value = FILLING.get(op.function)
            return [] if value is None else [f"{self._method(array, 'fill')}({value})"]
        if copies:
            unsafe = ", casting='unsafe'" if name == "astype" else ""
            return [f"{self.bind(np.copyto)}({out}, {self.text(op.args[0])}{unsafe})"]
        if dots:
            return [self._dotted(op, f", {out}") or f"{self.bind(np.dot)}({self._inside(args, {})}, {out})"]
        inside = self._inside(self.operands(op, args), kwargs)
        return [f"{self.bind(op.function if joins else function)}({inside}, out={out})"]

    def _write(self, op: Op) -> list[str]:
        if op.function is operator.setitem:
            target, index, value = map(self.text, op.args)
            lines = [f"{target}[{index}] = {value}"]
        else:
            lines = [self._call(op)]
        for v in op.writes:
            if v.root.kind == "state":
                self._marked[id(v.root.source)] = v.root.source
        return lines

    def _unpacked(self, op: Op, call: str) -> list[str]:
        if op.template is None:
            return [call]
        self._local(op.out)
        if isinstance(op.template, Var):
            name = op.template.name
            whole = op.kind in ("native", "whole") and op.template.shape
            return [f"{name} = {call}", *([f"{self.bind(agree)}({name}, {self.bind(op.template)})"] if whole else [])]
        target = self._target(op.template)
        checked = op.kind != "effect"
        check = [f"{self.bind(agree)}(found, {self.bind(op.template)})"] if checked else []
        return [f"found = {call}", *check, *([f"{target} = found"] if target != "_" else []), "del found"]

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
        """The array for the result of an operation; None if that is a number, or an array for the caller to keep."""
        out = op.out[0]
        if op.function is np.dot and isinstance(out.value, np.ndarray) and not out.value.flags.c_contiguous:
            return None
        return self.place(out, op)

    def place(self, out: Var, op: Op | None = None) -> Any:
        """The array for a result, in planned memory; None if that is a number, or an array for the caller to keep.

        Args:  op: what computes it, if it may write over an operand.
        """
        if out.root is not out or not isinstance(out.value, np.ndarray) or not out.value.size:
            return None
        if out.value.ndim == 0 or not _whole(out.value):
            return None
        if out in self._direct:
            self._static[out] = self._direct[out]
            return self._direct[out]
        if out in self._returned:
            self._fresh.add(out)
            return None
        block, array = self._over(out, op) or self.buffers.take(out.value)
        self._static[out] = array
        self._blocks[out] = block
        return array

    def _over(self, out: Var, op: Op | None) -> tuple[Any, Any] | None:
        """(the block, the array) of an operand that nothing reads after this operation; None if there is none.

        What was just read is in the cache. Each number of an elementwise operation is read before its place is written.
        """
        function: Any = None if op is None else ufunc_of(op)
        if op is None or not isinstance(function, np.ufunc) or function.signature is not None:
            return None
        operands = [x for x in op.args if isinstance(x, Var)]
        for v in operands:
            alone = v.root is v and v in self._blocks and self._last.get(v) == self._at
            if alone and _alike(v, out) and all([x is v or x.root is not v for x in operands]):
                return self._blocks.pop(v), self._static[v]
        return None


def _alike(a: Var, b: Var) -> bool:
    """Whether two arrays have one layout."""
    return (a.shape, a.dtype, a.value.strides) == (b.shape, b.dtype, b.value.strides)


def _fills(value: Any, t: Any) -> bool:
    """Whether a gradient is an array like its tensor's."""
    return (
        isinstance(value, Var)
        and isinstance(value.value, np.ndarray)
        and value.value.ndim > 0
        and value.value.size > 0
        and (value.shape, value.dtype) == (t._array.shape, t._array.dtype)
        and value.value.flags.c_contiguous
    )


def _may_fail(op: Op) -> bool:
    """Whether a replay may end at this operation: then nothing that is there before may have been changed."""
    if op.kind == "effect":
        return not getattr(op.function, "sure", False)
    if op.kind == "run":
        return any(isinstance(step, Check) for step in op.function.steps)
    if op.kind in ("guard", "native", "whole") or "linalg" in str(getattr(op.function, "__module__", "")):
        return True
    raises = op.errors is not None and not {"raise", "call"}.isdisjoint(op.errors.values())
    return raises or not (
        is_numpys(op) or isinstance(op.function, (np.ufunc, str)) or method_of(op) or op.function is None
    )


def _copies(op: Op) -> bool:
    """Whether an operation does nothing but copy an array."""
    source = op.args[0] if op.args else None
    if not isinstance(source, Var) or not isinstance(source.value, np.ndarray) or source.value.dtype.kind == "c":
        return False
    name = method_of(op) or (op.function.__name__ if op.function in (np.copy, np.astype) else "")
    return (name == "copy" and len(op.args) == 1 or name == "astype" and len(op.args) == 2) and not op.kwargs


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
