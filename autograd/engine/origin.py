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


def user_line() -> str:
    """The innermost line on the stack that is neither ours nor NumPy's: 'file.py:12: y = np.log(x)'."""
    frame = sys._getframe(1)
    numpys = os.path.dirname(np.__file__) + "/"
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(OUR_FOLDERS) and not name.startswith(numpys):
            text = linecache.getline(name, frame.f_lineno).strip()
            return f"{name}:{frame.f_lineno}" + (f": {text}" if text else "")
        frame = frame.f_back  # type: ignore[assignment]
    return "unknown line"


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
