"""Written last: what a step writes into its state comes when all is computed.

A replay that fails, because a guard finds another value or a warning is an error, must leave the state as it was.
Running statistics and counters that are written at the end need no copy to go back to.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograd.capture.program import Op, Var


def written_last(ops: list[Op]) -> list[Op]:
    """The operations, with the writes to the state that can wait after the last one that may fail."""
    last = _last_that_may_fail(ops)
    waiting: set[int] = set()
    used_later: set[Var] = set()  # the roots of what an operation after this one reads or writes
    written_later: set[Var] = set()
    for i in range(last, -1, -1):
        op = ops[i]
        if op.kind == "effect":
            break
        used, written = {v.root for v in op.uses()}, {v.root for v in op.writes}
        to_state = all(root.kind == "state" for root in written) and _only_writes(op)
        if to_state and not used_later & written and not written_later & used:
            waiting.add(i)
        else:
            used_later |= used
            written_later |= written
    late = [ops[i] for i in sorted(waiting)]
    return [*[op for i, op in enumerate(ops[: last + 1]) if i not in waiting], *late, *ops[last + 1 :]]


def written_early(ops: list[Op]) -> list[Any]:
    """The arrays of the state that are written before an operation that may fail."""
    last = _last_that_may_fail(ops)
    return [v.value for v in {v.root: None for op in ops[:last] for v in op.writes if v.root.kind == "state"}]


def _last_that_may_fail(ops: list[Op]) -> int:
    """The number of the last operation that computes, or of a later effect that may fail; -1 if there is none."""
    return max((i for i, op in enumerate(ops) if not _surely_works(op)), default=-1)


def _surely_works(op: Op) -> bool:
    if op.kind == "effect":
        return bool(getattr(op.function, "sure", False))
    return op.kind == "grad" or _only_writes(op)


def _only_writes(op: Op) -> bool:
    """Whether it writes without computing anything of which NumPy could warn."""
    if op.kind != "write":
        return False
    if op.function is operator.setitem:
        value: Any = op.args[2]
        return isinstance(value, Var) and bool(value.dtype == op.writes[0].dtype)
    return op.function in (np.add, np.subtract) and all(np.dtype(v.dtype).kind in "iu" for v in op.uses())
