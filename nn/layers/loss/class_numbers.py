"""Class numbers as targets: how they are checked, and how they select an element for each position.

Class numbers have the shape (N,), or (N, D) for D positions in each example. They are turned into indices of the
flattened array, so that one index finds all elements. That takes a third of the time of np.take_along_axis and
np.put_along_axis.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from autograd.batched.hidden import everywhere
from autograd.engine.kinds import is_foreign, like
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.recorder import whole
from nn.layers.loss.targets import as_weight, values_of


def with_classes_second(x: Any, who: str) -> tuple[Any, tuple[int, ...]]:
    """(x as (N, C) or (N, C, D), the shape of the loss of each position)."""
    if x.ndim == 0 or x.shape[min(1, x.ndim - 1)] == 0:
        raise ShapeError(f"{who} expects input of shape (N, C), (C,) or (N, C, d1, …) with C > 0; got {x.shape}.")
    if x.ndim == 1:
        return np.reshape(x, (1, x.shape[0])), ()
    outer = (x.shape[0], *x.shape[2:])
    return (x if x.ndim <= 3 else np.reshape(x, (*x.shape[:2], math.prod(x.shape[2:])))), outer


def class_weight(weight: Any, x: Any, who: str) -> Any:
    """The weights (C,) of the classes, or None."""
    if weight is None:
        return None
    weight = as_weight(weight, x, who, "weight")
    if weight.shape != (x.shape[1],):
        raise ShapeError(f"{who} expects a weight a class, of shape ({x.shape[1]},); got {weight.shape}.")
    return weight


@whole
def class_numbers(target: Any, x: Any, outer: tuple[int, ...], ignore_index: int, who: str) -> Any:
    """A copy of the target as class numbers (N,) or (N, D), each of them in range or ignored."""
    values = values_of(target)
    if values.dtype.kind not in "iub":
        remedy = "Use target.astype(int)." if values.shape == outer else "Probabilities have the shape of the input."
        raise DTypeError(
            f"{who} expects integer class numbers as target; got dtype {values.dtype} and shape {values.shape}. "
            f"{remedy}"
        )
    if values.shape != outer:
        raise ShapeError(
            f"{who} expects a target of shape {outer}, a class number a position, or probabilities; got {values.shape}."
        )
    at = np.reshape(copy_of_numbers(values), (x.shape[0], *x.shape[2:]))
    if not all_in_range(at, x.shape[1]):
        counted = everywhere(at)
        counted = counted[counted != ignore_index]
        if counted.size and not (counted.min() >= 0 and counted.max() < x.shape[1]):
            raise ArgumentError(
                f"{who}: class numbers must lie in 0 … {x.shape[1] - 1} or be ignore_index ({ignore_index}); "
                f"got {counted.min()} … {counted.max()}."
            )
    return at


def copy_of_numbers(values: Any) -> Any:
    """A copy of integers: the next batch may be written into the same buffer before backward()."""
    return values.astype(np.intp)


def all_in_range(at: Any, classes: int) -> bool:
    """Whether all class numbers (np.intp) lie in 0 … classes - 1. Read as unsigned, a negative number is too large.

    The numbers in another library's array are not looked at; of a batch in vmap those of all examples are.
    """
    at = everywhere(at)
    return is_foreign(at) or not at.size or bool(np.maximum.reduce(at.view(np.uintp), axis=None) < classes)


def position_weights(target: Any, weight: Any, ignore_index: int, dtype: Any) -> tuple[Any, Any, Any]:
    """(target with class 0 where it is ignored, the weight of each position or None if all are 1, their sum)."""
    counted = None
    if ignore_index >= 0 or target.size and np.minimum.reduce(target, axis=None) < 0:
        counted = target != ignore_index
        target = np.where(counted, target, 0)
    if weight is None:
        if counted is None or counted.all():
            return target, None, dtype.type(target.size)
        each = counted.astype(dtype)
    else:
        each = weight[target]
        if counted is not None:
            each[~counted] = 0
    return target, each, np.add.reduce(each, axis=None)


def is_class(at: Any, x: Any) -> Any:
    """Whether each class is the one of its position, in the shape of x (N, C) or (N, C, D) and of its kind.

    A number below 0 is no class.
    """
    numbers = np.arange(x.shape[1]).reshape(-1, *[1] * (x.ndim - 2))
    return like(np.expand_dims(at, 1) == like(numbers, at), raw(x))


def chosen_of(chosen: Any, x: Any) -> Any:
    """For each position the element of its class, 0 if it has none; `chosen` is what `is_class` returns."""
    return np.sum(np.where(chosen, x, 0), axis=1)


def weights_of(chosen: Any, weight: Any, x: Any) -> Any:
    """The weight of each position, in functions that Tensors record (composites): 0 if it has no class."""
    if weight is None:
        return np.sum(chosen, axis=1).astype(x.dtype)
    return chosen_of(chosen, np.reshape(weight, (-1, *[1] * (x.ndim - 2))))


def flat_indices(at: Any, shape: tuple[int, ...]) -> Any:
    """The indices of the elements of these classes in a flattened array that had this shape."""
    first = row_starts(shape[0], math.prod(shape[1:]))
    if at.ndim == 1:
        return first + at
    return at * shape[2] + (first[:, None] + np.arange(shape[2]))


@lru_cache(maxsize=64)  # the batches of an epoch have one or two sizes
def row_starts(n: int, size: int) -> Any:
    """Where the rows of an array (n, size) begin in the flattened one; read-only, because it is shared."""
    starts = np.arange(0, n * size, size)
    starts.flags.writeable = False
    return starts
