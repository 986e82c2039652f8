"""The paths of optimizers on functions of two numbers."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from nn.core.parameter import Parameter
from nn.plots.style import SEQUENCE, canvas, check_points, colour, dash, legend, needs

Make = Callable[[list[Parameter]], Any]
Window = tuple[float, float, float, float]


@dataclass(frozen=True)
class Valley:
    """A function of two numbers to be minimised. Call it with numbers, arrays or Tensors.

    name      its name
    formula   the function as text
    minimum   where it is smallest
    start     the usual starting point
    window    (left, right, bottom, top) in which it is drawn
    """

    name: str
    formula: str
    compute: Callable[[Any, Any], Any]
    minimum: tuple[float, float]
    start: tuple[float, float]
    window: Window

    def __call__(self, x: Any, y: Any) -> Any:
        return self.compute(x, y)

    def __repr__(self) -> str:
        return f"<{self.name}: {self.formula}>"


rosenbrock = Valley(
    "Rosenbrock", "(1 - x)² + 100 (y - x²)²", lambda x, y: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    (1.0, 1.0), (-1.2, 1.0), (-1.8, 1.6, -0.7, 1.9),
)  # fmt: skip
beale = Valley(
    "Beale", "(1.5 - x + xy)² + (2.25 - x + xy²)² + (2.625 - x + xy³)²",
    lambda x, y: (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2,
    (3.0, 0.5), (1.0, 1.6), (-1.0, 4.5, -1.5, 2.2),
)  # fmt: skip
ravine = Valley(
    "ravine", "(x² + 20 y²) / 2", lambda x, y: 0.5 * (x * x + 20 * y * y),
    (0.0, 0.0), (-4.0, 1.2), (-4.8, 2.0, -1.7, 1.7),
)  # fmt: skip


def descend(function: Callable[[Any, Any], Any], optimizer: Make, *, start: Any = None, steps: int = 100) -> np.ndarray:
    """The points that an optimizer visits, including the start: shape (steps + 1, 2).

    Args:      function: of two numbers, x and y.
               optimizer: makes an optimizer for a list of parameters: `lambda p: optim.SGD(p, lr=0.01)`. If its `step`
               takes a closure, as that of LBFGS does, it gets one.
               start: (x, y). Default: the function's own, if it has one.
               steps: how many; fewer if the point becomes inf or nan.
    Example:
        >>> import nn, optim
        >>> path = nn.plots.descend(nn.plots.ravine, lambda p: optim.SGD(p, lr=0.05), steps=200)
        >>> path.shape, bool(abs(path[-1]).max() < 1e-3)
        ((201, 2), True)
    """
    check_points("steps", steps, 1)
    point = Parameter(_start_point(function, start), name="point")
    stepper = optimizer([point])
    if not hasattr(stepper, "step"):
        raise ArgumentError(
            "optimizer makes an optimizer of a list of parameters: lambda p: optim.SGD(p, lr=0.01); "
            f"got a {type(stepper).__name__}."
        )

    def closure() -> Any:
        stepper.zero_grad()
        height = function(point[0], point[1])
        height.backward()
        return height

    takes_closure = bool(inspect.signature(stepper.step).parameters)
    path = [point.numpy().copy()]
    with np.errstate(all="ignore"):  # a step size that is too large, so that the path diverges, may be drawn too
        for _ in range(steps):
            if takes_closure:
                stepper.step(closure)
            else:
                closure()
                stepper.step()
            if not np.isfinite(point.numpy()).all():
                break
            path.append(point.numpy().copy())
    return np.array(path)


def optimizer_paths(
    function: Callable[[Any, Any], Any],
    optimizers: Mapping[str, Make],
    *,
    start: Any = None,
    steps: int = 100,
    window: Window | None = None,
    points: int = 241,
    ax: Any = None,
) -> Any:
    """Draw the paths of optimizers on a function of two numbers, over its contour lines.

    Args:      function: of x and y, also of arrays: `rosenbrock`, `beale`, `ravine`, or your own.
               optimizers: a name -> what makes an optimizer for a list of parameters,
               `lambda p: optim.SGD(p, lr=0.01)`; or the points of a path, as `descend` gives them.
               start, steps: as for `descend`.
               window: (left, right, bottom, top). Default: the function's own, or around the paths.
               points: of the grid along each side.
    Returns:   the Axes: a line for each optimizer; the legend gives the last value, and after how many steps.
    """
    paths = _paths(function, optimizers, start, steps)
    with canvas(ax, (7.4, 5.0)) as ax:
        _draw_function(ax, function, _window_for(function, paths, window), check_points("points", points))
        for i, (name, path) in enumerate(paths.items()):
            end = float(_heights(function, *path[-1]))
            label = f"{name}: f = {end:.2g} after {len(path) - 1} steps"
            x, y = path.T
            ax.plot(x, y, color=colour(i), linestyle=dash(i), label=label, zorder=3, path_effects=_halo(ax))
            size = 4.5 if len(path) < 60 else 3
            ax.plot(x, y, linestyle="", marker="o", markersize=size, color=colour(i), label="_", zorder=3.5)
            ax.plot(
                *path[-1], "o", color=colour(i), markersize=9, markeredgecolor="white", markeredgewidth=1.5, zorder=4
            )
        legend(ax, title=getattr(function, "name", None), fontsize="small")
    return ax


def animate_paths(
    function: Callable[[Any, Any], Any],
    optimizers: Mapping[str, Make],
    *,
    start: Any = None,
    steps: int = 100,
    frames: int = 50,
    interval: int = 80,
    window: Window | None = None,
    points: int = 301,
    ax: Any = None,
) -> Any:
    """Animate the paths of optimizers, all at the same time; the arguments are those of `optimizer_paths`.

    Args:      frames: how many pictures; if there are more steps, some are left out.
               interval: milliseconds a picture.
               points: as for `optimizer_paths`. The function is drawn as coloured bands in one image, without contour
               lines, which would make each frame five times as large.
    Returns:   matplotlib's FuncAnimation. In a notebook `IPython.display.HTML(animation.to_jshtml())` shows it with a
               slider; `animation.save("paths.gif")` writes a file.
    """
    paths = _paths(function, optimizers, start, steps)
    times = np.unique(np.linspace(0, steps, check_points("frames", frames)).round().astype(int))
    with canvas(ax, (7.4, 5.0)) as ax:
        window = _window_for(function, paths, window)
        _draw_function(ax, function, window, check_points("points", points), lines=False)
        lines, heads = [], []
        for i, name in enumerate(paths):
            lines += ax.plot([], [], color=colour(i), linestyle=dash(i), label=name, zorder=3, path_effects=_halo(ax))
            heads += ax.plot(
                [], [], "o", color=colour(i), markersize=9, markeredgecolor="white", markeredgewidth=1.5, zorder=4
            )
        legend(ax, fontsize="small", loc="upper right")
        ax.set_title("step 0")

    def show(time: int) -> list[Any]:
        for path, line, head in zip(paths.values(), lines, heads, strict=True):
            done = path[: time + 1]
            line.set_data(done[:, 0], done[:, 1])
            head.set_data(done[-1:, 0], done[-1:, 1])
        ax.set_title(f"step {time}")
        return [*lines, *heads]

    animation = needs("matplotlib.animation").FuncAnimation(ax.figure, show, frames=times, interval=interval)
    animation.to_jshtml = functools.partial(_page_without_web, animation.to_jshtml)
    return animation


# What the buttons of matplotlib's page show; it takes these signs from a font in the web.
_SIGNS = {
    "minus": "−", "fast-backward": "|◀", "step-backward": "◁", "play fa-flip-horizontal": "◀", "pause": "||",
    "play": "▶", "step-forward": "▷", "fast-forward": "▶|", "plus": "+",
}  # fmt: skip


def _page_without_web(to_jshtml: Callable[..., str], *args: Any, **options: Any) -> str:
    """matplotlib's page of an animation, with signs on its buttons that need no font from the web."""
    page = re.sub(r'<link rel="stylesheet"\s+href="https?://[^"]*">', "", to_jshtml(*args, **options))
    return re.sub(r'<i class="fa fa-([^"]*)"></i>', lambda found: _SIGNS.get(found[1], found[1]), page)


