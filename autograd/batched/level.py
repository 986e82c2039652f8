"""Levels: which vmap a hidden axis belongs to."""

from __future__ import annotations

import itertools
from contextvars import ContextVar

from autograd.errors import BatchError

_numbers = itertools.count(1)
_running: ContextVar[tuple[Level, ...]] = ContextVar("vmap levels", default=())


class Level:
    """One run of a vmapped function.

    number      later runs, and so inner ones, have higher numbers: the order of several hidden axes
    size        the length of the hidden axis
    alive       whether the function is still running; a cotangent of it is per example until then
    randomness  what random numbers are: an "error", "different" for each example or the "same" for all
    loops       NumPy's functions that had no form for the batch and ran example by example, with how often
    """

    __slots__ = ("_token", "alive", "loops", "number", "randomness", "size")

    def __init__(self, size: int, randomness: str, loops: dict[str, int]) -> None:
        self.number = next(_numbers)
        self.size = size
        self.alive = False
        self.randomness = randomness
        self.loops = loops

    def __enter__(self) -> Level:
        self.alive = True
        self._token = _running.set((*_running.get(), self))
        return self

    def __exit__(self, *_: object) -> None:
        self.alive = False
        _running.reset(self._token)

    def __repr__(self) -> str:
        return f"<vmap of {self.size}>"


def running() -> tuple[Level, ...]:
    """The levels whose functions are running here, outermost first."""
    return _running.get()


def check_randomness(level: Level) -> None:
    """Raise BatchError if this level allows no random numbers."""
    if level.randomness == "error":
        raise BatchError(
            "random numbers inside vmap: say whether the examples share them. Use vmap(f, randomness='different') for "
            "numbers of their own, or 'same' for one draw that all share."
        )
