"""Levels: which vmap a hidden axis belongs to."""

from __future__ import annotations

import itertools
from typing import Any

from autograd.engine.kinds import inside_vmap

_numbers = itertools.count(1)


class Level:
    """One run of a vmapped function.

    number      later runs, and so inner ones, have higher numbers: the order of several hidden axes
    size        the length of the hidden axis
    alive       whether the function is still running; a cotangent of it is per example until then
    randomness  what random numbers are: an "error", "different" for each example or the "same" for all
    loops       NumPy's functions that had no form for the batch and ran example by example, with how often
    begun       in a vmap of several chunks: generator -> the state in which it began, and the last chunk that used it
    """

    __slots__ = ("_token", "alive", "begun", "loops", "number", "randomness", "size")

    def __init__(self, size: int, randomness: str, loops: dict[str, int], begun: dict[int, Any] | None) -> None:
        self.number = next(_numbers)
        self.size = size
        self.alive = False
        self.randomness = randomness
        self.loops = loops
        self.begun = begun

    def __enter__(self) -> Level:
        self.alive = True
        self._token = inside_vmap.set(True)
        return self

    def __exit__(self, *_: object) -> None:
        self.alive = False
        inside_vmap.reset(self._token)

    def __repr__(self) -> str:
        return f"<vmap of {self.size}>"
