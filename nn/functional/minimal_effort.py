"""Layers whose backward follows only the largest components of the gradient (meProp)."""

from __future__ import annotations

from typing import Any

from autograd.errors import ShapeError
from autograd.ops import fused
from nn.core.module import check_size
from nn.layers.inputs import as_values, cast_to


def minimal_effort(input: Any, k: int, unified: bool = False) -> Any:
    """The input itself; of the gradient that comes back only the k largest components of each example go on.

        forward   y = x
        backward  x̄ = top_k(ȳ)

    To build a layer of one's own from: put it behind whatever the layer computes before its activation.

    Shape:     x (*, features) -> (*, features); every row of the last axis is an example
    Args:      k: how many components go on; k >= features: all.
               unified: the same k for all examples, those with the largest sum of magnitudes.
    Gradient:  on purpose not the derivative (which is that of the identity), unless k >= features.
    Source:    Sun et al. 2017, arXiv:1706.06197.
    Example:
        >>> import numpy as np, autograd, nn.functional as F
        >>> x = autograd.Tensor(np.zeros((2, 3)), requires_grad=True)
        >>> F.minimal_effort(x, k=1).backward(np.array([[1.0, -3.0, 2.0], [0.5, 0.1, 0.2]]))
        >>> x.grad.numpy()
        array([[ 0. , -3. ,  0. ],
               [ 0.5,  0. ,  0. ]])
    """
    return fused.minimal_effort(_with_features(input, "minimal_effort"), k=check_size("k", k), unified=unified)


def minimal_effort_relu(input: Any, k: int, unified: bool = False) -> Any:
    """max(x, 0), of whose gradient only the k largest components of each example go on.

        forward   y = max(x, 0)
        backward  x̄ = top_k(ȳ · [x > 0])

    Shape:     x (*, features) -> (*, features); every row of the last axis is an example
    Args:      k, unified: see `minimal_effort`.
    Gradient:  on purpose not the derivative, unless k >= features. 0 at 0.
    Source:    Sun et al. 2017, arXiv:1706.06197.
    """
    return fused.minimal_effort_relu(
        _with_features(input, "minimal_effort_relu"), k=check_size("k", k), unified=unified
    )


def minimal_effort_linear(
    input: Any,
    weight: Any,
    bias: Any = None,
    *,
    k: int,
    unified: bool = False,
    activity: Any = None,
    examples: Any = None,
) -> Any:
    """An affine map of the last axis, whose backward computes with the k largest components of the gradient.

        forward   y = x Wᵀ + b
        backward  g = top_k(ȳ);  x̄ = g W,  W̄ = gᵀ x,  b̄ = Σ g

    Shape:     x (*, in_features), weight (out_features, in_features), bias (out_features,) -> (*, out_features)
    Args:      k: how many of the out_features; k >= out_features: all.
               unified: the same k for all examples, those with the largest sum of magnitudes.
               activity: an integer array (out_features,); the backward adds to it how often each unit was chosen.
               examples: an integer array (); the backward adds to it out of how many examples.
    Gradient:  on purpose not the derivative, unless k >= out_features. See `nn.MinimalEffortLinear`.
    Raises:    ShapeError if the last axis of x is not in_features.
    Source:    Sun et al. 2017, arXiv:1706.06197.
    """
    k = check_size("k", k)
    x = cast_to(input, weight, "minimal_effort_linear")
    if x.ndim == 0 or x.shape[-1] != weight.shape[1]:
        raise ShapeError(
            f"minimal_effort_linear expects input of shape (*, {weight.shape[1]}); got {x.shape}. "
            f"The last axis must have {weight.shape[1]} elements."
        )
    operands = (x, weight) if bias is None else (x, weight, bias)
    return fused.minimal_effort_linear(*operands, k=k, unified=unified, activity=activity, examples=examples)


def _with_features(input: Any, who: str) -> Any:
    x = as_values(input)
    if x.ndim == 0:
        raise ShapeError(f"{who} expects input of shape (*, features); got (), which has no features to choose from.")
    return x
