"""Affine maps."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError
from autograd.ops import fused
from nn.functional.common import cast_to


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """An affine map of the last axis.

        y = x Wᵀ + b

    Shape:     x (*, in_features), weight (out_features, in_features), bias (out_features,) -> (*, out_features)
    Numerics:  computed in the weight's dtype; a floating x is cast to it.
    Raises:    ShapeError if the last axis of x is not in_features.
    """
    x = cast_to(x, weight, "Linear")
    in_features = weight.shape[1]
    if x.ndim == 0 or x.shape[-1] != in_features:
        flat = x.ndim > 1 and np.prod(x.shape[1:]) == in_features
        remedy = " Flatten it first: nn.Flatten()." if flat else f" The last axis must have {in_features} elements."
        raise ShapeError(f"Linear expects input of shape (*, {in_features}); got {x.shape}.{remedy}")
    return fused.linear(x, weight) if bias is None else fused.linear(x, weight, bias)
