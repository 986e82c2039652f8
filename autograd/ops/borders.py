"""The borders of np.pad that are computed: ramps, statistics, odd reflections, and constants with a gradient.

They are built along one axis after the other, as NumPy does, so that corners follow from the axes before.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import like
from autograd.engine.recording import is_tensor, raw
from autograd.errors import ArgumentError

STATISTICS: dict[str, Any] = {"maximum": np.max, "minimum": np.min, "mean": np.mean, "median": np.median}


def bordered(x: Any, width: Any, mode: str, value: Any) -> Any:
    """x with a border; `value` is what the mode takes: constant_values, end_values or stat_length."""
    of_axis = np.broadcast_to(np.asarray(None) if value is None else value, (x.ndim, 2))
    for axis, (before, after) in enumerate(width):
        if before or after:
            x = _BORDERS[mode](x, axis, before, after, of_axis[axis], mode)
    return x


def _part(x: Any, axis: int, start: int | None, stop: int | None) -> Any:
    return x[(*[slice(None)] * axis, slice(start, stop))]


def _repeated(x: Any, axis: int, n: int) -> Any:
    return np.broadcast_to(x, (*x.shape[:axis], n, *x.shape[axis + 1 :]))


def _constants(x: Any, axis: int, before: int, after: int, values: Any, mode: str) -> Any:
    edges = [_as_edge(v, x) for v in values]
    shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    left, right = (np.broadcast_to(edge, shape) for edge in edges)
    return np.concatenate([_repeated(left, axis, before), x, _repeated(right, axis, after)], axis)


def _as_edge(value: Any, x: Any) -> Any:
    """A number as an array of x's kind, dtype and number of axes."""
    edge = np.reshape(value, (1,) * x.ndim).astype(x.dtype)
    return edge if is_tensor(edge) else like(edge, raw(x))


def _ramps(x: Any, axis: int, before: int, after: int, ends: Any, mode: str) -> Any:
    """From the end value, which is the outermost element, in equal steps to the edge."""
    if not x.shape[axis]:
        raise ArgumentError("np.pad: a linear_ramp needs an element to lead to, and the axis is empty.")

    def ramp(edge: Any, end: Any, n: int) -> Any:
        steps = np.reshape(np.arange(n, dtype=float), (-1, *[1] * (x.ndim - 1 - axis))) / max(n, 1)
        made = end + (edge - end) * like(steps if x.dtype.kind in "iu" else steps.astype(x.dtype), raw(x))
        return (np.floor(made) if x.dtype.kind in "iu" else made).astype(x.dtype)

    left = ramp(_part(x, axis, 0, 1), ends[0], before)
    right = np.flip(ramp(_part(x, axis, -1, None), ends[1], after), axis)
    return np.concatenate([left, x, right], axis)


def _statistics(x: Any, axis: int, before: int, after: int, lengths: Any, mode: str) -> Any:
    """A statistic of the elements next to either edge, or of all elements."""
    n = x.shape[axis]
    left, right = (n if length is None else min(int(length), n) for length in lengths)
    if left < 1 or right < 1:
        raise ArgumentError(f"np.pad: {mode} of no elements; stat_length must be 1 or more, and no axis empty.")

    def statistic(part: Any) -> Any:
        found = STATISTICS[mode](part, axis=axis, keepdims=True)
        return np.rint(found).astype(x.dtype) if x.dtype.kind in "iu" else found

    first = statistic(_part(x, axis, 0, left))
    last = first if left == right == n else statistic(_part(x, axis, n - right, None))
    return np.concatenate([_repeated(first, axis, before), x, _repeated(last, axis, after)], axis)


def _odd_reflections(x: Any, axis: int, before: int, after: int, value: Any, mode: str) -> Any:
    """Reflected through the point at the edge: 2 x[0] - x[i] before it. With D = x[-1] - x[0], in the k-th copy of x

    x[r] + k D                             for even k
    2 x[0] + (k + 1) D - x[last - r]       for odd k
    """
    n = x.shape[axis]
    period = n if mode == "symmetric" else n - 1  # of which the edge itself is a part, or not
    if not period:
        return np.pad(x, [(before, after) if i == axis else (0, 0) for i in range(x.ndim)], "edge")
    k, r = np.divmod(np.arange(-before, n + after), period)
    odd = k % 2
    along = (-1, *[1] * (x.ndim - 1 - axis))
    sign, twice, times = (like(np.reshape(c, along).astype(x.dtype), raw(x)) for c in (1 - 2 * odd, 2 * odd, k + odd))
    first = _part(x, axis, 0, 1)
    places = np.where(odd, n - 1 - r, r)
    return sign * np.take(x, places, axis) + twice * first + times * (_part(x, axis, -1, None) - first)


_BORDERS: dict[str, Any] = {
    "constant": _constants,
    "linear_ramp": _ramps,
    "reflect": _odd_reflections,
    "symmetric": _odd_reflections,
    **dict.fromkeys(STATISTICS, _statistics),
}
