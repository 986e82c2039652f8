"""Norms of vectors and matrices, and the condition number.

At zero every norm has the gradient 0 (the subgradient of least length), as in PyTorch, and no second derivative. Where
several elements attain the maximum they share the gradient equally, as for max.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import ones, somewhere, zeros
from autograd.engine.kinks import bends, bent
from autograd.engine.recording import is_tensor, raw
from autograd.engine.registry import define, implements
from autograd.engine.settled import moving, settled_zero, unsettled
from autograd.errors import ShapeError
from autograd.ops.arguments import as_operand
from autograd.ops.curvature import curvature
from autograd.scaling import in_range
from autograd.shapes import HALF, conj, keep_dims, negative_axes, normalize_axes, widened


def _norm_forward(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """np.linalg.norm, of float16 in float32. It is finite wherever the norm can be held (autograd/scaling.py)."""
    if x.dtype is HALF:
        return _norm_forward(x.astype(np.float32), ord, axis, keepdims).astype(HALF)
    out = np.linalg.norm(x, ord, axis, keepdims)
    power = 2.0 if ord is None or isinstance(ord, str) else float(ord)
    if power in (0, 1, np.inf, -np.inf) or x.size == 0 or in_range(out, power):
        return out
    axis = None if axis is None else normalize_axes(axis, x.ndim)
    size = (np.max if power > 0 else np.min)(np.abs(x), axis=axis, keepdims=True)
    limit = np.finfo(out.dtype).maxexp - 2
    scale = np.ldexp(np.ones((), out.dtype), np.clip(-np.frexp(size)[1], -limit, limit))
    scaled = np.linalg.norm(x * scale, ord, axis, keepdims)
    return scaled / np.reshape(scale, scaled.shape)


def _norm_slope(g: Any, out: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """For the p-norm over an axis g · sign(x) (|x| / out)^(p-1); for p = 2, also over two axes, g · x / out."""
    g, out, x = widened(g, out, conj(x))
    g, out = keep_dims(g, x.shape, axis, keepdims), keep_dims(out, x.shape, axis, keepdims)
    euclidean = _is_euclidean(ord)
    if euclidean and isinstance(raw(x), np.ndarray) and in_range(raw(out)):
        return x * (g / out)
    zero = raw(out) == 0
    safe = np.where(zero, x.dtype.type(1), out)
    if euclidean:  # in this order nothing leaves the range of the dtype
        return np.where(zero, x.dtype.type(0), x / safe * g)
    if ord == 0:  # the number of elements that are not zero
        return zeros(x.shape, x.dtype, raw(x))
    if ord == 1:
        return g * np.sign(x)
    if abs(ord) == np.inf:
        attained = np.abs(raw(x)) == raw(out)
        share = attained / np.sum(attained, axis=axis if axis is None else normalize_axes(axis, x.ndim), keepdims=True)
        return g * np.sign(x) * share.astype(x.dtype)
    skip = zero | (raw(x) == 0)  # where x = 0 the power may be infinite, but sign(x) = 0
    ratio = np.where(skip, x.dtype.type(1), np.abs(x) / safe)
    return np.where(zero, x.dtype.type(0), g * np.sign(x) * np.power(ratio, ord - 1))


def _is_euclidean(ord: Any) -> bool:
    return ord is None or ord == 2 or isinstance(ord, str)


def _norm_label(ord: Any = None, **_: Any) -> str:
    if _is_euclidean(ord):
        return "g·conj(x)/out"
    if abs(ord) == np.inf:
        return "g·sign x where |x| is out" if ord > 0 else "g·sign x where |x| is the least"
    return {0: "0·x", 1: "g·sign(x)"}.get(ord, "g·sign(x)·(|x|/out)^(ord - 1)")


def _norm_cotangent(g: Any, out: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    gx = _norm_slope(g, out, x, ord, axis, keepdims)
    if ord == 0 or not is_tensor(gx):
        return gx
    along = negative_axes(axis, x.ndim)

    def slope() -> Any:
        found = curvature(g, "norm", (x,), {"ord": ord, "axis": axis, "keepdims": keepdims}, raw(out) == 0)
        smooth = found if _is_euclidean(ord) else np.where(found == 0, 0, np.nan)  # |x|² of another norm has a kink
        return keep_dims(smooth, x.shape, axis, keepdims)

    at = lambda: keep_dims(unsettled(raw(out) == 0, g), x.shape, axis, keepdims)  # noqa: E731
    gx = bent(gx, x, at=at, slope=slope, of="np.linalg.norm", axis=along)
    if _is_sharp(ord) and (ord != 1 or bends(g)):  # 1: a constant times a sum of magnitudes is left alone, as abs is
        return bent(gx, x, at=lambda: _zeros_in(x, g, axis, keepdims), of="np.linalg.norm")
    return gx


def _zeros_in(x: Any, g: Any, axis: Any, keepdims: bool) -> Any:
    """Where an element of x is 0 and the cotangent of its norm is not a settled 0."""
    zero = raw(x) == 0
    return zero & keep_dims(~settled_zero(g), x.shape, axis, keepdims) if np.any(zero) else zero


def _is_sharp(ord: Any) -> bool:
    """Whether the norm has a kink, or an infinite second derivative, wherever an element is 0."""
    return isinstance(ord, (int, float)) and 0 < ord < 2


def _norm_jvp(t: Any, out: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum of the gradient times t."""
    gx = t * _norm_slope(ones(out.shape, out.dtype, raw(t)), out, x, ord, axis, keepdims)
    if ord != 0:
        along = negative_axes(axis, x.ndim)
        at = lambda: keep_dims(raw(out) == 0, x.shape, axis, keepdims) & moving(t, along)  # noqa: E731
        gx = bent(gx, x, at=at, of="np.linalg.norm", axis=along, always=True)
        if _is_sharp(ord):
            gx = bent(gx, x, at=lambda: (raw(x) == 0) & moving(t), of="np.linalg.norm", always=True)
    return np.sum(gx, axis=axis, keepdims=keepdims)


