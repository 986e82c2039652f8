"""MinimalEffortReLU: a rectifier whose backward passes on only the largest components of the gradient (meProp)."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from autograd.options import check_flag
from nn.core.checks import check_size
from nn.core.module import Module
from nn.layers.activation.relu import relu
from nn.layers.minimal_effort.top_k import mask_of_op, with_features


def _effort_relu_vjp(g: Any, out: Any, x: Any, k: int, unified: bool = False) -> Any:
    g = g * (out > 0)  # 0 at 0, as in relu
    return g * mask_of_op(g, k, unified, None, None)


minimal_effort_relu_op = define(
    lambda x, k, unified=False: np.maximum(x, 0),
    _effort_relu_vjp,
    keeps="out",
    name="minimal_effort_relu",
    jvp=lambda t, out, x, **params: t * (out > 0),
    label="top k of g·[x > 0]",
)


def minimal_effort_relu(input: Any, k: int, unified: bool = False) -> Any:
    """max(x, 0), whose backward passes on only the k largest components of the gradient of each example.

        forward   y = max(x, 0)
        backward  x̄ = top_k(ȳ · [x > 0])

    Shape:     input (*, features) -> (*, features); every row of the last axis is an example
    Args:      k, unified: see `minimal_effort`.
    Gradient:  on purpose not the derivative, unless k >= features. 0 at 0.
    Source:    Sun et al. 2017, arXiv:1706.06197.
    """
    check_flag("minimal_effort_relu: unified", unified)
    return minimal_effort_relu_op(with_features(input, "minimal_effort_relu"), k=check_size("k", k), unified=unified)


class MinimalEffortReLU(Module):
    """max(x, 0), whose backward passes on only the k largest components of the gradient of each example.

        forward   y = max(x, 0)
        backward  x̄ = top_k(ȳ · [x > 0])

    After a Linear it gives the same gradients as a MinimalEffortLinear followed by a ReLU, but it saves no time: the
    Linear gets an array with many zeros and computes with all of it. In eval mode it is ReLU, including its backward.

    Shape:     input (*, features) -> (*, features); every row of the last axis is an example
    Args:      k: the number of components that are passed on; all of them if k >= features.
               unified: choose the same k for the whole mini-batch, those with the largest sums of magnitudes.
    Gradient:  on purpose not the derivative, unless k >= features. 0 at 0. For create_graph see
               `MinimalEffortLinear`.
    Source:    Sun et al. 2017, arXiv:1706.06197.
    Example:
        >>> import numpy as np, autograd, nn
        >>> x = autograd.Tensor([[1.0, 2.0, -1.0]], requires_grad=True)
        >>> nn.MinimalEffortReLU(k=1)(x).backward(np.array([[3.0, 4.0, 5.0]]))
        >>> x.grad.numpy()
        array([[0., 4., 0.]])
    """

    def __init__(self, k: int, *, unified: bool = False) -> None:
        self.k = check_size("k", k)
        self.unified = bool(unified)

    def forward(self, input: Any) -> Any:
        return minimal_effort_relu(input, self.k, self.unified) if self.training else relu(input)

    def extra_repr(self) -> str:
        return f"k={self.k}, unified={self.unified}"
