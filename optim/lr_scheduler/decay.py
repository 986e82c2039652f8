"""Schedules by a factor: in steps, for the first epochs, in every epoch, as a power."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from autograd.errors import ArgumentError
from optim.checks import check_range, check_whole
from optim.lr_scheduler.scheduler import LRScheduler, State
from optim.optimizer import Optimizer


class StepLR(LRScheduler):
    """Multiply by gamma every step_size epochs.

        lr_t = lr_0 · gamma^⌊t / step_size⌋

    Args:      step_size: >= 1.
               gamma: >= 0.
               last_epoch: see `LRScheduler`.
    Example:
        >>> import nn, optim
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.5)
        >>> scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=30)
        >>> for epoch in range(60):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler
        StepLR(step_size=30, gamma=0.1): epoch 60, lr 0.005
    """

    _in_repr = ("step_size", "gamma")

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        check_whole("step_size", self.step_size, low=1)
        check_range("gamma", self.gamma, low=0)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0 or self.last_epoch % self.step_size != 0:
            return self._current_lrs()
        return [lr * self.gamma for lr in self._current_lrs()]

    def _get_closed_form_lr(self) -> list[float]:
        return [lr * self.gamma ** (self.last_epoch // self.step_size) for lr in self.base_lrs]


class MultiStepLR(LRScheduler):
    """Multiply by gamma at each milestone.

        lr_t = lr_0 · gamma^(number of milestones <= t)

    Args:      milestones: epochs, in any order; one given twice counts twice.
               gamma: >= 0.
               last_epoch: see `LRScheduler`.
    Example:
        >>> import nn, optim
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.5)
        >>> scheduler = optim.lr_scheduler.MultiStepLR(optimizer, [30, 80])
        >>> scheduler.step(epoch=80)
        >>> scheduler
        MultiStepLR(milestones=[30, 80], gamma=0.1): epoch 80, lr 0.005
    """

    _in_repr = ("milestones", "gamma")

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        if not isinstance(milestones, Iterable):
            raise ArgumentError(f"milestones must be a list of epochs; got {milestones!r}.")
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        for milestone in self.milestones:
            check_whole("a milestone", milestone, low=0)
        check_range("gamma", self.gamma, low=0)

    def check_progress(self) -> None:
        super().check_progress()
        for times in self.milestones.values():
            check_whole("how often a milestone is named", times, low=1)

    def get_lr(self) -> list[float]:
        if self.last_epoch not in self.milestones:
            return self._current_lrs()
        return [lr * self.gamma ** self.milestones[self.last_epoch] for lr in self._current_lrs()]

    def _get_closed_form_lr(self) -> list[float]:
        return [lr * self.gamma ** bisect_right(self._sorted, self.last_epoch) for lr in self.base_lrs]

    @property
    def _sorted(self) -> list[int]:
        return sorted(self.milestones.elements())

    def _settings_of(self, state: Mapping[str, Any]) -> State:
        # A state that was saved to a file may have a dict in place of the Counter.
        return {**super()._settings_of(state), "milestones": Counter(state["milestones"])}


class ConstantLR(LRScheduler):
    """The initial rate times a factor for the first epochs.

        lr_t = lr_0 · factor        for t < total_iters, then lr_0

    Args:      factor: > 0 and <= 1. It is divided out again, so it cannot be 0.
               total_iters: >= 1.
               last_epoch: see `LRScheduler`.
    Example:
        >>> import nn, optim
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.5)
        >>> optim.lr_scheduler.ConstantLR(optimizer, factor=0.1)
        ConstantLR(factor=0.1, total_iters=5): epoch 0, lr 0.05
    """

    _in_repr = ("factor", "total_iters")

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        check_range("factor", self.factor, low=0, high=1, low_open=True, high_closed=True)
        check_whole("total_iters", self.total_iters, low=1)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0:
            return [lr * self.factor for lr in self._current_lrs()]
        if self.last_epoch != self.total_iters:
            return self._current_lrs()
        return [lr * (1.0 / self.factor) for lr in self._current_lrs()]

    def _get_closed_form_lr(self) -> list[float]:
        return [lr * (self.factor + (self.last_epoch >= self.total_iters) * (1 - self.factor)) for lr in self.base_lrs]


class LinearLR(LRScheduler):
    """The initial rate times a factor that changes linearly: the usual warm-up.

        lr_t = lr_0 · (start_factor + (end_factor - start_factor) · min(t, total_iters) / total_iters)

    Args:      start_factor: > 0 and <= 1.
               end_factor: >= 0 and <= 1.
               total_iters: the epoch at which end_factor is reached, >= 1.
               last_epoch: see `LRScheduler`.
    Example:
        >>> import nn, optim
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.5)
        >>> scheduler = optim.lr_scheduler.LinearLR(optimizer, start_factor=0.2, total_iters=4)
        >>> for _ in range(2):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler
        LinearLR(start_factor=0.2, end_factor=1, total_iters=4): epoch 2, lr 0.3
    """

    _in_repr = ("start_factor", "end_factor", "total_iters")

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        check_range("start_factor", self.start_factor, low=0, high=1, low_open=True, high_closed=True)
        check_range("end_factor", self.end_factor, low=0, high=1, high_closed=True)
        check_whole("total_iters", self.total_iters, low=1)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0:
            return [lr * self.start_factor for lr in self._current_lrs()]
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._current_lrs()
        rise = self.end_factor - self.start_factor
        ratio = 1.0 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)
        return [lr * ratio for lr in self._current_lrs()]

    def _get_closed_form_lr(self) -> list[float]:
        rise = self.end_factor - self.start_factor
        done = min(self.total_iters, self.last_epoch)
        return [lr * (self.start_factor + rise * done / self.total_iters) for lr in self.base_lrs]


class ExponentialLR(LRScheduler):
    """Multiply by gamma every epoch.

        lr_t = lr_0 · gammaᵗ

    Args:      gamma: >= 0; above 1 the rate grows.
               last_epoch: see `LRScheduler`.
    Example:
        >>> import nn, optim
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.5)
        >>> scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
        >>> scheduler.step()
        >>> scheduler
        ExponentialLR(gamma=0.5): epoch 1, lr 0.25
    """

    _in_repr = ("gamma",)

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        check_range("gamma", self.gamma, low=0)

    def get_lr(self) -> list[float]:
        return self._current_lrs() if self._is_initial else [lr * self.gamma for lr in self._current_lrs()]

    def _get_closed_form_lr(self) -> list[float]:
        return [lr * self.gamma**self.last_epoch for lr in self.base_lrs]


class PolynomialLR(LRScheduler):
    """Fall to 0 as a power of the remaining share of the epochs.

        lr_t = lr_0 · (1 - min(t, total_iters) / total_iters)^power

    Args:      total_iters: the epoch at which 0 is reached, >= 1.
               power: >= 0; 1 is a straight line.
               last_epoch: see `LRScheduler`.
    Example:
        >>> import nn, optim
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.5)
        >>> scheduler = optim.lr_scheduler.PolynomialLR(optimizer, total_iters=4)
        >>> scheduler.step()
        >>> scheduler
        PolynomialLR(total_iters=4, power=1): epoch 1, lr 0.375
    """

    _in_repr = ("total_iters", "power")

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        check_whole("total_iters", self.total_iters, low=1)
        check_range("power", self.power, low=0)

    def get_lr(self) -> list[float]:
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._current_lrs()
        remaining, before = 1.0 - self.last_epoch / self.total_iters, 1.0 - (self.last_epoch - 1) / self.total_iters
        ratio: Any = (remaining / before) ** self.power
        return [lr * ratio for lr in self._current_lrs()]

    def _get_closed_form_lr(self) -> list[float]:
        remaining: Any = (1.0 - min(self.total_iters, self.last_epoch) / self.total_iters) ** self.power
        return [lr * remaining for lr in self.base_lrs]
