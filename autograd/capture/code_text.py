"""The text of a function, as a syntax tree."""

from __future__ import annotations

import ast
import functools
import linecache
import types
from typing import Any

from autograd.capture.reach import held_by
from autograd.engine.origin import line_at


def names_of(function: types.FunctionType) -> dict[str, Any]:
    """What its variables from outside mean."""
    inner = zip(function.__code__.co_freevars, map(held_by, function.__closure__ or ()), strict=True)
    return {**function.__globals__, **dict(inner)}


class Text:
    """The syntax tree of one function.

    parents     an expression or statement within it -> the one in which it stands
    calls       those in it
    arguments   their names
    """

    def __init__(self, function: Any, code: types.CodeType) -> None:
        self.name, self.filename = code.co_name, code.co_filename
        self.arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        body = function.body if isinstance(function.body, list) else [function.body]
        self.parents: dict[Any, Any] = dict.fromkeys(body, function)  # without the defaults of its arguments
        self.parents |= {child: x for part in body for x in ast.walk(part) for child in ast.iter_child_nodes(x)}

        self.calls = [x for x in self.parents if isinstance(x, ast.Call)]

    def line(self, x: Any) -> str:
        """Where something stands in the file."""
        return line_at((self.filename, x.lineno))


@functools.lru_cache(maxsize=256)
def text_of(code: types.CodeType) -> Text | None:
    """The text of a function; None if it cannot be found."""
    lines = tuple(linecache.getlines(code.co_filename))
    places = [p for p in code.co_positions() if p[0] is not None and p[2] is not None and p[1] is not None]
    places = [p for p in places if p[0] > code.co_firstlineno or p[2] > 0] or places  # type: ignore[operator]
    for node in _functions(lines):
        first = min([node.lineno, *[d.lineno for d in getattr(node, "decorator_list", ())]])
        if first == code.co_firstlineno and getattr(node, "name", "<lambda>") == code.co_name:
            inside = [(p[0], p[2]) for p in places]
            end = node.end_lineno, node.end_col_offset
            if not isinstance(node, ast.Lambda) or any([(node.lineno, node.col_offset) < p <= end for p in inside]):
                return Text(node, code)
    return None


@functools.lru_cache(maxsize=32)
def _functions(lines: tuple[str, ...]) -> list[Any]:
    """Those in a file, inner ones first where two begin in one line."""
    try:
        tree = ast.parse("".join(lines))
    except SyntaxError:
        return []
    found = [x for x in ast.walk(tree) if isinstance(x, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))]
    return sorted(found, key=lambda x: (x.lineno, -x.col_offset))


def called(x: Any) -> str:
    """The last name of what is called; '' if it has none, or if this is no call."""
    function = getattr(x, "func", None)
    return str(getattr(function, "id", getattr(function, "attr", "")))
