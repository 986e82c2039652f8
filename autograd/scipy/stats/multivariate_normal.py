"""The normal distribution of vectors: scipy.stats.multivariate_normal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.kinds import like, refuse_complex, zeros
from autograd.engine.recording import raw
from autograd.errors import ShapeError
from autograd.ops.arguments import as_operand
from autograd.scipy.linalg import solve_triangular

__all__ = ["entropy", "logpdf", "pdf"]


def _mean_and_cov(mean: Any, cov: Any, x: Any = None) -> tuple[Any, Any]:
    """Mean (d,) and covariance (d, d), of what SciPy takes for them: a number, a vector of variances, None."""
    cov = as_operand(cov)
    known = [np.size(raw(mean)) if mean is not None else 1, cov.shape[0] if cov.ndim else 1]
    if mean is None and cov.ndim == 0 and x is not None and x.ndim:
        known.append(x.shape[-1])
    size = max(known)
    given = raw(cov if x is None else x)  # whose kind of array the rest is made of
    if mean is None:
        mean = zeros((size,), np.dtype(float), given)
    mean = np.broadcast_to(np.reshape(as_operand(mean), (-1,)), (size,))
    if cov.ndim < 2:
        cov = like(np.eye(size), given) * like(cov, given)
    if cov.shape != (size, size):
        raise ShapeError(f"multivariate_normal takes mean (d,) and cov (d, d); got {mean.shape} and {cov.shape}.")
    return mean, cov


def logpdf(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    """log density at x (…, d). A singular covariance is refused, unless allowed: then within the space it spans."""
    x = as_operand(x)
    if any(np.iscomplexobj(part) for part in (x, mean, cov)):
        refuse_complex("scipy.stats.multivariate_normal")
    mean, cov = _mean_and_cov(mean, cov, x)
    size = mean.shape[0]
    if x.ndim == 0 or (size == 1 and (x.ndim == 1 or x.shape[-1] != 1)):
        x = x[..., np.newaxis]
    centred = np.reshape(x - mean, (-1, size))
    if allow_singular:
        values, vectors = np.linalg.eigh(cov)
        kept = raw(values) > 1e6 * np.finfo(raw(values).dtype).eps * np.max(np.abs(raw(values)))
        size = int(np.count_nonzero(kept))
        values, vectors = values[kept], vectors[:, kept]
        white, log_det = (centred @ vectors) / np.sqrt(values), np.sum(np.log(values))
    else:
        factor = np.linalg.cholesky(cov)
        white = solve_triangular(factor, centred.T, lower=True).T
        log_det = 2 * np.sum(np.log(np.diagonal(factor)))
    out = -0.5 * (size * math.log(2 * math.pi) + log_det + np.sum(white * white, axis=-1))
    return np.reshape(out, x.shape[:-1])[()]


def pdf(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    """The density at x; arguments as for logpdf."""
    return np.exp(logpdf(x, mean, cov, allow_singular))


def entropy(mean: Any = None, cov: Any = 1) -> Any:
    """½ log det(2πe Σ)."""
    mean, cov = _mean_and_cov(raw(mean), cov)  # of the mean its length alone
    return 0.5 * (mean.shape[0] * (1 + math.log(2 * math.pi)) + np.linalg.slogdet(cov)[1])
