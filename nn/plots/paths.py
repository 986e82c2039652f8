"""The way of an optimizer down a function of two numbers."""

from __future__ import annotations

import inspect
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
    """A function of two numbers to walk down, and what is known of it. Call it with numbers, arrays or Tensors.

    name      what it is called
    formula   what it computes
    minimum   where it is smallest
    start     where one begins by custom
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
    """The points an optimizer visits, the start included: shape (steps + 1, 2).

    Args:      function: of two numbers, x and y.
               optimizer: makes an optimizer of a list of parameters: `lambda p: optim.SGD(p, lr=0.01)`. Its `step` is given a closure
               if it takes one, as LBFGS does.
               start: (x, y). Default: the function's own, where it has one.
               steps: how many. It ends before if the point is no longer finite.
    Example:
        >>> import nn, optim
        >>> path = nn.plots.descend(nn.plots.ravine, lambda p: optim.SGD(p, lr=0.05), steps=200)
        >>> path.shape, bool(abs(path[-1]).max() < 1e-3)
        ((201, 2), True)
    """
    check_points("steps", steps, 1)
    point = Parameter(_start(function, start), name="point")
    stepper = optimizer([point])
    if not hasattr(stepper, "step"):
        raise ArgumentError(
            f"optimizer makes an optimizer of a list of parameters: lambda p: optim.SGD(p, lr=0.01); got a {type(stepper).__name__}."
        )

    def closure() -> Any:
        stepper.zero_grad()
        height = function(point[0], point[1])
        height.backward()
        return height

    takes_closure = bool(inspect.signature(stepper.step).parameters)
    path = [point.numpy().copy()]
    with np.errstate(all="ignore"):  # too large a step size is something to look at
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
    """Draw the ways of optimizers down a function of two numbers, over its lines of equal height.

    Args:      function: of x and y, of arrays too: `rosenbrock`, `beale`, `ravine`, or your own.
               optimizers: a name -> what makes an optimizer of a list of parameters, `lambda p: optim.SGD(p, lr=0.01)`; or the points
               of a way, as `descend` gives them.
               start, steps: as for `descend`.
               window: (left, right, bottom, top). Default: the function's own, or around the ways.
               points: of the grid along each side.
    Returns:   the Axes: a line an optimizer, with its last height in the legend.
    """
    ways = _ways(function, optimizers, start, steps)
    with canvas(ax, (7.4, 5.0)) as ax:
        _map(ax, function, _around(function, ways, window), check_points("points", points))
        for i, (name, way) in enumerate(ways.items()):
            end = float(_heights(function, *way[-1]))
            ax.plot(
                way[:, 0], way[:, 1], color=colour(i), linestyle=dash(i), label=f"{name}: {end:.2g} after {len(way) - 1}", zorder=3,
                path_effects=_halo(ax),
            )  # fmt: skip
            ax.plot(
                way[:, 0],
                way[:, 1],
                linestyle="",
                marker="o",
                markersize=4.5 if len(way) < 60 else 3,
                color=colour(i),
                label="_",
                zorder=3.5,
            )
            ax.plot(
                *way[-1], "o", color=colour(i), markersize=9, markeredgecolor="white", markeredgewidth=1.5, zorder=4
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
    """The ways of optimizers as they are walked, all at the same time; the arguments are those of `optimizer_paths`.

    Args:      frames: how many pictures; steps are left out if there are more.
               interval: milliseconds a picture.
               points: as for `optimizer_paths`. The heights are coloured bands, without the lines between them: one image, which every
               picture shows again, where lines would be drawn anew and make each of them five times as large.
    Returns:   matplotlib's FuncAnimation. In a notebook `IPython.display.HTML(animation.to_jshtml())` shows it with a slider;
               `animation.save("paths.gif")` writes a file.
    """
    ways = _ways(function, optimizers, start, steps)
    times = np.unique(np.linspace(0, steps, check_points("frames", frames)).round().astype(int))
    with canvas(ax, (7.4, 5.0)) as ax:
        _map(ax, function, _around(function, ways, window), check_points("points", points), lines=False)
        lines, heads = [], []
        for i, name in enumerate(ways):
            lines += ax.plot([], [], color=colour(i), linestyle=dash(i), label=name, zorder=3, path_effects=_halo(ax))
            heads += ax.plot(
                [], [], "o", color=colour(i), markersize=9, markeredgecolor="white", markeredgewidth=1.5, zorder=4
            )
        legend(ax, fontsize="small", loc="upper right")
        ax.set_title("step 0")

    def show(time: int) -> list[Any]:
        for way, line, head in zip(ways.values(), lines, heads, strict=True):
            walked = way[: time + 1]
            line.set_data(walked[:, 0], walked[:, 1])
            head.set_data(walked[-1:, 0], walked[-1:, 1])
        ax.set_title(f"step {time}")
        return [*lines, *heads]

    return needs("matplotlib.animation").FuncAnimation(ax.figure, show, frames=times, interval=interval)


def _start(function: Any, start: Any) -> np.ndarray:
    start = getattr(function, "start", None) if start is None else start
    if start is None:
        raise ArgumentError("give start=(x, y): the function does not say where to begin.")
    point = np.array(start, float)
    if point.shape != (2,):
        raise ArgumentError(f"start is two numbers, (x, y); got {start!r}.")
    return point


def _ways(function: Any, optimizers: Mapping[str, Any], start: Any, steps: int) -> dict[str, np.ndarray]:
    if not isinstance(optimizers, Mapping) or not optimizers:
        raise ArgumentError("optimizers is a dict, a name -> what makes one: {'SGD': lambda p: optim.SGD(p, lr=0.01)}.")
    return {
        name: descend(function, make, start=start, steps=steps) if callable(make) else np.asarray(make, float)
        for name, make in optimizers.items()
    }


def _around(function: Any, ways: Mapping[str, np.ndarray], window: Window | None) -> Window:
    window = getattr(function, "window", None) if window is None else window
    if window is not None:
        return window
    visited = np.concatenate(list(ways.values()))
    low, high = visited.min(axis=0), visited.max(axis=0)
    margin = 0.2 * max(float((high - low).max()), 1e-3)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    return left, right, bottom, top


def _map(ax: Any, function: Any, window: Window, points: int, lines: bool = True) -> None:
    """Lines of equal height, closer together low down, and the minimum; or bands of colour as one image."""
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
            bands,
            extent=window,
            origin="lower",
            aspect="auto",
            interpolation="nearest",
            cmap=SEQUENCE,
            alpha=0.45,
            zorder=0,
        )
        ax.grid(False)
    minimum = getattr(function, "minimum", None)
    if minimum is not None:
        ax.plot(*minimum, "*", color=ax.xaxis.label.get_color(), markersize=16, markeredgecolor="white", zorder=5)
    ax.set(xlabel="x", ylabel="y", xlim=(left, right), ylim=(bottom, top))


def _heights(function: Any, x: Any, y: Any) -> np.ndarray:
    with np.errstate(all="ignore"):  # far out it may overflow
        return np.array(function(x, y), float)


def _halo(ax: Any) -> list[Any]:
    effects = needs("matplotlib.patheffects")
    return [effects.Stroke(linewidth=4, foreground=ax.get_facecolor(), alpha=0.6), effects.Normal()]
