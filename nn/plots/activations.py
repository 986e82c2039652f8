"""Activation functions and their slopes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import ArgumentError
from nn.module import Module
from nn.plots.style import NEUTRAL, canvas, colour, dash, grid, legend, needs, plain_name

DOTS = (0, (2, 1.2))


def activations(
    *functions: Callable[[Any], Any],
    span: float | tuple[float, float] = 4.0,
    derivative: bool = True,
    points: int = 801,
    ax: Any = None,
    **named: Callable[[Any], Any],
) -> Any:
    """Draw functions of one number, and dashed, in the same colour, their derivatives, which the engine computes.

    Where a function jumps, the line is broken: a step is not a steep slope.

    Args:      functions: such as np.tanh, F.relu, nn.GELU() or nn.ELU; a class of modules is called without arguments.
               span: x goes from -span to span, or from one to the other of two numbers.
               derivative: draw the slopes, too.
               points: how many values of x.
               named: functions with the names for the legend.
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
    chosen = {**{_name(f): f for f in functions}, **named}
    if len(chosen) < len(functions) + len(named):
        raise ArgumentError("two functions have the same name; give names: activations(small=F.elu, large=lambda x: F.elu(x, 2.0)).")
    if not chosen:
        raise ArgumentError("activations needs a function: nn.plots.activations(np.tanh, nn.functional.relu).")
    low, high = (-span, span) if isinstance(span, (int, float)) else span
    if not low < high:
        raise ArgumentError(f"span must go from a smaller to a larger number; got {(low, high)}.")
    x = np.linspace(low, high, points)
    curves = {name: slopes(f, x) for name, f in chosen.items()}
    with canvas(ax) as ax:
        for level in (ax.axhline, ax.axvline):
            level(0, color=NEUTRAL, linewidth=1, zorder=0)
        handles = []
        for i, (name, (_, y, slope)) in enumerate(curves.items()):
            handles += ax.plot(x, _broken(y, x, slope), color=colour(i), linestyle=dash(i), label=name)
            if derivative:
                ax.plot(x, _broken(slope, x), color=colour(i), linestyle=DOTS, linewidth=1.75, alpha=0.9, label=f"{name}′")
        ax.set(xlabel="x", ylabel="f(x), dashed f′(x)" if derivative else "f(x)", xlim=(low, high))
        grid(ax)
        if derivative:
            ink = ax.xaxis.label.get_color()
            handles.append(needs("matplotlib.lines").Line2D([], [], color=ink, linestyle=DOTS, linewidth=1.75, label="derivative"))
        legend(ax, handles=handles)
    return ax


def slopes(function: Callable[[Any], Any], x: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(x, f(x), f'(x)) of a function of each number by itself; the derivative comes from one sweep over all.

    Raises:    ArgumentError if the function does not give one number for each.
    """
    numbers = np.asarray(x, float)
    f = function() if isinstance(function, type) else function
    if isinstance(f, Module):
        f = _as_double(f)
    t = Tensor(numbers.copy(), requires_grad=True)
    y = f(t)
    if getattr(y, "shape", None) != numbers.shape:
        raise ArgumentError(
            f"{_name(function)} gives shape {getattr(y, 'shape', None)} for {numbers.size} numbers; an activation gives a number for each."
        )
    values = np.array(y.numpy() if isinstance(y, Tensor) else y, float)
    if isinstance(y, Tensor) and y.requires_grad:
        y.backward(np.ones(numbers.shape))
    slope = np.zeros(numbers.shape) if t.grad is None else np.array(t.grad.numpy())  # a step is constant where it is smooth
    return numbers, values, slope


def _as_double(module: Module) -> Module:
    """A copy in double precision and out of training: drawing changes nothing, and a random slope is its mean."""
    return copy.deepcopy(module).astype(np.float64).eval()


def _broken(y: np.ndarray, x: np.ndarray, slope: np.ndarray | None = None) -> np.ndarray:
    """The curve with a nan at the far side of each jump: where a step is much larger than the slopes beside it can explain."""
    steps = np.abs(np.diff(y))
    if slope is None:
        expected = 12 * np.median(steps) + 0.05 * max(float(np.ptp(y[np.isfinite(y)])), 1e-12)
    else:
        expected = 1.5 * np.maximum(np.abs(slope[1:]), np.abs(slope[:-1])) * np.diff(x) + 0.02 * max(
            float(np.ptp(y[np.isfinite(y)])), 1e-12
        )
    broken = y.copy()
    broken[1:][steps > expected] = np.nan
    return broken


def _name(function: Any) -> str:
    return str(getattr(function, "name", "")) if not hasattr(function, "__name__") and hasattr(function, "name") else plain_name(function)