def _start_point(function: Any, start: Any) -> np.ndarray:
    start = getattr(function, "start", None) if start is None else start
    if start is None:
        raise ArgumentError("give start=(x, y): the function does not say where to begin.")
    point = np.array(start, float)
    if point.shape != (2,):
        raise ArgumentError(f"start is two numbers, (x, y); got {start!r}.")
    return point


def _paths(function: Any, optimizers: Mapping[str, Any], start: Any, steps: int) -> dict[str, np.ndarray]:
    """A name -> the points of its path."""
    if not isinstance(optimizers, Mapping) or not optimizers:
        raise ArgumentError("optimizers is a dict, a name -> what makes one: {'SGD': lambda p: optim.SGD(p, lr=0.01)}.")
    return {
        name: descend(function, make, start=start, steps=steps) if callable(make) else np.asarray(make, float)
        for name, make in optimizers.items()
    }


def _window_for(function: Any, paths: Mapping[str, np.ndarray], window: Window | None) -> Window:
    """The given window, else the function's own, else one around the paths."""
    window = getattr(function, "window", None) if window is None else window
    if window is not None:
        return window
    visited = np.concatenate(list(paths.values()))
    low, high = visited.min(axis=0), visited.max(axis=0)
    margin = 0.2 * max(float((high - low).max()), 1e-3)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    return left, right, bottom, top


