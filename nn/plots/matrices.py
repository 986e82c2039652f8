"""A Jacobian, of any number of dimensions, as a heat map."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn.plots.capture import raw
from nn.plots.style import COLOURS, NEUTRAL, canvas, needs

WRITTEN = 10  # rows and columns up to which the numbers are written
INDEXED = 16  # elements along an axis up to which their indices are written
LONGEST = 400  # rows or columns that are drawn: beyond that an element is smaller than a pixel


def jacobian(
    J: Any, *, inputs: int | None = None, numbers: bool | None = None, colorbar: bool = True, ax: Any = None
) -> Any:
    """Draw a Jacobian: a row for each element of the result, a column for each element of the argument.

        J[i…, j…] = ∂out[i…] / ∂in[j…]        blue is negative, white zero, orange positive, grey not a number

    Of an array with more than two axes the result's are laid out one after the other along the rows, the argument's along the columns,
    with lines where an index other than the last one goes on.

    Args:      J: an array of shape out.shape + in.shape, as `autograd.jacobian` gives it.
               inputs: how many of its last axes are the argument's. None: half of them; of three 1 (a matrix by a vector).
               numbers: write them into the cells; None: if there are few.
               colorbar: the scale beside it.
    Returns:   the Axes.
    Raises:    ArgumentError if `inputs` leaves no sense; ShapeError for a single number or an empty array, or for one too large to be seen.
    Example:
        >>> import numpy as np
        >>> from autograd import jacobian
        >>> from nn import plots
        >>> ax = plots.jacobian(jacobian(np.tanh)(np.linspace(-2, 2, 5)))
        >>> ax.get_xlabel(), ax.get_ylabel()
        ('argument', 'result')
    """
    array = np.asarray(raw(J), float)
    split = array.ndim - (max(1, array.ndim // 2) if inputs is None else _checked(inputs, array.ndim))
    rows, columns = array.shape[:split], array.shape[split:]
    matrix = array.reshape(math.prod(rows), math.prod(columns)) if array.size else array
    if array.ndim == 0 or array.size == 0:
        raise ShapeError(f"a Jacobian to draw has at least one axis and one element; got shape {array.shape}.")
    if max(matrix.shape) > LONGEST:
        raise ShapeError(
            f"at most {LONGEST} rows and columns can be told apart; this Jacobian has {matrix.shape[0]} and {matrix.shape[1]}. Draw a part."
        )
    written = max(matrix.shape) <= WRITTEN if numbers is None else numbers
    width, height = _size(*matrix.shape)
    with canvas(ax, (width + (1.9 if colorbar else 0.9), height + 0.8)) as ax:
        finite = np.abs(matrix[np.isfinite(matrix)])
        largest = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
        image = ax.imshow(
            matrix, cmap=_diverging(), vmin=-largest, vmax=largest, interpolation="nearest", aspect="equal"
        )
        if written:
            for (i, j), value in np.ndenumerate(matrix):
                shade = "white" if value < -0.7 * largest else "black"  # on the blue black is hard to read
                ax.text(j, i, _short(value), ha="center", va="center", color=shade, fontsize="small")
        _mark(ax.yaxis, ax.axhline, rows)
        _mark(ax.xaxis, ax.axvline, columns)
        ax.set(xlabel="argument", ylabel="result")
        ax.grid(False)
        if colorbar:
            ax.figure.colorbar(image, ax=ax, shrink=0.8)
    return ax


def _checked(inputs: Any, ndim: int) -> int:
    if isinstance(inputs, bool) or not isinstance(inputs, int) or not 0 <= inputs <= ndim:
        raise ArgumentError(
            f"inputs, the number of axes of the argument, must be an integer from 0 to {ndim}; got {inputs!r}."
        )
    return inputs


def _size(rows: int, columns: int) -> tuple[float, float]:
    """Of the drawing, in inches: square cells, at most 0.7 wide, the longer side at most 5.6."""
    cell = min(0.7, 5.6 / max(rows, columns))
    return max(1.0, cell * columns), max(1.0, cell * rows)


def _diverging() -> Any:
    """Blue, white and orange, as the pages of `autograd.viz.steps`; what is not a number is grey."""
    colours = needs("matplotlib.colors")
    return colours.LinearSegmentedColormap.from_list("jacobian", [COLOURS[0], "white", COLOURS[1]]).with_extremes(
        bad=NEUTRAL
    )


def _mark(axis: Any, line: Any, shape: tuple[int, ...]) -> None:
    """Indices at the cells, and lines where an index other than the last goes on."""
    total = math.prod(shape)
    if total <= INDEXED:
        indices = [",".join(map(str, index)) for index in np.ndindex(*shape)]
        axis.set_ticks(range(total), indices)
    if len(shape) > 1 and shape[-1] > 1:
        for place in range(shape[-1], total, shape[-1]):
            line(place - 0.5, color=NEUTRAL, linewidth=1)


def _short(value: float) -> str:
    """Two digits, and no minus before a zero."""
    return f"{value:.2g}" if value else "0"
