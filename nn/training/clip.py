"""Clipping gradients: by the norm of all of them together, or each number by itself."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.kinds import any_foreign, is_foreign
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, DTypeError, GraphError
from autograd.options import check_flag
from autograd.recorder import effect
from nn.core.module import Module


class NonFiniteGradientWarning(RuntimeWarning):
    """The gradients hold inf or nan, so they cannot be scaled by their norm; they were left as they are."""


@effect
def clip_grad_norm_(
    parameters: Module | Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients by one factor, so that their norm, taken as one long vector, is at most max_norm.

        g ← g · min(1, max_norm / (|g| + 1e-6))

    Args:      parameters: a module or its parameters; those without a gradient are left out.
               norm_type: p of the p-norm, > 0; math.inf takes the largest magnitude.
               error_if_nonfinite: refuse a norm of inf or nan with a GraphError; nothing is changed then.
               foreach: PyTorch's choice of how it computes this; taken, and without effect.
    Returns:   the norm before the scaling, a Tensor without gradient.
    Numerics:  of arrays of another library by their own arithmetic, and without the warning below: they are not asked.
               Else summed in double precision; a finite norm is found even if its squares overflow.
               A norm of inf or nan is reported by a NonFiniteGradientWarning that names the parameters, and the
               gradients stay as they are. (PyTorch scales without a warning: one inf makes all other gradients 0, one
               nan makes all nan.)
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
    if foreach is not None:
        check_flag("clip_grad_norm_: foreach", foreach)
    check_flag("clip_grad_norm_: error_if_nonfinite", error_if_nonfinite)
    limit = _number("clip_grad_norm_: max_norm", max_norm)
    _number("norm_type", norm_type)  # before the gradients are looked at
    owners = _with_gradient(parameters)
    gradients = [p.grad for p in owners]
    asked = error_if_nonfinite and any_foreign([g.numpy() for g in gradients])  # which is refused
    total = get_total_norm(gradients, norm_type, asked)
    if is_foreign(total.numpy()):
        factor = np.minimum(limit / (total.numpy() + 1e-6), 1.0)
        for p in owners:
            _update_gradient(p, lambda g, out: g * factor.astype(g.dtype))
        return total
    norm = float(total)
    if not math.isfinite(norm):
        names = [
            getattr(p, "name", "") or f"number {i}"
            for i, p in enumerate(owners)
            if not np.isfinite(p.grad.numpy()).all()
        ]
        listed = f"{', '.join(names[:5])}{' …' if names[5:] else ''}"
        message = f"the norm of the gradients is {norm}: inf or nan in the gradient of {listed}."
        if error_if_nonfinite:
            raise GraphError(f"clip_grad_norm_: {message} Find the operation with autograd.detect_anomaly().")
        warnings.warn(f"clip_grad_norm_: {message} They were left as they are.", NonFiniteGradientWarning, stacklevel=3)
        return total
    factor = limit / (norm + 1e-6)
    if factor < 1:
        for p in owners:
            _update_gradient(p, lambda g, out: np.multiply(g, g.dtype.type(factor), out=out))
    return total


@effect
def clip_grad_value_(
    parameters: Module | Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Clip every number of the gradients to [-clip_value, clip_value]; nan stays nan.

    Args:      foreach: see `clip_grad_norm_`.

    Example:
        >>> import nn
        >>> p = nn.Parameter([0.0, 0.0])
        >>> p.grad = [3.0, -0.5]
        >>> nn.clip_grad_value_([p], 1.0)
        >>> p.grad.tolist()
        [1.0, -0.5]
    """
    if foreach is not None:
        check_flag("clip_grad_value_: foreach", foreach)
    limit = _number("clip_grad_value_: clip_value", clip_value)
    owners = _with_gradient(parameters)
    if any(p.grad.dtype.kind == "c" for p in owners):
        raise DTypeError(
            "clip_grad_value_ orders numbers, and a gradient is complex. Use clip_grad_norm_, which scales them all."
        )
    for p in owners:
        _update_gradient(p, lambda g, out: np.clip(g, g.dtype.type(-limit), g.dtype.type(limit), out=out))


