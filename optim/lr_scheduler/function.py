"""Schedules by a function of the user's: a factor of the initial rate, or of the rate before."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd.errors import ArgumentError
from optim.lr_scheduler.scheduler import LRScheduler, State, per_group
from optim.optimizer import Optimizer

Factor = Callable[[int], float]


class _ByFunction(LRScheduler):
    _in_repr = ("lr_lambdas",)
    _allows_new_groups = False
    _own_format = ("lr_lambdas",)

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | Sequence[Factor], last_epoch: int = -1) -> None:
        self.lr_lambdas: list[Factor] = per_group("lr_lambda", self._check_optimizer(optimizer), lr_lambda)
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        for f in self.lr_lambdas:
            if not callable(f):
                raise ArgumentError(f"lr_lambda must be a function of the epoch, or a list of one a group; got {f!r}.")

    def state_dict(self) -> State:
        """Everything but the optimizer. Functions are not saved; of other callable objects the attributes are."""
        return {**super().state_dict(), "lr_lambdas": [saved_attributes(f) for f in self.lr_lambdas]}

    def _misfits(self, state: Any) -> list[str]:
        problems = super()._misfits(state)
        if problems:
            return problems
        parts = state["lr_lambdas"]
        if not isinstance(parts, (list, tuple)) or not all(part is None or isinstance(part, Mapping) for part in parts):
            problems.append(f"'lr_lambdas' must be a list of dicts or None; got {parts!r:.60}")
        elif len(parts) != len(self.lr_lambdas):
            problems.append(f"'lr_lambdas' has {len(state['lr_lambdas'])} functions, not {len(self.lr_lambdas)}")
        return problems

    def _load(self, state: Mapping[str, Any]) -> None:
        super()._load(state)
        for f, attributes in zip(self.lr_lambdas, state["lr_lambdas"], strict=True):
            load_attributes(f, attributes)


class LambdaLR(_ByFunction):
    """The initial rate times a function of the epoch.

        lr_t = lr_0 · f(t)

    Args:      lr_lambda: f, or a list with one for each group.
               last_epoch: see `LRScheduler`.
    State:     functions are not saved; of callable objects the attributes are.
    Example:
        >>> import nn, optim
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.1)
        >>> scheduler = optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
        >>> for _ in range(3):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [0.025]
    """

    def get_lr(self) -> list[float]:
        return [base * f(self.last_epoch) for base, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class MultiplicativeLR(_ByFunction):
    """The rate before times a function of the epoch.

        lr_t = lr_{t-1} · f(t)        for t >= 1

    Args, State: those of `LambdaLR`.
    Example:
        >>> import nn, optim
        >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.8)
        >>> scheduler = optim.lr_scheduler.MultiplicativeLR(optimizer, lambda epoch: 0.5)
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.4]
    """

    def get_lr(self) -> list[float]:
        lrs = self._current_lrs()
        if self._is_initial:
            return lrs
        return [lr * f(self.last_epoch) for lr, f in zip(lrs, self.lr_lambdas, strict=True)]


def saved_attributes(f: Any) -> dict[str, Any] | None:
    """A copy of a callable object's attributes; None for a function, because a state cannot hold code."""
    if f is None or isinstance(f, (types.FunctionType, types.MethodType, types.BuiltinFunctionType)):
        return None
    return copy.deepcopy(getattr(f, "__dict__", None))


def load_attributes(f: Any, attributes: Mapping[str, Any] | None) -> None:
    """Give a callable object the attributes that were saved."""
    if attributes is not None:
        vars(f).update(copy.deepcopy(dict(attributes)))
