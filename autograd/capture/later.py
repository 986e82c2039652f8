"""Later: many questions about values replaced by one, about what has become of them.

Eager asks each cotangent whether it holds a nan, and each product whether it is finite. Through a sum a nan stays one,
and what is not finite stays so: a recurrent net's questions, four for each step of time, are answered by one about the
gradient of its bias, which is the sum of all of them. A question that fails means another way through the program,
never another result; so it may come later, and may fail more often.
"""

from __future__ import annotations

import operator
from math import inf
from typing import Any, NamedTuple

import numpy as np

from autograd.capture.calls import JOINING, name_of, reduction, ufunc_of
from autograd.capture.checks import KEEPING, checks
from autograd.capture.program import Op, Var, variables
from autograd.capture.transposed import PRODUCTS
from autograd.engine.origin import line_at

NAN, ALL, ROW, COLUMN = "no nan", "finite", "finite first row", "finite first column"
TURNED = {ROW: COLUMN, COLUMN: ROW}
SUMS = frozenset({np.add, np.subtract, np.negative})  # of equal shapes: what is not finite stays so
CALL = 4096  # elements that could be asked in the time that it takes to ask at all


class Fact(NamedTuple):
    """What may be true of a variable."""

    v: Var
    asked: str


class Question(NamedTuple):
    """The operations first … first + length - 1, which end in a guard that asks whether this is true."""

    first: int
    length: int
    fact: Fact

    def steps(self) -> range:
        """The numbers of its operations."""
        return range(self.first, self.first + self.length)


def asked_later(ops: list[Op]) -> list[Op]:
    """The operations with questions about sums in place of those that they answer."""
    whole = max((i for i, op in enumerate(ops) if _looks_at_values(op)), default=-1)
    found = [q for q in questions(ops) if q.first > whole]
    if len(found) < 2 or any(op.errors and "raise" in op.errors.values() for op in ops):
        return ops
    again = _asked_again(ops, found)
    answered = _answered(ops, [q for q in found if q not in again])
    made = {v: i for i, op in enumerate(ops) for v in op.out}
    added: dict[int, list[Op]] = {}
    left_out = {i for q in again for i in q.steps()}
    number = max(v.number for op in ops for v in op.out)
    for fact, replaced in answered.items():
        if sum(_cost(q.fact) for q in replaced) > _cost(fact):
            place = ops[replaced[-1].first].place
            added.setdefault(made[fact.v], []).extend(asking(fact, place, number))
            number += 4
            left_out |= {i for q in replaced for i in q.steps()}
    return [step for i, op in enumerate(ops) for step in ([op] * (i not in left_out) + added.get(i, []))]


def _looks_at_values(op: Op) -> bool:
    """Whether it might raise an error for what a question before it keeps away."""
    return op.kind in ("native", "whole") or "linalg" in str(getattr(op.function, "__module__", ""))


def questions(ops: list[Op]) -> list[Question]:
    """Those whose numbers nothing else reads."""
    made = {v: op for op in ops for v in op.out}
    reads: dict[Var, int] = {}
    for op in ops:
        for v in op.reads():
            reads[v] = reads.get(v, 0) + 1
    found = [Question(c.first, 3, Fact(c.v, NAN)) for c in checks(ops)]
    for i in range(len(ops) - 3):
        square, size, less, guard = ops[i : i + 4]
        if guard.kind != "guard" or guard.function is not True or less.function is not operator.lt:
            continue
        chain = [op.out[0] if len(op.out) == 1 else None for op in (square, size, less)]
        alone = all(v is not None and reads[v] == 1 for v in chain) and less.args == (chain[1], inf)
        if not alone or guard.args != (chain[2],) or size.args[0] is not chain[0] or len(square.args) != 2:
            continue
        v = square.args[0]
        if not isinstance(v, Var) or square.args[1] is not v or v.value.dtype.kind != "f":
            continue
        if square.function is np.vdot and size.function is getattr:
            found.append(Question(i, 4, Fact(v, ALL)))
        elif name_of(square) == "dot" and size.function is operator.abs and (of := _row_of(v, made)) is not None:
            found.append(Question(i, 4, of))
    return sorted(found, key=lambda q: q.first)


def _row_of(v: Var, made: dict[Var, Op]) -> Fact | None:
    """That this first row or column of a matrix is finite."""
    row = made.get(v)
    if row is None or row.function is not operator.getitem or type(row.args[1]) is not int or row.args[1] != 0:
        return None
    matrix: Var = row.args[0]
    turned = made.get(matrix)
    if turned is not None and _turned(turned) and len(matrix.shape) == 2:
        return Fact(turned.args[0], COLUMN)
    return Fact(matrix, ROW) if len(matrix.shape) == 2 else None


