"""scipy.signal: convolution and correlation of any number of dimensions; HIPS autograd's convolve along chosen axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.signal as sp

from autograd.engine.primitive import Primitive
from autograd.engine.registry import define
from autograd.errors import ArgumentError, ShapeError
from autograd.ops.arguments import as_operand
from autograd.shapes import conj, normalize_axes

__all__ = ["convolve", "convolve2d", "correlate", "fftconvolve"]

MODES = ("full", "same", "valid")


def __getattr__(name: str) -> Any:
    return getattr(sp, name)


def _cut(x: Any, axes: Sequence[int], starts: Sequence[int], lengths: Sequence[int]) -> Any:
    """The part of x that begins at `starts` and is as long as `lengths`, along the axes."""
    index = [slice(None)] * x.ndim
    for axis, start, length in zip(axes, starts, lengths, strict=True):
        index[axis] = slice(start, start + length)
    return x[tuple(index)]


def _convolved(a: Any, b: Any, axes: tuple[int, ...], fast: bool) -> Any:
    if fast:
        return sp.fftconvolve(a, b, "full", axes)
    return sp.convolve(a, b, "full", "direct")


def _summed(a: Any, b: Any, axes: tuple[int, ...], fast: bool) -> Any:
    """The same as a sum over windows, for arrays of other libraries: SciPy's functions take ndarrays only."""
    width = [(0, 0)] * a.ndim
    for axis in axes:
        width[axis] = (b.shape[axis] - 1, b.shape[axis] - 1)
    sizes, last = tuple(b.shape[axis] for axis in axes), tuple(range(-len(axes), 0))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(a, width), sizes, axes)
    factor = np.moveaxis(np.expand_dims(np.flip(b, axes), tuple(range(b.ndim, b.ndim + len(axes)))), axes, last)
    return np.sum(windows * factor, axis=last)


def _pulled(g: Any, own: Any, other: Any, axes: tuple[int, ...], fast: bool) -> Any:
    """The cotangent of one factor: the correlation of ḡ with the other one, where they overlap."""
    full = _full(g, np.flip(other, axes), axes=axes, fast=fast)
    return _cut(full, axes, [other.shape[i] - 1 for i in axes], [own.shape[i] for i in axes])


_full: Primitive = define(
    _convolved,
    lambda g, out, a, b, axes, fast: _pulled(g, a, b, axes, fast),
    lambda g, out, a, b, axes, fast: _pulled(g, b, a, axes, fast),
    keeps=("b", "a"),
    jvp="multilinear",
    composite=_summed,
    plain=True,
    complex="own rules",
    name="signal.convolve",
    label="g⋆b, g⋆a",
)


