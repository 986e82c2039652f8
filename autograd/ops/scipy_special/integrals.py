"""Exponential integrals, the dilogarithm."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from autograd.ops.scipy_special.rule import rule

exp1 = rule(sp.exp1, lambda g, out, x: -g * np.exp(-x) / x, keeps="x", label="-g·exp(-x)/x")
expi = rule(sp.expi, lambda g, out, x: g * np.exp(x) / x, keeps="x", label="g·exp(x)/x")


def _expn_slope(n: Any, x: Any) -> Any:
    """-Eₙ₋₁(x), where E₋₁(x) = exp(-x) (1 + 1/x) / x."""
    zeroth = np.equal(n, 0)
    return -np.where(zeroth, np.exp(-x) * (1 + 1 / x) / x, sp.expn(np.where(zeroth, 1, n) - 1, x))


expn = rule(sp.expn, None, lambda g, out, n, x: g * _expn_slope(n, x), without={0: "n"}, keeps=("", "n x"),
            label="-g·Eₙ₋₁ x")  # fmt: skip

NEAR = 0.1


def _log_by_distance(z: Any) -> Any:
    """log z / (z - 1), by its power series near 1, where the quotient's derivatives lose their digits."""
    u = z - 1
    near = np.abs(u) < NEAR
    small = np.where(near, u, 0)
    series: Any = 0.0
    for k in range(18, 0, -1):
        series = 1 / k - small * series
    return np.where(near, series, np.log(z) / np.where(near, 1, u))


spence = rule(sp.spence, lambda g, out, z: -g * _log_by_distance(z), keeps="z", label="g·log z/(1-z)")
