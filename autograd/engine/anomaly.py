"""What `detect_anomaly` looks for: the first nan or inf, and arrays written behind the graph's back."""

from __future__ import annotations

import itertools
import linecache
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from autograd.engine.graph import Node
from autograd.errors import AnomalyError, InPlaceError

_ROOT = Path(__file__).resolve().parents[2]
OUR_FOLDERS = tuple(str(_ROOT / package) + "/" for package in ("autograd", "nn", "optim"))


def user_line() -> str:
    """The innermost line on the stack that is neither ours nor NumPy's: 'file.py:12: y = np.log(x)'."""
    frame = sys._getframe(1)
    numpys = str(Path(np.__file__).parent) + "/"
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


def bad_kind(value: Any) -> str:
    """'nan' or 'inf' if the value holds one, else ''."""
    for array in value if isinstance(value, (tuple, list)) else (value,):
        if isinstance(array, (np.ndarray, np.generic, float)) and np.asarray(array).dtype.kind in "fc":
            if np.isnan(array).any():
                return "nan"
            if np.isinf(array).any():
                return "inf"
    return ""


def check_forward(name: str, raw: list[Any], out: Any, scope: tuple[Any, ...]) -> None:
    """Raise if `out` holds a nan or inf that no argument held."""
    kind = bad_kind(out)
    if kind and not bad_kind(raw):
        _report(name + "()", kind, raw, scope, user_line())


def check_backward(node: Node, i: int, cotangent: Any, g: Any) -> None:
    """Raise if a VJP made a nan or inf out of a finite cotangent."""
    kind = bad_kind(getattr(cotangent, "_data", cotangent))
    if kind and not bad_kind(getattr(g, "_data", g)):
        line = getattr(node, "source", (None, None))[0] or "an operation recorded outside detect_anomaly"
        _report(f"the VJP of {node.primitive.name} by argument {i}", kind, list(node.args or ()), node.scope, line)


def check_tangent(node: Node, t: Any, ts: Sequence[Any]) -> None:
    """Raise if a rule made a nan or inf tangent out of finite ones."""
    kind = bad_kind(_raw(t))
    if kind and not bad_kind([_raw(each) for each in ts]):
        line = getattr(node, "source", (None, None))[0] or "an operation recorded outside detect_anomaly"
        _report(f"the JVP of {node.primitive.name}", kind, list(node.args or ()), node.scope, line)


def _raw(t: Any) -> Any:
    return tuple([_raw(each) for each in t]) if isinstance(t, tuple) else getattr(t, "_data", t)


def _report(what: str, kind: str, raw: list[Any], scope: tuple[Any, ...], line: str) -> NoReturn:
    shapes = ", ".join(str(tuple(a.shape)) if hasattr(a, "shape") else repr(a) for a in raw)
    where = module_path(scope)
    raise AnomalyError(
        f"{what} gave the first {kind}: arguments of shape {shapes}"
        + (f", in module {where}" if where else "")
        + f"\n  at {line}\nLook at the values there; clip or shift the argument, or mask it before the operation."
    )


def remember(node: Node) -> None:
    """Note the user's line and a checksum of every array that the node keeps."""
    node.source = (user_line(), _checksums(node))


def check_kept(node: Node) -> None:
    """Raise if an array that the node keeps was written since it was recorded."""
    line, before = getattr(node, "source", (None, None))
    if before is not None and before != _checksums(node):
        raise InPlaceError(
            f"an array that {node.primitive.name}() keeps for the backward pass was written after it was recorded"
            f"\n  at {line}\nIts gradient would be wrong. Write to a copy (x.numpy().copy()), or after backward()."
        )


def _checksums(node: Node) -> tuple[int, ...]:
    kept = [*(node.args or ()), *(node.out if isinstance(node.out, tuple) else (node.out,))]
    return tuple(zlib.crc32(np.ascontiguousarray(a).data) for a in kept if isinstance(a, np.ndarray) and a.ndim)
