"""Minimal effort backpropagation: an ordinary forward, and a backward that follows the k largest components of g only.

The cotangent that these rules return is on purpose not the derivative, unless k reaches the number of features. What is
differentiated for a graph of the gradient is g times a mask of the chosen components, the mask being a constant.

Source:    Sun, Ren, Ma & Wang 2017, "meProp", arXiv:1706.06197: top-k of each example, section 2; one choice for the whole
           mini-batch by summed magnitude ("simple unified"), section 2.5.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.modes import mode
from autograd.engine.primitive import Primitive
from autograd.engine.registry import define
from nn.layers.linear import linear_op

# What a multiplication of SciPy's sparse product costs in those of BLAS, and the work of a product (in multiplications)
# below which making the sparse matrix costs more than it saves. Measured: docs/minimal_effort.md.
SPARSE_COST = 10
SPARSE_WORK = 5_000_000


def top_columns(g: Any, k: int) -> Any:
    """The k columns of g (B, n) with the largest sum of magnitudes, in order; fewer where fewer are other than zero."""
    n = g.shape[1]
    scores = np.add.reduce(np.abs(g), axis=0, dtype=np.float32 if g.dtype == np.float16 else None)
    columns = (
        np.sort(np.argpartition(scores, n - k)[n - k :]) if k < n else np.arange(n)
    )  # a nan counts as largest: it stays visible
    return columns[scores[columns] != 0]


def top_mask(g: Any, k: int) -> Any:
    """Which components of g (B, n) are among the k largest of their row by magnitude, zeros left out. (B, n) of bool."""
    size = np.abs(g)
    chosen = size != 0
    n = g.shape[1]
    if k < n:
        chosen &= ~(size < np.partition(size, n - k, axis=1)[:, n - k, None])  # so written, a nan is chosen
        if np.any(np.add.reduce(chosen, axis=1, dtype=np.intp) > k):  # equals at the k-th place: some of them must go
            chosen = np.zeros(g.shape, bool)
            np.put_along_axis(chosen, np.argpartition(size, n - k, axis=1)[:, n - k :], True, axis=1)
            chosen &= size != 0
    return chosen


def note(activity: Any, examples: Any, counts: Any, rows: int) -> None:
    """Add to the counters of a layer: how often each unit was chosen, and out of how many examples."""
    if activity is not None:
        activity += counts
    if examples is not None:
        examples += rows


def _mask(g: Any, k: int, unified: bool, activity: Any, examples: Any) -> Any:
    flat = g.reshape(-1, g.shape[-1])
    if unified:
        counts = np.zeros(flat.shape[1], np.intp)
        counts[top_columns(flat, k)] = len(flat)
        mask = np.broadcast_to(counts != 0, g.shape)
    else:
        mask = top_mask(flat, k)
        counts = np.add.reduce(mask, axis=0, dtype=np.intp)
        mask = mask.reshape(g.shape)
    note(activity, examples, counts, len(flat))
    return mask


mask_of = Primitive(_mask, None, name="mask_of")  # of Tensors too; it has no derivative, and so is never recorded


def _effort_vjp(
    g: Any, out: Any, x: Any, k: int, unified: bool = False, activity: Any = None, examples: Any = None
) -> Any:
    return g * mask_of(g, k, unified, activity, examples)


minimal_effort = define(
    lambda x, k, unified=False, activity=None, examples=None: np.positive(x),
    _effort_vjp,
    keeps="",
    name="minimal_effort",
    jvp="linear",
    label="top k of g",
)


def _effort_relu_vjp(g: Any, out: Any, x: Any, k: int, unified: bool = False) -> Any:
    g = g * (out > 0)  # 0 at 0, as for relu
    return g * mask_of(g, k, unified, None, None)


minimal_effort_relu = define(
    lambda x, k, unified=False: np.maximum(x, 0),
    _effort_relu_vjp,
    keeps="out",
    name="minimal_effort_relu",
    jvp=lambda t, out, x, **params: t * (out > 0),
    label="top k of g·[x > 0]",
)


class _Choice:
    """What a sweep follows of g: chosen by the first of the rules below that it calls, read by the others."""

    __slots__ = ("columns", "g", "n")

    g: Any  # (B, n), or (B, k) where columns are left out; SciPy's sparse matrix where that is quicker
    columns: Any  # those that g is left with; None for all
    n: int

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
        note(activity, examples, counts, rows)

    def _of_columns(self, g: Any, columns: Any) -> Any:
        if len(columns) == self.n:
            return g
        self.columns = columns
        return np.take(g, columns, axis=1)  # (B, out) -> (B, k)

    def _of_mask(self, g: Any, mask: Any, counts: Any, in_features: int) -> Any:
        """A sparse matrix where that is quicker, else the columns in which the mask leaves anything."""
        columns = np.flatnonzero(counts)
        products = len(g) * len(columns) * in_features  # of a dense product with the columns
        kept = int(np.add.reduce(counts))
        if products <= SPARSE_WORK or SPARSE_COST * kept * in_features >= products or g.dtype == np.float16:
            return self._of_columns(np.multiply(g, mask), columns)
        from scipy.sparse import csr_array

        ends = np.zeros(len(g) + 1, np.int32)
        np.cumsum(np.add.reduce(mask, axis=1, dtype=np.int32), out=ends[1:])
        places = np.flatnonzero(mask)
        values = np.take(g, places)
        places %= self.n
        return csr_array((values, places.astype(np.int32), ends), shape=g.shape)

    def spread(self, part: Any) -> Any:
        """The rows of the chosen units in an array for all units, zero elsewhere."""
        if self.columns is None:
            return part
        whole = np.zeros((self.n, *part.shape[1:]), part.dtype)
        whole[self.columns] = part
        return whole


def _chosen(g: Any, out: Any, weight: Any, params: dict[str, Any]) -> _Choice:
    """The choice of this sweep, made once: what is kept beside it is the mode that the sweep runs in, which is no other sweep's."""
    sweep, kept = mode.get(), out.values
    if kept[0] is None or kept[0][0] is not sweep:
        kept[0] = sweep, _Choice(g, weight.shape[1], **params)
    choice: _Choice = kept[0][1]
    return choice


