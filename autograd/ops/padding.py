"""np.pad: a border that is constant, or repeats elements of the array; borders.py has those that are computed."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.attempts import batch_among
from autograd.engine.kinds import copied
from autograd.engine.primitive import Primitive
from autograd.engine.recording import is_tensor, raw
from autograd.engine.registry import define, implements
from autograd.errors import ArgumentError, DTypeError, NoRuleError, ShapeError
from autograd.ops.borders import STATISTICS, bordered
from autograd.shapes import HALF, normalize_axes

Width = tuple[tuple[int, int], ...]  # (before, after) for each axis

_OPTIONS: dict[str, tuple[str, ...]] = {  # of each mode
    "constant": ("constant_values",),
    "edge": (),
    "empty": (),
    "linear_ramp": ("end_values",),
    "reflect": ("reflect_type",),
    "symmetric": ("reflect_type",),
    "wrap": (),
    **dict.fromkeys(STATISTICS, ("stat_length",)),
}


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
            inner = copied(inner)
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
    """np.pad in every mode but a function; constant_values and end_values are differentiated, too."""
    if not isinstance(mode, str) or mode not in _OPTIONS:
        raise NoRuleError(
            f"np.pad of a Tensor takes the modes {', '.join(_OPTIONS)}; got {mode!r}. "
            "Build that border and np.concatenate it."
        )
    unknown = sorted(kwargs.keys() - set(_OPTIONS[mode]))
    if unknown:
        known = ", ".join(_OPTIONS[mode]) or "no option"
        raise ArgumentError(f"np.pad: mode {mode!r} takes {known}; got {', '.join(unknown)}.")
    width = _as_width(pad_width, array.ndim)
    if mode == "empty":  # whose border NumPy leaves undefined
        return _pad(array, width, "constant")
    if mode == "linear_ramp" or mode in STATISTICS:
        value = kwargs.get("end_values", 0) if mode == "linear_ramp" else raw(kwargs.get("stat_length"))
        return bordered(array, width, mode, value)
    if kwargs.pop("reflect_type", "even") != "even":
        return bordered(array, width, mode, None)
    if is_tensor(kwargs.get("constant_values")) or batch_among(kwargs) is not None:
        return bordered(array, width, mode, kwargs["constant_values"])
    return _pad(array, width, mode, **kwargs)


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
