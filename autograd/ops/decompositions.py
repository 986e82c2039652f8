"""Decompositions of matrices: Cholesky, QR, symmetric eigenvalues, singular values.

Conventions:
- Sign. Eigenvectors and singular vectors are determined up to a sign (up to a rotation, where values repeat). The
  gradient is that of the vectors which NumPy returned. It is meaningful only for functions that do not depend on the
  choice, as in PyTorch.
- Repeated values: equal_values.py.
- Added columns of full_matrices=True and mode="complete": any orthonormal complement. The gradient is meaningful for
  functions that do not depend on the choice; PyTorch and JAX have none.
- Zero singular values. The derivative of a singular value at zero is 0, like that of |x|.
- Symmetric input. cholesky and eigh read one triangle; the gradient is the symmetric matrix that belongs to a change of
  both triangles at once, as PyTorch's for cholesky.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import identity, is_foreign, like, somewhere, zeros
from autograd.engine.kinks import bends, bent
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements
from autograd.engine.settled import moving, unsettled, varies
from autograd.errors import NoRuleError
from autograd.ops.arguments import as_operand
from autograd.ops.equal_values import (
    equal_pairs,
    told_apart,
    with_doubt,
    with_kinks_at_0,
    with_lost_pairs,
    with_lost_tangents,
    within_groups,
    without_second,
)
from autograd.ops.linalg import in_hermitian_pairing, symmetrized
from autograd.shapes import adjoint, largest

EighResult = type(np.linalg.eigh(np.eye(1)))  # NumPy's named tuples, which are not public
SVDResult = type(np.linalg.svd(np.eye(1)))
QRResult = type(np.linalg.qr(np.eye(1)))


@in_hermitian_pairing
def _cholesky_cotangent(g: Any, out: Any, a: Any, upper: bool = False) -> Any:
    """A = L Lᵀ: sym(L⁻ᵀ Φ(Lᵀ g) L⁻¹), Φ the lower triangle with half the diagonal (Murray 2016, arXiv:1602.07527)."""
    factor, g = (adjoint(out), adjoint(g)) if upper else (out, g)
    phi = _half_lower(adjoint(factor) @ g)
    left = np.linalg.solve(adjoint(factor), phi)
    return symmetrized(adjoint(np.linalg.solve(adjoint(factor), adjoint(left))))


def _half_lower(a: Any) -> Any:
    """The lower triangle with half the diagonal."""
    n = a.shape[-1]
    return a * like(np.tri(n, dtype=a.dtype) - np.eye(n, dtype=a.dtype) / 2, raw(a))


def _cholesky_jvp(t: Any, out: Any, a: Any, upper: bool = False) -> Any:
    """L Φ(L⁻¹ sym(t) L⁻ᵀ), Φ the lower triangle with half the diagonal."""
    factor = adjoint(out) if upper else out
    left = np.linalg.solve(factor, symmetrized(t))
    made = factor @ _half_lower(np.linalg.solve(factor, adjoint(left)))
    return adjoint(made) if upper else made


def _cholesky(a: Any, upper: bool = False) -> Any:
    """NumPy's; of another library's array the lower factor, whichever its function returns (Dask's: the upper one)."""
    if not is_foreign(a):
        return np.linalg.cholesky(a, upper=upper)
    factor = np.linalg.cholesky(a)
    lower = np.tril(factor) + adjoint(np.triu(factor, 1))
    return adjoint(lower) if upper else lower


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


# Orthonormal columns completed to a square matrix, for mode="complete" of qr and full_matrices=True of svd. The added
# columns are arbitrary up to a rotation among themselves. The rule moves them without turning them,
#     U₂ᵀ dU₂ = 0,    U₁ᵀ dU₂ = -dU₁ᵀ U₂,
# which gives the derivative of every function that does not depend on the choice, such as the projector U₂ U₂ᵀ.


@in_hermitian_pairing
def _added_columns_vjp(g: Any, out: Any, u: Any, added: Any) -> Any:
    return -(out @ (adjoint(g) @ u)) if somewhere(raw(g) != 0) else zeros(u.shape, u.dtype, raw(g))


_added_columns = define(
    lambda u, added: added,
    _added_columns_vjp,
    name="added_columns",
    jvp=lambda t, out, u, added: -(u @ (adjoint(t) @ out)),
    batch="free",
    label="-U₂ gᵀ U₁",
)


def _completed(u: Any, full: Any) -> Any:
    """The columns u, then those that `full` has beside them."""
    k = u.shape[-1]
    return np.concatenate([u, _added_columns(u, added=full[..., k:])], axis=-1) if full.shape[-1] > k else u


# QR


@in_hermitian_pairing
def _qr_cotangent(g: Any, out: Any, a: Any) -> Any:
    """(gQ + Q copyltu(R gRᵀ - gQᵀ Q)) R⁻ᵀ, where copyltu mirrors the lower triangle.

    For a wide A = [X, Y], R = [R', R''] with Q R' = X and R'' = Qᵀ Y: gR'' adds Q gR'' to gY and Y gR''ᵀ to gQ.
    Source: Walter & Lehmann 2010, arXiv:1001.1654.
    """
    (gq, gr), (q, r) = g, out
    m, n = a.shape[-2:]
    if m < n:
        gy = q @ gr[..., m:]
        gq = gq + a[..., m:] @ adjoint(gr[..., m:])
        r, gr = r[..., :m], gr[..., :m]
    lower = _half_lower(r @ adjoint(gr) - adjoint(gq) @ q)
    gx = adjoint(np.linalg.solve(r, adjoint(gq + q @ (lower + adjoint(lower)))))
    return np.concatenate([gx, gy], axis=-1) if m < n else gx


_qr = define(
    lambda a: tuple(np.linalg.qr(a)),
    _qr_cotangent,
    implements=np.linalg.qr,
    name="qr",
    results="Q R",
    batch="free",
    label="(gQ + Q copyltu(…)) R⁻ᵀ",
)


@implements(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """np.linalg.qr with mode "reduced", "r" or "complete", whose added columns are arbitrary up to a rotation."""
    if mode not in ("reduced", "r", "complete"):
        raise NoRuleError(f"np.linalg.qr of a Tensor takes mode 'reduced', 'r' or 'complete'; got {mode!r}.")
    q, r = _qr(a)
    added = a.shape[-2] - a.shape[-1]
    if mode == "complete" and added > 0:
        q = _completed(q, np.linalg.qr(raw(a), "complete")[0])
        r = np.concatenate([r, zeros((*r.shape[:-2], added, r.shape[-1]), r.dtype, raw(r))], axis=-2)
    return r if mode == "r" else QRResult(q, r)


# Symmetric matrices


def _reciprocal_differences(x: Any) -> Any:
    """1 / (x_j - x_i) at [i, j]; 0 on the diagonal and for pairs that are equal up to rounding."""
    difference = np.expand_dims(x, -2) - np.expand_dims(x, -1)
    equal = equal_pairs(x) | identity(x, bool)
    one, zero = x.dtype.type(1), x.dtype.type(0)
    return np.where(equal, zero, one / np.where(equal, one, difference))


def _skew(a: Any) -> Any:
    return a - adjoint(a)


def _scaled_outer(u: Any, g: Any, vt: Any) -> Any:
    """u diag(g) vᵀ."""
    return (u * np.expand_dims(g, -2)) @ vt


@in_hermitian_pairing
def _eigh_cotangent(g: Any, out: Any, a: Any, UPLO: str = "L", inner: bool = False) -> Any:
    """V (diag(gλ) + F ∘ skew(Vᵀ gV) / 2) Vᵀ, F_ij = 1 / (λ_j - λ_i): symmetric."""
    (gw, gv), (w, v) = g, out
    if gv is None:
        return _values_cotangent(gw, w, _eigh(a, UPLO=UPLO, inner=True)[1] if varies(a) else v, a, "np.linalg.eigh")
    turned = adjoint(v) @ gv
    inside = _reciprocal_differences(w) * _skew(turned) / 2
    if gw is not None:
        if not inner:
            lengths = np.linalg.norm(raw(gv), axis=-2)
            inside = with_doubt(inside, w, gw, turned, "np.linalg.eigh", lengths, a)
        inside = inside + np.expand_dims(gw, -2) * identity(w)
    return v @ inside @ adjoint(v)


def _values_cotangent(g: Any, w: Any, v: Any, a: Any, of: str) -> Any:
    """V diag(g) Vᵀ, of a function of the eigenvalues alone."""
    return within_groups(_scaled_outer(v, g, adjoint(v)), g, w, a, v, v, of)


def _eigh_jvp(t: Any, out: Any, a: Any, UPLO: str = "L", inner: bool = False) -> tuple[Any, Any]:
    """dλ = diag(Vᵀ t V),  dV = V (F ∘ sym(Vᵀ t V))."""
    w, v = out
    moved = symmetrized(adjoint(v) @ t @ v)
    mixed = _reciprocal_differences(w) * moved
    mixed = mixed if inner else with_lost_tangents(mixed, moved, w, "np.linalg.eigh")
    return with_lost_pairs(np.diagonal(moved, 0, -2, -1), moved, w, a, "np.linalg.eigh"), v @ mixed


_eigh = define(
    lambda a, UPLO="L", inner=False: tuple(np.linalg.eigh(a, UPLO)),
    _eigh_cotangent,
    absent=True,
    implements=np.linalg.eigh,
    name="eigh",
    results="λ v",
    jvp=_eigh_jvp,
    batch="free",
    label="V (diag gλ + F∘skew(Vᵀ gV)/2) Vᵀ",
)


@implements(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    return EighResult(*_eigh(a, UPLO=UPLO))


@in_hermitian_pairing
def _eigvalsh_cotangent(g: Any, out: Any, a: Any, UPLO: Any = "L") -> Any:
    """V diag(g) Vᵀ."""
    return _values_cotangent(g, out, _eigh(a, UPLO=UPLO, inner=True)[1], a, "np.linalg.eigvalsh")


def _eigvalsh_jvp(t: Any, out: Any, a: Any, UPLO: Any = "L") -> Any:
    v = _eigh(a, UPLO=UPLO, inner=True)[1]
    moved = symmetrized(adjoint(v) @ t @ v)
    return with_lost_pairs(np.diagonal(moved, 0, -2, -1), moved, out, a, "np.linalg.eigvalsh")


eigvalsh = define(np.linalg.eigvalsh, _eigvalsh_cotangent, jvp=_eigvalsh_jvp, batch="free", label="V diag(g) Vᵀ")


# Singular values


@in_hermitian_pairing
def _svd_cotangent(g: Any, out: Any, a: Any, hermitian: bool = False, inner: bool = False) -> Any:
    """Townsend 2016, "Differentiating the singular value decomposition".

        U ((F ∘ skew(Uᵀ gU)) S + S (F ∘ skew(Vᵀ gV)) + diag(gs)) Vᵀ + (I - U Uᵀ) gU S⁻¹ Vᵀ + U S⁻¹ gVᵀ (I - V Vᵀ)

    with F_ij = 1 / (s_j² - s_i²). With P, Q = skew(Uᵀ gU), skew(Vᵀ gV) only one part needs s_i ≠ s_j:

        F (P s_j + s_i Q) = (P + Q) / 2 / (s_j - s_i) + (P - Q) / 2 / (s_j + s_i)
    """
    (gu, gs, gvt), (u, s, vt) = g, out
    m, n = a.shape[-2:]
    if not s.size:
        return zeros(a.shape, s.dtype, raw(a))
    if gu is None and gvt is None:
        return _of_singular_values(gs, s, a, hermitian)
    zero = _vanishing(s, max(m, n))
    told: Any = np.False_
    with_vectors = gs is not None and gu is not None and gvt is not None and not inner
    gu, gvt = (zeros(o.shape, o.dtype, raw(a)) if go is None else go for go, o in ((gu, u), (gvt, vt)))
    lengths = np.linalg.norm(raw(gu), axis=-2) + np.linalg.norm(raw(gvt), axis=-1)
    if with_vectors and somewhere(zero):
        told = zero & told_apart(lengths, raw(s), np.max(np.abs(raw(gs)), axis=-1, keepdims=True, initial=0))
        zero = zero & ~told
        gs = with_kinks_at_0(gs, (raw(s) == 0) & (raw(gs) != 0), "np.linalg.svd")
    eye = identity(s)
    inside = 0 * eye if gs is None else np.expand_dims(np.where(zero & ~np.isnan(raw(gs)), 0, gs), -2) * eye
    outside: list[Any] = []
    if somewhere(raw(gu) != 0) or somewhere(raw(gvt) != 0):
        both = np.expand_dims(s, -2) + np.expand_dims(s, -1)
        inverse = np.where(zero, s.dtype.type(0), 1 / np.where(zero, s.dtype.type(1), s))
        utgu, vtgv = adjoint(u) @ gu, vt @ adjoint(gvt)
        p, q = _skew(utgu) / 2, _skew(vtgv) / 2
        neither = np.expand_dims(zero, -2) & np.expand_dims(zero, -1)
        apart = np.where(neither, s.dtype.type(0), (p - q) / np.where(neither, s.dtype.type(1), both))
        turned = (p + q) * _reciprocal_differences(s) + apart
        inside = inside + (turned if inner else with_doubt(turned, s, gs, utgu + vtgv, "np.linalg.svd", lengths, a))
        if m > n:
            outside.append((gu - u @ utgu) * np.expand_dims(inverse, -2) @ vt)
        if n > m:
            outside.append(u @ (np.expand_dims(inverse, -1) * (gvt - adjoint(vtgv) @ vt)))
    ga = u @ inside @ vt
    for part in outside:
        ga = ga + part
    ga = without_second(ga, told, a, "np.linalg.svd")
    return symmetrized(ga) if hermitian else ga


def _vanishing(s: Any, size: int) -> Any:
    """Where singular values are zero up to rounding."""
    s = raw(s)
    return s <= size * np.finfo(s.dtype).eps * largest(s, -1, 0)


_svd = define(
    lambda a, hermitian=False, inner=False: tuple(np.linalg.svd(a, full_matrices=False, hermitian=hermitian)),
    _svd_cotangent,
    absent=True,
    implements=np.linalg.svd,
    name="svd",
    results="U S Vᴴ",
    batch="free",
    label="Townsend 2016",
)


@in_hermitian_pairing
def _svdvals_cotangent(g: Any, out: Any, a: Any, hermitian: bool = False) -> Any:
    return _of_singular_values(g, out, a, hermitian)


def _of_singular_values(g: Any, out: Any, a: Any, hermitian: bool) -> Any:
    """U diag(g) Vᵀ."""
    if not out.size:
        return zeros(a.shape, a.dtype, raw(a))
    u, s, vt = _svd(a, hermitian=hermitian, inner=True)
    zero = _vanishing(s, max(a.shape[-2:]))
    kept = np.where(zero, s.dtype.type(0), g)
    ga = _scaled_outer(u, kept, vt)
    ga = within_groups(ga, kept, out, a, u, adjoint(vt), "np.linalg.svdvals")
    at = lambda: np.any(unsettled(zero & bends(g), g), -1)[..., None, None]  # noqa: E731
    ga = bent(ga, a, at=at, of="np.linalg.svdvals", axis=(-2, -1))
    return symmetrized(ga) if hermitian else ga


def _svdvals_jvp(t: Any, out: Any, a: Any, hermitian: bool = False) -> Any:
    """diag(Uᵀ t V), 0 for a singular value that is zero."""
    if not out.size:
        return zeros(out.shape, out.dtype, raw(a))
    u, s, vt = _svd(a, hermitian=hermitian, inner=True)
    moved = adjoint(u) @ (symmetrized(t) if hermitian else t) @ adjoint(vt)
    zero = _vanishing(s, max(a.shape[-2:]))
    ds = np.where(zero, s.dtype.type(0), np.diagonal(moved, 0, -2, -1))
    return with_lost_pairs(ds, moved, out, a, "np.linalg.svdvals", kinks=np.any(zero, -1) & np.any(moving(t), (-2, -1)))


_svdvals = define(
    lambda a, hermitian=False: np.linalg.svd(a, compute_uv=False, hermitian=hermitian),
    _svdvals_cotangent,
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
    """np.linalg.svd; what full_matrices=True adds to the singular vectors is arbitrary up to a rotation."""
    if not compute_uv:
        return _svdvals(a, hermitian=hermitian)
    u, s, vt = _svd(a, hermitian=hermitian)
    if full_matrices and a.shape[-2] != a.shape[-1]:
        full = np.linalg.svd(raw(a), full_matrices, compute_uv, hermitian)
        u, vt = _completed(u, full[0]), adjoint(_completed(adjoint(vt), adjoint(full[2])))
    return SVDResult(u, s, vt)
