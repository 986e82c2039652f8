"""The normal distribution and Student's: distribution functions and their inverses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from autograd.engine.kinds import somewhere
from autograd.engine.recording import raw
from autograd.ops.scipy_special.rule import rule

ROOT_TWO_PI = math.sqrt(2 * math.pi)
ROOT_HALF = math.sqrt(0.5)


def _mills(x: Any) -> Any:
    """Φ(x) / φ(x), which neither underflows nor loses digits below 0."""
    return math.sqrt(math.pi / 2) * sp.erfcx(-ROOT_HALF * x)


def _inverse_mills(x: Any) -> Any:
    """φ(x) / Φ(x); above 0 without _mills, whose square overflows in a second derivative."""
    above = x > 0
    high, low = np.where(above, x, 0), np.where(above, 0, x)
    return np.where(above, np.exp(-0.5 * high * high) / (ROOT_TWO_PI * sp.ndtr(high)), 1 / _mills(low))


ndtr = rule(sp.ndtr, lambda g, out, x: g * np.exp(-0.5 * x * x) / ROOT_TWO_PI, keeps="x", label="g·φ(x)")
log_ndtr = rule(sp.log_ndtr, lambda g, out, x: g * _inverse_mills(x), keeps="x", label="g·φ(x)/Φ(x)")
ndtri = rule(sp.ndtri, lambda g, out, p: g * ROOT_TWO_PI * np.exp(0.5 * out * out), keeps="out", label="g/φ(out)")
ndtri_exp = rule(sp.ndtri_exp, lambda g, out, y: g * _mills(out), keeps="out", label="g·Φ(out)/φ(out)")


def _of_finite(df: Any, t: Any) -> Any:
    return np.exp(-0.5 * (df + 1) * np.log1p(t * t / df)) / (np.sqrt(df) * sp.beta(0.5, 0.5 * df))


def _student(df: Any, t: Any) -> Any:
    """The density of Student's distribution, for endless degrees of freedom the normal one."""
    endless = np.isinf(raw(df))
    if not somewhere(endless):
        return _of_finite(df, t)
    return np.where(endless, np.exp(-0.5 * t * t) / ROOT_TWO_PI, _of_finite(np.where(endless, 1, df), t))


stdtr = rule(sp.stdtr, None, lambda g, out, df, t: g * _student(df, t), without={0: "df"}, keeps=("", "df t"),
             label="g·density")  # fmt: skip
stdtrit = rule(sp.stdtrit, None, lambda g, out, df, p: g / _student(df, out), without={0: "df"}, keeps=("", "df out"),
               label="g/density")  # fmt: skip
