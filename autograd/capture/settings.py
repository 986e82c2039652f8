"""What a step may look at without its being recorded: attributes, lists, globals; a recording holds while they stay."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, compress
from operator import attrgetter
from typing import Any

import numpy as np

from autograd.capture.alike import unchanged
from autograd.capture.closed_over import ClosedOver
from autograd.capture.counters import Counters
from autograd.capture.reach import Reach, defaults, globals_in, held_by, named_modules, names_in
from autograd.capture.steppers import SIMPLE, unread
from autograd.capture.users_code import slots
from autograd.conditions import Condition
from autograd.engine.recording import raw
from autograd.errors import CaptureError
from autograd.recorder import Stand


def holds_recorded(x: Any) -> bool:
    """Whether something stored would outlive the recording that it belongs to."""
    return isinstance(raw(x), Stand) or type(x) in (tuple, list) and any(map(holds_recorded, x))


_needs_gradient, _hooks = attrgetter("_requires_grad"), attrgetter("hooks")


Look = Callable[[], Iterable[Any]]


class Settings:
    """The values of everything that a step reaches by names, attributes and elements.

    The settings of optimizers and schedulers are left out, which a replay calls as they are, unless the code reads
    them; and what the step itself changes, such as a counter.
    """

    def __init__(self, reach: Reach) -> None:
        reach = Reach(*reach.starts, without=unread(reach.steppers, reach.names))
        self.closed_over = ClosedOver(reach)
        self.counters = Counters(reach)
        self._places = [*_places_of_objects(reach)]
        for function in reach.functions:
            self._places += _places_of(function)
        self._before: Any = [list(look()) for _, look in self._places]
        self._same: list[list[bool]] = []  # for each place which of its values the step has left alone
        self._values: list[Any] = []  # those values
        self._condition: tuple[Condition, list[str]] | None = None

    def settle(self, read: list[tuple[dict[str, Any], str]]) -> None:
        """After the step: keep to what it has left alone.

        Args:  read: (a dictionary, a name in it): further values that the step has looked at.
        """
        same = [_left_alone(look, before) for (_, look), before in zip(self._places, self._before, strict=True)]
        self._places = [place for place, left in zip(self._places, same, strict=True) if left is not None]
        self._same = [left for left in same if left is not None]
        if read:
            self._places.append(("hyperparameters", lambda: [values.get(name) for values, name in read]))
            self._same.append([True] * len(read))
        self._before = None
        self.counters.check()
        self.closed_over.settle()
        self._values = list(self._now())

    def watch(self, read: list[Any], computed: bool, guards: list[str]) -> None:
        """Settle which arrays from outside are to be compared before each replay.

        Args:  read: those that the program reads anew.
               computed: whether it has constants that the step has computed.
               guards: the lines that ask for recorded values.
        """
        self.closed_over.watch(read, computed, lambda a: self.counters.decided_by(a, guards))
        self.counters.forget()

    def written(self, condition: Condition) -> None:
        """Add to a condition that all of them are what they were."""
        names: list[str] = []
        for (_, look), same in zip(self._places, self._same, strict=True):
            values = self._values[len(names) : len(names) + sum(same)]
            names += condition.look(look, same, values)
        self._condition = condition, names

    def still_hold(self) -> bool:
        """Whether all of them are what they were: numbers and texts by value, others by identity."""
        if not all([len(list(look())) == len(same) for (_, look), same in zip(self._places, self._same, strict=True)]):
            return False
        now = list(self._now())
        if not all(map(unchanged, now, self._values)):
            return False
        self._values = now
        if self._condition is not None:
            condition, names = self._condition
            condition.scope.update(zip(names, now, strict=True))
        return True

    def changed(self) -> str:
        """What does not hold any more, in words; '' if all does."""
        start = 0
        for (where, look), same in zip(self._places, self._same, strict=True):
            now = list(compress(look(), same))
            for a, b in zip(self._values[start:], now, strict=False):
                if not unchanged(a, b):
                    plain = all(isinstance(x, (*SIMPLE, np.generic)) for x in (a, b))
                    return f"{where} changed: {a!r}, now {b!r}" if plain else f"{where} changed"
            start += len(now)
        return ""

    def _now(self) -> Iterable[Any]:
        return chain.from_iterable(
            [compress(look(), same) for (_, look), same in zip(self._places, self._same, strict=True)]
        )


def _places_of_objects(reach: Reach) -> Iterator[tuple[str, Look]]:
    owners = {id(getattr(x, "__dict__", None)): x for x in reach.objects}
    for d in reach.dicts:
        owner = owners.get(id(d))
        yield "a dict" if owner is None else f"an attribute of a {type(owner).__name__}", d.values
        if owner is None:
            yield "the keys of a dict", d.keys
    for x in (*reach.lists, *reach.sets):
        yield f"a {type(x).__name__}", functools.partial(iter, x)
    for a in reach.arrays:
        if a.dtype == object:
            yield "an array of objects", functools.partial(getattr, a, "flat")
    yield "requires_grad", functools.partial(map, _needs_gradient, reach.tensors)
    yield "the hooks of a tensor", functools.partial(map, _hooks, [t for t in reach.tensors if hasattr(t, "hooks")])
    for c in reach.classes:
        mentioned = sorted({*vars(c)} & reach.names)
        yield f"an attribute of the class {c.__name__}", functools.partial(map, vars(c).get, mentioned)
    for v in reach.variables:
        yield f"the context variable {v.name}", functools.partial(_value_of, v)
    for x in reach.objects:
        kind: Any = type(x)
        if names := slots(kind):
            look = functools.partial(map, functools.partial(getattr, x), names, [None] * len(names))
            yield f"an attribute of a {kind.__name__}", look


def _left_alone(look: Look, before: list[Any]) -> list[bool] | None:
    """Which of the values have not changed since; None if there are others now."""
    now = list(look())
    known = set(map(id, before))
    if any([holds_recorded(x) for x in now if id(x) not in known]):
        raise CaptureError(
            "the step stores a value that it computes, in a list, a dict or an attribute; a replay would not store it "
            "again. Return it from the step."
        )
    return [unchanged(a, b) for a, b in zip(before, now, strict=True)] if len(now) == len(before) else None


def _value_of(variable: Any) -> list[Any]:
    return [variable.get(None)]


def _places_of(function: types.FunctionType) -> Iterator[tuple[str, Look]]:
    """Functions whose results tell whether the names in a function's code mean what they meant."""
    names, places, where = globals_in(function.__code__), function.__globals__, f"a name in {function.__name__}"
    yield where, functools.partial(map, places.get, names)
    if function.__closure__:
        yield where, functools.partial(map, held_by, function.__closure__)
    if function.__defaults__ or function.__kwdefaults__:
        yield f"a default of {function.__name__}", functools.partial(defaults, function)
    for module in named_modules(function):
        mentioned = [name for name in names_in(function.__code__) if name in vars(module)]
        yield f"a name in {module.__name__}", functools.partial(map, vars(module).get, mentioned)
