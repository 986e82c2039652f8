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
dawsn = rule(sp.dawsn, lambda g, out, x: g * (1 - 2 * x * sp.dawsn(x)), keeps="x", label="g·(1-2·x·out)")
erfinv = rule(
    sp.erfinv, lambda g, out, y: g * ROOT_PI_BY_TWO * np.exp(out * out), keeps="out", label="g·√π/2·exp(out²)"
)
erfcinv = rule(sp.erfcinv, lambda g, out, y: -g * ROOT_PI_BY_TWO * np.exp(out * out), keeps="out",
               label="-g·√π/2·exp(out²)")  # fmt: skip


FAR = 10.0


def _erfcx_slope(x: Any) -> Any:
    """2x erfcx(x) - 2/√π; far out, where the two cancel, -1/(√π x²) Σ (-1)ⁿ (2n+1)!! / (2x²)ⁿ."""
    far = x > FAR
    squares = np.where(far, x, FAR) ** 2
    series: Any = 1.0
    for n in range(14, 0, -1):
        series = 1 - series * (2 * n + 1) / (2 * squares)
    near = np.where(far, FAR, x)
    return np.where(far, -series / (math.sqrt(math.pi) * squares), 2 * near * sp.erfcx(near) - TWO_BY_ROOT_PI)


erfcx = rule(sp.erfcx, lambda g, out, x: g * _erfcx_slope(x), keeps="x", label="g·(2·x·out-2/√π)")
