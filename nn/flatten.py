"""Flatten: axes joined into one."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError
from nn import functional as F
from nn.module import Module


class Flatten(Module):
    """Join the axes from start_dim to end_dim into one.

    Shape:     x (N, a, b, …) -> (N, a·b·…)
    Example:
        >>> import numpy as np, nn
        >>> nn.Flatten()(np.ones((32, 28, 28))).shape
        (32, 784)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, x: Any) -> Any:
        x = F.as_values(x)
        first, last = (d + x.ndim if d < 0 else d for d in (self.start_dim, self.end_dim))
        if not 0 <= first <= last < x.ndim:
            raise ShapeError(f"Flatten joins axes {self.start_dim} to {self.end_dim}; an input of shape {x.shape} has no such axes.")
        joined = int(np.prod(x.shape[first : last + 1]))
        return np.reshape(x, (*x.shape[:first], joined, *x.shape[last + 1 :]))

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
