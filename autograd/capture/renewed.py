"""Renewed: what is computed in place becomes a new value.

Then no value changes any more, so that what is computed twice can be found: a difference from a mean, which a rule
scales in place and its derivative computes again. Where nothing reads the old value, the plan of memory puts the new
one in its place anyway.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.capture.calls import ufunc_of
from autograd.capture.program import Op, Var, renamed, variables


def renewed(ops: list[Op], results: Any) -> list[Op]:
    """The operations, with calls in place of elementwise operations that write over an array of the program's own."""
    if not any(op.kind == "write" for op in ops):
        return ops
    renewing = _Renewing(ops, results)
    for i, op in enumerate(ops):
        renewing.one(i, op)
    return ops


class _Renewing:
    def __init__(self, ops: list[Op], results: Any) -> None:
        self._now: dict[Var, Var] = {}  # an array that was written -> the value that it has now
        self._tuples: dict[int, tuple[Any, Any]] = {}
        self._number = max((v.number for op in ops for v in (*op.reads(), *op.out)), default=0)
        self._returned = {v.root for v in variables(results, [])}
        self._views: dict[Var, list[Var]] = {}
        self._last: dict[Var, int] = {}
        for i, op in enumerate(ops):
            for v in op.out:
                if v.root is not v:
                    self._views.setdefault(v.root, []).append(v)
            for v in op.uses():
                self._last[v] = i
        self._made: set[Var] = set()

    def _same_tuple(self, x: tuple[Any, ...]) -> Any:
        """Still one object for one object, as long as its values are the same."""
        changed = renamed(x, self._now)
        known = self._tuples.setdefault(id(x), (x, changed))
        return known[1] if known[1] == changed else changed

    def one(self, i: int, op: Op) -> None:
        """Rename what an operation takes, and what it writes."""
        target = op.writes[0] if op.kind == "write" and len(op.writes) == 1 else None
        if target is not None and not (op.kwargs == {"out": target} and self._may_be_new(i, op, target)):
            target = None
        op.args = tuple([self._same_tuple(x) if type(x) is tuple else renamed(x, self._now) for x in op.args])
        op.kwargs = renamed(op.kwargs, self._now)
        op.writes = [self._now.get(v, v) for v in op.writes]
        for v in op.out:
            v.root = self._now.get(v.root, v.root)
        self._made.update(op.out)
        if target is not None:
            self._number += 1
            value = self._now[target] = Var(self._number, "value", target.value)
            op.kind, op.kwargs, op.out, op.template, op.writes = "call", {}, [value], value, []

    def _may_be_new(self, i: int, op: Op, target: Var) -> bool:
        """Whether the array is the program's own, no view shows the new numbers, and the result fills it."""
        if target.root is not target or target.kind != "value" or target in self._returned or not target.shape:
            return False
        if any(v in self._made and self._last.get(v, -1) > i for v in self._views.get(target, ())):
            return False
        function: Any = ufunc_of(op)
        if not isinstance(function, np.ufunc) or function.signature is not None or len(op.args) != function.nin:
            return False
        if np.broadcast_shapes(*[getattr(x, "shape", ()) for x in op.args]) != target.shape:
            return False
        kinds = [x.dtype if hasattr(x, "dtype") else type(x) for x in op.args]
        try:
            return bool(function.resolve_dtypes((*kinds, None))[-1] == target.dtype)
        except TypeError:
            return False