def _by_mode(full: Any, a: Any, b: Any, axes: Sequence[int], mode: str) -> Any:
    """The part of the full convolution that `mode` selects."""
    if mode == "full":
        return full
    sizes, others = [a.shape[i] for i in axes], [b.shape[i] for i in axes]
    if mode == "same":
        return _cut(full, axes, [(n - 1) // 2 for n in others], sizes)
    if all(m <= n for m, n in zip(sizes, others, strict=True)):
        sizes, others = others, sizes  # SciPy exchanges the two where only that leaves an overlap
    if any(m < n for m, n in zip(sizes, others, strict=True)):
        raise ShapeError(
            f"mode='valid' needs one array at least as large as the other in every dimension; got {a.shape}, {b.shape}."
        )
    lengths = [m - n + 1 for m, n in zip(sizes, others, strict=True)]
    return _cut(full, axes, [n - 1 for n in others], lengths)


def _checked(name: str, a: Any, b: Any, mode: str) -> tuple[Any, Any]:
    a, b = as_operand(a), as_operand(b)
    if mode not in MODES:
        raise ArgumentError(f"{name}'s mode is 'full', 'same' or 'valid'; got {mode!r}.")
    if a.ndim != b.ndim:
        raise ShapeError(f"{name} takes arrays of as many dimensions; got shapes {a.shape} and {b.shape}.")
    return a, b


def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """The convolution along the axes (default all), by Fourier transforms; other axes broadcast."""
    a, b = _checked("fftconvolve", in1, in2, mode)
    along = tuple(range(a.ndim)) if axes is None else normalize_axes(axes, a.ndim)
    return _by_mode(_full(a, b, axes=along, fast=True), a, b, along, mode)


def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """Σ in1[i + k] conj(in2[i]): the convolution with in2 reversed in every axis and conjugated."""
    a, b = _checked("correlate", in1, in2, mode)
    along = tuple(range(a.ndim))
    return _by_mode(_full(a, np.flip(conj(b)), axes=along, fast=_fast(a, b, method)), a, b, along, mode)


def _fast(a: Any, b: Any, method: str) -> bool:
    """Whether to compute by Fourier transforms: SciPy's choice."""
    if method not in ("auto", "direct", "fft"):
        raise ArgumentError(f"method is 'auto', 'direct' or 'fft'; got {method!r}.")
    return method == "fft" or (method == "auto" and a.size > 0 and b.size > 0 and min(a.size, b.size) > 64)


PADDING = {"wrap": "wrap", "symm": "symmetric"}


def convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """The convolution of two matrices, beyond the border of the first one 0 or `fillvalue`, or its continuation."""
    a, b = _checked("convolve2d", in1, in2, mode)
    if a.ndim != 2:
        raise ShapeError(f"convolve2d takes matrices; got shapes {a.shape} and {b.shape}.")
    if boundary not in ("fill", *PADDING):
        raise ArgumentError(f"convolve2d's boundary is 'fill', 'wrap' or 'symm'; got {boundary!r}.")
    full = _full(a, b, axes=(0, 1), fast=False)
    if mode == "valid" or (boundary == "fill" and type(fillvalue) in (int, float) and fillvalue == 0):
        return _by_mode(full, a, b, (0, 1), mode)
    width = [(n - 1, n - 1) for n in b.shape]
    if boundary == "fill":
        padded = np.pad(a, width, constant_values=fillvalue)
    else:
        padded = np.pad(a, width, mode=PADDING[boundary])  # type: ignore[call-overload]
    whole = _by_mode(_full(padded, b, axes=(0, 1), fast=False), padded, b, (0, 1), "valid")
    return _by_mode(whole, a, b, (0, 1), mode)


def convolve(
    A: Any, B: Any, axes: Any = None, dot_axes: Any = ((), ()), mode: str = "full", method: str = "auto"
) -> Any:
    """The convolution along pairs of axes, the dot product along others, and of the rest all combinations.

    HIPS autograd's function: without `axes` it is scipy.signal.convolve over all of them, which has `mode` and `method`
    in the third place and the fourth.

    Args:      axes: (axes of A, axes of B) to convolve; dot_axes: likewise, to multiply and sum over.
               mode: "full", "same" or "valid".   method: "auto", "direct" or "fft", without `axes`.
    Returns:   the remaining axes of A, those of B, then the convolved ones.
    """
    a, b = as_operand(A), as_operand(B)
    if isinstance(axes, str):  # SciPy's third argument
        axes, mode = None, axes
    if isinstance(dot_axes, str):
        dot_axes, method = ((), ()), dot_axes
    if axes is None and not len(dot_axes[0]):
        a, b = _checked("convolve", a, b, mode)
        along = tuple(range(a.ndim))
        return _by_mode(_full(a, b, axes=along, fast=_fast(a, b, method)), a, b, along, mode)
    if mode not in MODES:
        raise ArgumentError(f"convolve's mode is 'full', 'same' or 'valid'; got {mode!r}.")
    pairs = ((), ()) if axes is None else axes
    (conv_a, dot_a, rest_a), (conv_b, dot_b, rest_b) = (
        _groups(x.ndim, pairs[i], dot_axes[i]) for i, x in enumerate((a, b))
    )
    if len(conv_a) != len(conv_b) or [a.shape[i] for i in dot_a] != [b.shape[i] for i in dot_b]:
        raise ShapeError(f"convolve: axes {axes} and dot_axes {dot_axes} do not pair shapes {a.shape} and {b.shape}.")
    # A: rest of A, 1 for the rest of B, dot, conv;  B: 1 for the rest of A, rest of B, dot, conv
    a = np.expand_dims(np.transpose(a, (*rest_a, *dot_a, *conv_a)), tuple(len(rest_a) + i for i in range(len(rest_b))))
    b = np.expand_dims(np.transpose(b, (*rest_b, *dot_b, *conv_b)), tuple(range(len(rest_a))))
    lead = len(rest_a) + len(rest_b)
    along = tuple(range(lead + len(dot_a), a.ndim))
    full = _full(a, b, axes=along, fast=True) if along else a * b
    return np.sum(_by_mode(full, a, b, along, mode), axis=tuple(range(lead, lead + len(dot_a))))


def _groups(ndim: int, conv: Any, dot: Any) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """(the convolved axes, the summed ones, the rest)."""
    conv, dot = normalize_axes(tuple(conv), ndim), normalize_axes(tuple(dot), ndim)
    return conv, dot, tuple(i for i in range(ndim) if i not in (*conv, *dot))
