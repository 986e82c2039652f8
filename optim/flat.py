"""Flat: the parameters of a group, and what an optimizer remembers of them, side by side in one buffer each.

An elementwise rule does not care where one parameter ends and the next begins. So it is applied to stretches of the
buffers that fit the cache: few calls for many small parameters, and no temporary of full size for a large one
(docs/design/flat-parameters.md).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import ShapeError

BLOCK = (
    128 * 1024
)  # bytes of a stretch: the four or five arrays of a rule stay in cache, and the calls cost little beside

Update = Callable[..., None]
Piece = tuple[int, slice | None]  # a parameter, and which part of it: None for the whole
Stretch = tuple[
    Any, list[Any], list[Piece]
]  # of the buffer of parameters, of the arrays, and whose gradients belong there

_buffers: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()  # those made here, by id


def block(dtype: Any) -> int:
    """How many elements a stretch has."""
    return BLOCK // int(np.dtype(dtype).itemsize)


def scalars(dtype: Any, *values: float) -> list[Any]:
    """Numbers as 0-d arrays: a Python float is converted anew in every call of NumPy, which costs as much as the call."""
    return [np.array(value, dtype) for value in values]


class Flat:
    """Parameters of one dtype in one buffer, of which their arrays become views.

    params       in the order of the buffer
    starts       where each begins, and last where the buffer ends
    values       the buffer of the parameters
    initial      name -> first value of a quantity that the optimizer remembers of every element
    arrays       name -> its buffer
    remembered   for each parameter: name -> its part of that buffer, in its shape
    """

    def __init__(self, params: Sequence[Tensor], initial: Mapping[str, float]) -> None:
        """Move the parameters into a new buffer, or leave them where they are if they lie side by side already."""
        self.params = list(params)
        self.starts = [0, *accumulate(p.size for p in params)]
        dtype = params[0].dtype
        shared = _side_by_side(self.params, self.starts)
        if shared is None:
            self.values = np.empty(self.starts[-1], dtype)
            _buffers[id(self.values)] = self.values
        else:
            self.values = shared
        self.initial = dict(initial)
        self.arrays = {name: np.full(self.starts[-1], value, dtype) for name, value in initial.items()}
        self.views: list[Any] = []
        self.remembered: list[dict[str, Any]] = []
        for p, (start, stop) in zip(self.params, pairwise(self.starts), strict=True):
            if shared is None:
                view = self.values[start:stop].reshape(p.shape)
                view[...] = p._data
                p._data = view
            self.views.append(p._data)
            self.remembered.append({name: array[start:stop].reshape(p.shape) for name, array in self.arrays.items()})
        self._plans: dict[tuple[int, int], list[Stretch]] = {}
        self._gathered = np.empty(min(block(dtype), self.starts[-1]), dtype)

    def still_holds(self) -> bool:
        """Whether every parameter's array is still its view of the buffer, and free to be written."""
        for p, view in zip(self.params, self.views, strict=True):
            if p._data is not view or not (p._requires_grad or p._grad is None):  # the latter is _is_free
                return False
        return True

    def take_up(self, i: int, known: dict[str, Any] | None) -> bool:
        """Bring what is known of parameter i into the buffers, and make `known` views of them; whether all of it was known.

        What is not known begins anew, from its first value.
        """
        complete = known is not None
        for name, view in self.remembered[i].items():
            value = None if known is None else known.get(name)
            if value is view:
                continue
            if value is None:
                complete = False
                view[...] = self.initial[name]
            elif value.shape != view.shape:
                raise ShapeError(
                    f"parameter {i} has shape {view.shape} by now, but its {name} {value.shape}: del optimizer.state[it]."
                )
            else:
                view[...] = value
            if known is not None:
                known[name] = view
        return complete

    def apply(self, update: Update, first: int, last: int, scratch: Sequence[Any]) -> None:
        """Call update(p, g, *arrays, *scratch) on the stretches of the parameters first … last-1, which all have a gradient."""
        plan = self._plans.get((first, last))
        if plan is None:
            plan = self._plans[first, last] = list(self._cut(first, last))
        params, rows = self.params, _Rows(self.params)
        for values, arrays, pieces in plan:
            size = len(values)
            if len(pieces) == 1:
                i, part = pieces[0]
                g = rows[i] if part is None else rows[i][part]
            else:
                g = self._gathered[:size]
                found = [params[i]._grad._data if part is None else rows[i][part] for i, part in pieces]  # type: ignore[union-attr]
                np.concatenate(found, axis=None, out=g)
            update(values, g, *arrays, *[s[:size] for s in scratch])

    def _cut(self, first: int, last: int) -> Iterator[Stretch]:
        """The stretches of the buffer from parameter first to last-1."""
        size, i = block(self.values.dtype), first
        for start in range(self.starts[first], self.starts[last], size):
            stop = min(start + size, self.starts[last])
            pieces: list[Piece] = []
            while i < last and self.starts[i] < stop:
                low, high = max(start, self.starts[i]), min(stop, self.starts[i + 1])
                if low < high:
                    whole = high - low == self.params[i].size
                    pieces.append((i, None if whole else slice(low - self.starts[i], high - self.starts[i])))
                if self.starts[i + 1] > stop:
                    break
                i += 1
            yield self.values[start:stop], [array[start:stop] for array in self.arrays.values()], pieces


class _Rows(dict[int, Any]):
    """Parameter i -> its gradient as one row in the parameter's dtype: a view where it can be."""

    def __init__(self, params: list[Tensor]) -> None:
        self.params = params

    def __missing__(self, i: int) -> Any:
        p = self.params[i]
        row = self[i] = np.asarray(p._grad._data, p.dtype).reshape(-1)  # type: ignore[union-attr]  # asked only of those that have one
        return row


def _is_free(p: Tensor) -> bool:
    """Whether its array may be written.

    One that was frozen after its gradient was made counts as a constant by now: what was recorded with it keeps the
    array it had, so the parameter needs another.
    """
    return p._requires_grad or p._grad is None


def _side_by_side(params: list[Tensor], starts: list[int]) -> Any:
    """The row of memory that these parameters fill in this order, as another optimizer left them; None if they do not."""
    base = _buffers.get(id(getattr(params[0]._data, "base", None)))
    if base is None or base.dtype != params[0].dtype:
        return None
    offset = params[0]._data.ctypes.data - base.ctypes.data
    for p, start in zip(params, starts, strict=False):
        at_its_place = not p.size or p._data.ctypes.data - base.ctypes.data == offset + start * base.itemsize
        if not (p._data.base is base and p._data.flags.c_contiguous and at_its_place and _is_free(p)):
            return None
    first = offset // base.itemsize
    return base[first : first + starts[-1]]
