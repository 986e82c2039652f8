"""Histograms of weights and of activations, a row for each layer, and the share of rectifiers that are dead."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, Self

import numpy as np

from autograd.errors import ArgumentError
from nn.core.module import Module
from nn.layers.activation.hard import ReLU6
from nn.layers.activation.relu import ReLU
from nn.layers.minimal_effort.effort_relu import MinimalEffortReLU
from nn.plots.style import canvas, check_points, colour, dash, grid, legend, needs, shades
from nn.plots.watch import call_model, check_model, evaluating, innermost, watch_outputs

ROWS = 24  # the most layers that are drawn; of more, evenly spaced ones are chosen
SAMPLE = 1_000_000  # the most values of one layer that are counted


def weight_histograms(model: Module, *, kind: str = "weight", bins: int = 60, ax: Any = None) -> Any:
    """Draw the distribution of the weights of each layer, one layer above the other on one scale.

    Args:      kind: the parameters with this last name, "weight" or "bias"; "" for all.
               bins: how many bins the scale has.
    Returns:   the Axes; its tick labels are the paths of the parameters, the first at the top.
    Example:
        >>> import nn
        >>> model = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 10))
        >>> ax = nn.plots.weight_histograms(model)
        >>> [label.get_text() for label in ax.get_yticklabels()]
        ['0.weight', '2.weight']
    """
    check_model(model)
    found = {path: p.numpy() for path, p in model.named_parameters() if not kind or path.rpartition(".")[2] == kind}
    if not found:
        raise ArgumentError(f"{type(model).__name__} has no parameter named {kind!r}. Give kind='' for all of them.")
    return ridges(found, xlabel=kind or "parameter", bins=bins, ax=ax)


def activation_histograms(
    model: Module, x: Any, *, kinds: type | tuple[type, ...] | None = None, bins: int = 60, ax: Any = None
) -> Any:
    """Draw the distribution of the outputs of each layer for a batch, one layer above the other on one scale.

    The model runs once, in eval mode and without recording, and does not change. So dropout is off, and batch
    normalisation uses its running statistics instead of the batch's. Before training these are mean 0 and variance 1,
    so that it normalises nothing; `nn.update_batch_norm(model, [x])` sets them to those of the batch.

    Args:      x: a batch; a tuple of several inputs.
               kinds: only modules of these classes, such as nn.ReLU. Default: all modules without modules inside.
               bins: how many bins the scale has.
    Returns:   the Axes; its tick labels are the paths of the layers, the first at the top.
    Example:
        >>> import numpy as np, nn
        >>> model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU())
        >>> x = np.random.default_rng(0).normal(5.0, 1.0, size=(1000, 3)).astype(np.float32)
        >>> nn.update_batch_norm(model, [x])
        >>> ax = nn.plots.activation_histograms(model, x)
        >>> [label.get_text() for label in ax.get_yticklabels()]
        ['0', '1', '2']
        >>> ax.texts[1].get_text().endswith("± 1")
        True
    """
    found: dict[str, np.ndarray] = {}
    places = innermost(model, kinds)

    def note(label: str, module: Module, before: np.ndarray, out: np.ndarray) -> None:
        found[label] = out.copy()

    with evaluating(model), watch_outputs(model, places, note):
        call_model(model, x)
    if not found:
        raise ArgumentError(
            f"no module of {type(model).__name__} that was asked for puts out an array when it is called."
        )
    return ridges(found, xlabel="activation", bins=bins, ax=ax)


def ridges(values: Mapping[str, Any], *, xlabel: str = "value", bins: int = 60, ax: Any = None) -> Any:
    """Draw a histogram for each of several arrays, one above the other on one scale, the first at the top.

    The heights of a row are relative to its highest bin. The text at the right gives mean ± standard deviation, the
    share of zeros, and the number of values that are not finite. The scale covers the central 99.8 % of the values of
    each row.
    """
    check_points("bins", bins)
    rows = [(name, *_finite_and_text(a)) for name, a in values.items()]
    if len(rows) > ROWS:
        rows = [rows[i] for i in np.unique(np.linspace(0, len(rows) - 1, ROWS).round().astype(int))]
    ends = [np.quantile(a, (0.001, 0.999)) for _, a, _ in rows if a.size]
    low, high = (min(e[0] for e in ends), max(e[1] for e in ends)) if ends else (0.0, 1.0)
    margin = 0.04 * (high - low) or 0.5
    edges = np.linspace(low - margin, high + margin, bins + 1)
    with canvas(ax, (7.5, max(3.0, 0.55 * len(rows) + 1.2))) as ax:
        for i, ((_, a, words), shade) in enumerate(zip(rows, shades(len(rows)), strict=True)):
            counts, _ = np.histogram(a, edges)
            heights = 0.86 * counts / max(1, counts.max())
            floor = -float(i)
            ax.fill_between(
                edges, floor, floor + np.append(heights, heights[-1]), step="post", color=shade, alpha=0.75, linewidth=0
            )
            ax.axhline(floor, color=shade, linewidth=1)
            ax.text(1.01, floor + 0.22, words, transform=ax.get_yaxis_transform(), va="center", fontsize="small")
        ax.set_yticks([-i + 0.22 for i in range(len(rows))], [name for name, _, _ in rows])
        ax.tick_params(axis="y", length=0)
        ax.set(xlabel=xlabel, xlim=(edges[0], edges[-1]), ylim=(-len(rows) + 0.9, 1.0))
        grid(ax, "x")
        ax.spines["left"].set_visible(False)
    return ax


def _finite_and_text(a: Any) -> tuple[np.ndarray, str]:
    """(the finite values, or a sample of evenly spaced ones; the text beside the row)"""
    flat = np.ravel(np.asarray(a))
    flat = flat[:: -(-flat.size // SAMPLE) or 1].astype(np.float64)
    kept = flat[np.isfinite(flat)]
    words = [f"{kept.mean() + 0.0:.2g} ± {kept.std():.2g}".replace("-", "\N{MINUS SIGN}")] if kept.size else []
    zeros = float(np.mean(kept == 0)) if kept.size else 0.0
    if zeros >= 0.005:
        words.append(f"{zeros:.0%} zero")
    if kept.size < flat.size:
        words.append(f"{flat.size - kept.size} not finite")
    return kept, ", ".join(words)


class DeadReLUs:
    """The share of the rectifiers of each layer that are dead: that gave 0 for every row.

        share of a layer = units whose output was > 0 for no row / units

    Inside `with dead:` every call of the model counts. Call it, or give it to `nn.fit(..., callbacks=[dead])`, to add
    the shares since the last time to `history` and to start counting anew.

    A unit is a column of an output (N, units), or a channel of an output (N, channels, height, width), which is dead if
    it is so at all positions. In an output with three axes the last one is that of the units, as after nn.Linear on
    sequences.

    Args:      model: its nn.ReLU, nn.ReLU6 and nn.MinimalEffortReLU are watched. F.relu in a `forward` is no module, so
               it is not seen: use nn.ReLU instead.
               axis: the axis of the units, if it is another one: 1 after nn.Conv1d.
    Example:
        >>> import numpy as np, nn
        >>> model = nn.Sequential(nn.Linear(1, 2), nn.ReLU())
        >>> model.load_state_dict({"0.weight": [[1.0], [1.0]], "0.bias": [0.0, -9.0]})
        LoadResult(missing_keys=[], unexpected_keys=[])
        >>> with nn.plots.DeadReLUs(model) as dead:
        ...     y = model(np.array([[1.0], [2.0]]))
        >>> dead.shares()
        {'1': 0.5}
    """

    KINDS = (ReLU, ReLU6, MinimalEffortReLU)

    def __init__(self, model: Module, *, axis: int | None = None) -> None:
        self._model, self._axis = model, axis
        self._places = innermost(model, self.KINDS)
        if not self._places:
            raise ArgumentError(
                f"{type(model).__name__} has no nn.ReLU, nn.ReLU6 or nn.MinimalEffortReLU inside; "
                "F.relu leaves no module."
            )
        self._alive: dict[str, np.ndarray] = {}
        self.history: list[dict[str, float]] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(watch_outputs(self._model, self._places, self._count))
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _count(self, label: str, module: Module, before: np.ndarray, out: np.ndarray) -> None:
        axis = (1 if out.ndim in (2, 4, 5) else -1) if self._axis is None else self._axis
        if not -out.ndim <= axis < out.ndim:
            raise ArgumentError(f"{label} puts out shape {out.shape}, which has no axis {axis} of units. Give axis=-1.")
        alive: Any = (out > 0).any(axis=tuple([i for i in range(out.ndim) if i != axis % out.ndim]))
        seen = self._alive.get(label)
        self._alive[label] = alive if seen is None or seen.shape != alive.shape else seen | alive

    def __call__(self, *_: Any) -> None:
        """Add the shares since the last call to `history`, and start counting anew."""
        self.history.append(self.shares())
        self._alive.clear()

    def shares(self) -> dict[str, float]:
        """The path of each rectifier -> its share of dead units; empty before the model was called."""
        return {label: float(np.mean(~alive)) for label, alive in self._alive.items()}

    def masks(self) -> dict[str, np.ndarray]:
        """The path of each rectifier -> whether each of its units is dead."""
        return {label: ~alive for label, alive in self._alive.items()}

    def plot(self, ax: Any = None, *, xlabel: str = "epoch") -> Any:
        """Draw the shares: a line a layer over the rows of `history`, or a bar a layer if that is empty.

        Returns:   the Axes.
        """
        rows = self.history or [self.shares()]
        layers = list(dict.fromkeys([label for row in rows for label in row]))
        if not layers:
            raise ArgumentError("nothing was counted yet: call the model inside `with dead:`.")
        percent = needs("matplotlib.ticker").PercentFormatter(1.0, decimals=0)
        with canvas(ax) as ax:
            if self.history:
                for i, layer in enumerate(layers):
                    shares = [row.get(layer, np.nan) for row in rows]
                    marker = "o" if len(rows) < 20 else ""
                    steps = range(1, len(rows) + 1)
                    ax.plot(steps, shares, color=colour(i), linestyle=dash(i), marker=marker, label=layer)
                ax.set_xlabel(xlabel)
                ax.xaxis.get_major_locator().set_params(integer=True)
                legend(ax, title="layer")
                top = max([share for row in rows for share in row.values()])
            else:
                bars = ax.bar(range(len(layers)), [rows[0][layer] for layer in layers], color=colour(0), width=0.7)
                ax.bar_label(bars, [f"{rows[0][layer]:.0%}" for layer in layers], padding=3)
                ax.set_xticks(range(len(layers)), layers)
                ax.set_xlabel("layer")
                top = max(rows[0].values())
            ax.set(ylabel="dead rectifiers", ylim=(0, min(1.0, max(0.1, 1.2 * top)) if top < 0.9 else 1.08))
            ax.yaxis.set_major_formatter(percent)
            grid(ax, "y")
        return ax
