"""relu and sigmoid. The others: piecewise_linear.py, smooth.py, gelu.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define

# 0-d arrays of the same dtype: of a Python number NumPy would make one first, which takes longer than the work on a small array
_zeros = {np.dtype(kind): np.zeros((), kind) for kind in (np.float16, np.float32, np.float64)}
_ones = {np.dtype(kind): np.ones((), kind) for kind in (np.float32, np.float64)}

relu = define(
    lambda x: np.maximum(x, _zeros.get(x.dtype, 0)),
    lambda g, out, x: g * (out > _zeros.get(out.dtype, 0)),  # relu'(0) = 0: Bertoin et al. 2021, arXiv:2106.12915
    keeps="out",
    name="relu",
    jvp="elementwise",
    label="g·[x > 0]",
)


def _sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)) in one buffer: where exp overflows the quotient is 0, below the smallest normal number."""
    if x.dtype == np.float16:  # whose exp overflows long before the result is small
        return _sigmoid(x.astype(np.float32)).astype(np.float16)
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    if x.ndim == 0:
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-x))
    out = np.negative(x)
    with np.errstate(over="ignore"):
        np.exp(out, out=out)
    one = _ones.get(x.dtype, 1)
    out += one
    return np.divide(one, out, out=out)


sigmoid = define(
    _sigmoid,
    lambda g, out, x: g * (out * (1 - out)),
    keeps="out",
    name="sigmoid",
    jvp="elementwise",
    label="g·σ(1-σ)",
)
