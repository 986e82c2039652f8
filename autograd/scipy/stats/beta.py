"""The beta distribution: scipy.stats.beta."""

from __future__ import annotations

import scipy.special as sp

from autograd.scipy.stats.distribution import continuous

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]

pdf, logpdf, cdf, logcdf, sf, logsf = continuous(
    "beta",
    ("a", "b"),
    lambda z, a, b: sp.xlog1py(b - 1, -z) + sp.xlogy(a - 1, z) - sp.betaln(a, b),
    (lambda z, a, b: sp.betainc(a, b, z), lambda z, a, b: sp.betaincc(a, b, z)),
    support=(0, 1),
)
