"""Gradients kept within bounds: by the norm of all of them together, or one number at a time."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import ArgumentError, GraphError
from nn.core.module import Module


class NonFiniteGradientWarning(RuntimeWarning):
    """The gradients hold inf or nan, so that their norm says nothing: they were left as they are."""


def clip_grad_norm_(
    parameters: Module | Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scale all gradients by one factor, so that their norm, as of one long vector, is at most max_norm.

        g ← g · min(1, max_norm / (|g| + 1e-6))

    Args:      parameters: a module or its parameters; those without a gradient do not count.
               norm_type: p of the p-norm, > 0; math.inf takes the largest magnitude.
               error_if_nonfinite: refuse a norm of inf or nan with a GraphError; nothing is changed then.
    Returns:   the norm before the scaling, a Tensor without gradient.
    Numerics:  summed in double precision; a norm that is finite is found even where its squares overflow.
               A norm of inf or nan is reported by a NonFiniteGradientWarning that names the parameters, and the gradients
               stay as they are. (PyTorch says nothing and scales: one inf makes all other gradients 0, one nan all nan.)
    Source:    Pascanu et al. 2013, arXiv:1211.5063, Algorithm 1.
    Example:
        >>> import nn
        >>> p = nn.Parameter([0.0, 0.0])
        >>> p.grad = [3.0, 4.0]
        >>> nn.clip_grad_norm_([p], max_norm=1.0).item()
        5.0
        >>> p.grad.tolist()
        [0.599999880000024, 0.799999840000032]
    """
    if isinstance(max_norm, bool) or not max_norm >= 0:
        raise ArgumentError(f"clip_grad_norm_: max_norm must be >= 0; got {max_norm!r}.")
    owners = _with_gradient(parameters)
    total = get_total_norm([p.grad for p in owners], norm_type)
    norm = float(total)
    if not math.isfinite(norm):
        names = [
            getattr(p, "name", "") or f"number {i}" for i, p in enumerate(owners) if not np.isfinite(_raw(p.grad)).all()
        ]
        message = f"the norm of the gradients is {norm}: inf or nan in the gradient of {', '.join(names[:5])}{' …' if names[5:] else ''}."
        if error_if_nonfinite:
            raise GraphError(f"clip_grad_norm_: {message} Find the operation with autograd.detect_anomaly().")
        warnings.warn(f"clip_grad_norm_: {message} They were left as they are.", NonFiniteGradientWarning, stacklevel=2)
        return total
    factor = max_norm / (norm + 1e-6)
    if factor < 1:
        for p in owners:
            _replace(p, lambda g, out: np.multiply(g, g.dtype.type(factor), out=out))
    return total


def clip_grad_value_(parameters: Module | Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Bring every number of the gradients into [-clip_value, clip_value]; nan stays nan.

    Example:
        >>> import nn
        >>> p = nn.Parameter([0.0, 0.0])
        >>> p.grad = [3.0, -0.5]
        >>> nn.clip_grad_value_([p], 1.0)
        >>> p.grad.tolist()
        [1.0, -0.5]
    """
    if isinstance(clip_value, bool) or not clip_value >= 0:
        raise ArgumentError(f"clip_grad_value_: clip_value must be >= 0; got {clip_value!r}.")
    for p in _with_gradient(parameters):
        _replace(p, lambda g, out: np.clip(g, g.dtype.type(-clip_value), g.dtype.type(clip_value), out=out))


def get_total_norm(tensors: Tensor | Iterable[Any], norm_type: float = 2.0, error_if_nonfinite: bool = False) -> Tensor:
    """The p-norm of tensors as if they were one long vector, a Tensor without gradient.

    Args:      norm_type: p > 0; math.inf takes the largest magnitude.
               error_if_nonfinite: refuse inf and nan with a GraphError.
    Example:
        >>> import nn
        >>> nn.get_total_norm([[3.0], [4.0]]).item()
        5.0
    """
    p = float(norm_type)
    if not p > 0:
        raise ArgumentError(f"norm_type must be > 0 (math.inf for the largest magnitude); got {norm_type!r}.")
    arrays = [_raw(t) for t in ([tensors] if isinstance(tensors, (Tensor, np.ndarray)) else tensors)]
    norm = _norm(arrays, p)
    if error_if_nonfinite and not math.isfinite(norm):
        raise GraphError(f"the norm of the tensors is {norm}: they hold inf or nan.")
    floating = [a.dtype for a in arrays if a.dtype.kind == "f"]
    return Tensor(np.asarray(norm, np.result_type(*floating, np.float32) if floating else np.float64))


def _norm(arrays: list[Any], p: float) -> float:
    if p == math.inf:
        return _largest(arrays)
    with np.errstate(over="ignore", invalid="ignore"):
        total = sum(_powers(a, p) for a in arrays)
        if 1e-280 < total < math.inf:
            return float(total ** (1 / p))
    top = _largest(arrays)  # zero, not finite, or too large or small for its power: measured by the largest
    if top == 0 or not math.isfinite(top):
        return top
    return top * float(
        sum(_powers(a / a.dtype.type(top) if a.dtype == np.float64 else a.astype(np.float64) / top, p) for a in arrays)
        ** (1 / p)
    )


def _powers(a: Any, p: float) -> float:
    if p == 2 and a.dtype == np.float32:
        total = float(np.vdot(a, a))  # BLAS, one pass
        if 1e-30 < total < math.inf:
            return total
    a = a.astype(np.float64, copy=False)
    return float(np.vdot(a, a)) if p == 2 else float(np.sum(np.abs(a) ** p))


def _largest(arrays: list[Any]) -> float:
    tops = [float(np.max(np.abs(a))) for a in arrays if a.size]
    return math.nan if any(math.isnan(top) for top in tops) else max(tops, default=0.0)


def _with_gradient(parameters: Any) -> list[Any]:
    if isinstance(parameters, Module):
        parameters = parameters.parameters()
    owners = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p for p in {id(p): p for p in owners}.values() if p.grad is not None]


def _raw(x: Any) -> Any:
    return np.asarray(getattr(x, "_data", x))


def _replace(p: Any, compute: Any) -> None:
    """p.grad in place; a gradient that is itself recorded, or that cannot be written, in a new array."""
    g = p.grad
    if g.node is None and g.data.flags.writeable:
        compute(g.data, g.data)
    else:
        p.grad = Tensor(compute(g.numpy(), None))
