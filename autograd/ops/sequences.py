"""Numbers in a row: linspace, logspace, geomspace, and the powers of vander."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograd.engine.kinds import like, surely
from autograd.engine.recording import raw
from autograd.engine.registry import implements
from autograd.errors import ArgumentError, ShapeError
from autograd.ops.arguments import as_operand, check_dtype


def _inexact(x: Any) -> Any:
    """An end of the row: lists as arrays, integers as floating numbers; complex ones are constants."""
    if isinstance(x, (bool, int, float)):
        return float(x)
    x = as_operand(x)
    return x.astype(float) if x.dtype.kind in "iub" else x


def _count(name: str, num: Any) -> int:
    num = operator.index(num)
    if num < 0:
        raise ArgumentError(f"np.{name} takes num >= 0; got {num}.")
    return int(num)


def _cast(y: Any, dtype: Any) -> Any:
    return y if dtype is None or y.dtype == dtype else y.astype(dtype)


@implements(np.linspace)
def linspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None,
    axis: int = 0, *, device: Any = None,
) -> Any:  # fmt: skip
    """np.linspace: start + i (stop - start) / (num - 1), differentiable by both ends."""
    num = _count("linspace", num)
    for end in (start, stop):
        check_dtype("linspace", end, dtype)
    start, stop = _inexact(start), _inexact(stop)
    div = num - 1 if endpoint else num
    delta = stop - start
    i = like(np.reshape(np.arange(num, dtype=delta.dtype), (-1,) + (1,) * np.ndim(delta)), raw(delta))
    step = delta / div if div > 0 else np.nan
    y = i * (step if div > 0 else delta) + start
    if endpoint and num > 1:
        y = np.where(i == div, stop, y)
    y = np.moveaxis(y, 0, axis) if axis != 0 else y
    if dtype is not None and np.dtype(dtype).kind in "iu":
        y = np.floor(y)
    return (_cast(y, dtype), step) if retstep else _cast(y, dtype)


@implements(np.logspace)
def logspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    """np.logspace: base ** linspace(start, stop), differentiable by both ends and by the base."""
    check_dtype("logspace", base, dtype)
    for end in (start, stop):
        check_dtype("logspace", end, dtype)
    if np.ndim(base):
        ndim = max(map(np.ndim, (start, stop, base)))
        start, stop, base = (
            np.reshape(a, (1,) * (ndim - a.ndim) + a.shape) for a in map(as_operand, (start, stop, base))
        )
        base = np.expand_dims(base, axis)
    return _cast(np.power(base, linspace(start, stop, _count("logspace", num), endpoint, axis=axis)), dtype)


@implements(np.geomspace)
def geomspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    """np.geomspace: start (stop / start)^(i / (num - 1)), differentiable by both ends."""
    num = _count("geomspace", num)
    for end in (start, stop):
        check_dtype("geomspace", end, dtype)
    wide = np.result_type(*[getattr(_inexact(end), "dtype", float) for end in (start, stop)], np.zeros((), dtype))
    start, stop = (_cast(as_operand(_inexact(end)), wide) for end in (start, stop))
    if any(surely(raw(end) == 0) for end in (start, stop)):
        raise ArgumentError("np.geomspace multiplies by one factor from start to stop, so neither can be 0.")
    sign = np.sign(raw(start))
    first, last = start / sign, stop / sign
    y = logspace(np.log10(first), np.log10(last), num, endpoint)
    i = like(np.reshape(np.arange(num), (-1,) + (1,) * (y.ndim - 1)), raw(y))
    y = np.where(i == 0, first, y) if num else y  # 10 ** log10(x) may differ from x by a rounding
    y = np.where(i == num - 1, last, y) if num > 1 and endpoint else y
    y = y * sign
    return _cast(np.moveaxis(y, 0, axis) if axis != 0 else y, dtype)


@implements(np.vander)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """np.vander: the powers x⁰ … x^(N-1) of each element as a row, the highest first."""
    x = as_operand(x)
    if x.ndim != 1:
        raise ShapeError(f"np.vander takes a vector; got shape {x.shape}.")
    powers = np.arange(x.shape[0] if N is None else N)
    x = _cast(x, np.promote_types(x.dtype, int))
    return np.power(x[:, None], like(powers if increasing else powers[::-1], raw(x)))
