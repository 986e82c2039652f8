"""The χ² distribution: scipy.stats.chi2."""

from __future__ import annotations

import math

import scipy.special as sp

from autograd.scipy.stats.distribution import continuous

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]

pdf, logpdf, cdf, logcdf, sf, logsf = continuous(
    "chi2",
    ("df",),
    lambda z, df: sp.xlogy(0.5 * df - 1, z) - 0.5 * z - sp.gammaln(0.5 * df) - 0.5 * math.log(2) * df,
    (lambda z, df: sp.gammainc(0.5 * df, 0.5 * z), lambda z, df: sp.gammaincc(0.5 * df, 0.5 * z)),
    support=(0, math.inf),
)
