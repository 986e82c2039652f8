"""The memory of a program: blocks for what it computes, used again by liveness, and a row for the gradients."""

from __future__ import annotations

from collections.abc import Sequence
from operator import gt
from sys import getrefcount
from typing import Any

import numpy as np

from autograd.recorder import Row


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


class Gradients:
    """Where a program leaves the gradients: side by side in the order of their parameters' memory, so that an optimizer
    finds them in one row.

    array   number of a tensor -> its gradient's array
    """

    def __init__(self, tensors: Sequence[Any]) -> None:
        self.array: dict[int, Any] = {}
        self.nbytes = 0
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
                self.array[id(t)] = views[-1]
                start += t.size
            self._rows.append(Row(row, views))
        self._views = list(self.array.values())
        self._limits: list[int] = []

    def watch(self) -> None:
        """Remember who refers to the arrays now, when no tensor has them yet."""
        self._limits = [1 + n for n in map(getrefcount, self._views)]  # one more: the tensor whose gradient it is
        self._row_limits = [getrefcount(row.array) - len(row.parts) for row in self._rows]

    def held(self) -> bool:
        """Whether someone keeps an array of an earlier replay, which the next may therefore not write to."""
        return any(map(gt, map(getrefcount, self._views), self._limits)) or any(
            [getrefcount(r.array) - len(r.parts) > n for r, n in zip(self._rows, self._row_limits, strict=True)]
        )
