"""Kinds of arrays: ndarrays, and those of other libraries that take part in NumPy's functions by themselves.

A rule is NumPy and nothing but NumPy, so any such array goes through the same rules. Little has to be said: which they
are, and how a constant, a seed or a copy becomes one of them. What they must be able to do is in docs/arrays.md.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

import numpy as np

from autograd.engine import recording
from autograd.errors import DTypeError
from autograd.recorder import Stand, asarray

ndarray = np.ndarray
_all = np.logical_and.reduce
per_example: ContextVar[bool] = ContextVar("cotangents stay per example", default=False)  # also after their vmap
inside_vmap: ContextVar[bool] = ContextVar("inside the function of a vmap", default=False)
# Whether another library's array or a complex Tensor has come in: until then the hot paths ask one thing, this.
met = False
_stays = False  # whether one of those came in that may be anywhere by now
_visits = 0
_lock = threading.Lock()


def note(x: Any) -> Any:
    """The same value. What comes from outside passes here, so that `met` is known."""
    global met, _stays
    if not _stays and _of_another_library(x):
        met = True
        _stays = not getattr(type(x), "leaves_with_its_visit", False)
    return x


@contextmanager
def visit() -> Iterator[None]:
    """Inside, arrays may come in whose class says `leaves_with_its_visit`; afterwards `met` is as if they had not."""
    global met, _visits
    with _lock:
        _visits += 1
    try:
        yield
    finally:
        with _lock:
            _visits -= 1
            met = _stays or (met and _visits > 0)


def is_foreign(x: Any) -> bool:
    """Whether x is another library's array (a Tensor is none; the array in it may be)."""
    return met and _of_another_library(x)


def any_foreign(xs: Any) -> bool:
    """Whether one of them is."""
    return any([is_foreign(x) for x in xs])


def first_complex() -> bool:
    """Note that complex numbers are differentiated; whether that was not known before."""
    global met, _stays
    before = met
    met = _stays = True
    return not before


def refuse_complex(name: str) -> NoReturn:
    """Raise because an operation has rules for real numbers only."""
    raise DTypeError(
        f"{name}: its derivative is that of real numbers; got complex ones. Apply it to np.real(z), np.imag(z) or "
        "np.abs(z), or take z.detach()."
    )


def _of_another_library(x: Any) -> bool:
    if type(x) is ndarray:
        return False
    return hasattr(type(x), "__array_function__") and not isinstance(x, (ndarray, np.generic, recording.Tensor))


def elsewhere(operation: Any, args: Any, raw: Any, params: Any) -> Any:
    """What an operation gives for another library's arrays and complex numbers instead of its result, or None.

    An array that knows the operation itself has `__chainrule_operation__(operation, raw, params)`, whose result is a
    constant; NotImplemented there means no. Otherwise the operation's definition in ordinary NumPy runs, if it has one.

    Raises: DTypeError for complex numbers if the operation's rules are those of real numbers.
    """
    of_complex = any([getattr(getattr(x, "dtype", None), "kind", None) == "c" or type(x) is complex for x in raw])
    if of_complex and not operation.complex and any([getattr(a, "requires_grad", False) for a in args]):
        refuse_complex(operation.name)
    foreign = [x for x in raw if is_foreign(x)]
    for x in foreign:
        own = getattr(type(x), "__chainrule_operation__", None)
        out = NotImplemented if own is None else own(x, operation, raw, params)
        if out is not NotImplemented:
            return recording.constant(out) if any([recording.is_tensor(a) for a in args]) else out
    if operation.composite is None or not (foreign or of_complex and operation.complex != "own rules"):
        return None
    if foreign and not of_complex and hasattr(type(foreign[0]), "at_once"):
        out = foreign[0].at_once(operation, args, raw, params)
        if out is not NotImplemented:
            return out
    return operation.composite(*args, **params)


def somewhere(condition: Any) -> bool:
    """Whether a condition holds anywhere; True if it is another library's, so that the form for all cases runs."""
    return is_foreign(condition) or bool(condition.any())


def throughout(condition: Any) -> bool:
    """Whether a condition is known to hold everywhere; False if it is another library's, which is not asked."""
    return not is_foreign(condition) and bool(_all(condition, axis=None))


def surely(condition: Any) -> bool:
    """Whether a condition is known to hold anywhere; False if it is another library's, which is not asked."""
    return not is_foreign(condition) and bool(condition.any())


def like(constant: Any, x: Any) -> Any:
    """A constant, made of numbers, as an array of the kind of x."""
    return np.asarray(constant, like=x) if is_foreign(x) else constant


def zeros(shape: tuple[int, ...], dtype: Any, x: Any) -> Any:
    """Zeros of the kind of x."""
    return np.zeros_like(x, dtype, shape=shape) if is_foreign(x) else np.zeros(shape, dtype)


def ones(shape: tuple[int, ...], dtype: Any, x: Any) -> Any:
    """Ones of the kind of x; of NumPy's a number, if the shape is ()."""
    if is_foreign(x):
        return np.ones_like(x, dtype, shape=shape)
    return np.ones(shape, dtype) if shape else dtype.type(1)


def identity(x: Any, dtype: Any = None) -> Any:
    """The identity matrix whose side is the last axis of x, of its kind of array and, unless told, its dtype."""
    return like(np.eye(x.shape[-1], dtype=x.dtype if dtype is None else dtype), recording.raw(x))


def given(value: Any, x: Any, what: str) -> Any:
    """What the user gave to go with x, as an array of the kind of x: numbers become one.

    Raises: DTypeError for an array of another kind; that would have to be moved, and that is for the user to say.
    """
    if type(value) is ndarray and type(x) is ndarray:
        return value
    if not is_foreign(x):
        return value if is_foreign(note(value)) else asarray(value)
    if is_foreign(value) or isinstance(value, ndarray):
        if type(value) is type(x) or getattr(x, "mixes_with_ndarrays", False):
            return value
        kinds = f"a {type(x).__name__} like what it belongs to; got {type(value).__name__}"
        raise DTypeError(f"the {what} must be {kinds}.")
    return np.asarray(value, like=x)


def as_ndarray(x: Any) -> Any:
    """The values as an ndarray, moved out of another library by what it has for that: np.asarray, get or todense.

    Raises: DTypeError if it has none of these.
    """
    if not is_foreign(x):
        return asarray(x)
    try:
        return asarray(x)
    except (TypeError, RuntimeError):  # CuPy's, sparse's: not in silence
        for name in ("get", "todense"):
            if hasattr(x, name):
                return asarray(getattr(x, name)())
    raise DTypeError(f"a {type(x).__name__} does not say how to become an ndarray; convert it first.")


def copied(x: Any) -> Any:
    """The same values in memory of its own."""
    if not is_foreign(x):
        return x.copy() if isinstance(x, Stand) else np.array(x)
    return np.logical_or(x, False) if x.dtype.kind == "b" else np.positive(x)
