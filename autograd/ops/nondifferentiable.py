"""Functions without a derivative: they take Tensors, compute on the values, and return what NumPy returns.

Comparisons, tests, positions, counts, shapes, text. Nothing is recorded, and no gradient flows back. Where a result
would carry a gradient (unique values, sums of weights, edges that follow the data), it is refused to lose it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.complex_numbers import refuse_loss
from autograd.engine.foreign import unlabelled
from autograd.engine.modes import mode
from autograd.engine.outputs import dtype_of, takes_out
from autograd.engine.recording import is_tensor
from autograd.engine.registry import implements, rules
from autograd.engine.views import memory_of
from autograd.errors import DTypeError, NoRuleError
from autograd.shapes import normalize_axes


def deep_raw(x: Any) -> Any:
    """The array in a Tensor, also of the Tensors inside lists, tuples and dictionaries."""
    if is_tensor(x):
        return x._array
    if type(x) in (list, tuple):
        return type(x)(deep_raw(item) for item in x)
    if type(x) is dict:
        return {key: deep_raw(value) for key, value in x.items()}
    return unlabelled(x)


def _on_values(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function, called on the values of Tensors."""

    def on_values(*args: Any, **params: Any) -> Any:
        return function(*deep_raw(args), **deep_raw(params))

    on_values.__name__ = on_values.__qualname__ = getattr(function, "__name__", "on_values")
    return on_values


_UFUNCS = (
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.logical_and, np.logical_or, np.logical_xor, np.logical_not,
    np.isnan, np.isfinite, np.isinf, np.signbit, np.spacing,
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift, np.gcd, np.lcm,
    np.bitwise_count,
)  # fmt: skip

_FUNCTIONS: tuple[Callable[..., Any], ...] = (
    # what it is
    np.shape, np.ndim, np.result_type, np.can_cast, np.common_type, np.min_scalar_type,
    np.iscomplexobj, np.isrealobj, np.iscomplex, np.isreal,
    # agreement
    np.allclose, np.isclose, np.array_equal, np.array_equiv,
    # where
    np.argsort, np.argpartition, np.lexsort,
    np.searchsorted, np.digitize, np.nonzero, np.flatnonzero, np.argwhere,
    np.tril_indices_from, np.triu_indices_from, np.diag_indices_from,
    # how many, which
    np.count_nonzero, np.isin,
    # positions as numbers, bits as bytes
    np.unravel_index, np.ravel_multi_index, np.packbits, np.unpackbits,
    # as text, and into files
    np.array_repr, np.array_str, np.array2string, np.save, np.savez, np.savez_compressed, np.savetxt,
    # new arrays of the same shape and dtype
    np.zeros_like, np.ones_like, np.empty_like,
    # with like=
    np.zeros, np.ones, np.empty, np.eye, np.identity, np.tri, np.fromfunction,
)  # fmt: skip

_WRITING: tuple[Callable[..., Any], ...] = (
    np.any, np.all, np.isposinf, np.isneginf, np.argmax, np.argmin, np.nanargmax, np.nanargmin,
)  # fmt: skip

for _ufunc in _UFUNCS:
    rules[_ufunc] = _on_values(_ufunc)
for _function in _FUNCTIONS:
    rules[_function] = _on_values(_function)
for _function in _WRITING:
    rules[_function] = takes_out(_on_values(_function), _function, like=_function)
for _ufunc in _UFUNCS:
    if _ufunc.nin == 2:
        for _method in ("reduce", "accumulate", "outer", "reduceat"):
            rules[_ufunc, _method] = _on_values(getattr(_ufunc, _method))


# Refused while a gradient would be lost; under no_grad, and for constants, they compute on the values


def requires_grad(x: Any) -> bool:
    """Whether a Tensor, or one in a list or tuple, requires grad."""
    return any(map(requires_grad, x)) if type(x) in (list, tuple) else getattr(x, "requires_grad", False)


def _refuse_loss(name: str, what: str, remedy: str, *values: Any) -> None:
    if requires_grad(values) and mode.get().recording:
        raise NoRuleError(
            f"np.{name} of {what} that require grad would lose their gradient. {remedy} "
            "For the values alone: x.numpy()."
        )


def _selecting(function: Callable[..., Any], remedy: str) -> Callable[..., Any]:
    """A function whose result consists of elements of its arguments."""
    on_values = _on_values(function)

    def selecting(*args: Any, **params: Any) -> Any:
        _refuse_loss(function.__name__, "elements", remedy, *args, *params.values())
        return on_values(*args, **params)

    return selecting


for _unique in (np.unique, np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values):
    rules[_unique] = _selecting(
        _unique, "Select them by position: _, i = np.unique(x.numpy(), return_index=True); np.ravel(x)[i]."
    )
for _set in (np.intersect1d, np.union1d, np.setdiff1d, np.setxor1d):
    rules[_set] = _selecting(_set, "Select them by position, x[np.isin(x, y)] or x[~np.isin(x, y)].")


