"""The state that a step may change, kept so that it can be put back, and compared with what another run left."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # signal.signal takes 4 µs, to make enums of numbers
import signal
import threading
from array import ArrayType
from collections import deque
from collections.abc import Iterator
from operator import is_
from threading import get_ident
from typing import Any

import numpy as np

from autograd.capture.bindings import bindings
from autograd.capture.draws import generators_of, put_back, same_state, state_of
from autograd.capture.reach import Reach
from autograd.capture.steppers import SIMPLE
from autograd.capture.users_code import slots

SMALL = 64 * 1024  # bytes that are copied to be compared
WALKS = 8  # of the effects of one program, that are kept


class Snapshot:
    """The contents of everything that a step reaches: arrays, gradients, settings, random generators.

    Args:  compared: whether `difference` will be asked for, for which gradients are copied.
           everybodys: whether the generators of `random` and `np.random` are in it.
    """

    def __init__(self, reach: Reach, *, compared: bool = False, everybodys: bool = True) -> None:
        self.arrays = [(a, a.copy()) for a in _memory(reach) if a.flags.writeable]
        self.tensors = [(t, t._array, t._grad, getattr(t, "written", 0)) for t in reach.tensors]
        self.dicts = [(d, dict(d)) for d in reach.dicts]
        self.lists = [(x, list(x)) for x in (*reach.lists, *reach.sets)]
        self.names = [(b, b.now()) for b in bindings(reach) if b.put is not None]
        self.generators = [(g, state_of(g)) for g in generators_of(reach, everybodys=everybodys)]
        self.gradients = [(t, _gradient(t)) for t in reach.tensors] if compared else []

    def restore(self) -> None:
        """Put everything back."""
        for a, values in self.arrays:
            if not same_bits(a, values):
                a[...] = values
        for t, array, grad, written in self.tensors:
            t._array, t._grad, t.written = array, grad, written
        for d, items in self.dicts:
            d.clear()
            d.update(items)
        for x, elements in self.lists:
            _refill(x, elements)
        for binding, names in self.names:
            now = binding.now()
            for name, value in names.items():
                if now.get(name) is not value:
                    binding.put(name, value)
        for g, state in self.generators:
            put_back(g, state)

    def difference(self) -> str:
        """What now holds other values, as far as two runs can be compared; '' if nothing."""
        for a, values in self.arrays:
            if a.dtype.kind in "fiubc" and not same_bits(a, values):
                return f"an array of shape {a.shape}"
        for t, array, _, _ in self.tensors:
            if t._array is not array and not same_bits(t._array, array):
                return f"the array of a tensor of shape {t.shape}"
        for t, gradient in self.gradients:
            if not same_bits(gradient, None if t._grad is None else t._grad._array):
                return f"the .grad of a tensor of shape {t.shape}"
        same = all(same_state(state_of(g), state) for g, state in self.generators)
        return "" if same else "a random generator"


def _refill(x: Any, elements: list[Any]) -> None:
    """Put elements back into a list, a set, a deque or a row of bytes."""
    if isinstance(x, (list, bytearray)):
        x[:] = elements
    elif isinstance(x, (set, deque)):
        x.clear()
        (x.update if isinstance(x, set) else x.extend)(elements)
    elif isinstance(x, ArrayType):
        x[:] = ArrayType(x.typecode, elements)


class Kept:
    """What the effects of a replay may change, as it was before each: a later question may call for another trace."""

    def __init__(self) -> None:
        self._snapshots: list[Snapshot] = []
        self._walks: deque[_Walk] = deque(maxlen=WALKS)

    def before(self, *objects: Any) -> None:
        """Keep what these reach: an effect is about to change them."""
        walk = next((w for w in self._walks if w.begins_with(objects) and w.holds()), None)
        if walk is None:
            walk = _Walk(Reach(*objects))
            self._walks.append(walk)
        self._snapshots.append(Snapshot(walk.with_gradients(), everybodys=False))

    def restore(self) -> None:
        """Put everything back, what was kept last first."""
        for snapshot in reversed(self._snapshots):
            snapshot.restore()

    def clear(self) -> None:
        """Let go of it: the replay has ended."""
        self._snapshots.clear()


class _Walk:
    """What some objects reach, and whether they still do: all that it has met holds what it held."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        others = reach.functions, reach.classes, reach.iterators, reach.variables, reach.partials, reach.sets
        kinds: set[Any] = set(map(type, reach.objects))
        plain = not any(others) and not any(map(slots, kinds))
        self._held = list(self._now()) if plain else None
        gradients = set(map(id, _gradients(reach.tensors)))
        self._arrays = [a for a in reach.arrays if id(a) not in gradients]

    def begins_with(self, objects: tuple[Any, ...]) -> bool:
        starts = self.reach.starts
        return len(starts) == len(objects) and all(map(is_, starts, objects))

    def holds(self) -> bool:
        """Whether the same objects would be reached. False where that takes a walk to find out."""
        if self._held is None:
            return False
        now = list(self._now())
        return len(now) == len(self._held) and all(map(is_, now, self._held))

    def _now(self) -> Iterator[Any]:
        for d in self.reach.dicts:
            yield from [x for x in (*d, *d.values()) if type(x) not in SIMPLE]
        for x in self.reach.lists:
            yield from [y for y in x if type(y) not in SIMPLE]
        for t in self.reach.tensors:
            yield from (t._array, getattr(t, "hooks", None))

    def with_gradients(self) -> Reach:
        """What is reached, with the gradients of this replay."""
        self.reach.arrays = [*self._arrays, *_gradients(self.reach.tensors)]
        return self.reach


