"""Inverses, solutions, determinants and powers of matrices, stacked or not (numpy.linalg).

The cotangents are those of Giles 2008, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation"; that of the pseudo-inverse is Golub & Pereyra 1973, eq. 4.12.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.engine.kinds import copied, identity, is_foreign, like, ones, somewhere, zeros
from autograd.engine.recording import is_tensor, raw
from autograd.engine.registry import define, implements
from autograd.errors import ShapeError
from autograd.ops.arguments import as_operand
from autograd.shapes import adjoint, conj, largest, transposed

SlogdetResult = type(np.linalg.slogdet(np.eye(1)))  # NumPy's named tuple, which is not public


def _per_matrix(g: Any) -> Any:
    """One number for each matrix of a stack, in a shape that multiplies the matrices: (…) -> (…, 1, 1)."""
    return g[..., None, None]


def symmetrized(a: Any) -> Any:
    """(a + aᴴ) / 2 of each matrix."""
    return (a + adjoint(a)) / 2


def in_hermitian_pairing(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A VJP whose cotangents are paired as Re(gᴴ t), as in papers on complex matrices: it is conj(rule(conj g))."""

    @functools.wraps(rule)
    def vjp(g: Any, *args: Any, **params: Any) -> Any:
        found = rule(tuple([o if o is None else conj(o) for o in g]) if type(g) is tuple else conj(g), *args, **params)
        return tuple([conj(gi) for gi in found]) if type(found) is tuple else conj(found)

    return vjp


# Inverse and solution

inv = define(
    np.linalg.inv,
    lambda g, out, a: -(transposed(out) @ g @ transposed(out)),
    keeps="out",
    jvp=lambda t, out, a: -(out @ t @ out),
    batch="free",
    label="-outᵀ·g·outᵀ",
)


