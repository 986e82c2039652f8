"""The binomial distribution: the number of n trials that succeed, each with probability p: scipy.stats.binom."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from autograd.scipy.stats.distribution import discrete

__all__ = ["cdf", "logcdf", "logpmf", "logsf", "pmf", "sf"]


def _log_mass(k: Any, n: Any, p: Any) -> Any:
    counted = sp.gammaln(n + 1) - sp.gammaln(k + 1) - sp.gammaln(n - k + 1)
    return counted + sp.xlogy(k, p) + sp.xlog1py(n - k, -p)


def _below(k: Any, n: Any, p: Any) -> Any:
    last = k >= n
    return np.where(last, 1, sp.betaincc(k + 1, np.where(last, 1, n - k), p))


def _above(k: Any, n: Any, p: Any) -> Any:
    last = k >= n
    return np.where(last, 0, sp.betainc(k + 1, np.where(last, 1, n - k), p))


pmf, logpmf, cdf, logcdf, sf, logsf = discrete(
    "binom",
    ("n", "p"),
    _log_mass,
    (_below, _above),
    lambda n, p: (0, n, (n >= 0) & (n == np.floor(n)) & (p >= 0) & (p <= 1)),
)
