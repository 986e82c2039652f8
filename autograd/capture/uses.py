"""What a function's code does with something that it names: reads it, or only changes it, as a counter or a log."""

from __future__ import annotations

import ast
import functools
import types
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from autograd.capture.code_text import Text, called, names_of, text_of
from autograd.engine.origin import line_at

CHANGING = frozenset({
    "append", "appendleft", "extend", "extendleft", "insert", "pop", "popleft", "popitem", "remove", "clear", "sort",
    "reverse", "rotate", "add", "discard", "update", "setdefault", "subtract", "move_to_end",
})  # fmt: skip

ARITHMETIC = (ast.BinOp, ast.UnaryOp, ast.JoinedStr, ast.FormattedValue, ast.keyword)
PLAIN = frozenset({"int", "float", "str", "abs", "max", "min", "round", "sum", "len"})
SAID = frozenset({"print", "debug", "info", "warning", "error", "log"})
LOAD = ast.Load()
OF_THE_OBJECT = frozenset({"len", "isinstance", "type", "id", "callable", "hasattr"})  # not of what it holds
BY_TEXT = frozenset({"getattr", "setattr", "hasattr"})
TAKING = frozenset({"pop", "popleft", "popitem", "setdefault"})  # those that return something


class Source(NamedTuple):
    """Where a function's code finds something.

    name        a global, a variable or an attribute
    owner       of an attribute; None for a variable
    depth       0: what it names; 1: an element of that; …
    functions   those whose variable it is; None for all
    inside      whether it is the state of what is found there, which only methods of that look at
    keys        of the elements that have changed; None for all
    """

    name: str
    owner: Any = None
    depth: int = 0
    functions: Any = None
    inside: bool = False
    keys: Any = None


class Known(NamedTuple):
    """What is known of attributes, by their names.

    of_library   those at which code looks that is not the user's
    values       what they are, in any object
    """

    of_library: Collection[str] = ()
    values: Mapping[str, list[Any]] = MappingProxyType({})


class Passed(NamedTuple):
    """A function that gets the thing as an argument: its name, whether that is an attribute, and which argument."""

    name: str
    attribute: bool
    position: int


class Use(NamedTuple):
    """One place in the code: reads, changes (makes something of what was there before), both, or passes it on."""

    line: str
    reads: bool
    changes: bool
    passed: Passed | None = None


def uses(function: types.FunctionType, source: Source, known: Known) -> list[Use]:
    """What the code of a function does with what it finds there; where its text is not known, any mention is both."""
    code = function.__code__
    if source.name not in _mentioned(code) or not (source.functions is None or function in source.functions):
        return []
    text = text_of(code)
    if text is None and function.__name__[:2] == "__":  # made by dataclasses
        return []
    if text is None:
        return [Use(line_at((code.co_filename, code.co_firstlineno)), True, True)]
    return [Use(*found) for found in _Uses(text, source, names_of(function), known).found()]


def mentions(
    text: Text, source: Source, names: dict[str, Any], values: Mapping[str, list[Any]] = MappingProxyType({})
) -> Iterator[Any]:
    """The expressions in a function that stand for what a source leads to."""
    if source.owner is None:
        return (x for x in text.parents if _is_variable(x, source))
    return (x for x in text.parents if _is_attribute(x, source, names, values))


def _is_variable(x: Any, source: Source) -> bool:
    if isinstance(x, ast.Subscript):
        return called(x.value) == "globals" and _is_text(x.slice, source.name)
    return isinstance(x, ast.Name) and x.id == source.name


def _is_attribute(x: Any, source: Source, names: dict[str, Any], values: Mapping[str, list[Any]]) -> bool:
    if called(x) in BY_TEXT:
        return len(x.args) > 1 and _is_text(x.args[1], source.name)
    if not isinstance(x, ast.Attribute) or x.attr != source.name:
        return False
    base: Any = x.value
    if isinstance(base, ast.Attribute):
        possible = values.get(base.attr, [])
    else:
        possible = [names[base.id]] if isinstance(base, ast.Name) and base.id in names else []
    return not possible or any([_is_owner(found, source.owner) for found in possible])


def _is_text(x: Any, text: str) -> bool:
    return isinstance(x, ast.Constant) and x.value == text


@functools.lru_cache(maxsize=1024)
def _mentioned(code: types.CodeType) -> frozenset[str]:
    inner = [_mentioned(c) for c in code.co_consts if isinstance(c, types.CodeType)]
    texts = [x for x in code.co_consts if isinstance(x, str)]
    return frozenset().union(code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, texts, *inner)


def _passed(call: ast.Call, x: Any) -> Passed | None:
    name = called(call)
    return Passed(name, isinstance(call.func, ast.Attribute), call.args.index(x)) if name else None


def _is_owner(x: Any, owner: Any) -> bool:
    """Whether an object has an attribute of that owner; a class's are those of its instances, too."""
    of_class = isinstance(owner, type) and issubclass(x if isinstance(x, type) else type(x), owner)
    return x is owner or of_class


