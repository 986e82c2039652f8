"""A function that does not run on batched arrays: on the values, as its primitive's `batch=` says, or by examples."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.batched.hidden import Hidden, aligned, at, batched, full, highest
from autograd.batched.level import Level
from autograd.batched.loop import Each, InOneCall, name_of, one_by_one
from autograd.engine.abstract import Abstract, Saved
from autograd.engine.attempts import attempted
from autograd.engine.definition import Batch
from autograd.engine.modes import mode
from autograd.engine.recording import raw
from autograd.engine.route import parent_of
from autograd.engine.stacked_call import OneByOne, changed_for_stack, leading, with_leading


def another_way(
    error: Exception, primitive: Any, function: Callable[..., Any], args: Sequence[Any], params: dict[str, Any]
) -> Any:
    """The result of a primitive's forward or rule (or of another function) that raised this error on these arrays.

    Raises: what it raises on single examples, which says more than its error on a batch.
    """
    level = _innermost((args, params))
    assert level is not None
    name = primitive.name if primitive is not None else name_of(function)
    if primitive is not None and primitive.batch is not None and not isinstance(primitive.batch, Batch):
        try:
            return _in_one_call(primitive, function, args, params, level)
        except (OneByOne, TypeError, ValueError, IndexError):
            pass
    try:
        return one_by_one(level, name, functools.partial(attempted, primitive, function), args, params)
    except Exception as again:
        raise again from None


def at_once(primitive: Any, args: Sequence[Any], raw_args: Sequence[Any], params: dict[str, Any]) -> Any:
    """A call of a fused operation on the values of all examples, recorded as one; NotImplemented where it has no such.

    That is quicker than its composite, and what `batch=` is for.
    """
    try:
        out = _quickly(primitive, primitive.forward, raw_args, params)
    except OneByOne:
        return NotImplemented
    parents = list(map(parent_of, args))
    needs = sum([1 << i for i, parent in enumerate(parents) if parent is not None])
    return primitive.finished(args, list(raw_args), parents, needs, params, out, mode.get())


def rules_at_once(
    primitive: Any, which: Sequence[int], g: Any, out: Any, args: Sequence[Any], params: dict[str, Any]
) -> list[Any] | None:
    """What the VJPs of a fused operation return, called on the values; None where they cannot be."""
    try:
        return [_quickly(primitive, primitive.vjps[i], (g, out, *args), params) for i in which]
    except (OneByOne, IndexError):  # one that has no VJP for each argument
        return None


def _quickly(primitive: Any, function: Callable[..., Any], args: Sequence[Any], params: dict[str, Any]) -> Any:
    batch = primitive.batch
    if batch is None or isinstance(batch, Batch) or primitive.composite is None:
        raise OneByOne
    level: Level | None = None
    for x in args:
        if isinstance(x, Hidden):
            if type(x._values) is not np.ndarray or level is not None and x.level is not level:
                raise OneByOne
            level = x.level
    if level is None or function is not primitive.forward and _of_fewer_axes(args[1:], level):
        raise OneByOne
    return _in_one_call(primitive, function, args, params, level)


def _of_fewer_axes(args: Sequence[Any], level: Level) -> bool:
    """Whether a result or an argument is without the hidden axis: a rule may work in buffers of its shape."""
    return any([
        type(x.values) is not InOneCall if isinstance(x, Saved) else hasattr(x, "shape") and not at(x, level)
        for x in args
        if isinstance(x, Saved) or not isinstance(x, Abstract)
    ])  # fmt: skip


def _innermost(x: Any) -> Level | None:
    """The innermost level among these values, those of Tensors included."""
    if type(x) in (tuple, list):
        found = [level for item in x if (level := _innermost(item)) is not None]
        return max(found, key=lambda level: level.number, default=None)
    return _innermost(tuple(x.values())) if type(x) is dict else highest(raw(x))


def _in_one_call(
    primitive: Any, function: Callable[..., Any], args: Sequence[Any], params: dict[str, Any], level: Level
) -> Any:
    """One call on the values, with the hidden axis in front and the parameters changed accordingly.

    Raises: OneByOne where the primitive's `batch` says nothing of such a call.
    """
    first = 0 if function is primitive.forward else 3 if function is primitive.each else 2  # before it g and the result
    own = args[first:]
    if not all([_is_plain(x, level) for x in (*args, *params.values())]):
        raise OneByOne
    if primitive.batch == "free":
        ndim = max([np.ndim(x) for x in own])
        given, changed = {i: aligned(x, level, ndim) for i, x in enumerate(own)}, params
    else:
        given, changed = changed_for_stack(primitive, level.size, own, params)
        if _innermost((tuple(given.values()), changed)) is level:  # a parameter that is batched itself
            raise OneByOne
    values = [given[i] if i in given else _stacked(x, level, primitive.has_derivative(i)) for i, x in enumerate(own)]
    before = [_stacked(x, level, not isinstance(x, int)) for x in args[:first]]
    found = attempted(primitive, function, *before, *values, **changed)  # there may be a level outside of it
    if primitive.saves and not first:
        return (made := _of_batch(found[0], level)), InOneCall(found[1], made.shape)
    return tuple([_of_batch(y, level) for y in found]) if type(found) is tuple else _of_batch(found, level)


def _is_plain(x: Any, level: Level) -> bool:
    """Whether it is a batched array of this level, an array or an option, and has no batched array in it."""
    if isinstance(x, Saved):  # the values of a loop are those of each example
        return x.values.shape == x.shape if type(x.values) is InOneCall else _is_of_arrays(x.values)
    return at(x, level) or isinstance(x, Abstract) or _innermost(x) is None and raw(x) is x


def _is_of_arrays(values: Any) -> bool:
    """Whether what a forward kept is of a call on ndarrays, not of one on each example."""
    several = values if type(values) in (tuple, list) else (values,)
    return all([not isinstance(x, (Hidden, Each)) and type(x) is not dict for x in several])


def _stacked(x: Any, level: Level, repeated: bool) -> Any:
    """The values with the hidden axis in front; where all examples share it, repeated if that is asked for."""
    if at(x, level):
        if not repeated:
            raise OneByOne
        return full(x, level)
    if isinstance(x, Saved) and type(x.values) is InOneCall:
        return Saved.of(leading(x, level.size), x.values.values)
    return with_leading(x, level.size) if type(x) is tuple else leading(x, level.size) if repeated else x


def _of_batch(y: Any, level: Level) -> Any:
    if y is None:
        return None
    if not np.ndim(y) or np.shape(y)[0] != level.size:
        raise OneByOne
    return batched(y, level)
