"""scipy.linalg: functions of matrices, equations, factorisations. The rest is scipy.linalg's own.

Source: Al-Mohy & Higham 2009 (the derivative of a function of a matrix is a block of the function of
[[A, E], [0, A]]); Giles 2008 (equations, factorisations). Equations in arrays of other libraries are solved by
np.linalg.solve (the composites), since SciPy's functions take ndarrays only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as sp

from autograd.engine.kinds import identity, like
from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.errors import ArgumentError, ShapeError
from autograd.ops.arguments import as_operand
from autograd.ops.linalg import in_hermitian_pairing, symmetrized
from autograd.shapes import adjoint, conj

__all__ = [
    "block_diag", "cho_factor", "cho_solve", "expm", "logm", "lu", "polar", "solve_banded", "solve_sylvester",
    "solve_triangular", "sqrtm", "toeplitz",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    return getattr(sp, name)


# Functions of a matrix


def _along(function: Primitive, t: Any, a: Any) -> Any:
    """The derivative of a function of a matrix at a in the direction t; at aᵀ along g it is the cotangent of a."""
    n = a.shape[-1]
    rows = np.concatenate([a, t], axis=-1), np.concatenate([np.zeros_like(a), a], axis=-1)
    return function(np.concatenate(rows, axis=-2))[..., :n, n:]


def _logm_of(A: Any) -> Any:
    """SciPy's estimates a norm by vectors that it draws from NumPy's global generator, which is put back here."""
    state = np.random.get_state()  # noqa: NPY002
    try:
        return sp.logm(A)
    finally:
        np.random.set_state(state)  # noqa: NPY002


_expm: Primitive = define(
    sp.expm, lambda g, out, A: _along(_expm, g, np.swapaxes(A, -1, -2)), keeps="A",
    jvp=lambda t, out, A: _along(_expm, t, A), name="linalg.expm", label="L(Aᵀ, g)",
)  # fmt: skip
_logm: Primitive = define(
    _logm_of, lambda g, out, A: _along(_logm, g, np.swapaxes(A, -1, -2)), keeps="A",
    jvp=lambda t, out, A: _along(_logm, t, A), name="linalg.logm", label="L(Aᵀ, g)",
)  # fmt: skip
_sqrtm: Primitive = define(
    lambda A: sp.sqrtm(A), lambda g, out, A: solve_sylvester(out.T, out.T, g), keeps="out",
    name="linalg.sqrtm", label="S(outᵀ,outᵀ,g)",
)  # fmt: skip


def expm(A: Any) -> Any:
    """The exponential of a square matrix, or of each of several, (*, n, n)."""
    return _expm(np.atleast_2d(as_operand(A)))


def logm(A: Any) -> Any:
    """The logarithm of a square matrix: the inverse of expm; complex where an eigenvalue is negative or complex."""
    _check_square("logm", A)
    return _logm(as_operand(A))


def sqrtm(A: Any) -> Any:
    """The square root of a square matrix; complex where an eigenvalue is negative."""
    _check_square("sqrtm", A)
    return _sqrtm(as_operand(A))


# Equations


def _check_square(name: str, a: Any) -> None:
    if np.ndim(a) != 2 or np.shape(a)[0] != np.shape(a)[1]:
        raise ShapeError(f"scipy.linalg.{name} takes one square matrix; got shape {np.shape(a)}.")


def _sylvester_by_kronecker(a: Any, b: Any, q: Any) -> Any:
    """(a ⊗ 1 + 1 ⊗ bᵀ) vec x = vec q, rows one after the other in vec."""
    matrix = np.kron(a, identity(b)) + np.kron(identity(a), b.T)
    return np.reshape(np.linalg.solve(matrix, np.reshape(q, (-1,))), q.shape)


solve_sylvester: Primitive = define(
    sp.solve_sylvester,
    lambda g, out, a, b, q: -solve_sylvester(a.T, b.T, g) @ out.T,
    lambda g, out, a, b, q: -out.T @ solve_sylvester(a.T, b.T, g),
    lambda g, out, a, b, q: solve_sylvester(a.T, b.T, g),
    keeps=("a b out", "a b out", "a b"),
    composite=_sylvester_by_kronecker,
    plain=True,
    complex="own rules",
    name="linalg.solve_sylvester",
    label="u=S(aᵀ,bᵀ,g), -u·outᵀ, -outᵀ·u",
)


def _outer(x: Any, y: Any) -> Any:
    """x yᵀ, summed over the right-hand sides."""
    return np.outer(x, y) if x.ndim == 1 else x @ y.T


def _triangle(c: Any, lower: bool, unit: bool) -> Any:
    return np.tril(c, -int(unit)) if lower else np.triu(c, int(unit))


def _by_triangle(g: Any, out: Any, a: Any, b: Any, trans: int, lower: bool, unit_diagonal: bool) -> Any:
    u = _solve_triangular(a, g, trans=1 - trans, lower=lower, unit_diagonal=unit_diagonal)
    return -_triangle(_outer(out, u) if trans else _outer(u, out), lower, unit_diagonal)


def _solve_by_triangle(a: Any, b: Any, trans: int, lower: bool, unit_diagonal: bool) -> Any:
    triangle = _triangle(a, lower, unit_diagonal)
    if unit_diagonal:
        triangle = triangle + identity(a)
    return np.linalg.solve(triangle.T if trans else triangle, b)


_solve_triangular: Primitive = define(
    lambda a, b, trans, lower, unit_diagonal: sp.solve_triangular(a, b, trans, lower, unit_diagonal),
    _by_triangle,
    lambda g, out, a, b, trans, lower, unit_diagonal: _solve_triangular(
        a, g, trans=1 - trans, lower=lower, unit_diagonal=unit_diagonal
    ),
    keeps=("a out", "a"),
    composite=_solve_by_triangle,
    plain=True,
    complex="own rules",
    name="linalg.solve_triangular",
    label="u=a⁻ᵀg, -u·outᵀ",
)


def solve_triangular(
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The solution of a x = b, or aᵀ x = b with trans=1, aᴴ x = b with trans=2, where only a triangle of a is read."""
    _check_square("solve_triangular", a)
    transposed = {0: 0, "N": 0, 1: 1, "T": 1, 2: 1, "C": 1}
    if trans in (2, "C"):
        a = conj(as_operand(a))
    if trans not in transposed:
        raise ArgumentError(f"solve_triangular's trans is 0, 1, 'N' or 'T'; got {trans!r}.")
    return _solve_triangular(
        as_operand(a), as_operand(b), trans=transposed[trans], lower=bool(lower), unit_diagonal=bool(unit_diagonal)
    )


