"""Names, and what they mean at a time: attributes of objects and classes, variables of functions."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from autograd.capture.reach import Reach, globals_in, held_by
from autograd.capture.users_code import slots
from autograd.capture.uses import Source


class Binding(NamedTuple):
    """The names in one place.

    owner       of attributes; None for variables
    functions   those whose variables they are; None for globals and attributes
    now         what they mean now
    put         gives a name another meaning; None where that is done with the dictionary
    """

    owner: Any
    functions: Any
    now: Callable[[], dict[str, Any]]
    put: Any = None

    def source(self, name: str, depth: int = 0) -> Source:
        """How code finds one of them, or an element of it."""
        return Source(name, self.owner, depth, self.functions)


def bindings(reach: Reach) -> Iterator[Binding]:
    """Those that a step's functions can reach."""
    for x in reach.objects:
        if getattr(x, "__dict__", None):
            yield Binding(x, None, vars(x).copy)
    for f in reach.functions:
        if f.__dict__:
            yield Binding(f, None, f.__dict__.copy, f.__dict__.__setitem__)
    for x in reach.objects:
        kind: Any = type(x)
        if names := slots(kind):
            yield Binding(x, None, functools.partial(_attributes, x, names), functools.partial(setattr, x))
    for c in reach.classes:
        names = tuple(sorted({*vars(c)} & reach.names))
        yield Binding(c, None, functools.partial(_entries, vars(c), names), functools.partial(setattr, c))
    for p in reach.partials:
        if isinstance(p.func, types.FunctionType):
            given = dict(zip(p.func.__code__.co_varnames, p.args, strict=False), **p.keywords)
            yield Binding(None, (p.func,), given.copy)
    yield from _variables(reach.functions)


def _variables(functions: list[types.FunctionType]) -> Iterator[Binding]:
    cells: dict[int, Any] = {}
    global_names: dict[int, Any] = {}
    for f in functions:
        for cell, name in zip(f.__closure__ or (), f.__code__.co_freevars, strict=True):
            cells.setdefault(id(cell), (cell, name, []))[-1].append(f)
        global_names.setdefault(id(f.__globals__), (f.__globals__, set()))[1].update(globals_in(f.__code__))
        if f.__defaults__ or f.__kwdefaults__:
            yield Binding(None, (f,), functools.partial(_defaults, f))
    for cell, name, inside in cells.values():
        yield Binding(None, inside, functools.partial(_cell, name, cell), functools.partial(_fill, cell))
    for values, names in global_names.values():
        yield Binding(None, None, functools.partial(_entries, values, sorted(names)), values.__setitem__)


def _fill(cell: types.CellType, name: str, value: Any) -> None:
    cell.cell_contents = value


def _attributes(x: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(x, name) for name in names if hasattr(x, name)}


def _entries(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _cell(name: str, cell: types.CellType) -> dict[str, Any]:
    return {name: held_by(cell)}


def _defaults(f: types.FunctionType) -> dict[str, Any]:
    names = f.__code__.co_varnames[: f.__code__.co_argcount]
    values = f.__defaults__ or ()
    return {**dict(zip(names[len(names) - len(values) :], values, strict=True)), **(f.__kwdefaults__ or {})}
