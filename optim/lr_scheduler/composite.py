"""Combinations of schedulers: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from autograd.errors import ArgumentError
from autograd.recorder import effect
from optim.checks import check_whole
from optim.lr_scheduler.plateau import ReduceLROnPlateau
from optim.lr_scheduler.scheduler import LRScheduler, State
from optim.optimizer import Optimizer


class _Composite(LRScheduler):
    """A scheduler that consists of others, `_schedulers`, for the same optimizer."""

    _own_format = ("_schedulers",)
    _schedulers: list[LRScheduler]

    def _check_schedulers(self, schedulers: Any, optimizer: Any) -> list[LRScheduler]:
        if not isinstance(schedulers, (list, tuple)) or not schedulers:
            raise ArgumentError(f"{self._name} takes a list of at least one scheduler; got {schedulers!r}.")
        for i, scheduler in enumerate(schedulers):
            if not isinstance(scheduler, LRScheduler):
                raise ArgumentError(f"{self._name} takes schedulers; number {i} is a {type(scheduler).__name__}.")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ArgumentError(
                    f"{self._name} cannot hold a ReduceLROnPlateau (number {i}), whose step() needs a metric. "
                    "Step it beside."
                )
            if optimizer is not None and scheduler.optimizer is not optimizer:
                raise ArgumentError(
                    f"{self._name} works on one optimizer; scheduler {i}, a {scheduler._name}, has another."
                )
        if len(set(map(id, schedulers))) != len(schedulers):
            raise ArgumentError(
                f"{self._name} holds one scheduler twice: it would be stepped twice. Make another like it."
            )
        return list(schedulers)

    def _reset(self) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = group.setdefault("initial_lr", group["lr"])

    def _undo_initial_step(self) -> None:
        for scheduler in self._schedulers:
            scheduler._undo_initial_step()

    # Saving and restoring: all schedulers, or none

    def state_dict(self) -> State:
        return {**super().state_dict(), "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def _misfits(self, state: Any) -> list[str]:
        problems = super()._misfits(state)
        if problems:
            return problems
        parts = state["_schedulers"]
        if not isinstance(parts, (list, tuple)):
            return [f"'_schedulers' must be a list of states; got {parts!r:.60}"]
        if len(parts) != len(self._schedulers):
            return [f"it has {len(parts)} schedulers, not {len(self._schedulers)}"]
        for i, (scheduler, part) in enumerate(zip(self._schedulers, parts, strict=True)):
            problems += [f"scheduler {i}, {scheduler._name}: {problem}" for problem in scheduler._misfits(part)]
        return problems

    def _load(self, state: Mapping[str, Any]) -> None:
        super()._load(state)
        for scheduler, part in zip(self._schedulers, state["_schedulers"], strict=True):
            scheduler._load(part)

    def _titles(self) -> list[str]:
        return ["" for _ in self._schedulers]

    def __repr__(self) -> str:
        parts = [title + repr(scheduler) for title, scheduler in zip(self._titles(), self._schedulers, strict=True)]
        lines = "\n".join(parts).replace("\n", "\n  ")
        return f"{self._name}(\n  {lines}\n)"


class SequentialLR(_Composite):
    """One scheduler after the other: number i starts at milestone i - 1, with its epoch 0.

    Args:      schedulers: all for this optimizer, composite ones too, except ReduceLROnPlateau.
               milestones: epochs, in increasing order, one fewer than the schedulers.
               last_epoch: see `LRScheduler`.
    Example:   five epochs of warm-up, then a cosine
        >>> import nn, optim
        >>> from optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.5)
        >>> warm_up, cosine = LinearLR(optimizer, 0.1, total_iters=5), CosineAnnealingLR(optimizer, T_max=95)
        >>> scheduler = SequentialLR(optimizer, [warm_up, cosine], milestones=[5])
        >>> for epoch in range(100):
        ...     optimizer.step()
        ...     scheduler.step()
        ...     if epoch in (0, 4):
        ...         print(f"{scheduler.get_last_lr()[0]:.3f}")
        0.140
        0.500
        >>> scheduler
        SequentialLR(
          from 0: LinearLR(start_factor=0.1, end_factor=1, total_iters=5): epoch 4, lr 0.41
          from 5: CosineAnnealingLR(T_max=95, eta_min=0): epoch 95, lr 0
        )
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int], last_epoch: int = -1
    ) -> None:
        self.optimizer = self._check_optimizer(optimizer)
        self._schedulers = self._check_schedulers(schedulers, optimizer)
        self._milestones = list(milestones)
        check_whole("last_epoch", last_epoch, low=-1)
        self.check()
        self._reset()
        self._undo_initial_step()
        self._initial_step()
        self.last_epoch = last_epoch + 1

    def check(self) -> None:
        for milestone in self._milestones:
            check_whole("a milestone", milestone, low=0)
        if len(self._milestones) != len(self._schedulers) - 1 or any(b <= a for a, b in pairwise(self._milestones)):
            raise ArgumentError(
                f"milestones must be one less than the {len(self._schedulers)} schedulers, "
                f"each later than the one before; got {self._milestones!r}."
            )

    @effect
    def step(self, epoch: float | None = None) -> None:
        """Set the rates of the next epoch."""
        if epoch is not None:
            raise ArgumentError(f"SequentialLR goes on epoch by epoch: step() without a number; got {epoch!r}.")
        after = self.last_epoch + 1
        i = bisect_right(self._milestones, after)
        scheduler = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == after:
            scheduler._begin()
        else:
            scheduler.step()
        self.last_epoch = after
        self._last_lr = scheduler.get_last_lr()

    def _initial_step(self) -> None:
        self.last_epoch = 0
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def _begin(self) -> None:
        self._reset()
        self._initial_step()

    def _titles(self) -> list[str]:
        return [f"from {milestone}: " for milestone in [0, *self._milestones]]


class ChainedScheduler(_Composite):
    """Several schedulers at once. Each changes the rate that the one before it has set.

    Args:      schedulers: all for one optimizer. One that computes the rate from the initial one, such as `LambdaLR`,
               must be the first.
               optimizer: their optimizer; None takes that of the first scheduler.
    Example:   a slow start and a decay
        >>> import nn, optim
        >>> from optim.lr_scheduler import ChainedScheduler, ConstantLR, ExponentialLR
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=1.0)
        >>> scheduler = ChainedScheduler([ConstantLR(optimizer, 0.1, total_iters=2), ExponentialLR(optimizer, 0.5)])
        >>> rates = scheduler.get_last_lr()
        >>> for _ in range(3):
        ...     optimizer.step()
        ...     scheduler.step()
        ...     rates += scheduler.get_last_lr()
        >>> rates
        [0.1, 0.05, 0.25, 0.125]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self._schedulers = self._check_schedulers(schedulers, None)
        self.optimizer = self._schedulers[0].optimizer if optimizer is None else self._check_optimizer(optimizer)
        self._check_schedulers(schedulers, self.optimizer)
        self._last_lr = self._current_lrs()

    @property
    def last_epoch(self) -> int:  # type: ignore[override]
        """The epoch of the first scheduler."""
        return self._schedulers[0].last_epoch

    @effect
    def step(self, epoch: float | None = None) -> None:
        """Step all schedulers, in their order."""
        if epoch is not None:
            raise ArgumentError(f"ChainedScheduler goes on epoch by epoch: step() without a number; got {epoch!r}.")
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._current_lrs()

    def _initial_step(self) -> None:
        for scheduler in self._schedulers:
            scheduler._initial_step()
        self._last_lr = self._current_lrs()

    def _begin(self) -> None:
        """Let every scheduler change the rate as at its epoch 0."""
        self._reset()
        self._initial_step()
