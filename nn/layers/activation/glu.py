"""GLU: one half of the features, multiplied by the sigmoid of the other half."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.errors import ShapeError
from nn.core.module import Module
from nn.layers.activation.sigmoid_tanh import sigmoid_op
from nn.layers.inputs import as_floats, axis_of


def _halves(x: Any, axis: int) -> tuple[Any, Any]:
    before: tuple[slice, ...] = (slice(None),) * (axis % x.ndim)
    half = x.shape[axis] // 2
    return x[(*before, slice(None, half))], x[(*before, slice(half, None))]


def _glu(x: Any, axis: int = -1) -> Any:
    a, b = _halves(x, axis)
    gate = sigmoid_op(b)
    return a * gate, gate


def _glu_vjp(g: Any, out: Any, x: Any, axis: int = -1) -> Any:
    gate = out.values
    made = np.empty(x.shape, x.dtype)
    by_a, by_b = _halves(made, axis)
    np.multiply(g, gate, out=by_a)
    np.subtract(1, gate, out=by_b)
    by_b *= by_a
    by_b *= _halves(x, axis)[0]
    return made


def _glu_composite(x: Any, axis: int = -1) -> Any:
    a, b = _halves(x, axis)
    return a * sigmoid_op(b)


glu_op = define(
    _glu,
    _glu_vjp,
    keeps="x",
    saves=True,
    composite=_glu_composite,
    name="glu",
    label="g·σ(b) and g·a·σ(b)·(1 - σ(b)) for the halves a and b of x",
)


def glu(input: Any, dim: int = -1) -> Any:
    """a·σ(b), where a and b are the first and the second half of x along an axis.

    Shape:     (*, 2n, *) -> (*, n, *)
    Source:    Dauphin et al. 2016, arXiv:1612.08083.
    """
    x = as_floats(input, "glu")
    axis = axis_of("glu", x, dim)
    if x.shape[axis] % 2:
        raise ShapeError(f"glu halves axis {dim}, whose length must be even; got an input of shape {x.shape}.")
    return glu_op(x, axis=axis)


class GLU(Module):
    """A gated linear unit: one half of the features is multiplied by the sigmoid of the other half.

        y = a · σ(b),    x = [a, b] along dim

    Shape:     (*, 2n, *) -> (*, n, *)
    Source:    Dauphin et al. 2016, arXiv:1612.08083, eq. 1.
    Example:
        >>> import numpy as np, nn
        >>> nn.GLU()(np.array([3.0, 5.0, 0.0, 0.0]))
        array([1.5, 2.5])
    """

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"
