"""EmbeddingBag: sums, means and maxima of bags of rows of a table, without an array of the rows themselves.

With the weights in a sparse matrix, S[b, rows[j]] = weights[j] for every j of bag b, a bag of rows is S · table and its
derivative Sᵀ · g: one primitive, `bag_op`. That by the weights is `bag_dots_op`, and the derivatives of this one are
again `bag_op`, so a derivative of any order costs what the first does.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from autograd.engine.kinds import is_foreign, like, zeros
from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.errors import ArgumentError, ShapeError
from autograd.ops.indexing import getitem, scatter
from autograd.options import check_flag
from nn.core.checks import check_size
from nn.core.module import Module
from nn.core.parameter import blank
from nn.layers.embedding import (
    as_integers,
    check_norms,
    check_not_sparse,
    fill_table,
    given_table,
    row_of_padding,
    rows_of_table,
    shape_of_table,
    shorten,
)
from nn.layers.inputs import as_values, cast_to, refuse_complex
from nn.layers.kernels.patches import computed_in

MODES = ("sum", "mean", "max")


def _bag(weights: Any, table: Any, rows: Any, starts: Any, size: int | None = None) -> Any:
    """S · table, or with `size` Sᵀ · table, which has that many rows; bag b are the j from starts[b] to starts[b+1]."""
    from scipy.sparse import csc_array, csr_array

    dtype = table.dtype
    if dtype == np.float16:  # SciPy has no sparse arrays of it
        weights, table = weights.astype(np.float32), table.astype(np.float32)
    parts = (weights, rows, starts)
    if size is None:
        y = csr_array(parts, shape=(len(starts) - 1, len(table))) @ table
    else:
        y = csc_array(parts, shape=(size, len(table))) @ table
    return y.astype(dtype, copy=False)


def _bag_dots(of_bags: Any, of_rows: Any, rows: Any, starts: Any) -> Any:
    """For each j the product of the row of its bag and row rows[j]: (B, D), (V, D) -> (N,)."""
    return np.einsum("jd,jd->j", np.repeat(of_bags, np.diff(starts), axis=0), of_rows[rows])


def _bag_composite(weights: Any, table: Any, rows: Any, starts: Any, size: int | None = None) -> Any:
    working = computed_in(weights, table)[1]
    bags = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    to, source, n = (bags, rows, len(starts) - 1) if size is None else (rows, bags, size)
    parts = weights.astype(working)[:, None] * table[source].astype(working)
    return scatter(parts, shape=(n, table.shape[1]), index=to).astype(table.dtype)


def _dots_composite(of_bags: Any, of_rows: Any, rows: Any, starts: Any) -> Any:
    bags = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    return np.sum(of_bags[bags] * of_rows[rows], axis=1)


bag_op: Primitive = define(
    _bag,
    lambda g, out, weights, table, rows, starts, size=None: (
        bag_dots_op(g, table, rows=rows, starts=starts) if size is None
        else bag_dots_op(table, g, rows=rows, starts=starts)
    ),
    lambda g, out, weights, table, rows, starts, size=None: bag_op(
        weights, g, rows=rows, starts=starts, size=table.shape[0] if size is None else None
    ),
    keeps=("table", "weights"),
    composite=_bag_composite,
    plain=True,
    name="embedding_bag",
    jvp="multilinear",
    label="⟨g of the bag | row⟩, Σ weight · g of each row",
)  # fmt: skip
bag_dots_op: Primitive = define(
    _bag_dots,
    lambda g, out, of_bags, of_rows, rows, starts: bag_op(g, of_rows, rows=rows, starts=starts),
    lambda g, out, of_bags, of_rows, rows, starts: bag_op(
        g, of_bags, rows=rows, starts=starts, size=of_rows.shape[0]
    ),
    keeps=("of_rows", "of_bags"),
    composite=_dots_composite,
    plain=True,
    name="embedding_bag_dots",
    jvp="multilinear",
    label="Σ g · row, Σ g · bag",
)  # fmt: skip
# The identity, with a gradient divided by how often each row was looked up.
_divided_op = define(
    lambda table, counts: table,
    lambda g, out, table, counts: g / like(counts.astype(g.dtype)[:, None], raw(g)),
    keeps="",
    name="scale_grad_by_freq",
    label="g / count of each row",
)


def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Any:
    """The sum, mean or maximum of the rows of a table at the indices of each bag.

        y_b = Σ_{j in bag b} per_sample_weights_j · weight[input_j]      (mean: / the size of the bag)

    Shape:     input (B, L) of integers 0 … V-1, or (N,) with offsets (B,); weight (V, D) -> (B, D)
    Args:      offsets: where each bag begins in a 1-d input.
               max_norm: rows that are looked up and longer than this are first shortened to it, in `weight` itself.
               norm_type: the p of that norm.
               scale_grad_by_freq: divide the gradient of a row by the number of times it was looked up in this call
               (PyTorch 2.13 takes the counts of other rows on a CPU); not with mode="max".
               mode: "mean", "sum" or "max".
               sparse: must be False: there are no sparse gradients as in PyTorch.
               per_sample_weights: of input's shape, differentiable; only with mode="sum".
               include_last_offset: offsets (B + 1,) has at its end where the last bag ends.
               padding_idx: a row that belongs to no bag; counted from the end if negative.
    Gradient:  of equal elements the maximum is the first.
    Numerics:  an empty bag gives 0. A sum in float16 is taken in float32.
    Raises:    DTypeError if the indices are no integers, ArgumentError if one lies outside the table or if options do
               not go together, ShapeError.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.embedding_bag(np.array([0, 2, 1]), np.eye(3), np.array([0, 2]), mode="sum")
        array([[1., 0., 1.],
               [0., 1., 0.]])
    """
    for name, flag in (
        ("scale_grad_by_freq", scale_grad_by_freq),
        ("sparse", sparse),
        ("include_last_offset", include_last_offset),
    ):
        check_flag(f"embedding_bag: {name}", flag)
    weight = as_values(weight)
    if weight.dtype.kind == "c":
        refuse_complex("embedding_bag", weight.dtype)
    if weight.ndim != 2:
        raise ShapeError(f"embedding_bag expects weight (num_embeddings, embedding_dim); got {weight.shape}.")
    check_not_sparse("embedding_bag", sparse)
    _check_mode(mode, scale_grad_by_freq)
    size = len(weight)
    rows = rows_of_table(input, size, "embedding_bag")
    starts = _starts(rows, offsets, include_last_offset)
    if per_sample_weights is not None:
        per_sample_weights = _flat_weights(per_sample_weights, rows.shape, weight, mode)
    padding_idx = row_of_padding(padding_idx, size)
    if max_norm is not None:
        shorten(weight, rows, max_norm, norm_type)
    kept = slice(starts[0], starts[-1])
    rows, starts = rows.reshape(-1)[kept], starts - starts[0]
    if padding_idx is not None:
        used = rows != padding_idx
        rows, starts = rows[used], np.concatenate([[0], np.cumsum(used)])[starts]
        kept = np.flatnonzero(used) + kept.start
    if mode == "max":
        return _maxima(weight, rows, starts)
    if scale_grad_by_freq:
        weight = _divided_op(weight, counts=np.maximum(np.bincount(rows, minlength=size), 1))
    if per_sample_weights is not None:
        return bag_op(per_sample_weights[kept], weight, rows=rows, starts=starts)
    counts = np.diff(starts)
    share = np.divide(1, np.maximum(counts, 1) if mode == "mean" else np.ones_like(counts), dtype=weight.dtype)
    return bag_op(like(np.repeat(share, counts), raw(weight)), weight, rows=rows, starts=starts)


def _check_mode(mode: str, scale_grad_by_freq: bool) -> None:
    if mode not in MODES:
        raise ArgumentError(f"mode must be 'sum', 'mean' or 'max'; got {mode!r}.")
    if mode == "max" and scale_grad_by_freq:
        raise ArgumentError("mode='max' has no scale_grad_by_freq: leave it out, or take mode='sum' or 'mean'.")


def _starts(rows: Any, offsets: Any, include_last: bool) -> Any:
    """Where the bags begin in the flattened rows, and where the last one ends: (B + 1,)."""
    if rows.ndim == 2 and offsets is None:
        return np.arange(rows.shape[0] + 1) * rows.shape[1]
    if rows.ndim != 1 or offsets is None:
        what = "no offsets" if offsets is None else "offsets"
        raise ShapeError(
            f"embedding_bag expects an input (B, L) without offsets, or (N,) with offsets; got {rows.shape} and {what}."
        )
    starts = as_integers(offsets, "offsets of embedding_bag")
    if starts.ndim != 1 or len(starts) < include_last:
        number = "B + 1" if include_last else "B"
        raise ShapeError(f"offsets of embedding_bag must have shape ({number},); got {starts.shape}.")
    n = len(rows)
    starts = starts if include_last else np.append(starts, n)
    ascending = (np.diff(starts) >= 0).all() and (len(starts) < 2 or starts[0] == 0) and 0 <= starts[-1] <= n
    if not ascending:
        raise ArgumentError(
            f"offsets of embedding_bag must ascend from 0 to at most {n}, the length of input; got {offsets!r:.80}."
        )
    return starts


def _flat_weights(weights: Any, shape: tuple[int, ...], table: Any, mode: str) -> Any:
    """per_sample_weights as one row in the dtype of the table."""
    if mode != "sum":
        raise ArgumentError(f"per_sample_weights need mode='sum'; got mode={mode!r}.")
    weights = cast_to(weights, table, "embedding_bag")
    if weights.shape != shape:
        raise ShapeError(f"per_sample_weights must have input's shape {shape}; got {weights.shape}.")
    return np.reshape(weights, (-1,))


def _maxima(table: Any, rows: Any, starts: Any) -> Any:
    """The elementwise maximum of the rows of each bag, and 0 for an empty one."""
    counts = np.diff(starts)
    filled = counts > 0
    if not filled.any():
        return bag_op(zeros((0,), table.dtype, raw(table)), table, rows=rows, starts=starts)
    width = table.shape[1]
    best = _first_maximum(raw(table)[rows], starts[:-1][filled], counts[filled])
    places = getitem(like(rows, best), index=best) * width + like(np.arange(width), best)  # in the flattened table
    if not filled.all():
        found, places = places, zeros((len(counts), width), best.dtype, best)
        places[filled] = found
    found = np.reshape(table, (-1,))[places]
    return found if filled.all() else np.where(like(filled[:, None], raw(table)), found, table.dtype.type(0))


def _first_maximum(values: Any, starts: Any, counts: Any) -> Any:
    """Which of the values (N, D) is the maximum of each bag, the first of equal ones; nan is larger than any number."""
    if (counts == counts[0]).all():
        bags = np.reshape(values, (len(counts), counts[0], values.shape[1]))
        return np.argmax(bags, axis=1) + like(starts[:, None], values)
    if is_foreign(values):  # without reduceat: a shorter bag repeats its last row
        inside = np.minimum(np.arange(counts.max()), counts[:, None] - 1)
        bags = values[(starts[:, None] + inside).ravel()]
        bags = np.reshape(bags, (*inside.shape, values.shape[1]))
        return np.argmax(bags, axis=1) + like(starts[:, None], values)
    maxima = np.maximum.reduceat(values, starts, axis=0)
    hits = (values == np.repeat(maxima, counts, axis=0)) | (values != values)
    numbers = np.where(hits, np.arange(len(values))[:, None], len(values))
    return np.minimum.reduceat(numbers, starts, axis=0)


class EmbeddingBag(Module):
    """Sums, means or maxima of bags of rows of a table of learned vectors.

        y_b = mean of weight[input_j] over the j in bag b

    It is `Embedding` followed by a reduction, without the array of the rows, and bags may differ in size.

    Shape:     input (B, L) of integers, or (N,) with offsets (B,) -> (B, embedding_dim);
               weight (num_embeddings, embedding_dim)
    Args:      max_norm: rows that are looked up and longer than this are first shortened to it, in the table itself.
               norm_type: the p of that norm.
               scale_grad_by_freq: divide the gradient of a row by the number of times the batch looked it up; not with
               mode="max".
               mode: "mean", "sum" or "max".
               sparse: must be False: there are no sparse gradients as in PyTorch.
               _weight: the first values, taken as they are; default: standard normal, as in PyTorch.
               include_last_offset: offsets (B + 1,) has at its end where the last bag ends.
               padding_idx: a row that starts as zeros and belongs to no bag; counted from the end if negative.
               dtype: of the table (default float32); rng: source of the first values.
    Gradient:  a row gets the sum over all places that looked it up; of equal elements the maximum is the first.
    Raises:    as `F.embedding_bag`.
    Source:    Joulin et al. 2017, "Bag of tricks for efficient text classification", arXiv:1607.01759.
    Example:
        >>> import numpy as np, nn
        >>> words = nn.EmbeddingBag(10, 3, mode="sum")
        >>> words(np.array([4, 2, 0, 1]), offsets=np.array([0, 3])).shape
        (2, 3)
        >>> words(np.array([[4, 2], [0, 1]]), per_sample_weights=np.ones((2, 2))).shape
        (2, 3)
    """

    takes_complex = False

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Any = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        *,
        dtype: Any = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.num_embeddings = check_size("num_embeddings", num_embeddings)
        self.embedding_dim = check_size("embedding_dim", embedding_dim)
        self.padding_idx = row_of_padding(padding_idx, num_embeddings)
        check_norms(max_norm, norm_type)
        check_not_sparse("EmbeddingBag", sparse)
        _check_mode(mode, scale_grad_by_freq)
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.mode = mode
        self.include_last_offset = include_last_offset
        if _weight is None:
            self.weight = blank((num_embeddings, embedding_dim), dtype, "weight")
            self.reset_parameters(rng)
        else:
            self.weight = given_table(_weight, (num_embeddings, embedding_dim))

    def reset_parameters(self, rng: np.random.Generator | None = None) -> None:
        """Draw the first values again: standard normal, and zeros for padding_idx."""
        fill_table(self.weight, self.padding_idx, rng)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Self:
        """An EmbeddingBag with the values and the dtype of a table (V, D), which is copied; frozen unless freeze=False.

        The row of padding_idx keeps its values.
        """
        made = cls(
            *shape_of_table(embeddings),
            max_norm, norm_type, scale_grad_by_freq, mode, sparse, embeddings, include_last_offset, padding_idx,
        )  # fmt: skip
        made.weight.requires_grad = not freeze
        return made

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        return embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.mode,
            per_sample_weights=per_sample_weights, include_last_offset=self.include_last_offset,
            padding_idx=self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        options = {"max_norm": None, "norm_type": 2.0, "scale_grad_by_freq": False, "mode": "", "padding_idx": None}
        given = [
            f"{name}={getattr(self, name)!r}" for name, default in options.items() if getattr(self, name) != default
        ]
        return ", ".join([f"{self.num_embeddings}, {self.embedding_dim}", *given])
