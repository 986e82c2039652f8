"""The complex column of the table: every row again, its floating inputs with imaginary parts.

Four kinds of rows have another answer: those that NumPy does not define for complex numbers (it raises), those whose
derivative would be that of real numbers alone (refused by name), and those named here. COMPLEX_ROWS are rows of their
own for what needs a Hermitian matrix, or is a function of one only if it does not depend on a phase.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.cases.case import Case

# the row asks for the phase of a vector, or makes a symmetric matrix where a Hermitian one is meant
NO_FUNCTION = {
    "linalg.pinv hermitian", "linalg.eigh (4, 4)", "linalg.eigh (2, 3, 3)", "linalg.eigh UPLO=U",
    "linalg.eigh values alone", "linalg.eigvalsh", "linalg.svd hermitian", "linalg.cho_solve upper",
    "linalg.cho_solve lower", "linalg.qr complete (4, 3)", "linalg.qr complete (5, 2)", "linalg.qr complete (2, 4, 3)",
    "linalg.svd (3, 3)", "linalg.svd (5, 3)", "linalg.svd (3, 5)", "linalg.svd (2, 4, 3)",
    "linalg.svd full_matrices (5, 3)", "linalg.svd full_matrices (3, 5)", "linalg.svd full_matrices (2, 4, 3)",
    "linalg.cholesky", "linalg.cholesky upper", "linalg.cholesky stacked",
    "linalg.svd values and leading vectors, full_matrices", "linalg.svd full_matrices of a square",
}  # fmt: skip
# a logarithm of 0 at complex numbers, which NumPy orders by their real parts
# LAPACK puts the eigenvalues in another order after a small step: see the row eig below
OTHER_ORDER = {"linalg.eig", "linalg.eigvals"}
OUTSIDE = {"stats.uniform.logpdf", "stats.uniform.logcdf"}


def with_imaginary_parts(inputs: Sequence[Any]) -> list[Any]:
    """The inputs of a row, the floating ones complex."""
    rng = np.random.default_rng(0)
    return [
        x + 0.5j * rng.normal(size=np.shape(x)) if getattr(x, "dtype", np.dtype(int)).kind == "f" else x for x in inputs
    ]


def normal(*shapes: tuple[int, ...]) -> Any:
    """Complex inputs of these shapes."""
    return lambda rng: tuple(rng.normal(size=shape) + 1j * rng.normal(size=shape) for shape in shapes)


def hermitian(a: Any) -> Any:
    """A Hermitian, positive definite matrix."""
    return a @ np.conj(a).mT + np.eye(a.shape[-1])


def projectors(u: Any, vh: Any) -> Any:
    """u_k v_kᴴ, which does not depend on the phases of singular vectors, nor of eigenvectors."""
    return np.einsum("ik,kj->kij", u, vh)


def _eigh(a: Any) -> Any:
    w, v = np.linalg.eigh(hermitian(a))
    return w, projectors(v, np.conj(v).mT)


def _svd(a: Any) -> Any:
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return s, projectors(u, vh)


def _complement(a: Any) -> Any:
    q = np.linalg.qr(a, "complete").Q[:, a.shape[1] :]
    return q @ np.conj(q).mT


COMPLEX_ROWS = [
    Case("cholesky", lambda a: np.linalg.cholesky(hermitian(a)), normal((3, 3)),
         lambda T, a: T.linalg.cholesky(a @ a.mH + T.eye(3))),
    Case("cholesky upper", lambda a: np.linalg.cholesky(hermitian(a), upper=True), normal((3, 3))),
    Case("eigh", _eigh, normal((3, 3))),
    Case("eigvalsh", lambda a: np.linalg.eigvalsh(hermitian(a)), normal((3, 3)),
         lambda T, a: T.linalg.eigvalsh(a @ a.mH + T.eye(3))),
    Case("pinv hermitian", lambda a: np.linalg.pinv(hermitian(a), hermitian=True), normal((3, 3))),
    *[Case(f"svd {shape}", _svd, normal(shape)) for shape in ((3, 3), (4, 3), (3, 4))],
    Case("svdvals", np.linalg.svdvals, normal((4, 3)), lambda T, a: T.linalg.svdvals(a)),
    Case("qr complete", _complement, normal((4, 2))),
    Case("eig", lambda a: (lambda w, v: (w, np.abs(v)))(*np.linalg.eig(a)), normal((3, 3)),
         lambda T, a: (lambda r: (r[0], r[1].abs()))(T.linalg.eig(a)), tolerance=1e-5),
    Case("eigvals", np.linalg.eigvals, normal((3, 3)), lambda T, a: T.linalg.eigvals(a), tolerance=1e-5),
    Case("slogdet", lambda a: tuple(np.linalg.slogdet(a)), normal((3, 3)), lambda T, a: tuple(T.linalg.slogdet(a))),
    Case("det of a singular matrix", lambda a, b: np.linalg.det(np.outer(a, b)), normal((3,), (3,))),
    Case("power of real numbers to complex ones", lambda x, p: (-np.abs(x)) ** p, normal((3,), (3,)),
         lambda T, x, p: (-x.abs()) ** p),
    *[
        Case(f"fft.{name} {norm}", lambda z, name=name, norm=norm: getattr(np.fft, name)(z, 7, norm=norm),
             normal((2, 6)), lambda T, z, name=name, norm=norm: getattr(T.fft, name)(z, 7, norm=norm))
        for name in ("fft", "ifft", "irfft", "hfft") for norm in (None, "ortho", "forward")
    ],
    *[
        Case(f"{name}", getattr(np, name), normal((4,)), lambda T, z, peer=peer: getattr(T, peer)(z))
        for name, peer in (("abs", "abs"), ("angle", "angle"), ("sign", "sgn"), ("conjugate", "conj"), ("real", "real"),
                           ("imag", "imag"), ("exp", "exp"), ("log", "log"), ("sqrt", "sqrt"), ("tanh", "tanh"),
                           ("arcsinh", "asinh"), ("arccosh", "acosh"), ("sinc", "sinc"), ("square", "square"))
    ],
    Case("vdot", np.vdot, normal((4,), (4,)), lambda T, a, b: T.vdot(a, b)),
    Case("matmul", np.matmul, normal((2, 3), (3, 4)), lambda T, a, b: a @ b),
    Case("var", lambda z: np.var(z, axis=0), normal((4, 2)), lambda T, z: T.var(z, 0, correction=0)),
    Case("norm", lambda z: np.linalg.norm(z, 3), normal((4,)), lambda T, z: T.linalg.vector_norm(z, 3)),
    Case("cumprod", np.cumprod, normal((4,)), lambda T, z: T.cumprod(z, 0)),
]  # fmt: skip
