"""Inverses, solutions, decompositions and norms.

Of eigenvectors and singular vectors the squares are compared, because a vector's sign is arbitrary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.cases.case import Case, constant, normal

inf = np.inf


def regular(
    *shape: int, others: tuple[tuple[int, ...], ...] = ()
) -> Callable[[np.random.Generator], tuple[np.ndarray, ...]]:
    """A well-conditioned square matrix (or a stack), then normal arrays."""
    return lambda rng: (rng.normal(size=shape) * 0.4 + np.eye(shape[-1]), *[rng.normal(size=other) for other in others])


def singular(n: int, rank: int) -> Callable[[np.random.Generator], tuple[np.ndarray, ...]]:
    return lambda rng: (rng.normal(size=(n, rank)) @ rng.normal(size=(rank, n)),)


def sym(a: Any) -> Any:
    return a + a.mT


def definite(a: Any) -> Any:
    """Symmetric, positive definite: a matrix times its transpose, plus a multiple of the identity."""
    n = a.shape[-1]
    return a @ a.mT + a.dtype.type(0.5) * constant(np.eye(n, dtype=a.dtype))


def definite_of_torch(torch: Any, a: Any) -> Any:
    return a @ a.mT + 0.5 * torch.eye(a.shape[-1], dtype=a.dtype)


def spread_values(*shape: int) -> Callable[[np.random.Generator], tuple[np.ndarray, ...]]:
    """Matrices whose eigenvalues and singular values are well separated."""

    def inputs(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        a = rng.normal(size=shape)
        u, s, vt = np.linalg.svd(a, full_matrices=False)
        return ((u * np.arange(1.0, s.shape[-1] + 1)) @ vt,)

    return inputs


def spread_symmetric(*shape: int) -> Callable[[np.random.Generator], tuple[np.ndarray, ...]]:
    """Matrices a for which the eigenvalues of a + aᵀ, and their magnitudes, are well separated."""

    def inputs(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        q, _ = np.linalg.qr(rng.normal(size=shape))
        a = (q * np.arange(-0.3, shape[-1] - 1)) @ q.mT
        skew = rng.normal(size=shape)
        return (a + skew - skew.mT,)

    return inputs


def _norm(*args: Any, **options: Any) -> Callable[..., Any]:
    return lambda x: np.linalg.norm(x, *args, **options)


def _vector_norm(**options: Any) -> Callable[..., Any]:
    return lambda x: np.linalg.vector_norm(x, **options)


def _matrix_norm(**options: Any) -> Callable[..., Any]:
    return lambda x: np.linalg.matrix_norm(x, **options)


def _peer(name: str, *args: Any, **options: Any) -> Callable[..., Any]:
    return lambda torch, *tensors: getattr(torch.linalg, name)(*tensors, *args, **options)


def _peer_cond(p: Any) -> Callable[..., Any]:
    """PyTorch's own cond overwrites a value that its second derivative needs."""
    return lambda torch, x: torch.linalg.matrix_norm(x, p) * torch.linalg.matrix_norm(torch.inverse(x), p)


