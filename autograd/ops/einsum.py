"""Einstein summation.

einsum is linear in every operand, so the cotangent of one is the einsum of g with the others, summed to that
operand's own letters:

    out[ik] = Σ_j a[ij] b[jk]    ga[ij] = Σ_k g[ik] b[jk]

A letter that only this operand has was summed there alone: its cotangent is spread along it. A letter that it
has twice took a diagonal: its cotangent lies on that diagonal.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autograd.engine.registry import define, implements
from autograd.errors import ArgumentError, NoRuleError
from autograd.ops.options import refuse_out
from autograd.ops.products import as_array, guarded, values

_LETTERS = string.ascii_uppercase + string.ascii_lowercase  # in the order in which implicit output sorts them


@lru_cache(maxsize=4096)
def _letters(subscripts: str, ndims: tuple[int, ...]) -> tuple[tuple[str, ...], str]:
    """(the letters of each operand, of the result), with the ellipsis and an implicit result written out."""
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    unused = [c for c in _LETTERS if c not in text]
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
    terms, result = _letters(subscripts, tuple(x.ndim for x in operands))
    mine, shape = terms[i], operands[i].shape
    others = [x for j, x in enumerate(operands) if j != i]
    others_terms = [term for j, term in enumerate(terms) if j != i]
    size = dict(zip(mine, shape, strict=True))
    present = set(result).union(*others_terms)
    # each letter once; one of size 1 is left out, for elsewhere it may stand for more: they all meet in one element
    letters = "".join(c for c in dict.fromkeys(mine) if c in present and size[c] != 1)
    plan = f"{','.join([result, *others_terms])}->{letters}"
    optimize = optimize if isinstance(optimize, (bool, str)) else True  # a given path is one of the forward pass

    def contract(g: Any, *others: Any) -> Any:
        return np.einsum(plan, g, *others, optimize=optimize)

    gi = guarded(contract, g, *others) if others else contract(g)
    seen: set[str] = set()
    slots = []  # for each of the operand's axes: its extent in gi, 1 where gi has none
    for c in mine:
        slots.append(size[c] if c in letters and c not in seen else 1)
        seen.add(c)
    if any(
        values(gi).shape[k] != size[c] for k, c in enumerate(letters)
    ):  # another operand had 1 where this one has more
        gi = np.broadcast_to(gi, tuple(size[c] for c in letters))
    gi = np.reshape(gi, slots)
    repeated = [c for c in seen if mine.count(c) > 1]
    if repeated:
        return np.where(_diagonal(mine, shape, repeated), gi, np.zeros((), gi.dtype))
    return gi  # the sweep spreads it along the letters that only this operand had


def _diagonal(term: str, shape: tuple[int, ...], repeated: Sequence[str]) -> Any:
    """Where in an array of this shape the indices of equal letters are equal."""
    here = np.ones(shape, bool)
    index = np.indices(shape, sparse=True)
    for c in repeated:
        axes = [k for k, letter in enumerate(term) if letter == c]
        for k in axes[1:]:
            here = here & (index[axes[0]] == index[k])
    return here


def _stacked(k: int, *operands: Any, subscripts: str, optimize: Any = False) -> dict[str, Any] | None:
    """One more letter, in front of every operand and of the result."""
    terms, result = _letters(subscripts, tuple(x.ndim for x in operands))
    free = [c for c in _LETTERS if c not in result and not any(c in term for term in terms)]
    return {"subscripts": f"{','.join(free[0] + term for term in terms)}->{free[0]}{result}"} if free else None


_einsum = define(
    lambda *operands, subscripts, optimize=False: np.einsum(subscripts, *operands, optimize=optimize),
    each=_cotangent,
    keeps="in",
    name="einsum",
    jvp="multilinear",
    batch=_stacked,
    label="einsum(g, others)",
)


@implements(np.einsum)
def einsum(*operands: Any, out: Any = None, optimize: Any = False, **options: Any) -> Any:
    """NumPy's, called with a string or with lists of axis numbers."""
    refuse_out("einsum", out)
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
        subscripts, *arrays = operands
    else:
        subscripts, arrays = _from_lists(operands)
    return _einsum(*[as_array(x) for x in arrays], subscripts=subscripts, optimize=optimize)


def _from_lists(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """einsum(a, [0, 1], b, [1, 2], [0, 2]) as the string "AB,BC->AC" and the arrays."""
    pairs = len(operands) // 2
    text = ",".join(_from_list(axes) for axes in operands[1 : 2 * pairs : 2])
    if len(operands) % 2:
        text += "->" + _from_list(operands[-1])
    return text, list(operands[: 2 * pairs : 2])


def _from_list(axes: Sequence[Any]) -> str:
    return "".join("..." if axis is Ellipsis else _LETTERS[axis] for axis in axes)


@implements(np.einsum_path)
def _einsum_path(*operands: Any, **options: Any) -> Any:
    return np.einsum_path(*[values(x) for x in operands], **options)
