"""The memory of a program: blocks for what it computes, used again by liveness, and a row for the gradients."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter, is_
from sys import getrefcount
from typing import Any, NamedTuple

import numpy as np

from autograd.aligned import LINE, aligned_empty
from autograd.capture.calls import copies
from autograd.capture.program import Op, Var, last_uses
from autograd.conditions import Condition
from autograd.engine.recording import result
from autograd.recorder import Row

_grad = attrgetter("_grad")


class Taken(NamedTuple):
    """Bytes of the results of a step as it is: of those that are there at one time, and of all, one after the other."""

    at_once: int
    in_all: int


def taken(ops: list[Op], results: Any) -> Taken:
    """What the recorded operations take, if each array goes when nothing reads it any more. Gradients stay to the end.

    A copy of an array that nothing else reads is none as it is: the array itself is handed on.
    """
    last = last_uses(ops, results)
    last |= {op.args[1].root: len(ops) for op in ops if op.kind == "grad" and isinstance(op.args[1], Var)}
    going: dict[int, int] = {}  # after an operation -> bytes that go
    now = most = in_all = 0
    for i, op in enumerate(ops):
        source = op.args[0] if copies(op) else None
        if source is not None and source.root is source and source.kind == "value" and last[source] == i:
            for_copy = source.value.nbytes
            now, in_all, going[i] = now - for_copy, in_all - for_copy, going[i] - for_copy
        for v in op.out:
            if v.root is v and isinstance(v.value, np.ndarray):
                now += v.value.nbytes
                in_all += v.value.nbytes
                until = max(last.get(v, i), i)
                going[until] = going.get(until, 0) + v.value.nbytes
        most = max(most, now)
        now -= going.get(i, 0)
    return Taken(most, in_all)


SPACIOUS = 2  # how many times as large as the array a block may be


class Buffers:
    """Memory for results: blocks that are used again when nothing reads what they hold."""

    def __init__(self) -> None:
        self.free: dict[int, list[Any]] = {}
        self.nbytes = 0
        self._made: list[Any] = []

    def take(self, like: Any) -> tuple[Any, Any]:
        """(a block, an array in it with the layout of `like`)."""
        size = -(-like.nbytes // LINE) * LINE
        fitting = min((n for n, blocks in self.free.items() if blocks and size <= n <= SPACIOUS * size), default=0)
        if fitting:
            block = self.free[fitting].pop()
        else:
            block = aligned_empty(size, np.uint8)
            self.nbytes += size
            self._made.append(block)
        return block, np.ndarray(like.shape, like.dtype, block, 0, like.strides)

    def release(self) -> None:
        """Take everything back, for another function that does not run at the same time."""
        self.free = {}
        for block in self._made:
            self.give(block)

    def give(self, block: Any) -> None:
        self.free.setdefault(block.nbytes, []).append(block)


class Gradients:
    """Where a program leaves the gradients: side by side in the order of their parameters' memory, so that an optimizer
    finds them in one row.

    of   number of a tensor -> what its `.grad` becomes: at every replay the same object, if nobody else keeps it
    """

    def __init__(self, tensors: Sequence[Any]) -> None:
        self.of: dict[int, Any] = {}
        self.nbytes = 0
        self._tensors: list[Any] = []
        self._views: list[Any] = []
        self._rows: list[Row] = []
        by_dtype: dict[Any, list[Any]] = {}
        for t in sorted(tensors, key=lambda t: int(t._array.ctypes.data)):
            by_dtype.setdefault(t.dtype, []).append(t)
        for dtype, alike in by_dtype.items():
            row = aligned_empty(sum(t.size for t in alike), dtype)
            self.nbytes += row.nbytes
            views, start = [], 0
            for t in alike:
                views.append(row[start : start + t.size].reshape(t.shape))
                self.of[id(t)] = result(views[-1], None)
                start += t.size
            self._rows.append(Row(row, views))
            self._views += views
            self._tensors += alike
        self._grads = list(self.of.values())
        memory = [row.array.base for row in self._rows]  # which a view of a gradient keeps
        self._objects = [*self._grads, *self._views, *memory]
        self._parts = [row.parts for row in self._rows]
        unchanged, left = Condition(), Condition()
        for condition in (unchanged, left):
            condition.attribute(self._grads, "_requires_grad", [False] * len(self._grads))
            condition.attribute(self._grads, "_array", self._views)
        left.attribute(self._tensors, "_grad", self._grads)
        self._unchanged, self._as_left = unchanged.function(), left.function()
        self.watch()

    def watch(self) -> None:
        """Remember how often the arrays are referred to now, when no tensor has them yet."""
        self._limit = sum(map(getrefcount, self._objects)) - sum(map(len, self._parts))
        self._counts: list[int] = []  # when all were as the last replay left them, and nobody else had one

    def held(self) -> bool:
        """Whether someone keeps a gradient of an earlier replay, or changed what it is: the next needs others then."""
        counts = list(map(getrefcount, self._objects))
        if counts == self._counts and self._as_left():
            return False
        installed = sum(map(is_, map(_grad, self._tensors), self._grads))
        kept = sum(counts) - sum(map(len, self._parts)) - installed > self._limit
        if kept or not self._unchanged():
            return True
        self._counts = counts if installed == len(self._grads) else []
        return False
