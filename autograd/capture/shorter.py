"""Fewer operations: what is computed twice, or copied for nothing, is left out. The results are equal to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.capture.calls import is_numpys, method_of
from autograd.capture.program import Generator, Op, Var, last_uses, renamed

INPUTS = ("argument", "state", "constant", "loaded")  # memory that is not the program's own


def shorter(ops: list[Op], results: Any) -> tuple[list[Op], Any]:
    """The operations that are left, and the results in the variables that are left."""
    shortening = _Shortening(ops, results)
    return shortening.kept, renamed(results, shortening.same)


class _Shortening:
    """One pass from the first operation to the last; `same` maps a variable to the one that took its place."""

    def __init__(self, ops: list[Op], results: Any) -> None:
        self.kept: list[Op] = []
        self.same: dict[Var, Var] = {}
        self._writes: dict[Var, list[int]] = {}  # the root of memory -> the operations that write to it
        self._last = last_uses(ops, results)
        self._effects = [i for i, op in enumerate(ops) if op.kind == "effect"]
        self._known: dict[Any, Op] = {}
        self._tuples: dict[int, tuple[Any, Any]] = {}
        for i, op in enumerate(ops):
            for v in op.writes:
                self._writes.setdefault(v.root, []).append(i)
        self._changes = bool(self._effects) or any(root.kind in INPUTS for root in self._writes)
        for i, op in enumerate(ops):
            self._one(i, op)

    def _one(self, i: int, op: Op) -> None:
        op.args = tuple([self._same_tuple(x) if type(x) is tuple else renamed(x, self.same) for x in op.args])
        op.kwargs = renamed(op.kwargs, self.same)
        op.writes = [self.same.get(v, v) for v in op.writes]
        for v in op.out:
            if v.root in self.same:
                v.root = self.same[v.root].root
        if op.kind in ("call", "view") and len(op.out) == 1:
            out = op.out[0]
            source = self._copied(i, op)
            if source is not None:
                self._replace(out, source)
                return
            key = self._key(i, op)
            twin = self._known.get(key) if key is not None else None
            if twin is not None and _tells(twin, op) and not self._written(twin.out[0]):
                self._replace(out, twin.out[0])
                return
            if key is not None and not self._written(out):
                self._known[key] = op
        self.kept.append(op)

    def _same_tuple(self, x: tuple[Any, ...]) -> Any:
        """Still one object for one object."""
        return self._tuples.setdefault(id(x), (x, renamed(x, self.same)))[1]

    def _replace(self, out: Var, source: Var) -> None:
        self.same[out] = source
        last = max(self._last.get(source.root, 0), self._last.get(out.root, 0))
        self._last[source.root] = last
        if out.root is out:
            self._writes.setdefault(source.root, []).extend(self._writes.get(out, []))

    def _written(self, v: Var, after: int = -1) -> bool:
        """Whether its memory is written by an operation after that one."""
        return any([i > after for i in self._writes.get(v.root, ())])

    def _stays(self, v: Var, i: int) -> bool:
        """Whether what it holds after operation i is never changed any more."""
        kind = v.root.kind
        if kind == "value":
            return not self._written(v, i)
        if kind == "state":
            return not self._written(v, i) and not any(k > i for k in self._effects)
        return kind == "argument" and not self._changes

    def _copied(self, i: int, op: Op) -> Var | None:
        """What the result may stand for, if the operation only copies."""
        name = getattr(op.function, "__name__", "")
        source, out = op.args[0] if op.args else None, op.out[0]
        if not isinstance(source, Var) or name not in ("copy", "astype", "positive") or not _alike(source, out):
            return None
        plain = len(op.args) == 1 or (name == "astype" and len(op.args) == 2)
        if op.kwargs or not plain or not isinstance(source.value, np.ndarray):
            return None
        if not self._written(out) and self._stays(source, i):
            return source
        own = source.root is source and source.kind == "value" and self._last.get(source, 0) <= i
        return source if own else None

    def _key(self, i: int, op: Op) -> Any:
        """Equal for two operations that compute the same; None if that cannot be told."""

        def part(x: Any) -> Any:
            if isinstance(x, Var):
                writes = sum([k < i for k in self._writes.get(x.root, ())])
                effects = sum([k < i for k in self._effects]) if x.root.kind != "value" else 0
                return id(x), writes, effects
            if isinstance(x, Generator):
                raise TypeError
            if isinstance(x, (tuple, list)):
                return type(x).__name__, tuple(map(part, x))
            if isinstance(x, slice):
                return "slice", part(x.start), part(x.stop), part(x.step)
            hash(x)
            return type(x), repr(x) if isinstance(x, (float, complex, np.generic)) else x

        name = getattr(op.function, "__name__", None)
        method = method_of(op)
        if name in ("empty_like", "empty") or not (method or isinstance(op.function, np.ufunc) or is_numpys(op)):
            return None
        try:
            function = name if method else op.function
            return function, method, part(op.args), tuple((key, part(x)) for key, x in op.kwargs.items())
        except TypeError:
            return None


def _tells(twin: Op, op: Op) -> bool:
    """Whether the twin warned of everything of which the operation would, by NumPy's error settings at that time."""
    if op.kind == "view" or twin.errors == op.errors:
        return True
    return bool(op.errors and twin.errors) and all(
        how in ("ignore", twin.errors[what]) for what, how in op.errors.items()
    )


def _alike(a: Var, b: Var) -> bool:
    return (
        a.shape == b.shape and a.dtype == b.dtype and getattr(a.value, "strides", 0) == getattr(b.value, "strides", 1)
    )
