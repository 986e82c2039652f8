"""The state that a step may change, kept so that it can be put back, and compared with what another run left."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # signal.signal takes 4 µs, to make enums of numbers
import signal
import threading
from threading import get_ident
from typing import Any

import numpy as np

from autograd.capture.reach import Reach
from autograd.random import generator


class Snapshot:
    """The contents of everything that a step reaches: arrays, gradients, settings, random generators."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        arrays = [t._array for t in reach.tensors] + reach.arrays
        self.arrays = [(a, a.copy()) for a in arrays if isinstance(a, np.ndarray)]
        self.tensors = [(t, t._array, t._grad, getattr(t, "written", 0)) for t in reach.tensors]
        self.dicts = [(d, dict(d)) for d in reach.dicts]
        self.lists = [(x, list(x)) for x in reach.lists]
        self.generators = [(g, g.bit_generator.state) for g in (*reach.generators, generator())]

    def restore(self) -> None:
        """Put everything back."""
        for a, values in self.arrays:
            if a.flags.writeable and a.tobytes() != values.tobytes():
                a[...] = values
        for t, array, grad, written in self.tensors:
            t._array, t._grad, t.written = array, grad, written
        for d, items in self.dicts:
            d.clear()
            d.update(items)
        for x, elements in self.lists:
            x[:] = elements
        for g, state in self.generators:
            g.bit_generator.state = state


def contents(reach: Reach) -> list[tuple[str, Any]]:
    """The values of everything that a step reaches, as far as two runs can be compared by them."""
    found: list[tuple[str, Any]] = []
    for t in reach.tensors:
        found.append((f"a tensor of shape {t.shape}", _bits(t._array)))
        found.append((f"the .grad of a tensor of shape {t.shape}", None if t._grad is None else _bits(t._grad._array)))
    found += [(f"an array of shape {a.shape}", _bits(a)) for a in reach.arrays if a.dtype.kind in "fiubc"]
    found += [("a random generator", repr(g.bit_generator.state)) for g in (*reach.generators, generator())]
    return found


def _bits(x: Any) -> Any:
    x = np.asarray(x)
    return x.shape, x.dtype.str, x.tobytes()


def same_bits(a: Any, b: Any) -> bool:
    """Whether two results are equal to the bit."""
    if isinstance(a, (np.ndarray, np.generic)) or isinstance(b, (np.ndarray, np.generic)):
        return bool(_bits(a) == _bits(b))
    return type(a) is type(b) and (a is b or bool(a == b) or bool(a != a and b != b))


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
