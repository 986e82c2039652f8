"""Polynomials as coefficients: values, sums, products, quotients, derivatives, zeros, fits."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.cases.case import Case, normal, uniform
from tests.cases.elementwise import away


def real_zeros(back: int = 0) -> Any:
    """The coefficients of a polynomial whose zeros are real and apart."""

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        zeros = np.array([-2.0, -0.7, 0.9, 2.4]) + rng.uniform(-0.3, 0.3, 4)
        return (np.concatenate([np.poly(zeros) * 1.3, np.zeros(back)]),)

    return draw


def points(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """(x, y, weights) of seven points."""
    return np.linspace(-1, 1, 7) + rng.uniform(-0.1, 0.1, 7), rng.normal(size=7), rng.uniform(0.5, 2, 7)


def exact(name: str, function: Any, inputs: Any, torch: Any = None, **options: Any) -> Case:
    """A row in float64, which these functions give for float32 too."""
    return Case(name, function, inputs, torch, float32=False, **options)


CASES = [
    Case("polyval", np.polyval, normal((4,), (2, 3)),
         lambda torch, p, x: ((p[0] * x + p[1]) * x + p[2]) * x + p[3]),
    exact("polyval of a list", lambda x: np.polyval([2.0, -1.0, 0.5], x), normal((3,)),
         lambda torch, x: 2 * x * x - x + 0.5),
    Case("polyval of a poly1d", lambda p, x: np.poly1d(p)(x), normal((3,), (2,)),
         lambda torch, p, x: (p[0] * x + p[1]) * x + p[2]),
    exact("poly1d arithmetic", lambda p, q: ((np.poly1d(p) * np.poly1d(q) + 2.0).deriv()).integ(k=3.0).coeffs,
         normal((3,), (2,)), strict="np.poly1d makes an ndarray of the number it is added to"),
    Case("polyadd", np.polyadd, normal((4,), (2,)), lambda torch, p, q: p + torch.cat([0 * p[:2], q])),
    Case("polysub", np.polysub, normal((2,), (4,)), lambda torch, p, q: torch.cat([0 * q[:2], p]) - q),
    Case("polymul", np.polymul, normal((2,), (3,)),
         lambda torch, p, q: torch.cat([p[0] * q, 0 * q[:1]]) + torch.cat([0 * q[:1], p[1] * q])),
    Case("polydiv", np.polydiv, lambda rng: (rng.normal(size=5), np.array([1.5, -0.7, 0.4])), tolerance=1e-5,
         strict="the remainder is shortened by its values, which are not asked"),
    Case("polydiv by a longer one", np.polydiv, away(0.2, (2,), (3,)),
         lambda torch, u, v: (0 * v[:1] + 0 * u[:1], u * 1)),
    exact("polyder", np.polyder, normal((4,)), lambda torch, p: p[:3] * torch.tensor([3.0, 2, 1])),
    exact("polyder m=2", lambda p: np.polyder(p, 2), normal((4,)), lambda torch, p: p[:2] * torch.tensor([6.0, 2])),
    exact("polyint", lambda p: np.polyint(p), normal((3,)),
         lambda torch, p: torch.cat([p / torch.tensor([3.0, 2, 1]), 0 * p[:1]])),
    exact("polyint m=2 k", lambda p, k: np.polyint(p, 2, k), normal((3,), (2,)),
         lambda torch, p, k: torch.cat([p / torch.tensor([12.0, 6, 2]), k])),
    exact("roots", np.roots, real_zeros(), tolerance=1e-5),
    exact("roots one of them 0", lambda p: np.sort(np.roots(p)), real_zeros(back=1), tolerance=1e-5),
    Case("poly", np.poly, normal((4,)), tolerance=1e-5),
    Case("poly of a matrix", np.poly, normal((4, 4)), order=2, tolerance=1e-5),
    exact("polyfit", lambda x, y: np.polyfit(x, y, 2), lambda rng: points(rng)[:2],
          lambda torch, x, y: torch.linalg.lstsq(x[:, None] ** torch.tensor([2, 1, 0]), y[:, None]).solution[:, 0],
          tolerance=1e-5),
    exact("polyfit weights", lambda x, y, w: np.polyfit(x, y, 1, w=w), points,
          lambda torch, x, y, w: torch.linalg.lstsq(torch.stack([x * w, w], 1), (y * w)[:, None]).solution[:, 0],
          tolerance=1e-5),
    exact("polyfit of several cov", lambda x, y: np.polyfit(x, np.stack([y, y * y], 1), 2, cov=True),
          lambda rng: points(rng)[:2], tolerance=1e-4),
    exact("polyfit cov=unscaled", lambda x: np.polyfit(x, x**3, 1, cov="unscaled"), lambda rng: points(rng)[:1],
          tolerance=1e-4),
    exact("polyfit full", lambda x, y: np.polyfit(x, y, 2, full=True)[:2], lambda rng: points(rng)[:2],
          tolerance=1e-4),
    Case("polynomial.polyval2d", np.polynomial.polynomial.polyval2d, normal((4,), (4,), (2, 3)),
         lambda torch, x, y, c: sum(c[i, j] * x**i * y**j for i in range(2) for j in range(3)), float32=False),
    Case("polynomial.polygrid2d", np.polynomial.polynomial.polygrid2d, normal((2, 2), (3,), (2, 3, 2)),
         lambda torch, x, y, c: torch.einsum("ijk,iab,jc->kabc", c, torch.stack([x**0, x]),
                                             torch.stack([y**0, y, y * y])), float32=False),
    Case("polynomial.polyval of x", lambda x: np.polynomial.polynomial.polyval(x, [1.0, -2.0, 0.5]), normal((3,)),
         lambda torch, x: 1 - 2 * x + 0.5 * x * x, float32=False),
    Case("chebyshev.chebval of x", lambda x: np.polynomial.chebyshev.chebval(x, [1.0, -2.0, 0.5]), uniform(-1, 1, (3,)),
         lambda torch, x: 1 - 2 * x + 0.5 * (2 * x * x - 1), float32=False),
]  # fmt: skip
