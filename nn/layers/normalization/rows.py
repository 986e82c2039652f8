"""The rules that LayerNorm and RMSNorm share: statistics over the last axes, a row of them for each sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.layers.kernels.sums import column_sums, row_sums
from nn.layers.normalization.statistics import as_rows


def row_vjps(g: Any, gs: Any, centred: Any, rstd: Any, weight: Any, bias: Any, centre: bool) -> tuple[Any, ...]:
    """Of x̂ · weight + bias with x̂ = centred · rstd, a row a sample; `centred` is used up."""
    product = gs * centred
    share = rstd * (1 / gs.shape[1])
    if weight is None:
        of_weight = None
        along = row_sums(product)
        d = gs * rstd[:, None]  # rstd · (g·w - mean g·w - x̂ · mean g·w·x̂)
        if centre:
            d -= (row_sums(gs) * share)[:, None]
    else:
        w = weight.reshape(-1).astype(gs.dtype, copy=False)
        of_weight = column_sums(product, rstd).reshape(weight.shape)
        along = np.dot(product, w)
        d = gs * rstd[:, None]
        d *= w
        if centre:
            d -= (np.dot(gs, w) * share)[:, None]
    along *= rstd  # in this order, in which nothing overflows: Σ g·w·x̂, · rstd/D, · rstd
    along *= share
    along *= rstd
    d -= np.multiply(centred, along[:, None], out=centred)
    of_bias = None if bias is None else column_sums(gs).reshape(bias.shape)
    return d if d.shape == g.shape else d.reshape(g.shape), of_weight, of_bias


def row_jvp(t: Any, centred: Any, rstd: Any, weight: Any, centre: bool) -> Any:
    """The Jacobian of x̂ by x is symmetric: the rule for its cotangent, and the weight after it."""
    moved = row_vjps(t, as_rows(t, centred.shape[1]), centred, rstd, None, None, centre)[0]
    return moved if weight is None else moved * weight
