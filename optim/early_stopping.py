"""EarlyStopping: end the training when the validation no longer improves, and restore the best weights."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.options import check_flag
from autograd.recorder import effect
from optim.checks import check_choice, check_range, check_whole, is_number, kind_problems


class EarlyStopping:
    """Says when to stop training, and keeps a copy of the best weights.

        improved:  value < best - min_delta        mode "max": value > best + min_delta
        stop:      patience epochs in a row have not improved

    nan is no improvement. A `step` that says stop also puts the best weights back into the model. If the training ends
    in another way, call `restore`.

    best          the best value so far, ±inf before the first
    best_epoch    the epoch of the best value, counted from 0, or None
    last_epoch    the number of the last epoch, -1 before the first
    bad_epochs    how many epochs in a row have not improved
    stopped       whether `step` has said stop

    Args:      patience: the epochs without improvement that end the training, >= 1.
               min_delta: what an improvement must exceed, >= 0.
               mode: "min" for a loss, "max" for an accuracy.
               restore_best: keep the best weights and restore them; with False no model is needed.
    Source:    Goodfellow, Bengio & Courville 2016, Deep Learning, Algorithm 7.1; departure: min_delta.
    Example:
        >>> import nn, optim
        >>> model = nn.Linear(1, 1)
        >>> stopper = optim.EarlyStopping(patience=2)
        >>> for epoch, validation_loss in enumerate([0.9, 0.5, 0.6, 0.7, 0.4]):
        ...     _ = nn.init.constant_(model.bias, epoch)  # in place of training
        ...     if stopper.step(validation_loss, model):
        ...         break
        >>> stopper
        EarlyStopping(patience=2, min_delta=0, mode='min'): stopped after epoch 3, best 0.5 in epoch 1
        >>> model.bias
        Parameter([1.], dtype=float32, requires_grad=True)
    """

    def __init__(self, patience: int, min_delta: float = 0.0, mode: str = "min", restore_best: bool = True) -> None:
        check_whole("patience", patience, low=1)
        check_range("min_delta", min_delta, low=0)
        check_choice("mode", mode, "min", "max")
        check_flag("restore_best", restore_best)
        self.patience = patience
        self.min_delta = min_delta
        self.mode = mode
        self.restore_best = restore_best
        self.reset()

    def reset(self) -> None:
        """Start again, as if newly made."""
        self.best = math.inf if self.mode == "min" else -math.inf
        self.best_epoch: int | None = None
        self.last_epoch = -1
        self.bad_epochs = 0
        self.stopped = False
        self._weights: Any = None

    @effect
    def step(self, value: Any, model: Any = None) -> bool:
        """Take an epoch's value and return whether to stop. After the first True it returns True until `reset`.

        Args:      value: a number, or an array or Tensor of one.
                   model: its state_dict is copied if the value is the best, and loaded when the training stops; not
                   needed if restore_best is False.
        """
        if self.restore_best and not callable(getattr(model, "state_dict", None)):
            what = "no model" if model is None else f"a {type(model).__name__}"
            raise ArgumentError(
                f"EarlyStopping keeps the best weights: step(value, model); got {what}. "
                "Else make it with restore_best=False."
            )
        number = float(value)
        if not self.stopped:
            self.last_epoch += 1
            if self._improves(number):
                self._weights = copy.deepcopy(model.state_dict()) if self.restore_best else None
                self.best, self.best_epoch, self.bad_epochs = number, self.last_epoch, 0
            else:
                self.bad_epochs += 1
                self.stopped = self.bad_epochs >= self.patience
        if self.stopped and self.restore_best:
            self.restore(model)
        return self.stopped

    def restore(self, model: Any) -> bool:
        """Put the best weights back into the model.

        Returns:   whether there are any; if not, the model stays as it is.
        """
        if not self.restore_best:
            raise ArgumentError("this EarlyStopping keeps no weights: it was made with restore_best=False.")
        if self._weights is None:
            return False
        model.load_state_dict(self._weights)
        return True

    def _improves(self, value: float) -> bool:
        if self.mode == "min":
            return value < self.best - self.min_delta
        return value > self.best + self.min_delta

    def state_dict(self) -> dict[str, Any]:
        """The progress and a copy of the best weights, without the settings of the constructor."""
        names = ("mode", "best", "best_epoch", "last_epoch", "bad_epochs", "stopped")
        return {**{name: getattr(self, name) for name in names}, "weights": copy.deepcopy(self._weights)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a state_dict.

        Raises:    ArgumentError if something is missing or impossible, or the mode is another; then nothing is changed.
        """
        self.check_state_dict(state_dict)
        self.best, self.best_epoch = state_dict["best"], state_dict["best_epoch"]
        self.last_epoch, self.bad_epochs = state_dict["last_epoch"], state_dict["bad_epochs"]
        self.stopped = state_dict["stopped"]
        self._weights = copy.deepcopy(state_dict["weights"])

    def check_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Raise the ArgumentError that `load_state_dict` would raise, and change nothing."""
        if not isinstance(state_dict, Mapping):
            raise ArgumentError(f"the state of an EarlyStopping is a dict; got a {type(state_dict).__name__}.")
        missing = [name for name in self.state_dict() if name not in state_dict]
        if missing:
            raise ArgumentError(
                f"the state of an EarlyStopping has {', '.join(map(repr, missing))}, too; "
                f"got {', '.join(map(repr, state_dict))}."
            )
        if state_dict["mode"] != self.mode:
            raise ArgumentError(
                f"the state is of mode {state_dict['mode']!r}, this EarlyStopping of mode {self.mode!r}: "
                "its best is no bound here."
            )
        problems = [
            line for name, own in self.state_dict().items() for line in kind_problems(name, own, state_dict[name])
        ]
        if problems:
            raise ArgumentError("the state does not fit this EarlyStopping:\n  " + "\n  ".join(problems))
        if not is_number(state_dict["best"]) or math.isnan(state_dict["best"]):
            raise ArgumentError(f"best must be a number; got {state_dict['best']!r}.")
        if state_dict["best_epoch"] is not None:
            check_whole("best_epoch", state_dict["best_epoch"], low=0)
        check_whole("last_epoch", state_dict["last_epoch"], low=-1)
        check_whole("bad_epochs", state_dict["bad_epochs"], low=0)
        weights = state_dict["weights"]
        if weights is not None and not (isinstance(weights, Mapping) and all(map(_is_array, weights.values()))):
            raise ArgumentError(f"weights must be None or a dict of name -> array of numbers; got {weights!r:.60}.")

    def __repr__(self) -> str:
        settings = f"patience={self.patience}, min_delta={self.min_delta:g}, mode={self.mode!r}"
        best = "no best yet" if self.best_epoch is None else f"best {self.best:.6g} in epoch {self.best_epoch}"
        where = (
            f"stopped after epoch {self.last_epoch}"
            if self.stopped
            else f"epoch {self.last_epoch}, {self.bad_epochs} bad"
        )
        return f"EarlyStopping({settings}): {where}, {best}"


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "fiubc"
