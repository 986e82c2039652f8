"""Functions without a derivative: they take Tensors, look at the values, and return what NumPy returns.

Comparisons, tests, positions, counts, shapes, text. Nothing is recorded and nothing flows back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.recording import is_tensor
from autograd.engine.registry import rules
from autograd.errors import NoRuleError


def _values(x: Any) -> Any:
    """The raw array of a Tensor, also of those inside lists, tuples and dictionaries."""
    if is_tensor(x):
        return x._data
    if type(x) in (list, tuple):
        return type(x)(_values(item) for item in x)
    if type(x) is dict:
        return {key: _values(value) for key, value in x.items()}
    return x


def plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function on the values of Tensors."""

    def on_values(*args: Any, **params: Any) -> Any:
        return function(*_values(args), **_values(params))

    on_values.__name__ = on_values.__qualname__ = getattr(function, "__name__", "on_values")
    return on_values


_UFUNCS = (
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.logical_and, np.logical_or, np.logical_xor, np.logical_not,
    np.isnan, np.isfinite, np.isinf, np.signbit, np.spacing,
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift, np.gcd, np.lcm,
)  # fmt: skip

_FUNCTIONS = (
    # what it is
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.common_type, np.min_scalar_type,
    np.iscomplexobj, np.isrealobj, np.iscomplex, np.isreal, np.isposinf, np.isneginf,
    np.may_share_memory, np.shares_memory,
    # agreement
    np.allclose, np.isclose, np.array_equal, np.array_equiv, np.any, np.all,
    # where
    np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition, np.lexsort, np.searchsorted, np.digitize,
    np.nonzero, np.flatnonzero, np.argwhere,
    # how many, which
    np.count_nonzero, np.bincount, np.histogram, np.histogram2d, np.histogramdd, np.histogram_bin_edges,
    np.unique, np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values,
    np.isin, np.intersect1d, np.union1d, np.setdiff1d, np.setxor1d,
    # as text, and into files
    np.array_repr, np.array_str, np.array2string, np.save, np.savez, np.savez_compressed, np.savetxt,
    # new arrays of the same shape and dtype
    np.zeros_like, np.ones_like, np.empty_like,
)  # fmt: skip

for _ufunc in _UFUNCS:
    rules[_ufunc] = plain(_ufunc)
for _function in _FUNCTIONS:
    rules[_function] = plain(_function)
for _ufunc in (np.logical_and, np.logical_or, np.logical_xor):
    rules[_ufunc, "reduce"] = plain(_ufunc.reduce)
for _ufunc in (np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal):
    rules[_ufunc, "outer"] = plain(_ufunc.outer)


def full_like(a: Any, fill_value: Any, *args: Any, **params: Any) -> Any:
    """np.full_like: a plain array; a Tensor to fill with must not lose its gradient in it."""
    if getattr(fill_value, "requires_grad", False):
        raise NoRuleError(
            "np.full_like(…, fill_value) of a tensor that requires grad would lose its gradient. Use np.broadcast_to(fill_value, a.shape)."
        )
    return np.full_like(*_values((a, fill_value, *args)), **_values(params))


rules[np.full_like] = full_like
