"""A Jacobian, of any number of dimensions, as a heat map."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.recording import raw
from autograd.errors import ArgumentError, ShapeError
from nn.plots.style import NEUTRAL, canvas, diverging

WRITTEN = 10  # the most rows and columns for which the numbers are written into the cells
INDEXED = 16  # the most rows or columns for which the indices are written at the side
LONGEST = 400  # the most rows or columns that are drawn: with more an element is smaller than a pixel


def jacobian(
    J: Any, *, inputs: int | None = None, numbers: bool | None = None, colorbar: bool = True, ax: Any = None
) -> Any:
    """Draw a Jacobian: a row for each element of the result, a column for each element of the argument.

        J[i…, j…] = ∂out[i…] / ∂in[j…]        blue is negative, white zero, orange positive, grey not a number

    An array with more than two axes is flattened: the axes of the result to the rows, those of the argument to the
    columns. Lines mark where an index other than the last one changes.

    Args:      J: an array of shape out.shape + in.shape, as `autograd.jacobian` gives it.
               inputs: how many of its last axes are the argument's. None: half of them; one of three (a matrix
               differentiated by a vector).
               numbers: write the numbers into the cells; None: if there are few.
               colorbar: draw the scale beside it.
    Returns:   the Axes.
    Raises:    ArgumentError if `inputs` does not fit the number of axes; ShapeError for a single number, an empty
               array, or one with more than 400 rows or columns.
    Example:
        >>> import numpy as np
        >>> from autograd import jacobian
        >>> from nn import plots
        >>> ax = plots.jacobian(jacobian(np.tanh)(np.linspace(-2, 2, 5)))
        >>> ax.get_xlabel(), ax.get_ylabel()
        ('argument', 'result')
    """
    array = np.asarray(raw(J), float)
    split = array.ndim - (max(1, array.ndim // 2) if inputs is None else _check_axes(inputs, array.ndim))
    rows, columns = array.shape[:split], array.shape[split:]
    matrix = array.reshape(math.prod(rows), math.prod(columns)) if array.size else array
    if array.ndim == 0 or array.size == 0:
        raise ShapeError(f"a Jacobian to draw has at least one axis and one element; got shape {array.shape}.")
    if max(matrix.shape) > LONGEST:
        raise ShapeError(
            f"at most {LONGEST} rows and columns can be told apart; "
            f"this Jacobian has {matrix.shape[0]} and {matrix.shape[1]}. Draw a part."
        )
    written = max(matrix.shape) <= WRITTEN if numbers is None else numbers
    width, height = _size_in_inches(*matrix.shape)
    with canvas(ax, (width + (1.9 if colorbar else 0.9), height + 0.8)) as ax:
        finite = np.abs(matrix[np.isfinite(matrix)])
        largest = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
        image = ax.imshow(
            matrix, cmap=diverging(), vmin=-largest, vmax=largest, interpolation="nearest", aspect="equal"
        )
        if written:
            for (i, j), value in np.ndenumerate(matrix):
                shade = "white" if value < -0.7 * largest else "black"  # black is hard to read on dark blue
                ax.text(j, i, _short(value), ha="center", va="center", color=shade, fontsize="small")
        _mark_indices(ax.yaxis, ax.axhline, rows)
        _mark_indices(ax.xaxis, ax.axvline, columns)
        ax.set(xlabel="argument", ylabel="result")
        ax.grid(False)
        if colorbar:
            ax.figure.colorbar(image, ax=ax, shrink=0.8)
    return ax


def _check_axes(inputs: Any, ndim: int) -> int:
    """The number of axes of the argument; an ArgumentError if it is no such number."""
    if isinstance(inputs, bool) or not isinstance(inputs, int) or not 0 <= inputs <= ndim:
        raise ArgumentError(
            f"inputs, the number of axes of the argument, must be an integer from 0 to {ndim}; got {inputs!r}."
        )
    return inputs


def _size_in_inches(rows: int, columns: int) -> tuple[float, float]:
    """(width, height): square cells of at most 0.7 inches, the longer side at most 5.6."""
    cell = min(0.7, 5.6 / max(rows, columns))
    return max(1.0, cell * columns), max(1.0, cell * rows)


def _mark_indices(axis: Any, line: Any, shape: tuple[int, ...]) -> None:
    """Write indices beside the cells, and draw lines where an index other than the last changes."""
    total = math.prod(shape)
    if total <= INDEXED:
        indices = [",".join(map(str, index)) for index in np.ndindex(*shape)]
        axis.set_ticks(range(total), indices)
    if len(shape) > 1 and shape[-1] > 1:
        for place in range(shape[-1], total, shape[-1]):
            line(place - 0.5, color=NEUTRAL, linewidth=1)


def _short(value: float) -> str:
    """Two digits, and no minus sign before a zero."""
    return f"{value:.2g}" if value else "0"
