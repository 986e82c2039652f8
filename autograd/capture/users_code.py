"""Which code is the user's: its names, its classes' methods and attributes may decide what a step computes."""

from __future__ import annotations

import functools
import os
import sys
import types
from typing import Any

import numpy as np

from autograd.engine.origin import OUR_FOLDERS

_NUMPYS = tuple(os.path.join(os.path.dirname(np.__path__[0]), name) + "/" for name in ("numpy", "scipy"))
_NOT_CALLED = {"__init__", "__new__", "__repr__", "__str__", "__init_subclass__", "extra_repr"}


@functools.cache
def _folders() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where packages are installed, and where Python's own modules are."""
    import sysconfig  # here, and not for everyone who imports autograd

    kinds = ("purelib", "platlib"), ("stdlib", "platstdlib")
    installed, standard = [tuple({sysconfig.get_path(name) + "/" for name in names}) for names in kinds]
    return installed, standard


def is_followed(filename: str) -> bool:
    """Whether the names in a function of this file are looked at: not in ours, NumPy's, SciPy's and Python's own."""
    if filename.startswith((*OUR_FOLDERS, *_NUMPYS)):
        return False
    installed, standard = _folders()
    return filename.startswith(installed) or not filename.startswith(standard)


def is_installed(filename: str) -> bool:
    """Whether it belongs to a package that is installed."""
    return filename.startswith(_folders()[0])


def is_users_module(module: Any) -> bool:
    """Whether a module's functions and objects are looked at, when a function names them."""
    if not isinstance(module, types.ModuleType) or module.__name__ in sys.builtin_module_names:
        return False
    return _is_users(getattr(module, "__file__", None) or "")


def is_pythons_module(module: types.ModuleType) -> bool:
    """Whether a module is a part of Python, such as os."""
    return module.__name__.partition(".")[0] in sys.stdlib_module_names and module.__name__ != "builtins"


def _is_users(filename: str) -> bool:
    return is_followed(filename) and not filename.startswith(_folders()[0])


@functools.lru_cache(maxsize=512)
def classes(kind: Any) -> tuple[type, ...]:
    """Those of a class and its bases that the user has written, or that are installed and define `forward`."""
    return tuple([c for c in kind.__mro__ if "forward" in vars(c) and functions_of(c) or is_users_class(c)])


@functools.lru_cache(maxsize=512)
def is_users_class(kind: Any) -> bool:
    """Whether the user has written a class."""
    functions = functions_of(kind)
    if functions:
        return any(_is_users(f.__code__.co_filename) for f in functions)
    module = sys.modules.get(getattr(kind, "__module__", ""))
    return is_users_module(module) or getattr(module, "__name__", "") == "__main__"


@functools.lru_cache(maxsize=512)
def is_others_class(kind: Any) -> bool:
    """Whether a class has methods, of Python's modules or of another library, into whose code is not looked."""
    named = [f for c in kind.__mro__ for name, f in vars(c).items() if name[:2] != "__"]
    files = [f.__code__.co_filename for f in named if isinstance(f, types.FunctionType)]
    return bool(files) and not classes(kind) and not any([f.startswith((*OUR_FOLDERS, *_NUMPYS)) for f in files])


@functools.lru_cache(maxsize=512)
def others_names(kind: Any) -> frozenset[str]:
    """The names in the code of a class's bases that the user has not written."""
    others = [f for c in kind.__mro__ if not is_users_class(c) for f in vars(c).values()]
    codes = [f.__code__ for f in others if isinstance(f, types.FunctionType)]
    return frozenset().union(*[code.co_names for code in codes])


def is_others_function(function: types.FunctionType) -> bool:
    """Whether a function was made within a function of an installed package, as the callbacks of its objects are."""
    return "<locals>" in function.__qualname__ and is_installed(function.__code__.co_filename)


@functools.lru_cache(maxsize=512)
def only_users_code(kind: Any) -> bool:
    """Whether no code but the user's reads the attributes of an object: no base is a library's."""
    others = [c for c in kind.__mro__ if not is_users_class(c)]
    return not any([isinstance(f, types.FunctionType) for c in others for f in vars(c).values()])


@functools.lru_cache(maxsize=512)
def methods(kind: Any) -> tuple[list[types.FunctionType], list[types.FunctionType]]:
    """The methods of these classes: those that Python or the library may call, and those that are called by name."""
    found = [f for c in classes(kind) for f in functions_of(c) if f.__name__ not in _NOT_CALLED]
    others = [vars(c) for c in kind.__mro__ if c not in classes(kind) and c is not object]
    called = [f for f in found if f.__name__[:2] == "__" or any(f.__name__ in names for names in others)]
    return called, [f for f in found if f not in called]


def functions_of(kind: type) -> list[types.FunctionType]:
    """The functions in a class, those of properties and class methods included."""
    found: list[types.FunctionType] = []
    for value in list(vars(kind).values()):
        inner = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        inner = getattr(inner, "function", inner)  # a captured method
        if isinstance(inner, types.FunctionType) and is_followed(inner.__code__.co_filename):
            found.append(inner)
    return found


@functools.lru_cache(maxsize=512)
def slots(kind: Any) -> tuple[str, ...]:
    """The attributes of the user's classes that are no entries of a __dict__."""
    found = [vars(c).get("__slots__", ()) for c in classes(kind)]
    return tuple([name for names in found for name in ([names] if isinstance(names, str) else names)])
