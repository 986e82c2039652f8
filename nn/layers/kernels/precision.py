"""The dtype in which a forward computes: float32 for float16, float64 for integers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np


def in_buffers(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a forward that writes into its own temporaries, so that it takes any real array.

    It gets floats with at least one axis. float16 is computed in float32, because squares and exponentials leave the
    range of float16 long before the result does; integers become float64. Intermediate overflow does not warn.
    The forward returns its result, or (result, values) if the primitive saves values.
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
    """Decorate a forward that sums and returns (result, values), so that it computes float16 in float32.

    Sums leave the range of float16 quickly.
    """

    @functools.wraps(forward)
    def widened(x: Any, *args: Any, **params: Any) -> Any:
        if x.dtype != np.float16:
            return forward(x, *args, **params)
        out, values = forward(single(x), *[single(a) for a in args], **{name: single(a) for name, a in params.items()})
        return out.astype(np.float16), values

    return widened


def single(a: Any) -> Any:
    """A floating array or Tensor in float32; anything else as it is."""
    return a.astype(np.float32) if getattr(getattr(a, "dtype", None), "kind", "") == "f" else a
