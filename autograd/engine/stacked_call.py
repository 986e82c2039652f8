"""Stacking: what a call looks like when every array in it gets one more axis in front.

A rule is written for one cotangent. If the operation makes sense on a stack of arrays, K cotangents pass through the
rule in one call: sum(a, axis=0) of K arrays is sum(A, axis=1), x[i] is X[:, i], and the same holds for their VJPs and
JVPs. A primitive says by `batch=` which parameters change:

    "free"          nothing: leading axes pass through, and NumPy's broadcasting fits the arguments to them
    "axis shape"    the arguments get the leading axis too (as a view), and these parameters change as their names say;
                    "along" is an axis that must be given ("axis" may be None for all)
    a function      (k, *args, **params) -> the parameters that change, or None: not in one call
    Batch(…)        rules of its own for g and for t with a leading axis, everything else as it is
    None            unknown: one by one, and the results stacked
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autograd.engine.abstract import Abstract, Saved, SavedOutputs, abstract
from autograd.engine.kinds import is_foreign, ones
from autograd.engine.primitive import Primitive
from autograd.engine.recording import is_tensor, raw, result
from autograd.errors import ShapeError
from autograd.shapes import stacked_axis, stacked_index


class OneByOne(Exception):  # noqa: N818  no error: it says which way to take
    """These rules have no form for a batch."""


# By the name of a parameter: (its value, k, the number of axes of the first argument) -> its value for a stack
_CHANGES: dict[str, Callable[[Any, int, int], Any]] = {
    **dict.fromkeys(
        ("axis", "axis1", "axis2", "axes", "source", "destination"), lambda value, k, ndim: stacked_axis(value, ndim)
    ),
    "along": lambda value, k, ndim: None if value is None else stacked_axis(value, ndim),
    "shape": lambda value, k, ndim: (k, *value),
    "index": lambda value, k, ndim: stacked_index(value),
    "order": lambda value, k, ndim: np.broadcast_to(value, (k, *value.shape)),
    "width": lambda value, k, ndim: ((0, 0), *value),
}


@lru_cache(maxsize=1024)
def _parameters(primitive: Primitive) -> tuple[tuple[str, ...], dict[str, Any]]:
    """(names of the positional arguments, defaults), as the rules of a primitive spell them."""
    rule: Any = primitive.each or primitive.joint or next(vjp for vjp in primitive.vjps if vjp is not None)
    parameters = list(inspect.signature(rule).parameters.values())[3 if primitive.each is not None else 2 :]
    names = [] if any(p.kind is p.VAR_POSITIONAL for p in parameters) else [p.name for p in parameters]
    return tuple(names), {p.name: p.default for p in parameters if p.default is not p.empty}


def argument(primitive: Primitive, name: str, args: Sequence[Any], params: dict[str, Any]) -> Any:
    """The value of a parameter in a call, given by position, by name or not at all."""
    names, defaults = _parameters(primitive)
    at = names.index(name) if name in names else len(args)
    return args[at] if at < len(args) else params[name] if name in params else defaults[name]


def stacked_call(
    primitive: Primitive, k: int, args: Sequence[Any], out: Any, params: dict[str, Any]
) -> tuple[list[Any], Any, dict[str, Any]]:
    """(args, out, params) of one call of the primitive for a stack of k. Raises OneByOne where there is none."""
    given, params = changed_for_stack(primitive, k, args, params)
    arguments = [
        given[i] if i in given else leading(a, k) if primitive.has_derivative(i) else a for i, a in enumerate(args)
    ]
    return arguments, with_leading(out, k), params


def changed_for_stack(
    primitive: Primitive, k: int, args: Sequence[Any], params: dict[str, Any]
) -> tuple[dict[int, Any], dict[str, Any]]:
    """(position -> the argument that changes, the parameters) in a call for a stack of k. Raises OneByOne."""
    batch = primitive.batch
    if isinstance(batch, str):
        changed = {}
        for word in batch.split():
            change = _CHANGES[word]
            word = "axis" if word == "along" else word
            changed[word] = change(argument(primitive, word, args, params), k, args[0].ndim)
            if changed[word] is None:
                raise OneByOne
    else:
        assert callable(batch)
        found = batch(k, *args, **params)
        if found is None:
            raise OneByOne
        changed = found
    names, _ = _parameters(primitive)
    given = {names.index(name): value for name, value in changed.items() if name in names[: len(args)]}
    return given, {**params, **{name: value for name, value in changed.items() if name not in names[: len(args)]}}


def leading_size(seeds: Sequence[Any], tensors: Sequence[Any], what: str) -> int:
    """The k of a batch of cotangents or tangents: the length of the leading axis that all of them have."""
    given = [seed.shape if hasattr(seed, "shape") else np.shape(seed) for seed in seeds]
    sizes = {shape[0] if shape else None for shape in given}
    if len(sizes) != 1 or None in sizes:
        shapes = [x.shape for x in tensors]
        raise ShapeError(f"a batch has one leading axis before the shapes {shapes}; got {what}s of shapes {given}.")
    return int(sizes.pop())  # type: ignore[arg-type]


def leading(a: Any, k: int) -> Any:
    """An array k times in a row, without copying it; what is no array as it is."""
    if isinstance(a, Saved):
        made = Saved()
        made.shape, made.dtype, made.values = (k, *a.shape), a.dtype, a.values
        return made
    if isinstance(a, Abstract):
        return abstract(np.broadcast_to(np.zeros((), a.dtype), (k, *a.shape)))
    if is_tensor(a) or isinstance(a, (np.ndarray, np.generic)) or is_foreign(a):
        return np.broadcast_to(a, (k, *a.shape))
    return a


def with_leading(out: Any, k: int) -> Any:
    """`leading` of a result, or of each of several."""
    if isinstance(out, SavedOutputs):
        made = SavedOutputs(leading(o, k) for o in out)
        made.values = out.values
        return made
    return tuple([leading(o, k) for o in out]) if isinstance(out, tuple) else leading(out, k)


def spread_out(t: Any, k: int | None, ndim: int) -> Any:
    """A tangent of fewer axes than the result, made to broadcast behind the leading axis: (k, *s) -> (k, 1, …, *s)."""
    if k is None or t.ndim == ndim + 1:
        return t
    return np.reshape(t, (k, *[1] * (ndim + 1 - t.ndim), *t.shape[1:]))


def ones_like(out: Any, t: Any, create: bool) -> Any:
    """A cotangent of ones for the result, of the kind of t."""
    g = ones(out.shape, out.dtype, raw(t))
    return result(g, None) if create else g
