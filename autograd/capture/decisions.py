"""Where plain Python decides by a value that is no recorded one: by an array from outside, or by the time."""

from __future__ import annotations

import ast
import builtins
import types
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from autograd.capture.code_text import Text, called, names_of, text_of
from autograd.capture.reach import names_in
from autograd.capture.users_code import is_installed
from autograd.capture.uses import LOAD, OF_THE_OBJECT, Source, mentions

LAYOUT = {"shape", "ndim", "dtype", "size", "nbytes", "itemsize", "strides", "flags", "device"}
HIDDEN = {  # module -> functions whose results are others each time; of NumPy's and random's only without a seed
    "time": {name + end for name in ("time", "monotonic", "perf_counter", "process_time") for end in ("", "_ns")},
    "datetime": {"now", "utcnow", "today"},
    "numpy": {"default_rng", "RandomState"},
    "random": {"Random", "SystemRandom"},
    "secrets": {"choice", "randbelow", "randbits", "token_bytes", "token_hex"},
    "uuid": {"uuid1", "uuid4"},
    "posix": {"urandom", "getrandom"},
}
_HIDDEN_NAMES = set().union(*HIDDEN.values())


class Decision(NamedTuple):
    """A condition in the code.

    lines   of the condition
    plain   whether nothing but names from outside stands in it
    """

    line: str
    lines: list[str]
    plain: bool


def by_values(functions: list[types.FunctionType], sources: Iterable[Source]) -> list[Decision]:
    """The conditions into which the values of an array from outside may go."""
    flows = _Flows(functions)
    for text, names in flows.texts:
        for source in sources:
            if source.functions is None or any([f.__code__.co_filename == text.filename for f in source.functions]):
                flows.waiting += [
                    (text, x) for x in mentions(text, source, names) if isinstance(getattr(x, "ctx", LOAD), ast.Load)
                ]
    return list(flows.decisions())


def by_time_or_chance(functions: list[types.FunctionType]) -> str:
    """A line where the user's code decides by a clock or by fresh random numbers; '' if there is none."""
    users = [f for f in functions if not is_installed(f.__code__.co_filename)]
    if _HIDDEN_NAMES.isdisjoint({name for f in users for name in names_in(f.__code__)}):
        return ""
    flows = _Flows(users)
    for text, names in flows.texts:
        flows.waiting += [(text, x) for x in text.calls if _is_hidden(x, _meant(x.func, names))]
    return next((found.line for found in flows.decisions()), "")


def _is_hidden(call: ast.Call, function: Any) -> bool:
    if called(call) not in _HIDDEN_NAMES or function is None:
        return False
    module = (getattr(function, "__module__", "") or getattr(function.__self__, "__module__", "")).partition(".")[0]
    seeded = module in ("numpy", "random") and (call.args or call.keywords)
    return not seeded and getattr(function, "__name__", "") in HIDDEN.get(module, ())


def _meant(x: Any, names: dict[str, Any]) -> Any:
    """What a name, or an attribute of a module or class, means; None for other expressions."""
    if isinstance(x, ast.Name):
        return names.get(x.id)
    inner = _meant(x.value, names) if isinstance(x, ast.Attribute) else None
    return getattr(inner, x.attr, None) if isinstance(inner, (types.ModuleType, type)) else None


class _Flows:
    """Follows values through the code of functions.

    waiting   (a text, an expression that has the value)
    """

    def __init__(self, functions: list[types.FunctionType]) -> None:
        found = [(text_of(f.__code__), names_of(f)) for f in functions]
        self.texts = [(text, names) for text, names in found if text is not None]
        self.waiting: list[tuple[Text, Any]] = []

    def decisions(self) -> Iterator[Decision]:
        seen: set[int] = set()
        while self.waiting:
            text, x = self.waiting.pop()
            if id(x) not in seen:
                seen.add(id(x))
                yield from self._up(text, x)

    def _up(self, text: Text, x: Any) -> Iterator[Decision]:
        """From an expression outward, to the statement in which it stands."""
        number = False  # whether it is one number of the array, or what a call has made of it
        while (parent := text.parents.get(x)) is not None:
            if _is_condition(parent, x, number):
                names = next(names for other, names in self.texts if other is text)
                lines = [f"{text.filename}:{n}:" for n in range(x.lineno, x.end_lineno + 1)]
                yield Decision(text.line(x), lines, _is_plain(x, names))
            if _ends(parent, x):
                return
            if isinstance(parent, ast.Call):
                self._into(text, parent, x)
            number = number or isinstance(parent, (ast.Call, ast.Compare))
            number = number or isinstance(parent, ast.Subscript) and not isinstance(parent.slice, ast.Slice)
            if not isinstance(parent, (ast.expr, ast.keyword, ast.comprehension)) or isinstance(parent, ast.Lambda):
                self._on(text, parent, x)
                return
            x = parent

    def _on(self, text: Text, statement: Any, x: Any) -> None:
        """To the variables that it is assigned to, and out of the function that returns it."""
        if isinstance(statement, ast.Return) or getattr(statement, "body", None) is x:
            for other, _ in self.texts:
                self.waiting += [(other, c) for c in other.calls if called(c) == text.name]
        targets = [*getattr(statement, "targets", ()), getattr(statement, "target", None)]
        names = {y.id for t in targets if t is not None for y in ast.walk(t) if isinstance(y, ast.Name)}
        self._variables(text, names)

    def _into(self, text: Text, call: ast.Call, x: Any) -> None:
        """Into the user's functions of that name, as an argument."""
        for other, _ in self.texts if x is not call.func else ():
            if other.name == called(call):
                self._variables(other, set(other.arguments))

    def _variables(self, text: Text, names: set[str]) -> None:
        loads = [y for y in text.parents if isinstance(y, ast.Name) and y.id in names and isinstance(y.ctx, ast.Load)]
        self.waiting += [(text, y) for y in loads]


def _is_condition(parent: Any, x: Any, number: bool) -> bool:
    if isinstance(parent, (ast.If, ast.While, ast.IfExp, ast.Assert)):
        return parent.test is x
    if isinstance(parent, ast.Match):
        return parent.subject is x
    if isinstance(parent, ast.comprehension):
        return x in parent.ifs
    index = isinstance(parent, ast.Subscript) and parent.slice is x
    return isinstance(parent, ast.BoolOp) or (number and (index or called(parent) == "range"))


def _ends(parent: Any, x: Any) -> bool:
    """Whether no values go on: shapes, identity, a condition."""
    if isinstance(parent, ast.Attribute):
        return parent.attr in LAYOUT
    if isinstance(parent, ast.Compare):
        return all([isinstance(op, (ast.Is, ast.IsNot)) for op in parent.ops])
    if isinstance(parent, ast.IfExp):
        return parent.test is x
    return called(parent) in OF_THE_OBJECT


def _is_plain(x: Any, names: dict[str, Any]) -> bool:
    """Whether only names from outside and of Python stand in an expression."""
    found = [y.id for y in ast.walk(x) if isinstance(y, ast.Name)]
    return all([name in names or hasattr(builtins, name) for name in found])
