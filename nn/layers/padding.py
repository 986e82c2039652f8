"""Padding: a border of one value, or of elements of the array itself; a negative width cuts off instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn.core.module import Module
from nn.layers.images import AXES, Size
from nn.layers.inputs import as_values

Border = tuple[tuple[int, int], ...]  # (before, after) for each axis

# PyTorch's mode -> the mode of np.pad
MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """A border around the last axes of an array.

        pad = (before, after) of the last axis, then (before, after) of the one before it, and so on

    "constant" fills the border with `value`; "reflect" mirrors the array at its outermost elements, which are not
    repeated; "replicate" repeats them; "circular" continues with the other end of the axis.

    Shape:     input (*, s) -> (*, before + s + after), and likewise for each axis that `pad` names
    Args:      pad: widths; a negative one cuts elements off.
               value: of a constant border (default 0).
    Gradient:  each element of the border adds its cotangent to the element it repeats; a constant one gets none.
    Raises:    ShapeError for a width larger than what there is to repeat, or more cut off than there is. With another
               mode than "constant" any of the axes may be padded; PyTorch takes the last one, two or three only.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.pad(np.array([[1.0, 2.0, 3.0]]), (2, 1), "reflect")
        array([[3., 2., 1., 2., 3., 2.]])
        >>> F.pad(np.array([[1.0, 2.0, 3.0]]), (-1, 0, 1, 0), value=9.0)
        array([[9., 9.],
               [2., 3.]])
    """
    x = as_values(input)
    if mode not in MODES:
        raise ArgumentError(f"mode must be one of {', '.join(map(repr, MODES))}; got {mode!r}.")
    options = _options(mode, value)
    border = _borders(pad, x.shape)
    for axis, width in enumerate(border):
        _check_room(width, mode, axis, x.shape)
    if mode in ("constant", "circular"):  # what is cut off first, the border is not made of
        return _widened(_cut(x, border), border, MODES[mode], options)
    return _cut(_widened(x, border, MODES[mode], options), border)


def _borders(pad: Any, shape: tuple[int, ...]) -> Border:
    """PyTorch's order, the last axis first, as a pair for each axis."""
    numbers = tuple(pad) if isinstance(pad, (tuple, list)) else None
    if numbers is None or len(numbers) % 2 or not all(map(_is_integer, numbers)):
        raise ArgumentError(
            "pad must be a tuple of integers, (before, after) for the last axis, then for the one before it; "
            f"got {pad!r}."
        )
    if len(numbers) > 2 * len(shape):
        raise ShapeError(f"pad names {len(numbers) // 2} axes, {numbers}; got input of shape {shape}.")
    pairs = [(int(a), int(b)) for a, b in zip(numbers[::2], numbers[1::2], strict=True)]
    return (*[(0, 0)] * (len(shape) - len(pairs)), *reversed(pairs))


