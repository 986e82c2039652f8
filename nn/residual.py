"""Residual: a block around which its input is carried."""

from __future__ import annotations

from typing import Any

from autograd.errors import ShapeError
from nn import functional as F
from nn.module import Module


class Residual(Module):
    """A block that learns what to add to its input.

        y = block(x) + x            or, with a shortcut,            y = block(x) + shortcut(x)

    Shape:     x of any shape that the block takes; both summands of one shape, which is that of y.
    Args:      shortcut: a module that brings x to the block's shape, if the block changes it.
    Raises:    ShapeError if the two shapes differ: they are never broadcast.
    Source:    He et al. 2015, arXiv:1512.03385, eq. 1 and 2; what follows the sum is left to the network.
    Example:
        >>> import numpy as np, nn
        >>> block = nn.Residual(nn.Sequential(nn.Linear(8, 8), nn.ReLU()))
        >>> block(np.ones((2, 8))).shape
        (2, 8)
    """

    def __init__(self, block: Module, shortcut: Module | None = None) -> None:
        self.block = block
        self.shortcut = shortcut

    def forward(self, x: Any) -> Any:
        y = self.block(x)
        around = F.cast_to(x, y, "Residual") if self.shortcut is None else self.shortcut(x)
        if y.shape != around.shape:
            raise ShapeError(
                f"Residual adds its block's result, of shape {y.shape}, to its input's {around.shape}: they must be equal. "
                "Give a shortcut=, such as nn.Linear(in_features, out_features), that brings the input to the block's shape."
            )
        return y + around
