"""np.maximum and np.minimum of an array and one number: NumPy's fast loop takes two arrays.

With one number it takes three times as long, so the number is repeated: once for each element of a small array, and for
each element of a row of a large one.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from autograd.capture.memory import Buffers
from autograd.capture.program import Var

SMALL = 64 * 1024  # bytes of an array for all of whose elements the number is repeated
ROW = 1024  # bytes of a row for whose elements it is
EXTREMES = frozenset({np.maximum, np.minimum})
SPECIAL = (0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan)


def number_of(x: Any) -> Any:
    """The array of no dimension that an operand is, if nobody changes it; None for other operands."""
    if isinstance(x, Var):
        fixed = x.kind == "constant" and not x.value.flags.writeable and x.value.base is None
        x = x.value if fixed else None
    return x if isinstance(x, np.ndarray) and x.ndim == 0 and x.dtype.kind == "f" else None


class Repeats:
    """Makes the arrays, one for each number and shape.

    Args:  buffers: whose bytes they are counted among.
    """

    def __init__(self, buffers: Buffers) -> None:
        self._buffers = buffers
        self._made: dict[Any, Any] = {}

    def operands(self, function: Any, args: Any, out: Any) -> Any:
        """The operands, with the number repeated where that is faster and gives the same bits."""
        numbers = [number_of(x) for x in args]
        which = [i for i, n in enumerate(numbers) if n is not None]
        if len(args) != 2 or len(which) != 1 or not out.flags.c_contiguous:
            return args
        number, other = numbers[which[0]], args[1 - which[0]]
        alike = isinstance(other, Var) and other.shape == out.shape and other.value.flags.c_contiguous
        shape = out.shape if out.nbytes <= SMALL else out.shape[-1:]
        if not alike or not out.dtype == other.dtype == number.dtype or math.prod(shape) * out.itemsize < ROW:
            return args
        if not same_as_repeated(function, out.dtype):
            return args
        return [self._array(number, shape) if i == which[0] else x for i, x in enumerate(args)]

    def _array(self, number: Any, shape: tuple[int, ...]) -> Any:
        key = number.tobytes(), number.dtype, shape
        if key not in self._made:
            self._made[key] = np.full(shape, number)
            self._buffers.nbytes += self._made[key].nbytes
        return self._made[key]


@lru_cache
def same_as_repeated(function: Any, dtype: Any) -> bool:
    """Whether both loops agree about signs of zero and nan, at every place of a vector."""
    values = np.array([*SPECIAL] * 9, dtype)
    for n in SPECIAL:
        number = np.array(n, dtype)
        for start in range(len(SPECIAL)):
            x = values[start:]
            pairs = [(function(x, number), function(x, np.full(x.shape, number)))]
            pairs.append((function(number, x), function(np.full(x.shape, number), x)))
            if any(a.tobytes() != b.tobytes() for a, b in pairs):
                return False
    return True
