"""Arrays joined and taken apart."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from autograd.errors import NoRuleError
from autograd.primitive import define, implements
from autograd.shapes import normalize_axes


def _shares(g: Any, out: Any, *arrays: Any, axis: int = 0, dtype: Any = None, casting: str = "same_kind") -> tuple[Any, ...]:
    """Each array receives the part of g where it went."""
    (axis,) = normalize_axes(axis, out.ndim)
    stops = list(itertools.accumulate(a.shape[axis] for a in arrays))
    before = (slice(None),) * axis
    return tuple(g[(*before, slice(stop - a.shape[axis], stop))] for a, stop in zip(arrays, stops, strict=True))


_concatenate = define(
    lambda *arrays, axis=0, dtype=None, casting="same_kind": np.concatenate(arrays, axis=axis, dtype=dtype, casting=casting),
    joint=_shares, keeps="", name="concatenate", label="g's part",
)  # fmt: skip


@implements(np.concatenate)  # np.concat is the same function
def concatenate(
    arrays: Any, /, axis: int | None = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """The arrays along an existing axis; with axis=None, raveled first."""
    _refuse_out("concatenate", out)
    if axis is None:
        arrays, axis = [np.ravel(a) for a in arrays], 0
    options = {"dtype": dtype, "casting": casting} if dtype is not None or casting != "same_kind" else {}
    return _concatenate(*_arrays(arrays), axis=axis, **options)


_stack = define(
    lambda *arrays, axis=0, dtype=None, casting="same_kind": np.stack(arrays, axis=axis, dtype=dtype, casting=casting),
    joint=lambda g, out, *arrays, axis=0, dtype=None, casting="same_kind": tuple(np.unstack(g, axis=axis)),
    keeps="", name="stack", label="g's slice",
)  # fmt: skip


@implements(np.stack)
def stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """The arrays along a new axis."""
    _refuse_out("stack", out)
    options = {"dtype": dtype, "casting": casting} if dtype is not None or casting != "same_kind" else {}
    return _stack(*_arrays(arrays), axis=axis, **options)


def _arrays(arrays: Any) -> list[Any]:
    """Arrays, where numbers and nested lists were given among Tensors."""
    return [a if hasattr(a, "shape") else np.asarray(a) for a in arrays]


def _refuse_out(name: str, out: Any) -> None:
    if out is not None:
        raise NoRuleError(f"np.{name}(…, out=…) cannot be recorded: an array that is written to has no history. Write y = np.{name}(…).")


_unstack = define(
    lambda x, axis=0: tuple(np.unstack(x, axis=axis)), lambda g, out, x, axis=0: np.stack(g, axis=axis),
    keeps="", name="unstack", label="the g's stacked",
)  # fmt: skip


@implements(np.unstack)
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The slices along an axis."""
    return _unstack(x, axis=axis) if np.shape(x) and np.shape(x)[axis] else tuple(np.unstack(getattr(x, "_data", x), axis=axis))  # type: ignore[no-any-return]
