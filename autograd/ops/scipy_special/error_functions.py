"""Error functions and their inverses.

Source: NIST Digital Library of Mathematical Functions (https://dlmf.nist.gov), 7.10 and 7.12.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from autograd.engine.registry import rules
from autograd.ops.scipy_special.rule import rule
from autograd.ops.special import erfc

TWO_BY_ROOT_PI = 2 / math.sqrt(math.pi)
ROOT_PI_BY_TWO = math.sqrt(math.pi) / 2

rules[sp.erfc] = erfc
erf = rule(sp.erf, lambda g, out, x: g * TWO_BY_ROOT_PI * np.exp(-x * x), keeps="x", label="g·2/√π·exp(-x²)")
erfi = rule(sp.erfi, lambda g, out, x: g * TWO_BY_ROOT_PI * np.exp(x * x), keeps="x", label="g·2/√π·exp(x²)")
erfinv = rule(
    sp.erfinv, lambda g, out, y: g * ROOT_PI_BY_TWO * np.exp(out * out), keeps="out", label="g·√π/2·exp(out²)"
)
erfcinv = rule(sp.erfcinv, lambda g, out, y: -g * ROOT_PI_BY_TWO * np.exp(out * out), keeps="out",
               label="-g·√π/2·exp(out²)")  # fmt: skip


def _far_series(x: Any, sign: int) -> Any:
    """Σ signⁿ (2n+1)!! / (2x²)ⁿ, the expansion of a slope far out, where its two terms cancel."""
    series: Any = 1.0
    for n in range(14, 0, -1):
        series = 1 + sign * series * (2 * n + 1) / (2 * x * x)
    return series


FAR = 10.0


def _erfcx_slope(x: Any) -> Any:
    """2x erfcx(x) - 2/√π; far out -Σ (-1)ⁿ (2n+1)!! / (2x²)ⁿ / (√π x²)."""
    far = x > FAR
    large, near = np.where(far, x, FAR), np.where(far, FAR, x)
    at_far = -_far_series(large, -1) / (math.sqrt(math.pi) * large * large)
    return np.where(far, at_far, 2 * near * sp.erfcx(near) - TWO_BY_ROOT_PI)


def _dawsn_slope(x: Any) -> Any:
    """1 - 2x F(x); far out -Σ (2n+1)!! / (2x²)ⁿ / 2x², which not all complex numbers have as their expansion."""
    if x.dtype.kind == "c":
        return 1 - 2 * x * sp.dawsn(x)
    far = np.abs(x) > FAR
    large, near = np.where(far, x, FAR), np.where(far, FAR, x)
    return np.where(far, -_far_series(large, 1) / (2 * large * large), 1 - 2 * near * sp.dawsn(near))


dawsn = rule(sp.dawsn, lambda g, out, x: g * _dawsn_slope(x), keeps="x", label="g·(1-2·x·out)")
erfcx = rule(sp.erfcx, lambda g, out, x: g * _erfcx_slope(x), keeps="x", label="g·(2·x·out-2/√π)")