def _draw_function(ax: Any, function: Any, window: Window, points: int, lines: bool = True) -> None:
    """Draw contour lines (or bands of colour in one image) and the minimum.

    The levels lie closer together where the function is small.
    """
    left, right, bottom, top = window
    x, y = np.linspace(left, right, points), np.linspace(bottom, top, points)
    heights = _heights(function, *np.meshgrid(x, y))
    rank = np.log1p(heights - np.nanmin(heights)) if np.ptp(heights[np.isfinite(heights)]) > 50 else heights
    if lines:
        ax.contourf(x, y, rank, 22, cmap=SEQUENCE, alpha=0.35, zorder=0)
        ax.contour(x, y, rank, 22, cmap=SEQUENCE, linewidths=0.7, alpha=0.8, zorder=1)
    else:
        lowest, highest = np.nanmin(rank), np.nanmax(rank)
        bands = np.floor(22 * (rank - lowest) / max(highest - lowest, 1e-300))
        ax.imshow(
            bands, extent=window, origin="lower", aspect="auto", interpolation="nearest", cmap=SEQUENCE, alpha=0.45,
            zorder=0,
        )  # fmt: skip
        ax.grid(False)
    minimum = getattr(function, "minimum", None)
    if minimum is not None:
        ax.plot(*minimum, "*", color=ax.xaxis.label.get_color(), markersize=16, markeredgecolor="white", zorder=5)
    ax.set(xlabel="x", ylabel="y", xlim=(left, right), ylim=(bottom, top))


def _heights(function: Any, x: Any, y: Any) -> np.ndarray:
    with np.errstate(all="ignore"):  # far from the minimum it may overflow
        return np.array(function(x, y), float)


def _halo(ax: Any) -> list[Any]:
    """A wider line in the colour of the page behind a line, which makes it stand out."""
    effects = needs("matplotlib.patheffects")
    return [effects.Stroke(linewidth=4, foreground=ax.get_facecolor(), alpha=0.6), effects.Normal()]
