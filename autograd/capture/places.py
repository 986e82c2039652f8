"""Places: which memory holds each value of a program.

An array that nothing reads any more gives its memory to the next. Views of memory that stays where it is are made once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.capture.calls import is_numpys, method_of, ufunc_of
from autograd.capture.checks import Check
from autograd.capture.memory import Buffers, Gradients
from autograd.capture.names import Names
from autograd.capture.program import Op, Var, last_uses, mapped, variables

KEPT = 32 * 1024  # bytes; smaller arrays are not let go before the end


class Places:
    """The memory of one function.

    taken   whether gradients are written before it is sure that the step succeeds: those of before must be elsewhere
    fresh   the results that are arrays of their own already
    """

    def __init__(self, ops: list[Op], results: Any, names: Names, buffers: Buffers, *, rows: bool) -> None:
        self.ops, self.names, self.buffers = ops, names, buffers
        self.fresh: set[Var] = set()
        self.taken = False
        self._static = names.static
        self._blocks: dict[Var, Any] = {}
        self._last = last_uses(ops, results)
        self._ends: dict[int, list[Var]] = {}
        for v, last in self._last.items():
            self._ends.setdefault(last, []).append(v)
        self._asked = max((i for i, op in enumerate(ops) if _may_differ(op)), default=-1)
        self._at = 0  # the number of the operation that is written
        self._locals: dict[Var, list[str]] = {}
        self._returned = set(variables(results, []))
        self._direct: dict[Var, Any] = {}  # a gradient that is computed where it stays -> the array there
        self.gradients = self._planned_gradients() if rows else Gradients([])

    @property
    def asked_later(self) -> bool:
        """Whether a question that may call for another trace follows the operation that is written."""
        return self._at < self._asked

    def known(self, v: Var) -> Any:
        """The array that stays where it is; None if only a replay has it."""
        if v in self._static or v.kind in ("state", "constant"):
            return self._static.get(v, v.value)
        return None

    def local(self, found: list[Var]) -> None:
        """Note the names of results that only a replay has: arrays that take memory, and objects that hold such."""
        for v in found:
            if not isinstance(v.value, np.generic) and getattr(v.value, "nbytes", KEPT) >= KEPT:
                self._locals.setdefault(v.root, []).append(v.name)

    def done(self, op: Op) -> list[str]:
        """After an operation: give back memory that nothing reads any more, blocks here, other arrays in a replay."""
        names = self.names.unread(self._at)
        for v in [*self._ends.get(self._at, ()), *[v.root for v in op.out if v.root not in self._last]]:
            if v in self._blocks:
                self.buffers.give(self._blocks.pop(v))
            names += self._locals.pop(v, [])
        self._at += 1
        return [f"del {', '.join(names)}"] if names else []

    def view(self, op: Op) -> bool:
        """Make a view of memory that stays where it is, now; False if it must be taken at every replay."""
        found = op.reads()
        if not all(v in self._static or v.kind in ("state", "constant") for v in found):
            return False

        def value(x: Any) -> Any:
            return self._static.get(x, x.value) if isinstance(x, Var) else x

        self._static[op.out[0]] = op.function(*mapped(op.args, value), **mapped(op.kwargs, value))
        return True

    def buffer(self, op: Op) -> Any:
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
            self.fresh.add(out)
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

    def scratch(self, size: int, dtype: Any) -> Any:
        """Memory for a part of an array, which is given back with the function."""
        return self.buffers.take(np.empty(size, dtype))[1]

    # Gradients

    def _planned_gradients(self) -> Gradients:
        """Places for the gradients that a step leaves; what is not used before is computed there."""
        last = {id(op.args[0]): i for i, op in enumerate(self.ops) if op.kind == "grad"}
        made = {v: i for i, op in enumerate(self.ops) for v in op.out}
        loaded = {id(op.args[0]) for op in self.ops if op.kind == "load"}
        places = {
            i: op for i, op in enumerate(self.ops)
            if op.kind == "grad" and last[id(op.args[0])] == i and fills(op.args[1], op.args[0])
            and id(op.args[0]) not in loaded
        }  # fmt: skip
        gradients = Gradients([op.args[0] for op in places.values()])
        written_at = {v.root: i for i, op in enumerate(self.ops) for v in op.writes}
        starts = []
        for i, op in places.items():
            t, v = op.args
            own = v.root is v and v.kind == "value" and v not in self._returned and v not in self._direct
            direct = own and v in made and written_at.get(v, -1) < i
            if direct:
                self._direct[v] = gradients.of[id(t)]._array
            starts.append(made[v] if direct else i)
        sure = max((i for i, op in enumerate(self.ops) if _may_fail(op)), default=-1)
        self.taken = bool(starts) and min(starts) <= sure
        return gradients


def fills(value: Any, t: Any) -> bool:
    """Whether a gradient is an array like its tensor's."""
    return (
        isinstance(value, Var)
        and isinstance(value.value, np.ndarray)
        and value.value.ndim > 0
        and value.value.size > 0
        and (value.shape, value.dtype) == (t._array.shape, t._array.dtype)
        and value.value.flags.c_contiguous
    )


def _alike(a: Var, b: Var) -> bool:
    """Whether two arrays have one layout."""
    return (a.shape, a.dtype, a.value.strides) == (b.shape, b.dtype, b.value.strides)


def _may_differ(op: Op) -> bool:
    """Whether a replay may find at this operation that another trace is wanted."""
    if op.kind == "run":
        return any(isinstance(step, Check) for step in op.function.steps)
    return op.kind in ("guard", "native", "whole")


def _may_fail(op: Op) -> bool:
    """Whether a replay may end at this operation: then nothing that is there before may have been changed."""
    if op.kind == "effect":
        return not getattr(op.function, "sure", False)
    if op.kind == "run" or _may_differ(op):
        return _may_differ(op)
    if "linalg" in str(getattr(op.function, "__module__", "")):
        return True
    raises = op.errors is not None and not {"raise", "call"}.isdisjoint(op.errors.values())
    return raises or not (
        is_numpys(op) or isinstance(op.function, (np.ufunc, str)) or method_of(op) or op.function is None
    )


def _whole(array: Any) -> bool:
    """Whether the array fills its memory without gaps and forwards."""
    if array.flags.c_contiguous:
        return True
    if any(s < 0 for s in array.strides):
        return False
    span = sum((n - 1) * s for n, s in zip(array.shape, array.strides, strict=True)) + array.itemsize
    return bool(span == array.nbytes)
