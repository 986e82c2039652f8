"""The logistic distribution: scipy.stats.logistic."""

from __future__ import annotations

import scipy.special as sp

from autograd.scipy.stats.distribution import continuous

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]

pdf, logpdf, cdf, logcdf, sf, logsf = continuous(
    "logistic",
    (),
    lambda z: sp.log_expit(z) + sp.log_expit(-z),
    (sp.expit, lambda z: sp.expit(-z)),
    log_tails=(sp.log_expit, lambda z: sp.log_expit(-z)),
)
