"""What a function can reach: the tensors and objects that it closes over, and the settings it may look at."""

from __future__ import annotations

import functools
import gc
import types
from collections import deque
from collections.abc import Callable, Iterable
from operator import is_
from typing import Any

import numpy as np

from autograd.capture.steppers import SIMPLE, is_stepper, unread
from autograd.engine.graph import Node
from autograd.engine.origin import OUR_FOLDERS
from autograd.engine.recording import is_tensor

_OPAQUE = (type, types.ModuleType, types.FrameType, types.CodeType, np.dtype, Node, *SIMPLE)


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
    found = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:  # not assigned yet
            continue
    if not function.__code__.co_filename.startswith(OUR_FOLDERS):
        names = _names(function.__code__)
        for name in names:
            x = function.__globals__.get(name)
            found.append(x)
            if isinstance(x, types.ModuleType) and not str(getattr(x, "__file__", "")).startswith(OUR_FOLDERS):
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
        self._dicts = [_Seen(d.values) for d in reach.dicts if id(d) not in left_out and _plain(d.values())]
        self._names = [_Seen(functools.partial(_of_function, f)) for f in reach.functions]
        self._dicts.append(_Seen(lambda: [values.get(name) for values, name in read]))

    def still_hold(self) -> bool:
        """Whether all of them are what they were."""
        return all([seen.same() for seen in self._dicts]) and all([seen.same() for seen in self._names])


class _Seen:
    """What a function returned: a list of values, of which plain ones are compared and others known by identity."""

    def __init__(self, look: Callable[[], Iterable[Any]]) -> None:
        self._look = look
        self._values = list(look())

    def same(self) -> bool:
        now = list(self._look())
        if len(now) == len(self._values) and all(map(is_, now, self._values)):
            return True
        if _plain(now) != _plain(self._values):
            return False
        self._values = now
        return True


def _plain(values: Iterable[Any]) -> list[Any]:
    return [(type(x), x) for x in values if isinstance(x, SIMPLE)]
