"""Where a captured step listens (docs/design/capture.md): what cannot be recorded as NumPy's calls passes here.

Outside of a recording each of these costs a look into an empty dict.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import accumulate
from operator import is_
from threading import get_ident
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

recorders: dict[int, Any] = {}  # thread -> what records its operations now


class Aside:
    """The base of what a captured step need not compare or put back: nothing depends on what it was."""

    __slots__ = ()


class Row:
    """Gradients that lie side by side in one array: an optimizer need not gather them."""

    def __init__(self, array: Any, views: list[Any]) -> None:
        self.array, self.views = array, views
        self.places = {id(view): i for i, view in enumerate(views)}
        self.starts = [0, *accumulate(view.size for view in views)]
        self.parts: dict[tuple[int, int], Any] = {}
        for view in views:
            rows[id(view)] = self

    def place(self, views: list[Any]) -> int:
        """Where these begin in the row; -1 if they are not neighbours in it."""
        first = self.places[id(views[0])]
        same = all(map(is_, views, self.views[first : first + len(views)]))
        return self.starts[first] if same and first + len(views) <= len(self.views) else -1

    def part(self, start: int, stop: int) -> Any:
        """A part of the array, made once."""
        found = self.parts.get((start, stop))
        if found is None:
            found = self.parts[start, stop] = self.array[start:stop]
        return found


rows: WeakValueDictionary[int, Row] = WeakValueDictionary()  # id of a gradient -> its row


class Stand:
    """The base of the array that stands for an ndarray while a step is recorded."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def asarray(x: Any, dtype: Any = None) -> Any:
    """np.asarray(x, dtype), also of a value that is being recorded."""
    if isinstance(x, Stand):
        return x if dtype is None or x.dtype == dtype else x.astype(dtype)
    return np.asarray(x, dtype)


def called(function: Callable[..., Any], x: Any, *args: Any) -> Any:
    """function(x, *args), which is pure and not NumPy's; of a value that is being recorded it is one line."""
    return current().call(function, (x, *args), {}, []) if isinstance(x, Stand) else function(x, *args)


def integer(x: Any) -> int:
    """int(x); a replay in which it is another is another trace."""
    return current().integer(x) if isinstance(x, Stand) else int(x)


def numbers(x: Any) -> np.ndarray:
    """np.asarray(x) of integers that decide what is computed; a replay in which they are others is another trace."""
    return current().numbers(x) if isinstance(x, Stand) else np.asarray(x)


def current() -> Any:
    """The recorder of this thread, or None."""
    return recorders.get(get_ident()) if recorders else None


def effect(function: F) -> F:
    """A function of the library that changes objects, such as an optimizer's step: a replay calls it again."""

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        if recorders and (recorder := current()) is not None:
            return recorder.effect(function, args, kwargs)
        return function(*args, **kwargs)

    called.is_effect = True  # type: ignore[attr-defined]
    return called  # type: ignore[return-value]


def sure(function: F) -> F:
    """An effect that does not fail once the gradients are there: a replay may have written them before it."""
    function.sure = True  # type: ignore[attr-defined]
    return effect(function)


def is_effect(function: Any) -> bool:
    """Whether a function is decorated by `effect`."""
    return getattr(function, "is_effect", False) is True


def whole(function: F) -> F:
    """A function of arrays, or one that draws random numbers, which a replay calls again: it looks at values."""

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        if recorders and (recorder := current()) is not None:
            return recorder.native(function, args, kwargs, always=True)
        return function(*args, **kwargs)

    return called  # type: ignore[return-value]


def natively(function: Callable[..., Any], args: Any, kwargs: Any, error: Exception) -> Any:
    """The result of a pure function that could not be recorded, as one call that a replay repeats.

    Raises: the error, where nothing is being recorded.
    """
    recorder = current()
    if recorder is None:
        raise error
    return recorder.native(function, args, kwargs, because=error)
