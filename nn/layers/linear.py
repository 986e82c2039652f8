"""Linear: an affine map of the last axis.

The primitive computes x Wᵀ + b with x (*, in), W (out, in), b (out,) -> (*, out). np.dot of two matrices reaches BLAS
by a shorter path than np.matmul. Further axes are folded into the first: one large product, not many small ones.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.definition import Batch
from autograd.engine.primitive import Primitive
from autograd.engine.recording import is_tensor
from autograd.engine.registry import define
from autograd.errors import ShapeError
from autograd.ops.matmul import dot_of_columns
from nn import init
from nn.core.checks import check_size
from nn.core.module import Module
from nn.core.parameter import Parameter, blank
from nn.layers.inputs import cast_to
from nn.layers.kernels.sums import column_sums


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    out = np.dot(x if x.ndim == 2 else x.reshape(-1, x.shape[-1]), weight.T)
    if bias is not None:
        out += bias
    return out if x.ndim == 2 else out.reshape(*x.shape[:-1], out.shape[1])


def _linear_composite(x: Any, weight: Any, bias: Any = None) -> Any:
    out = np.matmul(x, np.transpose(weight))
    return out if bias is None else out + bias


def _linear_x(g: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    return np.dot(g, weight) if g.ndim == 2 else np.dot(g.reshape(-1, g.shape[-1]), weight).reshape(x.shape)


def _linear_weight(g: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    if g.ndim != 2:
        g, x = g.reshape(-1, g.shape[-1]), x.reshape(-1, x.shape[-1])
    return g.T.dot(x) if type(g) is type(x) is np.ndarray else dot_of_columns(g, x)


def _linear_bias(g: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    rows = g if g.ndim == 2 else g.reshape(-1, g.shape[-1])
    return rows.sum(axis=0) if is_tensor(g) else column_sums(rows)


# Forward mode: t Wᵀ and x tᵀ


def _tangent_of_x(t: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    return _linear(t, weight)


def _tangent_of_weight(t: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    return _linear(x, t)


# For a batch of K: cotangents g (K, *, out), tangents t (K, …)


def _rows(a: Any, k: int) -> Any:
    """(K, *, n) -> (K, N, n)."""
    return np.reshape(a, (k, -1, a.shape[-1])) if a.size else np.reshape(a, (k, math.prod(a.shape[1:-1]), a.shape[-1]))


def _stacked_x(g: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    return np.reshape(np.dot(np.reshape(g, (-1, g.shape[-1])), weight), (*g.shape[:-1], weight.shape[1]))


def _stacked_weight(g: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    return np.matmul(_rows(g, g.shape[0]).mT, np.reshape(x, (-1, x.shape[-1])))  # (K, out, N) @ (N, in)


def _stacked_bias(g: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    return np.sum(_rows(g, g.shape[0]), axis=1)


def _tangents_of_weight(t: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    product = np.matmul(np.reshape(x, (-1, x.shape[-1])), t.mT)  # (N, in) @ (K, in, out)
    return np.reshape(product, (t.shape[0], *out.shape))


def _tangents_of_bias(t: Any, out: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    return np.reshape(t, (t.shape[0], *[1] * (out.ndim - 1), t.shape[1]))


linear_op: Primitive = define(
    _linear,
    _linear_x,
    _linear_weight,
    _linear_bias,
    keeps=("weight", "x", ""),
    composite=_linear_composite,
    plain=True,
    complex="own rules",
    name="linear",
    jvp=(_tangent_of_x, _tangent_of_weight, lambda t, out, x, weight, bias=None: t),
    batch=Batch((_stacked_x, _stacked_weight, _stacked_bias), (_tangent_of_x, _tangents_of_weight, _tangents_of_bias)),
    label="g·W, gᵀ·x, Σg",
)


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """An affine map of the last axis.

        y = x Wᵀ + b

    Shape:     input (*, in_features), weight (out_features, in_features), bias (out_features,) -> (*, out_features)
    Numerics:  computed in the weight's dtype; a floating input is cast to it. It may be complex.
    Raises:    ShapeError if the last axis of input is not in_features.
    """
    x = input if getattr(input, "dtype", "") == weight.dtype else cast_to(input, weight, "Linear", complex=True)
    try:
        return linear_op(x, weight) if bias is None else linear_op(x, weight, bias)
    except (
        ValueError,
        IndexError,
    ):  # the shapes are looked at only now: a check beforehand would cost time at every call
        _check_features(x.shape, weight.shape[1])
        raise


def _check_features(shape: tuple[int, ...], in_features: int) -> None:
    if shape[-1:] != (in_features,):
        flat = len(shape) > 1 and math.prod(shape[1:]) == in_features
        remedy = " Flatten it first: nn.Flatten()." if flat else f" The last axis must have {in_features} elements."
        raise ShapeError(f"Linear expects input of shape (*, {in_features}); got {shape}.{remedy}") from None


class Linear(Module):
    """An affine map of the last axis.

        y = x Wᵀ + b

    Shape:     input (*, in_features) -> (*, out_features); weight (out_features, in_features), bias (out_features,)
    Args:      in_features, out_features: the length of the input's last axis, and of the result's.
               bias: whether there is a b.
               dtype: of the parameters, and so of the computation (default float32).
               rng: source of the first values: both uniform in ±1/√in_features, as in PyTorch.
    Raises:    ShapeError if the last axis of input is not in_features.
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

    def forward(self, input: Any) -> Any:
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
