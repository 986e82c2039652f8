"""Models of two inputs on the plane: the regions of the classes, and the regions in which a network is linear."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.engine.recording import raw
from autograd.errors import ArgumentError, ShapeError
from nn.core.module import Module
from nn.layers.activation.hard import Hardtanh
from nn.layers.activation.relu import LeakyReLU, PReLU, ReLU, RReLU
from nn.layers.minimal_effort.effort_relu import MinimalEffortReLU
from nn.plots.style import MARKERS, SEQUENCE, canvas, check_points, colour, legend, needs
from nn.plots.watch import check_model, evaluating, innermost, watch_outputs

Window = tuple[float, float, float, float]
Span = tuple[float, float]
ROWS = 16384  # the size of a batch of points
SQUARE = (-1.0, 1.0, -1.0, 1.0)
ROUNDING = 1e-12  # heights of less than this share of a unit's largest height are taken for rounding errors


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
    size: float = 32.0,
    ax: Any = None,
) -> Any:
    """Draw the class that a classifier of two inputs gives at every point, and the data it was trained on.

    Args:      model: an nn.Module or a function of rows (N, 2), or an estimator with `predict`. With one score a row,
               (N,) or (N, 1), rows above the threshold are of class 1; with scores (N, classes) a row is of the class
               with the largest score.
               x, y: rows (N, 2) and their classes, drawn as points with a marker and a colour for each class.
               window: (left, right, bottom, top). Default: around the data, with a margin.
               points: how many along each side.
               threshold: 0 for logits, 0.5 for probabilities.
               confidence: fainter colours where the two best scores are close to each other; not for an estimator.
               classes: their names, for the legend.
               size: the area of a point of the data, as `s` of matplotlib's scatter.
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
    left, right, bottom, top = window = _window(window, x)
    u, v, plane = _plane(window, points)
    labels, found, lead = _classes_at(model, plane, threshold)
    truth = None if y is None else _label_numbers(y, x, labels)
    with canvas(ax, (6.4, 5.0)) as ax:
        colors = needs("matplotlib.colors")
        codes = found.reshape(points, points)
        image = np.array([colors.to_rgba(colour(i)) for i in range(len(labels))])[codes]
        if lead is None or not confidence:
            image[..., 3] = 0.42
        else:
            image[..., 3] = (0.12 + 0.38 * _relative_to_median(lead.max(axis=1))).reshape(points, points)
        ax.imshow(
            image, extent=(left, right, bottom, top), origin="lower", aspect="auto", interpolation="bilinear", zorder=0
        )
        ink = ax.xaxis.label.get_color()
        for i in range(len(labels)):
            inside = codes == i
            if inside.any() and not inside.all():  # a class has a boundary, at which its lead is 0
                height = inside - 0.5 if lead is None else lead[:, i].reshape(points, points)
                ax.contour(u, v, height, [0.0], colors=[ink], linewidths=1.2, zorder=1)
        if truth is not None:
            for i, label in enumerate(labels):
                rows = x[truth == i]
                name = str(label) if classes is None else classes[i]
                ax.scatter(
                    rows[:, 0], rows[:, 1], s=size, marker=MARKERS[i % len(MARKERS)], color=colour(i),
                    edgecolors="white", linewidths=0.7, label=name, zorder=3,
                )  # fmt: skip
            legend(ax, title="class")
        ax.set(xlabel="x₁", ylabel="x₂", xlim=(left, right), ylim=(bottom, top))
    return ax


def linear_regions(
    model: Module, x: Any = None, *, window: Window | None = None, points: int = 401, ax: Any = None
) -> Any:
    """Draw the regions in which a network of two inputs with rectifiers is linear.

    Inside a region, every unit is on one side of its kink. The lines are the units' kinks, in a colour for each layer:
    those of the first layer are straight, those of the next are bent by the kinks before them. The title gives the
    number of regions from `count_regions`, which also counts those that are too small for the grid.

    Args:      model: with nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ReLU6, nn.Hardtanh or nn.MinimalEffortReLU
               inside; all else must be linear in eval mode.
               x: rows (N, 2), only for the window.
               window: (left, right, bottom, top). Default: that of the data, or -1 to 1.
               points: how many along each side.
    Returns:   the Axes.
    Raises:    ArgumentError if the part of the model up to its last rectifier is not piecewise linear.
    Source:    Montúfar et al. 2014, arXiv:1402.1869.
    """
    check_points("points", points)
    left, right, bottom, top = window = _window(window, _data(x), default=SQUARE)
    found = count_regions(model, window=window)
    u, v, plane = _plane(window, points)
    heights = kinks(model, plane)
    codes, count = patterns(np.concatenate(list(heights.values()), axis=1))
    with canvas(ax, (6.0, 5.4)) as ax:
        scale = needs("matplotlib").colormaps[SEQUENCE]
        # in random order, so that neighbouring regions get different colours
        order = np.random.default_rng(0).permutation(count)[codes].reshape(points, points)
        image = scale(order / max(1, count - 1))
        image[..., 3] = 0.4
        ax.imshow(
            image, extent=(left, right, bottom, top), origin="lower", aspect="auto", interpolation="nearest", zorder=0
        )
        lines = needs("matplotlib.lines")
        handles = []
        for i, (layer, above) in enumerate(heights.items()):
            for unit in above.T:
                if unit.min() < 0 < unit.max():
                    height = unit.reshape(points, points)
                    ax.contour(u, v, height, [0.0], colors=[colour(i)], linewidths=1.6, linestyles="-", zorder=2)
            handles.append(lines.Line2D([], [], color=colour(i), label=layer))
        legend(ax, handles=handles, title="kinks of", loc="upper right")
        title = f"{found} linear region{'s' * (found != 1)}"
        ax.set(xlabel="x₁", ylabel="x₂", xlim=(left, right), ylim=(bottom, top), title=title)
    return ax


