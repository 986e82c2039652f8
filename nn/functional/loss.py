"""Losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError
from autograd.ops import fused
from nn.functional.common import as_values, cast_to, reduce


def cross_entropy(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The negative log-likelihood of the target classes under softmax(input).

        l_n = -log softmax(input_n)[target_n]

    Shape:     input (N, C), target (N,) of class numbers 0 … C-1 -> () for "mean" and "sum", (N,) for "none"
    Numerics:  softmax and logarithm are taken together, so large logits do no harm.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> round(float(F.cross_entropy(np.array([[2.0, 0.0]]), np.array([0]))), 4)
        0.1269
    """
    target = np.array(getattr(target, "_data", target))  # a copy: the next batch may fill the same buffer before backward()
    return fused.softmax_cross_entropy(as_values(input), target, reduction=reduction)


def mse_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The squared difference (input - target)², its mean, or its sum. The target is cast to the input's dtype.

    Raises:    ShapeError if the shapes differ: broadcasting (N, 1) against (N,) would silently compare all pairs.
    """
    input = as_values(input)
    target = cast_to(target, input, "mse_loss")
    if input.shape != target.shape:
        raise ShapeError(f"mse_loss expects input and target of one shape; got {input.shape} and {target.shape}. Reshape one of them.")
    return reduce((input - target) ** 2, reduction)
