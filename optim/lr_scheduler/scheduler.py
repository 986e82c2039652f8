"""The base of every scheduler: it counts epochs and writes the subclass's learning rates into the groups."""

from __future__ import annotations

import copy
import math
import warnings
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

from autograd.errors import ArgumentError
from autograd.recorder import effect
from optim.checks import check_range, check_whole, is_number, kind_problems
from optim.optimizer import Optimizer

State = dict[str, Any]

ROUNDING = 1e-12  # a learning rate this little below 0 counts as 0


class LRScheduler:
    """Sets the learning rates of an optimizer's groups epoch by epoch. An epoch is whatever `step` is called after.

    optimizer    the optimizer; the "lr" of its groups is written
    base_lrs     the "initial_lr" of the groups: their lr when their first scheduler was made
    last_epoch   the epoch whose learning rates are set, counted from 0

    Making a scheduler sets the rates of epoch 0. To resume, therefore, make it first, then load the state of the
    optimizer and that of the scheduler. Without a state of the scheduler, load the optimizer's first and pass the last
    finished epoch as last_epoch: the schedule then continues from the rates in the optimizer's groups.

    A subclass defines `get_lr()`, the rates of self.last_epoch. It computes them from self.base_lrs, or from the
    present "lr" of the groups, so that several schedulers can work on one optimizer. A group that is added later starts
    from its own rate; a scheduler that was given settings for each group refuses it.

        >>> import nn, optim
        >>> class InverseSqrt(optim.lr_scheduler.LRScheduler):
        ...     def get_lr(self):
        ...         return [lr / (1 + self.last_epoch) ** 0.5 for lr in self.base_lrs]
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.6)
        >>> scheduler = InverseSqrt(optimizer)
        >>> for epoch in range(3):
        ...     optimizer.step()  # in place of an epoch of training
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [0.3]

    Args:      last_epoch: -1 starts the schedule.
    Raises:    ArgumentError for anything but an Optimizer, and for a last_epoch >= 0 if a group has no "initial_lr".
    """

    # The attributes that repr shows
    _in_repr: ClassVar[tuple[str, ...]] = ()
    # Whether groups may be added later: no setting is given for each group
    _allows_new_groups: ClassVar[bool] = True
    # The attributes that the subclass saves and restores itself
    _own_format: ClassVar[tuple[str, ...]] = ()
    _may_be_none: ClassVar[tuple[str, ...]] = ()  # settings that are a number or None
    optimizer: Optimizer
    base_lrs: list[float]
    last_epoch: int
    _last_lr: list[float]
    _step_count: int = 0
    _is_initial: bool = False  # whether the present step is that of the constructor

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = self._check_optimizer(optimizer)
        check_whole("last_epoch", last_epoch, low=-1)
        self.check()
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch != -1 and "initial_lr" not in group:
                raise ArgumentError(
                    f"{self._name} cannot continue after epoch {last_epoch}: group {i} has no 'initial_lr'. "
                    "Load the optimizer's state_dict of that time first, or give the group its 'initial_lr'."
                )
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    # What a subclass defines

    def check(self) -> None:
        """Raise ArgumentError for a setting out of range. It is called by the constructor and by `load_state_dict`."""

    def check_progress(self) -> None:
        """Raise ArgumentError for a progress that no scheduler comes to. It is called by `load_state_dict`."""
        check_range("last_epoch", self.last_epoch, low=-1)
        check_whole("_step_count", self._step_count, low=0)
        for rate in (*getattr(self, "base_lrs", ()), *self._last_lr):
            check_range("a learning rate", rate, low=0)

    def get_lr(self) -> list[float]:
        """The learning rates of self.last_epoch, one for each group. `get_last_lr()` gives those that were set last."""
        raise ArgumentError(f"{self._name} defines no get_lr().")

    def _get_closed_form_lr(self) -> list[float]:
        """The same, computed from self.base_lrs alone, for `step(epoch)`. Without such a form it is `get_lr()`."""
        return self.get_lr()

    # Stepping

    @effect
    def step(self, epoch: float | None = None) -> None:
        """Set the rates of the next epoch. Call it after the `optimizer.step()` calls of an epoch.

        Args:      epoch: go to this epoch instead. A schedule that is defined only by changes of the present rate
                   then makes one change.
        Raises:    ArgumentError for rates that are negative or not finite; then nothing is changed.
        """
        if self._step_count == 1 and not self._is_initial:
            self._warn_of_a_lost_epoch()
        before = self._step_count
        self._step_count += 1
        try:
            self._update_lr(epoch)
        except BaseException:
            self._step_count = before
            raise

    def get_last_lr(self) -> list[float]:
        """The learning rates that this scheduler set last, one for each group."""
        return list(self._last_lr)

    def _initial_step(self) -> None:
        """Set the rates of the first epoch."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def _begin(self) -> None:
        """Begin at epoch 0 in the middle of a `SequentialLR`."""
        self._step_count = 1
        self._update_lr(0)

    def _undo_initial_step(self) -> None:
        """Undo the count of the constructor's step: in a `SequentialLR` the scheduler starts later."""
        if self._step_count:  # in nested sequences this is called more than once
            self.last_epoch -= 1
            self._step_count = 0

    def _update_lr(self, epoch: float | None = None) -> None:
        before = dict(vars(self))
        try:
            self._add_new_groups()
            self._write(self._advance(epoch))
        except BaseException:
            vars(self).update(before)
            raise

    def _advance(self, epoch: float | None) -> list[float]:
        """Move last_epoch to the next epoch, or to the given one, and return its rates."""
        if epoch is None:
            self.last_epoch += 1
            return self.get_lr()
        self.last_epoch = check_whole("epoch", epoch, low=0)
        return self._get_closed_form_lr()

    def _add_new_groups(self) -> None:
        """Add the groups that are new in the optimizer; their present rate is their initial one."""
        known, groups = len(self.base_lrs), self.optimizer.param_groups
        if len(groups) > known and not self._allows_new_groups:
            raise ArgumentError(
                f"{self._name} was made for {known} groups, the optimizer has {len(groups)} by now. "
                "Make it after add_param_group."
            )
        added: list[Any] = [group.setdefault("initial_lr", group["lr"]) for group in groups[known:]]
        self.base_lrs = [*self.base_lrs, *added]

    def _write(self, values: list[float]) -> None:
        """Write the rates into the groups: all of them, or none if one is invalid."""
        groups = self.optimizer.param_groups
        if len(values) != len(groups):
            raise ArgumentError(
                f"{self._name} comes to {len(values)} learning rates for an optimizer of {len(groups)} groups."
            )
        rates = [self._valid_rate(i, value) for i, value in enumerate(values)]
        for group, rate in zip(groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = rates

    def _valid_rate(self, i: int, value: Any) -> Any:
        if not is_number(value) or not -ROUNDING <= value < math.inf:
            raise ArgumentError(
                f"{self._name} comes to lr = {value!r} in epoch {self.last_epoch} for group {i}; "
                "a learning rate is a finite number >= 0."
            )
        return max(value, 0.0) if value < 0 else value

    def _warn_of_a_lost_epoch(self) -> None:
        """Warn if there are gradients but the optimizer has not made a step yet."""
        waiting = any(p.grad is not None for group in self.optimizer.param_groups for p in group["params"])
        if waiting and not self.optimizer.has_stepped:
            warnings.warn(
                "scheduler.step() came before the first optimizer.step(): the first learning rate of the schedule is "
                "never used. Call optimizer.step() first.",
                UserWarning,
                stacklevel=4,
            )

    # Saving and restoring

    def state_dict(self) -> State:
        """A copy of everything but the optimizer, under PyTorch's names."""
        return {
            name: copy.deepcopy(value)
            for name, value in vars(self).items()
            if name not in ("optimizer", "_is_initial", *self._own_format)
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a state_dict of a scheduler of the same kind and number of groups.

        The rates themselves are in the optimizer's groups. Load the optimizer's state_dict, too.

        Raises:    ArgumentError, which lists everything that does not fit; then nothing is changed.
        """
        self.check_state_dict(state_dict)
        self._load(state_dict)

    def check_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Raise the ArgumentError that `load_state_dict` would raise, and change nothing."""
        problems = self._misfits(state_dict)
        if problems:
            lines = "\n  ".join(problems)
            raise ArgumentError(f"the state dict does not fit this {self._name}; nothing was loaded:\n  {lines}")

    def _misfits(self, state: Any) -> list[str]:
        """What does not fit in a state, as lines of the error."""
        if not isinstance(state, Mapping):
            return [f"it is a {type(state).__name__}, not a dict"]
        own = self.state_dict()
        problems = [f"it has no {name!r}" for name in own if name not in state]
        problems += [
            f"{name!r} is none of its settings"
            for name in state
            if name not in own and name[:1] != "_" and name != "verbose"
        ]
        checked = [name for name in own if name in state and name not in self._own_format]
        checked = [name for name in checked if state[name] is not None or name not in self._may_be_none]
        problems += [line for name in checked for line in kind_problems(name, own[name], state[name])]
        for name in () if problems else ("base_lrs", "_last_lr"):
            groups = len(self.optimizer.param_groups)
            if name in own and name in state and len(state[name]) != groups:
                problems.append(f"{name!r} has {len(state[name])} groups, the optimizer {groups}")
        if not problems:
            twin = copy.copy(self)
            vars(twin).update(self._settings_of(state))
            try:
                twin.check()
                twin.check_progress()
            except ArgumentError as error:
                problems.append(str(error))
        return problems

    def _load(self, state: Mapping[str, Any]) -> None:
        vars(self).update(self._settings_of(state))

    def _settings_of(self, state: Mapping[str, Any]) -> State:
        """The part of a state that becomes attributes unchanged."""
        own = self.state_dict()
        return {
            name: copy.deepcopy(value) for name, value in state.items() if name in own and name not in self._own_format
        }

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={_format_setting(getattr(self, name))}" for name in self._in_repr)
        rates = ", ".join(f"{float(lr):.6g}" for lr in self._last_lr)
        return f"{self._name}({settings}): epoch {self.last_epoch}, lr {rates}"

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _check_optimizer(self, optimizer: Any) -> Optimizer:
        if not isinstance(optimizer, Optimizer):
            raise ArgumentError(f"{self._name} takes an Optimizer first; got a {type(optimizer).__name__}.")
        return optimizer

    def _current_lrs(self) -> list[Any]:
        return [group["lr"] for group in self.optimizer.param_groups]


def per_group(name: str, optimizer: Any, value: Any) -> list[Any]:
    """A list of one value for each group, from one value for all or from such a list."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * groups
    if len(value) != groups:
        raise ArgumentError(
            f"{name} must be one value, or one a group; got {len(value)} for {groups} groups: {value!r}."
        )
    return list(value)


def _format_setting(value: Any) -> str:
    if isinstance(value, Counter):
        value = sorted(value.elements())
    if isinstance(value, list):
        return f"[{', '.join(map(_format_setting, value))}]"
    if callable(value):
        return getattr(value, "__name__", type(value).__name__)
    return f"{value:.6g}" if isinstance(value, float) else repr(value)
