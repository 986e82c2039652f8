"""Minimal effort backpropagation (meProp): layers whose backward follows only the largest components of the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from nn import functional as F
from nn.core.module import Module, check_size
from nn.core.parameter import Buffer
from nn.layers.linear import Linear


class MinimalEffortLinear(Linear):
    """A Linear whose backward computes with the k largest components of the output's gradient only.

        forward   y = x Wᵀ + b
        backward  g = top_k(ȳ);  x̄ = g W,  W̄ = gᵀ x,  b̄ = Σ g

    The k are chosen by magnitude: for each example by itself (every row of the last axis is one), or, `unified`, the same k
    for the whole mini-batch, by the sum of magnitudes over it. Unified, both matrix products of the backward run on k columns
    instead of out_features, densely, which is what BLAS is quick at. By itself, they run as sparse products where that
    is quicker, else densely on the columns that any example has chosen: on a CPU that saves little, see
    docs/minimal_effort.md.

    In eval mode it is Linear, its backward included.

    The layer counts: `activity` (out_features,), how often each unit was among the k with a gradient other than zero, out of
    `examples`, all that went backward through it in training; `activity_share()` is their quotient, `reset_activity()` starts
    anew, and `nn.simplify` removes the units that are seldom active. The counters are copied and pickled with the layer
    but are not in the state_dict, whose keys are Linear's: checkpoints of the two can be exchanged.

    Shape:     x (*, in_features) -> (*, out_features); weight (out_features, in_features), bias (out_features,)
    Args:      k: how many components, from 1 to out_features; out_features makes it exact.
               bias: whether there is a b.
               unified: one choice for the whole mini-batch.
               dtype, rng: as in Linear; so are the first values.
    Gradient:  on purpose not the derivative, unless k = out_features: what remains points, like it, downhill (g·ȳ > 0) but leaves out
               the small components. An optimizer with momentum or weight decay still changes the weights of the others.
               With create_graph the choice counts as a constant: the gradient's own derivative is exact wherever the
               choice does not change, and what flows back through this layer a second time is sparsified again.
    Numerics:  a nan counts as largest, so that it does not go unseen; which of equals at the k-th place is chosen is open.
    Raises:    ArgumentError if k is no integer in 1 … out_features; ShapeError if the last axis of x is not in_features.
    Source:    Sun et al. 2017, arXiv:1706.06197; `unified` is its "simple unified" variant, the counters are those of
               Sun et al. 2017, arXiv:1711.06528, but for zeros, which are not counted: a dead unit is never active.
    Example:
        >>> import numpy as np, autograd, nn
        >>> layer = nn.MinimalEffortLinear(3, 4, k=1)
        >>> layer(np.ones((2, 3))).backward(np.array([[1, 2, -3, 0], [0, 5, 4, 0]]))
        >>> layer.weight.grad.numpy()
        array([[ 0.,  0.,  0.],
               [ 5.,  5.,  5.],
               [-3., -3., -3.],
               [ 0.,  0.,  0.]], dtype=float32)
        >>> layer.activity_share()
        array([0. , 0.5, 0.5, 0. ])
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        k: int,
        bias: bool = True,
        *,
        unified: bool = False,
        dtype: Any = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__(in_features, out_features, bias, dtype=dtype, rng=rng)
        self.k = check_size("k", k)
        if self.k > self.out_features:
            raise ArgumentError(
                f"k must be at most out_features = {self.out_features}; got {k}. Use nn.Linear to keep them all."
            )
        self.unified = bool(unified)
        self.activity = Buffer(np.zeros(self.out_features, np.int64), persistent=False)
        self.examples = Buffer(np.zeros((), np.int64), persistent=False)

    def forward(self, x: Any) -> Any:
        if not self.training:
            return F.linear(x, self.weight, self.bias)
        return F.minimal_effort_linear(
            x, self.weight, self.bias, k=self.k, unified=self.unified,
            activity=self.activity.numpy(), examples=self.examples.numpy(),
        )  # fmt: skip

    def activity_share(self) -> Any:
        """For each unit the share of the examples in which it was among the k, (out_features,); zeros before the first."""
        return self.activity.numpy() / max(1, int(self.examples.numpy()))

    def reset_activity(self) -> None:
        """Start to count anew."""
        self.activity.numpy()[...] = 0
        self.examples.numpy()[...] = 0

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, k={self.k}, unified={self.unified}"


class MinimalEffortReLU(Module):
    """max(x, 0), of whose gradient only the k largest components of each example go on.

        forward   y = max(x, 0)
        backward  x̄ = top_k(ȳ · [x > 0])

    Behind a Linear it gives the gradients of a MinimalEffortLinear in front of a ReLU, without the saving: the layer before
    it sees an array with many zeros and computes with all of it. In eval mode it is ReLU, its backward included.

    Shape:     x (*, features) -> (*, features); every row of the last axis is an example
    Args:      k: how many components go on; k >= features: all.
               unified: the same k for the whole mini-batch, those with the largest sum of magnitudes.
    Gradient:  on purpose not the derivative, unless k >= features. 0 at 0. With create_graph as for MinimalEffortLinear.
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

    def forward(self, x: Any) -> Any:
        return F.minimal_effort_relu(x, self.k, self.unified) if self.training else F.relu(x)

    def extra_repr(self) -> str:
        return f"k={self.k}, unified={self.unified}"
