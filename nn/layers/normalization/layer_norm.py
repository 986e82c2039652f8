"""LayerNorm: statistics over the last axes of each sample, weight and bias of their shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.registry import define
from nn.core.module import Module
from nn.core.parameter import Parameter
from nn.layers.kernels.sums import row_sums
from nn.layers.normalization.affine import (
    check_eps,
    check_normalized_shape,
    count_normalized_axes,
    floating_input,
    reset_affine,
    weight_and_bias,
)
from nn.layers.normalization.rows import row_jvp, row_vjps
from nn.layers.normalization.statistics import (
    AS_COLUMN,
    CENTRED,
    as_rows,
    centred_again,
    in_shape_and_dtype_of,
    root_mean_square,
    size_of_last_axes,
    statistics,
)


def _layer_norm(x: Any, weight: Any = None, bias: Any = None, ndim: int = 1, eps: float = 1e-5) -> Any:
    size = size_of_last_axes(x, ndim)
    y, mean, _, rstd = statistics(as_rows(x, size), row_sums, AS_COLUMN, size, eps)
    y *= rstd[:, None]
    if weight is not None:
        y *= weight.reshape(-1)
    if bias is not None:
        y += bias.reshape(-1)
    return in_shape_and_dtype_of(y, x), (mean, rstd)


def _layer_norm_vjps(
    g: Any, out: Any, x: Any, weight: Any = None, bias: Any = None, ndim: int = 1, eps: float = 1e-5
) -> tuple[Any, ...]:
    mean, rstd = out.values
    centred = _centred_rows(x, mean, ndim)
    return row_vjps(g, as_rows(g, centred.shape[1]), centred, rstd, weight, bias, centre=True)


def _centred_rows(x: Any, mean: Any, ndim: int) -> Any:
    """x - mean, with the last `ndim` axes as rows of a matrix."""
    return centred_again(as_rows(x, size_of_last_axes(x, ndim)), mean, AS_COLUMN)


def _layer_norm_composite(x: Any, weight: Any = None, bias: Any = None, ndim: int = 1, eps: float = 1e-5) -> Any:
    axes = tuple(range(-ndim, 0))
    centred = x - np.mean(x, axis=axes, keepdims=True)
    y = centred / root_mean_square(centred, axes, eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


# Forward mode


def _tangent_of_x(
    t: Any, out: Any, x: Any, weight: Any = None, bias: Any = None, ndim: int = 1, eps: float = 1e-5
) -> Any:
    mean, rstd = out.values
    return row_jvp(t, _centred_rows(x, mean, ndim), rstd, weight, centre=True)


def _tangent_of_weight(
    t: Any, out: Any, x: Any, weight: Any = None, bias: Any = None, ndim: int = 1, eps: float = 1e-5
) -> Any:
    mean, rstd = out.values
    return t * (_centred_rows(x, mean, ndim) * rstd[:, None]).reshape(x.shape)


layer_norm_op = define(
    _layer_norm,
    joint=_layer_norm_vjps,
    keeps="x weight",
    saves=True,
    composite=_layer_norm_composite,
    name="layer_norm",
    jvp=(_tangent_of_x, _tangent_of_weight, lambda t, out, x, *rest, **options: t),
    label="(γ·g - mean(γ·g) - x̂·mean(γ·g·x̂))/σ, Σ(g·x̂), Σg; " + CENTRED,
)


def layer_norm(
    input: Any, normalized_shape: int | Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Normalise each sample over its last axes.

        y = (x - E[x]) / √(Var[x] + eps) · weight + bias

    Shape:     input (*, *normalized_shape); weight, bias normalized_shape -> as input
    Raises:    ShapeError if the last axes of input, or weight and bias, are not normalized_shape.
    Source:    Ba et al. 2016, arXiv:1607.06450.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.layer_norm(np.array([[1.0, 3.0], [5.0, 5.0]]), (2,)).round(3)
        array([[-1.,  1.],
               [ 0.,  0.]])
    """
    x = floating_input(input, weight, bias, "layer_norm")
    ndim = count_normalized_axes(x, normalized_shape, "layer_norm", weight=weight, bias=bias)
    return layer_norm_op(x, weight, bias, ndim=ndim, eps=eps)


class LayerNorm(Module):
    """Normalise each sample over its last axes.

        y = (x - E[x]) / √(Var[x] + eps) · weight + bias

    Shape:     input (*, *normalized_shape) -> the same; weight, bias normalized_shape
    Args:      normalized_shape: the sizes of the last axes; an int for a single axis.
               eps: added to the (biased) variance, >= 0.
               elementwise_affine: whether there are weight and bias, initially 1 and 0.
               bias: whether an affine layer has a bias.
               dtype: of the parameters, and so of the computation (default float32).
    Numerics:  the statistics are computed in float32 at least; a large mean causes no cancellation, and
               values near 1e30, whose squares overflow, are scaled first.
    Raises:    ShapeError if the last axes of x are not normalized_shape.
    Source:    Ba et al. 2016, arXiv:1607.06450.
    Example:
        >>> import numpy as np, nn
        >>> nn.LayerNorm(3)(np.array([[1.0, 2.0, 3.0]])).numpy().round(3)
        array([[-1.225,  0.   ,  1.225]], dtype=float32)
    """

    takes_complex = False

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: Any = np.float32,
    ) -> None:
        self.normalized_shape = check_normalized_shape(normalized_shape)
        self.eps = check_eps(eps)
        self.elementwise_affine = bool(elementwise_affine)
        self.weight, self.bias = weight_and_bias(self.normalized_shape, elementwise_affine, bias, dtype)

    def reset_parameters(self) -> None:
        """Set the weight to ones and the bias to zeros."""
        reset_affine(self.weight, self.bias)

    def forward(self, input: Any) -> Any:
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )
