"""Einstein summation.

einsum is linear in every operand, so the cotangent of an operand is the einsum of g with the other operands, summed to
the letters of that operand:

    out[ik] = Σ_j a[ij] b[jk]    ga[ij] = Σ_k g[ik] b[jk]

A letter that only this operand has was summed out: the cotangent is the same all along it. A letter that it has twice
selected a diagonal: the cotangent is zero off that diagonal.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autograd.engine.kinds import like
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements
from autograd.engine.zero_times_inf import product_without_nan
from autograd.errors import ArgumentError, NoRuleError
from autograd.ops.arguments import as_operand
from autograd.shapes import HALF, widened

_ALPHABET = string.ascii_uppercase + string.ascii_lowercase  # in the order in which an implicit result is sorted


@lru_cache(maxsize=4096)
def operand_letters(subscripts: str, ndims: tuple[int, ...]) -> tuple[tuple[str, ...], str]:
    """(the letters of each operand, the letters of the result); an ellipsis and an implicit result are written out."""
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    unused = [c for c in _ALPHABET if c not in text]
    hidden = [
        ndim - len(term.replace("...", "")) if "..." in term else 0 for term, ndim in zip(terms, ndims, strict=True)
    ]
    widest = max(hidden, default=0)
    if widest > len(unused):
        raise ArgumentError(
            f"einsum has 52 letters for all axes; {subscripts!r} of operands with {ndims} dimensions needs more."
        )
    dots = "".join(unused[:widest])
    operands = tuple(term.replace("...", dots[widest - n :]) for term, n in zip(terms, hidden, strict=True))
    if arrow:
        return operands, right.replace("...", dots)
    written = left.replace(",", "").replace("...", "")
    return operands, dots + "".join(sorted(c for c in set(written) if written.count(c) == 1))


def _cotangent(i: int, g: Any, out: Any, *operands: Any, subscripts: str, optimize: Any = False) -> Any:
    """The einsum of g with the other operands, summed to operand i's letters."""
    terms, result = operand_letters(subscripts, tuple(x.ndim for x in operands))
    mine, shape = terms[i], operands[i].shape
    others = [x for j, x in enumerate(operands) if j != i]
    others_terms = [term for j, term in enumerate(terms) if j != i]
    size = dict(zip(mine, shape, strict=True))
    present = set(result).union(*others_terms)
    # Each letter once. A letter of size 1 is summed out, because in other operands its size may be larger.
    kept = "".join(c for c in dict.fromkeys(mine) if c in present and size[c] != 1)
    plan = f"{','.join([result, *others_terms])}->{kept}"
    if not isinstance(optimize, (bool, str)):  # a path, which fits only the forward pass
        optimize = True

    def product(g: Any, *others: Any) -> Any:
        return _contract(g, *others, subscripts=plan, optimize=optimize)

    gi = product_without_nan(product, g, *others) if others else product(g)
    seen: set[str] = set()
    slots = []  # for each axis of the operand its size in gi, or 1 where gi has no such axis
    for c in mine:
        slots.append(size[c] if c in kept and c not in seen else 1)
        seen.add(c)
    if any(gi.shape[k] != size[c] for k, c in enumerate(kept)):  # another operand has size 1 where this one has more
        gi = np.broadcast_to(gi, tuple(size[c] for c in kept))
    gi = np.reshape(gi, slots)
    repeated = [c for c in seen if mine.count(c) > 1]
    if repeated:
        return np.where(like(_diagonal(mine, shape, repeated), raw(gi)), gi, gi.dtype.type(0))
    return gi  # the sweep broadcasts it along the letters that only this operand has


def _diagonal(term: str, shape: tuple[int, ...], repeated: Sequence[str]) -> Any:
    """Where in an array of this shape the indices along repeated letters are equal."""
    here = np.ones(shape, bool)
    index = np.indices(shape, sparse=True)
    for c in repeated:
        axes = [k for k, letter in enumerate(term) if letter == c]
        for k in axes[1:]:
            here = here & (index[axes[0]] == index[k])
    return here


def _stacked(k: int, *operands: Any, subscripts: str, optimize: Any = False) -> dict[str, Any] | None:
    """The subscripts of a batched call: one more letter in front of every operand and of the result."""
    terms, result = operand_letters(subscripts, tuple(x.ndim for x in operands))
    free = [c for c in _ALPHABET if c not in result and not any(c in term for term in terms)]
    return {"subscripts": f"{','.join(free[0] + term for term in terms)}->{free[0]}{result}"} if free else None


def _contract(*operands: Any, subscripts: str, optimize: Any = False) -> Any:
    """np.einsum, of float16 in float32."""
    if all(x.dtype is HALF for x in operands):
        out = np.einsum(subscripts, *widened(*operands), optimize=optimize)
        with np.errstate(over="ignore"):  # as NumPy's, which says nothing of it
            return out.astype(HALF)
    return np.einsum(subscripts, *operands, optimize=optimize)


_einsum = define(
    _contract,
    each=_cotangent,
    keeps="in",
    name="einsum",
    jvp="multilinear",
    batch=_stacked,
    label="einsum(g, others)",
)

_einsum_view = define(
    lambda x, subscripts: np.einsum(subscripts, x),
    lambda g, out, x, subscripts: _cotangent(0, g, out, x, subscripts=subscripts),
    keeps="",
    guard=False,
    name="einsum_view",
    jvp="linear",
    batch=lambda k, x, subscripts: _stacked(k, x, subscripts=subscripts),
    label="einsum(g)",
    view=True,
)


@implements(np.einsum)
def einsum(*operands: Any, out: Any = None, optimize: Any = False, **options: Any) -> Any:
    """np.einsum, called with a string or with lists of axis numbers."""
    refused = {
        key
        for key, value in options.items()
        if value is not None and (key, value) not in (("order", "K"), ("casting", "safe"))
    }
    if refused:
        raise NoRuleError(
            f"np.einsum of a Tensor does not take {', '.join(sorted(refused))}=; convert with x.astype(dtype) instead."
        )
    if isinstance(operands[0], str):
        subscripts, *given = operands
    else:
        subscripts, given = from_lists(operands)
    arrays = [as_operand(x) for x in given]
    if len(arrays) == 1 and np.ndim(arrays[0]) and _sums_nothing(subscripts, np.ndim(arrays[0])):
        return _einsum_view(arrays[0], subscripts=subscripts)
    return _einsum(*arrays, subscripts=subscripts, optimize=optimize)


def _sums_nothing(subscripts: str, ndim: int) -> bool:
    """Whether an einsum of one operand moves axes or takes a diagonal: of these NumPy's results are views."""
    if "," in subscripts:
        return False
    (mine,), result = operand_letters(subscripts, (ndim,))
    return len(mine) == ndim and set(mine) == set(result) and len(result) == len(set(result))


def from_lists(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """einsum(a, [0, 1], b, [1, 2], [0, 2]) as the string "AB,BC->AC" and the arrays."""
    pairs = len(operands) // 2
    text = ",".join(_from_list(axes) for axes in operands[1 : 2 * pairs : 2])
    if len(operands) % 2:
        text += "->" + _from_list(operands[-1])
    return text, list(operands[: 2 * pairs : 2])


def _from_list(axes: Sequence[Any]) -> str:
    return "".join("..." if axis is Ellipsis else _ALPHABET[axis] for axis in axes)


@implements(np.einsum_path)
def _einsum_path(*operands: Any, **options: Any) -> Any:
    return np.einsum_path(*[raw(x) for x in operands], **options)
