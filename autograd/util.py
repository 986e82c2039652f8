"""Names of HIPS autograd's util, of this and of earlier versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from autograd.misc.flatten import flatten, flatten_func

__all__ = ["flatten", "flatten_func", "subval", "subvals"]


def subval(x: Sequence[Any], i: int, v: Any) -> tuple[Any, ...]:
    """The tuple of x with v at place i."""
    return subvals(x, [(i, v)])


def subvals(x: Sequence[Any], ivs: Iterable[tuple[int, Any]]) -> tuple[Any, ...]:
    """The tuple of x with other values at some places."""
    changed = dict(ivs)
    return tuple([changed.get(i, value) for i, value in enumerate(x)])
