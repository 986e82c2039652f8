"""The memory of a program: blocks for what it computes, used again by liveness, and a row for the gradients."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from operator import attrgetter, gt, is_, sub
from sys import getrefcount
from typing import Any

import numpy as np

from autograd.engine.recording import result
from autograd.recorder import Row

_array, _grad, _requires_grad = attrgetter("_array"), attrgetter("_grad"), attrgetter("_requires_grad")


class Buffers:
    """Memory for results: blocks that are used again when nothing reads what they hold."""

    def __init__(self) -> None:
        self.free: dict[int, list[Any]] = {}
        self.nbytes = 0
        self._made: list[Any] = []

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
            row = np.empty(sum(t.size for t in alike), dtype)
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
        self.watch()

    def watch(self) -> None:
        """Remember how often the arrays are referred to now, when no tensor has them yet."""
        self._limits = [*map(getrefcount, self._grads), *map(getrefcount, self._views)]
        self._row_limits = [getrefcount(row.array) - len(row.parts) for row in self._rows]

    def held(self) -> bool:
        """Whether someone keeps a gradient of an earlier replay, or changed what it is: the next needs others then."""
        installed = map(is_, map(_grad, self._tensors), self._grads)
        grads = map(sub, map(getrefcount, self._grads), installed)
        return (
            any(map(gt, chain(grads, map(getrefcount, self._views)), self._limits))
            or any([getrefcount(r.array) - len(r.parts) > n for r, n in zip(self._rows, self._row_limits, strict=True)])
            or any(map(_requires_grad, self._grads))
            or not all(map(is_, map(_array, self._grads), self._views))
        )
