"""Checks of the arguments that constructors of modules get."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, DTypeError
from autograd.options import check_flag


def check_size(what: str, value: Any) -> int:
    """A size given to a constructor: a positive integer, or an ArgumentError that says so."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ArgumentError(f"{what} must be a positive integer; got {value!r}.")
    return int(value)


def check_options(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Check what a constructor of this package gets: flags are True or False, the dtype fits, there is no device."""
    made_by = cls.__init__  # type: ignore[misc]
    if made_by is object.__init__ and (args or kwargs):  # Python says so only where there is no __new__
        raise TypeError(f"{cls.__name__}() takes no arguments")
    if (getattr(made_by, "__module__", None) or "").partition(".")[0] != "nn":  # a user's class checks its own
        return
    flags, takes_device = _options(made_by)
    for name, i in flags:
        given = args[i] if i is not None and i < len(args) else False
        check_flag(f"{cls.__name__}: {name}", kwargs.get(name, given))
    dtype = np.dtype(kwargs.get("dtype"))
    if dtype.kind == "c" and not cls.takes_complex:  # type: ignore[attr-defined]
        raise DTypeError(f"{cls.__name__} is defined for real numbers; got dtype={dtype}.")
    if "device" in kwargs and not takes_device:
        raise ArgumentError(
            f"{cls.__name__} takes no device; got {kwargs['device']!r}. Arrays here are NumPy's: leave it out."
        )


@functools.cache
def _options(made_by: Any) -> tuple[list[tuple[str, int | None]], bool]:
    """(the name of each flag of a constructor, and its place, None for a keyword alone; whether it takes a device)."""
    parameters = list(inspect.signature(made_by).parameters.values())[1:]
    flags = [
        (p.name, None if p.kind is p.KEYWORD_ONLY else i)
        for i, p in enumerate(parameters)
        if p.annotation in (bool, "bool")
    ]
    return flags, any(p.kind is p.VAR_KEYWORD or p.name == "device" for p in parameters)
