"""Schedules that fall along half a cosine: back and forth, or with restarts."""

from __future__ import annotations

import math

from autograd.errors import ArgumentError
from optim.checks import check_range, check_whole, is_number
from optim.lr_scheduler.scheduler import LRScheduler
from optim.optimizer import Optimizer


class CosineAnnealingLR(LRScheduler):
    """From the initial rate to eta_min along half a cosine in T_max epochs, then back again.

        lr_t = eta_min + (lr_0 - eta_min) · (1 + cos(π t / T_max)) / 2

    Each rate is computed from the one before, so that other schedulers can run as well; rounding errors add up.

    Args:      T_max: the epochs of the fall, >= 1.
               eta_min: the lowest rate, >= 0.
               last_epoch: see `LRScheduler`.
    Source:    Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5, without the restarts of
               `CosineAnnealingWarmRestarts`.
    Example:
        >>> import nn, optim
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.5)
        >>> scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=100)
        >>> for _ in range(50):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler
        CosineAnnealingLR(T_max=100, eta_min=0): epoch 50, lr 0.25
    """

    _in_repr = ("T_max", "eta_min")

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        check_whole("T_max", self.T_max, low=1)
        check_range("eta_min", self.eta_min, low=0)

    def get_lr(self) -> list[float]:
        t, lrs, lowest = self.last_epoch, self._current_lrs(), self.eta_min
        if self._is_initial:
            return lrs
        if (t - 1 - self.T_max) % (2 * self.T_max) == 0:  # the rate before is eta_min, which no factor could raise
            step = 1 - math.cos(math.pi / self.T_max)
            return [lr + (base - lowest) * step / 2 for lr, base in zip(lrs, self.base_lrs, strict=True)]
        ratio = (1 + math.cos(math.pi * t / self.T_max)) / (1 + math.cos(math.pi * (t - 1) / self.T_max))
        return [ratio * (lr - lowest) + lowest for lr in lrs]

    def _get_closed_form_lr(self) -> list[float]:
        height = 1 + math.cos(math.pi * self.last_epoch / self.T_max)
        return [self.eta_min + (lr - self.eta_min) * height / 2 for lr in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """From the initial rate to eta_min along half a cosine, then from the initial rate again, in ever longer cycles.

        lr_t = eta_min + (lr_0 - eta_min) · (1 + cos(π T_cur / T_i)) / 2

    with T_cur epochs since the last restart and cycles of T_i = T_0, T_0 · T_mult, T_0 · T_mult², … epochs. `step` also
    takes fractions of an epoch.

    Args:      T_0: the length of the first cycle, >= 1.
               T_mult: the factor from one cycle's length to the next, a whole number >= 1.
               eta_min: the lowest rate, >= 0.
               last_epoch: see `LRScheduler`. Its cycle is found; PyTorch assumes the first.
    Source:    Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5.
    Example:   after every batch, in fractions of an epoch
        >>> import nn, optim
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.5)
        >>> scheduler = optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=2)
        >>> for epoch in range(20):
        ...     for i in range(4):
        ...         optimizer.step()
        ...         scheduler.step(epoch + i / 4)
        >>> scheduler
        CosineAnnealingWarmRestarts(T_0=10, T_mult=2, eta_min=0): epoch 19, lr 0.259815
    """

    _in_repr = ("T_0", "T_mult", "eta_min")

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        check_whole("T_0", self.T_0, low=1)
        check_whole("T_mult", self.T_mult, low=1)
        check_range("eta_min", self.eta_min, low=0)

    def check_progress(self) -> None:
        super().check_progress()
        check_whole("T_i", self.T_i, low=1)
        check_range("T_cur", self.T_cur, low=-1, high=self.T_i)

    def get_lr(self) -> list[float]:
        height = 1 + math.cos(math.pi * self.T_cur / self.T_i)
        return [self.eta_min + (lr - self.eta_min) * height / 2 for lr in self.base_lrs]

    def _advance(self, epoch: float | None) -> list[float]:
        if epoch is None and (self._is_initial or self.last_epoch < 0):
            epoch = self.last_epoch + 1
        if epoch is not None:
            self._go_to(epoch)
            return self.get_lr()
        self.last_epoch += 1
        self.T_cur += 1
        if self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult
        return self.get_lr()

    def _go_to(self, epoch: float) -> None:
        """Set last_epoch, and T_cur and T_i of its cycle."""
        if not is_number(epoch) or not 0 <= epoch < math.inf:
            raise ArgumentError(f"epoch must be a number >= 0; got {epoch!r}.")
        self.last_epoch = math.floor(epoch)
        if self.T_mult == 1:
            self.T_cur, self.T_i = epoch % self.T_0, self.T_0
            return
        self.T_cur, self.T_i = epoch, self.T_0
        while self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult
