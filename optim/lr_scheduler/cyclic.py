"""CyclicLR: the learning rate goes up and down between two bounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from autograd.errors import ArgumentError
from autograd.options import check_flag
from optim.checks import check_choice, check_range, is_number
from optim.lr_scheduler.function import load_attributes, saved_attributes
from optim.lr_scheduler.momentum import set_momentum, uses_beta1
from optim.lr_scheduler.scheduler import LRScheduler, State, per_group
from optim.optimizer import Optimizer

MODES = ("triangular", "triangular2", "exp_range")


class CyclicLR(LRScheduler):
    """Linearly up from base_lr to max_lr and down again, over and over. Call `step` after every batch.

        lr_t = base_lr + (max_lr - base_lr) · height(t) · scale

    The height goes from 0 to 1 in step_size_up steps and back in step_size_down. The scale is

        triangular     1
        triangular2    1/2 per cycle: 1, 1/2, 1/4, …
        exp_range      gammaᵗ
        scale_fn       scale_fn(cycle), counted from 1, or scale_fn(t)

    The momentum (or first beta) goes the other way, from max_momentum to base_momentum and back.

    Args:      base_lr, max_lr: the bounds, one value or one for each group.
               step_size_up: steps from the lower to the upper bound, > 0.
               step_size_down: steps back, >= 0; None: as many as up.
               mode: how the amplitude changes; ignored if there is a scale_fn.
               gamma: the factor of exp_range, >= 0.
               scale_fn: a scale of your own.
               scale_mode: the argument of scale_fn, "cycle" or "iterations".
               cycle_momentum: change the momentum, too; then the optimizer must have one.
               base_momentum, max_momentum: its bounds in [0, 1), one value or one for each group.
               last_epoch: see `LRScheduler`.
    State:     a scale_fn that is a function is not saved; of a callable object its attributes are.
    Source:    Smith 2017, arXiv:1506.01186; momentum: Smith 2018, arXiv:1803.09820.
    Example:
        >>> import nn, optim
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.1, momentum=0.9)
        >>> scheduler = optim.lr_scheduler.CyclicLR(optimizer, base_lr=0.1, max_lr=0.5, step_size_up=4)
        >>> for _ in range(6):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler
        CyclicLR(base_lrs=[0.1], max_lrs=[0.5], mode='triangular'): epoch 6, lr 0.3
    """

    _in_repr = ("base_lrs", "max_lrs", "mode")
    _allows_new_groups = False
    _own_format = ("_scale_fn_custom",)

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_flag("cycle_momentum", cycle_momentum)
        self._check_optimizer(optimizer)
        check_range("step_size_up", step_size_up, low=0, low_open=True)
        if step_size_down is not None:
            check_range("step_size_down", step_size_down, low=0)
        up = float(step_size_up)
        self.base_lrs = per_group("base_lr", optimizer, base_lr)
        self.max_lrs = per_group("max_lr", optimizer, max_lr)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode
        if scale_fn is None:
            self.scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = uses_beta1(optimizer)
            self.base_momentums = per_group("base_momentum", optimizer, base_momentum)
            self.max_momentums = per_group("max_momentum", optimizer, max_momentum)
        self.check()
        base_lrs = self.base_lrs
        if last_epoch == -1:
            self._prepare(optimizer)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs  # not the "initial_lr" that another scheduler may have left, from which PyTorch starts
        self._write(self.get_lr())

    def check(self) -> None:
        if self._scale_fn_custom is None:
            check_choice("mode", self.mode, *MODES)
        elif not callable(self._scale_fn_custom):
            raise ArgumentError(f"scale_fn must be a function; got {self._scale_fn_custom!r}.")
        check_choice("scale_mode", self.scale_mode, "cycle", "iterations")
        check_range("gamma", self.gamma, low=0)
        for name, values in (("base_lr", self.base_lrs), ("max_lr", self.max_lrs)):
            for value in values:
                check_range(name, value, low=0)
        if self.cycle_momentum:
            for name, values in (("base_momentum", self.base_momentums), ("max_momentum", self.max_momentums)):
                for value in values:
                    check_range(name, value, low=0, high=1)

    def _prepare(self, optimizer: Optimizer) -> None:
        for i, group in enumerate(optimizer.param_groups):
            group.setdefault("initial_lr", self.base_lrs[i])
            if self.cycle_momentum:
                group["max_momentum"], group["base_momentum"] = self.max_momentums[i], self.base_momentums[i]

    def scale_fn(self, x: float) -> float:
        """The scale of the amplitude in cycle x, or after x steps if scale_mode is "iterations"."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        return 1 / 2.0 ** (x - 1) if self.mode == "triangular2" else float(self.gamma**x)

    def _amplitude(self) -> tuple[float, float]:
        """(height, scale) of self.last_epoch."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if not is_number(scale):
            raise ArgumentError(f"scale_fn must return a number; got {scale!r}.")
        return height, scale

    def get_lr(self) -> list[float]:
        height, scale = self._amplitude()
        return [base + (top - base) * height * scale for base, top in zip(self.base_lrs, self.max_lrs, strict=True)]

    def _write(self, values: list[float]) -> None:
        super()._write(values)
        if self.cycle_momentum:
            height, scale = self._amplitude()
            for group, base, top in zip(
                self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True
            ):
                set_momentum(group, top - (top - base) * height * scale, self.use_beta1)

    def check_progress(self) -> None:
        super().check_progress()
        check_range("total_size", self.total_size, low=0, low_open=True)
        check_range("step_ratio", self.step_ratio, low=0, high=1, low_open=True, high_closed=True)

    # Saving and restoring; a function is not saved

    def state_dict(self) -> State:
        return {**super().state_dict(), "_scale_fn_custom": saved_attributes(self._scale_fn_custom)}

    def _load(self, state: Mapping[str, Any]) -> None:
        super()._load(state)
        load_attributes(self._scale_fn_custom, state["_scale_fn_custom"])

    def _misfits(self, state: Any) -> list[str]:
        problems = super()._misfits(state)
        if problems or state["_scale_fn_custom"] is None:
            return problems
        if not isinstance(state["_scale_fn_custom"], Mapping):
            problems.append(f"'_scale_fn_custom' must be a dict or None; got {state['_scale_fn_custom']!r:.60}")
        elif not hasattr(self._scale_fn_custom, "__dict__"):
            problems.append("it was made with a scale_fn; give one to the constructor")
        return problems
