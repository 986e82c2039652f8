"""Eigenvalues and eigenvectors of any square matrix (np.linalg.eig), which may be complex also for a real one.

The eigenvectors have length 1; their phase is arbitrary. The gradient is meaningful for functions that do not depend on
it, as in PyTorch. Equal eigenvalues have no derivative: nan or inf.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import identity
from autograd.engine.registry import define, implements
from autograd.ops.arguments import as_operand
from autograd.ops.linalg import in_hermitian_pairing
from autograd.shapes import adjoint, conj, transposed

EigResult = type(np.linalg.eig(np.eye(1)))  # NumPy's named tuple, which is not public


@in_hermitian_pairing
def _eig_cotangent(g: Any, out: Any, a: Any) -> Any:
    """V⁻ᴴ (diag(gλ) + (Vᴴ gV - Vᴴ V diag(Re(Vᴴ gV))) / E) Vᴴ, E_ij = conj(λ_j - λ_i) (Boeddeker et al. 2017)."""
    (gw, gv), (w, v) = g, out
    vh = adjoint(v)
    turned = vh @ gv
    along = np.real(np.diagonal(turned, 0, -2, -1))
    turned = turned - vh @ (v * np.expand_dims(along, -2))
    here = identity(w, bool)
    apart = conj(np.expand_dims(w, -2) - np.expand_dims(w, -1))
    inside = np.where(here, np.expand_dims(gw, -2), turned / np.where(here, 1, apart))
    return np.linalg.solve(vh, inside @ vh)


_eig = define(
    lambda a: tuple(np.linalg.eig(a)),
    _eig_cotangent,
    implements=np.linalg.eig,
    name="eig",
    batch="free",
    label="V⁻ᴴ (diag gλ + (Vᴴ gV - Vᴴ V diag Re(Vᴴ gV))/E) Vᴴ",
)


def _eigvals_cotangent(g: Any, out: Any, a: Any) -> Any:
    """(V diag(g) V⁻¹)ᵀ."""
    v = _eig(a)[1]
    return transposed((v * np.expand_dims(g, -2)) @ np.linalg.inv(v))


def _eigvals_jvp(t: Any, out: Any, a: Any) -> Any:
    """diag(V⁻¹ t V)."""
    v = _eig(a)[1]
    return np.diagonal(np.linalg.solve(v, t @ v), 0, -2, -1)


_eigvals = define(
    lambda a: np.linalg.eig(a)[0],  # in its order, which need not be that of np.linalg.eigvals
    _eigvals_cotangent,
    keeps="a",
    implements=np.linalg.eigvals,
    name="eigvals",
    jvp=_eigvals_jvp,
    batch="free",
    label="(V diag(g) V⁻¹)ᵀ",
)


@implements(np.linalg.eig)
def eig(a: Any) -> Any:
    """np.linalg.eig."""
    return EigResult(*_eig(as_operand(a)))
