"""The Dirichlet distribution: scipy.stats.dirichlet."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from autograd.engine.kinds import surely
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, ShapeError
from autograd.ops.arguments import as_operand

__all__ = ["logpdf", "pdf"]


def logpdf(x: Any, alpha: Any) -> Any:
    """log density at x, of shape (k,) or (k, n), for alpha of shape (k,); x may lack its last row, the rest."""
    x, alpha = as_operand(x), as_operand(alpha)
    if alpha.ndim != 1 or x.ndim not in (1, 2) or x.shape[0] not in (alpha.shape[0], alpha.shape[0] - 1):
        raise ShapeError(f"dirichlet takes alpha (k,) and x (k,) or (k, n); got {alpha.shape} and {x.shape}.")
    if surely(raw(alpha) <= 0):
        raise ArgumentError("dirichlet takes alpha > 0.")
    if x.shape[0] < alpha.shape[0]:
        x = np.concatenate([x, 1 - np.sum(x, axis=0, keepdims=True)])
    if surely(raw(x) < 0) or surely(np.abs(np.sum(raw(x), axis=0) - 1) > 1e-9 * x.shape[0]):
        raise ArgumentError("dirichlet takes points of the simplex: x is not negative and sums to 1 along axis 0.")
    log_beta = np.sum(sp.gammaln(alpha)) - sp.gammaln(np.sum(alpha))
    return np.sum(sp.xlogy(alpha - 1, x.T), axis=-1) - log_beta


def pdf(x: Any, alpha: Any) -> Any:
    """The density at x; arguments as for logpdf."""
    return np.exp(logpdf(x, alpha))
