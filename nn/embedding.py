"""Embedding: a table of learned vectors."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from autograd import no_grad
from autograd.errors import ArgumentError, ShapeError
from nn import functional as F
from nn import init
from nn.core.module import Module, check_size
from nn.core.parameter import Parameter, blank
from nn.functional.embedding import row_of_padding


class Embedding(Module):
    """A table of learned vectors, looked up by number.

        y = weight[input]

    Shape:     input (*) of integers 0 … num_embeddings-1 -> (*, embedding_dim); weight (num_embeddings, embedding_dim)
    Args:      padding_idx: a row that starts as zeros and gets no gradient; counted from the end if negative.
               max_norm: rows that are looked up and longer than this are first shortened to it, in the table itself.
               norm_type: the p of that norm.
               scale_grad_by_freq: divide the gradient of a row by how often the batch looked it up.
               sparse: PyTorch's sparse gradients are not here; True is refused.
               _weight: the first values, taken as they are; default: standard normal, as in PyTorch.
               _freeze: whether the table does not learn.
               dtype: of the table (default float32); rng: where the first values come from.
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
        if max_norm is not None and not max_norm > 0 or not norm_type > 0:
            raise ArgumentError(f"max_norm and norm_type must be positive; got {max_norm!r} and {norm_type!r}.")
        if sparse:
            raise ArgumentError(
                "Embedding has no sparse gradients; leave sparse=False. The dense one is made by a sparse product."
            )
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        if _weight is None:
            self.weight = blank((num_embeddings, embedding_dim), dtype, "weight")
            self.weight.requires_grad = not _freeze
            self.reset_parameters(rng)
        else:
            if np.shape(_weight) != (num_embeddings, embedding_dim):
                raise ShapeError(f"_weight must have shape {(num_embeddings, embedding_dim)}; got {np.shape(_weight)}.")
            self.weight = Parameter(_weight, not _freeze, name="weight")

    def reset_parameters(self, rng: np.random.Generator | None = None) -> None:
        """Draw the first values again: standard normal, and zeros for padding_idx."""
        init.normal_(self.weight, rng=rng)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

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
        """An Embedding with the values, and the dtype, of a table (V, D), which is copied; frozen unless freeze=False."""
        if np.ndim(embeddings) != 2:
            raise ShapeError(
                f"from_pretrained expects a table of shape (num_embeddings, embedding_dim); got {np.shape(embeddings)}."
            )
        rows, columns = np.shape(embeddings)
        return cls(rows, columns, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, embeddings, freeze)

    def forward(self, input: Any) -> Any:
        return F.embedding(input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq)

    def extra_repr(self) -> str:
        options = {"padding_idx": None, "max_norm": None, "norm_type": 2.0, "scale_grad_by_freq": False}
        given = [f"{name}={getattr(self, name)}" for name, default in options.items() if getattr(self, name) != default]
        return ", ".join([f"{self.num_embeddings}, {self.embedding_dim}", *given])