def _solve_cotangents(g: Any, out: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """gb = A⁻ᵀ g and gA = -gb xᵀ; a vector b is a matrix of one column."""
    if b.ndim == 1:
        gb = np.linalg.solve(transposed(a), np.expand_dims(g, -1))
        return -(gb * np.expand_dims(out, -2)), gb[..., 0]
    gb = np.linalg.solve(transposed(a), g)
    return -(gb @ transposed(out)), gb


def _solve_by_a(t: Any, out: Any, a: Any, b: Any) -> Any:
    """-A⁻¹ t x."""
    if b.ndim == 1:
        return -np.linalg.solve(a, t @ np.expand_dims(out, -1))[..., 0]
    return -np.linalg.solve(a, t @ out)


def _solve_by_b(t: Any, out: Any, a: Any, b: Any) -> Any:
    return np.linalg.solve(a, np.expand_dims(t, -1))[..., 0] if b.ndim == 1 else np.linalg.solve(a, t)


_solve = define(
    np.linalg.solve,
    joint=_solve_cotangents,
    keeps="a out",
    jvp=(_solve_by_a, _solve_by_b),
    batch="free",
    label="-(a⁻ᵀ·g)·outᵀ, a⁻ᵀ·g",
)


@implements(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """np.linalg.solve: b is a vector if it has one dimension, otherwise a stack of matrices (as in NumPy 2)."""
    return _solve(as_operand(a), as_operand(b))


@in_hermitian_pairing
def _pinv_cotangent(g: Any, out: Any, a: Any, rcond: Any = None, hermitian: bool = False, **rtol: Any) -> Any:
    """-Pᴴ g Pᴴ + (I - A P) gᴴ P Pᴴ + Pᴴ P gᴴ (I - P A), multiplied so that no product is larger than A."""
    p, pt, gt = out, adjoint(out), adjoint(g)
    left = gt @ p @ pt
    right = pt @ p @ gt
    ga = -(pt @ g @ pt) + (left - a @ (p @ left)) + (right - (right @ p) @ a)
    return symmetrized(ga) if hermitian else ga


pinv = define(np.linalg.pinv, _pinv_cotangent, batch="free", label="Golub & Pereyra 1973")


def _lstsq_outputs(a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any, Any]:
    x, residuals, _, s = np.linalg.lstsq(a, b, *([] if rcond is None else [rcond]))
    return x, residuals, s


@in_hermitian_pairing
def _lstsq_cotangents(g: Any, out: Any, a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any]:
    """With P = A⁺, r = b - A x: gb = Pᴴ g, gA = -gb xᴴ + r (P gb)ᴴ + (Pᴴ x)(g - P A g)ᴴ.

    The residuals |r|² add 2 r g to gb and, since Aᴴ r = 0, -2 r g xᴴ to gA; the singular values u gₛ vᴴ to gA.
    """
    gx, gr, gs = g
    x, shape = out[0], b.shape
    if b.ndim == 1:
        x, gx, b = np.expand_dims(x, -1), np.expand_dims(gx, -1), np.expand_dims(b, -1)
    if rcond is None:
        rcond = np.finfo(a.dtype).eps * max(a.shape)
    p = np.linalg.pinv(a, rcond if rcond >= 0 else np.finfo(a.dtype).eps)
    r = b - a @ x
    gb = adjoint(p) @ gx
    ga = r @ adjoint(p @ gb) + (adjoint(p) @ x) @ adjoint(gx - p @ (a @ gx))
    if gr.size:
        gb = gb + 2 * r * gr
    ga = ga - gb @ adjoint(x)
    if somewhere(raw(gs) != 0):
        u, _, vt = np.linalg.svd(a, full_matrices=False)
        ga = ga + (u * gs) @ vt
    return ga, np.reshape(gb, shape)


_lstsq = define(
    _lstsq_outputs,
    joint=_lstsq_cotangents,
    implements=np.linalg.lstsq,
    name="lstsq",
    results="x residuals rank s",
    label="Golub & Pereyra 1973",
)


@implements(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """np.linalg.lstsq: (solution, residuals, rank, singular values); the rank is a plain integer."""
    a, b = as_operand(a), as_operand(b)
    x, residuals, s = _lstsq(a, b, rcond=rcond)
    cutoff = rcond if rcond is not None else np.finfo(s.dtype).eps * max(a.shape)
    if cutoff < 0:
        cutoff = np.finfo(s.dtype).eps
    rank = np.sum(raw(s) > cutoff * largest(raw(s), None, 0))
    return x, residuals, rank if is_foreign(rank) else int(rank), s


# Determinants


def _det_cotangent(g: Any, out: Any, a: Any) -> Any:
    """g times the matrix of cofactors, which equals det(A) A⁻ᵀ and, unlike A⁻¹, exists for a singular A too.

    For well-conditioned matrices it is computed from the inverse. For others up to 8 x 8 from the minors, which is
    exact to every order. For larger ones from A = U S Vᵀ:

        cof(A) = cof(U) cof(S) cof(V)ᵀ = det(U) det(V) · U diag(Π_{j≠i} s_j) Vᵀ

    which is exact to first order; its derivative needs distinct singular values, as every derivative of U and V does.
    """
    n = a.shape[-1]
    if not a.size:
        return zeros(a.shape, a.dtype, raw(a))
    if not is_foreign(raw(a)) and np.all(raw(out) != 0):
        inverse = np.linalg.inv(a)
        condition = np.linalg.norm(raw(a), axis=(-2, -1)) * np.linalg.norm(raw(inverse), axis=(-2, -1))
        if np.all(condition < np.finfo(a.dtype).eps ** -0.5):
            return _per_matrix(g * out) * transposed(inverse)
    return _per_matrix(g) * (_cofactors_by_minors(a) if n <= 8 else _cofactors_by_svd(a))


def _cofactors_by_minors(a: Any) -> Any:
    """The cofactors (-1)^(i+j) det(A without row i and column j)."""
    n = a.shape[-1]
    others = np.array([[k for k in range(n) if k != i] for i in range(n)], dtype=np.intp).reshape(n, n - 1)
    rows, columns = others[:, None, :, None], others[None, :, None, :]
    sign = (-1.0) ** np.add.outer(np.arange(n), np.arange(n))
    return np.linalg.det(a[..., rows, columns]) * like(sign.astype(a.dtype), raw(a))  # (…, n, n, n-1, n-1) -> (…, n, n)


def _cofactors_by_svd(a: Any) -> Any:
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    here = identity(s, bool)
    rest = np.where(here, s.dtype.type(1), np.expand_dims(s, -2))  # row i: s with 1 for s_i
    if a.dtype.kind == "c":
        sign = np.linalg.det(u) * np.linalg.det(vt)
    else:
        sign = np.round(np.linalg.det(raw(u)) * np.linalg.det(raw(vt)))  # ±1, so it has no derivative
    return _per_matrix(sign) * ((conj(u) * np.expand_dims(np.prod(rest, axis=-1), -2)) @ conj(vt))


def _det_jvp(t: Any, out: Any, a: Any) -> Any:
    """The sum of the cofactors times the tangent."""
    return np.sum(_det_cotangent(ones(out.shape, out.dtype, raw(t)), out, a) * t, axis=(-2, -1))


det = define(np.linalg.det, _det_cotangent, jvp=_det_jvp, batch="free", label="g·out·a⁻ᵀ")


def _slogdet_cotangent(g: Any, out: Any, a: Any) -> Any:
    """g A⁻ᵀ; nan for a singular matrix, which has no derivative, unless g is zero.

    The sign of a complex determinant turns with it: d sign = i sign Im tr(A⁻¹ dA).
    """
    g = g[1] + 1j * np.imag(g[0] * out[0]) if a.dtype.kind == "c" else g[1]
    singular = raw(out[1]) == -np.inf
    if not somewhere(singular):
        return _per_matrix(g) * transposed(np.linalg.inv(a))
    here = singular[..., None, None]
    one = identity(a)
    regular = _per_matrix(g) * transposed(np.linalg.inv(np.where(here, one, a)))
    return np.where(here, np.where(_per_matrix(raw(g)) == 0, 0, np.nan).astype(a.dtype), regular)


def _slogdet_jvp(t: Any, out: Any, a: Any) -> tuple[Any, Any]:
    """tr(A⁻¹ t)."""
    one = ones(out[1].shape, a.dtype, raw(t))
    moved = np.sum(_slogdet_cotangent((0 * one, one), out, a) * t, axis=(-2, -1))
    return (1j * out[0] * np.imag(moved), np.real(moved)) if a.dtype.kind == "c" else (None, moved)


_slogdet = define(
    lambda a: tuple(np.linalg.slogdet(a)),
    _slogdet_cotangent,
    implements=np.linalg.slogdet,
    name="slogdet",
    results="sign log|det|",
    jvp=_slogdet_jvp,
    batch="free",
    label="g·a⁻ᵀ of log|det a|",
)


@implements(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    """np.linalg.slogdet. The sign of a real determinant is a constant without a gradient; of a complex one, z / |z|."""
    sign, logabsdet = _slogdet(as_operand(a))
    return SlogdetResult(sign.detach() if is_tensor(sign) and sign.dtype.kind != "c" else sign, logabsdet)


# Powers and products of many


def _power(a: Any, n: int) -> Any:
    """NumPy returns the argument itself for n = 1: copy it, so that a write to the result does not change a."""
    out = np.linalg.matrix_power(a, n)
    return copied(out) if out is a else out


def _power_cotangent(g: Any, out: Any, a: Any, n: int) -> Any:
    """Σ_k (Aᵀ)^k g (Aᵀ)^(n-1-k): the upper right block of the n-th power of a larger matrix, also for n < 0.

    [ Aᵀ  g  ] ^ n      (Higham 2008, Functions of Matrices, ch. 3)
    [ 0   Aᵀ ]
    """
    m = a.shape[-1]
    at = transposed(a)
    top = np.concatenate([at, g], axis=-1)
    bottom = np.concatenate([zeros(a.shape, a.dtype, raw(a)), at], axis=-1)
    return np.linalg.matrix_power(np.concatenate([top, bottom], axis=-2), n)[..., :m, m:]


def _power_jvp(t: Any, out: Any, a: Any, n: int) -> Any:
    """Σ_k A^k t A^(n-1-k), the same block."""
    m = a.shape[-1]
    top = np.concatenate([a, t], axis=-1)
    bottom = np.concatenate([zeros(a.shape, a.dtype, raw(a)), a], axis=-1)
    return np.linalg.matrix_power(np.concatenate([top, bottom], axis=-2), n)[..., :m, m:]


matrix_power = define(
    _power,
    _power_cotangent,
    keeps="a",
    implements=np.linalg.matrix_power,
    name="matrix_power",
    jvp=_power_jvp,
    batch="",
    label="Σₖ (Aᵀ)ᵏ g (Aᵀ)ⁿ⁻¹⁻ᵏ",
)


@implements(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Any:
    """np.linalg.multi_dot: the product of all matrices, multiplied in the cheapest order."""
    factors = [as_operand(x) for x in arrays]
    if len(factors) < 2:
        raise ShapeError(f"np.linalg.multi_dot takes at least two arrays; got {len(factors)}.")
    first, last = factors[0].ndim, factors[-1].ndim
    if first not in (1, 2) or last not in (1, 2) or any(x.ndim != 2 for x in factors[1:-1]):
        raise ShapeError(
            f"np.linalg.multi_dot takes matrices (vectors first and last); got shapes {[x.shape for x in factors]}."
        )
    factors[0] = np.expand_dims(factors[0], 0) if first == 1 else factors[0]
    factors[-1] = np.expand_dims(factors[-1], -1) if last == 1 else factors[-1]
    split = _cheapest_splits([x.shape[0] for x in factors] + [factors[-1].shape[1]])

    def product(i: int, j: int) -> Any:
        return factors[i] if i == j else np.matmul(product(i, split[i, j]), product(split[i, j] + 1, j))

    result = product(0, len(factors) - 1)
    if first == 1:
        result = result[0]
    return result[..., 0] if last == 1 else result


def _cheapest_splits(sizes: Sequence[int]) -> dict[tuple[int, int], int]:
    """For each run of matrices i … j the place where its last product splits it.

    Source: Cormen et al., Introduction to Algorithms, 4th ed., 14.2.
    """
    n = len(sizes) - 1
    cost = {(i, i): 0 for i in range(n)}
    split = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            costs = {k: cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)}
            split[i, j] = min(costs, key=lambda k: costs[k])
            cost[i, j] = costs[split[i, j]]
    return split


@implements(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """np.linalg.tensorsolve: the x with tensordot(a, x, x.ndim) = b."""
    a, b = as_operand(a), as_operand(b)
    if axes is not None:
        a = np.moveaxis(a, axes, range(a.ndim - len(axes), a.ndim))
    shape = a.shape[b.ndim :]
    return np.reshape(np.linalg.solve(np.reshape(a, (b.size, b.size)), np.ravel(b)), shape)


@implements(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """np.linalg.tensorinv: the inverse of a for tensordot over `ind` axes."""
    if ind <= 0:
        raise ShapeError(f"np.linalg.tensorinv takes ind > 0; got {ind}.")
    shape = a.shape[ind:] + a.shape[:ind]
    rows = int(np.prod(a.shape[:ind]))
    return np.reshape(np.linalg.inv(np.reshape(a, (rows, a.size // rows))), shape)


# Other names of functions, and functions without a derivative


@implements(np.linalg.matrix_transpose, np.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    return np.swapaxes(x, -1, -2)


@implements(np.linalg.diagonal)
def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


@implements(np.linalg.matrix_rank)
def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, **rtol: Any) -> Any:
    return np.linalg.matrix_rank(raw(A), raw(tol), hermitian, **rtol)
