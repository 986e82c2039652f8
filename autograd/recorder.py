"""Where a captured step listens (docs/design/capture.md): what cannot be recorded as NumPy's calls passes here.

Outside of a recording each of these costs a look into an empty dict.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from threading import get_ident
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

recorders: dict[int, Any] = {}  # thread -> what records its operations now


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


def integer(x: Any) -> int:
    """int(x); a replay in which it is another is another trace."""
    return current().integer(x) if isinstance(x, Stand) else int(x)


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
