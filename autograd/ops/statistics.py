"""Covariances and correlations: compositions of means and a matrix product."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign, surely
from autograd.engine.recording import raw
from autograd.engine.registry import implements
from autograd.errors import ArgumentError, ShapeError
from autograd.ops.arguments import as_operand, check_dtype


@implements(np.cov)
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None,
    fweights: Any = None, aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    """np.cov: Σ w (x - mean)(x - mean)ᵀ / normalization; the weights are differentiated too."""
    if ddof is not None and ddof != int(ddof):
        raise ArgumentError(f"np.cov takes an integer ddof; got {ddof!r}.")
    rows = [as_operand(a) for a in (m, y) if a is not None]
    for a in rows:
        check_dtype("cov", a, dtype)
    dtype = np.result_type(*[a.dtype for a in rows], np.float64) if dtype is None else np.dtype(dtype)
    x, *more = (_variables(a, rowvar, dtype) for a in rows)
    if x.shape[0] == 0:
        return np.zeros((0, 0))
    if more:
        x = np.concatenate([x, *more], axis=0)
    count = x.shape[1]
    counts, importance = _weights("fweights", fweights, count, dtype), _weights("aweights", aweights, count, dtype)
    if counts is not None and surely(raw(counts) != np.rint(raw(counts))):
        raise ArgumentError("np.cov: fweights are numbers of observations, so they must be whole; use aweights.")
    ddof = (0 if bias else 1) if ddof is None else ddof
    w = importance if counts is None else counts if importance is None else counts * importance
    mean, total = np.average(x, axis=1, weights=w, returned=True)
    deviation = x - mean[:, None]
    other = deviation if w is None else deviation * w
    products = np.dot(deviation, (np.conjugate(other) if dtype.kind == "c" else other).T)
    freedom = _degrees_of_freedom(count if w is None else total[0], ddof, w, importance)
    return np.squeeze(products / freedom)


def _variables(a: Any, rowvar: bool, dtype: Any) -> Any:
    """(variables, observations): a vector is one variable."""
    if a.ndim > 2:
        raise ShapeError(f"np.cov takes a vector or a matrix; got shape {a.shape}.")
    rows = np.atleast_2d(a)
    rows = rows if rowvar or a.ndim < 2 else rows.T
    return rows if rows.dtype == dtype else rows.astype(dtype)


def _weights(name: str, weights: Any, count: int, dtype: Any) -> Any:
    if weights is None:
        return None
    weights = as_operand(weights)
    if weights.shape != (count,):
        raise ShapeError(f"np.cov: {name} must have shape ({count},), one an observation; got {weights.shape}.")
    if surely(raw(weights) < 0):
        raise ArgumentError(f"np.cov: {name} must not be negative.")
    dtype = np.float64 if dtype.kind == "c" else dtype
    return weights if weights.dtype == dtype else weights.astype(dtype)


def _degrees_of_freedom(total: Any, ddof: int, w: Any, importance: Any) -> Any:
    if w is None or ddof == 0 or importance is None:
        freedom = total - ddof
    else:
        freedom = total - ddof * np.sum(w * importance) / total
    if is_foreign(raw(freedom)) or freedom > 0:
        return freedom
    warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=3)
    return 0.0


@implements(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """np.corrcoef: covariances divided by both standard deviations."""
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    std = np.sqrt(np.real(np.diag(c)))
    found = c / std[:, None] / std
    if c.dtype.kind != "c":
        return np.clip(found, -1, 1)
    return np.clip(np.real(found), -1, 1) + 1j * np.clip(np.imag(found), -1, 1)
