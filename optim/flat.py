"""Flat: the parameters of a group, and what an optimizer remembers of them, side by side in one buffer each.

An elementwise rule does not depend on where one parameter ends and the next begins. It is therefore applied to
stretches of the buffers that fit the cache: many small parameters take few calls, and a large one needs no temporary of
its full size (docs/design/flat-parameters.md).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate, pairwise
from operator import attrgetter, is_
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor
from autograd.aligned import aligned_empty
from autograd.errors import ShapeError
from autograd.recorder import Aside, Row, rows
from autograd.threads import part, together

# Bytes of a stretch: few enough that the four or five arrays of a rule stay in the cache, and so many that the cost of
# NumPy's calls, between which threads wait for each other, hardly counts.
STRETCH = range(256 * 1024, 1024 * 1024)
SHARED = 768 * 1024  # bytes of the parameters from which on several threads pay

Update = Callable[..., None]
Piece = tuple[int, slice | None]  # a parameter's number, and which part of it: None for the whole

_buffers: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()  # those made here, by id
_raw, _requires_grad = attrgetter("_array"), attrgetter("_requires_grad")


def of_parts(dtype: Any) -> Any:
    """The dtype of the real and imaginary parts of a complex dtype; a real one as it is."""
    return np.dtype(dtype.char.lower()) if dtype.kind == "c" else dtype


def scalars(dtype: Any, *values: float) -> list[Any]:
    """Numbers as 0-d arrays. NumPy converts a Python float anew in every call, which costs as much as the call.

    Args:  dtype: or a scalar type such as np.float32: then NumPy numbers, for arrays of other libraries.
    """
    return [dtype(value) if isinstance(dtype, type) else np.array(value, dtype) for value in values]


class Buffers(Aside):
    """Memory of the size of a stretch, for each thread its own, that all groups of an optimizer share.

    count   how many of them the rule takes
    """

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        self.count = 0
        self._of: dict[int, list[Any]] = {}

    def of(self, thread: int, count: int, size: int) -> list[Any]:
        """The first of a thread's buffers, of this many elements at least."""
        found = [buffer for buffer in self._of.get(thread, ()) if buffer.size >= size]
        while len(found) < count:
            found.append(aligned_empty(size, self.dtype))
        self._of[thread] = found
        return found[:count]


class Stretch(NamedTuple):
    """A part of the buffers, and the arguments of the rule for it.

    values     of the buffer of parameters
    start      where it begins among the parameters that are updated
    pieces     the gradients that belong to it
    gathered   where they are joined
    rest       of the arrays and of the scratch buffers
    """

    values: Any
    start: int
    pieces: list[Piece]
    gathered: Any
    rest: list[Any]


class Stretches(Aside):
    """Parameters that are updated together, cut into stretches, for each thread with its own buffers."""

    def __init__(self, cut: Callable[[int], Iterable[Stretch]]) -> None:
        self._cut = cut
        self.first = list(cut(0))
        self._others: dict[int, list[Stretch]] = {}

    def of(self, thread: int) -> list[Stretch]:
        if not thread:
            return self.first
        if thread not in self._others:
            self._others[thread] = list(self._cut(thread))
        return self._others[thread]


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

    def __init__(self, params: Sequence[Tensor], initial: Mapping[str, float], buffers: Buffers | None = None) -> None:
        """Move the parameters into a new buffer, or leave them where they are if they lie side by side already.

        Args:  buffers: what the rule takes after the arrays.
        """
        self.params = list(params)
        stored = params[0].dtype
        self.dtype = dtype = of_parts(stored)
        self.parts = stored.itemsize // dtype.itemsize  # how many numbers an element is
        self.starts = [0, *accumulate(p.size * self.parts for p in params)]
        shared = _side_by_side(self.params, self.starts)
        if shared is None:
            self.values = aligned_empty(self.starts[-1], dtype)
            memory = self.values.base
            _buffers[id(memory)] = memory
        else:
            self.values = shared
        self.initial = dict(initial)
        self.arrays = {name: aligned_empty(self.starts[-1], dtype) for name in initial}
        for name, value in initial.items():
            self.arrays[name].fill(value)
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
        self._stretches: dict[tuple[int, int, bool], Stretches] = {}
        self._buffers = buffers or Buffers(dtype)

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

    def apply(self, update: Update, first: int, last: int, *, spare: bool = False, alone: bool = True) -> None:
        """Call update(p, g, *arrays, *scratch) on the stretches of parameters first … last-1, which have gradients.

        Args:  spare: whether update takes another buffer, before the arrays.
               alone: whether it must be called in this thread, on one stretch after the other.
        """
        stretches = self._stretches.get((first, last, spare))
        if stretches is None:
            stretches = self._stretches[first, last, spare] = Stretches(partial(self._cut, first, last, spare))
        row, start = self._row(first, last)
        gradients = None if row is not None else _GradientRows(self.params)
        if alone or (self.starts[last] - self.starts[first]) * self.values.itemsize < SHARED:
            self._some(update, stretches.first, row, start, gradients)
            return

        def some(numbers: Iterator[int], thread: int) -> None:
            own = map(stretches.of(thread).__getitem__, numbers)
            self._some(update, own, row, start, gradients)

        together(some, len(stretches.first))

    def _some(self, update: Update, stretches: Iterable[Stretch], row: Row | None, first: int, gradients: Any) -> None:
        """Call update on stretches, with gradients from a row, where they begin at `first`, or from where they lie."""
        params, real = self.params, self.parts == 1
        for values, start, pieces, gathered, rest in stretches:
            if row is not None:
                g = row.part(first + start, first + start + values.size)
            elif len(pieces) == 1:
                i, part = pieces[0]
                g = gradients[i] if part is None else gradients[i][part]
            else:
                g = gathered
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

    def _cut(self, first: int, last: int, spare: bool, thread: int) -> Iterator[Stretch]:
        """The stretches of the buffer from parameter first to last-1, for a thread."""
        count, itemsize, i = self.starts[last] - self.starts[first], self.values.itemsize, first
        size = part(count * itemsize, STRETCH) // itemsize
        gathered, extra, *scratch = self._buffers.of(thread, 2 + self._buffers.count, min(size, count))
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
            rest = [buffer[: stop - start] for buffer in ([extra] if spare else [])]
            rest += [array[start:stop] for array in self.arrays.values()]
            rest += [buffer[: stop - start] for buffer in scratch]
            yield Stretch(self.values[start:stop], start - self.starts[first], pieces, gathered[: stop - start], rest)


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
