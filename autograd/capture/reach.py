"""What a function can reach: the tensors, arrays and objects that it closes over or names."""

from __future__ import annotations

import functools
import gc
import sys
import types
import weakref
from array import ArrayType
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

from autograd.capture.steppers import SIMPLE, is_stepper
from autograd.capture.users_code import (
    classes,
    functions_of,
    is_followed,
    is_pythons_module,
    is_users_class,
    is_users_module,
    methods,
    only_users_code,
    slots,
)  # fmt: skip
from autograd.engine.graph import Node
from autograd.engine.origin import OUR_FOLDERS
from autograd.engine.recording import is_tensor
from autograd.recorder import Aside

_OPAQUE = (type, types.ModuleType, types.FrameType, types.CodeType, np.dtype, Node, Aside, *SIMPLE)


def _is_closed(kind: Any) -> bool:
    """Whether objects of a class are not looked into: from a logger the way leads to all others of the process."""
    logging: Any = sys.modules.get("logging")
    return issubclass(kind, _OPAQUE) or logging is not None and issubclass(kind, (logging.Handler, logging.Manager))


_is_opaque: Callable[[Any], bool] = functools.lru_cache(maxsize=1024)(_is_closed)


_iterates: Callable[[Any], bool] = functools.lru_cache(maxsize=1024)(lambda kind: issubclass(kind, Iterator))


def _referents(x: Any) -> list[Any]:
    return [y for y in gc.get_referents(x) if not _is_opaque(type(y))]


_DESCRIBED = (property, classmethod, staticmethod)
_BY_TEXT = {"getattr", "setattr", "hasattr", "delattr"}


class Holder:
    """The base of what holds recordings of a `function`: they are no state of a step that reaches it."""

    function: Any


class Reach:
    """What a function reaches, by kinds.

    Args:  without: objects that are not looked into.
           only: the names of attributes of the user's objects that are looked at; None for all.

    functions    the user's, methods of the user's classes included
    objects      those with attributes: instances of the user's and of the library's classes
    classes      the user's, of these objects or named
    partials     functions with some of their arguments
    variables    context variables
    steppers     optimizers and their kin, see `steppers`
    """

    def __init__(self, *starts: Any, without: Iterable[Any] = (), only: set[str] | None = None) -> None:
        self.starts = starts
        self._only = only
        self.tensors: list[Any] = []
        self.arrays: list[Any] = []
        self.generators: list[Any] = []
        self.dicts: list[dict[Any, Any]] = []
        self.lists: list[list[Any]] = []
        self.sets: list[Any] = []  # and what else has elements
        self.iterators: list[Any] = []
        self.classes: list[type] = []
        self.partials: list[Any] = []
        self.variables: list[ContextVar[Any]] = []
        self.objects: list[Any] = []
        self.functions: list[types.FunctionType] = []
        self.steppers: list[Any] = []
        self.names: set[str] = set()  # all that the functions' code mentions
        self._unnamed: list[types.FunctionType] = []
        seen: dict[int, Any] = {id(x): x for x in without}
        queue = deque(starts)
        while queue:
            x = queue.popleft()
            if _is_opaque(type(x)):
                if isinstance(x, type) and x not in self.classes and is_users_class(x):
                    queue += self._of_class(x)
            elif id(x) not in seen:
                seen[id(x)] = x
                queue += self._inside(x)
            if not queue:
                queue += [f for f in self._unnamed if f.__name__ in self.names]
                self._unnamed = [f for f in self._unnamed if f.__name__ not in self.names]

    def _inside(self, x: Any) -> Iterable[Any]:
        """Note an object, and return what it leads to."""
        kind = type(x)
        if kind is dict or kind is list or kind is tuple:
            return self._of_plain(x)
        if is_tensor(x):
            self.tensors.append(x)
            hooks = [hook for key, hook in (getattr(x, "hooks", None) or {}).items() if key >= 0]
            return hooks if x._grad is None else [x._grad._array, *hooks]
        if isinstance(x, np.ndarray):
            self.arrays.append(x)
            return (x.base,) if x.dtype != object else [*x.flat]
        if isinstance(x, _generators()):
            self.generators.append(x)
            return ()
        if isinstance(x, types.BuiltinMethodType) and isinstance(x.__self__, _generators()):
            return (x.__self__,)
        if isinstance(x, types.FunctionType):
            if is_followed(x.__code__.co_filename):
                self.functions.append(x)
                self.names.update(names_in(x.__code__))
                return [*reached_by(x), *[y for name, y in vars(x).items() if name in self.names]]
            return reached_by(x)
        if isinstance(x, Holder):
            return (x.function,)
        if isinstance(x, functools.partial):
            self.partials.append(x)
            return (x.func, *x.args, *x.keywords.values())
        return self._of_object(x)

    def _of_plain(self, x: Any) -> list[Any]:
        """`_of_object` of what has no attributes."""
        if type(x) is dict:
            self.dicts.append(x)
        elif type(x) is list:
            self.lists.append(x)
        return _referents(x)

    def _of_object(self, x: Any) -> Iterable[Any]:
        kind: Any = type(x)
        if is_stepper(x):
            self.steppers.append(x)
        if isinstance(x, dict):
            self.dicts.append(x)
        elif isinstance(x, list):
            self.lists.append(x)
        elif isinstance(x, (set, deque, bytearray, ArrayType, memoryview)):
            self.sets.append(x)
        elif _iterates(kind) and not hasattr(x, "__dict__") and kind not in weakref.ProxyTypes:
            self.iterators.append(x)
        elif isinstance(x, ContextVar):
            self.variables.append(x)
            return (x.get(None),)
        elif isinstance(x, weakref.ref):
            return (x(),)
        inside = getattr(x, "__dict__", None)
        if type(inside) is dict or slots(kind):
            self.objects.append(x)
        called, others = methods(kind)
        self._unnamed += others
        self.classes += [c for c in classes(kind) if c not in self.classes]
        found = [*called, *_referents(x)]
        if type(inside) is dict and self._only is not None and only_users_code(kind):
            unread = {id(inside), *[id(y) for name, y in inside.items() if name not in self._only]}
            found = [y for y in found if id(y) not in unread] + [inside[n] for n in self._only if n in inside]
        elif type(inside) is dict:
            found.append(inside)  # gc sees its values, not itself, until somebody has asked for it
        return found

    def _of_class(self, kind: type) -> list[Any]:
        """Note a class that is named, and return its attributes; its functions if a name leads to them."""
        self.classes.append(kind)
        self._unnamed += functions_of(kind)
        values = [x for x in vars(kind).values() if not isinstance(x, (types.FunctionType, *_DESCRIBED))]
        return [*kind.__mro__[1:], type(kind), *values]