NORMS = [
    *[Case(f"linalg.norm vector ord={p}", _norm(p), normal((5,)), _peer("norm", p))
      for p in (None, 1, 2, 3, 1.5, 0.5, -1, -2, inf, -inf)],
    *[
        Case(f"linalg.norm vector ord={p} axis=1", _norm(p, axis=1), normal((2, 3, 4)), _peer("vector_norm", p, dim=1))
        for p in (1, 2, 3, -2, inf, -inf)
    ],
    Case("linalg.norm axis=-1 keepdims", _norm(axis=-1, keepdims=True), normal((3, 4)),
         _peer("norm", dim=-1, keepdim=True)),
    Case("linalg.norm ord=3 axis=0 keepdims", _norm(3, 0, True), normal((3, 4)), _peer("norm", 3, 0, True)),
    Case("linalg.norm of all", _norm(), normal((2, 3, 4)), _peer("norm")),
    Case("linalg.norm of all keepdims", _norm(keepdims=True), normal((2, 3, 4))),
    Case("linalg.norm of a number", _norm(), lambda rng: (np.array(-2.0),), order=2),
    Case("linalg.norm axis=(0, 2)", _norm(axis=(0, 2)), normal((2, 3, 4)), _peer("norm", dim=(0, 2))),
    *[
        Case(f"linalg.norm matrix ord={p}", _norm(p), spread_values(3, 4), _peer("norm", p), tolerance=1e-5)
        for p in ("fro", "nuc", 1, -1, 2, -2, inf, -inf)
    ],
    *[
        Case(f"linalg.norm ord={p} axis=(2, 0) keepdims", _norm(p, (2, 0), True), normal((3, 2, 4)),
             _peer("matrix_norm", p, (2, 0), True), tolerance=1e-5)
        for p in ("fro", "nuc", 1, -1, 2, -2, inf, -inf)
    ],
    Case("linalg.vector_norm", _vector_norm(), normal((2, 3)), _peer("vector_norm")),
    Case("linalg.vector_norm ord=3 keepdims", _vector_norm(ord=3, keepdims=True), normal((2, 3)),
         _peer("vector_norm", 3, keepdim=True)),
    Case("linalg.vector_norm axis=(0, 2)", _vector_norm(axis=(0, 2), ord=1.5, keepdims=True), normal((2, 3, 4)),
         _peer("vector_norm", 1.5, (0, 2), True)),
    Case("linalg.vector_norm axis=-1", _vector_norm(axis=-1, ord=inf), normal((2, 3)), _peer("vector_norm", inf, -1)),
    Case("linalg.matrix_norm", _matrix_norm(), normal((2, 3, 4)), _peer("matrix_norm")),
    Case("linalg.matrix_norm ord=nuc", _matrix_norm(ord="nuc", keepdims=True), normal((2, 3, 4)),
         _peer("matrix_norm", "nuc", keepdim=True),
         tolerance=1e-5),
    *[
        Case(f"linalg.cond p={p}", lambda x, p=p: np.linalg.cond(x, p), regular(2, 3, 3),
             _peer("cond", p) if p in (None, 2, -2) else _peer_cond(p),
             tolerance=1e-5)
        for p in (None, 2, -2, "fro", 1, -1, inf, -inf, "nuc")
    ],
]  # fmt: skip