@implements(np.shares_memory)
def shares_memory(a: Any, b: Any, max_work: Any = None) -> bool:
    """np.shares_memory, of the memory of Tensors, also where an operation that records itself would get a copy."""
    return np.shares_memory(memory_of(a), memory_of(b), max_work)


@implements(np.may_share_memory)
def may_share_memory(a: Any, b: Any, max_work: Any = None) -> bool:
    """np.may_share_memory, likewise."""
    return np.may_share_memory(memory_of(a), memory_of(b), max_work)


@implements(np.size)
def size(a: Any, axis: Any = None) -> int:
    """np.size, read from the shape: not every library has the function."""
    shape = a.shape
    return math.prod([shape[i] for i in normalize_axes(axis, len(shape))])


@implements(np.ix_)
def ix_(*args: Any) -> Any:
    """np.ix_: plain positions. Coordinates that require grad are refused."""
    _refuse_loss("ix_", "coordinates", 'Use np.meshgrid(…, indexing="ij", sparse=True).', args)
    return np.ix_(*deep_raw(args))


@implements(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    """np.bincount: plain counts. Weights that require grad are refused."""
    _refuse_loss("bincount", "weights", "Sum them by a matrix: np.eye(n)[x].T @ weights.", weights)
    return np.bincount(*deep_raw((x, weights, minlength)))


def _complex(x: Any) -> bool:
    """Whether x is complex, or one in a list or tuple."""
    return any(map(_complex, x)) if type(x) in (list, tuple) else np.iscomplexobj(x)


def _refuse_edges(name: str, data: Any, follows: bool, bins: Any, range: Any, weights: Any) -> None:
    if _complex((data, bins, range)):
        raise DTypeError(f"np.{name} counts real numbers; got complex ones: take np.real(z), np.imag(z) or np.abs(z).")
    matrix = "Sum them by a matrix: np.eye(n)[bin numbers].T @ weights."
    _refuse_loss(name, "weights", matrix, weights)
    _refuse_loss(name, "edges", "Pass constant edges.", bins)
    _refuse_loss(name, "ends of range=", "Pass numbers: range=(float(low), float(high)).", range)
    if follows:
        fixed = "The edges follow the data: pass constant ones, or range=(low, high) in numbers."
        _refuse_loss(name, "data", fixed, data)


def _counts_bins(bins: Any, range: Any, axes: int) -> bool:
    """Whether the edges along some axis are found from the data: bins is a number there, and range is not given."""
    bins = list(bins) if isinstance(bins, (list, tuple)) and len(bins) == axes else [bins] * axes
    ranges = [None] * axes if range is None else list(range)
    return any(np.ndim(b) == 0 and r is None for b, r in zip(bins, ranges, strict=False))


@implements(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """np.histogram: plain counts and edges. Weights, and edges that would carry a gradient, are refused."""
    _refuse_edges("histogram", a, np.ndim(bins) == 0 and range is None, bins, range, weights)
    return np.histogram(*deep_raw((a, bins, range, density, weights)))


@implements(np.histogram_bin_edges)
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """np.histogram_bin_edges: plain edges. Those that would carry a gradient are refused."""
    _refuse_edges("histogram_bin_edges", a, np.ndim(bins) == 0 and range is None, bins, range, weights)
    return np.histogram_bin_edges(*deep_raw((a, bins, range, weights)))


@implements(np.histogram2d)
def histogram2d(x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """np.histogram2d: plain counts and edges, as np.histogram."""
    _refuse_edges("histogram2d", (x, y), _counts_bins(bins, range, 2), bins, range, weights)
    return np.histogram2d(*deep_raw((x, y, bins, range, density, weights)))


@implements(np.histogramdd)
def histogramdd(sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """np.histogramdd: plain counts and edges, as np.histogram."""
    axes = len(sample) if isinstance(sample, (list, tuple)) else np.atleast_2d(deep_raw(sample)).shape[-1]
    _refuse_edges("histogramdd", sample, _counts_bins(bins, range, axes), bins, range, weights)
    return np.histogramdd(*deep_raw((sample, bins, range, density, weights)))


@implements(np.full_like)
def full_like(a: Any, fill_value: Any, *args: Any, **params: Any) -> Any:
    """np.full_like: a plain array. A fill value that requires grad, or would lose its imaginary part, is refused."""
    if getattr(fill_value, "requires_grad", False):
        refuse_fill("np.full_like")
    dtype = args[0] if args else params.get("dtype")
    refuse_loss(dtype_of(fill_value), dtype_of(a) if dtype is None else dtype)
    return np.full_like(*deep_raw((a, fill_value, *args)), **deep_raw(params))


def refuse_fill(name: str | None) -> None:
    """Refuse np.full and np.full_like of a value whose gradient would be lost; other names pass."""
    if name in ("np.full", "np.full_like"):
        raise NoRuleError(
            f"{name}(…, fill_value) of a tensor that requires grad would lose its gradient. "
            "Use np.broadcast_to(fill_value, shape). For the values alone: x.numpy()."
        )
