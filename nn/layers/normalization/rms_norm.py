"""RMSNorm: each sample divided by the root mean square of its last axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.registry import define
from nn.core.module import Module
from nn.core.parameter import Parameter
from nn.layers.normalization.affine import (
    check_eps,
    check_normalized_shape,
    count_normalized_axes,
    floating_input,
    reset_affine,
    weight_and_bias,
)
from nn.layers.normalization.rows import row_vjps
from nn.layers.normalization.statistics import (
    as_rows,
    in_shape_and_dtype_of,
    reciprocal_rms,
    root_mean_square,
    size_of_last_axes,
)


def _rms_norm(x: Any, weight: Any = None, ndim: int = 1, eps: float = 1e-5) -> Any:
    size = size_of_last_axes(x, ndim)
    rows = as_rows(x, size)
    rrms = reciprocal_rms(rows, eps)
    y = rows * rrms[:, None]
    if weight is not None:
        y *= weight.reshape(-1)
    return in_shape_and_dtype_of(y, x), rrms


def _rms_norm_vjps(g: Any, out: Any, x: Any, weight: Any = None, ndim: int = 1, eps: float = 1e-5) -> tuple[Any, ...]:
    size = size_of_last_axes(x, ndim)
    rows = as_rows(x, size)
    rows = rows.copy() if np.may_share_memory(rows, x) else rows  # row_vjps overwrites them
    return row_vjps(g, as_rows(g, size), rows, out.values, weight, None, centre=False)[:2]


def _rms_norm_composite(x: Any, weight: Any = None, ndim: int = 1, eps: float = 1e-5) -> Any:
    y = x / root_mean_square(x, tuple(range(-ndim, 0)), eps)
    return y if weight is None else y * weight


rms_norm_op = define(
    _rms_norm,
    joint=_rms_norm_vjps,
    keeps="x weight",
    saves=True,
    composite=_rms_norm_composite,
    name="rms_norm",
    label="(γ·g - x̂·mean(γ·g·x̂))/r, Σ(g·x̂); r = √(mean(x²) + eps), x̂ = x/r",
)


def rms_norm(input: Any, normalized_shape: int | Sequence[int], weight: Any = None, eps: float | None = None) -> Any:
    """Divide each sample by the root mean square of its last axes.

        y = x / √(E[x²] + eps) · weight

    Shape:     input (*, *normalized_shape); weight normalized_shape -> as input
    Args:      eps: None means np.finfo(dtype).eps, the spacing of the dtype's numbers at 1.
    Source:    Zhang & Sennrich 2019, arXiv:1910.07467.
    """
    x = floating_input(input, weight, None, "rms_norm")
    if eps is None:
        eps = float(np.finfo(x.dtype).eps)
    ndim = count_normalized_axes(x, normalized_shape, "rms_norm", weight=weight)
    return rms_norm_op(x, weight, ndim=ndim, eps=eps)


class RMSNorm(Module):
    """Divide each sample by the root mean square of its last axes: LayerNorm without the mean.

        y = x / √(E[x²] + eps) · weight

    Shape:     x (*, *normalized_shape) -> the same; weight normalized_shape
    Args:      normalized_shape: the sizes of the last axes; an int for a single axis.
               eps: added to the mean square, >= 0; None means np.finfo(dtype).eps.
               elementwise_affine: whether there is a weight, initially 1.
               dtype: of the weight, and so of the computation (default float32).
    Raises:    ShapeError if the last axes of x are not normalized_shape.
    Source:    Zhang & Sennrich 2019, arXiv:1910.07467.
    Example:
        >>> import numpy as np, nn
        >>> nn.RMSNorm(2)(np.array([[3.0, 4.0]])).numpy().round(3)
        array([[0.849, 1.131]], dtype=float32)
    """

    takes_complex = False

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        dtype: Any = np.float32,
    ) -> None:
        self.normalized_shape = check_normalized_shape(normalized_shape)
        self.eps = None if eps is None else check_eps(eps)
        self.elementwise_affine = bool(elementwise_affine)
        self.weight, _ = weight_and_bias(self.normalized_shape, elementwise_affine, False, dtype)

    def reset_parameters(self) -> None:
        """Set the weight to ones."""
        reset_affine(self.weight)

    def forward(self, x: Any) -> Any:  # PyTorch's name: RMSNorm is the one layer that does not say input
        return rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