def count_regions(model: Module, x: Any = None, *, window: Window | Span | None = None) -> int:
    """The number of regions in which a network with rectifiers is linear: the pieces into which its kinks cut a window.

    It is computed, not sampled: the kinks of the first layer cut the window, those of the next layer, which are
    straight within a piece, cut each piece, and so on. So the smallest pieces are counted too. Two pieces count as two
    even if the function does not bend between them, as when the unit that switches there has the outgoing weight 0.

    Args:      model: of two inputs or of one; as in `linear_regions`.
               x: rows (N, 2) or (N, 1), only for the window.
               window: (left, right, bottom, top), or (left, right) for one input. Default: that of the data, or -1 to
               1 in the plane.
    Returns:   the number, at least 1.
    Numerics:  in double precision, whatever the model's dtype. A piece in which a unit stays within 1e-12 of its
               largest height in the window is joined to its neighbour, so that kinks through one point make no pieces
               out of rounding errors.
    Raises:    ArgumentError if the part of the model up to its last rectifier is not piecewise linear, or if there is
               no rectifier.
    Source:    Montúfar et al. 2014, arXiv:1402.1869; M lines make at most 1 + M + M(M - 1)/2 regions.
    Example:
        >>> import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
        >>> model[0].load_state_dict({"weight": [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], "bias": [0.0, 0.0, -0.5]})
        LoadResult(missing_keys=[], unexpected_keys=[])
        >>> nn.plots.count_regions(model)
        7
        >>> nn.plots.count_regions(nn.Sequential(nn.Hardtanh()), window=(-3, 3))
        3
    """
    pieces, layer = [_corners(window, x)], 0
    check_model(model)
    double = copy.deepcopy(model).astype(np.float64)
    while True:
        # The corners, then the middles, whose heights show whether the layer's input is linear in each piece.
        corners = np.concatenate([*pieces, [piece.mean(axis=0) for piece in pieces]])
        heights = kinks(double, corners)
        label, height = list(heights.items())[layer]
        ends = np.cumsum([len(piece) for piece in pieces])
        *above, middles = np.split(height, ends)
        scale = np.maximum(np.abs(height).max(axis=0), np.finfo(float).tiny)
        bent = np.abs(middles - [part.mean(axis=0) for part in above]) > 1e-6 * scale
        if bent.any() or not np.isfinite(height).all():
            raise ArgumentError(
                f"the regions are not linear: what comes to {label} in {type(model).__name__} bends between the kinks "
                "before it. There must be no smooth activation, no F.relu and no pooling by maxima in front of it, "
                "only rectifiers as modules, such as nn.ReLU, and what is linear."
            )
        pieces = [
            part for piece, part in zip(pieces, above, strict=True) for part in _cut(piece, part, ROUNDING * scale)
        ]
        layer += 1
        if layer == len(heights):
            return len(pieces)


def _corners(window: Window | Span | None, x: Any) -> np.ndarray:
    """The corners of the window in order, shape (4, 2), or (2, 1) for one input."""
    if window is None and x is not None and np.shape(raw(x))[1:] == (1,):
        left, right, _, _ = _window(None, np.repeat(raw(x), 2, axis=1), default=SQUARE)
    elif window is not None and len(window) == 2:
        left, right = window
        if not left < right:
            raise ArgumentError(f"window is (left, right) for a model of one input, in growing order; got {window}.")
    else:
        left, right, bottom, top = _window(window, _data(x), default=SQUARE)
        return np.array([[left, bottom], [right, bottom], [right, top], [left, top]], float)
    return np.array([[left], [right]], float)


def _cut(piece: np.ndarray, heights: np.ndarray, tolerance: np.ndarray) -> list[np.ndarray]:
    """The parts of a convex piece, given by its corners in order, between the lines where the units' heights are 0.

    An interval is treated as a polygon with two corners. Heights are linear in a piece, so those of a new corner are
    interpolated like its coordinates.
    """
    size = piece.shape[1]
    parts = [np.concatenate([piece, heights], axis=1)]
    for unit in np.flatnonzero((heights.min(axis=0) < -tolerance) & (heights.max(axis=0) > tolerance)):
        cut = []
        for part in parts:
            h = part[:, size + unit]
            if not h.min() < -tolerance[unit] < tolerance[unit] < h.max():
                cut.append(part)
                continue
            after = part[np.arange(1, len(part) + 1) % len(part)]
            next_h = after[:, size + unit]
            crossed = h * next_h < 0
            share = h / np.where(crossed, h - next_h, 1.0)
            new = part + share[:, None] * (after - part)  # the point where the side after each corner is cut
            new[:, size + unit] = 0.0
            both = np.stack([part, new], axis=1)
            cut += [both[np.stack([inside, crossed], axis=1)] for inside in (h >= 0, h <= 0)]
        parts = cut
    return [part[:, :size] for part in parts]