@functools.cache
def _generators() -> tuple[type, ...]:
    """The classes of random generators."""
    import random  # here, and not for everyone who imports autograd

    return np.random.Generator, np.random.RandomState, random.Random


def reached_by(function: types.FunctionType) -> list[Any]:
    """The values that a function's code can name: its cells, its defaults and the globals it mentions."""
    if function.__code__.co_filename.startswith(OUR_FOLDERS) and not function.__closure__:
        return []
    found = [*defaults(function), *map(held_by, function.__closure__ or ())]
    if is_followed(function.__code__.co_filename):
        found += map(function.__globals__.get, globals_in(function.__code__))
        for module in named_modules(function):
            found += map(vars(module).get, names_in(function.__code__))
    return found


def named_modules(function: types.FunctionType) -> list[types.ModuleType]:
    """The user's and Python's modules that a function's code names or imports."""
    named = map(function.__globals__.get, globals_in(function.__code__))
    imported = map(sys.modules.get, imports_in(function.__code__))
    found = {id(x): x for x in (*named, *map(held_by, function.__closure__ or ()), *imported)}
    return [
        x for x in found.values() if isinstance(x, types.ModuleType) and (is_users_module(x) or is_pythons_module(x))
    ]


@functools.lru_cache(maxsize=1024)
def names_in(code: types.CodeType) -> tuple[str, ...]:
    """The names in a function's code and in the functions inside of it, attributes included."""
    inner = [names_in(c) for c in code.co_consts if isinstance(c, types.CodeType)]
    by_text = [x for x in code.co_consts if isinstance(x, str)] if _BY_TEXT & {*code.co_names} else []
    return tuple(sorted({*code.co_names, *by_text}.union(*inner)))


@functools.lru_cache(maxsize=1024)
def globals_in(code: types.CodeType) -> tuple[str, ...]:
    """Those of them that are looked up among the globals."""
    import dis  # here, and not for everyone who imports autograd

    found = {x.argval for x in dis.get_instructions(code) if x.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    if "globals" in found:
        found |= {text for text in code.co_consts if isinstance(text, str)}
    inner = [globals_in(c) for c in code.co_consts if isinstance(c, types.CodeType)]
    return tuple(sorted(found.union(*inner)))


@functools.lru_cache(maxsize=1024)
def imports_in(code: types.CodeType) -> tuple[str, ...]:
    """The modules that it imports."""
    import dis  # here, and not for everyone who imports autograd

    found = {x.argval for x in dis.get_instructions(code) if x.opname == "IMPORT_NAME"}
    inner = [imports_in(c) for c in code.co_consts if isinstance(c, types.CodeType)]
    return tuple(sorted(found.union(*inner)))


def held_by(cell: types.CellType) -> Any:
    """What a cell holds; None before it is assigned."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def defaults(function: types.FunctionType) -> list[Any]:
    """The values of arguments that are not given."""
    return [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
