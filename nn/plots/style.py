"""The common parts of all plots: Axes, colours, line styles, grid and legend, and the import of matplotlib."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd.errors import ArgumentError

# Okabe & Ito 2008, "Color universal design", without black and yellow, which are invisible on a dark or a light page.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#8C8C8C")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (6, 1.5, 1, 1.5)))
SEQUENCE = "viridis"  # the colour map for ordered values
NEUTRAL = "#808080"  # visible on white and on black

# A setting -> (matplotlib's default, what new figures use instead, so that a slide can be read from the last row).
LEGIBLE = {"font.size": (10.0, 12.0), "lines.linewidth": (1.5, 2.25), "axes.titlesize": ("large", "medium")}


def needs(module: str) -> Any:
    """Import a module of matplotlib or scikit-learn; the ImportError says how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        library = {"sklearn": "scikit-learn"}.get(module.split(".")[0], "matplotlib")
        raise ImportError(
            f"nn.plots draws with {library}, which is not installed: pip install 'chainrule[train]'."
        ) from None


def set_style() -> None:
    """Draw all further figures in the style of these plots: colours, larger type, a faint grid.

    It sets matplotlib's `rcParams`; `matplotlib.rcdefaults()` resets them.
    """
    pyplot, cycler = needs("matplotlib.pyplot"), needs("cycler").cycler
    pyplot.rcParams.update({name: new for name, (_, new) in LEGIBLE.items()})
    pyplot.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=COLOURS),
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "grid.color": NEUTRAL,
            "grid.alpha": 0.25,
            "image.cmap": SEQUENCE,
            "legend.framealpha": 0.85,
            "legend.edgecolor": "none",
            "figure.figsize": (7.0, 4.5),
            "figure.constrained_layout.use": True,
        }
    )


@contextmanager
def canvas(ax: Any, size: tuple[float, float] = (7.0, 4.5), **subplot: Any) -> Iterator[Any]:
    """The Axes to draw in: those given, or those of a new figure, in larger type unless the user has set a size."""
    if ax is not None:
        if not hasattr(ax, "plot"):
            raise ArgumentError(
                f"ax must be matplotlib's Axes or None; got a {type(ax).__name__}. Of several give one: axes[0]."
            )
        yield ax
        return
    pyplot = needs("matplotlib.pyplot")
    usual = {name: value for name, (value, _) in LEGIBLE.items() if pyplot.rcParams[name] == value}
    # rc_context would also undo what Jupyter sets at the first figure, without which no figure is shown.
    pyplot.rcParams.update({name: LEGIBLE[name][1] for name in usual})
    try:
        _, ax = pyplot.subplots(figsize=size, layout="constrained", subplot_kw=subplot or None)
        yield ax
    finally:
        pyplot.rcParams.update(usual)


def colour(i: int) -> str:
    """The colour of the i-th of several; there are seven, which repeat."""
    return COLOURS[i % len(COLOURS)]


def dash(i: int) -> Any:
    """The line style of the i-th of several: it changes when the colours repeat, so that lines stay distinguishable."""
    return DASHES[i // len(COLOURS) % len(DASHES)]


def shades(count: int) -> list[Any]:
    """`count` colours in order, without the ends of the scale, which are invisible on a light or a dark page."""
    scale = needs("matplotlib").colormaps[SEQUENCE]
    return [scale(0.14 + 0.74 * i / max(1, count - 1)) for i in range(count)]


def diverging() -> Any:
    """A colour map of blue, white and orange for values of both signs; nan and inf are grey."""
    colours = needs("matplotlib.colors").LinearSegmentedColormap
    return colours.from_list("diverging", [COLOURS[0], "white", COLOURS[1]]).with_extremes(bad=NEUTRAL)


def grid(ax: Any, axis: str = "both") -> None:
    """Draw faint lines behind the drawing, visible on a light and on a dark page."""
    ax.grid(True, axis=axis, color=NEUTRAL, alpha=0.25, linewidth=0.8)
    ax.set_axisbelow(True)
    for side in ("top", "right"):
        if side in ax.spines:
            ax.spines[side].set_visible(False)


def legend(ax: Any, **options: Any) -> Any:
    """A legend in the page's colour, slightly transparent."""
    return ax.legend(frameon=True, framealpha=0.85, edgecolor="none", facecolor=ax.get_facecolor(), **options)


def plain_name(thing: Any) -> str:
    """The name of a function, a class or a module in a legend."""
    return str(getattr(thing, "__name__", "") or type(thing).__name__)


def check_points(what: str, value: Any, least: int = 2) -> int:
    """A number of points along an axis, or of steps; an ArgumentError if it is no integer of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ArgumentError(f"{what} must be an integer of at least {least}; got {value!r}.")
    return value