SOLVERS = [
    Case("linalg.inv", np.linalg.inv, regular(3, 3), _peer("inv")),
    Case("linalg.inv stacked", np.linalg.inv, regular(2, 3, 3), _peer("inv")),
    Case("linalg.solve vector", np.linalg.solve, regular(3, 3, others=((3,),)), _peer("solve")),
    Case("linalg.solve matrix", np.linalg.solve, regular(3, 3, others=((3, 2),)), _peer("solve")),
    Case("linalg.solve stacked", np.linalg.solve, regular(2, 3, 3, others=((2, 3, 4),)), _peer("solve")),
    Case("linalg.solve stacked, one vector", np.linalg.solve, regular(2, 3, 3, others=((3,),))),
    Case("linalg.solve broadcast", np.linalg.solve, regular(2, 1, 3, 3, others=((4, 3, 1),)), _peer("solve")),
    Case("linalg.solve one matrix, stacked", np.linalg.solve, regular(3, 3, others=((4, 3, 2),)), _peer("solve")),
    Case("linalg.tensorsolve", np.linalg.tensorsolve, normal((2, 3, 6), (2, 3)), _peer("tensorsolve"), tolerance=1e-5),
    Case("linalg.tensorsolve axes", lambda a, b: np.linalg.tensorsolve(a, b, axes=(0,)), normal((6, 2, 3), (2, 3)),
         _peer("tensorsolve", (0,)), tolerance=1e-5),
    Case("linalg.tensorinv", np.linalg.tensorinv, normal((2, 3, 6)), _peer("tensorinv"), tolerance=1e-5),
    Case("linalg.pinv tall", np.linalg.pinv, normal((4, 3)), _peer("pinv"), tolerance=1e-5),
    Case("linalg.pinv wide stacked", np.linalg.pinv, normal((2, 2, 4)), _peer("pinv"), tolerance=1e-5),
    Case("linalg.pinv hermitian", lambda a: np.linalg.pinv(sym(a), hermitian=True), regular(3, 3),
         lambda T, a: T.linalg.pinv(sym(a)), tolerance=1e-5),
    Case("linalg.pinv rank deficient", lambda a, b: np.linalg.pinv(a @ b, rcond=1e-4), normal((4, 2), (2, 3)),
         tolerance=1e-5),
    Case("linalg.lstsq tall", lambda a, b: np.linalg.lstsq(a, b)[0], normal((5, 3), (5, 2)),
         lambda T, a, b: T.linalg.pinv(a) @ b, tolerance=1e-5),
    Case("linalg.lstsq vector", lambda a, b: np.linalg.lstsq(a, b)[0], normal((5, 3), (5,)),
         lambda T, a, b: T.linalg.pinv(a) @ b, tolerance=1e-5),
    Case("linalg.lstsq wide", lambda a, b: np.linalg.lstsq(a, b)[0], normal((3, 5), (3, 2)),
         lambda T, a, b: T.linalg.pinv(a) @ b, tolerance=1e-5),
    Case("linalg.lstsq residuals", lambda a, b: np.linalg.lstsq(a, b)[:2], normal((5, 3), (5, 2)), tolerance=1e-5),
    Case("linalg.lstsq residuals of a vector", lambda a, b: np.linalg.lstsq(a, b)[1], normal((5, 3), (5,)),
         tolerance=1e-5),
    Case("linalg.lstsq singular values", lambda a, b: (np.linalg.lstsq(a, b)[0], np.linalg.lstsq(a, b)[3]),
         normal((5, 3), (5,)),
         tolerance=1e-5),
    Case("linalg.det", np.linalg.det, regular(3, 3), _peer("det")),
    Case("linalg.det stacked", np.linalg.det, regular(2, 4, 4), _peer("det")),
    Case("linalg.det 1x1", np.linalg.det, normal((1, 1)), _peer("det")),
    Case("linalg.det rank n-1", np.linalg.det, singular(4, 3), _peer("det"), order=2),
    Case("linalg.det rank n-2", np.linalg.det, singular(4, 2), order=2),
    Case("linalg.det large, rank n-1", np.linalg.det, lambda rng: (singular(9, 8)(rng)[0] / 3,), _peer("det"), order=1,
         tolerance=1e-5),
    Case("linalg.slogdet", lambda a: np.linalg.slogdet(a)[1], regular(3, 3), lambda T, a: T.linalg.slogdet(a)[1]),
    Case("linalg.slogdet stacked", lambda a: np.linalg.slogdet(a).logabsdet, regular(2, 3, 3),
         lambda T, a: T.linalg.slogdet(a)[1]),
    *[
        Case(f"linalg.matrix_power {n}", lambda a, n=n: np.linalg.matrix_power(a, n), regular(2, 3, 3),
             _peer("matrix_power", n))
        for n in (1, 2, 3, 5, -1, -2)
    ],
    Case("linalg.multi_dot 2", lambda a, b: np.linalg.multi_dot([a, b]), normal((2, 3), (3, 4)),
         lambda T, *x: T.linalg.multi_dot(x)),
    Case("linalg.multi_dot 4", lambda *x: np.linalg.multi_dot(x), normal((2, 3), (3, 4), (4, 1), (1, 5)),
         lambda T, *x: T.linalg.multi_dot(x)),
    Case("linalg.multi_dot vectors", lambda *x: np.linalg.multi_dot(x), normal((3,), (3, 4), (4,)),
         lambda T, *x: T.linalg.multi_dot(x)),
    Case("linalg.multi_dot vector first", lambda *x: np.linalg.multi_dot(x), normal((3,), (3, 4), (4, 2)),
         lambda T, *x: T.linalg.multi_dot(x)),
    Case("linalg.matrix_transpose", lambda a: np.linalg.matrix_transpose(a), normal((2, 3, 4)), lambda T, a: a.mT),
    Case("linalg.diagonal", lambda a: np.linalg.diagonal(a, offset=1), normal((2, 3, 4)),
         lambda T, a: T.linalg.diagonal(a, offset=1)),
]  # fmt: skip

