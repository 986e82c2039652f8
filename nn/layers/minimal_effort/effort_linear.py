"""MinimalEffortLinear: a linear layer whose backward uses only the largest components of the gradient (meProp)."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.modes import mode
from autograd.engine.registry import define
from autograd.errors import ArgumentError, ShapeError
from autograd.options import check_flag
from autograd.recorder import current
from nn.core.checks import check_size
from nn.core.parameter import Buffer
from nn.layers.inputs import cast_to
from nn.layers.linear import Linear, linear, linear_op
from nn.layers.minimal_effort.top_k import (
    SPARSE_COST,
    SPARSE_WORK,
    count_activity,
    minimal_effort_op,
    top_columns,
    top_mask,
)


class _Choice:
    """The chosen components of g. The first of the rules below that a sweep calls makes it; the others reuse it."""

    __slots__ = ("columns", "g", "n")

    g: Any  # (B, n), or (B, k) if columns are left out; a sparse matrix of SciPy where that is faster
    columns: Any  # the columns of the original g that g still has; None for all
    n: int  # the number of columns of the original g

    def __init__(
        self, g: Any, in_features: int, k: int, unified: bool = False, activity: Any = None, examples: Any = None
    ) -> None:
        g = g.reshape(-1, g.shape[-1])  # (*, out) -> (B, out)
        rows, self.n = g.shape
        self.columns = None
        if unified:
            columns = top_columns(g, k)
            counts = None
            if activity is not None:
                counts = np.zeros(self.n, np.intp)
                counts[columns] = rows
            self.g = self._of_columns(g, columns)
        else:
            mask = top_mask(g, k)
            counts = np.add.reduce(mask, axis=0, dtype=np.intp)
            self.g = self._of_mask(g, mask, counts, in_features)
        count_activity(activity, examples, counts, rows)

    def _of_columns(self, g: Any, columns: Any) -> Any:
        """These columns of g; g itself if they are all columns."""
        if len(columns) == self.n:
            return g
        self.columns = columns
        return np.take(g, columns, axis=1)  # (B, out) -> (B, k)

    def _of_mask(self, g: Any, mask: Any, counts: Any, in_features: int) -> Any:
        """g times the mask: as a sparse matrix where that is faster, else as its columns that are not all zero."""
        columns = np.flatnonzero(counts)
        dense_work = len(g) * len(columns) * in_features  # multiplications
        kept = int(np.add.reduce(counts))
        if dense_work <= SPARSE_WORK or SPARSE_COST * kept * in_features >= dense_work or g.dtype == np.float16:
            return self._of_columns(np.multiply(g, mask), columns)
        from scipy.sparse import csr_array

        row_ends = np.zeros(len(g) + 1, np.int32)
        np.cumsum(np.add.reduce(mask, axis=1, dtype=np.int32), out=row_ends[1:])
        indices = np.flatnonzero(mask)
        values = np.take(g, indices)
        indices %= self.n  # the column of each value
        return csr_array((values, indices.astype(np.int32), row_ends), shape=g.shape)

    def spread(self, part: Any) -> Any:
        """An array with a row for each unit: `part` in the rows of the chosen units, zeros in the others."""
        if self.columns is None:
            return part
        whole = np.zeros((self.n, *part.shape[1:]), part.dtype)
        whole[self.columns] = part
        return whole


def _chosen(g: Any, out: Any, weight: Any, params: dict[str, Any]) -> _Choice:
    """The choice of this sweep, made by its first rule. Each sweep has its own mode object, which identifies it."""
    sweep, saved = mode.get(), out.values
    if saved is None:
        return _Choice(g, weight.shape[1], **params)
    if saved[0] is None or saved[0][0] is not sweep:
        saved[0] = sweep, _Choice(g, weight.shape[1], **params)
    choice: _Choice = saved[0][1]
    return choice


def _effort_linear(
    x: Any, weight: Any, bias: Any = None, *, k: int, unified: bool = False, activity: Any = None, examples: Any = None
) -> Any:
    # the list is for the choice of the backward, see _chosen; a replay of a captured step has to choose anew each time
    return linear_op.forward(x, weight, bias), None if current() is not None else [None]


def _effort_linear_x(g: Any, out: Any, x: Any, weight: Any, bias: Any = None, **params: Any) -> Any:
    choice = _chosen(g, out, weight, params)
    d = choice.g @ (weight if choice.columns is None else np.take(weight, choice.columns, axis=0))  # (B, k) @ (k, in)
    return d if d.shape == x.shape else d.reshape(x.shape)  # no needless reshape: the sweep copies a view


def _effort_linear_weight(g: Any, out: Any, x: Any, weight: Any, bias: Any = None, **params: Any) -> Any:
    choice = _chosen(g, out, weight, params)
    return choice.spread(choice.g.T @ x.reshape(-1, x.shape[-1]))


def _effort_linear_bias(g: Any, out: Any, x: Any, weight: Any, bias: Any = None, **params: Any) -> Any:
    choice = _chosen(g, out, weight, params)
    if isinstance(choice.g, np.ndarray):
        return choice.spread(np.add.reduce(choice.g))
    # faster than the sparse matrix's own sum
    return np.bincount(choice.g.indices, choice.g.data, choice.n).astype(choice.g.dtype)


def _effort_linear_composite(
    x: Any, weight: Any, bias: Any = None, *, k: int, unified: bool = False, activity: Any = None, examples: Any = None
) -> Any:
    out = np.matmul(x, np.transpose(weight))
    out = out if bias is None else out + bias
    return minimal_effort_op(out, k=k, unified=unified, activity=activity, examples=examples)


minimal_effort_linear_op = define(
    _effort_linear,
    _effort_linear_x,
    _effort_linear_weight,
    _effort_linear_bias,
    keeps=("weight", "x", ""),
    saves=True,  # the list in which the three rules share the choice
    composite=_effort_linear_composite,
    name="minimal_effort_linear",
    label="gₖ·W with the top k of g, gₖᵀ·x with the top k of g, Σ of the top k of g",
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
    """An affine map of the last axis, whose backward uses only the k largest components of the gradient.

        forward   y = x Wᵀ + b
        backward  g = top_k(ȳ);  x̄ = g W,  W̄ = gᵀ x,  b̄ = Σ g

    Shape:     input (*, in_features), weight (out_features, in_features), bias (out_features,) -> (*, out_features)
    Args:      k: the number of components that are used; all of them if k >= out_features.
               unified: choose the same k for all examples, those with the largest sums of magnitudes.
               activity: an integer array (out_features,); the backward adds to it how often each unit was chosen.
               examples: an integer array (); the backward adds to it the number of examples.
    Gradient:  on purpose not the derivative, unless k >= out_features. See `nn.MinimalEffortLinear`.
    Raises:    ShapeError if the last axis of x is not in_features.
    Source:    Sun et al. 2017, arXiv:1706.06197.
    """
    check_flag("minimal_effort_linear: unified", unified)
    k = check_size("k", k)
    x = cast_to(input, weight, "minimal_effort_linear")
    if x.ndim == 0 or x.shape[-1] != weight.shape[1]:
        raise ShapeError(
            f"minimal_effort_linear expects input of shape (*, {weight.shape[1]}); got {x.shape}. "
            f"The last axis must have {weight.shape[1]} elements."
        )
    operands = (x, weight) if bias is None else (x, weight, bias)
    return minimal_effort_linear_op(*operands, k=k, unified=unified, activity=activity, examples=examples)


class MinimalEffortLinear(Linear):
    """A Linear whose backward uses only the k largest components of the output's gradient.

        forward   y = x Wᵀ + b
        backward  g = top_k(ȳ);  x̄ = g W,  W̄ = gᵀ x,  b̄ = Σ g

    The k components are chosen by magnitude: separately for each example (every row of the last axis), or, with
    `unified`, the same for the whole mini-batch, by the sum of magnitudes over it. With `unified`, both matrix products
    of the backward are dense products with k columns instead of out_features, which BLAS computes fast. Otherwise they
    are sparse products where that is faster, and else dense products with the columns that any example has chosen. On a
    CPU that saves little, see docs/minimal_effort.md.

    In eval mode it is Linear, including its backward.

    The layer has counters: `activity` (out_features,) is how often each unit was among the k with a nonzero gradient,
    and `examples` is the number of examples that went backward through the layer in training. `activity_share()` is
    their quotient, `reset_activity()` sets them to 0, and `nn.simplify` removes the units that are seldom active. The
    counters are copied and pickled with the layer, but they are not in the state_dict. Its keys are those of Linear, so
    that the two layers can exchange checkpoints.

    Shape:     input (*, in_features) -> (*, out_features); weight (out_features, in_features), bias (out_features,)
    Args:      k: the number of components that are used, from 1 to out_features; out_features gives the derivative.
               bias: whether there is a b.
               unified: one choice for the whole mini-batch.
               dtype, rng: as in Linear; the initial values are those of Linear, too.
    Gradient:  on purpose not the derivative, unless k = out_features: the small components are left out. The rest still
               is a descent direction (g·ȳ > 0). An optimizer with momentum or weight decay also changes the weights of
               units that were not chosen. With create_graph the choice counts as a constant: the second derivative is
               exact wherever the choice does not change, and a backward through this gradient is sparsified again.
    Numerics:  nan counts as largest, so that it stays visible; among ties at the k-th place the choice is unspecified.
    Raises:    ArgumentError if k is no integer in 1 … out_features; ShapeError if the last axis of x is not
               in_features.
    Source:    Sun et al. 2017, arXiv:1706.06197; `unified` is its "simple unified" variant. The counters are those of
               Sun et al. 2017, arXiv:1711.06528; departure: zeros are not counted, so a dead unit is never active.
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

    takes_complex = False

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

    def forward(self, input: Any) -> Any:
        if not self.training:
            return linear(input, self.weight, self.bias)
        return minimal_effort_linear(
            input, self.weight, self.bias, k=self.k, unified=self.unified,
            activity=self.activity.numpy(), examples=self.examples.numpy(),
        )  # fmt: skip

    def activity_share(self) -> Any:
        """The share of the examples in which each unit was among the k, (out_features,); 0 before the first example."""
        return self.activity.numpy() / np.maximum(1, self.examples.numpy())

    def reset_activity(self) -> None:
        """Set the counters to 0."""
        self.activity.numpy()[...] = 0
        self.examples.numpy()[...] = 0

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, k={self.k}, unified={self.unified}"
