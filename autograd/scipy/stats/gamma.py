"""The gamma distribution: scipy.stats.gamma."""

from __future__ import annotations

import math

import scipy.special as sp

from autograd.scipy.stats.distribution import continuous

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]

pdf, logpdf, cdf, logcdf, sf, logsf = continuous(
    "gamma",
    ("a",),
    lambda z, a: sp.xlogy(a - 1, z) - z - sp.gammaln(a),
    (lambda z, a: sp.gammainc(a, z), lambda z, a: sp.gammaincc(a, z)),
    support=(0, math.inf),
)
