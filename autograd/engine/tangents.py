"""How tangents pass through one node.

Most primitives need no rule beside their VJP:

    elementwise   the Jacobian is diagonal, so it is its own transpose: the VJP is called with the tangent for g
    linear        the operation itself, called with the tangents
    multilinear   the operation with the tangent in the place of one argument, for each of them
    reduction     the sum, over the same axes, of the gradient times the tangent; also where the result is one number
    fused         the tangents go through the composite, recorded anew (unless it is `plain`)
    the rest      by transposing the VJP, which is linear in g:  J v = d/du <Jᵀu, v>

and the others have theirs written out (`jvp=`). A rule gets arrays, or Tensors if the sweep is recorded. In a batch of
k the tangents have a leading axis, see stacked_call.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.engine import kinds
from autograd.engine.abstract import Abstract
from autograd.engine.attempts import attempted, of_a_batch
from autograd.engine.batch import pull
from autograd.engine.complex_numbers import in_dtype
from autograd.engine.cotangents import complete, has_nan
from autograd.engine.definition import Batch
from autograd.engine.gradients import gradients
from autograd.engine.graph import Node
from autograd.engine.higher_order import linked
from autograd.engine.kinds import ones, per_example, zeros
from autograd.engine.primitive import Primitive
from autograd.engine.recording import is_tensor, raw, result
from autograd.engine.registry import alias
from autograd.engine.settings import enable_grad
from autograd.engine.stacked_call import OneByOne, argument, ones_like, spread_out, stacked_call
from autograd.engine.step import called
from autograd.engine.zero_times_inf import is_finite, product_without_nan, zero_where_factor_is
from autograd.errors import NoRuleError
from autograd.recorder import asarray
from autograd.shapes import stacked_axis, unbroadcast

Tangents = Sequence[Any]  # one for each argument, None for a constant
Sweep = Callable[[Sequence[Any], Sequence[Any], Tangents, int | None, bool], list[Any]]


def through_arrays(node: Node, ts: Tangents, sweep: Sweep) -> Any:
    """The same as `through` for arrays and no batch, with a short way for what most nodes are."""
    if kinds.met and of_a_batch(ts, node.args):
        return through(node, ts, None, False, sweep)
    primitive: Any = node.primitive
    rules = primitive.jvp
    elementwise = rules == "elementwise"
    if elementwise:
        rules = primitive.vjps
    args: Any = node.args
    out = node.out
    params = node.params or _NO_PARAMS
    if type(rules) is not tuple or len(rules) < len(ts) or type(out) is tuple:
        if primitive.saves or params and rules != "linear":
            return through(node, ts, None, False, sweep)
        if rules == "linear" and len(args) == 1:
            return _fitted_array(primitive.forward(ts[0], **params), out)
        if rules == "multilinear" and len(args) == 2:
            t = _product_rule(primitive.forward, ts, args)
            if t is not None:
                return _fitted_array(t, out)
        return through(node, ts, None, False, sweep)
    total: Any = None
    for rule, t in zip(rules, ts):  # noqa: B905  # there may be more rules than arguments
        if t is None:
            continue
        if rule is None:
            if elementwise:
                continue
            return through(node, ts, None, False, sweep)
        ti = rule(t, out, *args, **params)
        if elementwise and primitive.guard and has_nan(raw(ti)):  # 0 * inf = 0
            ti = zero_where_factor_is(t, ti, primitive.name)
        total = ti if total is None else total + ti
    return _fitted_array(total, out)


_NO_PARAMS: dict[str, Any] = {}


def _product_rule(product: Callable[..., Any], ts: Tangents, args: Any) -> Any:
    """ta·b + a·tb; None where it has to be looked at more closely, because it is not finite."""
    ta, tb = ts
    total = product(ta, args[1]) if tb is None else product(args[0], tb)
    if ta is not None and tb is not None:
        total = total + product(ta, args[1])
    return total if is_finite(total) else None


def through(node: Node, ts: Tangents, k: int | None, create: bool, sweep: Sweep) -> Any:
    """The tangent of the node's result (a tuple for several results), None if it has none.

    `sweep` pushes tangents through the graph of a composite.
    """
    primitive = node.primitive
    args, out = linked(node) if create else (node.args or (), node.out)
    params = node.params or {}
    word = primitive.jvp
    kept_for_a_batch = k is not None and primitive.saves and of_a_batch((), args)  # not for k of them
    if (create or kept_for_a_batch) and primitive.by_composite and word != "linear":
        return _through_composite(node, args, ts, k, create, sweep)
    rule = _RULES.get(word) if isinstance(word, str) else _written if word is not None else None
    if rule is None:
        one = not isinstance(out, tuple) and out.ndim == 0
        rule = _reduction if one else None
    if rule is None and primitive.by_composite:
        return _through_composite(node, args, ts, k, create, sweep)
    if rule is None:
        t = _transposed(primitive, ts, k, args, out, params, create)
    elif k is None:
        t = rule(primitive, ts, None, args, out, params, create)
    else:
        t = _for_batch(rule, primitive, ts, k, args, out, params, create)
    return _fitted(t, out, k, create)


def _fitted_array(t: Any, out: Any) -> Any:
    """The same for one result and no batch; most tangents fit as they are."""
    if type(t) is np.ndarray and t.dtype is out.dtype and t.shape == out.shape:
        return t
    return _fitted(t, out, None, False)


def _fitted(t: Any, out: Any, k: int | None, create: bool) -> Any:
    """The tangent in the shape and dtype of the result."""
    if t is None:
        return None
    if isinstance(out, tuple):
        return tuple([_fitted(ti, o, k, create) for ti, o in zip(t, out, strict=True)])
    t = _as_tangent(t, create)
    shape = out.shape if k is None else (k, *out.shape)
    if t.shape != shape:  # a VJP used as a JVP may give a number an axis, as one that computes in buffers does
        t = np.reshape(t, ()) if shape == () and t.size == 1 else np.broadcast_to(t, shape)
    return t if t.dtype == out.dtype else in_dtype(t, out.dtype)  # of a real result Re(g·t)


def _as_tangent(t: Any, create: bool) -> Any:
    """What a rule returned, as an array (or a Tensor in a recorded sweep)."""
    if is_tensor(t):
        return t if create else t._array
    if not hasattr(t, "dtype"):
        t = asarray(t)
    return result(t, None) if create else t


def _for_batch(
    rule: Callable[..., Any],
    primitive: Primitive,
    ts: Tangents,
    k: int,
    args: Any,
    out: Any,
    params: dict[str, Any],
    create: bool,
) -> Any:
    """A rule for K tangents at once if it can be called so, else K times."""
    batch = primitive.batch
    if isinstance(batch, Batch):
        pairs = [(batch.jvps[i], t) for i, t in enumerate(ts) if t is not None and primitive.has_derivative(i)]
        parts = [NotImplemented if one is None else one(t, out, *args, **params) for one, t in pairs]
        if not any([part is NotImplemented for part in parts]):
            return _sum_of(parts)
    elif rule is _reduction:  # the gradient is the same for all of them
        return rule(primitive, ts, k, args, out, params, create)
    elif batch == "free":
        # else they would not align
        if rule is _elementwise or len(ts) == 1 or all([not hasattr(a, "ndim") or a.ndim == out.ndim for a in args]):
            return rule(primitive, ts, k, args, out, params, create)
    elif batch is not None:
        try:
            many, result_of_many, changed = stacked_call(primitive, k, args, out, params)
        except OneByOne:
            pass
        else:
            return rule(primitive, ts, k, many, result_of_many, changed, create)
    rows = []
    for row in range(k):
        t = rule(primitive, [t if t is None else t[row] for t in ts], None, args, out, params, create)
        rows.append(_fitted(t, out, None, create))
    if rows[0] is None:
        return None
    if isinstance(out, tuple):
        return tuple([None if column[0] is None else np.stack(column) for column in zip(*rows, strict=True)])
    return np.stack(rows)


def _sum_of(parts: Sequence[Any]) -> Any:
    """What the arguments contribute, added up."""
    total: Any = None
    for part in parts:
        if part is None:
            continue
        if isinstance(part, tuple):
            total = part if total is None else tuple([_sum_of(pair) for pair in zip(total, part, strict=True)])
        else:
            total = part if total is None else total + part
    return total


# The rules: (primitive, ts, k, args, out, params, create) -> the tangent of the result. With k the args are those of a
# stack already, unless they are left alone ("free").


def _elementwise(
    primitive: Primitive, ts: Tangents, k: int | None, args: Any, out: Any, params: dict[str, Any], create: bool
) -> Any:
    parts = []
    for i, t in enumerate(ts):
        if t is None or not primitive.has_derivative(i):
            continue
        t = spread_out(t, k, out.ndim)
        if k is not None and primitive.composite is not None:  # it may work in buffers of its own shape
            (slope,) = called(primitive, (i,), ones_like(out, t, create), out, args, params)
            ti = t * slope
        else:
            (ti,) = called(primitive, (i,), t, out, args, params)
        if ti is None:
            continue
        if primitive.guard and has_nan(raw(ti)):  # 0 * inf = 0
            ti = zero_where_factor_is(t, ti, primitive.name)
        parts.append(ti)
    if len(parts) > 1:
        shape = out.shape if k is None else (k, *out.shape)
        parts = [part if part.shape == shape else np.broadcast_to(part, shape) for part in parts]
    return _sum_of(parts)


def _linear(
    primitive: Primitive, ts: Tangents, k: int | None, args: Any, out: Any, params: dict[str, Any], create: bool
) -> Any:
    operands = [
        t if t is not None and primitive.has_derivative(i) else _zeros(a, ts) if primitive.has_derivative(i) else a
        for i, (t, a) in enumerate(zip(ts, args, strict=True))
    ]
    return _call(primitive, create)(*operands, **params)


def _multilinear(
    primitive: Primitive, ts: Tangents, k: int | None, args: Any, out: Any, params: dict[str, Any], create: bool
) -> Any:
    call = _call(primitive, create)
    parts = []
    for i, t in enumerate(ts):
        if t is not None and primitive.has_derivative(i):
            others = [j for j in range(len(args)) if j != i and primitive.has_derivative(j)]

            def product(t: Any, *factors: Any, i: int = i, others: Any = others) -> Any:
                operands = list(args)
                operands[i] = t
                for j, factor in zip(others, factors, strict=True):
                    operands[j] = factor
                return call(*operands, **params)

            parts.append(product_without_nan(product, t, *[args[j] for j in others]))
    return _sum_of(parts)


def _reduction(
    primitive: Primitive, ts: Tangents, k: int | None, args: Any, out: Any, params: dict[str, Any], create: bool
) -> Any:
    which = [i for i, t in enumerate(ts) if t is not None and primitive.has_derivative(i)]
    slopes = called(primitive, which, ones_like(out, ts[which[0]], create), out, args, params)
    parts = []
    for i, d in zip(which, slopes, strict=True):
        if d is None:
            continue
        t = ts[i]
        product = t * unbroadcast(d, args[i].shape)
        if has_nan(raw(product)):  # 0 * inf = 0
            product = zero_where_factor_is(t, product, primitive.name)
        if out.ndim == 0 or primitive.jvp != "reduction":
            axis, keepdims = None, False
        else:
            axis, keepdims = (argument(primitive, name, args, params) for name in ("axis", "keepdims"))
        if k is not None:
            axis = stacked_axis(axis, product.ndim - 1)
        parts.append(np.sum(product, axis=axis, keepdims=keepdims))
    return _sum_of(parts)


def _written(
    primitive: Primitive, ts: Tangents, k: int | None, args: Any, out: Any, params: dict[str, Any], create: bool
) -> Any:
    """The functions of `jvp=`; an argument without one is left to the transposed VJP."""
    rules: Any = primitive.jvp
    own = [rules[i] if i < len(rules) else None for i in range(len(ts))]
    parts = [
        attempted(primitive, rule, t, out, *args, **params)
        for rule, t in zip(own, ts, strict=True)
        if t is not None and rule is not None
    ]
    rest = [t if rule is None else None for rule, t in zip(own, ts, strict=True)]
    if any(t is not None and primitive.has_derivative(i) for i, t in enumerate(rest)):
        parts.append(_transposed(primitive, rest, None, args, out, params, create))
    if len(parts) > 1 and not isinstance(out, tuple):  # shares of different shapes broadcast
        parts = [spread_out(part, k, out.ndim) for part in parts]
    return _sum_of(parts)


_RULES = {"elementwise": _elementwise, "linear": _linear, "multilinear": _multilinear, "reduction": _reduction}


def _call(primitive: Primitive, create: bool) -> Callable[..., Any]:
    return primitive if create or primitive.saves or kinds.met else primitive.forward


def _zeros(a: Any, ts: Tangents) -> Any:
    return zeros(a.shape, a.dtype, _one_of(ts)) if hasattr(a, "shape") else 0.0


def _one_of(ts: Tangents) -> Any:
    """The array of one of the tangents, whose kind the others share."""
    return raw(next(t for t in ts if t is not None))


# Without a rule


def _through_composite(node: Node, args: Any, ts: Tangents, k: int | None, create: bool, sweep: Sweep) -> Any:
    """By way of the composite: recorded anew, and pushed through."""
    inputs = list(args)
    sources, tangents = [], []
    for i, (a, t, parent) in enumerate(zip(args, ts, node.parents, strict=True)):
        if isinstance(a, Abstract):  # no rule that is needed reads its value, so the derivatives are the same at zero
            a = np.broadcast_to(zeros((), a.dtype, _one_of(ts)), a.shape)
        if create and parent is not None:
            inputs[i] = alias(raw(a), parent)
        else:
            inputs[i] = _leaf(a) if t is not None else a
        if t is not None:
            sources.append(inputs[i])
            tangents.append(t)
    with enable_grad():
        outputs = node.primitive.composite(*inputs, **node.params or {})
    several = isinstance(outputs, tuple)
    made = sweep(outputs if several else [outputs], sources, tangents, k, create)
    return _fitted(tuple(made) if several else made[0], node.out, k, create)


def _leaf(value: Any) -> Any:
    leaf = result(value, None)
    leaf.requires_grad = True
    return leaf


def _transposed(
    primitive: Primitive, ts: Tangents, k: int | None, args: Any, out: Any, params: dict[str, Any], create: bool
) -> Any:
    """J v = d/du <Jᵀu, v>: the VJP is recorded on some u, and swept back from its result with v as the cotangent."""
    token = per_example.set(True)
    try:
        return _swept_twice(primitive, ts, k, args, out, params, create)
    finally:
        per_example.reset(token)


def _swept_twice(
    primitive: Primitive, ts: Tangents, k: int | None, args: Any, out: Any, params: dict[str, Any], create: bool
) -> Any:
    several = isinstance(out, tuple)
    us = [
        _leaf(ones(o.shape, o.dtype, _one_of(ts))) if o.dtype.kind in "fc" else zeros(o.shape, o.dtype, _one_of(ts))
        for o in (out if several else (out,))
    ]
    which = [i for i, t in enumerate(ts) if t is not None and primitive.has_derivative(i)]
    pairs = []
    try:
        with enable_grad():
            for i, gi in zip(
                which, called(primitive, which, tuple(us) if several else us[0], out, args, params), strict=True
            ):
                if is_tensor(gi) and gi.requires_grad:
                    pairs.append((complete(gi, gi, args[i], False, True), ts[i]))
    except TypeError as error:
        raise NoRuleError(
            f"{primitive.name}: it has no rule for tangents, and its VJP is not NumPy that can be differentiated "
            f"({error}). "
            "Give it one (jvp=), or a composite."
        ) from error
    if not pairs:
        return None
    unknown = [u for u in us if is_tensor(u)]
    sweep = gradients if k is None else pull
    found = iter(sweep([gi for gi, _ in pairs], unknown, [t for _, t in pairs], create_graph=create))
    made = [(next(found) if is_tensor(u) else None) for u in us]
    made = [t if create else raw(t) for t in made]
    return tuple(made) if several else made[0]
