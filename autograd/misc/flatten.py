"""A tree of arrays and numbers as one vector, and back; both can be differentiated through."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.pytree import tree_flatten, tree_unflatten

__all__ = ["flatten", "flatten_func"]


def flatten(value: Any) -> tuple[Any, Callable[[Any], Any]]:
    """(the numbers of a tree in one vector, the function that rebuilds the tree); dicts in the order of their keys.

    Example:
        >>> import numpy as np
        >>> from autograd.misc import flatten
        >>> vector, unflatten = flatten({"w": np.ones((1, 2)), "b": 3.0})
        >>> vector
        array([3., 1., 1.])
    """
    leaves, form = tree_flatten(_in_order(value))
    shapes = [np.shape(x) for x in leaves]
    ends = [0, *itertools.accumulate([math.prod(shape) for shape in shapes])]

    def unflatten(vector: Any) -> Any:
        pieces = [vector[i:j] for i, j in itertools.pairwise(ends)]
        shaped = [np.reshape(x, s) if s else x[0] for x, s in zip(pieces, shapes, strict=True)]
        return tree_unflatten(form, shaped)

    return np.concatenate([np.ravel(x) for x in leaves]) if leaves else np.zeros(0), unflatten


def _in_order(value: Any) -> Any:
    """The tree with the entries of its dicts in the order of their keys."""
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return type(value)(map(_in_order, value)) if type(value) in (list, tuple) else value


def flatten_func(func: Callable[..., Any], example: Any) -> tuple[Callable[..., Any], Callable[[Any], Any], Any]:
    """(func from vector to vector, the function that rebuilds a tree, the example as a vector)."""
    vector, unflatten = flatten(example)
    return lambda x, *args: flatten(func(unflatten(x), *args))[0], unflatten, vector
