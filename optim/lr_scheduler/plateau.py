"""ReduceLROnPlateau: a smaller learning rate when a validation metric stops improving."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.recording import raw
from autograd.errors import ArgumentError
from autograd.recorder import effect
from optim.checks import check_choice, check_range, check_whole
from optim.lr_scheduler.scheduler import LRScheduler, per_group
from optim.optimizer import Optimizer


class ReduceLROnPlateau(LRScheduler):
    """Multiply the rates by a factor when a metric has not improved for more than `patience` epochs.

        lr = max(lr · factor, min_lr)

    A value is an improvement on the best so far if

        mode "min"    value < best · (1 - threshold),  or with "abs": value < best - threshold
        mode "max"    value > best · (1 + threshold),  or with "abs": value > best + threshold

    nan is no improvement. For a metric that can be negative use "abs": there the bound of "rel" is on the wrong side.

    best, num_bad_epochs, cooldown_counter    the progress

    Args:      mode: "min" for a loss, "max" for an accuracy.
               factor: >= 0 and < 1.
               patience: how many bad epochs in a row change nothing yet, >= 0.
               threshold: what an improvement must exceed, >= 0.
               threshold_mode: "rel" or "abs".
               cooldown: the number of epochs after a reduction in which bad ones do not count, >= 0.
               min_lr: the lowest rate, one value or one for each group.
               eps: smaller changes are not made.
    Source:    PyTorch's rules.
    Example:
        >>> import nn, optim
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.5)
        >>> scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
        >>> for validation_loss in [1.0, 0.9, 0.9, 0.9]:
        ...     optimizer.step()
        ...     scheduler.step(validation_loss)
        >>> scheduler
        ReduceLROnPlateau(mode='min', factor=0.1, patience=1, best=0.9): epoch 4, lr 0.05
    """

    _may_be_none = ("default_min_lr",)
    _in_repr = ("mode", "factor", "patience", "best")

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        self.optimizer = self._check_optimizer(optimizer)
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.min_lrs = per_group("min_lr", optimizer, min_lr)
        self.eps = eps
        self.check()
        self.mode_worse = math.inf if mode == "min" else -math.inf
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0
        self.last_epoch = 0
        self._last_lr = self._current_lrs()

    def check(self) -> None:
        check_choice("mode", self.mode, "min", "max")
        check_range("factor", self.factor, low=0, high=1)
        check_whole("patience", self.patience, low=0)
        check_range("threshold", self.threshold, low=0)
        check_choice("threshold_mode", self.threshold_mode, "rel", "abs")
        check_whole("cooldown", self.cooldown, low=0)
        for value in self.min_lrs:
            check_range("min_lr", value, low=0)
        check_range("eps", self.eps, low=0)

    def check_progress(self) -> None:
        super().check_progress()
        check_whole("cooldown_counter", self.cooldown_counter, low=0)
        check_whole("num_bad_epochs", self.num_bad_epochs, low=0)
        if self.default_min_lr is not None:
            check_range("default_min_lr", self.default_min_lr, low=0)
        if self.mode_worse != (math.inf if self.mode == "min" else -math.inf):
            raise ArgumentError(f"mode_worse must be inf for mode 'min', -inf for 'max'; got {self.mode_worse!r}.")
        if math.isnan(self.best):
            raise ArgumentError("best must be a number; got nan.")

    @effect
    def step(self, metrics: Any, epoch: float | None = None) -> None:  # type: ignore[override]
        """Take the metric of the epoch that has ended, and reduce the rates if it is time.

        Args:      metrics: a number, or an array or Tensor of one.
                   epoch: the number of the epoch, if it is not one more than the last.
        """
        value = np.asarray(raw(metrics))
        if value.size != 1 or value.dtype.kind not in "fiu":
            raise ArgumentError(
                f"ReduceLROnPlateau.step takes one number, such as the validation loss; got {metrics!r:.60}."
            )
        current = float(value.reshape(()))
        bad = 0 if self._is_better(current) else self.num_bad_epochs + 1
        # This may raise, so it comes before any change.
        reduced = self._reduced_lrs() if bad > self.patience and not self.in_cooldown else None
        self.last_epoch = self.last_epoch + 1 if epoch is None else check_whole("epoch", epoch, low=0)
        if bad == 0:
            self.best = current
        self.num_bad_epochs = bad
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        elif reduced is not None:
            for group, lr in zip(self.optimizer.param_groups, reduced, strict=True):
                group["lr"] = lr
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self._current_lrs()

    @property
    def in_cooldown(self) -> bool:
        """Whether bad epochs do not count at present."""
        return self.cooldown_counter > 0

    def _is_better(self, value: float) -> bool:
        relative = self.threshold_mode == "rel"
        if self.mode == "min":
            return value < (self.best * (1.0 - self.threshold) if relative else self.best - self.threshold)
        return value > (self.best * (1.0 + self.threshold) if relative else self.best + self.threshold)

    def _reduced_lrs(self) -> list[Any]:
        groups = self.optimizer.param_groups
        if len(self.min_lrs) != len(groups):  # groups were added
            if self.default_min_lr is None:
                raise ArgumentError(
                    f"ReduceLROnPlateau has min_lr for {len(self.min_lrs)} groups, the optimizer has {len(groups)} "
                    "by now. Make the scheduler after add_param_group, or give min_lr as one value."
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        lowered = [max(group["lr"] * self.factor, lowest) for group, lowest in zip(groups, self.min_lrs, strict=True)]
        return [
            low if group["lr"] - low > self.eps else group["lr"] for group, low in zip(groups, lowered, strict=True)
        ]
