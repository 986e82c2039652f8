"""scipy.stats: densities, distribution functions and their tails, with SciPy's names and arguments.

A distribution is a module: `from autograd.scipy.stats import norm` and `import autograd.scipy.stats.norm as norm` both
give `norm.logpdf(x, loc, scale)`.
"""

from __future__ import annotations

from autograd.scipy.stats import (
    bernoulli,
    beta,
    binom,
    cauchy,
    chi2,
    dirichlet,
    expon,
    gamma,
    laplace,
    logistic,
    multivariate_normal,
    norm,
    poisson,
    t,
    uniform,
)

__all__ = [
    "bernoulli", "beta", "binom", "cauchy", "chi2", "dirichlet", "expon", "gamma", "laplace", "logistic",
    "multivariate_normal", "norm", "poisson", "t", "uniform",
]  # fmt: skip
