"""LayerNorm: statistics over the last axes of each sample, weight and bias of their shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.errors import ShapeError
from nn.core.module import Module
from nn.core.parameter import Parameter
from nn.layers.kernels.sums import row_sums
from nn.layers.normalization.affine import check_eps, check_shape, floating_input, reset_affine, weight_and_bias
from nn.layers.normalization.rows import row_jvp, row_vjps
from nn.layers.normalization.statistics import PER_ROW, as_rows, centred_again, in_form_of, statistics


# Layer and RMS normalisation: statistics over the last `ndim` axes, weight and bias of their shape
def _layer_norm(x: Any, weight: Any = None, bias: Any = None, ndim: int = 1, eps: float = 1e-5) -> Any:
    size = math.prod(x.shape[x.ndim - ndim :])
    y, mean, _, rstd = statistics(as_rows(x, size), row_sums, PER_ROW, size, eps)
    y *= rstd[:, None]
    if weight is not None:
        y *= weight.reshape(-1)
    if bias is not None:
        y += bias.reshape(-1)
    return in_form_of(y, x), (mean, rstd)


def _layer_norm_vjps(
    g: Any, out: Any, x: Any, weight: Any = None, bias: Any = None, ndim: int = 1, eps: float = 1e-5
) -> tuple[Any, ...]:
    mean, rstd = out.values
    size = math.prod(x.shape[x.ndim - ndim :])
    return row_vjps(
        g, as_rows(g, size), centred_again(as_rows(x, size), mean, PER_ROW), rstd, weight, bias, centre=True
    )


def _layer_norm_composite(x: Any, weight: Any = None, bias: Any = None, ndim: int = 1, eps: float = 1e-5) -> Any:
    axes = tuple(range(-ndim, 0))
    centred = x - np.mean(x, axis=axes, keepdims=True)
    y = centred / np.sqrt(np.mean(centred * centred, axis=axes, keepdims=True) + eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def _layer_norm_x(
    t: Any, out: Any, x: Any, weight: Any = None, bias: Any = None, ndim: int = 1, eps: float = 1e-5
) -> Any:
    mean, rstd = out.values
    size = math.prod(x.shape[x.ndim - ndim :])
    return row_jvp(t, centred_again(as_rows(x, size), mean, PER_ROW), rstd, weight, centre=True)


def _layer_norm_weight(
    t: Any, out: Any, x: Any, weight: Any = None, bias: Any = None, ndim: int = 1, eps: float = 1e-5
) -> Any:
    mean, rstd = out.values
    size = math.prod(x.shape[x.ndim - ndim :])
    return t * (centred_again(as_rows(x, size), mean, PER_ROW) * rstd[:, None]).reshape(x.shape)


layer_norm_op = define(
    _layer_norm,
    joint=_layer_norm_vjps,
    keeps="x weight",
    saves=True,
    composite=_layer_norm_composite,
    name="layer_norm",
    jvp=(_layer_norm_x, _layer_norm_weight, lambda t, out, x, *rest, **options: t),
    label="(γg - mean(γg) - x̂·mean(γg·x̂))/σ, Σg·x̂, Σg",
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
    x = floating_input(input, weight if weight is not None else bias, "layer_norm")
    return layer_norm_op(
        x, weight, bias, ndim=_last_axes(x, normalized_shape, "layer_norm", weight=weight, bias=bias), eps=eps
    )


def _last_axes(x: Any, normalized_shape: int | Sequence[int], who: str, **parameters: Any) -> int:
    """How many axes are normalised; they, and every parameter given, must have that shape."""
    shape = (normalized_shape,) if isinstance(normalized_shape, (int, np.integer)) else tuple(normalized_shape)
    if x.shape[x.ndim - len(shape) :] != shape or not shape or 0 in shape:
        expected = ", ".join(["*", *map(str, shape)])
        raise ShapeError(f"{who} with normalized_shape={shape} expects input of shape ({expected}); got {x.shape}.")
    for name, parameter in parameters.items():
        if parameter is not None and parameter.shape != shape:
            raise ShapeError(f"{who} expects {name} of the normalized shape {shape}; got {parameter.shape}.")
    return len(shape)


class LayerNorm(Module):
    """Normalise each sample over its last axes.

        y = (x - E[x]) / √(Var[x] + eps) · weight + bias

    Shape:     x (*, *normalized_shape) -> the same; weight, bias normalized_shape
    Args:      normalized_shape: the sizes of the last axes; an int stands for one.
               eps: added to the (biased) variance, >= 0.
               elementwise_affine: whether there are weight and bias; first 1 and 0.
               bias: whether an affine layer has a bias.
               dtype: of the parameters, and so of the computation (default float32).
    Numerics:  statistics in float32 at least; a large mean does not cancel.
    Raises:    ShapeError if the last axes of x are not normalized_shape.
    Source:    Ba et al. 2016, arXiv:1607.06450.
    Example:
        >>> import numpy as np, nn
        >>> nn.LayerNorm(3)(np.array([[1.0, 2.0, 3.0]])).numpy().round(3)
        array([[-1.225,  0.   ,  1.225]], dtype=float32)
    """

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
        self.normalized_shape = check_shape(normalized_shape)
        self.eps = check_eps(eps)
        self.elementwise_affine = bool(elementwise_affine)
        self.weight, self.bias = weight_and_bias(self.normalized_shape, elementwise_affine, bias, dtype)

    def reset_parameters(self) -> None:
        """Set the weight back to ones and the bias to zeros."""
        reset_affine(self.weight, self.bias)

    def forward(self, x: Any) -> Any:
        return layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
