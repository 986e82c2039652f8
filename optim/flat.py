"""Flat: the parameters of a group, and what an optimizer remembers of them, side by side in one buffer each.

An elementwise rule does not depend on where one parameter ends and the next begins. It is therefore applied to
stretches of the buffers that fit the cache: many small parameters take few calls, and a large one needs no temporary of
its full size (docs/design/flat-parameters.md).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from operator import attrgetter, is_
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor
from autograd.errors import ShapeError
from autograd.recorder import Row, Scratch, rows

# Bytes of a stretch: few enough that the four or five arrays of a rule stay in the cache, and so many that the cost of
# NumPy's calls hardly counts.
BLOCK = 128 * 1024

Update = Callable[..., None]
Piece = tuple[int, slice | None]  # a parameter's number, and which part of it: None for the whole

_buffers: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()  # those made here, by id
_raw, _requires_grad = attrgetter("_array"), attrgetter("_requires_grad")


def block(dtype: Any) -> int:
    """How many elements a stretch has."""
    return BLOCK // int(np.dtype(dtype).itemsize)


def of_parts(dtype: Any) -> Any:
    """The dtype of the real and imaginary parts of a complex dtype; a real one as it is."""
    return np.dtype(dtype.char.lower()) if dtype.kind == "c" else dtype


def scalars(dtype: Any, *values: float) -> list[Any]:
    """Numbers as 0-d arrays. NumPy converts a Python float anew in every call, which costs as much as the call.

    Args:  dtype: or a scalar type such as np.float32: then NumPy numbers, for arrays of other libraries.
    """
    return [dtype(value) if isinstance(dtype, type) else np.array(value, dtype) for value in values]


class Stretch(NamedTuple):
    """A part of the buffers, and the arguments of the rule for it.

    values     of the buffer of parameters
    pieces     the gradients that belong to it
    rest       of the arrays and of the scratch buffers
    """

    values: Any
    pieces: list[Piece]
    rest: list[Any]


class Flat:
    """Parameters of one dtype in one buffer, of which their arrays become views.

    Complex numbers lie in it as pairs of real ones, which are updated on their own, as in PyTorch.

    dtype        of all of them; of complex ones that of their parts
    params       in the order of the buffer
    starts       where each begins, and last where the buffer ends
    values       the buffer of the parameters
    initial      name -> first value of a quantity that the optimizer remembers of every element
    arrays       name -> its buffer
    remembered   for each parameter: name -> its part of that buffer, in its shape
    """

    def __init__(self, params: Sequence[Tensor], initial: Mapping[str, float], scratch: Sequence[Any] = ()) -> None:
        """Move the parameters into a new buffer, or leave them where they are if they lie side by side already.

        Args:  scratch: buffers of `block(dtype)` elements, passed to the rule after the arrays.
        """
        self.params = list(params)
        stored = params[0].dtype
        self.dtype = dtype = of_parts(stored)
        self.parts = stored.itemsize // dtype.itemsize  # how many numbers an element is
        self.starts = [0, *accumulate(p.size * self.parts for p in params)]
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
                view = self.values[start:stop].view(stored).reshape(p.shape)
                view[...] = p._array
                p._array = view
            self.views.append(p._array)
            parts = {name: array[start:stop].view(stored) for name, array in self.arrays.items()}
            self.remembered.append({name: array.reshape(p.shape) for name, array in parts.items()})
        self._stretches: dict[tuple[int, int], list[Stretch]] = {}
        self._scratch = scratch
        self._gathered = Scratch(np.empty(min(block(dtype), self.starts[-1]), dtype))

    def still_holds(self) -> bool:
        """Whether every parameter's array is still its view of the buffer, and may be written."""
        if not all(map(is_, map(_raw, self.params), self.views)):
            return False
        return all(map(_requires_grad, self.params)) or all(map(_may_be_written, self.params))

    def adopt(self, i: int, entry: dict[str, Any] | None) -> bool:
        """Copy the arrays in parameter i's entry of the state into the buffers, and put views of these into the entry.

        An array that the entry lacks starts at its first value.

        Returns:   whether the entry had all of them.
        """
        complete = entry is not None
        for name, view in self.remembered[i].items():
            value = None if entry is None else entry.get(name)
            if value is view:
                continue
            if value is None:
                complete = False
                view[...] = self.initial[name] * (1 if self.parts == 1 else 1 + 1j)
            elif value.shape != view.shape:
                raise ShapeError(
                    f"parameter {i} has shape {view.shape} by now, but its {name} {value.shape}: "
                    "del optimizer.state[it]."
                )
            else:
                view[...] = value
            if entry is not None:
                entry[name] = view
        return complete

    def apply(self, update: Update, first: int, last: int) -> None:
        """Call update(p, g, *arrays, *scratch) on the stretches of parameters first … last-1, which have gradients."""
        stretches = self._stretches.get((first, last))
        if stretches is None:
            stretches = self._stretches[first, last] = list(self._cut(first, last))
        row, start = self._row(first, last)
        if row is not None:
            for values, _, rest in stretches:
                update(values, row.part(start, start + values.size), *rest)
                start += values.size
            return
        params, gradients, real = self.params, _GradientRows(self.params), self.parts == 1
        for values, pieces, rest in stretches:
            if len(pieces) == 1:
                i, part = pieces[0]
                g = gradients[i] if part is None else gradients[i][part]
            else:
                g = self._gathered.array[: values.size]
                found = [
                    params[i]._grad._array if part is None and real else gradients[i][part or slice(None)]  # type: ignore[union-attr]
                    for i, part in pieces
                ]
                np.concatenate(found, axis=None, out=g)
            update(values, g, *rest)

    def _row(self, first: int, last: int) -> tuple[Row | None, int]:
        """(the row in which their gradients lie side by side, from where on); None if a captured step made no such."""
        gradient: Any = self.params[first]._grad
        row = rows.get(id(gradient._array)) if rows else None
        if row is None:
            return None, 0
        start = row.place([p._grad._array for p in self.params[first:last]])  # type: ignore[union-attr]
        return (row, start) if start >= 0 and row.array.dtype == self.dtype else (None, 0)

    def _cut(self, first: int, last: int) -> Iterator[Stretch]:
        """The stretches of the buffer from parameter first to last-1."""
        size, i = block(self.values.dtype), first
        for start in range(self.starts[first], self.starts[last], size):
            stop = min(start + size, self.starts[last])
            pieces: list[Piece] = []
            while i < last and self.starts[i] < stop:
                low, high = max(start, self.starts[i]), min(stop, self.starts[i + 1])
                if low < high:
                    whole = high - low == self.starts[i + 1] - self.starts[i]
                    pieces.append((i, None if whole else slice(low - self.starts[i], high - self.starts[i])))
                if self.starts[i + 1] > stop:
                    break
                i += 1
            rest = [array[start:stop] for array in self.arrays.values()]
            rest += [buffer[: stop - start] for buffer in self._scratch]
            yield Stretch(self.values[start:stop], pieces, rest)