def _asked_again(ops: list[Op], found: list[Question]) -> set[Question]:
    """Questions about a row or column of a product, which ask for a factor, after others about that factor."""
    products = {op.out[0]: op.args for op in ops if op.function in PRODUCTS and len(op.out) == 1}
    written = {v.root for op in ops for v in op.writes}
    effects = [i for i, op in enumerate(ops) if op.kind == "effect"]
    clear: set[Var] = set()
    again = set()
    for q in found:
        v, asked = q.fact
        if v not in products or asked not in (ROW, COLUMN) or effects and q.first > effects[0]:
            continue
        factor = products[v][asked == ROW]
        if factor in clear and factor.root not in written:
            again.add(q)
        clear.add(factor)
    return again


def _answered(ops: list[Op], found: list[Question]) -> dict[Fact, list[Question]]:
    """What might be asked, of the last variables to which it leads -> the questions that this answers."""
    written = {v.root for op in ops for v in op.writes}
    effect = next((i for i, op in enumerate(ops) if op.kind == "effect"), len(ops))
    asked = sorted({a for q in found for a in (q.fact.asked, TURNED.get(q.fact.asked, q.fact.asked))})
    after = _after(ops[:effect], {q.fact.v for q in found})
    known: dict[Fact, Fact] = {}  # what is true <- if this is
    for op in reversed(after):
        out = op.out[0]
        may = op.kind == "call" and out.root not in written and out.value.dtype.kind == "f" and out.value.ndim > 0
        for a in asked:
            fact = Fact(out, a)
            if may and (out.value.ndim == 2 or a not in TURNED):
                known.setdefault(fact, fact)
            if fact in known:
                for kept in _kept(op, a):
                    if kept.v.root not in written and (kept not in known or _cost(known[fact]) < _cost(known[kept])):
                        known[kept] = known[fact]
    answered: dict[Fact, list[Question]] = {}
    for q in found:
        if q.fact in known:
            answered.setdefault(known[q.fact], []).append(q)
    return answered


def _after(ops: list[Op], of: set[Var]) -> list[Op]:
    """The operations that make these, and arrays from them, one each."""
    found, reached = [], set(of)
    for op in ops:
        array = len(op.out) == 1 and isinstance(op.out[0].value, np.ndarray)
        if array and (op.out[0] in reached or not reached.isdisjoint(op.reads())):
            reached.add(op.out[0])
            found.append(op)
    return found


def _kept(op: Op, asked: str) -> list[Fact]:
    """What is true of the operands if this is true of the result."""
    out = op.out[0]
    arguments = [x for x in op.args if isinstance(x, Var)]
    if op.kind == "view":
        if len(out.shape) == 2 and _turned(op):
            return [Fact(arguments[0], TURNED.get(asked, asked))]
        whole = asked not in TURNED and arguments[0].value.size == out.value.size
        return [Fact(arguments[0], asked)] if whole else []
    function: Any = ufunc_of(op)
    if asked != NAN:
        arguments = [x for x in arguments if x.shape == out.shape] if function in SUMS and not op.kwargs else []
    elif op.function in JOINING:
        arguments = variables(op.args[0], [])
    elif function not in KEEPING or op.kwargs:
        reduced = reduction(op)
        arguments = arguments[:1] if reduced is not None and reduced[0] == np.add.reduce else []
    return [Fact(x, asked) for x in arguments]


def _turned(op: Op) -> bool:
    """Whether a view is the transpose."""
    if op.function is getattr:
        return bool(op.args[1] == "T")
    return name_of(op) == "transpose" and len(op.args) == 1 and not op.kwargs


def _cost(fact: Fact) -> int:
    size = fact.v.value.size if fact.asked in (NAN, ALL) else fact.v.shape[fact.asked == ROW]
    return int(CALL + size)


def asking(fact: Fact, place: Any, number: int) -> list[Op]:
    """The operations that ask this, for a place in the user's code; their variables have the next four numbers."""
    v, asked = fact
    made: list[Op] = []

    def step(function: Any, *args: Any, value: Any, root: Var | None = None) -> Var:
        out = Var(number + len(made) + 1, "value", value, root=root)
        made.append(Op("view" if root is not None else "call", function, args, {}, [out], out, []))
        return out

    one, true = v.value.dtype.type(1), np.True_
    if asked == NAN:
        square = step(np.vdot, v, v, value=one)
        answer = step(operator.ne, square, square, value=true)
    else:
        index: Any = {ROW: 0, COLUMN: (slice(None), 0)}.get(asked)
        row = v if asked == ALL else step(operator.getitem, v, index, value=v.value[index], root=v.root)
        square = step(np.vdot if asked == ALL else np.dot, row, row, value=one)
        answer = step(operator.lt, square, inf, value=true)
    last = Op("guard", asked != NAN, (answer,), {}, [], None, [])
    last.line = line_at(place)
    for op in (*made, last):
        op.place = place
    return [*made, last]
