"""The size of the gradient in every layer during training: where it vanishes, where it explodes."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Self

import numpy as np

from autograd.engine.recording import raw
from autograd.errors import ArgumentError
from nn.core.module import Module, members
from nn.core.parameter import Parameter
from nn.plots.style import MARKERS, canvas, colour, dash, grid, legend, needs, shades
from nn.plots.watch import check_model

LISTED = 8  # the most layers that a legend lists


class GradientNorms:
    """The norm of the gradient of every layer's own parameters; each call adds a row.

        norm of a layer = sqrt(Σ g²)    over the elements of its parameters

    There are three ways to use it. Call it after `backward()`; or give it to `nn.fit(..., callbacks=[norms])`, which
    calls it after every epoch, with the gradients of the last batch; or train inside `with norms:`, where every
    backward sweep adds a row.

    Args:      model: layers are its modules with parameters of their own; a shared parameter counts at its first place.
               rms: divide by the square root of the number of elements, so that layers of any width can be compared.
    Example:
        >>> import numpy as np, nn
        >>> rng = np.random.default_rng(0)
        >>> model = nn.Sequential(nn.Linear(2, 3, rng=rng), nn.Sigmoid(), nn.Linear(3, 1, rng=rng))
        >>> norms = nn.plots.GradientNorms(model)
        >>> model(np.ones((4, 2))).sum().backward()
        >>> norms()
        >>> norms.layers, norms.array().shape
        (['0', '2'], (1, 2))
    """

    def __init__(self, model: Module, *, rms: bool = False) -> None:
        check_model(model)
        self.rms = rms
        self.rows: list[list[float]] = []
        self._parameters: list[tuple[str, list[Parameter]]] = []
        seen: set[int] = set()
        for path, module in model.named_modules():
            own = {id(p): p for _, p in members(module) if isinstance(p, Parameter) and id(p) not in seen}
            seen.update(own)
            if own:
                self._parameters.append((path or type(module).__name__, list(own.values())))
        if not self._parameters:
            raise ArgumentError(f"{type(model).__name__} has no parameters: there are no gradients to look at.")
        self._open: dict[int, float] | None = None
        self._stack = ExitStack()

    @property
    def layers(self) -> list[str]:
        """The paths of the layers, in the order in which the model defines them."""
        return [path for path, _ in self._parameters]

    def __call__(self, *_: Any) -> None:
        """Add a row of the present norms; nan for a layer without a gradient."""
        self._add_row(
            {id(p): _sum_of_squares(p.grad) for _, own in self._parameters for p in own if p.grad is not None}
        )

    def _add_row(self, squares: dict[int, float]) -> None:
        row = []
        for _, own in self._parameters:
            known = [p for p in own if id(p) in squares]
            total = sum([squares[id(p)] for p in known])
            if self.rms:
                total /= max(1, sum([p.size for p in known]))
            row.append(float(np.sqrt(total)) if known else np.nan)
        self.rows.append(row)

    def __enter__(self) -> Self:
        def watch(p: Parameter) -> None:
            def note(gradient: Any) -> None:
                if self._open is None or id(p) in self._open:  # a second gradient of p means that a new sweep began
                    self._close_row()
                    self._open = {}
                self._open[id(p)] = _sum_of_squares(gradient)

            self._stack.callback(p.register_hook(note).remove)

        for _, own in self._parameters:
            for p in own:
                if p.requires_grad:
                    watch(p)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()
        self._close_row()

    def _close_row(self) -> None:
        if self._open:
            self._add_row(self._open)
        self._open = None

    def array(self) -> np.ndarray:
        """The norms: shape (rows, layers)."""
        return np.asarray(self.rows, float).reshape(-1, len(self._parameters))

    def plot(
        self, ax: Any = None, *, over: str = "time", xlabel: str = "recorded step", label: str | None = None
    ) -> Any:
        """Draw the norms on a logarithmic scale.

        Args:      over: "time": a line a layer, coloured in order. "layers": a line a row (at most 8 of them), with the
                   first layer at the left: a gradient that vanishes is a line that falls to the left.
                   xlabel: what a row is, such as "epoch" or "batch".
                   label: with over="layers", draw only the last row, under this name and in the next colour of the
                   Axes, to compare several models in one picture.
        Returns:   the Axes. A norm of 0, inf or nan cannot be drawn on a logarithmic scale and is left out.
        """
        norms = self.array()
        if not len(norms):
            raise ArgumentError(
                "no gradients are recorded yet: call the GradientNorms after backward(), "
                "or give it to nn.fit as a callback."
            )
        if over not in ("time", "layers"):
            raise ArgumentError(f"over must be 'time' or 'layers'; got {over!r}.")
        if label is not None and over != "layers":
            raise ArgumentError(
                f"a label names one line over the layers: plot(over='layers', label={label!r}); "
                "over time each layer has one."
            )
        shown = np.where(np.isfinite(norms) & (norms > 0), norms, np.nan)
        with canvas(ax) as ax:
            if over == "time":
                self._over_time(ax, shown, xlabel)
            else:
                self._over_layers(ax, shown, xlabel, label)
            ax.set_ylabel("root mean square of the gradient" if self.rms else "norm of the gradient")
            if np.isfinite(shown).any():
                ax.set_yscale("log")
            grid(ax)
        return ax

    def _over_time(self, ax: Any, norms: np.ndarray, xlabel: str) -> None:
        steps, count = np.arange(1, len(norms) + 1), norms.shape[1]
        colours = shades(count)
        for i, path in enumerate(self.layers):
            ax.plot(
                steps, norms[:, i], color=colours[i], linestyle=dash(7 * i) if count <= LISTED else "-", label=path,
                linewidth=2.25 if count <= LISTED else 1.25, marker="o" if len(steps) == 1 else "",
            )  # fmt: skip
        ax.set_xlabel(xlabel)
        ax.xaxis.get_major_locator().set_params(integer=True)
        if count <= LISTED:
            legend(ax, title="layer", loc="upper left", bbox_to_anchor=(1.0, 1.0))
        else:
            mpl = needs("matplotlib")
            scale = mpl.colors.ListedColormap(colours)
            mappable = needs("matplotlib.cm").ScalarMappable(mpl.colors.Normalize(0.5, count + 0.5), scale)
            bar = ax.figure.colorbar(mappable, ax=ax, label="layer, counted from the input")
            bar.outline.set_visible(False)

    def _over_layers(self, ax: Any, norms: np.ndarray, xlabel: str, label: str | None) -> None:
        times = np.unique(np.linspace(0, len(norms) - 1, min(len(norms), LISTED)).round().astype(int))
        places = np.arange(1, norms.shape[1] + 1)
        if label is not None:
            i = len(ax.get_lines())
            ax.plot(
                places, norms[-1], color=colour(i), linestyle=dash(i), marker=MARKERS[i % len(MARKERS)], markersize=5,
                label=label,
            )  # fmt: skip
        for i, (time, shade) in enumerate(zip(times, shades(len(times)), strict=True) if label is None else ()):
            ax.plot(
                places, norms[time], color=shade if len(times) > 1 else colour(i), label=str(time + 1),
                marker="o" if len(places) <= 30 else "",
            )  # fmt: skip
        if len(places) <= 12:
            slanted = max(map(len, self.layers)) > 6
            ax.set_xticks(places, self.layers, rotation=30 if slanted else 0, ha="right" if slanted else "center")
        ax.set_xlabel("layer, from the input to the output")
        if label is not None:
            legend(ax)
        elif len(times) > 1:
            legend(ax, title=xlabel)


def _sum_of_squares(gradient: Any) -> float:
    g = np.asarray(raw(gradient)).astype(np.float64, copy=False)
    return float(np.vdot(g, g))