_norm = define(_norm_forward, _norm_cotangent, name="norm", jvp=_norm_jvp, batch="axis", label=_norm_label)


@implements(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """np.linalg.norm: of vectors for any p, inf, -inf and 0; of matrices "fro", "nuc", ±1, ±2 and ±inf."""
    x = as_operand(x)
    if ord is None or x.ndim == 0:
        return _norm(x, ord=ord, axis=axis, keepdims=keepdims)
    axes = normalize_axes(axis, x.ndim)
    if len(axes) != 2 or axes[0] == axes[1]:
        return _norm(x, ord=ord, axis=axis, keepdims=keepdims)
    if ord in ("fro", "f"):
        return _norm(x, ord=ord, axis=axes, keepdims=keepdims)
    if ord not in (1, -1, 2, -2, np.inf, -np.inf, "nuc"):
        return np.linalg.norm(raw(x), ord, axis, keepdims)  # NumPy's error
    result = _matrix_norm(np.moveaxis(x, axes, (-2, -1)), ord)
    return np.expand_dims(result, axes) if keepdims else result


def _matrix_norm(x: Any, ord: Any) -> Any:
    """Over the last two axes: 1 and inf by sums of columns and rows, 2 and "nuc" by singular values."""
    if ord == "nuc":
        return np.sum(np.linalg.svdvals(x), axis=-1)
    along = np.linalg.svdvals(x) if abs(ord) == 2 else np.sum(np.abs(x), axis=-2 if abs(ord) == 1 else -1)
    if ord > 0:  # 0 without a singular value, row or column, as NumPy's
        return np.max(along, axis=-1) if along.shape[-1] else np.sum(along, axis=-1)
    return np.min(along, axis=-1)


@implements(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """np.linalg.vector_norm: over any number of axes as if they were one."""
    x = as_operand(x)
    axes = normalize_axes(axis, x.ndim)
    if len(axes) == 1:
        return _norm(x, ord=ord, axis=axes[0], keepdims=keepdims)
    rest = [size for i, size in enumerate(x.shape) if i not in axes]
    together = int(np.prod([x.shape[i] for i in axes]))
    flat = np.reshape(np.moveaxis(x, axes, range(len(axes))), [together, *rest])
    result = _norm(flat, ord=ord, axis=0, keepdims=False)
    return np.expand_dims(result, axes) if keepdims else result


@implements(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    x = as_operand(x)
    if x.ndim < 2:
        raise ShapeError(f"np.linalg.matrix_norm takes matrices; got shape {x.shape}.")
    return norm(x, ord, (-2, -1), keepdims)


@implements(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """np.linalg.cond: the largest over the smallest singular value, or |A| |A⁻¹| in another norm.

    It is inf for a singular matrix. Where NumPy's inv fails for that reason, the result is plain and has no gradient.
    """
    x = as_operand(x)
    if p not in (None, 2, -2):
        try:
            return norm(x, p, (-2, -1)) * norm(np.linalg.inv(x), p, (-2, -1))
        except np.linalg.LinAlgError:
            return np.linalg.cond(raw(x), p)  # or NumPy's error
    if 0 in x.shape[-2:]:
        raise np.linalg.LinAlgError("cond is not defined on empty arrays")
    s = np.linalg.svdvals(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    undefined = np.isnan(raw(ratio)) & ~np.any(np.isnan(raw(x)), axis=(-2, -1))  # 0 / 0
    return np.where(undefined, s.dtype.type(np.inf), ratio) if somewhere(undefined) else ratio
