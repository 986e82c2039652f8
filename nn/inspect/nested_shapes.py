"""Shapes of values that may be nested in tuples, lists and dicts."""

from __future__ import annotations

from typing import Any

import numpy as np


def is_shape(x: Any) -> bool:
    """Whether x is a tuple or list of integers."""
    return isinstance(x, (tuple, list)) and all(
        isinstance(size, (int, np.integer)) and not isinstance(size, bool) for size in x
    )


def nested_shapes(x: Any) -> Any:
    """The shape of an array; the shapes of several values, nested as they are; for anything else its type's name."""
    if isinstance(x, (tuple, list)):
        return tuple(nested_shapes(item) for item in x)
    if isinstance(x, dict):
        return {key: nested_shapes(item) for key, item in x.items()}
    if isinstance(getattr(x, "shape", None), tuple):
        return x.shape
    return None if x is None else type(x).__name__


def shapes_text(shapes: Any) -> str:
    """One shape as (32, 10), those of several values separated by commas: (5, 3), (1, 3)."""
    if isinstance(shapes, tuple) and not is_shape(shapes):
        parts = []
        for item in shapes:
            text = shapes_text(item)
            parts.append(f"({text})" if isinstance(item, tuple) and not is_shape(item) else text)
        return ", ".join(parts)
    return str(shapes)
