"""The base of every scheduler: it counts epochs, asks the subclass for the learning rates, and writes them into the groups."""

from __future__ import annotations

import copy
import math
import warnings
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from autograd.errors import ArgumentError
from optim.optimizer import Optimizer

State = dict[str, Any]

ROUNDING = 1e-12  # a learning rate this little below 0 is a 0 with a rounding error


class LRScheduler:
    """Sets the learning rates of an optimizer, one value a group and epoch ("epoch" is whatever `step` is called after).

    optimizer    whose groups' "lr" it writes
    base_lrs     the "initial_lr" of the groups: their lr when their first scheduler was made
    last_epoch   the epoch whose learning rates are set, counted from 0

    Making a scheduler sets the rates of epoch 0, so make it before `optimizer.load_state_dict` when you resume. Then
    load its own state with `load_state_dict`; without one, give the number of the last epoch done as last_epoch to
    continue from what the optimizer's groups hold.

    A subclass gives `get_lr()`: the rates of self.last_epoch, either from self.base_lrs alone or, so that several
    schedulers work on one optimizer at a time, as changes of the groups' present "lr". A group that is added later
    starts from its own rate, except where a scheduler was given settings for each group.

        >>> import nn, optim
        >>> class InverseSqrt(optim.lr_scheduler.LRScheduler):
        ...     def get_lr(self):
        ...         return [lr / (1 + self.last_epoch) ** 0.5 for lr in self.base_lrs]
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.6)
        >>> scheduler = InverseSqrt(optimizer)
        >>> for epoch in range(3):
        ...     optimizer.step()  # train for an epoch, and then:
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [0.3]

    Args:      last_epoch: -1 begins anew.
    Raises:    ArgumentError for what is no Optimizer, and for a last_epoch >= 0 with groups that have no "initial_lr".
    """

    _in_repr: ClassVar[tuple[str, ...]] = ()  # the attributes that repr shows
    _takes_in_groups: ClassVar[bool] = True  # whether it needs nothing of its own for a group that is added later
    _apart: ClassVar[tuple[str, ...]] = ()  # the attributes that a subclass saves and restores in its own way
    optimizer: Optimizer
    base_lrs: list[float]
    last_epoch: int
    _last_lr: list[float]
    _step_count: int = 0
    _is_initial: bool = False  # whether this is the step that the constructor takes

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = self._checked_optimizer(optimizer)
        check_whole("last_epoch", last_epoch, low=-1)
        self.check()
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch != -1 and "initial_lr" not in group:
                raise ArgumentError(
                    f"{self._name} cannot continue after epoch {last_epoch}: group {i} has no 'initial_lr'. Load the optimizer's "
                    "state_dict of that time first, or give the group its 'initial_lr'."
                )
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    # What a subclass says

    def check(self) -> None:
        """Raise ArgumentError for a setting out of range: when the scheduler is made, and when a state is loaded."""

    def get_lr(self) -> list[float]:
        """The learning rates of self.last_epoch, one a group. What was set last is `get_last_lr()`."""
        raise ArgumentError(f"{self._name} defines no get_lr().")

    def _get_closed_form_lr(self) -> list[float]:
        """The same without looking at the groups' present rates, where there is such a form: what `step(epoch)` sets."""
        return self.get_lr()

    # What it does

    def step(self, epoch: float | None = None) -> None:
        """Go on to the next epoch: call it after the epoch's `optimizer.step()` calls.

        Args:      epoch: go there instead; the schedules that change the present rate, and have no form without it,
                   then change it once.
        Raises:    ArgumentError for rates that are negative or not finite; then nothing was changed.
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
        """The learning rates that this scheduler set last, one a group."""
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
        """Forget that the constructor took a step: a `SequentialLR` will say when it is to begin."""
        if self._step_count:  # it may be forgotten twice, in a sequence within a sequence
            self.last_epoch -= 1
            self._step_count = 0

    def _update_lr(self, epoch: float | None = None) -> None:
        before = dict(vars(self))
        try:
            self._take_in_groups()
            self._set(self._advance(epoch))
        except BaseException:
            vars(self).update(before)
            raise

    def _advance(self, epoch: float | None) -> list[float]:
        """The rates of the next epoch, or of a given one, which becomes the last."""
        if epoch is None:
            self.last_epoch += 1
            return self.get_lr()
        self.last_epoch = check_whole("epoch", epoch, low=0)
        return self._get_closed_form_lr()

    def _take_in_groups(self) -> None:
        """Groups that were added since: the rate they came with is their first."""
        known, groups = len(self.base_lrs), self.optimizer.param_groups
        if len(groups) > known and not self._takes_in_groups:
            raise ArgumentError(
                f"{self._name} was made for {known} groups, the optimizer has {len(groups)} by now. Make it after add_param_group."
            )
        added: list[Any] = [group.setdefault("initial_lr", group["lr"]) for group in groups[known:]]
        self.base_lrs = [*self.base_lrs, *added]

    def _set(self, values: list[float]) -> None:
        """Write the rates into the groups: all, or none if one is wrong."""
        groups = self.optimizer.param_groups
        if len(values) != len(groups):
            raise ArgumentError(
                f"{self._name} comes to {len(values)} learning rates for an optimizer of {len(groups)} groups."
            )
        checked = [self._checked(i, value) for i, value in enumerate(values)]
        for group, value in zip(groups, checked, strict=True):
            group["lr"] = value
        self._last_lr = checked

    def _checked(self, i: int, value: Any) -> Any:
        if not is_number(value) or not -ROUNDING <= value < math.inf:
            raise ArgumentError(
                f"{self._name} comes to lr = {value!r} in epoch {self.last_epoch} for group {i}; a learning rate is a finite number >= 0."
            )
        return max(value, 0.0) if value < 0 else value

    def _warn_of_a_lost_epoch(self) -> None:
        """Warn if gradients wait for an optimizer that has not made a step yet."""
        waiting = any(p.grad is not None for group in self.optimizer.param_groups for p in group["params"])
        if waiting and not self.optimizer.state:
            message = "scheduler.step() came before the first optimizer.step(): the first learning rate of the schedule is never used."
            warnings.warn(f"{message} Call optimizer.step() first.", UserWarning, stacklevel=3)

    # Saving and restoring

    def state_dict(self) -> State:
        """Everything but the optimizer, copied, under PyTorch's names."""
        return {
            name: copy.deepcopy(value)
            for name, value in vars(self).items()
            if name not in ("optimizer", "_is_initial", *self._apart)
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a state_dict of a scheduler of the same kind, over as many groups.

        The rates themselves are in the groups, and so in the optimizer's state_dict: load that too.

        Raises:    ArgumentError, which lists everything that does not fit; then nothing was changed.
        """
        problems = self._misfits(state_dict)
        if problems:
            lines = "\n  ".join(problems)
            raise ArgumentError(f"the state dict does not fit this {self._name}; nothing was loaded:\n  {lines}")
        self._load(state_dict)

    def _misfits(self, state: Any) -> list[str]:
        """What of the state does not fit, each a line."""
        if not isinstance(state, Mapping):
            return [f"it is a {type(state).__name__}, not a dict"]
        own = self.state_dict()
        problems = [f"it has no {name!r}" for name in own if name not in state]
        problems += [
            f"{name!r} is none of its settings"
            for name in state
            if name not in own and name[:1] != "_" and name != "verbose"
        ]
        for name in ("base_lrs", "_last_lr"):
            groups = len(self.optimizer.param_groups)
            if name in own and name in state and len(state[name]) != groups:
                problems.append(f"{name!r} has {len(state[name])} groups, the optimizer {groups}")
        if not problems:
            twin = copy.copy(self)
            vars(twin).update(self._settings_of(state))
            try:
                twin.check()
            except ArgumentError as error:
                problems.append(str(error))
        return problems

    def _load(self, state: Mapping[str, Any]) -> None:
        vars(self).update(self._settings_of(state))

    def _settings_of(self, state: Mapping[str, Any]) -> State:
        """What of a state becomes attributes as it is."""
        own = self.state_dict()
        return {name: copy.deepcopy(value) for name, value in state.items() if name in own and name not in self._apart}

    # How it looks

    def __repr__(self) -> str:
        shown = [f"{name}={_shown(getattr(self, name))}" for name in self._in_repr]
        return f"{self._name}({', '.join(shown)}): epoch {self.last_epoch}, lr {', '.join(f'{float(lr):.6g}' for lr in self._last_lr)}"

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _checked_optimizer(self, optimizer: Any) -> Optimizer:
        if not isinstance(optimizer, Optimizer):
            raise ArgumentError(f"{self._name} takes an Optimizer first; got a {type(optimizer).__name__}.")
        return optimizer

    def _lrs(self) -> list[Any]:
        return [group["lr"] for group in self.optimizer.param_groups]


def per_group(name: str, optimizer: Any, value: Any) -> list[Any]:
    """A value for each group: the one given, or one after the other of a list."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * groups
    if len(value) != groups:
        raise ArgumentError(
            f"{name} must be one value, or one a group; got {len(value)} for {groups} groups: {value!r}."
        )
    return list(value)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, (bool, np.bool_))


def check_whole(name: str, value: Any, low: int) -> int:
    """The value if it is a whole number >= low; else an ArgumentError that says so."""
    if not is_number(value) or value != value // 1 or value < low or value == math.inf:
        raise ArgumentError(f"{name} must be a whole number >= {low}; got {value!r}.")
    return value  # type: ignore[no-any-return]


def check_choice(name: str, value: Any, *choices: str) -> None:
    """Raise ArgumentError unless the value is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise ArgumentError(f"{name} must be {' or '.join(map(repr, choices))}; got {value!r}.")


def _shown(value: Any) -> str:
    if isinstance(value, Counter):
        value = sorted(value.elements())
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    if callable(value):
        return getattr(value, "__name__", type(value).__name__)
    return f"{value:.6g}" if isinstance(value, float) else repr(value)
