"""Affine maps."""

from __future__ import annotations

import math
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
    try:
        return fused.linear(x, weight) if bias is None else fused.linear(x, weight, bias)
    except (
        ValueError,
        IndexError,
    ):  # the product's own complaint; asked beforehand, it would cost every layer of every step
        _check_features(x.shape, weight.shape[1])
        raise


def _check_features(shape: tuple[int, ...], in_features: int) -> None:
    if shape[-1:] != (in_features,):
        flat = len(shape) > 1 and math.prod(shape[1:]) == in_features
        remedy = " Flatten it first: nn.Flatten()." if flat else f" The last axis must have {in_features} elements."
        raise ShapeError(f"Linear expects input of shape (*, {in_features}); got {shape}.{remedy}") from None


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """A form that is linear in each of two inputs.

        y_o = x1ᵀ W_o x2 + b_o = ⟨W_o, x1 x2ᵀ⟩ + b_o

    Shape:     input1 (*, in1), input2 (*, in2), weight (out, in1, in2), bias (out,) -> (*, out); the leading axes equal
    Numerics:  computed in the weight's dtype, as one matrix product with the outer products x1 x2ᵀ.
    Raises:    ShapeError if the shapes do not fit.
    """
    input1, input2 = cast_to(input1, weight, "Bilinear"), cast_to(input2, weight, "Bilinear")
    out, in1, in2 = weight.shape
    if (
        min(input1.ndim, input2.ndim) == 0
        or input1.shape[-1] != in1
        or input2.shape[-1] != in2
        or input1.shape[:-1] != input2.shape[:-1]
    ):
        raise ShapeError(
            f"Bilinear expects inputs of shape (*, {in1}) and (*, {in2}), one *; got {input1.shape} and {input2.shape}."
        )
    outer = np.reshape(input1[..., :, None] * input2[..., None, :], (*input1.shape[:-1], in1 * in2))
    return linear(outer, np.reshape(weight, (out, in1 * in2)), bias)
