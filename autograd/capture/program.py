"""What a recording leaves: variables and operations in order, and the function that replays them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from autograd.engine.abstract import Saved, SavedOutputs
from autograd.engine.origin import line_at

# Kinds of arguments that hold no other
LEAVES = frozenset({int, float, bool, complex, str, type(None), type, np.ndarray, type(np.dtype(float)), type(...)})
ENDS = set(LEAVES)  # and those that `mapped` changes as a whole
SMALL = 1024  # bytes of a value that a recording may keep


class Var:
    """An array or number of a program.

    kind     "argument", "state" (a tensor's memory), "constant", "loaded" (a gradient) or "value" (computed)
    source   the number of the argument, the tensor, the constant array; None for a value
    root     the variable whose memory it is a view of; itself if it has memory of its own
    """

    __slots__ = ("dtype", "kind", "line", "number", "root", "shape", "source", "value")

    def __init__(self, number: int, kind: str, value: Any, source: Any = None, root: Var | None = None) -> None:
        self.number, self.kind, self.source, self.line = number, kind, source, ""
        self.root = self if root is None else root
        self.shape: tuple[int, ...] = getattr(value, "shape", ())
        self.dtype = getattr(value, "dtype", None)
        self.value: Any = value

    @property
    def name(self) -> str:
        return f"{self.kind[0]}{self.number}"

    def __repr__(self) -> str:
        return f"{self.name} {self.dtype}{list(self.shape)}"


ENDS.add(Var)


class Op:
    """One call of a program.

    kind     "call" (pure), "view", "write", "guard", "native", "whole" or "effect"; see `lines`
    writes   the variables whose memory it changes
    """

    __slots__ = ("_read", "args", "errors", "function", "kind", "kwargs", "line", "out", "place", "template", "writes")

    def __init__(
        self, kind: str, function: Any, args: Any, kwargs: Any, out: list[Var], template: Any, writes: list[Var]
    ) -> None:
        self.kind, self.function, self.args, self.kwargs = kind, function, args, kwargs
        self.out, self.template, self.writes = out, template, writes
        self._read: Any = None, None, []
        self.errors: Any = None
        self.line = ""
        self.place: tuple[str, int] | None = None  # the user's file and line

    @property
    def pure(self) -> bool:
        return self.kind in ("call", "view", "load") and not self.writes

    def reads(self) -> list[Var]:
        """The variables in its arguments, not to be changed: looked for once for the same arguments."""
        args, kwargs, found = self._read
        if args is not self.args or kwargs is not self.kwargs:
            found = variables(self.kwargs, variables(self.args, []))
            self._read = self.args, self.kwargs, found
        return found  # type: ignore[no-any-return]

    def uses(self) -> list[Var]:
        """Those that it reads or writes."""
        return [*self.reads(), *self.writes] if self.writes else self.reads()


def renamed(tree: Any, now: dict[Var, Var]) -> Any:
    """The same arguments with other variables in place of some."""
    kind = type(tree)
    if kind is Var:
        return now.get(tree, tree)
    return tree if not now or kind in LEAVES else mapped(tree, lambda x: now.get(x, x) if type(x) is Var else x)


def variables(tree: Any, found: list[Var]) -> list[Var]:
    """The variables in the arguments of an operation, added to those that were found."""
    kind = type(tree)
    if kind is Var:
        found.append(tree)
    elif kind is tuple or kind is list:
        for x in tree:
            if type(x) is Var:
                found.append(x)
            elif type(x) not in LEAVES:
                variables(x, found)
    elif kind in LEAVES:
        pass
    elif issubclass(kind, dict):
        variables([*tree.values()], found)
    elif kind is slice:
        variables((tree.start, tree.stop, tree.step), found)
    elif issubclass(kind, (tuple, list)):
        variables([*tree], found)
        if issubclass(kind, SavedOutputs):
            variables(getattr(tree, "values", None), found)
    elif issubclass(kind, Saved):
        variables(tree.values, found)
    return found


def mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    """The same arguments with each array and number in them changed."""
    kind = type(tree)  # not isinstance, which would ask a recorded value for its __class__
    if kind in ENDS:
        return change(tree)
    if kind is tuple or kind is list:
        return kind([change(x) if type(x) in ENDS else mapped(x, change) for x in tree])
    if kind is dict:
        return {key: mapped(x, change) for key, x in tree.items()} if tree else {}
    if kind is slice:
        return slice(mapped(tree.start, change), mapped(tree.stop, change), mapped(tree.step, change))
    if issubclass(kind, SavedOutputs):
        made = SavedOutputs([mapped(x, change) for x in tree])
        made.values = mapped(tree.values, change)
        return made
    if issubclass(kind, Saved):
        return Saved.of(tree, mapped(tree.values, change))
    if issubclass(kind, tuple) and hasattr(tree, "_make"):
        return tree._make([mapped(x, change) for x in tree])
    return change(tree)


class Method:
    """A method of an array or a generator, as a function."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(x, self.__name__)(*args, **kwargs)


class Generator:
    """In an operation's arguments, the random generator to draw from: the given one, or the package's of that time."""

    def __init__(self, rng: Any) -> None:
        self.rng = rng


def layout_of(x: Any) -> Any:
    """What stands for a value that goes: an array of its shape, dtype and strides, without memory to look into.

    Numbers and small arrays stand for themselves, None for objects.
    """
    if type(x) is np.ndarray or isinstance(x, np.ndarray):
        return x if x.nbytes <= SMALL or x.dtype.hasobject else _layout(x.shape, x.dtype, x.strides)
    return x if isinstance(x, np.generic) else None


@lru_cache(maxsize=1024)
def _layout(shape: tuple[int, ...], dtype: Any, strides: tuple[int, ...]) -> Any:
    return as_strided(np.empty(1, dtype), shape, strides)


def last_uses(ops: list[Op], results: Any) -> dict[Var, int]:
    """The root of memory -> the number of the last operation that looks at it, len(ops) if it is returned.

    An object, no array, that a function has made may hold views of its arguments: they last as long as it does.
    """
    last = {v.root: i for i, op in enumerate(ops) for v in op.uses()}
    last |= {v.root: len(ops) for v in variables(results, [])}
    for op in reversed(ops):
        until = max([last.get(v, 0) for v in op.out if v.dtype is None] or [0])
        if until:
            for v in op.reads():
                last[v.root] = max(last[v.root], until)
    return last


def live(ops: list[Op], results: list[Var]) -> list[Op]:
    """The operations that something depends on."""
    needed = {v.root for v in results} | set(results)
    kept: list[Op] = []
    for op in reversed(ops):
        wanted = not op.pure and op.kind != "write"
        wanted = wanted or any([v in needed or v.root in needed for v in op.out])
        if wanted or any([v.root in needed or v.root.kind != "value" for v in op.writes]):
            kept.append(op)
            for v in op.uses():
                needed.add(v)
                needed.add(v.root)
    return kept[::-1]


def listing(ops: list[Op]) -> str:
    """The operations, one a line, under the lines of the user's code that they come from."""
    given = dict.fromkeys(v.root for op in ops for v in variables([op.args, op.writes], []) if v.root.kind != "value")
    lines = [f"{v!r}: {_origin_of(v)}" for v in given]
    place = None
    for op in ops:
        if op.place is not None and op.place != place:
            place = op.place
            lines.append(f"# {line_at(place)}")
        lines.append(words(op))
    return "\n".join(lines)


def _origin_of(v: Var) -> str:
    if v.kind == "argument":
        return f"argument {v.source}"
    return f"the tensor {getattr(v.source, 'name', '')}".rstrip() if v.kind == "state" else "a constant"


def words(op: Op) -> str:
    """An operation as a line that people read."""
    function = op.function
    if op.kind == "guard":
        return f"guard({_word(op.args[0])} is {function}) at {op.line}"
    if op.kind == "grad":
        return f"grad of a tensor of shape {op.args[0].shape} = {_word(op.args[1])}"
    name = function if isinstance(function, str) else getattr(function, "__name__", None) or repr(function)
    inside = ", ".join([_word(a) for a in op.args] + [f"{key}={_word(a)}" for key, a in op.kwargs.items()])
    out = ", ".join(map(repr, op.out)) + " = " if op.out else ""
    if function is getattr:
        return f"{out}{_word(op.args[0])}.{op.args[1]}"
    return f"{out}{name}({inside})"


def _word(x: Any) -> str:
    if isinstance(x, Var):
        return x.name
    if isinstance(x, (tuple, list)) and not hasattr(x, "_make"):
        return "(" + ", ".join(map(_word, x)) + ")"
    if isinstance(x, np.ndarray):
        return f"<{x.dtype}{list(x.shape)}>"
    text = repr(x)
    return text if len(text) < 40 else f"<{type(x).__name__}>"
