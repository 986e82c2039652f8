"""Covariances and correlations."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.cases.case import Case, constant, normal

S = (3, 5)
COUNTS = np.array([1, 3, 2, 1, 2])


def weighted(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Observations, and a weight for each."""
    return rng.normal(size=S), rng.uniform(0.5, 2, 5)


def double(name: str, function: Any, inputs: Any, torch: Any = None) -> Case:
    """A row in float64, which these functions compute in whatever the dtype of the data is."""
    return Case(name, function, inputs, torch, float32=False)


CASES = [
    double("cov", np.cov, normal(S), lambda torch, x: torch.cov(x)),
    double("cov of a vector", np.cov, normal((6,)), lambda torch, x: torch.cov(x)),
    double("cov y", np.cov, normal(S, (2, 5)), lambda torch, x, y: torch.cov(torch.cat([x, y]))),
    double("cov y of columns", lambda x, y: np.cov(x, y, rowvar=False), normal((5, 3), (5,)),
           lambda torch, x, y: torch.cov(torch.cat([x.T, y[None]]))),
    double("cov bias", lambda x: np.cov(x, bias=True), normal(S), lambda torch, x: torch.cov(x, correction=0)),
    double("cov ddof=2", lambda x: np.cov(x, ddof=2), normal(S), lambda torch, x: torch.cov(x, correction=2)),
    double("cov fweights", lambda x: np.cov(x, fweights=constant(COUNTS)), normal(S),
           lambda torch, x: torch.cov(x, fweights=torch.tensor(COUNTS))),
    double("cov aweights", lambda x, w: np.cov(x, aweights=w), weighted,
           lambda torch, x, w: torch.cov(x, aweights=w)),
    double("cov aweights ddof=0", lambda x, w: np.cov(x, aweights=w, ddof=0), weighted,
           lambda torch, x, w: torch.cov(x, aweights=w, correction=0)),
    double("cov of both weights", lambda x, w: np.cov(x, fweights=constant(COUNTS), aweights=w), weighted,
           lambda torch, x, w: torch.cov(x, fweights=torch.tensor(COUNTS), aweights=w)),
    double("corrcoef", np.corrcoef, normal(S), lambda torch, x: torch.corrcoef(x)),
    double("corrcoef y", lambda x, y: np.corrcoef(x, y, rowvar=False), normal((5, 2), (5, 1)),
           lambda torch, x, y: torch.corrcoef(torch.cat([x, y], 1).T)),
]  # fmt: skip
