"""Scaling before squaring: roots of sums of squares whose squares leave the range of the dtype.

The square of a float32 above 1.8e19 is inf, and that of one below 1e-23 is 0, although the root of the sum can be held.
The functions compute as usual, look at the result, and begin again with scaled values only where it is out of range.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np


def in_range(roots: Any, power: float = 2.0) -> bool:
    """Whether neither the powers of these roots nor their reciprocals leave the range of the dtype.

    An array of another library is not asked: True.
    """
    ours: bool = isinstance(roots, (np.ndarray, np.generic))
    if not ours:
        return True
    low, high = _bounds(roots.dtype, power)
    if roots.ndim == 0:
        return bool(low < roots < high)
    return roots.size == 0 or bool(low < roots.min() and roots.max() < high)


@lru_cache(maxsize=64)
def _bounds(dtype: Any, power: float) -> tuple[float, float]:
    info = np.finfo(dtype)
    low = (float(info.tiny) / float(info.eps)) ** (1 / max(abs(power), 1))
    return low, 1 / low


def vanishing(roots: Any, power: float = 2.0) -> Any:
    """Where the powers of the numbers behind these roots vanish, or lose digits."""
    return roots <= _bounds(roots.dtype, power)[0]


def square_scale(squares: Any, small: Any) -> Any:
    """The powers of two that bring values into a range in which their squares can be computed.

    Args:      squares: sums or means of their squares as computed, inf or nan where that overflowed.
               small: where the squares vanished.
    """
    exponent = np.finfo(squares.dtype).maxexp * 3 // 4
    large = np.logical_not(np.isfinite(squares))
    return np.ldexp(np.ones(squares.shape, squares.dtype), exponent * (small.astype(int) - large.astype(int)))