def kinks(model: Module, x: Any) -> dict[str, np.ndarray]:
    """The path of each rectifier -> the distance of each unit's input above its kink, for rows (N, inputs).

    Shape:     (N, units); a unit with two kinks (nn.ReLU6, nn.Hardtanh) has two columns
    """
    places = innermost(model, (ReLU, LeakyReLU, PReLU, RReLU, Hardtanh, MinimalEffortReLU))
    if not places:
        raise ArgumentError(
            f"{type(model).__name__} has no rectifier inside as a module, such as nn.ReLU: "
            "it is linear, or not piecewise linear."
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
            module.inplace = False  # in place, it would overwrite the input that is watched
        with evaluating(model), watch_outputs(model, places, note):
            for rows in _batches(np.asarray(x)):
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


def _plane(window: Window, points: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(the coordinates along each side, and all points of the grid as rows (points², 2))"""
    left, right, bottom, top = window
    u, v = np.linspace(left, right, points), np.linspace(bottom, top, points)
    return u, v, np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2)


def _batches(plane: np.ndarray) -> list[np.ndarray]:
    return [plane[i : i + ROWS] for i in range(0, len(plane), ROWS)]


def _classes_at(model: Any, plane: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """(the classes, for each point the index of its class, for each point the lead of each class)

    The lead of a class is its score minus the best score of the other classes; None for an estimator.
    """
    if hasattr(model, "predict") and not isinstance(model, Module):
        predicted = np.asarray(model.predict(plane))
        labels = np.asarray(getattr(model, "classes_", np.unique(predicted)))
        return labels, np.searchsorted(labels, predicted), None
    if isinstance(model, Module):
        with evaluating(model):
            scores = np.concatenate([raw(model(rows)) for rows in _batches(plane)])
    else:
        compute: Callable[[Any], Any] = model
        scores = np.concatenate([raw(compute(rows)) for rows in _batches(plane)])
    if len(scores) != len(plane) or scores.ndim > 2:
        raise ShapeError(
            "a classifier gives a score a row, or a row of scores: shape (N, classes); "
            f"got {scores.shape} for {plane.shape}."
        )
    if scores.ndim == 1 or scores.shape[1] == 1:
        height = scores.reshape(-1) - threshold
        return np.arange(2), (height > 0).astype(int), np.stack([-height, height], axis=1)
    found, best = scores.argmax(axis=1), np.sort(scores, axis=1)[:, -2:]
    others = np.where(np.arange(scores.shape[1]) == found[:, None], best[:, :1], best[:, 1:])
    return np.arange(scores.shape[1]), found, scores - others


def _relative_to_median(distance: np.ndarray) -> np.ndarray:
    """The distances divided by their median, squashed to values below 1."""
    typical = float(np.median(distance))
    return np.tanh(distance / typical) if typical > 0 else np.ones(distance.shape)


def _label_numbers(y: Any, x: np.ndarray | None, labels: np.ndarray) -> np.ndarray:
    """The index of each row's class among the labels."""
    truth = np.ravel(raw(y))
    if x is None or len(truth) != len(x):
        raise ShapeError(f"y needs a class for each of the {0 if x is None else len(x)} rows of x; got {len(truth)}.")
    unknown = sorted(set(truth.tolist()) - set(labels.tolist()))
    if unknown:
        raise ArgumentError(f"y has class {unknown[0]!r}, which the model does not know: it has {labels.tolist()}.")
    return np.searchsorted(labels, truth)


def _data(x: Any) -> Any:
    """The rows as an array, checked; None for none."""
    if x is None:
        return None
    x = np.asarray(raw(x))
    if x.ndim != 2 or x.shape[1] != 2:
        raise ShapeError(
            f"x needs rows of two numbers, shape (N, 2); got {x.shape}. For more inputs, draw two of them, or PCA's."
        )
    return x


def _window(window: Window | None, x: Any, default: Window | None = None) -> Window:
    """The given window, else one around the data, else the default."""
    if window is not None:
        left, right, bottom, top = window
        if not (left < right and bottom < top):
            raise ArgumentError(f"window is (left, right, bottom, top), in growing order; got {window}.")
        return window
    if x is None or not len(x):
        if default is None:
            raise ArgumentError(
                "decision_regions needs the data or a window: decision_regions(model, x, y), or window=(-1, 1, -1, 1)."
            )
        return default
    low, high = x.min(axis=0), x.max(axis=0)
    margin = 0.12 * np.where(high > low, high - low, 1.0)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    return left, right, bottom, top
