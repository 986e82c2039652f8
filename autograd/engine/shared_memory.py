"""Results that are, or that share memory with, what the operation was given."""

from __future__ import annotations

from typing import Any

import numpy as np

ndarray = np.ndarray


def in_own_object(out: Any) -> Any:
    """An array that a forward returned as it got it, as a view: so a sweep finds that it shares memory with a leaf."""
    return out.view() if type(out) is ndarray else out


def owner(array: Any) -> Any:
    """The array whose memory it shows."""
    while isinstance(getattr(array, "base", None), ndarray):
        array = array.base
    return array


def not_of(raw: list[Any], out: Any) -> Any:
    """A result, or each of several, none of them the same object as an argument."""
    if type(out) is tuple:
        given = any([x is o for o in out for x in raw])
        return tuple([not_of(raw, o) for o in out]) if given else out
    for x in raw:
        if x is out:
            return in_own_object(out)
    return out


def unshared(out: Any) -> Any:
    """A result under no_grad in memory of its own: a view of a leaf would change with the leaf, unnoticed."""
    if type(out) is tuple:
        return tuple([unshared(o) for o in out])
    return out.copy() if type(out) is ndarray and out.base is not None else out