def _in_bands(shape: tuple[int, ...], upper: int) -> tuple[Any, Any, Any]:
    """(row, column, whether inside) of the elements of a banded matrix in the order ab[upper + i - j, j] = a[i, j]."""
    k, j = np.indices(shape)
    i = k + j - upper
    inside = (i >= 0) & (i < shape[1])
    return np.where(inside, i, 0), j, inside


def _transposed_bands(ab: Any, lower: int, upper: int) -> Any:
    """The transpose of a banded matrix, whose bands are the same in the opposite order."""
    i, _, inside = _in_bands(ab.shape, lower)
    return np.where(inside, np.take_along_axis(ab[::-1], i, axis=1), 0)


def _by_bands(g: Any, out: Any, ab: Any, b: Any, lower: int, upper: int) -> Any:
    u = _solve_banded(_transposed_bands(ab, lower, upper), g, lower=upper, upper=lower)
    i, j, inside = _in_bands(ab.shape, upper)
    products = u[i] * out[j]
    return -np.where(inside, products if out.ndim == 1 else np.sum(products, axis=-1), 0)


def _solve_by_bands(ab: Any, b: Any, lower: int, upper: int) -> Any:
    i, j = np.indices((ab.shape[1], ab.shape[1]))
    k = upper + i - j
    inside = (k >= 0) & (k <= lower + upper)
    return np.linalg.solve(np.where(like(inside, raw(ab)), ab[np.where(inside, k, 0), j], 0), b)


_solve_banded: Primitive = define(
    lambda ab, b, lower, upper: sp.solve_banded((lower, upper), ab, b),
    _by_bands,
    lambda g, out, ab, b, lower, upper: _solve_banded(_transposed_bands(ab, lower, upper), g, lower=upper, upper=lower),
    keeps=("ab out", "ab"),
    composite=_solve_by_bands,
    plain=True,
    complex="own rules",
    name="linalg.solve_banded",
    label="u=a⁻ᵀg, -u·outᵀ in the bands",
)