class _Uses:
    """Looks at the text of one function."""

    def __init__(self, text: Text, source: Source, names: dict[str, Any], known: Known) -> None:
        self._text, self._parents, self._source = text, text.parents, source
        self._names, self._known = names, known
        self._at: Any = None  # the mention that is looked at

    def found(self) -> Iterator[tuple[Any, ...]]:
        source = self._source
        for x in mentions(self._text, source, self._names, self._known.values):
            self._at = x
            for found in self._of_inside(x, source.depth) if source.inside else self._of(x, source.depth, set()):
                yield self._text.line(x), *found

    def _of_inside(self, x: Any, depth: int) -> Iterator[tuple[Any, ...]]:
        """The same for an object whose state has changed: a method's result shows it, an attribute has its own name."""
        while depth and isinstance(self._parents[x], ast.Subscript):
            x, depth = self._parents[x], depth - 1
        parent = self._parents[x]
        call = self._parents.get(parent)
        if isinstance(parent, ast.Attribute) and getattr(call, "func", None) is parent:
            yield not isinstance(self._parents[call], ast.Expr), True
        elif not isinstance(parent, ast.Attribute):
            yield from self._of(x, depth, set())

    def _of(self, x: Any, depth: int, followed: set[str]) -> Iterator[tuple[Any, ...]]:
        """(reads, changes, to whom it is passed) of an expression that stands for the thing, or for what holds it."""
        parent = self._parents[x]
        if called(x) == "setattr":
            yield False, True
        elif not isinstance(getattr(x, "ctx", LOAD), ast.Load):
            if depth == 0:
                yield False, isinstance(parent, ast.AugAssign) or isinstance(x.ctx, ast.Del)
        elif isinstance(parent, ast.Subscript) and parent.value is x:
            if depth == 0 and not self._touches(x, parent.slice):
                return
            if depth or isinstance(parent.ctx, ast.Load):
                yield from self._of(parent, max(0, depth - 1), followed)
            else:
                yield False, isinstance(self._parents[parent], ast.AugAssign) or isinstance(parent.ctx, ast.Del)
        elif isinstance(parent, ast.Attribute):
            yield from self._of_attribute(parent, depth)
        elif not (isinstance(parent, ast.Call) and parent.func is x):  # what is called is no number and no list
            yield from self._of_value(x, depth, followed)

    def _of_attribute(self, x: Any, depth: int) -> Iterator[tuple[Any, ...]]:
        call: Any = self._parents[x]
        name = called(call)
        if name in CHANGING and call.func is x:
            if depth == 0:
                yield name in TAKING and not isinstance(self._parents[call], ast.Expr), name != "clear"
        elif name == "get" and call.func is x and call.args and depth == 0:
            if self._touches(x.value, call.args[0]):
                yield from self._of_value(call, 0, set(), f"{ast.unparse(x.value)}[{ast.unparse(call.args[0])}]")
        elif isinstance(self._parents.get(call), ast.Expr) and call.func is x:
            yield False, True  # a method whose result is not looked at
        elif isinstance(x.ctx, ast.Load):
            yield True, False

    def _touches(self, x: Any, key: Any) -> bool:
        """Whether what has this key in the thing itself may have changed."""
        keys = self._source.keys if x is self._at else None
        return keys is None or not isinstance(key, ast.Constant) or key.value in keys

    def _of_value(self, x: Any, depth: int, followed: set[str], text: str = "") -> Iterator[tuple[Any, ...]]:
        """Of a value that goes on: into arithmetic that ends where it came from, into a variable, or anywhere."""
        if depth == 0 and self._only_kept(x):
            return
        text = text or ast.unparse(x)
        while isinstance(parent := self._parents[x], (ast.BinOp, ast.UnaryOp)):
            x = parent
        targets = parent.targets if isinstance(parent, ast.Assign) else [getattr(parent, "target", None)]
        if depth and called(parent) in OF_THE_OBJECT:
            return
        if not isinstance(parent, (ast.Assign, ast.AnnAssign)):
            if isinstance(parent, ast.Call) and x in parent.args and ast.unparse(x) == text:
                yield True, False, _passed(parent, x)
            elif not isinstance(parent, ast.Expr):
                yield True, False
        elif any([target is not None and ast.unparse(target) == text for target in targets]):
            yield False, True
        elif all([isinstance(target, ast.Name) for target in targets]):
            yield from self._of_variables([getattr(target, "id", "") for target in targets], depth, text, followed)
        else:
            yield True, False

    def _only_kept(self, x: Any) -> bool:
        """Whether a value goes into a printed text, or something else that the step changes: that is looked at, too."""
        while isinstance(parent := self._parents[x], ARITHMETIC) or (called(parent) in PLAIN and x in parent.args):
            x = parent
        if isinstance(parent, (ast.Assign, ast.AugAssign)):
            text = ast.unparse(x)
            targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
            return all([ast.unparse(t) not in text and self._is_users(t) for t in targets])
        name = called(parent)
        if not isinstance(self._parents.get(parent), ast.Expr) or x is getattr(parent, "func", x):
            return False
        return name in SAID or (name in CHANGING and self._is_users(getattr(parent.func, "value", None)))

    def _is_users(self, x: Any) -> bool:
        """Whether what is assigned to, or an element of it, is a thing of the user's from outside of the function."""
        while isinstance(x, ast.Subscript):
            x = x.value
        if isinstance(x, ast.Attribute):
            return x.attr not in self._known.of_library
        return isinstance(x, ast.Name) and x.id in self._names

    def _of_variables(self, names: list[str], depth: int, text: str, followed: set[str]) -> Iterator[tuple[Any, ...]]:
        """What is done with the variables that a value was given to."""
        new = set(names) - followed
        followed |= new
        for x in self._parents:
            if isinstance(x, ast.Name) and x.id in new and not isinstance(parent := self._parents[x], ast.arg):
                if isinstance(x.ctx, ast.Load) and self._goes_back(x, text):
                    yield False, True
                elif isinstance(x.ctx, ast.Load) or isinstance(parent, ast.AugAssign):
                    yield from self._of(x, depth, followed)

    def _goes_back(self, x: Any, text: str) -> bool:
        """Whether a variable, perhaps after arithmetic, is assigned to where it came from."""
        while isinstance(parent := self._parents[x], (ast.BinOp, ast.UnaryOp)):
            x = parent
        return isinstance(parent, ast.Assign) and any([ast.unparse(target) == text for target in parent.targets])
