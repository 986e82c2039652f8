"""SWALR: to a constant learning rate, at which weights are averaged."""

from __future__ import annotations

import math

from optim.checks import check_choice, check_range, check_whole
from optim.lr_scheduler.scheduler import LRScheduler, per_group
from optim.optimizer import Optimizer


class SWALR(LRScheduler):
    """From the present rate to swa_lr in anneal_epochs epochs, then constant: for `AveragedModel`.

        lr_t = swa_lr · a_t + lr · (1 - a_t)        a_t = (1 - cos(π s)) / 2, or s if linear
                                                    s = min(1, t / anneal_epochs)

    lr is the rate of the groups at the first `step`, so another scheduler may run until then.

    Args:      swa_lr: the final rate, one value or one for each group.
               anneal_epochs: the number of epochs until swa_lr is reached, >= 0.
               anneal_strategy: "cos" or "linear".
               last_epoch: see `LRScheduler`.
    Source:    Izmailov et al. 2018, arXiv:1803.05407.
    Example:
        >>> import nn, optim
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.5)
        >>> scheduler = optim.lr_scheduler.SWALR(optimizer, swa_lr=0.1, anneal_epochs=4, anneal_strategy="linear")
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler
        SWALR(anneal_epochs=4): epoch 1, lr 0.4
    """

    _in_repr = ("anneal_epochs",)
    _allows_new_groups = False

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        self.anneal_epochs = anneal_epochs
        self._anneal_strategy = anneal_strategy
        swa_lrs = per_group("swa_lr", self._check_optimizer(optimizer), swa_lr)
        for value in swa_lrs:
            check_range("swa_lr", value, low=0)
        self.check()
        for group, value in zip(optimizer.param_groups, swa_lrs, strict=True):
            group["swa_lr"] = value
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        check_whole("anneal_epochs", self.anneal_epochs, low=0)
        check_choice("anneal_strategy", self._anneal_strategy, "cos", "linear")

    def _share(self, step: int) -> float:
        """a_t after a number of steps: how much of the change to swa_lr is done."""
        s = max(0, min(1, step / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * s)) / 2 if self._anneal_strategy == "cos" else s

    def get_lr(self) -> list[float]:
        step = self._step_count - 1  # counted from when it was made, not from epoch 0
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        lrs = []
        for group in self.optimizer.param_groups:
            end = group["swa_lr"]
            start = end if before == 1 else (group["lr"] - before * end) / (1 - before)
            lrs.append(end * now + start * (1 - now))
        return lrs