@effect
def get_total_norm(
    tensors: Tensor | Iterable[Any],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The p-norm of tensors, taken as one long vector; a Tensor without gradient.

    Args:      norm_type: p > 0; math.inf takes the largest magnitude.
               error_if_nonfinite: refuse inf and nan with a GraphError.
               foreach: see `clip_grad_norm_`.
    Example:
        >>> import nn
        >>> nn.get_total_norm([[3.0], [4.0]]).item()
        5.0
    """
    if foreach is not None:
        check_flag("get_total_norm: foreach", foreach)
    check_flag("get_total_norm: error_if_nonfinite", error_if_nonfinite)
    p = _number("norm_type", norm_type)
    if p == 0:
        raise ArgumentError(f"norm_type must be > 0 (math.inf for the largest magnitude); got {norm_type!r}.")
    several = not isinstance(tensors, (Tensor, np.ndarray)) and not is_foreign(tensors)
    arrays: list[Any] = [raw(t) for t in (tensors if several else [tensors])]
    if any_foreign(arrays):
        if error_if_nonfinite:
            raise ArgumentError("error_if_nonfinite asks an array of another library for a value; look at the norm.")
        return Tensor(_norm_of_any(arrays, p))
    arrays = [np.abs(a) if a.dtype.kind == "c" else a for a in map(np.asarray, arrays)]
    norm = _joint_norm(arrays, p)
    if error_if_nonfinite and not math.isfinite(norm):
        raise GraphError(f"the norm of the tensors is {norm}: they hold inf or nan.")
    floating = [a.dtype for a in arrays if a.dtype.kind == "f"]
    return Tensor(np.asarray(norm, np.result_type(*floating, np.float32) if floating else np.float64))


def _number(name: str, value: Any) -> float:
    """The value as a float if it is one real number >= 0; text is none, not even "1.0"."""
    value = raw(value)
    one = isinstance(value, (int, float, np.integer, np.floating)) or (
        isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "fiu"
    )
    if not one or isinstance(value, bool) or not value >= 0:
        raise ArgumentError(f"{name} must be a number >= 0; got {value!r}.")
    return float(value)


def _joint_norm(arrays: list[Any], p: float) -> float:
    if p == math.inf:
        return _largest_magnitude(arrays)
    with np.errstate(over="ignore", invalid="ignore"):
        total = sum(_sum_of_powers(a, p) for a in arrays)
        if 1e-280 < total < math.inf:
            return float(total ** (1 / p))
    # The sum is zero or not finite, or a power overflowed or underflowed: divide by the largest magnitude first.
    top = _largest_magnitude(arrays)
    if top == 0 or not math.isfinite(top):
        return top
    return top * float(sum(_sum_of_powers(a.astype(np.float64, copy=False) / top, p) for a in arrays) ** (1 / p))


def _norm_of_any(arrays: list[Any], p: float) -> Any:
    """The same for arrays of another library, which are not asked for numbers: by their own arithmetic, a 0-d array."""
    if p == math.inf:
        return functools.reduce(np.maximum, [np.max(np.abs(a)) for a in arrays])
    return functools.reduce(np.add, [np.sum(np.abs(a) ** p) for a in arrays]) ** (1 / p)


def _sum_of_powers(a: Any, p: float) -> float:
    """Σ |a|^p"""
    if p == 2 and a.dtype == np.float32:
        total = float(np.vdot(a, a))  # BLAS, one pass
        if 1e-30 < total < math.inf:
            return total
    a = a.astype(np.float64, copy=False)
    return float(np.vdot(a, a)) if p == 2 else float(np.sum(np.abs(a) ** p))


def _largest_magnitude(arrays: list[Any]) -> float:
    """max |a|; nan if there is one."""
    tops = [float(np.max(np.abs(a))) for a in arrays if a.size]
    return math.nan if any(math.isnan(top) for top in tops) else max(tops, default=0.0)


def _with_gradient(parameters: Any) -> list[Any]:
    """The parameters that have a gradient, each once."""
    if isinstance(parameters, Module):
        parameters = parameters.parameters()
    owners = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p for p in {id(p): p for p in owners}.values() if p.grad is not None]


def _update_gradient(p: Any, compute: Any) -> None:
    """Set p.grad to compute(g, out): in place, or as a new array if the gradient is recorded or read-only."""
    g = p.grad
    if g.node is None and not is_foreign(g.data) and g.data.flags.writeable:
        compute(g.data, g.data)
    else:
        p.grad = Tensor(compute(g.numpy(), None))
