"""Arrays that begin where a line of the cache begins."""

from __future__ import annotations

from typing import Any

import numpy as np

LINE = 64  # bytes of a line of the cache


def aligned_empty(size: int, dtype: Any) -> Any:
    """An array of one dimension, not filled, whose first element begins a line of the cache.

    malloc begins anywhere at a multiple of 16 bytes, and then each second or fourth vector of NumPy's loops spans two
    lines: an operation on arrays that fit the cache takes a tenth longer.
    """
    dtype = np.dtype(dtype)
    memory = np.empty(size + LINE // dtype.itemsize, dtype)
    first = -memory.ctypes.data % LINE // dtype.itemsize
    return memory[first : first + size]
