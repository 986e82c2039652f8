"""What a step may look at without its being recorded: attributes, lists, globals; a recording holds while they stay."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterable
from itertools import chain, compress
from operator import attrgetter, is_, methodcaller
from typing import Any

import numpy as np

from autograd.capture.reach import Reach, contents, defaults, globals_in, names_in
from autograd.capture.steppers import SIMPLE, unread
from autograd.capture.users_code import classes, is_users_module, slots

_END = object()
_called = methodcaller("__call__")
_of_tensor = attrgetter("_requires_grad"), attrgetter("hooks")


class Settings:
    """The values of everything that a step reaches by names, attributes and elements.

    The settings of optimizers and schedulers are left out, which a replay calls as they are, unless the code reads
    them; and what the step itself changes, such as a counter.
    """

    def __init__(self, reach: Reach) -> None:
        reach = Reach(*reach.starts, without=unread(reach.steppers, reach.names))
        self._looks: list[Callable[[], Iterable[Any]]] = [d.values for d in reach.dicts]
        instances = {id(getattr(x, "__dict__", None)) for x in reach.objects}
        self._looks += [d.keys for d in reach.dicts if id(d) not in instances]
        self._looks += [functools.partial(iter, x) for x in (*reach.lists, *reach.sets)]
        self._looks += [functools.partial(map, look, reach.tensors) for look in _of_tensor]
        kinds: list[Any] = list({type(x): x for x in reach.objects})
        self._looks += [vars(c).values for c in {c for kind in kinds for c in classes(kind)}]
        for x in reach.objects:
            kind: Any = type(x)
            if names := slots(kind):
                self._looks.append(functools.partial(map, functools.partial(getattr, x), names, [None] * len(names)))
        for function in reach.functions:
            self._looks += _looks_of(function)
        self._before: Any = [list(look()) for look in self._looks]
        self._values: list[Any] = []

    def settle(self, read: list[tuple[dict[str, Any], str]]) -> None:
        """After the step: keep to what it has left alone.

        Args:  read: (a dictionary, a name in it): further values that the step has looked at.
        """
        kept = [_kept(look, before) for look, before in zip(self._looks, self._before, strict=True)]
        self._looks = [look for look in kept if look is not None]
        if read:
            self._looks.append(lambda: [values.get(name) for values, name in read])
        self._before = None
        self._values = list(self._now())

    def still_hold(self) -> bool:
        """Whether all of them are what they were: numbers and texts by value, others by identity."""
        if all(map(is_, self._now(), self._values)):  # the mark at the end is met by itself only at equal lengths
            return True
        now = list(self._now())
        if len(now) != len(self._values) or not all(map(_same, now, self._values)):
            return False
        self._values = now
        return True

    def _now(self) -> Iterable[Any]:
        return chain(chain.from_iterable(map(_called, self._looks)), (_END,))


def _kept(look: Callable[[], Iterable[Any]], before: list[Any]) -> Callable[[], Iterable[Any]] | None:
    """The look without the values that have changed since; None if there are others now."""
    now = list(look())
    if len(now) != len(before):
        return None
    same = [_same(a, b) for a, b in zip(before, now, strict=True)]
    return look if all(same) else lambda: compress(look(), same)


def _same(a: Any, b: Any) -> bool:
    if a is b or type(a) is not type(b):
        return bool(a is b)
    if isinstance(a, np.generic):
        return bool(a.tobytes() == b.tobytes())
    if isinstance(a, (tuple, frozenset)):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, types.MethodType):  # made anew by each look
        return a.__self__ is b.__self__ and a.__func__ is b.__func__
    return isinstance(a, SIMPLE) and repr(a) == repr(b)  # -0.0 is not 0.0


def _looks_of(function: types.FunctionType) -> list[Callable[[], Iterable[Any]]]:
    """Functions whose results tell whether the names in a function's code mean what they meant."""
    names, places = globals_in(function.__code__), function.__globals__
    looks: list[Callable[[], Iterable[Any]]] = [functools.partial(map, places.get, names)]
    if function.__closure__:
        looks.append(functools.partial(map, contents, function.__closure__))
    if function.__defaults__ or function.__kwdefaults__:
        looks.append(functools.partial(defaults, function))
    for module in [*map(places.get, names), *map(contents, function.__closure__ or ())]:
        if is_users_module(module):
            looks.append(functools.partial(map, vars(module).get, names_in(function.__code__)))
    return looks
