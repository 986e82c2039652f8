"""Functions without a derivative: they take Tensors, compute on the values, and return what NumPy returns.

Comparisons, tests, positions, counts, shapes, text. Nothing is recorded, and no gradient flows back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.recording import is_tensor
from autograd.engine.registry import implements, rules
from autograd.errors import NoRuleError


def _deep_raw(x: Any) -> Any:
    """The array in a Tensor, also of the Tensors inside lists, tuples and dictionaries."""
    if is_tensor(x):
        return x._data
    if type(x) in (list, tuple):
        return type(x)(_deep_raw(item) for item in x)
    if type(x) is dict:
        return {key: _deep_raw(value) for key, value in x.items()}
    return x


def _on_values(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function, called on the values of Tensors."""

    def on_values(*args: Any, **params: Any) -> Any:
        return function(*_deep_raw(args), **_deep_raw(params))

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
    np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition, np.lexsort,
    np.searchsorted, np.digitize, np.nonzero, np.flatnonzero, np.argwhere,
    np.ix_, np.tril_indices_from, np.triu_indices_from, np.diag_indices_from,
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
    rules[_ufunc] = _on_values(_ufunc)
for _function in _FUNCTIONS:
    rules[_function] = _on_values(_function)
for _ufunc in (np.logical_and, np.logical_or, np.logical_xor):
    rules[_ufunc, "reduce"] = _on_values(_ufunc.reduce)
for _ufunc in (np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal):
    rules[_ufunc, "outer"] = _on_values(_ufunc.outer)


@implements(np.full_like)
def full_like(a: Any, fill_value: Any, *args: Any, **params: Any) -> Any:
    """np.full_like: a plain array. A fill value that requires grad is refused, because its gradient would be lost."""
    if getattr(fill_value, "requires_grad", False):
        raise NoRuleError(
            "np.full_like(…, fill_value) of a tensor that requires grad would lose its gradient. "
            "Use np.broadcast_to(fill_value, a.shape)."
        )
    return np.full_like(*_deep_raw((a, fill_value, *args)), **_deep_raw(params))
