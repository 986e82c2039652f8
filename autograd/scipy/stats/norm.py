"""The normal distribution: scipy.stats.norm."""

from __future__ import annotations

import math

import scipy.special as sp

from autograd.scipy.stats.distribution import continuous

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]

pdf, logpdf, cdf, logcdf, sf, logsf = continuous(
    "norm",
    (),
    lambda z: -0.5 * z * z - 0.5 * math.log(2 * math.pi),
    (sp.ndtr, lambda z: sp.ndtr(-z)),
    log_tails=(sp.log_ndtr, lambda z: sp.log_ndtr(-z)),
)
