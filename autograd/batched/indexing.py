"""Selecting and assigning elements of batched arrays, by plain and by batched indices.

    x[index]       of a batched x: values[:, index]
    x[batched]     each example has its own: values[arange(B), index], with the axes that indexing makes in front

NumPy puts the axes made by index arrays where the first of them stood, or in front if they are not side by side. Behind
a hidden axis that is said once, by a Plan.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd.batched.hidden import (
    Hidden,
    aligned,
    at,
    axes_of,
    batched,
    check_writeable,
    full,
    highest,
    in_front,
    unwrapped,
)
from autograd.batched.level import Level
from autograd.errors import BatchError


class Plan(NamedTuple):
    """An index of the values.

    at       the index for the values, hidden axis included
    made     how many axes the index arrays make
    place    before how many other axes of the selection of one example these stand
    front    whether in the selection from the values they stand in front of all, with the hidden axis at `hidden`
    hidden   where the hidden axis is in what the index selects from the values
    ndim     the number of axes of what it selects from one example
    """

    at: tuple[Any, ...]
    made: int
    place: int
    front: bool
    hidden: int
    ndim: int


def getitem(x: Any, index: Any) -> Any:
    """x[index] of an x or an index, or both, of the innermost level among them."""
    level = highest(x, index)
    if level is None:
        return x[index]
    if highest(index) is not level and _is_basic(index):  # the common case: nothing moves
        return batched(x._values[(slice(None), *(index if type(index) is tuple else (index,)))], level)
    parts = _parts(index, axes_of(x), level)
    for part in parts:
        if at(part, level) and part.dtype.kind == "b":
            raise BatchError(
                "x[mask] with a batched mask: the number of elements would differ from example to example. Keep the "
                "shape: np.where(mask, x, 0), or np.sum(x, where=mask)."
            )
    x, parts = _without_truth_values(x, parts, level)
    plan = _plan(parts, x, level)
    found = getitem(unwrapped(x, level), plan.at)
    return batched(_behind_hidden(found, plan), level)


def setitem(x: Any, index: Any, value: Any) -> None:
    """x[index] = value for all examples of the innermost level among them, into the values of x."""
    level = highest(x, index, value)
    if level is None:
        x[index] = value
        return
    if not at(x, level):
        raise BatchError(
            f"x[…] = … inside vmap would write {level.size} examples into one array of shape {np.shape(x)}. Make x "
            "batched, too: x = np.zeros_like(batched, shape=…), or np.where(condition, value, x)."
        )
    check_writeable(x)
    parts = _parts(index, x.ndim, level)
    masks = [part for part in parts if at(part, level) and part.dtype.kind == "b"]
    if masks:
        _assign_by_mask(x, parts, value, level)
        return
    x, parts = _without_truth_values(x, parts, level)
    plan = _plan(parts, x, level)
    setitem(x._values, plan.at, _for_selection(value, plan, level))


def add_at(level: Level, ufunc: np.ufunc, x: Any, index: Any, *value: Any) -> None:
    """ufunc.at(x, index, value) for all examples."""
    if not at(x, level):
        raise BatchError(f"np.{ufunc.__name__}.at inside vmap writes into an array that is not batched; make it so.")
    x, parts = _without_truth_values(x, _parts(index, x.ndim, level), level)
    plan = _plan(parts, x, level)
    operands = [_for_selection(v, plan, level) for v in value]
    ufunc.at(x._values, plan.at, *operands)


def _is_basic(index: Any) -> bool:
    kind = type(index)
    if kind is tuple:
        return all([_is_basic(part) for part in index])
    return kind is int or kind is slice or index is None or index is Ellipsis


def _parts(index: Any, ndim: int, level: Level) -> list[Any]:
    """The index as a list with a part for every axis; lists as arrays, masks as positions where all share them."""
    parts: list[Any] = []
    for part in index if type(index) is tuple else (index,):
        if isinstance(part, (list, range)):
            part = np.asarray(part, None if len(part) else np.intp) if highest(*part) is None else np.stack(part)
        if isinstance(part, np.ndarray) and part.dtype.kind == "b" and part.ndim:
            _check_mask(part, ndim)
            parts += np.nonzero(part)
        else:
            parts.append(part)
    used = sum([_axes_of(part) for part in parts if part is not None and part is not Ellipsis])
    if used > ndim:
        raise IndexError(f"too many indices for array: array is {ndim}-dimensional, but {used} were indexed")
    if not any(part is Ellipsis for part in parts):
        parts.append(Ellipsis)
    gap = next(i for i, part in enumerate(parts) if part is Ellipsis)
    parts[gap : gap + 1] = [slice(None)] * (ndim - used)
    return parts


def _is_truth_value(part: Any) -> bool:
    return isinstance(part, (bool, np.bool_)) or isinstance(part, np.ndarray) and part.ndim == 0 and part.dtype == bool


def _without_truth_values(x: Any, parts: list[Any], level: Level) -> tuple[Any, list[Any]]:
    """x[True, …] as x[np.newaxis][[0], …], and with False as [[], …]."""
    for i, part in enumerate(parts):
        if _is_truth_value(part):
            axis = sum([p is not None for p in parts[:i]])
            x = np.expand_dims(x, axis)
            parts = [*parts[:i], np.zeros(int(part), np.intp), *parts[i + 1 :]]
    return x, parts


def _check_mask(mask: Any, ndim: int) -> None:
    if mask.ndim > ndim:
        raise IndexError(f"too many indices for array: array is {ndim}-dimensional, but {mask.ndim} were indexed")


def _axes_of(part: Any) -> int:
    """How many axes of the array a part of an index stands for: a batched mask for several."""
    if _is_truth_value(part):
        return 0
    return part.ndim if isinstance(part, Hidden) and part.dtype.kind == "b" else 1


def _plan(parts: list[Any], x: Any, level: Level) -> Plan:
    own = [i for i, part in enumerate(parts) if at(part, level)]
    arrays = [i for i, part in enumerate(parts) if not (part is None or isinstance(part, slice))]
    made = max([axes_of(parts[i]) for i in arrays], default=0)
    together = not arrays or arrays[-1] - arrays[0] == len(arrays) - 1
    place = arrays[0] if arrays and together else 0
    ndim = len(parts) - len(arrays) + made
    if not at(x, level):  # only the index is batched: its hidden axis is among those that the arrays make
        index = [aligned(part, level, made) for part in parts]
        return Plan(tuple(index), made, place, not together, 0 if not together else place, ndim)
    if not own:
        front = bool(made) and not together
        return Plan((slice(None), *parts), made, place, front, made if front else 0, ndim)
    number = np.reshape(np.arange(level.size), (level.size, *[1] * made))
    return Plan((number, *[aligned(part, level, made) for part in parts]), made, place, True, 0, ndim)


def _behind_hidden(found: Any, plan: Plan) -> Any:
    """What an index has selected from the values, with the hidden axis in front and the others in their places."""
    if plan.hidden:
        found = in_front(np.moveaxis(found, plan.hidden, 0))
    elif plan.made:
        found = in_front(found)
    if plan.front and plan.place and plan.made:
        found = np.moveaxis(found, range(1, 1 + plan.made), range(1 + plan.place, 1 + plan.place + plan.made))
    return found


def _for_selection(value: Any, plan: Plan, level: Level) -> Any:
    """A value to be assigned, with its axes where the index of the values has them."""
    if not at(value, level) and axes_of(value) == 0:
        return value
    surplus = axes_of(value) - plan.ndim
    if surplus > 0:  # NumPy drops leading axes of size 1
        value = np.reshape(value, np.shape(value)[surplus:])
    values = aligned(value, level, plan.ndim)
    if not at(value, level):
        values = np.reshape(value, (1, *[1] * (plan.ndim - axes_of(value)), *np.shape(value)))
    if plan.front and plan.place and plan.made:
        values = np.moveaxis(values, range(1 + plan.place, 1 + plan.place + plan.made), range(1, 1 + plan.made))
    return np.moveaxis(values, 0, plan.hidden) if plan.hidden else values


def _assign_by_mask(x: Any, parts: list[Any], value: Any, level: Level) -> None:
    """x[mask] = value by np.where: one value, or one for each of the axes behind the mask."""
    mask = parts[0]
    others = parts[1:]
    if not at(mask, level) or any(part != slice(None) for part in others):
        raise BatchError("x[…, mask, …] = value with a batched mask among other indices: use np.where(mask, value, x).")
    if axes_of(value) > x.ndim - mask.ndim:
        raise BatchError(
            "x[mask] = values with a batched mask: how many values are used would differ from example to example. Use "
            "np.where(mask, values, x), with a value for every element."
        )
    condition = np.reshape(full(mask, level), (level.size, *mask.shape, *[1] * (x.ndim - mask.ndim)))
    np.copyto(x._values, aligned(value, level, x.ndim), where=condition, casting="unsafe")
