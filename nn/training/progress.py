"""How `nn.fit` shows its progress: tqdm's bar in a terminal or notebook, else a line an epoch, or nothing."""

from __future__ import annotations

import sys
from typing import Any, Protocol


class Progress(Protocol):
    """What `nn.fit` calls."""

    def batch(self, epoch: int, loss: float) -> None:
        """A batch is done."""

    def epoch(self, row: dict[str, Any]) -> None:
        """An epoch is done; `row` is its row of the history."""

    def note(self, text: str) -> None:
        """Something takes long; perhaps called from another thread."""

    def close(self) -> None:
        """Training is over."""


def progress_of(wanted: bool | str, epochs: int, done: int, batches: int | None) -> Progress:
    """The Progress for the argument `progress` of fit.

    Args:  wanted: True, False, or a title.
           done: how many epochs were done before, in a training that is resumed.
           batches: how many an epoch has, if that is known.
    """
    if wanted is False:
        return Silent()
    title = wanted if isinstance(wanted, str) else ""
    if not shows_a_bar():
        return Lines(title, epochs)
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return Lines(title, epochs)
    return Bar(tqdm, title, epochs, done, batches)


def shows_a_bar() -> bool:
    """Whether the standard error can draw over a line again: a terminal and a notebook can, a file cannot."""
    return sys.stderr.isatty() or type(sys.stderr).__module__.startswith("ipykernel.")


class Silent:
    """Shows nothing."""

    def batch(self, epoch: int, loss: float) -> None: ...

    def epoch(self, row: dict[str, Any]) -> None: ...

    def note(self, text: str) -> None: ...

    def close(self) -> None: ...


class Lines:
    """Writes a line an epoch to the standard error."""

    def __init__(self, title: str, epochs: int) -> None:
        self.title, self.epochs = title, epochs

    def batch(self, epoch: int, loss: float) -> None: ...

    def epoch(self, row: dict[str, Any]) -> None:
        values = ", ".join(f"{name} {text}" for name, text in value_texts(row).items())
        sys.stderr.write(f"{self.title + ': ' if self.title else ''}epoch {row['epoch']}/{self.epochs}: {values}\n")

    def note(self, text: str) -> None:
        sys.stderr.write(f"{self.title + ': ' if self.title else ''}{text}\n")

    def close(self) -> None: ...


class Bar:
    """One bar over all batches of all epochs, followed by the values of the last complete epoch."""

    def __init__(self, tqdm: Any, title: str, epochs: int, done: int, batches: int | None) -> None:
        self.title, self.epochs = title, epochs
        total, initial = (None, 0) if batches is None else (epochs * batches, done * batches)
        self.bar = tqdm(total=total, initial=initial, unit="batch", desc=self.heading(done), dynamic_ncols=True)
        self.now, self.noted = done, False

    def heading(self, epoch: int) -> str:
        """The text in front of the bar."""
        return f"{self.title + ' ' if self.title else ''}epoch {epoch}/{self.epochs}"

    def batch(self, epoch: int, loss: float) -> None:
        if epoch != self.now or self.noted:
            self.now, self.noted = epoch, False
            self.bar.set_description(self.heading(epoch), refresh=False)
        self.bar.update()

    def epoch(self, row: dict[str, Any]) -> None:
        self.bar.set_postfix(value_texts(row), refresh=False)

    def note(self, text: str) -> None:
        self.noted = True
        self.bar.set_description(f"{self.heading(self.now)}, {text}")

    def close(self) -> None:
        self.bar.refresh()
        self.bar.close()


def value_texts(row: dict[str, Any]) -> dict[str, str]:
    """The losses and metrics of an epoch as text, "train_loss" named "train"; without learning rate and time."""
    return {
        name.removesuffix("_loss"): f"{value:.4g}"
        for name, value in row.items()
        if name not in ("epoch", "lr", "seconds")
    }
