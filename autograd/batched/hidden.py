"""What a batched array is: values with one axis more, in front, that the function inside vmap does not see.

Inside another vmap the values are themselves batched: the hidden axis of the innermost vmap is the outermost wrapper.
A rule for the innermost level unwraps that axis and calls NumPy on the values, which takes care of the others.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.batched.level import Level
from autograd.errors import BatchError

new = object.__new__
_class: Any = None  # array.py, which builds on this file, says which


def bind_class(cls: type) -> None:
    """Say which class a batched array has (called once, by array.py)."""
    global _class
    _class = cls


class Hidden:
    """The state of a batched array, and what it says of itself: the shape is that of one example."""

    __slots__ = ("_values", "level")

    _values: Any
    level: Level

    @property
    def shape(self) -> tuple[int, ...]:
        return self._values.shape[1:]  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._values.dtype  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        return self._values.ndim - 1  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize


def batched(values: Any, level: Level) -> Any:
    """The values as a batched array: their first axis is hidden."""
    made = new(_class)
    made._values = values
    made.level = level
    return made


def rewrapped(found: Any, level: Level) -> Any:
    """The results of a function of NumPy's, one or several (in a tuple or a list), as batched arrays."""
    if isinstance(found, tuple) and hasattr(found, "_fields"):
        return type(found)(*[batched(y, level) for y in found])
    return type(found)([batched(y, level) for y in found]) if type(found) in (tuple, list) else batched(found, level)


def highest(*trees: Any) -> Level | None:
    """The innermost level among these values, and those in lists, tuples and dicts of them."""
    best: Level | None = None
    for x in trees:
        kind = type(x)
        if kind is _class:
            found: Level | None = x.level
        elif kind is tuple or kind is list:
            found = highest(*x) if x else None
        elif kind is dict:
            found = highest(*x.values()) if x else None
        else:
            continue
        if found is not None and (best is None or found.number > best.number):
            best = found
    return best


def axes_of(x: Any) -> int:
    """np.ndim, without NumPy's detour for a batched array."""
    return x.ndim if hasattr(x, "ndim") else np.ndim(x)


def at(x: Any, level: Level) -> bool:
    """Whether x has the hidden axis of this level."""
    return type(x) is _class and x.level is level


def unwrapped(x: Any, level: Level) -> Any:
    """The values with the hidden axis in front, if x has it; else x."""
    return x._values if at(x, level) else x


def full(x: Any, level: Level) -> Any:
    """The values with the hidden axis in front; of what is the same for all examples a view repeated along it."""
    if at(x, level):
        return x._values
    return np.broadcast_to(x, (level.size, *np.shape(x)))


def is_in_front(x: Any, hidden: int = 1) -> bool:
    """Whether the hidden axes are the outermost in memory, too."""
    if isinstance(x, Hidden):
        return is_in_front(x._values, hidden + 1)
    if type(x) is not np.ndarray or x.ndim <= hidden or x.flags.c_contiguous:
        return True
    steps = [abs(n) for n in x.strides]
    return not min(steps[:hidden]) or min(steps[:hidden]) >= max(steps[hidden:])


def in_front(x: Any, hidden: int = 1) -> Any:
    """The values with the hidden axes outermost in memory, too: NumPy then lays out each example as it would one alone.

    What is a view and what a copy of an example, as by reshape, depends on that.
    """
    if isinstance(x, Hidden):
        return batched(in_front(x._values, hidden + 1), x.level)
    if is_in_front(x, hidden):
        return x
    order = [*range(hidden), *sorted(range(hidden, x.ndim), key=lambda axis: -abs(x.strides[axis]))]
    return np.transpose(np.ascontiguousarray(np.transpose(x, order)), np.argsort(order))


def check_writeable(x: Any) -> None:
    """Raise for a batch that cannot be written to."""
    values = everywhere(x)
    if isinstance(values, np.ndarray) and not values.flags.writeable:
        raise BatchError(
            f"a batched value of shape {x.shape} inside vmap that is read-only: the result of a broadcast, or an "
            "argument whose batch is not its outermost axis in memory. Take a copy: y = x.copy(); y[…] = …"
        )


def everywhere(x: Any) -> Any:
    """The values with the hidden axes of all levels."""
    return everywhere(x._values) if isinstance(x, Hidden) else x


def one_of(x: Any) -> Any:
    """The values of the first example, or zeros where there is none."""
    while isinstance(x, Hidden):
        x = x._values[0] if x._values.shape[0] else np.zeros(x.shape, x.dtype)
    return x


def aligned(x: Any, level: Level, ndim: int) -> Any:
    """The values such that they broadcast behind the hidden axis against examples of `ndim` axes.

    Shape:     (B, *s) -> (B, 1, …, 1, *s)
    """
    if type(x) is not _class or x.level is not level:
        return x
    values = x._values
    missing = ndim + 1 - values.ndim
    return np.reshape(values, (values.shape[0], *[1] * missing, *values.shape[1:])) if missing > 0 else values


def moved(axis: int, ndim: int) -> int:
    """An axis of an example of `ndim` axes as an axis of the values, refused if there is none such."""
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim)
    return axis + 1 if axis >= 0 else axis
