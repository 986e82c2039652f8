"""scipy.stats: densities, distribution functions and their tails, with SciPy's names and arguments.

A distribution is a module: `from autograd.scipy.stats import norm` and `import autograd.scipy.stats.norm as norm` both
give `norm.logpdf(x, loc, scale)`.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

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


def _scipys_rest(name: str) -> Any:
    """The look-up of what a distribution has in SciPy besides: `norm.rvs`, `norm.ppf`. They do not record."""

    def find(attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return getattr(getattr(importlib.import_module("scipy.stats"), name), attribute)

    return find


for _name in __all__:
    vars(sys.modules[f"{__name__}.{_name}"])["__getattr__"] = _scipys_rest(_name)
