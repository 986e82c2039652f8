"""Optimizers, schedulers and their kin: objects with settings that change, and whose step a replay calls as it is."""

from __future__ import annotations

import functools
from typing import Any

from autograd.engine.origin import user_line
from autograd.errors import CaptureError
from autograd.recorder import is_effect

SIMPLE = (bool, int, float, complex, str, bytes, type(None))  # settings that are compared by value


@functools.lru_cache(maxsize=256)
def _steps(kind: type) -> bool:
    return any(is_effect(function) for one in kind.__mro__ for function in vars(one).values())


def is_stepper(x: Any) -> bool:
    """Whether a method of the object is decorated by `effect`."""
    kind: Any = type(x)
    return _steps(kind)


def unread(steppers: list[Any], names: set[str]) -> list[Any]:
    """Those whose settings are looked at by their own step alone, as far as the names in the user's code tell.

    Args:  names: which the code mentions, attributes included.
    """
    return [x for x in steppers if not names & {"get_last_lr", "state_dict", *_settings(x)}]


def _settings(x: Any) -> list[str]:
    values = {name: value for name, value in vars(x).items() if name[0] != "_" and name != "param_groups"}
    return [name for name, value in values.items() if isinstance(value, (*SIMPLE, list, dict))]


class Watch:
    """Stands in for the groups of hyperparameters while a step is recorded: notes what is read, refuses what is set."""

    def __init__(self, steppers: list[Any]) -> None:
        lists = [getattr(x, "param_groups", None) for x in steppers]
        self._lists = [groups for groups in lists if type(groups) is list and all([type(g) is dict for g in groups])]
        self._real = [list(groups) for groups in self._lists]
        self.read: list[tuple[dict[str, Any], str]] = []  # (a group, a name in it) whose value the step has looked at

    def begin(self) -> None:
        """Put the stands in the place of the groups."""
        self._real = [list(groups) for groups in self._lists]
        for groups in self._lists:
            groups[:] = [_Group(g, self.read) for g in groups]

    def end(self) -> None:
        """Put the groups back."""
        for groups, real in zip(self._lists, self._real, strict=True):
            groups[:] = real


class _Group(dict[str, Any]):
    """A copy of a group."""

    def __init__(self, real: dict[str, Any], read: list[tuple[dict[str, Any], str]]) -> None:
        super().__init__(real)
        self.real, self.noted = real, read

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if isinstance(value, SIMPLE):
            self.noted.append((self.real, name))
        return value

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default  # noqa: SIM401  this is `get`

    def __setitem__(self, name: str, value: Any) -> None:
        raise CaptureError(
            f"{user_line()} sets {name!r} of an optimizer, which a replay would not do. Use a scheduler of "
            "optim.lr_scheduler, or set it outside of the captured step."
        )

    def update(self, *others: Any, **values: Any) -> None:
        for name, value in dict(*others, **values).items():
            self[name] = value

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self[name] = default
        return self[name]
