"""The normal distribution: scipy.stats.norm."""

from __future__ import annotations

import math

import numpy as np
import scipy.special as sp

from autograd.engine.registry import define
from autograd.scipy.stats.distribution import continuous

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]

_logpdf = define(
    lambda x, loc, scale: -0.5 * ((x - loc) / scale) ** 2 - np.log(scale) - 0.5 * math.log(2 * math.pi),
    lambda g, out, x, loc, scale: g * ((loc - x) / scale / scale),
    lambda g, out, x, loc, scale: g * ((x - loc) / scale / scale),
    lambda g, out, x, loc, scale: g * ((((x - loc) / scale) ** 2 - 1) / scale),
    keeps="in", guard=True, jvp="elementwise", complex=False, name="norm.logpdf",
    label="-g·z/σ, g·z/σ, g·(z² - 1)/σ; z = (x - loc)/σ, σ = scale",
)  # fmt: skip

pdf, logpdf, cdf, logcdf, sf, logsf = continuous(
    "norm",
    (),
    lambda z: -0.5 * z * z - 0.5 * math.log(2 * math.pi),
    (sp.ndtr, lambda z: sp.ndtr(-z)),
    log_tails=(sp.log_ndtr, lambda z: sp.log_ndtr(-z)),
    logpdf=_logpdf,
)
