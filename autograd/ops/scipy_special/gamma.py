"""The gamma function's family: its logarithms and derivatives, beta functions, incomplete integrals, zeta.

Source: NIST Digital Library of Mathematical Functions, 5, 8 and 25.11. By the parameters of the incomplete integrals,
and by the first argument of zeta, no derivative in closed form is known.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from autograd.engine.kinds import somewhere
from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.ops.scipy_special.rule import constant, rule

zeta: Primitive = rule(
    sp._ufuncs._zeta, None, lambda g, out, x, q: g * (-x * sp._ufuncs._zeta(x + 1, q)), without={0: "x"},
    keeps=("", "x q"), label="-g·x·ζ(x+1, q)",
)  # fmt: skip
constant(sp._ufuncs._riemann_zeta, without={0: "x"})
psi = rule(sp.psi, lambda g, out, x: g * sp.zeta(2, x), keeps="x", complex=False, label="g·ψ′(x)")
gamma = rule(sp.gamma, lambda g, out, x: g * sp.gamma(x) * sp.psi(x), keeps="x", label="g·out·ψ(x)")
gammaln = rule(sp.gammaln, lambda g, out, x: g * sp.psi(x), keeps="x", label="g·ψ(x)")
loggamma = rule(sp.loggamma, lambda g, out, x: g * sp.psi(x), keeps="x", label="g·ψ(x)")
constant(sp.gammasgn)


def _rgamma_slope(x: Any) -> Any:
    """-ψ(x) / Γ(x); below 1/2, where ψ has poles, the derivative of sin(πx) Γ(1-x) / π."""
    low = x < 0.5
    below, above = np.where(low, x, 0.25), np.where(low, 1, x)
    mirrored = sp.gamma(1 - below)
    at_low = mirrored * (np.cos(math.pi * below) - np.sin(math.pi * below) * sp.psi(1 - below) / math.pi)
    return np.where(low, at_low, -sp.psi(above) * sp.rgamma(above))


rgamma = rule(sp.rgamma, lambda g, out, x: g * _rgamma_slope(x), keeps="x", label="-g·ψ(x)·out")


FAR = 10.0
BERNOULLI = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160)  # B₂ₖ / 2k


def _psi_step(a: Any, b: Any) -> Any:
    """ψ(a+b) - ψ(a); for large a, where the two cancel, by the expansion of both (5.11.2).

    ψ(x) ~ log x - 1/2x - Σ B₂ₖ/2k x⁻²ᵏ, and (a+b)⁻²ᵏ - a⁻²ᵏ = a⁻²ᵏ expm1(-2k log(1+b/a)).
    """
    far = (raw(a) > FAR) & (raw(a) + raw(b) > FAR)
    if not somewhere(far):
        return sp.psi(a + b) - sp.psi(a)
    large, step = np.where(far, a, FAR)[()], np.where(far, b, 0)[()]
    grown = np.log1p(step / large)
    series = grown + step / (2 * large * (large + step))
    for k, c in enumerate(BERNOULLI, start=1):
        series = series - c * large ** (-2 * k) * np.expm1(-2 * k * grown)
    small = np.where(far, 1, a)[()]
    return np.where(far, series, sp.psi(small + np.where(far, 1, b)[()]) - sp.psi(small))


beta = rule(sp.beta, lambda g, out, a, b: -g * (sp.beta(a, b) * _psi_step(a, b)),
                     lambda g, out, a, b: -g * (sp.beta(a, b) * _psi_step(b, a)),
            keeps="in", label="g·out·(ψ(a)-ψ(a+b)), g·out·(ψ(b)-ψ(a+b))")  # fmt: skip
betaln = rule(sp.betaln, lambda g, out, a, b: -g * _psi_step(a, b), lambda g, out, a, b: -g * _psi_step(b, a),
              keeps="in", label="g·(ψ(a)-ψ(a+b)), g·(ψ(b)-ψ(a+b))")  # fmt: skip
poch = rule(sp.poch, lambda g, out, z, m: g * sp.poch(z, m) * _psi_step(z, m),
                     lambda g, out, z, m: g * sp.poch(z, m) * sp.psi(z + m),
            keeps="in", label="g·out·(ψ(z+m)-ψ(z)), g·out·ψ(z+m)")  # fmt: skip

LARGE = 30.0
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)


def _gamma_density(a: Any, x: Any) -> Any:
    """xᵃ⁻¹ e⁻ˣ / Γ(a).

    For large a the three powers cancel. With μ = x/a - 1 it is √(a/2π)/x exp(a (log(1+μ) - μ) - s(a)), where s(a) is
    the rest of Stirling's series for log Γ(a).
    """
    large = a > LARGE
    big, small = np.where(large, a, LARGE)[()], np.where(large, 1, a)[()]
    safe = np.where(large, np.where(x > 0, x, 1), 1)
    mu = (safe - big) / big
    rest: Any = 0.0
    for k, c in reversed(list(enumerate(STIRLING))):
        rest = rest / (big * big) + c if k < len(STIRLING) - 1 else c
    by_stirling = np.sqrt(big / (2 * math.pi)) / safe * np.exp(big * (np.log1p(mu) - mu) - rest / big)
    direct = np.exp(sp.xlogy(small - 1, x) - x - sp.gammaln(small))
    return np.where(large, np.where(x > 0, by_stirling, 0), direct)


gammainc = rule(sp.gammainc, None, lambda g, out, a, x: g * _gamma_density(a, x), without={0: "a"}, keeps=("", "a x"),
                label="g·xᵃ⁻¹e⁻ˣ/Γ(a)")  # fmt: skip
gammaincc = rule(sp.gammaincc, None, lambda g, out, a, x: -g * _gamma_density(a, x), without={0: "a"},
                 keeps=("", "a x"), label="-g·xᵃ⁻¹e⁻ˣ/Γ(a)")  # fmt: skip
gammaincinv = rule(sp.gammaincinv, None, lambda g, out, a, y: g / _gamma_density(a, out), without={0: "a"},
                   keeps=("", "a out"), label="g/density(out)")  # fmt: skip
gammainccinv = rule(sp.gammainccinv, None, lambda g, out, a, y: -g / _gamma_density(a, out), without={0: "a"},
                    keeps=("", "a out"), label="-g/density(out)")  # fmt: skip


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    """xᵃ⁻¹ (1-x)ᵇ⁻¹ / B(a, b)."""
    return np.exp(sp.xlogy(a - 1, x) + sp.xlog1py(b - 1, -x) - sp.betaln(a, b))


AB = {0: "a", 1: "b"}
betainc = rule(sp.betainc, None, None, lambda g, out, a, b, x: g * _beta_density(a, b, x), without=AB,
               keeps=("", "", "in"), label="g·xᵃ⁻¹(1-x)ᵇ⁻¹/B(a, b)")  # fmt: skip
betaincc = rule(sp.betaincc, None, None, lambda g, out, a, b, x: -g * _beta_density(a, b, x), without=AB,
                keeps=("", "", "in"), label="-g·xᵃ⁻¹(1-x)ᵇ⁻¹/B(a, b)")  # fmt: skip
betaincinv = rule(sp.betaincinv, None, None, lambda g, out, a, b, y: g / _beta_density(a, b, out), without=AB,
                  keeps=("", "", "a b out"), label="g/density(out)")  # fmt: skip
betainccinv = rule(sp.betainccinv, None, None, lambda g, out, a, b, y: -g / _beta_density(a, b, out), without=AB,
                   keeps=("", "", "a b out"), label="-g/density(out)")  # fmt: skip
