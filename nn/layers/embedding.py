"""Embedding, a table of learned vectors, and one_hot."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from autograd import Tensor, no_grad
from autograd.engine.kinds import is_foreign, like, note, somewhere
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.ops.indexing import scatter
from autograd.ops.norms import norm
from autograd.options import check_flag
from autograd.recorder import effect, whole
from nn import init
from nn.core.checks import check_size
from nn.core.module import Module
from nn.core.parameter import Parameter, blank
from nn.layers.inputs import as_values


def _embedding_weight(
    g: Any, out: Any, weight: Any, indices: Any, padding_idx: int | None = None, scale_grad_by_freq: bool = False
) -> Any:
    """The sum of the cotangents of each row, over all places where it was looked up, by a sparse product (`scatter`).

    Measured for tables of 65 to 30000 rows and D from 32 to 256: np.add.at takes 2 to 60 times as long, sorting and
    np.add.reduceat 2 to 25 times, the product with a dense one-hot matrix 7 times and more except for small tables.
    """
    if weight.dtype == np.float16:  # a sum of many small terms; the sweep converts the total to float16
        g = g.astype(np.float32)
    if scale_grad_by_freq:
        counts = np.bincount(np.ravel(indices), minlength=weight.shape[0])
        g = g * like(np.divide(1, np.take(counts, indices), dtype=g.dtype)[..., None], raw(g))
    if padding_idx is not None:
        g = np.where(like((indices != padding_idx)[..., None], raw(g)), g, 0)
    return scatter(g, shape=weight.shape, index=indices)


embedding_op = define(
    lambda weight, indices, padding_idx=None, scale_grad_by_freq=False: np.take(weight, indices, axis=0),
    _embedding_weight,
    None,
    keeps=("indices", ""),
    name="embedding",
    label="Σ g of each row",
)


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """The rows of a table at the given indices.

        y = weight[input]

    Shape:     input (*) of integers 0 … V-1, weight (V, D) -> (*, D)
    Args:      padding_idx: a row that gets no gradient; counted from the end if negative.
               max_norm: rows that are looked up and longer than this are first shortened to it, in `weight` itself.
               norm_type: the p of that norm.
               scale_grad_by_freq: divide the gradient of a row by the number of times it was looked up in this call.
               sparse: must be False: there are no sparse gradients as in PyTorch.
    Gradient:  a row gets the sum over all places that looked it up.
    Raises:    DTypeError if the indices are no integers, ArgumentError if one lies outside the table.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.embedding(np.array([[2, 0]]), np.eye(3))
        array([[[0., 0., 1.],
                [1., 0., 0.]]])
    """
    check_flag("embedding: scale_grad_by_freq", scale_grad_by_freq)
    check_flag("embedding: sparse", sparse)
    weight = as_values(weight)
    if weight.ndim != 2:
        raise ShapeError(f"embedding expects a weight of shape (num_embeddings, embedding_dim); got {weight.shape}.")
    check_not_sparse("embedding", sparse)
    rows = weight.shape[0]
    indices = rows_of_table(input, rows, "embedding")
    padding_idx = row_of_padding(padding_idx, rows)
    if max_norm is not None:
        shorten(weight, indices, max_norm, norm_type)
    shape = indices.shape
    if is_foreign(raw(weight)):  # not every library indexes by more than one axis
        indices = np.ravel(indices)
    if padding_idx is None and not scale_grad_by_freq:
        y = embedding_op(weight, indices)
    else:
        y = embedding_op(weight, indices, padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq)
    return y if indices.shape == shape else np.reshape(y, (*shape, weight.shape[1]))


def row_of_padding(padding_idx: int | None, rows: int) -> int | None:
    """padding_idx, checked and counted from the start."""
    if padding_idx is None:
        return None
    if (
        isinstance(padding_idx, bool)
        or not isinstance(padding_idx, (int, np.integer))
        or not -rows <= padding_idx < rows
    ):
        raise ArgumentError(
            f"padding_idx must be an integer in {-rows} … {rows - 1}, a row of the table; got {padding_idx!r}."
        )
    return int(padding_idx) % rows


def check_norms(max_norm: float | None, norm_type: float) -> None:
    """Refuse a norm that is not positive."""
    if max_norm is not None and not max_norm > 0 or not norm_type > 0:
        raise ArgumentError(f"max_norm and norm_type must be positive; got {max_norm!r} and {norm_type!r}.")


def check_not_sparse(who: str, sparse: bool) -> None:
    """Refuse sparse=True."""
    if sparse:
        raise ArgumentError(
            f"{who} has no sparse gradients; leave sparse=False. The dense one is made by a sparse product."
        )


@whole
def as_integers(x: Any, who: str) -> Any:
    """A copy as an array of integers."""
    x = note(raw(x))
    if not is_foreign(x):
        x = np.array(x)  # a copy, because the next batch may be written into the same buffer before backward()
    if x.dtype.kind not in "iu" and x.size:
        raise DTypeError(f"{who} expects integers; got dtype {x.dtype}. Convert them: x.astype(int).")
    return x.astype(np.intp) if is_foreign(x) or x.dtype != np.intp else x


@whole
def rows_of_table(input: Any, rows: int, who: str) -> Any:
    """The indices as integers, each of which is a row of a table with this many."""
    indices = as_integers(input, who)
    if indices.size and not is_foreign(indices):
        low, high = indices.min(), indices.max()
        if low < 0 or high >= rows:
            raise ArgumentError(f"{who} of {rows} rows expects indices in 0 … {rows - 1}; got {low} … {high}.")
    return indices


@effect
def shorten(weight: Any, indices: Any, max_norm: float, norm_type: float) -> None:
    """Shorten the rows that are longer than max_norm, in place and without recording, as PyTorch does."""
    check_norms(max_norm, norm_type)
    if isinstance(weight, Tensor) and not weight.is_leaf:
        raise ArgumentError(
            "max_norm writes into the weight, which therefore must be a parameter; this one was computed from others."
        )
    used = np.unique(indices)
    values = raw(weight)[used]
    lengths = norm(values, norm_type, axis=1)
    long = lengths > max_norm
    if somewhere(long):
        factors = np.where(long, max_norm / (lengths + 1e-7), 1).astype(values.dtype)
        with no_grad():
            weight[used] = values * factors[:, None]


def given_table(values: Any, shape: tuple[int, int]) -> Parameter:
    """A table with these values."""
    if np.shape(values) != shape:
        raise ShapeError(f"_weight must have shape {shape}; got {np.shape(values)}.")
    return Parameter(values, name="weight")


def fill_table(weight: Parameter, padding_idx: int | None, rng: np.random.Generator | None) -> None:
    """Standard normal values, and zeros for the row of padding."""
    init.normal_(weight, rng=rng)
    if padding_idx is not None:
        with no_grad():
            weight[padding_idx] = 0


def shape_of_table(embeddings: Any) -> tuple[int, int]:
    """(V, D) of a table given to from_pretrained."""
    if np.ndim(embeddings) != 2:
        raise ShapeError(
            f"from_pretrained expects a table of shape (num_embeddings, embedding_dim); got {np.shape(embeddings)}."
        )
    rows, columns = np.shape(embeddings)
    return rows, columns


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """1 at the class number, 0 elsewhere. A plain array of int64, because it has no derivative; of the input's kind.

        y[…, c] = 1 if tensor[…] = c else 0

    Shape:     tensor (*) of integers 0 … C-1 -> (*, C)
    Args:      num_classes: C; -1 means one more than the largest number.
    Raises:    ArgumentError if a number lies outside 0 … C-1, or if C cannot be told because there is none.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.one_hot(np.array([2, 0]))
        array([[0, 0, 1],
               [1, 0, 0]])
    """
    classes = as_integers(tensor, "one_hot")
    if num_classes == -1:
        if not classes.size:
            raise ArgumentError("one_hot cannot tell the number of classes from no class numbers; give num_classes=.")
        num_classes = int(np.max(classes)) + 1
    if num_classes < 1:
        raise ArgumentError(
            f"num_classes must be at least 1, or -1 to take it from the largest class number; got {num_classes}."
        )
    if classes.size and not is_foreign(classes) and not 0 <= classes.min() <= classes.max() < num_classes:
        raise ArgumentError(f"class numbers must lie in 0 … {num_classes - 1}; got {classes.min()} … {classes.max()}.")
    return np.equal(classes[..., None], like(np.arange(num_classes), classes)).astype(np.int64)


class Embedding(Module):
    """A table of learned vectors, looked up by row number.

        y = weight[input]

    Shape:     input (*) of integers 0 … num_embeddings-1 -> (*, embedding_dim); weight (num_embeddings, embedding_dim)
    Args:      padding_idx: a row that starts as zeros and gets no gradient; counted from the end if negative.
               max_norm: rows that are looked up and longer than this are first shortened to it, in the table itself.
               norm_type: the p of that norm.
               scale_grad_by_freq: divide the gradient of a row by the number of times the batch looked it up.
               sparse: must be False: there are no sparse gradients as in PyTorch.
               _weight: the first values, taken as they are; default: standard normal, as in PyTorch.
               _freeze: whether the table is kept constant.
               dtype: of the table (default float32); rng: source of the first values.
    Gradient:  a row gets the sum over all places that looked it up.
    Raises:    DTypeError if the indices are no integers, ArgumentError if one lies outside the table.
    Source:    Bengio et al. 2003, "A neural probabilistic language model".
    Example:
        >>> import numpy as np, nn
        >>> words = nn.Embedding(10, 3, padding_idx=0)
        >>> words(np.array([[4, 2, 0], [1, 0, 0]])).shape
        (2, 3, 3)
        >>> words(0).numpy()
        array([0., 0., 0.], dtype=float32)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        *,
        dtype: Any = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.num_embeddings = check_size("num_embeddings", num_embeddings)
        self.embedding_dim = check_size("embedding_dim", embedding_dim)
        self.padding_idx = row_of_padding(padding_idx, num_embeddings)
        check_norms(max_norm, norm_type)
        check_not_sparse("Embedding", sparse)
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        if _weight is None:
            self.weight = blank((num_embeddings, embedding_dim), dtype, "weight")
            self.reset_parameters(rng)
        else:
            self.weight = given_table(_weight, (num_embeddings, embedding_dim))
        self.weight.requires_grad = not _freeze

    def reset_parameters(self, rng: np.random.Generator | None = None) -> None:
        """Draw the first values again: standard normal, and zeros for padding_idx."""
        fill_table(self.weight, self.padding_idx, rng)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """An Embedding with the values and the dtype of a table (V, D), which is copied. Frozen unless freeze=False."""
        rows, columns = shape_of_table(embeddings)
        return cls(rows, columns, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, embeddings, freeze)

    def forward(self, input: Any) -> Any:
        return embedding(input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq)

    def extra_repr(self) -> str:
        options = {"padding_idx": None, "max_norm": None, "norm_type": 2.0, "scale_grad_by_freq": False}
        given = [f"{name}={getattr(self, name)}" for name, default in options.items() if getattr(self, name) != default]
        return ", ".join([f"{self.num_embeddings}, {self.embedding_dim}", *given])