def _effort_linear(
    x: Any, weight: Any, bias: Any = None, *, k: int, unified: bool = False, activity: Any = None, examples: Any = None
) -> Any:
    return linear_op.forward(x, weight, bias), [None]


def _effort_linear_x(g: Any, out: Any, x: Any, weight: Any, bias: Any = None, **params: Any) -> Any:
    choice = _chosen(g, out, weight, params)
    d = choice.g @ (weight if choice.columns is None else np.take(weight, choice.columns, axis=0))  # (B, k) @ (k, in)
    return d if d.shape == x.shape else d.reshape(x.shape)  # the sweep would have to copy a view


def _effort_linear_weight(g: Any, out: Any, x: Any, weight: Any, bias: Any = None, **params: Any) -> Any:
    choice = _chosen(g, out, weight, params)
    return choice.spread(choice.g.T @ x.reshape(-1, x.shape[-1]))


def _effort_linear_bias(g: Any, out: Any, x: Any, weight: Any, bias: Any = None, **params: Any) -> Any:
    choice = _chosen(g, out, weight, params)
    if isinstance(choice.g, np.ndarray):
        return choice.spread(np.add.reduce(choice.g))
    return np.bincount(choice.g.indices, choice.g.data, choice.n).astype(
        choice.g.dtype
    )  # quicker than the matrix's own sum


def _effort_linear_composite(
    x: Any, weight: Any, bias: Any = None, *, k: int, unified: bool = False, activity: Any = None, examples: Any = None
) -> Any:
    out = np.matmul(x, np.transpose(weight))
    out = out if bias is None else out + bias
    return minimal_effort(out, k=k, unified=unified, activity=activity, examples=examples)


minimal_effort_linear = define(
    _effort_linear,
    _effort_linear_x,
    _effort_linear_weight,
    _effort_linear_bias,
    keeps=("weight", "x", ""),
    saves=True,  # room for the choice, which serves all three
    composite=_effort_linear_composite,
    name="minimal_effort_linear",
    label="top k of g: gₖ·Wₖ, gₖᵀ·x, Σgₖ",
)
