"""Where an operation came from: the line of the user's code, and the module that was being called."""

from __future__ import annotations

import itertools
import linecache
import os
import sys
from typing import Any

import numpy as np

_ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))  # pathlib's import would take longer
OUR_FOLDERS = tuple(os.path.join(_ROOT, package) + "/" for package in ("autograd", "nn", "optim"))

_NOT_THE_USERS = (*OUR_FOLDERS, os.path.dirname(np.__file__) + "/")


def user_line() -> str:
    """The innermost line on the stack that is neither ours nor NumPy's: 'file.py:12: y = np.log(x)'."""
    return line_at(user_place())


def user_place() -> tuple[str, int] | None:
    """Its file and number."""
    frame = sys._getframe(1)
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_NOT_THE_USERS):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]
    return None


def line_at(place: tuple[str, int] | None) -> str:
    """A place with the text that stands there."""
    if place is None:
        return "unknown line"
    text = linecache.getline(*place).strip()
    return f"{place[0]}:{place[1]}" + (f": {text}" if text else "")


def module_path(scope: tuple[Any, ...]) -> str:
    """Where the modules being called stand in the outermost one: 'Sequential.2.fc1'; '' outside of any."""
    if not scope:
        return ""
    words = [type(scope[0]).__name__]
    for outer, inner in itertools.pairwise(scope):
        children = dict(outer.named_modules()) if hasattr(outer, "named_modules") else {}
        name = next((name for name, module in children.items() if module is inner), type(inner).__name__)
        words.append(name)
    return ".".join(words)
