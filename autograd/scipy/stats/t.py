"""Student's distribution: scipy.stats.t."""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from autograd.scipy.stats.distribution import continuous

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]

pdf, logpdf, cdf, logcdf, sf, logsf = continuous(
    "t",
    ("df",),
    lambda z, df: -0.5 * (df + 1) * np.log1p(z * z / df) - 0.5 * np.log(df) - sp.betaln(0.5 * df, 0.5),
    (lambda z, df: sp.stdtr(df, z), lambda z, df: sp.stdtr(df, -z)),
)
