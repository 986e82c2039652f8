"""scipy.special: its own ufuncs, which record when called with Tensors, and its Python functions written anew."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from autograd.engine.kinds import like, refuse_complex, surely
from autograd.engine.recording import raw
from autograd.errors import ArgumentError
from autograd.ops.arguments import as_operand
from autograd.ops.special import logsumexp as _logsumexp

__all__ = ["log_softmax", "logsumexp", "multigammaln", "polygamma", "softmax"]


def __getattr__(name: str) -> Any:
    return getattr(sp, name)


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    """log Σ b exp(a), without overflow; with return_sign (log |Σ b exp(a)|, the sum's sign)."""
    a = as_operand(a)
    if np.iscomplexobj(a):
        return _complex_logsumexp(a, axis, 1 if b is None else b, keepdims, return_sign)
    if b is None:
        out = _logsumexp(a, axis=axis, keepdims=keepdims)
        return (out, np.ones_like(raw(out))) if return_sign else out
    counted = np.where(raw(b) == 0, -np.inf, raw(a))
    top = np.max(counted, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    # where b is 0, a counts for nothing, be it ∞, but b's derivative there is exp(a)
    total = np.sum(b * np.exp(np.where(np.isinf(counted) & (raw(a) > top), top, a) - top), axis=axis, keepdims=True)
    sign = np.sign(raw(total))
    out = np.log(np.abs(total) if return_sign else total) + top
    if not keepdims:
        out, sign = np.squeeze(out, axis=axis), np.squeeze(sign, axis=axis)
    return (out, sign) if return_sign else out


def _complex_logsumexp(a: Any, axis: Any, b: Any, keepdims: bool, return_sign: bool) -> Any:
    """Likewise, of complex numbers; the sum's sign is its phase."""
    top = np.max(np.real(raw(a)), axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    total = np.sum(b * np.exp(a - top), axis=axis, keepdims=True)
    out = (np.log(np.abs(total)) if return_sign else np.log(total)) + top
    if not keepdims:
        out, total = np.squeeze(out, axis=axis), np.squeeze(total, axis=axis)
    return (out, np.sign(total)) if return_sign else out


def softmax(x: Any, axis: Any = None) -> Any:
    """exp(x) / Σ exp(x), along an axis or of all elements."""
    return np.exp(log_softmax(x, axis))


def log_softmax(x: Any, axis: Any = None) -> Any:
    """x - log Σ exp(x), where the largest element is subtracted first so that no digits are lost."""
    x = as_operand(x)
    if np.iscomplexobj(x):
        refuse_complex("scipy.special.log_softmax")
    top = np.max(raw(x), axis=axis, keepdims=True, initial=-np.inf)
    shifted = x - np.where(np.isfinite(top), top, 0)
    return shifted - _logsumexp(shifted, axis=axis, keepdims=True)


def polygamma(n: Any, x: Any) -> Any:
    """The n-th derivative of the digamma function ψ, n a whole number: (-1)ⁿ⁺¹ n! ζ(n+1, x)."""
    n = np.asarray(raw(n))
    if np.any(n < 0) or np.any(np.mod(n, 1) != 0):
        raise ArgumentError(f"polygamma takes whole orders n >= 0; got {n}.")
    first = n == 0
    order = np.where(first, 1, n) + 1.0
    factor = like((-1.0) ** order * sp.gamma(order), raw(x))
    higher = factor * sp.zeta(like(order, raw(x)), x)
    return np.where(like(first, raw(x)), sp.psi(x), higher) if np.any(first) else higher


def multigammaln(a: Any, d: int) -> Any:
    """The logarithm of the gamma function of a d × d matrix: d(d-1)/4 log π + Σ log Γ(a - j/2), j = 0 … d-1."""
    a = as_operand(a)
    if surely(raw(a) <= 0.5 * (d - 1)):
        raise ArgumentError(f"multigammaln takes a > (d - 1)/2 = {0.5 * (d - 1)}; got {raw(a)}.")
    halves = like(np.arange(d) / 2, raw(a))
    return d * (d - 1) / 4 * math.log(math.pi) + np.sum(sp.gammaln(a[..., np.newaxis] - halves), axis=-1)
