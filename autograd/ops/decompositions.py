"""Decompositions of matrices: Cholesky, QR, symmetric eigenvalues, singular values.

Conventions:
- Sign. Eigenvectors and singular vectors are determined up to a sign (up to a rotation, where values repeat). The
  gradient is that of the vectors which NumPy returned. It is meaningful only for functions that do not depend on the
  choice, as in PyTorch.
- Repeated values. The rules divide by differences of eigenvalues (of singular values). A pair that is equal up to
  rounding (n · eps · largest) is left out. That is right for functions of the values alone, and for functions of the
  whole space that a group of equal values spans; both are finite where PyTorch gives nan. For functions that weight the
  vectors by their values, such as V h(λ) Vᵀ, and for second derivatives, the contribution of the pair is 0/0. Its limit
  depends on h, which the rule does not know, so it is missing. Write such functions without a decomposition (A @ A,
  np.linalg.inv, …).
- Zero singular values. The derivative of a singular value at zero is 0, like that of |x|.
- Symmetric input. cholesky and eigh read one triangle; the gradient is the symmetric matrix that belongs to a change of
  both triangles at once, as PyTorch's for cholesky.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign, like, somewhere, zeros
from autograd.engine.recording import is_tensor, raw, result
from autograd.engine.registry import define, implements
from autograd.errors import NoRuleError
from autograd.ops.arguments import as_operand
from autograd.ops.linalg import symmetrized
from autograd.shapes import largest, transposed

EighResult = type(np.linalg.eigh(np.eye(1)))  # NumPy's named tuples, which are not public
SVDResult = type(np.linalg.svd(np.eye(1)))
QRResult = type(np.linalg.qr(np.eye(1)))


def _cholesky_cotangent(g: Any, out: Any, a: Any, upper: bool = False) -> Any:
    """A = L Lᵀ: sym(L⁻ᵀ Φ(Lᵀ g) L⁻¹), Φ the lower triangle with half the diagonal (Murray 2016, arXiv:1602.07527)."""
    factor, g = (transposed(out), transposed(g)) if upper else (out, g)
    phi = _half_lower(transposed(factor) @ g)
    left = np.linalg.solve(transposed(factor), phi)
    return symmetrized(transposed(np.linalg.solve(transposed(factor), transposed(left))))


def _half_lower(a: Any) -> Any:
    """The lower triangle with half the diagonal."""
    n = a.shape[-1]
    return a * like(np.tri(n, dtype=a.dtype) - np.eye(n, dtype=a.dtype) / 2, raw(a))


def _cholesky_jvp(t: Any, out: Any, a: Any, upper: bool = False) -> Any:
    """L Φ(L⁻¹ sym(t) L⁻ᵀ), Φ the lower triangle with half the diagonal."""
    factor = transposed(out) if upper else out
    left = np.linalg.solve(factor, symmetrized(t))
    made = factor @ _half_lower(np.linalg.solve(factor, transposed(left)))
    return transposed(made) if upper else made


def _cholesky(a: Any, upper: bool = False) -> Any:
    """NumPy's; of another library's array the lower factor, whichever its function returns (Dask's: the upper one)."""
    if not is_foreign(a):
        return np.linalg.cholesky(a, upper=upper)
    factor = np.linalg.cholesky(a)
    lower = np.tril(factor) + transposed(np.triu(factor, 1))
    return transposed(lower) if upper else lower


cholesky = define(
    _cholesky,
    _cholesky_cotangent,
    keeps="out",
    implements=np.linalg.cholesky,
    name="cholesky",
    jvp=_cholesky_jvp,
    batch="free",
    label="sym(L⁻ᵀ Φ(Lᵀg) L⁻¹)",
)


# QR


def _qr_cotangent(g: Any, out: Any, a: Any) -> Any:
    """(gQ + Q copyltu(R gRᵀ - gQᵀ Q)) R⁻ᵀ, where copyltu mirrors the lower triangle.

    For a wide A = [X, Y], R = [R', R''] with Q R' = X and R'' = Qᵀ Y: gR'' adds Q gR'' to gY and Y gR''ᵀ to gQ.
    Source: Walter & Lehmann 2010, arXiv:1001.1654.
    """
    (gq, gr), (q, r) = g, out
    m, n = a.shape[-2:]
    if m < n:
        gy = q @ gr[..., m:]
        gq = gq + a[..., m:] @ transposed(gr[..., m:])
        r, gr = r[..., :m], gr[..., :m]
    lower = _half_lower(r @ transposed(gr) - transposed(gq) @ q)
    gx = transposed(np.linalg.solve(r, transposed(gq + q @ (lower + transposed(lower)))))
    return np.concatenate([gx, gy], axis=-1) if m < n else gx


_qr = define(
    lambda a: tuple(np.linalg.qr(a)),
    _qr_cotangent,
    implements=np.linalg.qr,
    name="qr",
    batch="free",
    label="(gQ + Q copyltu(…)) R⁻ᵀ",
)


@implements(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """np.linalg.qr with mode "reduced" or "r", or "complete" where that is the same (no more rows than columns)."""
    if mode not in ("reduced", "r", "complete"):
        raise NoRuleError(f"np.linalg.qr of a Tensor takes mode 'reduced', 'r' or 'complete'; got {mode!r}.")
    if mode == "complete" and a.shape[-2] > a.shape[-1]:
        raise NoRuleError(
            f"np.linalg.qr(mode='complete') of shape {a.shape} has no derivative rule: the added columns of Q are "
            "arbitrary. Use mode='reduced'."
        )
    q, r = _qr(a)
    return r if mode == "r" else QRResult(q, r)


# Symmetric matrices


def _reciprocal_differences(x: Any) -> Any:
    """1 / (x_j - x_i) at [i, j]; 0 on the diagonal and for pairs that are equal up to rounding."""
    difference = np.expand_dims(x, -2) - np.expand_dims(x, -1)
    scale = largest(np.abs(raw(x)), -1, 0)[..., None]
    equal = np.abs(raw(difference)) <= x.shape[-1] * np.finfo(x.dtype).eps * scale
    one, zero = x.dtype.type(1), x.dtype.type(0)
    return np.where(equal, zero, one / np.where(equal, one, difference))


def _skew(a: Any) -> Any:
    return a - transposed(a)


def _scaled_outer(u: Any, g: Any, vt: Any) -> Any:
    """u diag(g) vᵀ."""
    return (u * np.expand_dims(g, -2)) @ vt


def _eigh_cotangent(g: Any, out: Any, a: Any, UPLO: str = "L") -> Any:
    """V (diag(gλ) + F ∘ skew(Vᵀ gV) / 2) Vᵀ, F_ij = 1 / (λ_j - λ_i): symmetric."""
    (gw, gv), (w, v) = g, out
    ga = _scaled_outer(v, gw, transposed(v))
    if somewhere(raw(gv) != 0):
        ga = ga + v @ (_reciprocal_differences(w) * _skew(transposed(v) @ gv) / 2) @ transposed(v)
    return ga


def _on_the_diagonal(u: Any, t: Any, v: Any) -> Any:
    """The diagonal of uᵀ t v: u_i · t v_i for every column i."""
    return np.sum(u * (t @ v), axis=-2)


def _eigh_jvp(t: Any, out: Any, a: Any, UPLO: str = "L") -> tuple[Any, Any]:
    """dλ = diag(Vᵀ t V),  dV = V (F ∘ sym(Vᵀ t V))."""
    w, v = out
    inner = symmetrized(transposed(v) @ t @ v)
    return np.diagonal(inner, 0, -2, -1), v @ (_reciprocal_differences(w) * inner)


_eigh = define(
    lambda a, UPLO="L": tuple(np.linalg.eigh(a, UPLO)),
    _eigh_cotangent,
    keeps="out",
    implements=np.linalg.eigh,
    name="eigh",
    jvp=_eigh_jvp,
    batch="free",
    label="V (diag gλ + F∘skew(Vᵀ gV)/2) Vᵀ",
)


@implements(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    return EighResult(*_eigh(a, UPLO=UPLO))


def _eigvalsh_cotangent(g: Any, out: Any, a: Any, UPLO: Any = "L") -> Any:
    """V diag(g) Vᵀ."""
    v = np.linalg.eigh(a, UPLO)[1]
    return _scaled_outer(v, g, transposed(v))


def _eigvalsh_jvp(t: Any, out: Any, a: Any, UPLO: Any = "L") -> Any:
    v = np.linalg.eigh(a, UPLO)[1]
    return _on_the_diagonal(v, t, v)


eigvalsh = define(
    np.linalg.eigvalsh, _eigvalsh_cotangent, keeps="a", jvp=_eigvalsh_jvp, batch="free", label="V diag(g) Vᵀ"
)


# Singular values


def _svd_cotangent(g: Any, out: Any, a: Any, hermitian: bool = False) -> Any:
    """Townsend 2016, "Differentiating the singular value decomposition".

        U ((F ∘ skew(Uᵀ gU)) S + S (F ∘ skew(Vᵀ gV)) + diag(gs)) Vᵀ + (I - U Uᵀ) gU S⁻¹ Vᵀ + U S⁻¹ gVᵀ (I - V Vᵀ)

    with F_ij = 1 / (s_j² - s_i²).
    """
    (gu, gs, gvt), (u, s, vt) = g, out
    m, n = a.shape[-2:]
    if not s.size:
        return zeros(a.shape, s.dtype, raw(a))
    zero = _vanishing(s, max(m, n))
    inner = np.expand_dims(np.where(zero, 0, gs), -2) * like(np.eye(s.shape[-1], dtype=s.dtype), raw(s))
    outside: list[Any] = []
    if somewhere(raw(gu) != 0) or somewhere(raw(gvt) != 0):
        both = np.expand_dims(s, -2) + np.expand_dims(s, -1)
        f = _reciprocal_differences(s) / np.where(raw(both) == 0, s.dtype.type(1), both)
        inverse = np.where(zero, s.dtype.type(0), 1 / np.where(zero, s.dtype.type(1), s))
        utgu, vtgv = transposed(u) @ gu, vt @ transposed(gvt)
        inner = inner + f * _skew(utgu) * np.expand_dims(s, -2) + np.expand_dims(s, -1) * (f * _skew(vtgv))
        if m > n:
            outside.append((gu - u @ utgu) * np.expand_dims(inverse, -2) @ vt)
        if n > m:
            outside.append(u @ (np.expand_dims(inverse, -1) * (gvt - transposed(vtgv) @ vt)))
    ga = u @ inner @ vt
    for part in outside:
        ga = ga + part
    return symmetrized(ga) if hermitian else ga


def _vanishing(s: Any, size: int) -> Any:
    """Where singular values are zero up to rounding."""
    s = raw(s)
    return s <= size * np.finfo(s.dtype).eps * largest(s, -1, 0)


_svd = define(
    lambda a, **options: tuple(np.linalg.svd(a, full_matrices=False, **options)),
    _svd_cotangent,
    implements=np.linalg.svd,
    name="svd",
    batch="free",
    label="Townsend 2016",
)


def _svdvals_cotangent(g: Any, out: Any, a: Any, hermitian: bool = False) -> Any:
    """U diag(g) Vᵀ."""
    if not out.size:
        return zeros(a.shape, a.dtype, raw(a))
    u, s, vt = np.linalg.svd(a, full_matrices=False, hermitian=hermitian)
    ga = _scaled_outer(u, np.where(_vanishing(s, max(a.shape[-2:])), s.dtype.type(0), g), vt)
    return symmetrized(ga) if hermitian else ga


def _svdvals_jvp(t: Any, out: Any, a: Any, hermitian: bool = False) -> Any:
    """diag(Uᵀ t V), 0 for a singular value that is zero."""
    if not out.size:
        return zeros(out.shape, out.dtype, raw(a))
    u, s, vt = np.linalg.svd(a, full_matrices=False, hermitian=hermitian)
    moved = _on_the_diagonal(u, symmetrized(t) if hermitian else t, transposed(vt))
    return np.where(_vanishing(s, max(a.shape[-2:])), s.dtype.type(0), moved)


_svdvals = define(
    lambda a, hermitian=False: np.linalg.svd(a, compute_uv=False, hermitian=hermitian),
    _svdvals_cotangent,
    keeps="a",
    implements=np.linalg.svdvals,
    name="svdvals",
    jvp=_svdvals_jvp,
    batch="free",
    label="U diag(g) Vᵀ",
)


@implements(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    return _svdvals(as_operand(x))


@implements(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    if not compute_uv:
        return _svdvals(a, hermitian=hermitian)
    if full_matrices and a.shape[-2] != a.shape[-1]:
        if is_tensor(a) and a.requires_grad:
            raise NoRuleError(
                f"np.linalg.svd(full_matrices=True), NumPy's default, of shape {a.shape} has no derivative rule: "
                "the added singular vectors are arbitrary. Use np.linalg.svd(x, full_matrices=False)."
            )
        return SVDResult(*[result(x, None) for x in np.linalg.svd(raw(a), full_matrices, compute_uv, hermitian)])
    return SVDResult(*(_svd(a, hermitian=True) if hermitian else _svd(a)))
