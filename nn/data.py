"""Mini-batches of arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.random import generator
from nn import functional as F
from nn.module import check_size


def minibatches(
    *arrays: Any,
    batch_size: int,
    shuffle: bool = True,
    drop_last: bool = False,
    rng: np.random.Generator | None = None,
) -> Iterator[tuple[Any, ...]]:
    """Rows of the arrays, a batch at a time, the same rows of each.

    Args:      arrays: of one length; Tensors or plain arrays.
               shuffle: draw a new order for this pass.
               drop_last: leave out a last batch that is smaller than the others.
               rng: where the order comes from.
    Returns:   an iterator over tuples, one item an array.
    Example:
        >>> import numpy as np
        >>> from nn.data import minibatches
        >>> for x, y in minibatches(np.zeros((5, 2)), np.arange(5), batch_size=2, shuffle=False):
        ...     print(x.shape, y)
        (2, 2) [0 1]
        (2, 2) [2 3]
        (1, 2) [4]
    """
    if not arrays:
        raise ArgumentError("minibatches needs at least one array.")
    columns = [F.as_values(a) for a in arrays]
    if any(a.ndim == 0 for a in columns) or len({len(a) for a in columns}) != 1:
        raise ShapeError(f"minibatches needs arrays of one length; got shapes {', '.join(str(a.shape) for a in columns)}.")
    size = check_size("batch_size", batch_size)
    n = len(columns[0])
    order = generator(rng).permutation(n) if shuffle else None
    end = n - n % size if drop_last else n

    def batches() -> Iterator[tuple[Any, ...]]:
        for start in range(0, end, size):
            rows = slice(start, min(start + size, end)) if order is None else order[start : start + size]
            yield tuple([a[rows] for a in columns])

    return batches()
