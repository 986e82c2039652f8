"""OneCycleLR: one rise and one fall over the whole training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from autograd.errors import ArgumentError
from autograd.options import check_flag
from optim.checks import check_choice, check_range, check_whole
from optim.lr_scheduler.momentum import set_momentum, uses_beta1
from optim.lr_scheduler.scheduler import LRScheduler, State, per_group
from optim.optimizer import Optimizer


class OneCycleLR(LRScheduler):
    """Up from max_lr / div_factor to max_lr, then down again to almost 0. Call `step` after every batch.

        steps 0 … pct_start · total_steps - 1    from initial_lr = max_lr / div_factor up to max_lr
        … total_steps - 1                        down to min_lr = initial_lr / final_div_factor

    With three_phase the fall back to initial_lr takes as long as the rise, and the remaining steps go down to min_lr.
    The momentum (or first beta) goes from max_momentum down to base_momentum while the rate rises, and back while it
    falls.

    Args:      max_lr: the highest rate, one value or one for each group.
               total_steps: the number of batches in the whole training.
               epochs, steps_per_epoch: two factors of total_steps, instead of it.
               pct_start: the share of the steps in which the rate rises, 0 to 1 (with three_phase at most 0.5).
               anneal_strategy: "cos" or "linear".
               cycle_momentum: change the momentum, too; then the optimizer must have one.
               base_momentum, max_momentum: its bounds in [0, 1), one value or one for each group.
               div_factor, final_div_factor: > 0.
               last_epoch: see `LRScheduler`.
    Raises:    ArgumentError when stepped more than total_steps times. The last of these steps, which a loop makes after
               its last batch, stays at min_lr. PyTorch overshoots there; with "linear" the rate becomes negative.
    Source:    Smith & Topin 2018, arXiv:1708.07120; two phases as in fast.ai.
    Example:
        >>> import nn, optim
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.1, momentum=0.9)
        >>> scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.5, epochs=2, steps_per_epoch=10)
        >>> scheduler
        OneCycleLR(total_steps=20): epoch 0, lr 0.02
        >>> for _ in range(5):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler
        OneCycleLR(total_steps=20): epoch 5, lr 0.5
    """

    _in_repr = ("total_steps",)
    _allows_new_groups = False

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_flag("cycle_momentum", cycle_momentum)
        check_flag("three_phase", three_phase)
        self._check_optimizer(optimizer)
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        check_range("pct_start", pct_start, low=0, high=0.5 if three_phase else 1, high_closed=True)
        check_range("div_factor", div_factor, low=0, low_open=True)
        check_range("final_div_factor", final_div_factor, low=0, low_open=True)
        self._schedule_phases = _phases(pct_start, self.total_steps, three_phase)
        self._anneal_func_type = anneal_strategy
        self.cycle_momentum = cycle_momentum
        max_lrs = per_group("max_lr", optimizer, max_lr)
        for value in max_lrs:
            check_range("max_lr", value, low=0)
        if cycle_momentum:
            self.use_beta1 = uses_beta1(optimizer)
            bounds = [
                per_group("base_momentum", optimizer, base_momentum),
                per_group("max_momentum", optimizer, max_momentum),
            ]
            for name, values in zip(("base_momentum", "max_momentum"), bounds, strict=True):
                for value in values:
                    check_range(name, value, low=0, high=1)
        self.check()
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group["initial_lr"] = max_lrs[i] / div_factor
                group["max_lr"] = max_lrs[i]
                group["min_lr"] = group["initial_lr"] / final_div_factor
                if cycle_momentum:
                    group["base_momentum"], group["max_momentum"] = bounds[0][i], bounds[1][i]
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        check_whole("total_steps", self.total_steps, low=1)
        check_choice("anneal_strategy", self._anneal_func_type, "cos", "linear")

    def check_progress(self) -> None:
        super().check_progress()
        if not self._schedule_phases or any(phase.keys() != _PHASE for phase in self._schedule_phases):
            raise ArgumentError(f"a phase has {', '.join(sorted(_PHASE))}; got {self._schedule_phases!r:.200}.")
        for phase in self._schedule_phases:
            check_range("end_step", phase["end_step"], low=-2, high=self.total_steps)
            for name in ("start_lr", "end_lr"):
                check_choice(name, phase[name], "initial_lr", "max_lr", "min_lr")
            for name in ("start_momentum", "end_momentum"):
                check_choice(name, phase[name], "base_momentum", "max_momentum")

    def _interpolate(self, group: Mapping[str, Any], what: str) -> float:
        """The "lr" or "momentum" of a group in self.last_epoch."""
        t, start_step = self.last_epoch, 0.0
        for phase in self._schedule_phases:
            if t <= phase["end_step"]:
                break
            start_step = phase["end_step"]
        else:
            phase = self._schedule_phases[-1]
            start_step = phase["end_step"]
        length = phase["end_step"] - start_step
        share = (t - start_step) / length if length else 1.0  # no length: an empty phase, or past the last one
        start, end = group[phase[f"start_{what}"]], group[phase[f"end_{what}"]]
        if self._anneal_func_type == "linear":
            return float((end - start) * share + start)
        return float(end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1))

    def get_lr(self) -> list[float]:
        if self.last_epoch > self.total_steps:
            raise ArgumentError(
                f"OneCycleLR was made for {self.total_steps} steps; this is step {self.last_epoch}. "
                "Give it the batches of the whole training."
            )
        return [self._interpolate(group, "lr") for group in self.optimizer.param_groups]

    def _write(self, values: list[float]) -> None:
        super()._write(values)
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                set_momentum(group, self._interpolate(group, "momentum"), self.use_beta1)


def _total(total_steps: Any, epochs: Any, steps_per_epoch: Any) -> int:
    if total_steps is not None:
        return int(check_whole("total_steps", total_steps, low=1))
    if epochs is None or steps_per_epoch is None:
        raise ArgumentError(
            f"OneCycleLR needs total_steps, or epochs and steps_per_epoch; "
            f"got epochs={epochs!r}, steps_per_epoch={steps_per_epoch!r}."
        )
    return int(check_whole("epochs", epochs, low=1) * check_whole("steps_per_epoch", steps_per_epoch, low=1))


def _phases(pct_start: float, total_steps: int, three_phase: bool) -> list[State]:
    """The parts of the cycle: the step at which each ends, and the settings of a group between which it goes."""
    rise = _phase(float(pct_start * total_steps) - 1, "initial_lr", "max_lr", "max_momentum", "base_momentum")
    if not three_phase:
        return [rise, _phase(total_steps - 1, "max_lr", "min_lr", "base_momentum", "max_momentum")]
    fall = _phase(float(2 * pct_start * total_steps) - 2, "max_lr", "initial_lr", "base_momentum", "max_momentum")
    return [rise, fall, _phase(total_steps - 1, "initial_lr", "min_lr", "max_momentum", "max_momentum")]


_PHASE = {"end_step", "start_lr", "end_lr", "start_momentum", "end_momentum"}


def _phase(end_step: float, start_lr: str, end_lr: str, start_momentum: str, end_momentum: str) -> State:
    return {
        "end_step": end_step, "start_lr": start_lr, "end_lr": end_lr, "start_momentum": start_momentum,
        "end_momentum": end_momentum,
    }  # fmt: skip
