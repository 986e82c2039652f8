"""The questions whether an array holds a nan: which of them another one answers.

Eager looks whether a rule's cotangent is nan (0 · ∞ counts as 0), by `x·x != x·x`: in a program three operations.
Through elementwise arithmetic a nan stays one. So where the result of such an operation holds none, its operands do not
either, and need not be asked.
"""

from __future__ import annotations

import operator
from typing import NamedTuple

import numpy as np

from autograd.capture.calls import ufunc_of
from autograd.capture.program import Op, Var

KEEPING = frozenset({
    np.add, np.subtract, np.multiply, np.true_divide, np.negative, np.positive, np.exp, np.tanh, np.sqrt, np.square,
    np.absolute, np.sin, np.cos,
})  # fmt: skip


class Check(NamedTuple):
    """The operations first … first + 2, which ask whether v holds a nan."""

    first: int
    v: Var


def checks(ops: list[Op]) -> list[Check]:
    """Those of a program whose numbers nothing else reads."""
    reads: dict[Var, int] = {}
    for op in ops:
        for v in op.reads():
            reads[v] = reads.get(v, 0) + 1
    found = []
    for i in range(len(ops) - 2):
        dot, differ, guard = ops[i : i + 3]
        if dot.function is not np.vdot or guard.kind != "guard" or guard.function is not False:
            continue
        square, v = dot.out[0], dot.args[0]
        same = isinstance(v, Var) and dot.args == (v, v) and differ.args == (square, square)
        same = same and differ.function is operator.ne and guard.args == (differ.out[0],)
        if same and (reads[square], reads[differ.out[0]]) == (2, 1) and v.dtype.kind == "f":
            found.append(Check(i, v))
    return found


def fewer_checks(ops: list[Op]) -> list[Op]:
    """The operations without the checks that another one answers."""
    asked = checks(ops)
    written = {v.root for op in ops for v in op.writes}
    firsts = {c.first: c.v for c in asked}
    clear: set[Var] = set()  # of which a later check says that they hold no nan
    left_out: set[int] = set()
    for i in range(len(ops) - 1, -1, -1):
        op, v = ops[i], firsts.get(i)
        if v is not None and v in clear:
            left_out |= {i, i + 1, i + 2}
        elif v is not None and v.root not in written:
            clear.add(v)
        if len(op.out) == 1 and op.out[0] in clear and ufunc_of(op) in KEEPING and not op.kwargs:
            clear |= {x for x in op.args if isinstance(x, Var) and x.root not in written}
    return [op for i, op in enumerate(ops) if i not in left_out]
