"""What a function can reach: the tensors and objects that it closes over, and the settings it may look at."""

from __future__ import annotations

import functools
import gc
import types
from collections import deque
from collections.abc import Callable, Iterable
from itertools import chain
from operator import is_, methodcaller
from typing import Any

import numpy as np

from autograd.capture.steppers import SIMPLE, is_stepper, unread
from autograd.engine.graph import Node
from autograd.engine.origin import OUR_FOLDERS
from autograd.engine.recording import is_tensor
from autograd.recorder import Scratch

_OPAQUE = (type, types.ModuleType, types.FrameType, types.CodeType, np.dtype, Node, Scratch, *SIMPLE)


class Holder:
    """The base of what holds recordings of a `function`: they are no state of a step that reaches it."""

    function: Any


class Reach:
    """The tensors, random generators and dictionaries that a function reaches."""

    def __init__(self, *starts: Any) -> None:
        self.tensors: list[Any] = []
        self.arrays: list[Any] = []
        self.generators: list[Any] = []
        self.dicts: list[dict[Any, Any]] = []
        self.lists: list[list[Any]] = []
        self.functions: list[types.FunctionType] = []
        self.steppers: list[Any] = []
        seen: dict[int, Any] = {}
        queue = deque(starts)
        while queue:
            x = queue.popleft()
            if isinstance(x, _OPAQUE) or id(x) in seen:
                continue
            seen[id(x)] = x
            if is_tensor(x):
                self.tensors.append(x)
                if x._grad is not None:
                    queue.append(x._grad._array)
                continue
            if isinstance(x, np.ndarray):
                self.arrays.append(x)
            elif isinstance(x, np.random.Generator):
                self.generators.append(x)
            elif isinstance(x, types.FunctionType):
                queue += _of_function(x)
                if not x.__code__.co_filename.startswith(OUR_FOLDERS):
                    self.functions.append(x)
            elif isinstance(x, Holder):
                queue.append(x.function)
            elif isinstance(x, functools.partial):
                queue += [x.func, *x.args, *x.keywords.values()]
            else:
                if is_stepper(x):
                    self.steppers.append(x)
                if type(x) is dict:
                    self.dicts.append(x)
                elif type(x) is list:
                    self.lists.append(x)
                if type(inside := getattr(x, "__dict__", None)) is dict:
                    queue.append(inside)  # gc sees its values, not itself, until somebody has asked for it
                queue += [y for y in gc.get_referents(x) if not isinstance(y, _OPAQUE)]

    def names(self) -> set[str]:
        """All names that the functions' code mentions."""
        return set().union(*[_names(f.__code__) for f in self.functions])


def _of_function(function: types.FunctionType) -> list[Any]:
    """The values that a function's code can name: its cells, its defaults and the globals it mentions."""
    if function.__code__.co_filename.startswith(OUR_FOLDERS) and not function.__closure__:
        return []
    found = [*_defaults(function), *map(_contents, function.__closure__ or ())]
    if not function.__code__.co_filename.startswith(OUR_FOLDERS):
        names = _names(function.__code__)
        found += map(function.__globals__.get, names)
        for x in list(found):
            if isinstance(x, types.ModuleType) and not _is_ours(x):
                found += [getattr(x, other) for other in names if is_tensor(vars(x).get(other))]
    return found


@functools.lru_cache(maxsize=1024)
def _names(code: types.CodeType) -> tuple[str, ...]:
    """The names in a function's code and in the functions inside of it."""
    inner = [_names(c) for c in code.co_consts if isinstance(c, types.CodeType)]
    return tuple(sorted(set(code.co_names).union(*inner)))


class Settings:
    """What a step may look at without its being recorded: plain settings of objects, and the names of functions.

    Those of optimizers and schedulers are left out, which a replay calls as they are, unless the code reads them.

    Args:  read: (a dictionary, a name in it): further values that the step has looked at.
    """

    def __init__(self, reach: Reach, read: list[tuple[dict[str, Any], str]]) -> None:
        left_out = {id(d) for d in Reach(*unread(reach.steppers, reach.names())).dicts}
        dicts = [d for d in reach.dicts if id(d) not in left_out and _plain(d.values())]
        self._looks: list[Callable[[], Iterable[Any]]] = [d.values for d in dicts]
        for function in reach.functions:
            self._looks += _looks_of(function)
        if read:
            self._looks.append(lambda: [values.get(name) for values, name in read])
        self._values = list(self._now())

    def still_hold(self) -> bool:
        """Whether all of them are what they were: plain values are compared, others known by identity."""
        if all(map(is_, self._now(), self._values)):  # the mark at the end is met by itself only at equal lengths
            return True
        now = list(self._now())
        if _plain(now) != _plain(self._values):
            return False
        self._values = now
        return True

    def _now(self) -> Iterable[Any]:
        return chain(chain.from_iterable(map(_called, self._looks)), (_END,))


_END = object()
_called = methodcaller("__call__")


def _looks_of(function: types.FunctionType) -> list[Callable[[], Iterable[Any]]]:
    """Functions whose results tell whether the names in a function's code mean what they meant."""
    names, places = _names(function.__code__), function.__globals__
    looks: list[Callable[[], Iterable[Any]]] = [functools.partial(map, places.get, names)]
    if function.__closure__:
        looks.append(functools.partial(map, _contents, function.__closure__))
    if function.__defaults__ or function.__kwdefaults__:
        looks.append(functools.partial(_defaults, function))
    for module in [*map(places.get, names), *map(_contents, function.__closure__ or ())]:
        if isinstance(module, types.ModuleType) and not _is_ours(module):
            inside = vars(module)
            held = [n for n in names if is_tensor(inside.get(n)) or (n in inside and isinstance(inside[n], SIMPLE))]
            if held:
                looks.append(functools.partial(map, inside.get, held))
    return looks


def _contents(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return None


def _defaults(function: types.FunctionType) -> list[Any]:
    return [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]


def _is_ours(module: types.ModuleType) -> bool:
    return str(getattr(module, "__file__", "")).startswith(OUR_FOLDERS)


def _plain(values: Iterable[Any]) -> list[Any]:
    return [(type(x), x) for x in values if isinstance(x, SIMPLE)]
