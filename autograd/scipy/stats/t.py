"""Student's distribution: scipy.stats.t."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from autograd.engine.kinds import somewhere
from autograd.engine.recording import raw
from autograd.scipy.stats.distribution import continuous

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]


def _log_beta(df: Any) -> Any:
    """log B(df/2, 1/2); SciPy's ufuncs widen float32 for a Python number beside it."""
    half = df.dtype.type(0.5) if hasattr(df, "dtype") and df.dtype.kind == "f" else 0.5
    return sp.betaln(0.5 * df, half)


def _of_finite(z: Any, df: Any) -> Any:
    return -0.5 * (df + 1) * np.log1p(z * z / df) - 0.5 * np.log(df) - _log_beta(df)


def _log_density(z: Any, df: Any) -> Any:
    endless = np.isinf(raw(df))
    if not somewhere(endless):
        return _of_finite(z, df)
    normal = -0.5 * z * z - 0.5 * math.log(2 * math.pi)
    return np.where(endless, normal, _of_finite(z, np.where(endless, 1, df)))


pdf, logpdf, cdf, logcdf, sf, logsf = continuous(
    "t",
    ("df",),
    _log_density,
    (lambda z, df: sp.stdtr(df, z), lambda z, df: sp.stdtr(df, -z)),
)
