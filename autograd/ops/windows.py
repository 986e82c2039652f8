"""Parts of an array: windows that slide over it, and what is left between zeros."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view as numpys_windows

from autograd.engine.kinds import zeros
from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements
from autograd.errors import ArgumentError, NoRuleError, ShapeError
from autograd.ops.arguments import as_operand, frozen
from autograd.shapes import normalize_axes, widened

# An element gets the sum of the cotangents of all windows it is in. Each of the two is the transpose of the other.


def _add_windows(g: Any, shape: tuple[int, ...], window: tuple[int, ...], axis: tuple[int, ...]) -> Any:
    """Add the elements of the windows to where they came from: one place of the window after the other."""
    (wide,) = widened(g)
    out = zeros(shape, wide.dtype, wide)
    ndim = len(shape)
    for place in np.ndindex(window):
        start = [0] * ndim
        for i, offset in zip(axis, place, strict=True):
            start[i] += offset
        here = tuple([slice(s, s + n) for s, n in zip(start, g.shape[:ndim], strict=True)])
        out[here] += wide[(..., *place)]
    return out if out.dtype == g.dtype else out.astype(g.dtype)


windows: Primitive = define(
    lambda x, window, axis: numpys_windows(x, window, axis),
    lambda g, out, x, window, axis: add_windows(g, shape=x.shape, window=window, axis=axis),
    keeps="", guard=False, implements=numpys_windows, name="sliding_window_view", jvp="linear", batch="axis", view=True,
    label="Σ g over the windows",
)  # fmt: skip
add_windows: Primitive = define(
    _add_windows, lambda g, out, x, shape, window, axis: windows(g, window=window, axis=axis),
    keeps="", guard=False, name="add_windows", jvp="linear", batch="shape axis", label="windows of g",
)  # fmt: skip


@implements(numpys_windows)
def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    """np.lib.stride_tricks.sliding_window_view: it takes no memory of its own."""
    if writeable:
        raise NoRuleError("sliding_window_view of a Tensor is not writeable: its windows overlap. Write y = x.copy().")
    x = as_operand(x)
    window = frozen(window_shape)
    window = window if type(window) is tuple else (window,)
    axes = normalize_axes(axis, x.ndim)
    if len(window) != len(axes):
        raise ShapeError(f"sliding_window_view takes a size for each of the axes {axes}; got {window}.")
    return windows(x, window=window, axis=axes)


@implements(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """np.trim_zeros: without the zeros in front ("f") and at the back ("b"), along the axes."""
    if sorted(trim.lower()) not in (["b", "f"], ["b"], ["f"]):
        raise ArgumentError(f'np.trim_zeros takes trim="f", "b" or "fb"; got {trim!r}.')
    if sys._getframe(2).f_code is np.poly1d.__init__.__code__:
        return filt  # a leading coefficient that is 0 now has a gradient; frame 1 is the Tensor's __array_function__
    values = raw(as_operand(filt))
    places = np.nonzero(values)
    cut = [slice(None)] * values.ndim
    for i in normalize_axes(axis, values.ndim):
        first, last = (places[i].min(), places[i].max()) if places[i].size else (0, -1)
        front, back = "f" in trim.lower(), "b" in trim.lower()
        cut[i] = slice(first if front else None, last + 1 if back else None)
    return filt[tuple(cut)]
