"""Class numbers and words as vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.ops import fused
from nn.functional.common import as_values


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
               scale_grad_by_freq: divide the gradient of a row by how often it was looked up here.
               sparse: PyTorch's sparse gradients are not here; True is refused.
    Gradient:  a row gets the sum over all places that looked it up.
    Raises:    DTypeError if the indices are no integers, ArgumentError if one lies outside the table.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.embedding(np.array([[2, 0]]), np.eye(3))
        array([[[0., 0., 1.],
                [1., 0., 0.]]])
    """
    weight = as_values(weight)
    if weight.ndim != 2:
        raise ShapeError(f"embedding expects a weight of shape (num_embeddings, embedding_dim); got {weight.shape}.")
    if sparse:
        raise ArgumentError(
            "embedding has no sparse gradients; leave sparse=False. The dense one is made by a sparse product."
        )
    rows = weight.shape[0]
    indices = _indices(input, rows)
    padding_idx = row_of_padding(padding_idx, rows)
    if max_norm is not None:
        _shorten(weight, indices, max_norm, norm_type)
    if padding_idx is None and not scale_grad_by_freq:
        return fused.embedding(weight, indices)
    return fused.embedding(weight, indices, padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq)


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """1 at the class number, 0 elsewhere: a plain array of int64, for it has no derivative.

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
    classes = _integers(tensor, "one_hot")
    if num_classes == -1:
        if not classes.size:
            raise ArgumentError("one_hot cannot tell the number of classes from no class numbers; give num_classes=.")
        num_classes = int(classes.max()) + 1
    if num_classes < 1:
        raise ArgumentError(
            f"num_classes must be at least 1, or -1 to take it from the largest class number; got {num_classes}."
        )
    if classes.size and not 0 <= classes.min() <= classes.max() < num_classes:
        raise ArgumentError(f"class numbers must lie in 0 … {num_classes - 1}; got {classes.min()} … {classes.max()}.")
    out = np.zeros((*classes.shape, num_classes), np.int64)
    np.put_along_axis(out, classes[..., None], 1, axis=-1)
    return out


def row_of_padding(padding_idx: int | None, rows: int) -> int | None:
    """padding_idx counted from the start, or an ArgumentError where it lies outside the table."""
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


def _integers(x: Any, who: str) -> Any:
    x = np.array(getattr(x, "_data", x))  # a copy: the next batch may fill the same buffer before backward()
    if x.dtype.kind not in "iu" and x.size:
        raise DTypeError(f"{who} expects integers; got dtype {x.dtype}. Convert them: x.astype(int).")
    return x.astype(np.intp, copy=False)


def _indices(input: Any, rows: int) -> Any:
    indices = _integers(input, "embedding")
    if indices.size:
        low, high = indices.min(), indices.max()
        if low < 0 or high >= rows:
            raise ArgumentError(f"embedding of {rows} rows expects indices in 0 … {rows - 1}; got {low} … {high}.")
    return indices


def _shorten(weight: Any, indices: Any, max_norm: float, norm_type: float) -> None:
    """Shorten the rows that are longer than max_norm, in place and unrecorded, as PyTorch does."""
    if not max_norm > 0 or not norm_type > 0:
        raise ArgumentError(f"max_norm and norm_type must be positive; got {max_norm!r} and {norm_type!r}.")
    if isinstance(weight, Tensor) and not weight.is_leaf:
        raise ArgumentError(
            "max_norm writes into the weight, which therefore must be a parameter; this one was computed from others."
        )
    used = np.unique(indices)
    values = getattr(weight, "_data", weight)[used]
    lengths = np.linalg.norm(values, norm_type, axis=1)
    long = lengths > max_norm
    if long.any():
        factors = (max_norm / (lengths[long] + 1e-7)).astype(values.dtype)
        with no_grad():
            weight[used[long]] = values[long] * factors[:, None]
