"""Polynomials as coefficients, the highest power first: np.polyval and its relatives."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from autograd.engine.attempts import batch_among
from autograd.engine.kinds import identity, is_foreign, like, zeros
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements
from autograd.engine.zero_times_inf import product_without_nan
from autograd.errors import ArgumentError, ShapeError
from autograd.ops.arguments import as_operand
from autograd.ops.splitting import unstack_at


def _coefficients(p: Any) -> Any:
    """A vector of coefficients, of a poly1d too; a number is a constant polynomial."""
    return np.atleast_1d(p.coeffs if isinstance(p, np.poly1d) else p)


def _as_given(result: Any, *given: Any) -> Any:
    """A poly1d, if one was given."""
    return np.poly1d(result) if any(isinstance(p, np.poly1d) for p in given) else result


@implements(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """np.polyval: (…(p₀ x + p₁) x + …) x + pₙ."""
    p = _coefficients(p)
    if not isinstance(x, np.poly1d):
        x = as_operand(x)
    y = 0 if isinstance(x, np.poly1d) else np.zeros_like(x)
    for coefficient in unstack_at(p, axis=0):
        y = y * x + coefficient
    return y


def _ascending(x: Any, c: Any) -> Any:
    """Σ cᵢ xⁱ along the first axis of c, whose other axes broadcast against x."""
    terms = unstack_at(np.atleast_1d(c), axis=0)
    y = terms[-1] + 0.0 * x
    for term in terms[-2::-1]:
        y = term + y * x
    return y


def _with_axes(c: Any, x: Any) -> Any:
    """c[…] as c[…, 1, …, 1], for every coefficient at every x."""
    return np.reshape(c, np.atleast_1d(c).shape + (1,) * x.ndim)


@implements(np.polynomial.polynomial.polyval2d)
def polyval2d(x: Any, y: Any, c: Any) -> Any:
    """np.polynomial.polynomial.polyval2d: Σ cᵢⱼ xⁱ yʲ; its sister polyval reaches no protocol of NumPy's."""
    x, y, c = as_operand(x), as_operand(y), as_operand(c)
    if x.shape != y.shape:
        raise ShapeError(f"polyval2d takes points x, y of one shape; got {x.shape} and {y.shape}.")
    return _ascending(y, _ascending(x, _with_axes(c, x)))


@implements(np.polynomial.polynomial.polygrid2d)
def polygrid2d(x: Any, y: Any, c: Any) -> Any:
    """np.polynomial.polynomial.polygrid2d: Σ cᵢⱼ xⁱ yʲ at every pair of an x and a y."""
    x, y, c = as_operand(x), as_operand(y), as_operand(c)
    return _ascending(y, _with_axes(_ascending(x, _with_axes(c, x)), y))


# Sums, products and quotients


def _lengthened(p: Any, size: int) -> Any:
    """Zeros in front, as coefficients of higher powers."""
    return np.concatenate([zeros((size - p.shape[0],), p.dtype, raw(p)), p]) if size > p.shape[0] else p