def _gradients(tensors: list[Any]) -> list[Any]:
    return [t._grad._array for t in tensors if t._grad is not None]


def _gradient(t: Any) -> Any:
    return None if t._grad is None else t._grad._array.copy()


def _memory(reach: Reach) -> list[Any]:
    """The arrays that are reached, each part of memory once: of views, as parameters are, only what they show."""
    found = {id(a): a for a in (*[t._array for t in reach.tensors], *reach.arrays) if isinstance(a, np.ndarray)}
    return [a for a in found.values() if not any(id(base) in found and base.flags.writeable for base in _bases(a))]


def _bases(array: Any) -> Iterator[Any]:
    while isinstance(array := array.base, np.ndarray):
        yield array


def same_bits(a: Any, b: Any) -> bool:
    """Whether two results are equal to the bit."""
    if isinstance(a, (np.ndarray, np.generic)) and isinstance(b, (np.ndarray, np.generic)):
        alike = a.shape == b.shape and a.dtype.str == b.dtype.str
        return alike and (_same_memory(a, b) if a.nbytes > SMALL else a.tobytes() == b.tobytes())
    return type(a) is type(b) and (a is b or bool(a == b) or bool(a != a and b != b))


def _same_memory(a: Any, b: Any) -> bool:
    """`same_bits` of large arrays of one shape and dtype, without copies if they are contiguous."""
    if a.dtype.hasobject or a.nbytes % 8 or not (a.flags.c_contiguous and b.flags.c_contiguous):
        return bool(a.tobytes() == b.tobytes())
    return bool(np.array_equal(a.reshape(-1).view(np.uint64), b.reshape(-1).view(np.uint64)))


_main = threading.main_thread().ident


class Uninterrupted:
    """Inside, Ctrl-C waits until the end, so that a step is written whole."""

    __slots__ = ("arrived", "before")

    def __enter__(self) -> None:
        self.before: Any = None
        if get_ident() == _main:
            self.before = _signal.getsignal(signal.SIGINT)
            if self.before is not None:
                self.arrived: list[Any] = []
                _signal.signal(signal.SIGINT, self._note)

    def _note(self, *event: Any) -> None:
        self.arrived.append(event)

    def __exit__(self, *error: object) -> None:
        if self.before is not None:
            _signal.signal(signal.SIGINT, self.before)
            if self.arrived and callable(self.before):
                self.before(*self.arrived[0])
