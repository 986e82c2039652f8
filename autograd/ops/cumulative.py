"""Running sums and products along an axis, and differences of neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.attempts import room_for
from autograd.engine.kinds import zeros
from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements, rules
from autograd.errors import ArgumentError, ShapeError
from autograd.ops.arguments import as_operand, check_dtype
from autograd.ops.reduction import shifted
from autograd.shapes import HALF, widened


def _cumsum_vjp(g: Any, out: Any, a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """x_i is a term of every sum from the i-th on: the running sum of the cotangents from the end."""
    along = 0 if axis is None else axis
    (g,) = widened(g)
    return np.reshape(np.flip(np.cumsum(np.flip(g, along), axis=along), along), a.shape)


def _cumsum_forward(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    if a.dtype is HALF and dtype is None:
        return np.cumsum(a, axis=axis, dtype=np.float32).astype(HALF)
    return np.cumsum(a, axis=axis, dtype=dtype)


_cumsum = define(
    _cumsum_forward, _cumsum_vjp,
    keeps="", guard=False, name="cumsum", jvp="linear", batch="along", label="g summed from the end",
)  # fmt: skip


@implements(np.cumsum)
def cumsum(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """np.cumsum."""
    check_dtype("cumsum", a, dtype)
    return _cumsum(np.atleast_1d(a), axis=axis, dtype=dtype)


# cumprod, exact also where factors are zero. y_k = x_0 … x_k, so
#     dy/dx_i · g = Σ_{k≥i} g_k Π_{j≤k, j≠i} x_j = (x_0 … x_{i-1}) s_i,    s_i = g_i + x_{i+1} s_{i+1}
# The derivative of a linear recurrence is a linear recurrence, so one primitive serves for derivatives of any order.


def _linear_recurrence(a: Any, b: Any) -> Any:
    """h_t = a_t h_{t-1} + b_t along the last axis, from h_{-1} = 0, in log n steps on whole arrays.

    After the step of width d, h_t is the recurrence over the last 2d terms and p_t is the product of their a.
    Source: Hillis & Steele 1986, Data parallel algorithms.
    """
    a, b = np.broadcast_arrays(a, b)
    p, h = room_for(a, b), room_for(b, a)
    d, n = 1, h.shape[-1]
    while d < n:
        earlier = h[..., :-d]
        h[..., d:] += np.where(earlier != 0, p[..., d:] * earlier, 0)  # 0 * inf = 0
        p[..., d:] *= p[..., :-d]
        d *= 2
    return h


def _backwards(a: Any, g: Any) -> Any:
    """The recurrence from the end: u_t = g_t + a_{t+1} u_{t+1} along the last axis."""
    start = zeros((*a.shape[:-1], 1), a.dtype, raw(a))
    following = np.concatenate([a[..., 1:], start], axis=-1)
    return np.flip(linear_recurrence(np.flip(following, -1), np.flip(g, -1)), -1)


def _recurrence_vjps(g: Any, out: Any, a: Any, b: Any) -> tuple[Any, Any]:
    u = _backwards(a, g)
    start = zeros((*out.shape[:-1], 1), out.dtype, raw(out))
    return u * np.concatenate([start, out[..., :-1]], axis=-1), u


def _recurrence_by_factor(t: Any, out: Any, a: Any, b: Any) -> Any:
    """dh_t = a_t dh_{t-1} + da_t h_{t-1}: the same recurrence with another b."""
    start = zeros((*out.shape[:-1], 1), out.dtype, raw(out))
    return linear_recurrence(a, t * np.concatenate([start, out[..., :-1]], axis=-1))


linear_recurrence: Primitive = define(
    _linear_recurrence,
    joint=_recurrence_vjps,
    guard=False,
    name="linear_recurrence",
    jvp=(_recurrence_by_factor, lambda t, out, a, b: linear_recurrence(a, t)),
    batch="free",
    label="u·h₋₁, u",
)


def _cumprod_vjp(g: Any, out: Any, a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    if a.size == 0:
        return zeros(a.shape, g.dtype, raw(g))
    g, out, a = widened(g, out, a)
    if axis is None:
        return np.reshape(_cumprod_cotangent(np.reshape(a, (-1,)), out, g), a.shape)
    return np.swapaxes(_cumprod_cotangent(*(np.swapaxes(each, axis, -1) for each in (a, out, g))), axis, -1)


def _cumprod_cotangent(x: Any, y: Any, g: Any) -> Any:
    """(x_0 … x_{i-1}) s_i along the last axis."""
    left, s = shifted(y), _backwards(x, g)
    left = np.where(np.isinf(left) & np.equal(s, 0), 0, left)  # a product that overflowed, whose cotangents are all 0
    return left * s


def _cumprod_jvp(t: Any, out: Any, a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """dy_k = x_k dy_{k-1} + y_{k-1} dx_k."""
    if a.size == 0:
        return zeros(out.shape, out.dtype, raw(t))
    t, out, a = widened(t, out, a)
    if axis is None:
        return linear_recurrence(np.reshape(a, (-1,)), shifted(out) * np.reshape(t, (-1,)))
    x, y, tangent = (np.swapaxes(each, axis, -1) for each in (a, out, t))
    return np.swapaxes(linear_recurrence(x, shifted(y) * tangent), axis, -1)


_cumprod = define(
    lambda a, axis=None, dtype=None: np.cumprod(a, axis=axis, dtype=dtype), _cumprod_vjp,
    guard=False, name="cumprod", jvp=_cumprod_jvp, batch="along", label="s·∏ before: sₖ = gₖ + aₖ₊₁·sₖ₊₁",
)  # fmt: skip


@implements(np.cumprod)
def cumprod(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """np.cumprod; the gradient is exact where factors are zero."""
    check_dtype("cumprod", a, dtype)
    return _cumprod(np.atleast_1d(a), axis=axis, dtype=dtype)


@implements(np.nancumsum)
def nancumsum(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """np.nancumsum: nan count as 0."""
    return cumsum(np.where(np.isnan(a), 0, a), axis, dtype, out)


@implements(np.nancumprod)
def nancumprod(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """np.nancumprod: nan count as 1."""
    return cumprod(np.where(np.isnan(a), 1, a), axis, dtype, out)


def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, out: Any = None, include_initial: bool = False
) -> Any:
    """np.cumulative_sum: without an axis only for one dimension."""
    return _cumulative("cumulative_sum", cumsum, 0, x, axis, dtype, include_initial)


def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, out: Any = None, include_initial: bool = False
) -> Any:
    """np.cumulative_prod: without an axis only for one dimension."""
    return _cumulative("cumulative_prod", cumprod, 1, x, axis, dtype, include_initial)


def _cumulative(name: str, run: Any, first: float, x: Any, axis: int | None, dtype: Any, include_initial: bool) -> Any:
    if np.ndim(x) == 0:
        x = np.reshape(x, (1,))
    if axis is None:
        if x.ndim != 1:
            raise ShapeError(f"np.{name} needs an axis for an array of shape {x.shape}.")
        axis = 0
    running = run(x, axis, dtype)
    if not include_initial:
        return running
    start = tuple(1 if i == axis % x.ndim else n for i, n in enumerate(x.shape))
    return np.concatenate([np.full_like(raw(running), first, shape=start), running], axis=axis)


# Differences and the trapezoid rule: NumPy's own formulas, which record themselves


def along(ndim: int, axis: int, index: slice | int) -> tuple[Any, ...]:
    """An index that takes `index` along one axis and everything along the others."""
    if not -ndim <= axis < ndim:
        raise ShapeError(f"axis {axis} is out of bounds for an array with {ndim} dimensions.")
    places: list[Any] = [slice(None)] * ndim
    places[axis] = index
    return tuple(places)


@implements(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """np.diff: x[i+1] - x[i], n times."""
    if n < 0:
        raise ArgumentError(f"np.diff: n must not be negative; got {n}.")
    if n == 0:
        return a
    if np.ndim(a) == 0:
        raise ShapeError("np.diff needs an array of at least one dimension; got a 0-d one.")
    if prepend is not None or append is not None:
        parts = [_as_edge(prepend, a, axis), a, _as_edge(append, a, axis)]
        a = np.concatenate([part for part in parts if part is not None], axis=axis)
    for _ in range(n):
        ahead, behind = a[along(a.ndim, axis, slice(1, None))], a[along(a.ndim, axis, slice(None, -1))]
        a = np.not_equal(ahead, behind) if a.dtype == bool else ahead - behind
    return a


def _as_edge(edge: Any, a: Any, axis: int) -> Any:
    """What np.diff prepends or appends: a number becomes one element along the axis."""
    if edge is None or np.ndim(edge) > 0:
        return edge
    return np.broadcast_to(edge, tuple(1 if i == axis % a.ndim else size for i, size in enumerate(a.shape)))


@implements(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """np.ediff1d: the differences of the flattened array, with values before and after them."""
    flat = np.reshape(ary, -1)
    parts = [flat[1:] - flat[:-1]]
    if to_begin is not None:
        parts.insert(0, np.reshape(to_begin, -1))
    if to_end is not None:
        parts.append(np.reshape(to_end, -1))
    return parts[0] if len(parts) == 1 else np.concatenate(parts).astype(flat.dtype)


@implements(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """np.trapezoid: Σ d (y[i] + y[i+1]) / 2; differentiable by y, x and dx; of float16 in float32."""
    y = as_operand(y)
    if np.result_type(y.dtype, raw(dx) if x is None else as_operand(x).dtype) == HALF:
        return trapezoid(y.astype(np.float32), x, dx, axis).astype(HALF)
    ndim = y.ndim
    if x is None:
        width = dx
    else:
        x = as_operand(x)
        if x.ndim == 1:
            width = np.reshape(np.diff(x), tuple(-1 if i == axis % ndim else 1 for i in range(ndim)))
        else:
            width = np.diff(x, axis=axis)
    pairs = y[along(ndim, axis, slice(1, None))] + y[along(ndim, axis, slice(None, -1))]
    return np.sum(width * pairs / 2.0, axis=axis)


rules[np.add, "accumulate"] = lambda a, axis=0, dtype=None: cumsum(a, axis, dtype)
rules[np.multiply, "accumulate"] = lambda a, axis=0, dtype=None: cumprod(a, axis, dtype)
if hasattr(np, "cumulative_sum"):  # since NumPy 2.1
    implements(np.cumulative_sum)(cumulative_sum)
    implements(np.cumulative_prod)(cumulative_prod)
