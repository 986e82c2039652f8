"""The uniform distribution between loc and loc + scale: scipy.stats.uniform."""

from __future__ import annotations

from autograd.scipy.stats.distribution import continuous

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]

pdf, logpdf, cdf, logcdf, sf, logsf = continuous(
    "uniform",
    (),
    lambda z: 0 * z,
    (lambda z: +z, lambda z: 1 - z),
    support=(0, 1),
)