def solve_banded(
    l_and_u: tuple[int, int],
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The solution of a x = b for a banded matrix, given as its bands: ab[u + i - j, j] = a[i, j]."""
    lower, upper = l_and_u
    if np.ndim(ab) != 2 or np.shape(ab)[0] != lower + upper + 1:
        raise ShapeError(
            f"solve_banded takes {lower + upper + 1} bands, those of {lower} lower and {upper} upper diagonals and the "
            f"main one; got ab of shape {np.shape(ab)}."
        )
    return _solve_banded(as_operand(ab), as_operand(b), lower=int(lower), upper=int(upper))


def cho_factor(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> tuple[Any, bool]:
    """(the Cholesky factor of a, lower) for cho_solve: L with L Lᵀ = a, or its transpose. The other triangle is 0."""
    _check_square("cho_factor", a)
    a = as_operand(a)
    factor = np.linalg.cholesky(a if lower else a.T)
    return (factor if lower else factor.T), bool(lower)


def cho_solve(c_and_lower: tuple[Any, bool], b: Any, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """The solution of a x = b, given a's Cholesky factor."""
    c, lower = c_and_lower
    first = solve_triangular(c, b, trans=0 if lower else 2, lower=lower)
    return solve_triangular(c, first, trans=2 if lower else 0, lower=lower)


# Factorisations


def _lu_cotangent(g: Any, out: Any, a: Any) -> Any:
    """L⁻ᵀ [tril(Lᵀ ḡ, -1) Uᵀ + triu(ḡ Uᵀ)] U⁻ᵀ for the two factors in one matrix, whose cotangent is ḡ."""
    lower, upper = np.tril(out, -1) + np.eye(out.shape[0], dtype=out.dtype), np.triu(out)
    middle = np.tril(lower.T @ np.tril(g, -1), -1) + np.triu(np.triu(g) @ upper.T)
    right = _solve_triangular(upper, middle.T, trans=0, lower=False, unit_diagonal=False).T
    return _solve_triangular(lower, right, trans=1, lower=True, unit_diagonal=True)


def _lu_in_one(a: Any) -> Any:
    """L - 1 + U of a matrix whose rows are in the order of the pivots."""
    _, lower, upper = sp.lu(a)
    return np.tril(lower, -1) + upper


_lu = define(_lu_in_one, _lu_cotangent, keeps="out", name="linalg.lu", label="L⁻ᵀ(tril(Lᵀg)+triu(gUᵀ))U⁻ᵀ")


_permutation = Primitive(lambda a: sp.lu(a)[0], None, name="linalg.lu")  # a constant, also for a batch


def lu(
    a: Any,
    permute_l: bool = False,
    overwrite_a: bool = False,
    check_finite: bool = True,
    p_indices: bool = False,
) -> Any:
    """(P, L, U) with P L U = a and P a permutation, which is a constant.

    Args:  permute_l: return (P L, U).   p_indices: P as the vector of numbers with L[P] U = a.
    """
    a = as_operand(a)
    if a.ndim != 2:
        raise ShapeError(f"lu takes one matrix; got shape {a.shape}.")
    order = _permutation(raw(a))
    k = min(a.shape)
    rows = np.swapaxes(order, 0, 1) @ a
    both = _lu(rows[:k, :k])
    lower, upper = np.tril(both, -1) + np.eye(k, dtype=a.dtype), np.triu(both)
    if a.shape[0] > k:
        lower = np.concatenate([lower, solve_triangular(upper, rows[k:].T, trans=1).T])
    elif a.shape[1] > k:
        rest = solve_triangular(lower, rows[:, k:], lower=True, unit_diagonal=True)
        upper = np.concatenate([upper, rest], axis=1)
    if permute_l:
        return order @ lower, upper
    return np.argmax(order, axis=1) if p_indices else order, lower, upper


@in_hermitian_pairing
def _polar_cotangent(g: Any, out: Any, a: Any) -> Any:
    """U S(Uᴴḡ - ḡᴴU) + (1 - U Uᴴ) ḡ P⁻¹, where S(q) solves P x + x P = q."""
    p = adjoint(out) @ a
    h = adjoint(out) @ g
    square = out @ solve_sylvester(p, p, h - adjoint(h))
    return square + np.linalg.solve(p.T, (g - out @ h).T).T


_polar = define(lambda a: sp.polar(a)[0], _polar_cotangent, keeps="a out", name="linalg.polar",
                label="U·S(Uᵀg-gᵀU)+(1-UUᵀ)gP⁻¹")  # fmt: skip


def polar(a: Any, side: str = "right") -> tuple[Any, Any]:
    """(U, P) with orthonormal U and Hermitian P: a = U P, or P U with side="left"."""
    a = as_operand(a)
    if side == "left":
        u, p = polar(a.T)
        return u.T, p.T
    if side != "right" or a.ndim != 2:
        raise ArgumentError(f"polar takes a matrix and side 'right' or 'left'; got shape {a.shape}, {side!r}.")
    if a.shape[0] < a.shape[1]:
        raise ShapeError(
            f"polar has a derivative where P is regular: a has full rank and side='right' as many rows as columns, "
            f"side='left' as many columns as rows; got shape {a.shape}, or its transpose. Take the other side."
        )
    u = _polar(a)
    return u, symmetrized(adjoint(u) @ a)


# Matrices made of vectors and matrices


def toeplitz(c: Any, r: Any = None) -> Any:
    """The matrix with c as its first column and r (default conj(c)) as its first row, constant along its diagonals."""
    c = np.ravel(as_operand(c))
    r = conj(c) if r is None else np.ravel(as_operand(r))
    values = np.concatenate([np.flip(r[1:]), c])
    i, j = np.indices((c.size, r.size))
    return values[r.size - 1 + i - j]


def block_diag(*arrs: Any) -> Any:
    """The matrix with these matrices along its diagonal, and 0 elsewhere."""
    blocks = [np.atleast_2d(as_operand(a)) for a in arrs]
    if any(a.ndim != 2 for a in blocks):
        raise ShapeError(f"block_diag takes matrices; got shapes {', '.join(str(a.shape) for a in blocks)}.")
    width = sum(a.shape[1] for a in blocks)
    rows, start = [], 0
    for a in blocks:
        rows.append(np.pad(a, ((0, 0), (start, width - start - a.shape[1]))))
        start += a.shape[1]
    return np.concatenate(rows) if rows else np.zeros((1, 0))
