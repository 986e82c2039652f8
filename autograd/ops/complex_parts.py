"""Parts of complex numbers: conjugate, real and imaginary part, angle, sign.

None of them is a holomorphic function. Cotangents pair with tangents as Re(g·t), see engine/complex_numbers.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.primitive import primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements
from autograd.ops.indexing import getitem
from autograd.shapes import conj

conjugate = define(np.conjugate, lambda g, out, x: conj(g), keeps="", guard=False, label="conj(g)")

_real = define(
    lambda z: np.real(z),
    lambda g, out, z: g,
    keeps="",
    guard=False,
    jvp=lambda t, out, z: np.real(t),
    batch="free",
    name="real",
    view=True,
    label="g",
)
_imag = define(
    lambda z: np.imag(z),
    lambda g, out, z: -1j * g,
    keeps="",
    guard=False,
    jvp=lambda t, out, z: np.imag(t),
    batch="free",
    name="imag",
    view=True,
    label="-i·g",
)


def _over(g: Any, z: Any) -> Any:
    """g / z, and 0 where z is 0, which has no angle."""
    zero = raw(z) == 0
    return np.where(zero, 0, g / np.where(zero, 1, z))


_angle = define(
    np.angle,
    lambda g, out, z: -1j * _over(g, z),
    keeps="z",
    implements=np.angle,
    guard=True,
    jvp=lambda t, out, z: np.imag(_over(t, z)),
    batch="free",
    name="angle",
    label="-i·g/z",
)


def _sign_vjp(g: Any, out: Any, z: Any) -> Any:
    """The part of g across the ray of z, over |z|; 0 at 0."""
    return _over(g - conj(g * out * out), 2 * np.abs(z))


def _sign_jvp(t: Any, out: Any, z: Any) -> Any:
    return _over(t - out * out * conj(t), 2 * np.abs(z))


_complex_sign = define(
    lambda z: np.sign(z), _sign_vjp, jvp=_sign_jvp, batch="free", name="sign", label="(g - conj(g·out²))/(2·|z|)"
)
_sign = primitive(np.sign, None, keeps="", guard=False)


@implements(np.sign)
def sign(x: Any) -> Any:
    """np.sign: of real numbers a constant, as is every step function; of complex ones z / |z|, and 0 at 0."""
    return _complex_sign(x) if x.dtype.kind == "c" else _sign(x)


@implements(np.real)
def real(val: Any) -> Any:
    """np.real: a view, of real numbers as they are."""
    if val.dtype.kind == "c":
        return _real(val)
    return np.positive(val) if isinstance(raw(val), np.generic) else getitem(val, index=...)


@implements(np.imag)
def imag(val: Any) -> Any:
    """np.imag; of real numbers a plain array of zeros."""
    return _imag(val) if val.dtype.kind == "c" else np.imag(raw(val))


@implements(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    """np.real_if_close: the real part if all imaginary parts are within tol rounding errors of 0."""
    return np.real(a) if a.dtype.kind == "c" and np.isrealobj(np.real_if_close(raw(a), tol)) else a


@implements(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """np.angle; of real numbers a plain array, because it is a step, 0 or π. At 0 the gradient is 0."""
    if z.dtype.kind != "c":
        return np.angle(raw(z), deg)
    found = _angle(z)
    return found * (180 / math.pi) if deg else found
