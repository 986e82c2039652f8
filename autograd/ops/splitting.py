"""Arrays split into pieces: split and its relatives, and unstack."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from autograd.engine.complex_numbers import refuse_loss
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements
from autograd.engine.views import Path, views_of
from autograd.errors import ArgumentError, ShapeError
from autograd.ops.indexing import getitem
from autograd.shapes import normalize_axes


@lru_cache(maxsize=256)  # the pieces of one step are those of the next
def _places(ends: tuple[int, ...], axis: int) -> tuple[Any, ...]:
    """The indices of the consecutive pieces that end at the positions `ends` along the axis."""
    before = (slice(None),) * axis
    return tuple([(*before, slice(start, end)) for start, end in pairwise((0, *ends))])


@lru_cache(maxsize=256)
def _paths(ends: tuple[int, ...], axis: int) -> tuple[Path, ...]:
    """The way from an array to each of these pieces."""
    return tuple([(getitem, (), {"index": place}, None) for place in _places(ends, axis)])


@lru_cache(maxsize=256)
def _equal_ends(n: int, sections: int) -> tuple[int, ...]:
    """Where this number of pieces end in n elements; the first ones have one element more if there is a rest."""
    return tuple([(i + 1) * (n // sections) + min(i + 1, n % sections) for i in range(sections)])


def _pieces(ary: Any, ends: tuple[int, ...], axis: int) -> tuple[Any, ...]:
    """Views of these pieces."""
    return tuple([ary[place] for place in _places(ends, axis)])


# The VJPs of these two are np.concatenate and np.stack, and the other way round (joining.py).
split_at = define(
    _pieces, lambda g, out, ary, ends, axis: np.concatenate(g, axis),
    keeps="", guard=False, name="split", jvp="linear", batch="axis", label="the g joined",
)  # fmt: skip
unstack_at = define(
    lambda x, axis: tuple(np.moveaxis(x, axis, 0) if axis else x), lambda g, out, x, axis: np.stack(g, axis),
    keeps="", guard=False, name="unstack", jvp="linear", batch="axis", label="the g stacked",
)  # fmt: skip


def _split(ary: Any, ends: tuple[int, ...], axis: int) -> list[Any]:
    return views_of(ary, split_at(ary, ends, axis), _paths(ends, axis))


def _split_equally(ary: Any, sections: int, axis: int) -> list[Any]:
    if sections <= 0:
        raise ArgumentError(f"the number of sections must be larger than 0; got {sections}.")
    return _split(ary, _equal_ends(ary.shape[axis], sections), axis)


def _where_to_cut(indices_or_sections: Any) -> Any:
    """A number of sections as an int, or positions as an array."""
    if type(indices_or_sections) is int:
        return indices_or_sections
    places = np.asarray(raw(indices_or_sections))
    refuse_loss(places.dtype, int)
    return places if places.ndim else int(places)


@implements(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """np.array_split into a number of pieces, or at positions, which may be negative or out of order."""
    (axis,) = normalize_axes(axis, ary.ndim)
    places = _where_to_cut(indices_or_sections)
    if type(places) is int:
        return _split_equally(ary, places, axis)
    cuts = [0, *[int(place) for place in places], ary.shape[axis]]
    if all(start <= end for start, end in pairwise(cuts)):
        return _split(ary, tuple(cuts[1:]), axis)
    before = (slice(None),) * axis  # the pieces may overlap: NumPy takes ary[start:end] for any two positions
    return [ary[(*before, slice(start, end))] for start, end in pairwise(cuts)]


@implements(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """np.split."""
    places = _where_to_cut(indices_or_sections)
    if type(places) is not int:
        return array_split(ary, places, axis)
    (axis,) = normalize_axes(axis, ary.ndim)
    if ary.shape[axis] % max(places, 1):
        raise ShapeError(
            f"np.split: {ary.shape[axis]} elements along axis {axis} do not divide into {places} equal pieces; "
            "np.array_split makes unequal ones."
        )
    return _split_equally(ary, places, axis)


@implements(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    """np.hsplit: along axis 1, or along axis 0 for a vector."""
    _needs(1, "hsplit", ary)
    return split(ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


@implements(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    """np.vsplit: along axis 0."""
    _needs(2, "vsplit", ary)
    return split(ary, indices_or_sections, 0)


@implements(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    """np.dsplit: along axis 2."""
    _needs(3, "dsplit", ary)
    return split(ary, indices_or_sections, 2)


def _needs(ndim: int, name: str, ary: Any) -> None:
    if ary.ndim < ndim:
        raise ShapeError(f"np.{name} needs an array of at least {ndim} dimensions; got shape {ary.shape}.")


@implements(*([np.unstack] if hasattr(np, "unstack") else []))  # NumPy 2.1
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """np.unstack."""
    _needs(1, "unstack", x)
    (axis,) = normalize_axes(axis, x.ndim)
    before = (slice(None),) * axis
    paths: list[Path] = [(getitem, (), {"index": (*before, i)}, None) for i in range(x.shape[axis])]
    return tuple(views_of(x, unstack_at(x, axis), paths))
