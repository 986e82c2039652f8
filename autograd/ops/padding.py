"""np.pad: a border that is constant, or repeats elements of the array."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements
from autograd.errors import ArgumentError, DTypeError, NoRuleError, ShapeError
from autograd.shapes import HALF, normalize_axes

Width = tuple[tuple[int, int], ...]  # (before, after) for each axis

_MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


def _unpad(g: Any, width: Width, mode: str) -> Any:
    """Add the border to the elements it was copied from: the transpose of `_pad`, one axis after the other.

    For the modes that repeat elements, padding 0 … n-1 gives the position that each element of the border comes from.
    float16 is added in float32.
    """
    if g.dtype is HALF and mode != "constant":
        return _unpad(g.astype(np.float32), width, mode).astype(HALF)
    for axis, (before, after) in enumerate(width):
        if before == after == 0:
            continue
        n = g.shape[axis] - before - after
        at = (slice(None),) * axis
        inner = g[(*at, slice(before, before + n))]
        if mode != "constant":
            inner = inner.copy()
            source = np.pad(np.arange(n), (before, after), mode=mode).tolist()  # type: ignore[call-overload]
            for place in (*range(before), *range(before + n, len(source))):
                inner[(*at, source[place])] += g[(*at, place)]
        g = inner
    return g


_pad: Primitive = define(
    lambda array, width, mode, **params: np.pad(array, width or 0, mode, **params),
    lambda g, out, array, width, mode, **params: unpad(g, width, mode),
    keeps="", guard=False, name="pad", label="g without the border",
    jvp=lambda t, out, array, width, mode, **params: _pad(t, width, mode), batch="width",
)  # fmt: skip
unpad: Primitive = define(
    _unpad, lambda g, out, x, width, mode: _pad(g, width, mode),
    keeps="", guard=False, name="unpad", jvp="linear", batch="width", label="g padded",
)  # fmt: skip


@implements(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    """np.pad with mode constant, edge, reflect, symmetric or wrap; a constant border gets no gradient."""
    if mode not in _MODES:
        raise NoRuleError(
            f"np.pad of a Tensor takes the modes {', '.join(_MODES)}; got {mode!r}. "
            "Build that border and np.concatenate it."
        )
    for key, value in kwargs.items():
        if getattr(value, "requires_grad", False):
            raise NoRuleError(f"np.pad has no derivative by {key}; np.concatenate a border that requires grad.")
    kwargs = {key: raw(value) for key, value in kwargs.items()}
    known = {"constant": ["constant_values"], "reflect": ["reflect_type"], "symmetric": ["reflect_type"]}.get(mode, [])
    unknown = sorted(kwargs.keys() - known)
    if unknown:
        raise ArgumentError(f"np.pad: mode {mode!r} takes {', '.join(known) or 'no option'}; got {', '.join(unknown)}.")
    if kwargs.pop("reflect_type", "even") != "even":
        raise NoRuleError(
            "np.pad of a Tensor takes reflect_type='even'; along one axis the odd one is "
            "2 * np.pad(x, n, 'edge') - np.pad(x, n, mode)."
        )
    return _pad(array, _as_width(pad_width, array.ndim), mode, **kwargs)


def _as_width(pad_width: Any, ndim: int) -> Width:
    """NumPy's forms of pad_width: n, (before, after), ((before, after), …), {axis: n or (before, after)}."""
    pad_width = raw(pad_width)
    if isinstance(pad_width, dict):
        each = [(0, 0)] * ndim
        for key, value in pad_width.items():
            (axis,) = normalize_axes(key, ndim)
            each[axis] = value if isinstance(value, tuple) else (value, value)
        pad_width = each
    sides = np.asarray(pad_width)
    if sides.dtype.kind not in "iu" and sides.size:
        raise DTypeError(f"np.pad: pad_width must be of integers; got {pad_width!r}.")
    try:
        width = tuple([(before, after) for before, after in np.broadcast_to(sides, (ndim, 2)).tolist()])
    except ValueError:
        raise ShapeError(
            f"np.pad: pad_width is an integer, a pair, or a pair for each of the {ndim} axes; got {pad_width!r}."
        ) from None
    if any(n < 0 for pair in width for n in pair):
        raise ArgumentError(f"np.pad: no width may be negative; got {pad_width!r}.")
    return width
