"""normalize: scale vectors to length 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.ops.norms import norm
from nn.layers.inputs import as_values


def normalize(input: Any, p: float = 2.0, dim: int | tuple[int, ...] = 1, eps: float = 1e-12) -> Any:
    """Divide vectors along an axis by their p-norm, or by eps where that is larger.

    Gradient:  for a vector of zeros g / eps, because the norm has gradient 0 there.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.normalize(np.array([[3.0, 4.0], [0.0, 0.0]])).round(3)
        array([[0.6, 0.8],
               [0. , 0. ]])
    """
    x = as_values(input)
    if x.ndim == 0 and dim in (0, -1):  # one number is a vector of one, as in PyTorch
        return np.reshape(normalize(np.reshape(x, 1), p, 0, eps), ())
    return x / np.maximum(norm(x, p, dim, keepdims=True), eps)
