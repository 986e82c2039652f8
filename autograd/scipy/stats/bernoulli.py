"""The Bernoulli distribution: 1 with probability p, else 0: scipy.stats.bernoulli."""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from autograd.scipy.stats.distribution import discrete

__all__ = ["cdf", "logcdf", "logpmf", "logsf", "pmf", "sf"]

pmf, logpmf, cdf, logcdf, sf, logsf = discrete(
    "bernoulli",
    ("p",),
    lambda k, p: sp.xlogy(k, p) + sp.xlog1py(1 - k, -p),
    (lambda k, p: np.where(k < 1, 1 - p, 1), lambda k, p: np.where(k < 1, p, 0)),
    lambda p: (0, 1, (p >= 0) & (p <= 1)),
)
