"""The Poisson distribution: scipy.stats.poisson."""

from __future__ import annotations

import math

import scipy.special as sp

from autograd.scipy.stats.distribution import discrete

__all__ = ["cdf", "logcdf", "logpmf", "logsf", "pmf", "sf"]

pmf, logpmf, cdf, logcdf, sf, logsf = discrete(
    "poisson",
    ("mu",),
    lambda k, mu: sp.xlogy(k, mu) - sp.gammaln(k + 1) - mu,
    (lambda k, mu: sp.gammaincc(k + 1, mu), lambda k, mu: sp.gammainc(k + 1, mu)),
    lambda mu: (0, math.inf, mu >= 0),
)
