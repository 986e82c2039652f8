"""The loss around a trained model, in two random directions of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.random import generator
from nn.core.functional_call import functional_call
from nn.core.module import Module
from nn.plots.style import SEQUENCE, canvas, check_points, needs
from nn.plots.watch import evaluating

Direction = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class LossSurface:
    """The losses on a grid around a model's parameters θ: values[i, j] is the loss at θ + a[j] δ + b[i] η.

    a, b          the distances along each direction, in units of the parameters' own size
    values        the losses, shape (len(b), len(a)); inf or nan where the model gave one
    directions    (δ, η): path of a parameter -> array
    """

    a: np.ndarray
    b: np.ndarray
    values: np.ndarray
    directions: tuple[dict[str, np.ndarray], dict[str, np.ndarray]]

    def contour(self, ax: Any = None, *, levels: int = 14, log: bool | None = None) -> Any:
        """Draw a contour map; a cross marks the model.

        Args:      levels: how many contour lines.
                   log: space them evenly in the logarithm of the loss. Default: if the largest loss is over 30 times
                   the smallest.
        Returns:   the Axes.
        """
        check_points("levels", levels)
        values, spacing, normalise = self._contour_levels(levels, log)
        with canvas(ax, (6.6, 5.2)) as ax:
            filled = ax.contourf(self.a, self.b, values, spacing, cmap=SEQUENCE, norm=normalise)
            lines = ax.contour(self.a, self.b, values, spacing[::2], colors="white", linewidths=0.8, norm=normalise)
            ax.clabel(lines, fmt=lambda v: f"{v:.3g}", fontsize="small")
            ax.plot([0], [0], "+", color="white", markersize=15, markeredgewidth=2.5, zorder=3, label="the model")
            bar = ax.figure.colorbar(
                filled, ax=ax, label="loss", format=needs("matplotlib.ticker").FuncFormatter(lambda v, _: f"{v:.3g}")
            )
            bar.outline.set_visible(False)
            ax.set(xlabel="along direction δ", ylabel="along direction η", aspect="equal")
            ax.locator_params(nbins=5)
        return ax

    def surface(self, ax: Any = None, *, log: bool | None = None, ceiling: float | None = None) -> Any:
        """Draw a surface in three dimensions.

        Args:      ax: Axes with projection="3d".
                   log: the height is the logarithm of the loss. Default: as for `contour`.
                   ceiling: draw larger losses at this height.
        Returns:   the Axes.
        """
        if ax is not None and not hasattr(ax, "plot_surface"):
            raise ArgumentError(
                "surface draws in three dimensions: make the Axes with subplot_kw={'projection': '3d'}, "
                "or leave ax out."
            )
        values = self._finite_values()
        if ceiling is not None:
            values = np.minimum(values, ceiling)
        log = self._wants_log(log)
        heights = np.log10(np.maximum(values, 1e-12)) if log else values
        with canvas(ax, (7.0, 5.6), projection="3d") as ax:
            a, b = np.meshgrid(self.a, self.b)
            ax.plot_surface(
                a, b, heights, cmap=SEQUENCE, rcount=80, ccount=80, linewidth=0.25, edgecolor=(0, 0, 0, 0.25),
                antialiased=True,
            )  # fmt: skip
            floor = float(heights.min()) - 0.25 * (float(np.ptp(heights)) or 1.0)
            if np.ptp(heights) > 0:
                ax.contour(a, b, heights, 10, cmap=SEQUENCE, linewidths=1.25, offset=floor)
            ax.set(xlabel="δ", ylabel="η", zlabel="loss", zlim=(floor, float(heights.max())))
            ax.locator_params(nbins=5)
            ax.zaxis.labelpad = 10
            if log:
                ax.zaxis.set_major_formatter(needs("matplotlib.ticker").FuncFormatter(lambda v, _: f"{10**v:.2g}"))
            ax.set_box_aspect(None, zoom=0.9)
            ax.view_init(elev=32, azim=-60)
            for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
                axis.pane.set_alpha(0.0)
        return ax

    def _finite_values(self) -> np.ndarray:
        """The losses, with the largest finite one in the place of inf and nan."""
        finite = np.isfinite(self.values)
        if not finite.any():
            raise ArgumentError("no loss on the grid is finite. Take a smaller span, and look at the model's own loss.")
        return np.where(finite, self.values, self.values[finite].max())

    def _wants_log(self, log: bool | None) -> bool:
        values = self._finite_values()
        if log and values.min() <= 0:
            raise ArgumentError(
                f"a logarithmic scale needs losses above 0; the smallest is {values.min():.4g}. Give log=False."
            )
        return bool(values.min() > 0 and values.max() > 30 * values.min()) if log is None else log

    def _contour_levels(self, levels: int, log: bool | None) -> tuple[np.ndarray, np.ndarray, Any]:
        """(the losses, the levels, matplotlib's norm for the colours)"""
        values = self._finite_values()
        low, high = float(values.min()), float(values.max())
        if not high > low:
            high = low + max(abs(low), 1.0) * 1e-6
        colors = needs("matplotlib.colors")
        if self._wants_log(log):
            return values, np.geomspace(low, high, levels), colors.LogNorm(low, high)
        return values, np.linspace(low, high, levels), colors.Normalize(low, high)


def loss_surface(
    model: Module,
    loss: Callable[[Any, Any], Any],
    data: tuple[Any, ...],
    *,
    span: float = 1.0,
    points: int = 25,
    directions: tuple[Direction, Direction] | None = None,
    rng: np.random.Generator | None = None,
) -> LossSurface:
    """The loss on a grid around a model's parameters, in two random directions with the same filter norms.

        L(a, b) = loss(θ + a δ + b η),    δ_f <- δ_f / ‖δ_f‖ · ‖θ_f‖    for every filter f

    A later layer can undo the scale of a filter, so without the normalisation a minimum could be made to look sharp or
    flat by scaling alone. With it, pictures of two models can be compared. The model computes in eval mode and does not
    change.

    Args:      loss: of (output, target), as for `nn.fit`.
               data: a tuple, the inputs and then the target: one batch, used at every point.
               span: a and b go from -span to span; at 1 a direction is as long as the parameters.
               points: how many values of a and of b; with an odd number the model itself is in the middle. The model
               is called points² times.
               directions: two dicts of path -> array to use instead of random ones; parameters that are not named
               stay the same.
    Returns:   a LossSurface, whose methods `contour()` and `surface()` draw it.
    Source:    Li et al. 2018, arXiv:1712.09913, section 4. Filters are the slices along the first axis of weights with
               two or more axes; biases and the parameters of normalisation layers are not changed, as in the authors'
               program.
    Example:
        >>> import numpy as np, nn
        >>> rng = np.random.default_rng(0)
        >>> model = nn.Linear(2, 1, rng=rng)
        >>> x, y = rng.normal(size=(8, 2)), np.ones((8, 1))
        >>> landscape = nn.plots.loss_surface(model, nn.MSELoss(), (x, y), points=5, rng=rng)
        >>> landscape.values.shape, bool(np.isclose(landscape.values[2, 2], nn.MSELoss()(model(x), y).item()))
        ((5, 5), True)
        >>> landscape.contour().get_xlabel()
        'along direction δ'
    """
    check_points("points", points)
    if not (isinstance(span, (int, float)) and 0 < span < np.inf):
        raise ArgumentError(f"span must be a positive number; got {span!r}.")
    if not isinstance(data, tuple) or len(data) < 2:
        raise ArgumentError(
            f"data must be a tuple, the inputs and then the target; got a {type(data).__name__}. Give (x, y)."
        )
    with evaluating(model):
        centre = {path: p.numpy().copy() for path, p in model.named_parameters()}
        if directions is None:
            random = generator(rng)
            delta, eta = filter_normalized(centre, random), filter_normalized(centre, random)
        else:
            delta, eta = (_complete_direction(direction, centre) for direction in directions)
        a = np.linspace(-span, span, points)
        values = np.empty((points, points))
        with np.errstate(all="ignore"):  # far from the model the loss may overflow
            for i, y in enumerate(a):
                for j, x in enumerate(a):
                    moved = {
                        path: (centre[path] + x * delta[path] + y * eta[path]).astype(centre[path].dtype)
                        for path in delta
                    }
                    values[i, j] = float(loss(functional_call(model, moved, *data[:-1]), data[-1]))
    return LossSurface(a, a.copy(), values, (delta, eta))


def filter_normalized(parameters: Mapping[str, Any], rng: np.random.Generator | None = None) -> dict[str, np.ndarray]:
    """A random Gaussian direction, scaled so that each of its filters has the norm of the parameters' filter.

    Args:      parameters: path -> array.
    Returns:   path -> array of the same shape; zeros for arrays with fewer than two axes, such as biases.
    """
    random = generator(rng)
    found = {}
    for path, value in parameters.items():
        theta = np.asarray(value, float)
        d = np.zeros(theta.shape)
        if theta.ndim > 1:
            d = random.normal(size=theta.shape)
            axes = tuple(range(1, theta.ndim))
            size = np.sqrt(np.sum(d * d, axis=axes, keepdims=True))
            d *= np.sqrt(np.sum(theta * theta, axis=axes, keepdims=True)) / np.where(size > 0, size, 1.0)
        found[path] = d
    return found


def _complete_direction(direction: Direction, centre: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The direction with zeros for the parameters that it does not name; refused if a name or a shape is wrong."""
    found = {path: np.zeros(theta.shape) for path, theta in centre.items()}
    for path, value in direction.items():
        if path not in centre:
            raise ArgumentError(
                f"a direction names {path!r}, which is no parameter of the model. It has {', '.join(centre)}."
            )
        found[path] = np.asarray(value, float)
        if found[path].shape != centre[path].shape:
            raise ShapeError(f"a direction for {path!r} needs its shape {centre[path].shape}; got {found[path].shape}.")
    return found
