"""Products with an identity, as a Jacobian's first ones: the other factor, its rows scaled by a vector.

(I·d) @ W is d[:, None]·W, to the bit, if both are finite: a sum of one product and of zeros. That is asked first; and 0
is added, since a sum of zeros is 0 also where the product is -0.
"""

from __future__ import annotations

from functools import lru_cache
from operator import getitem, le
from sys import getrefcount
from typing import Any, NamedTuple

import numpy as np

from autograd.capture.calls import ufunc_of
from autograd.capture.later import ALL, NAN, ROW, Fact, Question, asking, questions
from autograd.capture.program import Op, Var, variables
from autograd.capture.transposed import PRODUCTS
from autograd.capture.undo import same_bits

SIDE = 32  # rows of an identity from which on it pays
NEW = 16  # variables of one product


class Product(NamedTuple):
    """The product number `at`, of an identity; times a vector in operation number `scaled`, or both None."""

    at: int
    scaled: int | None
    vector: Any


def without_identities(ops: list[Op], results: Any) -> list[Op]:
    """The operations, with such products done row by row; the given ones stay as they are."""
    made = {v: i for i, op in enumerate(ops) for v in op.out}
    found = [_product(i, ops, made) for i, op in enumerate(ops) if op.function in PRODUCTS and len(op.args) == 2]
    products = [p for p in found if p is not None]
    if not products:
        return ops
    asked = questions(ops)
    alone = _Alone(ops, results, asked)
    written = {v.root for op in ops for v in op.writes}
    number = max(v.number for op in ops for v in op.out)
    instead: dict[int, list[Op]] = {}
    for p in products:
        if p.scaled is None or (alone.reads_only(ops[p.scaled].out[0]) and p.vector.root not in written):
            instead |= _by_rows(p, ops, asked, number)
            number += NEW
    return [step for i, op in enumerate(ops) for step in instead.get(i, [op])] if instead else ops


class _Alone:
    """Tells of which variables nothing but one operation and questions depends."""

    def __init__(self, ops: list[Op], results: Any, asked: list[Question]) -> None:
        self._reads: dict[Var, int] = {}
        for v in (v for op in ops for v in op.uses()):
            self._reads[v.root] = self._reads.get(v.root, 0) + 1
        for v in variables(results, []):
            self._reads[v.root] = self._reads.get(v.root, 0) + 2
        for q in asked:
            if q.fact.asked == NAN:
                self._reads[q.fact.v.root] -= 2

    def reads_only(self, v: Var) -> bool:
        return self._reads[v] == 1


def _product(i: int, ops: list[Op], made: dict[Var, int]) -> Product | None:
    """What operation i multiplies, if it is such a product."""
    op = ops[i]
    a, b = op.args
    plain = op.kind == "call" and not op.kwargs and isinstance(b, Var) and isinstance(b.value, np.ndarray)
    if not plain or not isinstance(a, Var) or len(b.shape) != 2 or len(a.shape) != 2 or a.shape[0] < SIDE:
        return None
    if a.dtype != b.dtype or a.dtype not in (np.float32, np.float64) or not op.out[0].value.flags.c_contiguous:
        return None
    if _is_identity(a):
        return Product(i, None, None) if _same(op.function is np.dot, a.shape, b.shape, a.dtype, False) else None
    at = made.get(a, -1)
    scaling = ops[at]
    if at < 0 or ufunc_of(scaling) is not np.multiply or scaling.kwargs or len(scaling.args) != 2:
        return None
    which = [k for k, x in enumerate(scaling.args) if isinstance(x, Var) and _is_identity(x)]
    d = scaling.args[1 - which[0]] if len(which) == 1 else None
    fits = isinstance(d, Var) and d.shape == a.shape[1:] and d.dtype == a.dtype
    return Product(i, at, d) if fits and _same(op.function is np.dot, a.shape, b.shape, a.dtype, True) else None


def _is_identity(v: Var) -> bool:
    """Whether it is an identity of which nobody else knows: it was made in the step, and stays."""
    if v.kind != "constant" or len(v.shape) != 2 or v.shape[0] != v.shape[1]:
        return False
    if not all(map(le, _references(v), _references(_unknown()))):
        return False
    base = v.value.base
    own = base is None or (isinstance(base, np.ndarray) and base.base is None)
    return own and bool(np.array_equal(v.value, np.eye(v.shape[0], dtype=v.dtype)))


def _references(v: Var) -> tuple[int, int]:
    """How often its array, and the array of which that is a view, are referred to."""
    return getrefcount(v.value), 0 if v.value.base is None else getrefcount(v.value.base)


def _unknown() -> Var:
    """A constant of which nobody else knows."""
    array = np.zeros(4).reshape(2, 2)
    return Var(0, "constant", array, array)


def _by_rows(p: Product, ops: list[Op], asked: list[Question], number: int) -> dict[int, list[Op]]:
    """The numbers of operations -> what stands in their place."""
    op = ops[p.at]
    factor, out = op.args[1], op.out[0]
    empty: list[Op] = []
    instead = {i: empty for q in asked if q.fact == Fact(out, ROW) for i in q.steps()}
    steps = asking(Fact(factor, ALL), op.place, number)
    rows = factor
    if p.vector is not None and p.scaled is not None:
        m = ops[p.scaled].out[0]
        instead |= {i: empty for q in asked if q.fact == Fact(m, NAN) for i in q.steps()}
        instead[p.scaled] = asking(Fact(p.vector, ALL), op.place, number + 4)
        column = Var(number + 9, "value", p.vector.value[:, None], root=p.vector.root)
        rows = Var(number + 10, "value", out.value)
        steps.append(Op("view", getitem, (p.vector, (slice(None), None)), {}, [column], column, []))
        steps.append(Op("call", np.multiply, (column, factor), {}, [rows], rows, []))
    steps.append(Op("call", np.add, (rows, 0.0), {}, [out], out, []))
    instead[p.at] = steps
    for i, made in instead.items():
        for step in made:
            step.errors, step.place = ops[i].errors, op.place
    return instead


@lru_cache(maxsize=64)
def _same(dot: bool, left: Any, right: Any, dtype: Any, scaled: bool) -> bool:
    """Whether BLAS gives the same bits, which is tried on numbers among which are zeros of both signs."""
    multiply: Any = np.dot if dot else np.matmul
    rng = np.random.default_rng(0)
    signed = np.array([0, -0.0, 1, -1], dtype)
    for _ in range(3):
        w = rng.normal(size=right).astype(dtype) * rng.choice(signed, right)
        d = (
            rng.normal(size=left[:1]).astype(dtype) * rng.choice(signed, left[:1])
            if scaled
            else np.ones(left[0], dtype)
        )
        if not same_bits(multiply(np.eye(left[0], dtype=dtype) * d, w), d[:, None] * w + 0):
            return False
    return True
