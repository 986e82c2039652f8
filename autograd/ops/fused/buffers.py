"""What forwards share that work in buffers of their own: the dtypes they see, and passes over large arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np


def in_buffers(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Let a forward that writes into its own temporaries take any real array: it sees floats of one axis or more.

    float16 is computed in float32, because squares and exponentials leave its range long before the result does;
    integers become float64. Overflow on the way to a finite result is no news, so it does not warn.
    The forward returns its result, or (result, values) where the primitive saves values.
    """

    @functools.wraps(forward)
    def widened(x: Any, **params: Any) -> Any:
        dtype = x.dtype
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            if dtype.kind == "f" and dtype.itemsize > 2 and x.ndim:
                return forward(x, **params)
            wide = x.astype(np.float32 if dtype == np.float16 else dtype if dtype.kind == "f" else np.float64)
            made = forward(wide if x.ndim else wide.reshape(1), **params)
            out, *values = made if type(made) is tuple else (made,)
            if dtype == np.float16:
                out = out.astype(np.float16)
            out = out if x.ndim else out[0]
            return (out, *values) if values else out

    return widened


def in_single_precision(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Let a forward that sums, and returns (result, values), see float16 as float32: its sums soon leave float16's range."""

    @functools.wraps(forward)
    def widened(x: Any, *args: Any, **params: Any) -> Any:
        if x.dtype != np.float16:
            return forward(x, *args, **params)
        out, values = forward(
            _single(x), *[_single(a) for a in args], **{name: _single(a) for name, a in params.items()}
        )
        return out.astype(np.float16), values

    return widened


def _single(a: Any) -> Any:
    return a.astype(np.float32) if getattr(getattr(a, "dtype", None), "kind", "") == "f" else a


def positive_part(x: Any) -> Any:
    """max(x, 0) in a new array. np.clip is the quicker loop, by two, but takes longer to get there: even at some 7000 elements."""
    return np.maximum(x, 0) if x.size < 8192 else np.clip(x, 0, np.inf)


def negative_part(x: Any) -> Any:
    """min(x, 0), likewise."""
    return np.minimum(x, 0) if x.size < 8192 else np.clip(x, -np.inf, 0)


def limit_at_infinity(values: Any, x: Any, limit: Callable[[Any], Any]) -> Any:
    """Put limit(x) where x is infinite and 0·∞ made a nan of the value.

    One cheap pass looks for a nan: the sum of squares is nan exactly if an element is.
    """
    square = np.vdot(values, values)
    if square != square:
        np.copyto(values, limit(x), where=np.isinf(x))
    return values
