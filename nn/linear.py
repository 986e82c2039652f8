"""Linear: an affine map of the last axis."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nn import functional as F
from nn import init
from nn.core.module import Module, check_size
from nn.core.parameter import Parameter, blank


class Linear(Module):
    """An affine map of the last axis.

        y = x Wᵀ + b

    Shape:     x (*, in_features) -> (*, out_features); weight (out_features, in_features), bias (out_features,)
    Args:      in_features, out_features: the length of x's last axis, and of the result's.
               bias: whether there is a b.
               dtype: of the parameters, and so of the computation (default float32).
               rng: where the first values come from: both uniform in ±1/√in_features, as in PyTorch.
    Raises:    ShapeError if the last axis of x is not in_features.
    Example:
        >>> import numpy as np, nn
        >>> layer = nn.Linear(3, 2, rng=np.random.default_rng(0))
        >>> layer
        Linear(in_features=3, out_features=2, bias=True)
        >>> layer(np.ones((5, 3))).shape
        (5, 2)
    """

    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: Any = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.in_features = check_size("in_features", in_features)
        self.out_features = check_size("out_features", out_features)
        self.weight = blank((out_features, in_features), dtype, "weight")
        self.bias = blank(out_features, dtype, "bias") if bias else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: np.random.Generator | None = None) -> None:
        """Draw the first values again, as the constructor does."""
        init.uniform_within(1 / math.sqrt(self.in_features), self.weight, self.bias, rng=rng)

    def forward(self, x: Any) -> Any:
        return F.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