DECOMPOSITIONS = [
    Case("linalg.cholesky", lambda a: np.linalg.cholesky(definite(a)), normal((3, 3)),
         lambda T, a: T.linalg.cholesky(definite_of_torch(T, a))),
    Case("linalg.cholesky stacked", lambda a: np.linalg.cholesky(definite(a)), normal((2, 3, 3)),
         lambda T, a: T.linalg.cholesky(definite_of_torch(T, a))),
    Case("linalg.cholesky upper", lambda a: np.linalg.cholesky(definite(a), upper=True), normal((3, 3)),
         lambda T, a: T.linalg.cholesky(definite_of_torch(T, a), upper=True)),
    *[
        Case(f"linalg.qr {shape}", lambda a: tuple(np.linalg.qr(a)), spread_values(*shape), _peer("qr"), tolerance=1e-5)
        for shape in ((3, 3), (5, 3), (3, 5), (2, 4, 3), (2, 3, 4))
    ],
    Case("linalg.qr r", lambda a: np.linalg.qr(a, "r"), spread_values(4, 3), tolerance=1e-5),
    *[
        Case(f"linalg.qr complete {shape}", lambda a: _with_projector(*np.linalg.qr(a, "complete")),
             spread_values(*shape), tolerance=1e-5)
        for shape in ((4, 3), (5, 2), (2, 4, 3))
    ],
    Case("linalg.qr complete of a wide matrix", lambda a: tuple(np.linalg.qr(a, "complete")), spread_values(3, 4),
         tolerance=1e-5),
    *[
        Case(f"linalg.eigh {shape}", lambda a: _squares(*np.linalg.eigh(sym(a))), spread_symmetric(*shape),
             lambda T, a: _squares(*T.linalg.eigh(sym(a))), tolerance=1e-5)
        for shape in ((4, 4), (2, 3, 3))
    ],
    Case("linalg.eigh UPLO=U", lambda a: _squares(*np.linalg.eigh(sym(a), "U")), spread_symmetric(3, 3),
         tolerance=1e-5),
    Case("linalg.eigh values alone", lambda a: np.linalg.eigh(sym(a)).eigenvalues, spread_symmetric(3, 3),
         lambda T, a: T.linalg.eigh(sym(a))[0], tolerance=1e-5),
    Case("linalg.eigvalsh", lambda a: np.linalg.eigvalsh(sym(a)), spread_symmetric(2, 4, 4),
         lambda T, a: T.linalg.eigvalsh(sym(a)), tolerance=1e-5),
    *[
        Case(f"linalg.svd {shape}", lambda a: _squares_of_svd(*np.linalg.svd(a, full_matrices=False)),
             spread_values(*shape),
             lambda T, a: _squares_of_svd(*T.linalg.svd(a, full_matrices=False)), tolerance=1e-5)
        for shape in ((3, 3), (5, 3), (3, 5), (2, 4, 3))
    ],
    *[
        Case(f"linalg.svd full_matrices {shape}", lambda a: _squares_of_full_svd(*np.linalg.svd(a)),
             spread_values(*shape), tolerance=1e-5)
        for shape in ((5, 3), (3, 5), (2, 4, 3))
    ],
    Case("linalg.svd values and leading vectors, full_matrices", lambda a: _leading(*np.linalg.svd(a)),
         spread_values(5, 3), lambda T, a: _leading(*T.linalg.svd(a)), tolerance=1e-5),
    Case("linalg.svd put together", lambda a: _together(*np.linalg.svd(a, full_matrices=False)), spread_values(4, 3),
         lambda T, a: a * 1, tolerance=1e-5),
    Case("linalg.svd full_matrices of a square", lambda a: _squares_of_svd(*np.linalg.svd(a)), spread_values(3, 3),
         tolerance=1e-5),
    Case("linalg.svd compute_uv=False", lambda a: np.linalg.svd(a, compute_uv=False), spread_values(2, 3, 4),
         _peer("svdvals"),
         tolerance=1e-5),
    Case("linalg.svd hermitian", lambda a: np.linalg.svd(sym(a), hermitian=True)[1], spread_symmetric(3, 3),
         tolerance=1e-5),
    Case("linalg.svdvals", lambda a: np.linalg.svdvals(a), spread_values(4, 3), _peer("svdvals"), tolerance=1e-5),
]  # fmt: skip


def _squares(w: Any, v: Any) -> Any:
    return w, v * v


def _with_projector(q: Any, r: Any) -> tuple[Any, ...]:
    """The added columns of Q are arbitrary up to a rotation: the projector on them is not."""
    k = r.shape[-1]
    return q[..., :k], q[..., k:] @ q[..., k:].mT, r


def _squares_of_full_svd(u: Any, s: Any, vt: Any) -> tuple[Any, ...]:
    """What of a full decomposition depends on no choice of signs, or of the added vectors."""
    k = s.shape[-1]
    added_u, added_v = u[..., k:], vt[..., k:, :]
    return u[..., :k] ** 2, s, vt[..., :k, :] ** 2, added_u @ added_u.mT, added_v.mT @ added_v


def _leading(u: Any, s: Any, vt: Any) -> Any:
    k = s.shape[-1]
    return (u[..., :k] * s[..., None, :]) @ vt[..., :k, :] ** 2


def _squares_of_svd(u: Any, s: Any, vt: Any) -> Any:
    return u * u, s, vt * vt


def _together(u: Any, s: Any, vt: Any) -> Any:
    return (u * s) @ vt


CASES: list[Case] = NORMS + SOLVERS + DECOMPOSITIONS
