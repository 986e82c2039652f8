"""What `detect_anomaly` looks for: the first nan or inf, and arrays written behind the graph's back."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from autograd.engine.graph import Node
from autograd.engine.origin import module_path, user_line
from autograd.engine.recording import raw
from autograd.errors import AnomalyError, InPlaceError


def bad_kind(value: Any) -> str:
    """'nan' or 'inf' if an array or number, or one in a sequence of them, holds one; else ''."""
    if isinstance(value, (tuple, list)):
        return next(filter(None, map(bad_kind, value)), "")
    value = raw(value)
    if isinstance(value, (np.ndarray, np.generic, float)) and np.asarray(value).dtype.kind in "fc":
        return "nan" if np.isnan(value).any() else "inf" if np.isinf(value).any() else ""
    return ""


def check_forward(name: str, args: list[Any], out: Any, scope: tuple[Any, ...]) -> None:
    """Raise if `out` holds a nan or inf that no argument held."""
    kind = bad_kind(out)
    if kind and not bad_kind(args):
        _report(name + "()", kind, args, scope, user_line())


def check_backward(node: Node, i: int, cotangent: Any, g: Any) -> None:
    """Raise if a VJP made a nan or inf out of a finite cotangent."""
    _check_rule(node, f"the VJP of {node.name} by argument {i}", cotangent, [g])


def check_tangent(node: Node, t: Any, ts: Sequence[Any]) -> None:
    """Raise if a rule made a nan or inf tangent out of finite ones."""
    _check_rule(node, f"the JVP of {node.name}", t, ts)


def _check_rule(node: Node, what: str, made: Any, given: Sequence[Any]) -> None:
    kind = bad_kind(made)
    if kind and not bad_kind(given):
        line = getattr(node, "source", (None, None))[0] or "an operation recorded outside detect_anomaly"
        _report(what, kind, list(node.args or ()), node.scope, line)


def _report(what: str, kind: str, args: list[Any], scope: tuple[Any, ...], line: str) -> NoReturn:
    shapes = ", ".join(str(tuple(a.shape)) if hasattr(a, "shape") else repr(a) for a in args)
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
            f"an array that {node.name}() keeps for the backward pass was written after it was recorded"
            f"\n  at {line}\nIts gradient would be wrong. Write to a copy (x.numpy().copy()), or after backward()."
        )


def _checksums(node: Node) -> tuple[int, ...]:
    kept = [*(node.args or ()), *(node.out if isinstance(node.out, tuple) else (node.out,))]
    return tuple(zlib.crc32(np.ascontiguousarray(a).data) for a in kept if isinstance(a, np.ndarray) and a.ndim)
