"""The discrete Fourier transforms of np.fft.

Every one is linear, and made of three: complex to complex, real to half a spectrum, half a spectrum to real, over any
axes, each forward or inverse (the exponent's sign). Without conjugation in the pairing, and the matrix F of a transform
being symmetric, the cotangent of F a is F g: the same transform again, with the same sign and norm. With half of a
spectrum the other half is counted by weights.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.kinds import like
from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements
from autograd.errors import ArgumentError
from autograd.ops.arguments import as_operand
from autograd.recorder import called
from autograd.shapes import conj, normalize_axes

Lengths = tuple[int, ...]
Axes = tuple[int, ...]  # negative, so that a batch may have an axis in front

_OPPOSITE: dict[Any, Any] = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}
_MANY = 1 << 12  # elements, from which SciPy's call pays


def fitted(x: Any, lengths: Sequence[int], axes: Axes) -> Any:
    """x with these lengths along the axes: cut off, or filled with zeros, at the end."""
    wanted = dict(zip(axes, lengths, strict=True))
    if any(x.shape[axis] > n for axis, n in wanted.items()):
        x = x[tuple([slice(wanted.get(i - x.ndim)) for i in range(x.ndim)])]
    if any(x.shape[axis] < n for axis, n in wanted.items()):
        x = np.pad(x, [(0, wanted.get(i - x.ndim, size) - size) for i, size in enumerate(x.shape)])
    return x


def _as_before(g: Any, a: Any, axes: Axes) -> Any:
    """The cotangent of a, from that of a as it was fitted."""
    return fitted(g, [a.shape[axis] for axis in axes], axes)


def _paired(x: Any, weight: float, length: int, axis: int) -> Any:
    """x times `weight` where half a spectrum of a signal of this length stands for two frequencies, k and -k."""
    size = length // 2 + 1
    weights = np.full(size, weight, np.real(raw(x)).dtype)
    weights[0] = 1
    if length % 2 == 0:
        weights[-1] = 1
    return x * like(weights.reshape(size, *[1] * (-1 - axis)), raw(x))


# Forward


def _scipys() -> Any:
    import scipy.fft  # when the first large transform comes: it takes 0.1 s

    return scipy.fft


def _by_scipy(a: Any, axes: Axes) -> bool:
    """Whether SciPy's transform is quicker: NumPy's algorithm, but on several rows, and over all axes, at once."""
    return isinstance(a, np.ndarray) and a.size >= _MANY and a.dtype.char in "fdFD" and len(set(axes)) == len(axes)


def _transform(a: Any, lengths: Lengths, axes: Axes, norm: Any, inverse: bool) -> Any:
    if _by_scipy(a, axes):
        return called(_scipys().ifftn if inverse else _scipys().fftn, a, lengths, axes, norm)
    return (np.fft.ifftn if inverse else np.fft.fftn)(a, lengths, axes, norm)


def _half(a: Any, lengths: Lengths, axes: Axes, norm: Any, inverse: bool) -> Any:
    if _by_scipy(a, axes):
        return called(_scipys().ihfftn if inverse else _scipys().rfftn, a, lengths, axes, norm)
    return conj(np.fft.rfftn(a, lengths, axes, _OPPOSITE[norm])) if inverse else np.fft.rfftn(a, lengths, axes, norm)


def _whole(a: Any, lengths: Lengths, axes: Axes, norm: Any, inverse: bool) -> Any:
    if _by_scipy(a, axes):
        return called(_scipys().irfftn if inverse else _scipys().hfftn, a, lengths, axes, norm)
    return np.fft.irfftn(a, lengths, axes, norm) if inverse else np.fft.irfftn(conj(a), lengths, axes, _OPPOSITE[norm])


def _checked_norm(name: str, norm: Any) -> Any:
    if norm not in _OPPOSITE:
        raise ArgumentError(f"np.fft.{name}: norm is None, 'backward', 'ortho' or 'forward'; got {norm!r}.")
    return norm


# Reverse


def _cotangent(g: Any, out: Any, a: Any, lengths: Lengths, axes: Axes, norm: Any, inverse: bool) -> Any:
    return _as_before(_transform(g, lengths, axes, norm, inverse), a, axes)


def _half_cotangent(g: Any, out: Any, a: Any, lengths: Lengths, axes: Axes, norm: Any, inverse: bool) -> Any:
    halved = _paired(g, 0.5, lengths[-1], axes[-1])
    return _as_before(_to_whole(halved, lengths=lengths, axes=axes, norm=norm, inverse=inverse), a, axes)


def _whole_cotangent(g: Any, out: Any, a: Any, lengths: Lengths, axes: Axes, norm: Any, inverse: bool) -> Any:
    spectrum = _to_half(g, lengths=lengths, axes=axes, norm=norm, inverse=inverse)
    return _as_before(_paired(spectrum, 2, lengths[-1], axes[-1]), a, axes)


_fftn = define(
    _transform,
    _cotangent,
    keeps="",
    name="fftn",
    jvp="linear",
    batch="free",
    label=lambda inverse=False, **_: "ifft(g)" if inverse else "fft(g)",
)
_to_half: Primitive = define(
    _half,
    _half_cotangent,
    keeps="",
    name="rfftn",
    jvp="linear",
    batch="free",
    label=lambda inverse=False, **_: "irfft(g)/2" if inverse else "hfft(g)/2",
)
_to_whole: Primitive = define(
    _whole,
    _whole_cotangent,
    keeps="",
    name="irfftn",
    jvp="linear",
    batch="free",
    label=lambda inverse=True, **_: "2·ihfft(g)" if inverse else "2·rfft(g)",
)


def _checked(name: str, a: Any, s: Any, axes: Any, half: bool = False) -> tuple[Lengths, Axes]:
    """(the lengths of the transform, its axes as negative numbers), by NumPy's rules for s and axes."""
    if s is not None and np.ndim(s) == 0 or axes is not None and np.ndim(axes) == 0:
        raise ArgumentError(f"np.fft.{name} takes a sequence for s and for axes; got s={s!r}, axes={axes!r}.")
    given = None if s is None else [operator.index(n) for n in s]
    if axes is None:
        axes = range(-a.ndim, 0) if given is None else range(-len(given), 0)
    negative = tuple([axis - a.ndim for i in axes for axis in normalize_axes(i, a.ndim)])
    if given is None:
        given = [a.shape[axis] for axis in negative]
        if half and given:
            given[-1] = 2 * (given[-1] - 1)
    if len(given) != len(negative) or not given:
        raise ArgumentError(f"np.fft.{name} needs an axis for each length; got s={s!r} and axes={axes!r}.")
    lengths = tuple([a.shape[axis] if n == -1 else n for n, axis in zip(given, negative, strict=True)])
    if min(lengths) < 1:
        raise ArgumentError(
            f"np.fft.{name}: a transform has at least one point along each axis; got lengths {lengths}."
        )
    return lengths, negative


