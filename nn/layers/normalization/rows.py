"""The rules that LayerNorm and RMSNorm share. The normalised axes of each sample form one row of a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.layers.kernels.sums import column_sums, row_sums
from nn.layers.normalization.statistics import as_rows


def row_vjps(g: Any, gs: Any, centred: Any, rstd: Any, weight: Any, bias: Any, centre: bool) -> tuple[Any, ...]:
    """The cotangents of x, weight and bias for y = x̂ · weight + bias with x̂ = centred · rstd.

    g has the shape of y, gs is g as rows (M, D), and centred (M, D), which is overwritten. With `centre` the forward
    subtracted the mean, as in LayerNorm.
    """
    product = gs * centred
    over_d = 1 / gs.shape[1]
    if weight is None:  # rstd · (g·w - mean g·w - x̂ · mean g·w·x̂)
        of_weight = None
        along = row_sums(product)
        d = gs - (row_sums(gs) * over_d)[:, None] if centre else gs
    else:
        w = weight.reshape(-1).astype(gs.dtype, copy=False)
        of_weight = column_sums(product, rstd).reshape(weight.shape)
        along = np.dot(product, w)
        d = np.multiply(gs, w)
        if centre:
            d -= (np.dot(gs, w) * over_d)[:, None]
    along *= rstd  # Σ g·w·x̂; then · rstd/D. In this order no product leaves the range of the dtype
    along *= rstd * over_d
    d = np.subtract(d, np.multiply(centred, along[:, None], out=centred), out=product)
    d *= rstd[:, None]
    of_bias = None if bias is None else column_sums(gs).reshape(bias.shape)
    return d if d.shape == g.shape else d.reshape(g.shape), of_weight, of_bias


def row_jvp(t: Any, centred: Any, rstd: Any, weight: Any, centre: bool) -> Any:
    """The tangent of y for a tangent t of x: as ∂x̂/∂x is symmetric, the rule for cotangents, times the weight."""
    moved = row_vjps(t, as_rows(t, centred.shape[1]), centred, rstd, None, None, centre)[0]
    return moved if weight is None else moved * weight
