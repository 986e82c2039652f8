"""Forms of products: of vectors and matrices, over named axes, and along one another."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.batched.hidden import aligned, at, axes_of, batched, unwrapped
from autograd.batched.level import Level
from autograd.batched.table import form
from autograd.ops.einsum import from_lists
from autograd.shapes import normalize_axes


@form(np.dot)
def _dot(level: Level, a: Any, b: Any) -> Any:
    if not axes_of(a) or not axes_of(b):
        return np.multiply(a, b)
    return np.matmul(a, b) if axes_of(b) <= 2 else np.tensordot(a, b, ([-1], [-2]))


@form(np.inner)
def _inner(level: Level, a: Any, b: Any) -> Any:
    return np.multiply(a, b) if not axes_of(a) or not axes_of(b) else np.tensordot(a, b, ([-1], [-1]))


@form(np.outer)
def _outer(level: Level, a: Any, b: Any) -> Any:
    return np.multiply(np.reshape(a, (-1, 1)), np.reshape(b, (1, -1)))


@form(np.vdot)
def _vdot(level: Level, a: Any, b: Any) -> Any:
    return np.sum(np.multiply(np.conjugate(np.reshape(a, (-1,))), np.reshape(b, (-1,))))


@form(np.tensordot)
def _tensordot(level: Level, a: Any, b: Any, axes: Any = 2) -> Any:
    """As one product of matrices: the summed axes last in a, first in b."""
    if isinstance(axes, (int, np.integer)):
        axes = (range(axes_of(a) - axes, axes_of(a)), range(axes))
    of_a, of_b = normalize_axes(axes[0], axes_of(a)), normalize_axes(axes[1], axes_of(b))
    free_a = [i for i in range(axes_of(a)) if i not in of_a]
    free_b = [i for i in range(axes_of(b)) if i not in of_b]
    shape = [np.shape(a)[i] for i in free_a] + [np.shape(b)[i] for i in free_b]
    summed = int(np.prod([np.shape(a)[i] for i in of_a]))
    left = np.reshape(np.transpose(a, (*free_a, *of_a)), (int(np.prod(shape[: len(free_a)])), summed))
    right = np.reshape(np.transpose(b, (*of_b, *free_b)), (summed, int(np.prod(shape[len(free_a) :]))))
    return np.reshape(np.matmul(left, right), shape)


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@form(np.einsum)
def _einsum(level: Level, subscripts: Any, *operands: Any, **options: Any) -> Any:
    if not isinstance(subscripts, str):
        text, arrays = from_lists((subscripts, *operands))
        return _einsum(level, text, *arrays, **options)
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    if not arrow:
        letters = left.replace(",", "").replace(".", "")
        right = "..." * ("..." in left) + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    letter = next(c for c in _LETTERS if c not in text)
    terms = [letter * at(x, level) + term for term, x in zip(left.split(","), operands, strict=True)]
    values = [unwrapped(x, level) for x in operands]
    return batched(np.einsum(f"{','.join(terms)}->{letter}{right}", *values, **options), level)


@form(np.cross)
def _cross(
    level: Level, a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    ndim = max(axes_of(a), axes_of(b))
    found = batched(np.cross(aligned(a, level, ndim), aligned(b, level, ndim)), level)
    return np.moveaxis(found, -1, axisc) if found.ndim == ndim else found


@form(np.convolve)
def _convolve(level: Level, a: Any, v: Any, mode: str = "full") -> Any:
    """Products of the windows of the longer one with the shorter one backwards."""
    a, v = np.reshape(a, (-1,)), np.reshape(v, (-1,))
    a, v = (v, a) if np.size(v) > np.size(a) else (a, v)
    m = np.size(v)
    before, after = {"full": (m - 1, m - 1), "same": (m // 2, m - 1 - m // 2), "valid": (0, 0)}[mode]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(a, (before, after)), m)
    return np.matmul(windows, np.flip(v))


@form(np.correlate)
def _correlate(level: Level, a: Any, v: Any, mode: str = "valid") -> Any:
    if np.size(v) > np.size(a):
        return np.flip(_correlate(level, np.conjugate(v), np.conjugate(a), mode))
    return np.convolve(a, np.flip(np.conjugate(v)), mode)  # type: ignore[call-overload]