class _GradientRows(dict[int, Any]):
    """Parameter i -> its gradient as one row in the parameter's dtype."""

    def __init__(self, params: list[Tensor]) -> None:
        self.params = params

    def __missing__(self, i: int) -> Any:
        p = self.params[i]
        assert p._grad is not None
        row = self[i] = in_one_row(p._grad._array, p.dtype)
        return row


def in_one_row(array: Any, dtype: Any) -> Any:
    """An array in this dtype as one row, a view where it can be; of complex numbers both parts, side by side."""
    row = np.asarray(array, dtype).reshape(-1)
    return row.view(of_parts(dtype)) if dtype.kind == "c" else row


def _may_be_written(p: Tensor) -> bool:
    """Whether the parameter's array may be written in place.

    A parameter that was frozen after its gradient was made is a constant to what was recorded since. That keeps the
    array, so the parameter has to move to another.
    """
    return p._requires_grad or p._grad is None


def _side_by_side(params: list[Tensor], starts: list[int]) -> Any:
    """The part of another optimizer's buffer that these parameters fill in this order; None if there is none."""
    base = _buffers.get(id(getattr(params[0]._array, "base", None)))
    if base is None or base.dtype != of_parts(params[0].dtype):
        return None
    offset = params[0]._array.ctypes.data - base.ctypes.data
    for p, start in zip(params, starts, strict=False):
        at_its_place = not p.size or p._array.ctypes.data - base.ctypes.data == offset + start * base.itemsize
        if not (p._array.base is base and p._array.flags.c_contiguous and at_its_place and _may_be_written(p)):
            return None
    first = offset // base.itemsize
    return base[first : first + starts[-1]]
