"""Plain arrays that a step closes over.

What a program takes from them as they are, a replay reads anew. What NumPy computes of them alone is not recorded: that
is a constant of the program, which holds while their values stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd.capture.reach import Reach
from autograd.engine.shared_memory import owner

ANY_NAME = {"getattr", "vars", "__dict__", "attrgetter"}  # with these, code reads attributes that it does not name
LARGE = 1 << 18  # bytes, from which on an array is compared where it lies, without a copy


class ClosedOver:
    """The values of the plain arrays that a step reaches and leaves alone.

    nbytes   of those that are compared before each replay
    """

    def __init__(self, reach: Reach) -> None:
        known = {id(owner(t._grad._array)) for t in reach.tensors if t._grad is not None}
        known |= {id(x) for x in reach.starts}  # an argument
        arrays = [a for a in reach.arrays if not known & {id(a), id(owner(a))} and _may_change(a)]
        if arrays and not reach.names & ANY_NAME:
            named = set(map(id, Reach(*reach.starts, only=reach.names).arrays))
            arrays = [a for a in arrays if id(a) in named]
        self._arrays = arrays
        self._values = [a.tobytes() for a in self._arrays]
        self._small: list[Any] = []  # (gives the bytes of an array now, its bytes then)
        self._large: list[Any] = []  # (an array, what it was)
        self.nbytes = 0

    def settle(self) -> None:
        """After the step: keep to those that it has left alone."""
        same = [a.tobytes() == values for a, values in zip(self._arrays, self._values, strict=True)]
        self._keep(same)

    def watch(self, read: Iterable[Any], computed: bool, decides: Callable[[Any], bool]) -> None:
        """Keep to those on which the program may depend.

        Args:  read: arrays that it reads anew.
               computed: whether it has constants that the step has computed.
               decides: whether plain Python decides by the values of one that is read anew.
        """
        owners = set() if computed else {id(owner(x)) for x in read}
        self._keep([id(owner(a)) not in owners or decides(a) for a in self._arrays])
        self.nbytes = sum(map(len, self._values))
        for a, values in zip(self._arrays, self._values, strict=True):
            if len(values) < LARGE or not a.flags.c_contiguous or a.dtype.kind not in "fiub":
                self._small.append((a.tobytes, values))
            else:
                bits = np.dtype(f"u{a.itemsize}")
                self._large.append((a.reshape(-1).view(bits), np.frombuffer(values, bits)))
        self._values = []

    def _keep(self, which: list[bool]) -> None:
        self._arrays = [a for a, kept in zip(self._arrays, which, strict=True) if kept]
        self._values = [values for values, kept in zip(self._values, which, strict=True) if kept]

    def hold(self) -> bool:
        """Whether their values are what they were."""
        for now, values in self._small:
            if now() != values:
                return False
        return all([np.array_equal(a, values) for a, values in self._large])


def _may_change(a: Any) -> bool:
    return bool(a.size > 0 and a.dtype != object and (a.flags.writeable or owner(a).flags.writeable))