def _of_axes(name: str, a: Any, s: Any, axes: Any, norm: Any, inverse: bool) -> Any:
    a = as_operand(a)
    lengths, axes = _checked(name, a, s, axes)
    if len(set(axes)) == len(axes):
        return _fftn(a, lengths=lengths, axes=axes, norm=norm, inverse=inverse)
    for n, axis in zip(lengths[::-1], axes[::-1], strict=True):  # as NumPy: one after the other, the last one first
        a = _fftn(a, lengths=(n,), axes=(axis,), norm=norm, inverse=inverse)
    return a


def _of_real(name: str, a: Any, s: Any, axes: Any, norm: Any, inverse: bool = False) -> Any:
    a = as_operand(a)
    lengths, axes = _checked(name, a, s, axes)
    return _to_half(a, lengths=lengths, axes=axes, norm=norm, inverse=inverse)


def _to_real(name: str, a: Any, s: Any, axes: Any, norm: Any, inverse: bool = True) -> Any:
    a = as_operand(a)
    lengths, axes = _checked(name, a, s, axes, half=True)
    return _to_whole(a, lengths=lengths, axes=axes, norm=norm, inverse=inverse)


def _one(n: Any) -> Any:
    return None if n is None else (n,)


@implements(np.fft.fft)
def fft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """np.fft.fft."""
    return _of_axes("fft", a, _one(n), (axis,), norm, False)


@implements(np.fft.ifft)
def ifft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """np.fft.ifft."""
    return _of_axes("ifft", a, _one(n), (axis,), norm, True)


@implements(np.fft.fft2)
def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    """np.fft.fft2."""
    return _of_axes("fft2", a, s, axes, norm, False)


@implements(np.fft.ifft2)
def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    """np.fft.ifft2."""
    return _of_axes("ifft2", a, s, axes, norm, True)


@implements(np.fft.fftn)
def fftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """np.fft.fftn."""
    return _of_axes("fftn", a, s, axes, norm, False)


@implements(np.fft.ifftn)
def ifftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """np.fft.ifftn."""
    return _of_axes("ifftn", a, s, axes, norm, True)


@implements(np.fft.rfft)
def rfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """np.fft.rfft."""
    return _of_real("rfft", a, _one(n), (axis,), norm)


@implements(np.fft.rfft2)
def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    """np.fft.rfft2."""
    return _of_real("rfft2", a, s, axes, norm)


@implements(np.fft.rfftn)
def rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """np.fft.rfftn."""
    return _of_real("rfftn", a, s, axes, norm)


@implements(np.fft.irfft)
def irfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """np.fft.irfft."""
    return _to_real("irfft", a, _one(n), (axis,), norm)


@implements(np.fft.irfft2)
def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    """np.fft.irfft2."""
    return _to_real("irfft2", a, s, axes, norm)


@implements(np.fft.irfftn)
def irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """np.fft.irfftn."""
    return _to_real("irfftn", a, s, axes, norm)


@implements(np.fft.hfft)
def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """np.fft.hfft: of a signal whose negative times are the conjugates of the positive ones, so it is real."""
    return _to_real("hfft", a, _one(n), (axis,), _checked_norm("hfft", norm), inverse=False)


@implements(np.fft.ihfft)
def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """np.fft.ihfft."""
    return _of_real("ihfft", a, _one(n), (axis,), _checked_norm("ihfft", norm), inverse=True)
