"""Elements chosen by a mask: where, select, choose, clip, nan_to_num, and `masked`, the primitive that rules use.

The cotangent goes to the element that was chosen; the others get 0, even where they hold inf or nan.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.kinds import any_foreign, copied, is_foreign, like
from autograd.engine.outputs import into
from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements
from autograd.errors import ArgumentError
from autograd.ops.arguments import refuse
from autograd.ops.indexing import positions

_SMALL = 4096  # with fewer elements than this np.where is faster than a product


def _masked(x: Any, mask: Any) -> Any:
    """x * mask, and exactly 0 wherever the mask is 0, also where x is inf or nan.

    For a mask without a pattern np.where takes ten times as long as a product, since it branches at every element. So
    multiply first, and use np.where only if the product contains a nan (inf * 0).
    """
    if isinstance(x, np.ndarray) and (mask.size >= _SMALL or x.size >= _SMALL):
        product = x * mask
        total = np.vdot(product, product)
        if total != total:
            return _chosen(x, mask)
        product += 0  # -0.0 becomes 0.0
        return product
    return _chosen(x, mask)


def _chosen(x: Any, mask: Any) -> Any:
    return np.where(mask, x if mask.dtype.kind == "b" else x * mask, 0)[()]


masked: Primitive = define(
    _masked, lambda g, out, x, mask: masked(g, mask), None,
    keeps=("mask", ""), guard=False, name="masked", jvp="elementwise", label="g·mask",
)  # fmt: skip


# np.where


def _own(condition: Any) -> Any:
    """A condition that the caller cannot change any more."""
    return condition if is_foreign(condition) else copied(condition)


_where = define(
    np.where,
    None,
    lambda g, out, condition, x, y: masked(g, condition),
    lambda g, out, condition, x, y: masked(g, ~condition),
    keeps=("", "condition", "condition"), guard=False, jvp="elementwise",
    label="0, g where condition, g where not condition",
)  # fmt: skip


@implements(np.where)
def where(condition: Any, x: Any = None, y: Any = None, /) -> Any:
    """np.where: x where the condition holds, else y."""
    condition = raw(condition)
    if x is None and y is None:
        return np.nonzero(condition)
    if x is None or y is None:
        raise ArgumentError("np.where takes the condition alone, or the condition and both x and y.")
    dtype = getattr(condition, "dtype", None)
    if dtype is None or dtype.kind != "b":
        condition = np.not_equal(condition, 0)
    else:
        condition = _own(condition)  # a copy: the caller may write to its mask before backward()
    return _where(condition, x, y)


# np.choose and np.select: for each element one of several arrays


def _one_of(choices: Sequence[Any]) -> Any:
    """The array whose kind the others share: the first that is another library's, if any."""
    return next((x for x in choices if is_foreign(x)), choices[0])


_choose = define(
    lambda *choices, which: np.choose(like(which, _one_of(choices)), choices),
    each=lambda i, g, out, *choices, which: masked(g, like(np.equal(which, i), raw(g))),
    keeps="", guard=False, name="choose", jvp="elementwise", label="g where it is chosen",
)  # fmt: skip


@implements(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """np.choose: `choices[a[i]][i]`, with a gradient for the choices."""
    choices = tuple(choices)
    return _choose(*choices, which=positions(a, len(choices), mode))


def _select_vjp(g: Any, out: Any, *choices: Any, conditions: tuple[Any, ...]) -> list[Any]:
    """g where a condition is the first that holds; for the default, the last choice, where none holds."""
    shares, free = [], np.True_
    for condition in conditions:
        shares.append(masked(g, condition & free))
        free = free & ~condition
    return [*shares, masked(g, free)]


def _select_of_stacks(k: int, *choices: Any, conditions: tuple[Any, ...]) -> dict[str, Any] | None:
    """No other conditions: they broadcast behind the leading axis, unless an array has fewer axes than others."""
    return {} if len({len(a.shape) for a in (*choices, *conditions) if hasattr(a, "shape")}) == 1 else None


def _first_that_holds(*choices: Any, conditions: tuple[Any, ...]) -> Any:
    """np.select by np.where, of another library's arrays: Dask calls every np.select of a graph by one name."""
    if not any_foreign((*choices, *conditions)):
        return np.select(conditions, choices[:-1], choices[-1])
    out = choices[-1]
    for condition, choice in zip(conditions[::-1], choices[-2::-1], strict=True):
        out = np.where(condition, choice, out)
    return out


_select = define(
    _first_that_holds,
    joint=_select_vjp, batch=_select_of_stacks,
    keeps="", guard=False, name="select", jvp="linear", label="g where its condition is the first",
)  # fmt: skip


@implements(np.select)
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """np.select: the choice of the first condition that holds, with a gradient for the choices and the default."""
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ArgumentError(
            f"np.select takes a choice for each condition; got {len(condlist)} conditions, {len(choicelist)} choices."
        )
    conditions = tuple(_own(raw(c)) for c in condlist)
    return _select(*choicelist, default, conditions=conditions)


# np.clip = minimum(maximum(a, low), high), as NumPy defines it. An element at a bound counts as inside: it gets the
# whole cotangent and the bound gets none, as in PyTorch's clamp.


def _inside(a: Any, low: Any, high: Any) -> Any:
    if low is None:
        return a <= high
    return a >= low if high is None else (a >= low) & (a <= high)


_clip = define(
    lambda a, low, high: np.clip(a, low, high),
    lambda g, out, a, low, high: masked(g, _inside(a, low, high)),
    lambda g, out, a, low, high: masked(g, a < low if high is None else (a < low) & (low <= high)),
    lambda g, out, a, low, high: masked(g, a > high if low is None else (a > high) | (low > high)),
    keeps="in", guard=False, name="clip", jvp="elementwise", label="g·[low ≤ a ≤ high], g·[a < low], g·[a > high]",
)  # fmt: skip


@implements(np.clip)
def clip(
    a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None, **kwargs: Any
) -> Any:
    """np.clip; the bounds may be arrays or Tensors, and are differentiated too."""
    refuse("clip", "Use np.where, or convert with x.astype(dtype).", **kwargs)
    if (a_min is not None and min is not None) or (a_max is not None and max is not None):
        raise ArgumentError("np.clip: give each bound once, as a_min or min, as a_max or max.")
    low = a_min if min is None else min
    high = a_max if max is None else max
    return np.positive(a) if low is None and high is None else _clip(a, low, high)


_ZERO = 0.0  # NumPy's default, which is not passed on: not every library's function takes it
_nan_to_num = define(
    np.nan_to_num, lambda g, out, x, nan=0.0, posinf=None, neginf=None: masked(g, np.isfinite(x)),
    keeps="x", guard=False, jvp="elementwise", label="g where x is finite",
)  # fmt: skip


@implements(np.nan_to_num)
def nan_to_num(x: Any, copy: bool = True, nan: Any = _ZERO, posinf: Any = None, neginf: Any = None) -> Any:
    """np.nan_to_num; elements that are replaced get no gradient. With copy=False they are written to x."""
    replaced = {"nan": None if nan is _ZERO else nan, "posinf": posinf, "neginf": neginf}
    clean = _nan_to_num(x, **{key: value for key, value in replaced.items() if value is not None})
    return clean if copy else into(x, clean, "nan_to_num")
