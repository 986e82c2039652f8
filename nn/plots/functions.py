"""Functions of one number, such as activations, and their derivatives."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.recording import raw
from autograd.errors import ArgumentError
from nn.core.module import Module
from nn.plots.style import NEUTRAL, canvas, colour, dash, grid, legend, needs, plain_name

DOTS = (0, (2, 1.2))
VISIBLE = 0.01  # the smallest jump that shows in a picture, as a share of the curve's height
HALVINGS = 40


def activations(
    *functions: Callable[[Any], Any],
    span: float | tuple[float, float] = 4.0,
    derivative: bool = True,
    points: int = 801,
    ax: Any = None,
    **named: Callable[[Any], Any],
) -> Any:
    """Draw functions of one number, and their derivatives, which the engine computes, dashed in the same colours.

    A line is broken where its function jumps. A jump is told from a steep slope by halving the interval repeatedly: the
    difference across a jump does not become smaller.

    Args:      functions: such as np.tanh, F.relu, nn.GELU() or nn.ELU; a class of modules is called without arguments.
               span: x goes from -span to span, or between two numbers.
               derivative: draw the derivatives too.
               points: how many values of x.
               named: functions under names for the legend.
    Returns:   the Axes.
    Gradient:  what backward() gives at every x, hence the engine's choice at a kink (docs/conventions.md).
    Example:
        >>> import nn
        >>> from nn import plots, functional as F
        >>> ax = plots.activations(F.relu, F.sigmoid, slide=lambda x: F.leaky_relu(x, 0.1))
        >>> [text.get_text() for text in ax.get_legend().get_texts()]
        ['relu', 'sigmoid', 'slide', 'derivative']
        >>> x, slope = plots.slopes(F.sigmoid, [-1.0, 0.0])[1:]
        >>> slope.tolist()[1]
        0.25
    """
    chosen = {**{_legend_name(f): f for f in functions}, **named}
    if len(chosen) < len(functions) + len(named):
        raise ArgumentError(
            "two functions have the same name; give names: activations(small=F.elu, large=lambda x: F.elu(x, 2.0))."
        )
    if not chosen:
        raise ArgumentError("activations needs a function: nn.plots.activations(np.tanh, nn.functional.relu).")
    low, high = (-span, span) if isinstance(span, (int, float)) else span
    if not low < high:
        raise ArgumentError(f"span must go from a smaller to a larger number; got {(low, high)}.")
    x = np.linspace(low, high, points)
    in_float64 = {name: _in_float64(f) for name, f in chosen.items()}
    curves = {name: slopes(f, x) for name, f in in_float64.items()}
    with canvas(ax) as ax:
        for level in (ax.axhline, ax.axvline):
            level(0, color=NEUTRAL, linewidth=1, zorder=0)
        handles = []
        for i, (name, (_, y, slope)) in enumerate(curves.items()):
            f = in_float64[name]
            handles += ax.plot(x, _broken_at_jumps(y, x, _values(f, 1)), color=colour(i), linestyle=dash(i), label=name)
            if derivative:
                slope = _broken_at_jumps(slope, x, _values(f, 2))
                ax.plot(x, slope, color=colour(i), linestyle=DOTS, linewidth=1.75, alpha=0.9, label=f"{name}′")
        ax.set(xlabel="x", ylabel="f(x), dashed f′(x)" if derivative else "f(x)", xlim=(low, high))
        grid(ax)
        if derivative:
            ink = ax.xaxis.label.get_color()
            handles.append(
                needs("matplotlib.lines").Line2D([], [], color=ink, linestyle=DOTS, linewidth=1.75, label="derivative")
            )
        legend(ax, handles=handles)
    return ax


def slopes(function: Callable[[Any], Any], x: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(x, f(x), f'(x)) of an elementwise function; one backward sweep gives the derivatives at all x.

    Raises:    ArgumentError if the function does not give one number for each x.
    """
    numbers = np.asarray(x, float)
    t = Tensor(numbers.copy(), requires_grad=True)
    y = _in_float64(function)(t)
    shape = getattr(y, "shape", None)
    if shape != numbers.shape:
        raise ArgumentError(
            f"{_legend_name(function)} gives shape {shape} for {numbers.size} numbers; "
            "an activation gives a number for each."
        )
    values = np.array(raw(y), float)
    if isinstance(y, Tensor) and y.requires_grad:
        y.backward(np.ones(numbers.shape))
    # without a gradient the function is constant in pieces, as a step is
    slope = np.zeros(numbers.shape) if t.grad is None else np.array(t.grad.numpy())
    return numbers, values, slope


def _in_float64(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function for float64 input.

    A module is copied, so that drawing does not change it, and set to eval mode, where a random slope is its mean.
    """
    f = function() if isinstance(function, type) else function
    return copy.deepcopy(f).astype(np.float64).eval() if isinstance(f, Module) else f


def _values(function: Callable[[Any], Any], of: int) -> Callable[[np.ndarray], np.ndarray]:
    """The function (of=1) or its derivative (of=2), as a function of arrays."""
    return lambda x: slopes(function, x)[of]


def _broken_at_jumps(y: np.ndarray, x: np.ndarray, f: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The curve with a nan after each jump.

    Each interval with a visible difference is halved repeatedly, always towards the half with the larger difference. If
    f is continuous there, the difference goes to 0.
    """
    finite = y[np.isfinite(y)]
    visible = VISIBLE * np.ptp(finite) if finite.size else 0.0
    broken = y.copy()
    with np.errstate(all="ignore"):
        found = np.flatnonzero(np.abs(np.diff(y)) > visible)
        left, right, low, high = x[found], x[found + 1], y[found], y[found + 1]
        least, most = np.minimum(low, high), np.maximum(low, high)
        for _ in range(HALVINGS if found.size else 0):
            middle = (left + right) / 2
            value = f(middle)
            least, most = np.minimum(least, value), np.maximum(most, value)
            first = np.abs(value - low) > np.abs(high - value)
            right, high = np.where(first, middle, right), np.where(first, value, high)
            left, low = np.where(first, left, middle), np.where(first, low, value)
        # (most - least): between two points f may have a peak that is higher than the drawn curve
        jumps = np.abs(high - low) > np.maximum(visible, VISIBLE * (most - least))
        broken[found[jumps] + 1] = np.nan
    return broken


def _legend_name(function: Any) -> str:
    if not hasattr(function, "__name__") and hasattr(function, "name"):
        return str(function.name)
    return plain_name(function)
