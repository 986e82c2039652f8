"""Normalisations that look at each sample alone: over its last axes, or over groups of its channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn import functional as F
from nn.batch_norm import check_eps, reset_affine, weight_and_bias
from nn.core.module import Module, check_size
from nn.core.parameter import Parameter


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
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"


class RMSNorm(Module):
    """Divide each sample by the root of its mean square over its last axes: LayerNorm without the mean.

        y = x / √(E[x²] + eps) · weight

    Shape:     x (*, *normalized_shape) -> the same; weight normalized_shape
    Args:      normalized_shape: the sizes of the last axes; an int stands for one.
               eps: added to the mean square, >= 0; None means np.finfo(dtype).eps.
               elementwise_affine: whether there is a weight; first 1.
               dtype: of the weight, and so of the computation (default float32).
    Raises:    ShapeError if the last axes of x are not normalized_shape.
    Source:    Zhang & Sennrich 2019, arXiv:1910.07467.
    Example:
        >>> import numpy as np, nn
        >>> nn.RMSNorm(2)(np.array([[3.0, 4.0]])).numpy().round(3)
        array([[0.849, 1.131]], dtype=float32)
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        dtype: Any = np.float32,
    ) -> None:
        self.normalized_shape = check_shape(normalized_shape)
        self.eps = None if eps is None else check_eps(eps)
        self.elementwise_affine = bool(elementwise_affine)
        self.weight, _ = weight_and_bias(self.normalized_shape, elementwise_affine, False, dtype)

    def reset_parameters(self) -> None:
        """Set the weight back to ones."""
        reset_affine(self.weight)

    def forward(self, x: Any) -> Any:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    """Normalise groups of channels of each sample, over the channels of the group and all positions.

        y = (x - E[x]) / √(Var[x] + eps) · weight + bias

    Shape:     x (N, C, *) -> the same; weight, bias (C,)
    Args:      num_groups: divides num_channels; 1 takes all channels together, num_channels each for itself.
               num_channels: C.
               eps: added to the (biased) variance, >= 0.
               affine: whether there are weight and bias; first 1 and 0.
               bias: whether an affine layer has a bias.
               dtype: of the parameters, and so of the computation (default float32).
    Raises:    ShapeError for another number of channels, or a single value a group.
    Source:    Wu & He 2018, arXiv:1803.08494.
    Example:
        >>> import numpy as np, nn
        >>> nn.GroupNorm(2, 4)(np.array([[1.0, 3.0, 10.0, 30.0]])).numpy().round(3)
        array([[-1.,  1., -1.,  1.]], dtype=float32)
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        dtype: Any = np.float32,
    ) -> None:
        self.num_groups = check_size("num_groups", num_groups)
        self.num_channels = check_size("num_channels", num_channels)
        if num_channels % num_groups:
            raise ArgumentError(f"num_channels must be divisible by num_groups; got {num_channels} and {num_groups}.")
        self.eps = check_eps(eps)
        self.affine = bool(affine)
        self.weight, self.bias = weight_and_bias((self.num_channels,), affine, bias, dtype)

    def reset_parameters(self) -> None:
        """Set the weight back to ones and the bias to zeros."""
        reset_affine(self.weight, self.bias)

    def forward(self, x: Any) -> Any:
        x = F.as_values(x)
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            raise ShapeError(f"GroupNorm expects input of shape (N, {self.num_channels}, *); got {x.shape}.")
        return F.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, bias={self.bias is not None}"


def check_shape(normalized_shape: Any) -> tuple[int, ...]:
    """The sizes of the axes that are normalised, as a tuple of positive integers."""
    sizes = normalized_shape if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
    if not sizes:
        raise ArgumentError("normalized_shape must name at least one axis; got ().")
    return tuple([check_size("normalized_shape", size) for size in sizes])
