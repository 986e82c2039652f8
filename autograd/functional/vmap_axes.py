"""Which axis of an argument, or of a result, of a vmapped function is the batch, and how many examples it has."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.recording import raw
from autograd.errors import ArgumentError, ShapeError
from autograd.pytree import tree_flatten, tree_leaves_with_paths


def axes_of_arguments(
    in_axes: Any, args: tuple[Any, ...], kwargs: dict[str, Any], leaves: list[Any]
) -> list[int | None]:
    """The axis, from 0, of each leaf of (args, kwargs); None for one without a batch."""
    several = isinstance(in_axes, (tuple, list))
    if several and len(in_axes) != len(args):
        raise ArgumentError(
            f"vmap: in_axes has {len(in_axes)} entries for {len(args)} arguments; give one an argument (those by name "
            "have their batch in front)."
        )
    axes: list[int | None] = []
    for i, arg in enumerate(args):
        axes += axes_of_leaves(in_axes[i] if several else in_axes, arg, f"argument {i}")
    axes += axes_of_leaves(0, kwargs, "the arguments by name")
    for i, (axis, x) in enumerate(zip(axes, leaves, strict=True)):
        if axis is not None and not 0 <= axis < np.ndim(raw(x)):
            axes[i] = checked_axis(axis, np.ndim(raw(x)), "in_axes", _names(args, kwargs)[i])
    return axes


def _names(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
    """What messages call the leaves of all arguments."""
    named = [(f"argument {i}", arg) for i, arg in enumerate(args)] + list(kwargs.items())
    return [place for name, tree in named for place, _ in tree_leaves_with_paths(tree, name)]


def axes_of_leaves(axes: Any, tree: Any, place: str) -> list[Any]:
    """The axis of each leaf of the tree, from one for all or a tree of them."""
    leaves, _ = tree_flatten(tree)
    if axes is None or isinstance(axes, (int, np.integer)) and not isinstance(axes, bool):
        return [axes] * len(leaves)
    if isinstance(axes, (tuple, list)) and isinstance(tree, (tuple, list)) and len(axes) == len(tree):
        return [a for axis, x in zip(axes, tree, strict=True) for a in axes_of_leaves(axis, x, place)]
    if isinstance(axes, dict) and isinstance(tree, dict) and axes.keys() == tree.keys():
        return [a for key, x in tree.items() for a in axes_of_leaves(axes[key], x, f"{place}[{key!r}]")]
    what = f"{place}, a {type(tree).__name__}"
    if isinstance(tree, dict):
        what += f" of {', '.join(map(repr, tree))}"
    elif isinstance(tree, (tuple, list)):
        what += f" of {len(tree)}"
    raise ArgumentError(
        f"vmap: the axes {axes!r} do not fit {what}: give an integer, None, or a tuple, list or dict like it."
    )


def checked_axis(axis: int, ndim: int, what: str, place: str) -> int:
    """The axis, counted from 0. Raises: ArgumentError if an array of so many dimensions has none such."""
    if not -ndim <= axis < ndim:
        remedy = f"use {-ndim} to {ndim - 1}."
        if not ndim:
            where = "use None in in_axes" if place.startswith("argument") else "f = functools.partial(f, name=number)"
            remedy = (
                f"a number has no axis: {where}, the same for all examples. (A list is a tree of its items; "
                "np.array(list) is an array.)"
            )
        raise ArgumentError(f"vmap: {what} {axis} is out of bounds for {place}, of {ndim} dimensions; {remedy}")
    return int(axis) % ndim


def batch_size(
    args: tuple[Any, ...], kwargs: dict[str, Any], leaves: list[Any], axes: list[int | None], axis_size: int | None
) -> int:
    """How many examples there are. Raises: ShapeError if the arguments disagree."""
    sizes = {np.shape(raw(x))[axis] for x, axis in zip(leaves, axes, strict=True) if axis is not None}
    if not sizes and axis_size is None:
        raise ArgumentError("vmap: no argument has a batch; give one of them an axis in in_axes, or axis_size=.")
    if axis_size is not None:
        sizes.add(axis_size)
    if len(sizes) > 1:
        found = [
            f"{place} has {np.shape(raw(x))[axis]} (axis {axis} of shape {np.shape(raw(x))})"
            for place, x, axis in zip(_names(args, kwargs), leaves, axes, strict=True)
            if axis is not None
        ] + ([f"axis_size is {axis_size}"] if axis_size is not None else [])
        raise ShapeError(
            f"vmap: the batches must have one size; {', '.join(found)}. In in_axes None is for what all examples share."
        )
    return int(sizes.pop())
