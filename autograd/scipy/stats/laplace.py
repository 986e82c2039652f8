"""The Laplace distribution: scipy.stats.laplace."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.scipy.stats.distribution import continuous

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]


def _below(z: Any) -> Any:
    half = 0.5 * np.exp(-np.abs(z))
    return np.where(z < 0, half, 1 - half)


def _log_below(z: Any) -> Any:
    return np.where(z < 0, z - math.log(2), np.log1p(-0.5 * np.exp(-np.abs(z))))


pdf, logpdf, cdf, logcdf, sf, logsf = continuous(
    "laplace",
    (),
    lambda z: -np.abs(z) - math.log(2),
    (_below, lambda z: _below(-z)),
    log_tails=(_log_below, lambda z: _log_below(-z)),
)
