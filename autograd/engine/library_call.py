"""Inside which function of NumPy's, or of another library, we were called: an error names what the user wrote."""

from __future__ import annotations

import sys
from typing import Any

LIBRARIES = frozenset({"numpy", "scipy", "pandas", "matplotlib", "sklearn"})


def library_function() -> str | None:
    """The outermost function of these libraries around this call, such as "np.full"; None if the user called us."""
    frame: Any = sys._getframe(1)
    while frame is not None and _module(frame).startswith("autograd."):
        frame = frame.f_back
    names = []
    while frame is not None and _module(frame).partition(".")[0] in LIBRARIES:
        names.append(_public_name(_module(frame), frame.f_code.co_qualname))
        frame = frame.f_back
    known = [name for name in names if name is not None]
    return known[-1] if known else None


def _module(frame: Any) -> str:
    return frame.f_globals.get("__name__", "")  # type: ignore[no-any-return]


def _public_name(module: str, qualname: str) -> str | None:
    """Under which name a function is reached: that of the outermost module which has it; None for an inner one."""
    first = qualname.partition(".")[0]
    parts = module.split(".")
    for i in range(1, len(parts) + 1):
        path = ".".join(parts[:i])
        if not parts[i - 1].startswith("_") and first in vars(sys.modules.get(path, sys)):
            name = f"{path}.{qualname.removesuffix('.__init__')}"
            return f"np.{name.removeprefix('numpy.')}" if parts[0] == "numpy" else name
    return None
