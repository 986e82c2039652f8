"""Matrices that products take transposed: copied first, where that is faster.

BLAS takes up to twice as long for a product whose second factor lies transposed. A copy in order pays for the weights
of a recurrent net, which many products take, and for small matrices. Whether it does, and whether the product has the
same bits, is tried out on numbers of these shapes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import lru_cache
from math import inf
from time import perf_counter
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from autograd.capture.program import Method, Op, Var
from autograd.capture.undo import same_bits

MANY = 4  # products from which on it is tried
SMALL = range(8 * 1024, 32 * 1024 + 1)  # bytes of a matrix of which it is tried for each product
PRODUCTS = (np.matmul, operator.matmul, np.dot)
SIDE = 8  # rows and columns from which on it is a product of matrices for BLAS, not of vectors
COMPARED = 4096  # numbers of results
TRIALS = 7
CLEARLY = 0.9


def in_order(ops: list[Op]) -> list[Op]:
    """The operations, with a copy of each such matrix before the first product that takes it."""
    takers: dict[Var, list[int]] = {}
    for i, op in enumerate(ops):
        if op.function in PRODUCTS and op.kind == "call" and not op.kwargs and _is_transposed(op.args[1]):
            takers.setdefault(op.args[1], []).append(i)
    number = max((v.number for op in ops for v in op.out), default=0)
    copies: dict[int, Op] = {}
    for b, found in takers.items():
        products = [ops[i] for i in found]
        worth = len(found) >= MANY or b.value.nbytes in SMALL
        if not worth or _changed(ops[found[0] : found[-1]], b) or not _pays(products):
            continue
        number += 1
        ordered = Var(number, "value", np.empty(b.shape, b.dtype))
        copies[found[0]] = Op("call", Method("copy"), (b,), {}, [ordered], ordered, [])
        for op in products:
            op.args = (op.args[0], ordered)
    return [step for i, op in enumerate(ops) for step in ([copies[i], op] if i in copies else [op])]


def _is_transposed(b: Any) -> bool:
    value = b.value if isinstance(b, Var) else None
    return (
        isinstance(value, np.ndarray) and value.ndim == 2 and value.flags.f_contiguous and not value.flags.c_contiguous
    )


def _changed(ops: list[Op], b: Var) -> bool:
    """Whether one of them may write to the matrix."""
    return any(op.kind == "effect" or any(w.root is b.root for w in op.writes) for op in ops)


def _pays(products: list[Op]) -> bool:
    """Whether the products are the same to the bit with the copy, and clearly faster by more than its time."""
    layouts = {tuple([(x.shape, x.dtype, x.value.strides) for x in op.args if isinstance(x, Var)]) for op in products}
    a, b = products[0].args
    if len(layouts) != 1 or not isinstance(a, Var) or a.dtype != b.dtype or len(a.shape) != 2:
        return False
    if min(*a.shape, *b.shape) < SIDE:
        return False
    before, after, copying = _tried(np.dot if products[0].function is np.dot else np.matmul, *layouts)
    return after < CLEARLY * before and (before - after) * len(products) > copying


@lru_cache(maxsize=256)
def _tried(multiply: Callable[..., Any], layouts: Any) -> tuple[float, float, float]:
    """Seconds of a product as it is, of one with a matrix in order (∞ if that has other bits), and of a copy."""
    a, b = (np.empty_like(as_strided(np.empty(1, dtype), shape, strides)) for shape, dtype, strides in layouts)
    rng = np.random.default_rng(0)
    ordered = b
    for _ in range(-(-COMPARED // (a.shape[0] * b.shape[1]))):
        for x in (a, b):
            x[...] = rng.random(x.shape) - 0.5
            if x.dtype.kind == "c":
                x.imag[...] = rng.random(x.shape) - 0.5
        ordered = b.copy()
        if not same_bits(multiply(a, b), multiply(a, ordered)):
            return 0.0, inf, 0.0
    return _seconds(lambda: multiply(a, b)), _seconds(lambda: multiply(a, ordered)), _seconds(b.copy)


def _seconds(function: Callable[[], Any]) -> float:
    """The shortest of a few runs."""
    found = []
    for _ in range(TRIALS):
        started = perf_counter()
        function()
        found.append(perf_counter() - started)
    return min(found)