@implements(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    """np.polyadd."""
    first, second = _coefficients(a1), _coefficients(a2)
    size = max(first.shape[0], second.shape[0])
    return _as_given(_lengthened(first, size) + _lengthened(second, size), a1, a2)


@implements(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    """np.polysub."""
    first, second = _coefficients(a1), _coefficients(a2)
    size = max(first.shape[0], second.shape[0])
    return _as_given(_lengthened(first, size) - _lengthened(second, size), a1, a2)


@implements(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """np.polymul: the convolution of the coefficients. Zeros in front are kept, so that they have a gradient."""
    return _as_given(np.convolve(_coefficients(a1), _coefficients(a2)), a1, a2)


@implements(np.polydiv)
def polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    """np.polydiv: (quotient, remainder), by long division."""
    r, divisor = _coefficients(u) + 0.0, _coefficients(v) + 0.0
    n = divisor.shape[0]
    scale = 1.0 / divisor[0]
    quotient = [] if r.shape[0] >= n else [0.0 * scale]
    for k in range(r.shape[0] - n + 1):
        quotient.append(scale * r[k])
        padded = np.pad(divisor, (k, r.shape[0] - n - k))
        r = r - quotient[-1] * padded
    cut = 0
    asked = not is_foreign(raw(r)) or batch_among(r) is not None  # a batch refuses, and runs example by example
    while cut < r.shape[0] - 1 and asked and np.allclose(r[cut], 0, rtol=1e-14):
        cut += 1
    return _as_given(np.stack(quotient), u, v), _as_given(r[cut:], u, v)


# Derivatives and integrals


@implements(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    """np.polyder: the m-th derivative."""
    if m < 0:
        raise ArgumentError(f"np.polyder takes m >= 0; got {m}. np.polyint integrates.")
    c = _coefficients(p)
    for _ in range(int(m)):
        c = c[:-1] * like(np.arange(c.shape[0] - 1, 0, -1), raw(c))
    return _as_given(c, p)


@implements(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """np.polyint: the m-th integral, with the constants of integration k, the first one integrated m - 1 times."""
    m = int(m)
    if m < 0:
        raise ArgumentError(f"np.polyint takes m >= 0; got {m}. np.polyder differentiates.")
    c = _coefficients(p)
    k = like(np.zeros(m), raw(c)) if k is None else np.atleast_1d(k)
    if k.shape[0] == 1 and m > 1:
        k = np.broadcast_to(k, (m,))
    if k.shape[0] < m:
        raise ShapeError(f"np.polyint takes one constant k, or one for each of the {m} integrals; got {k.shape[0]}.")
    for i in range(m):
        c = np.concatenate([c / like(np.arange(c.shape[0], 0, -1), raw(c)), k[i : i + 1]])
    return _as_given(c, p)


# Zeros. p(r) = 0 gives dr = -Σ_k r^(n-k) dp_k / p'(r) for a simple zero; a multiple one has no derivative.


def _real_roots(p: Any) -> Any:
    """All zeros, real if the coefficients and all of them are; else complex numbers."""
    found = np.roots(p)
    return found.real if found.dtype.kind == "c" and p.dtype.kind != "c" and not np.any(found.imag) else found


def _roots_cotangent(g: Any, out: Any, p: Any) -> Any:
    share = product_without_nan(np.multiply, g, 1 / np.polyval(np.polyder(p), out))
    return -np.sum(np.expand_dims(share, -1) * np.vander(out, p.shape[0]), axis=0)


_roots = define(_real_roots, _roots_cotangent, implements=np.roots, name="roots", label="-Σ g·rⁿ⁻ᵏ/p′(r)")


@implements(np.roots)
def roots(p: Any) -> Any:
    """np.roots, with a gradient where all zeros are different."""
    p = _coefficients(p)
    if p.ndim != 1:
        raise ShapeError(f"np.roots takes a vector of coefficients; got shape {p.shape}.")
    return _roots(p)


def _characteristic_cotangent(g: Any, out: Any, a: Any) -> Any:
    """-Σ_k g_k M_kᵀ with M₁ = I, M_{k+1} = A M_k + c_k I, the matrices of adj(λI - A) = Σ_k M_k λ^(n-k).

    Source: Faddeev & Faddeeva 1963, Computational methods of linear algebra.
    """
    unit = identity(a)
    m = unit
    ga = g[1] * m.T
    for k in range(1, a.shape[0]):
        m = a @ m + out[k] * unit
        ga = ga + g[k + 1] * m.T
    return -ga


_characteristic = define(np.poly, _characteristic_cotangent, name="poly of a matrix", label="-Σ gₖ Mₖᵀ")


@implements(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    """np.poly: the coefficients of the polynomial with these zeros, or of the characteristic one of a matrix."""
    values = np.atleast_1d(seq_of_zeros)
    if values.dtype.kind not in "fc":
        values = values.astype(float)
    if values.ndim == 2 and values.shape[0] == values.shape[1] and values.size:
        return _characteristic(values)
    if values.ndim != 1:
        raise ShapeError(f"np.poly takes a vector of zeros or a square matrix; got shape {values.shape}.")
    if not values.size:
        return 1.0
    one = like(np.ones(1, values.dtype), raw(values))
    product = one
    for zero in unstack_at(values, axis=0):
        product = np.convolve(product, np.concatenate([one, np.reshape(-zero, 1)]))
    if values.dtype.kind == "c" and np.array_equal(np.sort(raw(values)), np.sort(np.conjugate(raw(values)))):
        return np.real(product)
    return product


# Least squares


@implements(np.polyfit)
def polyfit(
    x: Any, y: Any, deg: int, rcond: float | None = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """np.polyfit, by np.linalg.lstsq; differentiable by x, y and the weights."""
    x, y = as_operand(x) + 0.0, as_operand(y) + 0.0
    order = int(deg) + 1
    _check_fit(x, y, order)
    rcond = x.shape[0] * np.finfo(x.dtype).eps if rcond is None else rcond
    left, right = np.vander(x, order), y
    if w is not None:
        w = as_operand(w) + 0.0
        if w.shape != x.shape:
            raise ShapeError(f"np.polyfit takes a weight for each point, shape {x.shape}; got {w.shape}.")
        left, right = left * w[:, None], right * (w[:, None] if right.ndim == 2 else w)
    scale = np.sqrt(np.sum(left * left, axis=0))
    left = left / scale
    c, residuals, rank, s = np.linalg.lstsq(left, right, rcond)
    c = (c.T / scale).T
    if full:
        return c, residuals, rank, s, rcond
    if not is_foreign(rank) and rank != order:
        warnings.warn("Polyfit may be poorly conditioned", np.exceptions.RankWarning, stacklevel=2)
    if not cov:
        return c
    base = np.linalg.inv(left.T @ left) / np.outer(scale, scale)
    if cov == "unscaled":
        return c, base if y.ndim == 1 else base[:, :, None]
    if x.shape[0] <= order:
        raise ShapeError(f"np.polyfit scales the covariance for more than {order} points; got {x.shape[0]}.")
    factor = residuals / (x.shape[0] - order)
    return c, (base if y.ndim == 1 else base[:, :, None]) * factor


def _check_fit(x: Any, y: Any, order: int) -> None:
    if order < 1:
        raise ArgumentError(f"np.polyfit takes deg >= 0; got {order - 1}.")
    if x.ndim != 1 or not x.size or y.ndim not in (1, 2) or y.shape[0] != x.shape[0]:
        raise ShapeError(
            f"np.polyfit takes x of shape (n,), n > 0, and y of shape (n,) or (n, k); got {x.shape} and {y.shape}."
        )
