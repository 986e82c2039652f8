"""What a model of two inputs does all over the plane: which class it gives where, and where it is linear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn.minimal_effort import MinimalEffortReLU
from nn.module import Module
from nn.piecewise_linear import Hardtanh, LeakyReLU, PReLU, ReLU, RReLU
from nn.plots.capture import as_used, innermost, raw, watched
from nn.plots.style import MARKERS, SEQUENCE, canvas, check_points, colour, legend, needs

Window = tuple[float, float, float, float]
ROWS = 16384  # points of the plane that a model sees at a time


def decision_regions(
    model: Any,
    x: Any = None,
    y: Any = None,
    *,
    window: Window | None = None,
    points: int = 301,
    threshold: float = 0.0,
    confidence: bool = True,
    classes: Sequence[str] | None = None,
    ax: Any = None,
) -> Any:
    """Draw which class a classifier of two inputs gives at every place, and the data it was trained on.

    Args:      model: an nn.Module or a function of rows (N, 2), or an estimator with `predict`. Rows of one score each (N,), (N, 1)
               are class 1 above the threshold; rows (N, classes) are of the class with the largest score.
               x, y: rows (N, 2) and their classes, drawn as points: another marker and colour a class.
               window: (left, right, bottom, top). Default: that of the data, and a little more.
               points: how many along each side.
               threshold: 0 for logits, 0.5 for probabilities.
               confidence: fainter colours where the two best scores lie close to each other; not for an estimator.
               classes: their names, for the legend.
    Returns:   the Axes.
    Example:
        >>> import numpy as np, nn
        >>> model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 3))
        >>> ax = nn.plots.decision_regions(model, window=(-1, 1, -1, 1))
        >>> ax.get_xlim() == (-1, 1)
        True
    """
    check_points("points", points)
    x = _data(x)
    if y is not None and x is None:
        raise ArgumentError("y was given without x: give both, the rows and their classes.")
    left, right, bottom, top = _window(window, x)
    u, v = np.linspace(left, right, points), np.linspace(bottom, top, points)
    plane = np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2)
    labels, found, margin = _classes(model, plane, threshold)
    truth = None if y is None else _labels(y, x, labels)
    with canvas(ax, (6.4, 5.0)) as ax:
        colors = needs("matplotlib.colors")
        codes = found.reshape(points, points)
        image = np.array([colors.to_rgba(colour(i)) for i in range(len(labels))])[codes]
        image[..., 3] = 0.42 if margin is None or not confidence else (0.12 + 0.38 * margin).reshape(points, points)
        ax.imshow(image, extent=(left, right, bottom, top), origin="lower", aspect="auto", interpolation="bilinear", zorder=0)
        ink = ax.xaxis.label.get_color()
        for i in range(len(labels)):
            inside = (codes == i).astype(float)
            if 0 < inside.mean() < 1:
                ax.contour(u, v, inside, [0.5], colors=[ink], linewidths=1.2, zorder=1)
        if truth is not None:
            for i, label in enumerate(labels):
                rows = x[truth == i]
                name = str(label) if classes is None else classes[i]
                ax.scatter(
                    rows[:, 0], rows[:, 1], s=32, marker=MARKERS[i % len(MARKERS)], color=colour(i), edgecolors="white", linewidths=0.7,
                    label=name, zorder=3,
                )  # fmt: skip
            legend(ax, title="class")
        ax.set(xlabel="x₁", ylabel="x₂", xlim=(left, right), ylim=(bottom, top))
    return ax


def linear_regions(model: Module, x: Any = None, *, window: Window | None = None, points: int = 401, ax: Any = None) -> Any:
    """Draw the regions in which a network of two inputs with rectifiers is linear: inside of one, every unit is on one side of its kink.

    The lines are the units' kinks, a colour a layer: straight in the first layer, bent in the next by those before it. Regions too
    small for the grid are not seen; the number in the title counts those that are.

    Args:      model: with nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ReLU6, nn.Hardtanh or nn.MinimalEffortReLU inside; what else
               it has must be linear, or the regions are not.
               x: rows (N, 2), only for the window.
               window: (left, right, bottom, top). Default: that of the data, or -1 to 1.
               points: how many along each side.
    Returns:   the Axes.
    Source:    Montúfar et al. 2014, arXiv:1402.1869.
    """
    check_points("points", points)
    left, right, bottom, top = _window(window, _data(x), default=(-1.0, 1.0, -1.0, 1.0))
    u, v = np.linspace(left, right, points), np.linspace(bottom, top, points)
    plane = np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2)
    heights = kinks(model, plane)
    codes, count = patterns(np.concatenate(list(heights.values()), axis=1))
    with canvas(ax, (6.0, 5.4)) as ax:
        scale = needs("matplotlib").colormaps[SEQUENCE]
        order = np.random.default_rng(0).permutation(count)[codes].reshape(points, points)  # neighbours are told apart
        image = scale(order / max(1, count - 1))
        image[..., 3] = 0.4
        ax.imshow(image, extent=(left, right, bottom, top), origin="lower", aspect="auto", interpolation="nearest", zorder=0)
        lines = needs("matplotlib.lines")
        handles = []
        for i, (layer, above) in enumerate(heights.items()):
            for unit in above.T:
                if unit.min() < 0 < unit.max():
                    ax.contour(u, v, unit.reshape(points, points), [0.0], colors=[colour(i)], linewidths=1.6, linestyles="-", zorder=2)
            handles.append(lines.Line2D([], [], color=colour(i), label=layer))
        legend(ax, handles=handles, title="kinks of", loc="upper right")
        ax.set(xlabel="x₁", ylabel="x₂", xlim=(left, right), ylim=(bottom, top), title=f"{count} linear regions")
    return ax


def kinks(model: Module, x: Any) -> dict[str, np.ndarray]:
    """The path of each rectifier -> how far each unit's input lies above its kink, for rows (N, inputs): shape (N, units).

    A unit with two kinks (nn.ReLU6, nn.Hardtanh) has two columns.
    """
    places = innermost(model, (ReLU, LeakyReLU, PReLU, RReLU, Hardtanh, MinimalEffortReLU))
    if not places:
        raise ArgumentError(
            f"{type(model).__name__} has no rectifier inside as a module, such as nn.ReLU: it is linear, or not piecewise linear."
        )
    found: dict[str, list[np.ndarray]] = {}

    def note(label: str, module: Module, before: np.ndarray, out: np.ndarray) -> None:
        z = before.reshape(len(before), -1)
        ends = (module.min_val, module.max_val) if isinstance(module, Hardtanh) else (0.0,)
        found.setdefault(label, []).append(np.concatenate([z - end for end in ends], axis=1))

    rectifiers: list[Any] = [module for _, module in places]
    in_place = [(module, module.inplace) for module in rectifiers if getattr(module, "inplace", False)]
    try:
        for module, _ in in_place:
            module.inplace = False  # it would overwrite the input that is looked at
        with as_used(model), watched(model, places, note):
            for rows in _chunks(np.asarray(x)):
                model(rows)
    finally:
        for module, inplace in in_place:
            module.inplace = inplace
    return {label: np.concatenate(parts) for label, parts in found.items()}


def patterns(heights: np.ndarray) -> tuple[np.ndarray, int]:
    """(for each row the number of its pattern of signs, how many there are)"""
    bits = np.packbits(heights > 0, axis=1)
    unique, codes = np.unique(bits, axis=0, return_inverse=True)
    return codes.reshape(-1), len(unique)


def _chunks(plane: np.ndarray) -> list[np.ndarray]:
    return [plane[i : i + ROWS] for i in range(0, len(plane), ROWS)]


def _classes(model: Any, plane: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """(the classes, for each point the index of its class, how clear that is from 0 to 1)"""
    if hasattr(model, "predict") and not isinstance(model, Module):
        predicted = np.asarray(model.predict(plane))
        labels = np.asarray(getattr(model, "classes_", np.unique(predicted)))
        return labels, np.searchsorted(labels, predicted), None
    if isinstance(model, Module):
        with as_used(model):
            scores = np.concatenate([raw(model(rows)) for rows in _chunks(plane)])
    else:
        compute: Callable[[Any], Any] = model
        scores = np.concatenate([raw(compute(rows)) for rows in _chunks(plane)])
    if len(scores) != len(plane) or scores.ndim > 2:
        raise ShapeError(f"a classifier gives a score a row, or a row of scores: shape (N, classes); got {scores.shape} for {plane.shape}.")
    if scores.ndim == 1 or scores.shape[1] == 1:
        height = scores.reshape(-1) - threshold
        return np.arange(2), (height > 0).astype(int), _clear(np.abs(height))
    best = np.sort(scores, axis=1)
    return np.arange(scores.shape[1]), scores.argmax(axis=1), _clear(best[:, -1] - best[:, -2])


def _clear(distance: np.ndarray) -> np.ndarray:
    typical = float(np.median(distance))
    return np.tanh(distance / typical) if typical > 0 else np.ones(distance.shape)


def _labels(y: Any, x: np.ndarray | None, labels: np.ndarray) -> np.ndarray:
    truth = raw(y).reshape(-1)
    if x is None or len(truth) != len(x):
        raise ShapeError(f"y needs a class for each of the {0 if x is None else len(x)} rows of x; got {len(truth)}.")
    unknown = sorted(set(truth.tolist()) - set(labels.tolist()))
    if unknown:
        raise ArgumentError(f"y has class {unknown[0]!r}, which the model does not know: it has {labels.tolist()}.")
    return np.searchsorted(labels, truth)


def _data(x: Any) -> Any:
    if x is None:
        return None
    x = raw(x)
    if x.ndim != 2 or x.shape[1] != 2:
        raise ShapeError(f"x needs rows of two numbers, shape (N, 2); got {x.shape}. For more inputs, draw two of them, or PCA's.")
    return x


def _window(window: Window | None, x: Any, default: Window | None = None) -> Window:
    if window is not None:
        left, right, bottom, top = window
        if not (left < right and bottom < top):
            raise ArgumentError(f"window is (left, right, bottom, top), in growing order; got {window}.")
        return window
    if x is None or not len(x):
        if default is None:
            raise ArgumentError("decision_regions needs the data or a window: decision_regions(model, x, y), or window=(-1, 1, -1, 1).")
        return default
    low, high = x.min(axis=0), x.max(axis=0)
    margin = 0.12 * np.where(high > low, high - low, 1.0)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    return left, right, bottom, top
