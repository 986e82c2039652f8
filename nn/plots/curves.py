"""Learning curves: of one training, or of several to compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from nn.plots.style import canvas, colour, grid, legend, needs
from nn.training.history import History


def learning_curves(history: Mapping[str, Any], what: str = "loss", *, log: bool = False, ax: Any = None) -> Any:
    """Draw a value over the epochs, for the training and the validation part; the best epoch is marked.

    Args:      history: what `nn.fit` returns, or a dict of lists with its keys, "train_loss", "validation_loss" …; or a
               dict of name -> history, to compare several: then each training has a colour, the validation part is
               solid, the training part dotted.
               what: "loss", "lr", or the name of a metric.
               log: a logarithmic scale for the values.
    Returns:   the Axes.
    Example:
        >>> import nn
        >>> ax = nn.plots.learning_curves({"train_loss": [2.0, 1.0], "validation_loss": [2.0, 1.5]})
        >>> ax.get_ylabel()
        'loss'
    """
    if not isinstance(history, Mapping) or not history:
        raise ArgumentError(
            "learning_curves takes a History, or a dict of lists: {'train_loss': [...], 'validation_loss': [...]}."
        )
    if not all(isinstance(run, Mapping) for run in history.values()):
        with canvas(ax) as ax:
            _as_history(history).plot(what, ax=ax, log=log)
            grid(ax)
            legend(ax)
        return ax
    runs = {name: _as_history(run) for name, run in history.items()}
    with canvas(ax) as ax:
        for i, (name, run) in enumerate(runs.items()):
            parts = [key for key in (f"validation_{what}", what, f"train_{what}") if key in run]
            if not parts:
                raise ArgumentError(f"the history {name!r} has no {what!r}; it has {', '.join(run)}.")
            for key in parts:
                main = key == parts[0]
                ax.plot(
                    run["epoch"], run[key], color=colour(i), linestyle="-" if main else (0, (1, 1.2)),
                    linewidth=2.25 if main else 1.5, marker="o" if run.epochs == 1 else "", label=name if main else "_",
                )  # fmt: skip
            best = run.best_epoch
            if best is not None and len(parts) > 1:
                value = run[parts[0]][run["epoch"].index(best)]
                ax.plot([best], [value], "o", color=colour(i), markerfacecolor="white", markeredgewidth=2)
        ax.set(xlabel="epoch", ylabel=what.replace("_", " "))
        ax.xaxis.get_major_locator().set_params(integer=True)
        if log:
            ax.set_yscale("log")
        grid(ax)
        first = legend(ax)
        if any(f"validation_{what}" in run and f"train_{what}" in run for run in runs.values()):
            ink = ax.xaxis.label.get_color()
            line = needs("matplotlib.lines").Line2D
            styles = [
                line([], [], color=ink, label="validation"),
                line([], [], color=ink, linestyle=(0, (1, 1.2)), label="training"),
            ]
            handles = [*first.legend_handles, *styles]
            legend(ax, handles=handles, ncols=1 + (len(handles) > 6))
    return ax


def _as_history(history: Mapping[str, Any]) -> History:
    """The dict as a History; epochs are numbered from 1 if it has none."""
    if isinstance(history, History):
        return history
    lengths = {name: np.size(values) for name, values in history.items()}
    if len(set(lengths.values())) != 1:
        listed = ", ".join(f"{n} of {name}" for name, n in lengths.items())
        raise ArgumentError(f"every list of a history has one value an epoch; got {listed}.")
    length = next(iter(lengths.values()))
    return History({"epoch": list(range(1, length + 1)), **{name: list(values) for name, values in history.items()}})
