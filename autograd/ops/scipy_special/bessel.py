"""Bessel functions: J, Y, I, K, and those that are scaled by an exponential; differentiable by x, not by the order.

Source: NIST Digital Library of Mathematical Functions, 10.6 and 10.29: Cᵥ' = (Cᵥ₋₁ - Cᵥ₊₁)/2 for J and Y,
Iᵥ' = (Iᵥ₋₁ + Iᵥ₊₁)/2, Kᵥ' = -(Kᵥ₋₁ + Kᵥ₊₁)/2. The second order as well is written by these rather than by
C₁' = C₀ - C₁/x, which has no value at 0.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from autograd.ops.scipy_special.rule import rule

# of order 0 and 1
j0 = rule(sp.j0, lambda g, out, x: -g * sp.j1(x), keeps="x", label="-g·J₁ x")
j1 = rule(sp.j1, lambda g, out, x: 0.5 * g * (sp.j0(x) - sp.jv(2, x)), keeps="x", label="g·(J₀ x - J₂ x)/2")
y0 = rule(sp.y0, lambda g, out, x: -g * sp.y1(x), keeps="x", label="-g·Y₁ x")
y1 = rule(sp.y1, lambda g, out, x: 0.5 * g * (sp.y0(x) - sp.yv(2, x)), keeps="x", label="g·(Y₀ x - Y₂ x)/2")
k0 = rule(sp.k0, lambda g, out, x: -g * sp.k1(x), keeps="x", label="-g·K₁ x")
k1 = rule(sp.k1, lambda g, out, x: -0.5 * g * (sp.k0(x) + sp.kv(2, x)), keeps="x", label="-g·(K₀ x + K₂ x)/2")
k0e = rule(sp.k0e, lambda g, out, x: g * _kve_slope(0, x), keeps="x", label="g·(out - K₁ x·eˣ)")
k1e = rule(sp.k1e, lambda g, out, x: g * _kve_slope(1, x), keeps="x", label="g·(out - (K₀+K₂)eˣ/2)")
i0 = rule(sp.i0, lambda g, out, x: g * sp.i1(x), keeps="x", label="g·I₁ x")
i1 = rule(sp.i1, lambda g, out, x: 0.5 * g * (sp.i0(x) + sp.iv(2, x)), keeps="x", label="g·(I₀ x + I₂ x)/2")
i0e = rule(sp.i0e, lambda g, out, x: g * _ive_slope(0, x), keeps="x", label="g·(I₁-I₀)e⁻ˣ")
i1e = rule(sp.i1e, lambda g, out, x: g * _ive_slope(1, x), keeps="x", label="g·((I₀+I₂)/2-I₁)e⁻ˣ")


FAR = 60.0


def _far_series(v: Any, x: Any, sign: int) -> Any:
    """Σ signᵏ aₖ (k+1/2) x⁻ᵏ with aₖ = aₖ₋₁ (4v² - (2k-1)²) / 8k: of the derivative of the expansions 10.40.1 and 2."""
    factor, series = 1.0, 0.5
    for k in range(1, 14):
        factor = factor * sign * (4 * np.square(v) - (2 * k - 1) ** 2) / (8 * k * x)
        series = series + factor * (k + 0.5)
    return series


def _ive_slope(v: Any, x: Any) -> Any:
    """(Iᵥ₋₁ + Iᵥ₊₁)/2 e^-|x| - sign(x) Iᵥ e^-|x|; far out, where these cancel, by the expansion."""
    size = np.abs(x)
    far = (size > FAR) & (size > 4 * np.square(v))
    large, near = np.where(far, size, FAR), np.where(far, 1, x)
    parity = np.where(x < 0, 2 * np.remainder(v, 2) - 1, 1)  # of a whole order: only then x may be negative
    at_near = 0.5 * (sp.ive(v - 1, near) + sp.ive(v + 1, near)) - np.sign(near) * sp.ive(v, near)
    return np.where(far, -parity * _far_series(v, large, -1) / (math.sqrt(2 * math.pi) * large**1.5), at_near)


def _kve_slope(v: Any, x: Any) -> Any:
    """Kᵥ eˣ - (Kᵥ₋₁ + Kᵥ₊₁)/2 eˣ; far out by the expansion, but for complex numbers."""
    far = (x > FAR) & (x > 4 * np.square(v)) & (x.dtype.kind != "c")
    large, near = np.where(far, x, FAR), np.where(far, 1, x)
    at_near = sp.kve(v, near) - 0.5 * (sp.kve(v - 1, near) + sp.kve(v + 1, near))
    return np.where(far, -math.sqrt(math.pi / 2) * _far_series(v, large, 1) / large**1.5, at_near)


BY_X: dict[str, Any] = {"without": {0: "v"}, "keeps": ("", "v x")}
jv = rule(sp.jv, None, lambda g, out, v, x: 0.5 * g * (sp.jv(v - 1, x) - sp.jv(v + 1, x)), **BY_X,
          label="g·(Jᵥ₋₁ x - Jᵥ₊₁ x)/2")  # fmt: skip
yv = rule(sp.yv, None, lambda g, out, v, x: 0.5 * g * (sp.yv(v - 1, x) - sp.yv(v + 1, x)), **BY_X,
          label="g·(Yᵥ₋₁ x - Yᵥ₊₁ x)/2")  # fmt: skip
iv = rule(sp.iv, None, lambda g, out, v, x: 0.5 * g * (sp.iv(v - 1, x) + sp.iv(v + 1, x)), **BY_X,
          label="g·(Iᵥ₋₁ x + Iᵥ₊₁ x)/2")  # fmt: skip
ive = rule(sp.ive, None, lambda g, out, v, x: g * _ive_slope(v, x), complex=False, **BY_X,
           label="g·((Iᵥ₋₁+Iᵥ₊₁)/2-Iᵥ)e⁻ˣ")  # fmt: skip
kv = rule(sp.kv, None, lambda g, out, v, x: -0.5 * g * (sp.kv(v - 1, x) + sp.kv(v + 1, x)), **BY_X,
          label="-g·(Kᵥ₋₁ x + Kᵥ₊₁ x)/2")  # fmt: skip
kve = rule(sp.kve, None, lambda g, out, v, x: g * _kve_slope(v, x), **BY_X,
           label="g·(out-(Kᵥ₋₁+Kᵥ₊₁)eˣ/2)")  # fmt: skip
# of whole order
BY_X_N: dict[str, Any] = {"without": {0: "n"}, "keeps": ("", "n x")}
yn = rule(sp.yn, None, lambda g, out, n, x: 0.5 * g * (sp.yv(n - 1, x) - sp.yv(n + 1, x)), **BY_X_N,
          label="g·(Yₙ₋₁ x - Yₙ₊₁ x)/2")  # fmt: skip
kn = rule(sp.kn, None, lambda g, out, n, x: -0.5 * g * (sp.kv(n - 1, x) + sp.kv(n + 1, x)), **BY_X_N,
          label="-g·(Kₙ₋₁ x + Kₙ₊₁ x)/2")  # fmt: skip