def _is_integer(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _options(mode: str, value: Any) -> dict[str, Any]:
    """The options of np.pad."""
    if value is not None and not isinstance(value, (bool, int, float, np.bool_, np.integer, np.floating)):
        raise ArgumentError(f"value of a constant border must be a number; got {value!r}.")
    if mode == "constant":
        return {"constant_values": 0 if value is None else value}
    if value:
        raise ArgumentError(
            f"a border of mode {mode!r} is made of the array's elements: leave value out; got {value!r}."
        )
    return {}


def _check_room(width: tuple[int, int], mode: str, axis: int, shape: tuple[int, ...]) -> None:
    """Refuse to cut off more than there is, and to repeat more than there is."""
    size, (before, after) = shape[axis], width
    if before == after == 0:
        return
    left = size + min(before, 0) + min(after, 0)
    room = {"constant": max(width), "replicate": max(width), "reflect": size - 1, "circular": left}[mode]
    kept = left if mode in ("constant", "circular") else min(size, size + before + after) - 1
    if kept < 0 or max(width) > room:
        raise ShapeError(
            f"pad {width} with mode {mode!r} takes more than there is along axis {axis} of input of shape {shape}: "
            "use a narrower border or larger input."
        )


def _cut(x: Any, border: Border) -> Any:
    """Without the ends of the axes whose width is negative."""
    if not any(n < 0 for width in border for n in width):
        return x
    return x[tuple([slice(max(-a, 0), n + min(b, 0)) for n, (a, b) in zip(x.shape, border, strict=True)])]


def _widened(x: Any, border: Border, mode: Any, options: dict[str, Any]) -> Any:
    """With a border where the width is positive."""
    return np.pad(x, [(max(a, 0), max(b, 0)) for a, b in border], mode, **options)


class _PadNd(Module):
    axes: int  # that are padded
    mode: str

    def __init__(self, padding: Size) -> None:
        count = 2 * self.axes
        given: tuple[Any, ...] = tuple(padding) if isinstance(padding, (tuple, list)) else (padding,) * count
        if len(given) != count or not all(map(_is_integer, given)):
            raise ArgumentError(
                f"{type(self).__name__}: padding must be an integer, or {count} of them, (before, after) for the last "
                f"axis first; got {padding!r}."
            )
        self.padding = tuple(map(int, given))

    def forward(self, input: Any) -> Any:
        x, axes = as_values(input), AXES[self.axes]
        if x.ndim not in (self.axes + 1, self.axes + 2):
            raise ShapeError(
                f"{type(self).__name__} expects input of shape (N, C, {axes}) or (C, {axes}); got {x.shape}. "
                "F.pad takes any other."
            )
        return pad(x, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPadNd(_PadNd):
    mode = "constant"

    def __init__(self, padding: Size, value: float) -> None:
        super().__init__(padding)
        _options(self.mode, value)
        self.value = value

    def forward(self, input: Any) -> Any:
        return pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ReflectionPadNd(_PadNd):
    mode = "reflect"


class ReflectionPad1d(_ReflectionPadNd):
    """Mirror the input at its outermost elements, which are not repeated, along the last axis.

    Shape:     input (N, C, L) or (C, L) -> (N, C, L') or (C, L'), each axis longer by its two widths
    Args:      padding: a width for all sides, or (before, after); a negative one cuts off.
    Raises:    ShapeError if a width is not smaller than its axis.
    Example:
        >>> import numpy as np, nn
        >>> nn.ReflectionPad1d(2)(np.array([[1.0, 2.0, 3.0]]))
        array([[3., 2., 1., 2., 3., 2., 1.]])
    """

    axes = 1


class ReflectionPad2d(_ReflectionPadNd):
    """Mirror the input at its outermost elements, which are not repeated, around the last two axes.

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C, H', W') or (C, H', W'), each axis longer by its two widths
    Args:      padding: a width for all sides, or (left, right, top, bottom); a negative one cuts off.
    Raises:    ShapeError if a width is not smaller than its axis.
    """

    axes = 2


class ReflectionPad3d(_ReflectionPadNd):
    """Mirror the input at its outermost elements, which are not repeated, around the last three axes.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> (N, C, D', H', W') or (C, D', H', W'), each axis
               longer by its two widths
    Args:      padding: a width for all sides, or (left, right, top, bottom, front, back); a negative one cuts off.
    Raises:    ShapeError if a width is not smaller than its axis.
    """

    axes = 3


class _ReplicationPadNd(_PadNd):
    mode = "replicate"


class ReplicationPad1d(_ReplicationPadNd):
    """Repeat the outermost elements of the input, along the last axis.

    Shape:     input (N, C, L) or (C, L) -> (N, C, L') or (C, L'), each axis longer by its two widths
    Args:      padding: a width for all sides, or (before, after); a negative one cuts off.
    Example:
        >>> import numpy as np, nn
        >>> nn.ReplicationPad1d((2, 1))(np.array([[1.0, 2.0, 3.0]]))
        array([[1., 1., 1., 2., 3., 3.]])
    """

    axes = 1


class ReplicationPad2d(_ReplicationPadNd):
    """Repeat the outermost elements of the input, around the last two axes.

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C, H', W') or (C, H', W'), each axis longer by its two widths
    Args:      padding: a width for all sides, or (left, right, top, bottom); a negative one cuts off.
    """

    axes = 2


class ReplicationPad3d(_ReplicationPadNd):
    """Repeat the outermost elements of the input, around the last three axes.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> (N, C, D', H', W') or (C, D', H', W'), each axis
               longer by its two widths
    Args:      padding: a width for all sides, or (left, right, top, bottom, front, back); a negative one cuts off.
    """

    axes = 3


class _CircularPadNd(_PadNd):
    mode = "circular"


class CircularPad1d(_CircularPadNd):
    """Continue the input with its other end, as if it were periodic, along the last axis.

    Shape:     input (N, C, L) or (C, L) -> (N, C, L') or (C, L'), each axis longer by its two widths
    Args:      padding: a width for all sides, or (before, after); a negative one cuts off.
    Raises:    ShapeError if a width is larger than its axis.
    Example:
        >>> import numpy as np, nn
        >>> nn.CircularPad1d((1, 2))(np.array([[1.0, 2.0, 3.0]]))
        array([[3., 1., 2., 3., 1., 2.]])
    """

    axes = 1


class CircularPad2d(_CircularPadNd):
    """Continue the input with its other end, as if it were periodic, around the last two axes.

    Shape:     input (N, C, H, W) or (C, H, W) -> (N, C, H', W') or (C, H', W'), each axis longer by its two widths
    Args:      padding: a width for all sides, or (left, right, top, bottom); a negative one cuts off.
    Raises:    ShapeError if a width is larger than its axis.
    """

    axes = 2


class CircularPad3d(_CircularPadNd):
    """Continue the input with its other end, as if it were periodic, around the last three axes.

    Shape:     input (N, C, D, H, W) or (C, D, H, W) -> (N, C, D', H', W') or (C, D', H', W'), each axis
               longer by its two widths
    Args:      padding: a width for all sides, or (left, right, top, bottom, front, back); a negative one cuts off.
    Raises:    ShapeError if a width is larger than its axis.
    """

    axes = 3


class ConstantPad1d(_ConstantPadNd):
    """A border of one value, along the last axis.

    Shape:     input (*, L) -> (*, L'), each axis longer by its two widths
    Args:      padding: a width for all sides, or (before, after); a negative one cuts off.
               value: of the border.
    Example:
        >>> import numpy as np, nn
        >>> nn.ConstantPad1d((2, 1), 7.0)(np.array([1.0, 2.0]))
        array([7., 7., 1., 2., 7.])
    """

    axes = 1


class ConstantPad2d(_ConstantPadNd):
    """A border of one value, around the last two axes.

    Shape:     input (*, H, W) -> (*, H', W'), each axis longer by its two widths
    Args:      padding: a width for all sides, or (left, right, top, bottom); a negative one cuts off.
               value: of the border.
    """

    axes = 2


class ConstantPad3d(_ConstantPadNd):
    """A border of one value, around the last three axes.

    Shape:     input (*, D, H, W) -> (*, D', H', W'), each axis longer by its two widths
    Args:      padding: a width for all sides, or (left, right, top, bottom, front, back); a negative one cuts off.
               value: of the border.
    """

    axes = 3


class ZeroPad1d(ConstantPad1d):
    """A border of zeros, along the last axis.

    Shape:     input (*, L) -> (*, L'), each axis longer by its two widths
    Args:      padding: a width for all sides, or (before, after); a negative one cuts off.
    """

    def __init__(self, padding: Size) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """A border of zeros, around the last two axes.

    Shape:     input (*, H, W) -> (*, H', W'), each axis longer by its two widths
    Args:      padding: a width for all sides, or (left, right, top, bottom); a negative one cuts off.
    """

    def __init__(self, padding: Size) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad3d(ConstantPad3d):
    """A border of zeros, around the last three axes.

    Shape:     input (*, D, H, W) -> (*, D', H', W'), each axis longer by its two widths
    Args:      padding: a width for all sides, or (left, right, top, bottom, front, back); a negative one cuts off.
    """

    def __init__(self, padding: Size) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"
