"""Means and extrema of the elements that where= chooses.

What is left out is replaced by a neutral element, and gets no gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign, like
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, ShapeError
from autograd.shapes import HALF, Axis, divided


def chosen_by(where: Any, a: Any) -> Any:
    """where= as a mask of the array's shape; refuse one that would enlarge the array."""
    mask = raw(where)  # a copy: the caller may write to its mask before backward()
    if is_foreign(mask):
        mask = mask.astype(bool)
    else:
        mask = np.array(mask, bool)
        mask = mask if mask.ndim else like(mask, raw(a))
    if np.broadcast_shapes(mask.shape, a.shape) != a.shape:
        raise ShapeError(f"where= must broadcast to the array's shape {a.shape}; got shape {mask.shape}.")
    return np.broadcast_to(mask, a.shape)


def mean_of_chosen(a: Any, chosen: Any, axis: Axis, dtype: Any, keepdims: bool) -> Any:
    """The mean of the chosen elements; nan if there is none."""
    if a.dtype is HALF and dtype is None:
        return mean_of_chosen(a.astype(np.float32), chosen, axis, None, keepdims).astype(HALF)
    total = np.sum(np.where(chosen, a, 0), axis=axis, dtype=dtype, keepdims=keepdims)
    return divided(total, np.sum(chosen, axis=axis, keepdims=keepdims))


def extremum_of_chosen(
    name: str, reduce: Any, bound: Any, a: Any, axis: Axis, keepdims: bool, initial: Any, chosen: Any
) -> Any:
    """`reduce` (np.max or np.min) of the chosen elements, and of `initial` by `bound` (np.maximum or np.minimum)."""
    if chosen is not True:
        if initial is None:
            raise ArgumentError(
                f"np.{name}: where= may choose nothing, so it needs initial=, the value of no elements."
            )
        a = np.where(chosen, a, a.dtype.type(_last_to_be_found(bound, a.dtype)))
    if a.size == 0 and initial is not None:
        return np.sum(a, axis=axis, keepdims=keepdims) + initial
    found = reduce(a, axis=axis, keepdims=keepdims)
    return found if initial is None else bound(found, initial)


def _last_to_be_found(bound: Any, dtype: Any) -> Any:
    """The smallest value of a dtype for a maximum, the largest for a minimum."""
    if dtype.kind in "fc":
        return -np.inf if bound is np.maximum else np.inf
    limits = np.iinfo(dtype)
    return limits.min if bound is np.maximum else limits.max
