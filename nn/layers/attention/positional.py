"""PositionalEncoding: adds sines and cosines of its position to each vector of a sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError
from nn.core.checks import check_size
from nn.core.module import Module
from nn.core.parameter import Buffer, floating_dtype
from nn.layers.dropout import Dropout
from nn.layers.inputs import cast_to


class PositionalEncoding(Module):
    """Add to each vector of a sequence sines and cosines of its position.

        y_t = dropout(x_t + PE_t)        PE[t, 2i] = sin(t / 10000^(2i/d))        PE[t, 2i+1] = cos(t / 10000^(2i/d))

    The wavelengths run from 2π to 10000·2π. PE_{t+k} is a rotation of PE_t that depends only on k.

    Shape:     input (T, N, d_model), with batch_first (N, T, d_model), without a batch (T, d_model) -> the same shape;
               T <= max_len
    Args:      dropout: the probability, in training, of setting an element of the sum to 0.
               max_len: the number of positions in the table.
               batch_first: the batch is the first axis.
               dtype: of the table, and so of the computation (default float32).
               rng: source of the dropout masks.
    State:     the table `pe` (max_len, d_model) is a buffer that is not saved, because it is computed, not learned.
    Raises:    ShapeError for longer sequences or other widths.
    Source:    Vaswani et al. 2017, arXiv:1706.03762, section 3.5.
    Example:
        >>> import numpy as np, nn
        >>> encode = nn.PositionalEncoding(4, dropout=0.0)
        >>> encode(np.zeros((2, 4))).numpy().round(3)
        array([[0.   , 1.   , 0.   , 1.   ],
               [0.841, 0.54 , 0.01 , 1.   ]], dtype=float32)
    """

    takes_complex = False

    def __init__(
        self,
        d_model: int,
        dropout: float = 0.1,
        max_len: int = 5000,
        batch_first: bool = False,
        *,
        dtype: Any = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.d_model = check_size("d_model", d_model)
        self.max_len = check_size("max_len", max_len)
        self.batch_first = batch_first
        self.dropout = Dropout(dropout, rng=rng)
        angle = np.arange(max_len)[:, None] / 10000.0 ** (np.arange(0, d_model, 2) / d_model)  # (max_len, ⌈d/2⌉)
        table = np.empty((max_len, d_model))
        table[:, 0::2] = np.sin(angle)
        table[:, 1::2] = np.cos(angle[:, : d_model // 2])  # an odd width ends in a sine
        self.pe = Buffer(table, persistent=False, dtype=floating_dtype(dtype))

    def forward(self, input: Any) -> Any:
        x = cast_to(input, self.pe, "PositionalEncoding")
        time = 1 if self.batch_first and x.ndim == 3 else 0
        if x.ndim not in (2, 3) or x.shape[-1] != self.d_model or x.shape[time] > self.max_len:
            order = "N, T" if self.batch_first else "T, N"
            raise ShapeError(
                f"PositionalEncoding expects ({order}, {self.d_model}) with T <= max_len = {self.max_len}; "
                f"got {x.shape}."
            )
        rows = self.pe[: x.shape[time]]  # (T, C)
        if x.ndim == 3 and not self.batch_first:
            rows = rows[:, None]  # (T, 1, C)
        return self.dropout(x + rows)

    def extra_repr(self) -> str:
        return f"{self.d_model}, max_len={self.max_len}, batch_first={self.batch_first}"
