"""What ufuncs write besides their result: at the places of where=, and by their method at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine import kinds
from autograd.engine.kinds import any_foreign, is_foreign
from autograd.engine.modes import mode
from autograd.engine.outputs import check_dtype_fits, check_fits, dtype_of, into, refuse_out
from autograd.engine.recording import is_tensor, raw
from autograd.errors import DTypeError, NoRuleError, ShapeError
from autograd.ops.indexing import scatter
from autograd.tensor.operators import raw_index


def written_where(
    computed: Callable[..., tuple[Any, ...]], where: Any, inputs: tuple[Any, ...], outs: tuple[Any, ...], name: str
) -> list[Any]:
    """The outs of a ufunc, with its results where the condition holds, and what they had elsewhere.

    As in NumPy, only those elements are computed, so that a division by zero at the others is none.
    """
    if any(out is None for out in outs):
        raise NoRuleError(f"np.{name}(…, where=…) needs out= for each result: what is not computed has no value.")
    shape = np.broadcast_shapes(np.shape(where), *[np.shape(x) for x in inputs])
    if any(out.shape != np.broadcast_shapes(shape, out.shape) for out in outs):
        raise ShapeError(f"np.{name}: out= of shape {outs[0].shape} cannot take results of shape {shape}.")
    shape = outs[0].shape
    if kinds.met and any_foreign((where, *map(raw, inputs), *map(raw, outs))):
        with np.errstate(all="ignore"):
            made = computed(*inputs)
        for out, m in zip(outs, made, strict=True):
            check_fits(out, m, name, broadcast=True)
            into(out, np.where(where, m, out).astype(out.dtype), name, broadcast=True)
        return list(outs)
    chosen = np.broadcast_to(np.asarray(where, bool), shape)
    made = computed(*[np.broadcast_to(x, shape)[chosen] if np.ndim(x) else x for x in inputs])
    for out, m in zip(outs, made, strict=True):
        if not is_tensor(out) and getattr(m, "requires_grad", False):
            refuse_out(name)
        check_dtype_fits(out, m, name)
    for out, m in zip(outs, made, strict=True):
        out[chosen] = m if is_tensor(out) else raw(m)
    return list(outs)


def write_at(ufunc: np.ufunc, name: str, target: Any, index: Any, *values: Any) -> None:
    """ufunc.at(target, index, values): as target[index] ∘= values, but a place that is named twice is written twice."""
    if not is_tensor(target):
        if mode.get().recording and any(getattr(v, "requires_grad", False) for v in values):
            refuse_out(name.removeprefix("np."))
        ufunc.at(target, raw_index(index), *map(raw, values))
        return
    index = raw_index(index)
    memory = target._target(f"{name}(x, …)", f"y = x.copy(); {name}(y, …)")
    if memory is not None:
        ufunc.at(memory, index, *map(raw, values))
        target._mark_written()
        return
    kind = ufunc.resolve_dtypes((target.dtype, *[_kind(v) for v in values], None))[-1]
    if not np.can_cast(kind, target.dtype, "same_kind"):
        raise DTypeError(f"{name} cannot turn {target.dtype} into {kind}; make the tensor {kind} first: x.astype(…).")
    parts = index if type(index) is tuple else (index,)
    if any(map(is_foreign, parts)):
        _add_at_batch(ufunc, name, target, index, values)
        return
    places = np.arange(target.size).reshape(target.shape)[index]
    values = tuple([np.broadcast_to(v, places.shape) if np.ndim(v) else v for v in values])
    turns = _turns(places)
    if turns.max(initial=0) and ufunc in (np.add, np.subtract):
        share = scatter(_spread(values[0], places, target), shape=target.shape, index=index)
        target._take_over(_in_kind(ufunc(target, share), target.dtype))
        return
    for turn in range(int(turns.max(initial=0)) + 1):
        now = turns == turn
        here = np.unravel_index(places[now], target.shape)
        target[here] = ufunc(target[here], *[v[now] if np.ndim(v) else v for v in values])


def _add_at_batch(ufunc: np.ufunc, name: str, target: Any, index: Any, values: tuple[Any, ...]) -> None:
    """At places that differ from example to example inside vmap: sums only, since it is not known which repeat."""
    if ufunc not in (np.add, np.subtract):
        raise NoRuleError(
            f"{name} at a batch of places inside vmap; there only np.add.at and np.subtract.at are known."
        )
    selected = target[index]
    share = scatter(values[0] + np.zeros_like(selected), shape=target.shape, index=index)
    target._take_over(_in_kind(ufunc(target, share), target.dtype))


def _turns(places: Any) -> Any:
    """For each place how often it was named before."""
    flat = places.ravel()
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    turns = np.empty(flat.size, np.intp)
    turns[order] = np.arange(flat.size) - np.searchsorted(ordered, ordered)
    return turns.reshape(places.shape)


def _spread(value: Any, places: Any, target: Any) -> Any:
    """The values with one for each place, in the dtype of the target."""
    value = value if hasattr(value, "dtype") else np.asarray(value)
    value = np.broadcast_to(value, places.shape) if np.shape(value) != places.shape else value
    return value if value.dtype == target.dtype else value.astype(target.dtype)


def _in_kind(new: Any, dtype: Any) -> Any:
    return new if new.dtype == dtype else new.astype(dtype)


def _kind(value: Any) -> Any:
    return type(value) if type(value) in (int, float, complex) else dtype_of(value)
