"""The exponential distribution: scipy.stats.expon."""

from __future__ import annotations

import math

import numpy as np

from autograd.scipy.stats.distribution import continuous, log_of_tails

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]

TAILS = (lambda z: -np.expm1(-z), lambda z: np.exp(-z))
pdf, logpdf, cdf, logcdf, sf, logsf = continuous(
    "expon",
    (),
    lambda z: -z,
    TAILS,
    log_tails=(log_of_tails(*TAILS)[0], lambda z: -z),
    support=(0, math.inf),
)
