"""Flatten and Unflatten: join axes into one, split one axis into several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn.core.module import Module
from nn.layers.inputs import as_values


class Flatten(Module):
    """Join the axes from start_dim to end_dim into one.

    Shape:     input (N, a, b, …) -> (N, a·b·…); a number becomes (1,), with start_dim 0
    Example:
        >>> import numpy as np, nn
        >>> nn.Flatten()(np.ones((32, 28, 28))).shape
        (32, 784)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim = _axis("start_dim", start_dim)
        self.end_dim = _axis("end_dim", end_dim)

    def forward(self, input: Any) -> Any:
        x = as_values(input)
        ndim = max(x.ndim, 1)
        first, last = (d + ndim if d < 0 else d for d in (self.start_dim, self.end_dim))
        if not 0 <= first <= last < ndim:
            raise ShapeError(
                f"Flatten joins axes {self.start_dim} to {self.end_dim}; an input of shape {x.shape} has no such axes."
            )
        joined = math.prod(x.shape[first : last + 1])
        return np.reshape(x, (*x.shape[:first], joined, *x.shape[last + 1 :]))

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Split one axis into several: the opposite of Flatten.

    Shape:     input (…, a·b·…, …) -> (…, a, b, …, …)
    Args:      dim: the axis to split.
               unflattened_size: the new sizes; one of them may be -1, and is computed from the others.
    Raises:    ShapeError if their product is not the axis' size.
    Example:
        >>> import numpy as np, nn
        >>> nn.Unflatten(1, (2, -1))(np.ones((32, 50))).shape
        (32, 2, 25)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        self.dim = _axis("dim", dim)
        if not isinstance(unflattened_size, (tuple, list)) or not unflattened_size:
            raise ArgumentError(f"unflattened_size must be a tuple of sizes; got {unflattened_size!r}.")
        self.unflattened_size = tuple(_axis("a size in unflattened_size", size) for size in unflattened_size)
        if min(self.unflattened_size) < -1 or self.unflattened_size.count(-1) > 1:
            raise ArgumentError(
                f"unflattened_size must be of sizes >= 0, at most one of them -1; got {self.unflattened_size}."
            )

    def forward(self, input: Any) -> Any:
        x = as_values(input)
        dim = self.dim + x.ndim if self.dim < 0 else self.dim
        if not 0 <= dim < x.ndim:
            raise ShapeError(f"Unflatten splits axis {self.dim}; an input of shape {x.shape} has no such axis.")
        whole, sizes = x.shape[dim], self.unflattened_size
        known = math.prod(size for size in sizes if size != -1)
        if -1 in sizes and known and whole % known == 0:
            sizes = tuple(whole // known if size == -1 else size for size in sizes)
        if -1 in sizes or math.prod(sizes) != whole:
            raise ShapeError(
                f"Unflatten splits axis {self.dim} into {self.unflattened_size}, whose product is {known}"
                f"{' times -1' if -1 in self.unflattened_size else ''}; got shape {x.shape}, "
                f"whose axis {self.dim} has {whole} elements."
            )
        return np.reshape(x, (*x.shape[:dim], *sizes, *x.shape[dim + 1 :]))

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


def _axis(what: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ArgumentError(f"{what} must be an integer; got {value!r}.")
    return int(value)
