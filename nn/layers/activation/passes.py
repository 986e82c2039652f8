"""What several activations compute: the positive and the negative part of an array, and limits at infinity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def positive_part(x: Any) -> Any:
    """max(x, 0) in a new array.

    np.clip has the faster loop, by a factor of two, but a slower start: it pays from some 7000 elements on.
    """
    return np.maximum(x, 0) if x.size < 8192 else np.clip(x, 0, np.inf)


def negative_part(x: Any) -> Any:
    """min(x, 0) in a new array, likewise."""
    return np.minimum(x, 0) if x.size < 8192 else np.clip(x, -np.inf, 0)


def limit_at_infinity(values: Any, x: Any, limit: Callable[[Any], Any]) -> Any:
    """Write limit(x) into `values` where x is infinite, if 0·∞ has produced a nan there.

    The sum of squares finds a nan in one cheap pass: it is nan whenever an element is.
    """
    square = np.vdot(values, values)
    if square != square:
        np.copyto(values, limit(x), where=np.isinf(x))
    return values
