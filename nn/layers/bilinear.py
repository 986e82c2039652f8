"""Bilinear: a form that is linear in each of two inputs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.errors import ShapeError
from nn import init
from nn.core.checks import check_size
from nn.core.module import Module
from nn.core.parameter import Parameter, blank
from nn.layers.inputs import cast_to
from nn.layers.linear import linear


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """A form that is linear in each of two inputs.

        y_o = x1ᵀ W_o x2 + b_o = ⟨W_o, x1 x2ᵀ⟩ + b_o

    Shape:     input1 (*, in1), input2 (*, in2), weight (out, in1, in2), bias (out,) -> (*, out);
               both inputs have the same leading axes
    Numerics:  computed in the weight's dtype, as one matrix product with the outer products x1 x2ᵀ.
    Raises:    ShapeError if the shapes do not fit.
    """
    input1, input2 = (cast_to(x, weight, "Bilinear", complex=True) for x in (input1, input2))
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


class Bilinear(Module):
    """A form that is linear in each of two inputs.

        y_o = x1ᵀ W_o x2 + b_o

    Shape:     input1 (*, in1_features), input2 (*, in2_features) -> (*, out_features), the leading axes equal;
               weight (out_features, in1_features, in2_features), bias (out_features,)
    Args:      bias: whether there is a b.
               dtype: of the parameters, and so of the computation (default float32).
               rng: source of the first values: both uniform in ±1/√in1_features, as in PyTorch.
    Raises:    ShapeError if the inputs' shapes do not fit.
    Source:    Tenenbaum & Freeman 2000, "Separating style and content with bilinear models".
    Example:
        >>> import numpy as np, nn
        >>> layer = nn.Bilinear(3, 4, 2)
        >>> layer(np.ones((5, 3)), np.ones((5, 4))).shape
        (5, 2)
    """

    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: Any = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.in1_features = check_size("in1_features", in1_features)
        self.in2_features = check_size("in2_features", in2_features)
        self.out_features = check_size("out_features", out_features)
        self.weight = blank((out_features, in1_features, in2_features), dtype, "weight")
        self.bias = blank(out_features, dtype, "bias") if bias else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: np.random.Generator | None = None) -> None:
        """Draw the first values again, as the constructor does."""
        init.uniform_within(1 / math.sqrt(self.in1_features), self.weight, self.bias, rng=rng)

    def forward(self, input1: Any, input2: Any) -> Any:
        return bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
