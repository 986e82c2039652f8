"""Sorted and partitioned elements: each keeps the gradient of the element it is, ties in stable order."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.primitive import Primitive
from autograd.engine.recording import is_tensor
from autograd.engine.registry import define, implements
from autograd.ops.options import refuse


def _put_back(values: Any, order: Any, axis: int) -> Any:
    """The transpose of a reordering: value j of the result goes to position order[j]."""
    out = np.empty(values.shape, values.dtype)
    np.put_along_axis(out, order, values, axis)
    return out


reorder: Primitive = define(
    lambda a, order, axis: np.take_along_axis(a, order, axis), lambda g, out, a, order, axis: put_back(g, order=order, axis=axis),
    keeps="", guard=False, name="reorder", jvp="linear", batch="order axis", label="g put back in order",
)  # fmt: skip
put_back: Primitive = define(
    _put_back, lambda g, out, values, order, axis: reorder(g, order=order, axis=axis),
    keeps="", guard=False, name="put_back", jvp="linear", batch="order axis", label="g in order",
)  # fmt: skip


@implements(np.sort)
def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: bool | None = None) -> Any:
    """np.sort; whatever the algorithm, equal elements get the cotangents in the order in which they stand."""
    refuse("sort", "A Tensor has no named fields.", order=order)
    if axis is None:
        a, axis = np.ravel(a), -1
    values = a._data if is_tensor(a) else a
    return reorder(a, order=np.argsort(values, axis=axis, kind="stable"), axis=axis)


@implements(np.partition)
def partition(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> Any:
    """np.partition: NumPy's arrangement, and of equal elements the cotangents in the order in which they stand.

    np.argpartition need not arrange as np.partition does, so the places are found by sorting both.
    """
    refuse("partition", "A Tensor has no named fields.", order=order)
    if axis is None:
        a, axis = np.ravel(a), -1
    values = a._data if is_tensor(a) else a
    arranged = np.partition(values, kth._data if is_tensor(kth) else kth, axis, kind)
    places = np.empty(values.shape, np.intp)
    np.put_along_axis(
        places, np.argsort(arranged, axis=axis, kind="stable"), np.argsort(values, axis=axis, kind="stable"), axis
    )
    return reorder(a, order=places, axis=axis)
