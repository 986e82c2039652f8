"""The Cauchy distribution: scipy.stats.cauchy."""

from __future__ import annotations

import math

import numpy as np

from autograd.scipy.stats.distribution import continuous

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]

pdf, logpdf, cdf, logcdf, sf, logsf = continuous(
    "cauchy",
    (),
    lambda z: -math.log(math.pi) - 2 * np.log(np.hypot(1, z)),
    (lambda z: np.arctan2(1, -z) / math.pi, lambda z: np.arctan2(1, z) / math.pi),
)
