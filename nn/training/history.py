"""History: what a training recorded, one value an epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd.errors import ArgumentError


class History(dict[str, list[Any]]):
    """A dict of lists with one item an epoch, as `nn.fit` fills it, and methods to look at it.

    Keys: "epoch" (from 1), "train_loss", "validation_loss" if there is a validation part, "train_…" and "validation_…"
    for every metric, "lr" (of the first parameter group, after the last batch of the epoch), "seconds".

    monitor   the key that decides which epoch is best
    mode      "min" or "max"
    marked    the epoch whose weights early stopping kept; because of its min_delta this may not be the best value's
    stopped   why training ended: "epochs", "early stopping", "callback" or "interrupted"; "" while it runs

    Example:
        >>> from nn.training.history import History
        >>> history = History({"epoch": [1, 2, 3], "train_loss": [3.0, 2.0, 1.0], "validation_loss": [3.0, 2.5, 2.75]})
        >>> history.best_epoch, history.best
        (2, {'epoch': 2, 'train_loss': 2.0, 'validation_loss': 2.5})
    """

    def __init__(
        self, columns: Mapping[str, list[Any]] | None = None, *, monitor: str | None = None, mode: str = "min"
    ) -> None:
        super().__init__({name: list(values) for name, values in (columns or {}).items()})
        if mode not in ("min", "max"):
            raise ArgumentError(f"mode must be 'min' or 'max'; got {mode!r}.")
        self._monitor = monitor
        self.mode = mode
        self.stopped = ""
        self.marked: int | None = None

    @property
    def monitor(self) -> str:
        """The key that decides which epoch is best: by default the validation loss, or the training loss without it."""
        if self._monitor is not None:
            return self._monitor
        return "validation_loss" if "validation_loss" in self else "train_loss"

    @property
    def epochs(self) -> int:
        """How many epochs are recorded."""
        return len(self.get("epoch", ()))

    @property
    def best_epoch(self) -> int | None:
        """The epoch whose weights early stopping kept, or the first with the best monitored value; None before that."""
        if self.marked is not None:
            return self.marked
        values = np.asarray(self.get(self.monitor, ()), float)
        if not np.isfinite(values).any():
            return None
        return int(self["epoch"][int(np.nanargmin(values) if self.mode == "min" else np.nanargmax(values))])

    @property
    def best(self) -> dict[str, Any]:
        """All values of the best epoch; empty if there is none yet."""
        epoch = self.best_epoch
        return {} if epoch is None else {name: values[self["epoch"].index(epoch)] for name, values in self.items()}

    def append(self, row: Mapping[str, Any]) -> None:
        """Add the values of an epoch."""
        if self and set(row) != set(self):
            raise ArgumentError(f"every epoch records the same: {', '.join(self)}; got {', '.join(row)}.")
        for name, value in row.items():
            self.setdefault(name, []).append(value)

    def frame(self) -> Any:
        """The history as a pandas DataFrame, a row an epoch.

        Raises:    ImportError where pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError(
                "History.frame() makes a pandas DataFrame: pip install pandas. The history itself is a dict of lists."
            ) from None
        return pandas.DataFrame(dict(self)).set_index("epoch")

    def plot(self, what: str = "loss", ax: Any = None, *, log: bool = False) -> Any:
        """Draw a value of the training and the validation part over the epochs; the best epoch is marked.

        Args:      what: "loss", or the name of a metric.
                   ax: matplotlib's Axes to draw in; None: of a new figure.
                   log: a logarithmic scale for the values.
        Returns:   the Axes; `ax.figure.savefig("curves.png")` writes a file.
        Raises:    ArgumentError for a name that was not recorded; ImportError where matplotlib is not installed.
        """
        names = [name for name in (f"train_{what}", f"validation_{what}", what) if name in self]
        if not names:
            known = sorted(
                {name.split("_", 1)[1] for name in self if name.startswith(("train_", "validation_"))}
                | {"lr", "seconds"} & set(self)
            )
            raise ArgumentError(f"the history has no {what!r}; it has {', '.join(known) or 'nothing yet'}.")
        if ax is None:
            try:
                from matplotlib import pyplot
            except ImportError:
                raise ImportError("History.plot() draws with matplotlib: pip install 'chainrule[train]'.") from None
            _, ax = pyplot.subplots(layout="constrained")
        best = self.best_epoch
        for name in names:
            label, colour = _STYLES.get(name.removesuffix(f"_{what}"), (what, "C2"))
            (line,) = ax.plot(
                self["epoch"], self[name], color=colour, label=label, marker="o" if self.epochs == 1 else ""
            )
            if name == names[-1] and best is not None:
                value = self[name][self["epoch"].index(best)]
                ax.plot(
                    [best], [value], "o", color=line.get_color(), markerfacecolor="white", markeredgewidth=2, zorder=3
                )
        if best is not None:
            ax.axvline(best, color="gray", linestyle="--", linewidth=1, label=f"best epoch: {best}")
        ax.set(xlabel="epoch", ylabel=what.replace("_", " "))
        ax.xaxis.get_major_locator().set_params(integer=True)
        if log:
            ax.set_yscale("log")
        ax.grid(alpha=0.3)
        ax.legend()
        return ax


_STYLES = {"train": ("training", "C0"), "validation": ("validation", "C1")}
