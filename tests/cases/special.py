"""scipy.special's ufuncs, called as SciPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from tests.cases.case import Case, constant, normal, uniform
from tests.cases.elementwise import away, each

A = B = (3, 4)
ORDERS = np.array([0.0, 1.0, 2.5, 4.0])
WHOLE = np.array([0, 1, 2, 5])


def of(name: str, inputs: Any, torchs: str = "", **options: Any) -> Case:
    """A row for a ufunc of the same name, or another one, in torch.special."""
    torch = (lambda torch, *args: getattr(torch.special, torchs)(*args)) if torchs else None
    return each(f"special.{name}", getattr(sp, name), inputs, torch, float16=False, **options)


def by_x(name: str, orders: np.ndarray, inputs: Any, **options: Any) -> Case:
    """A row for a function of (order, x), at several orders."""
    return Case(f"special.{name}", lambda x: getattr(sp, name)(constant(orders), x), inputs, float32=False, **options)


POSITIVE = uniform(0.5, 4, A)
SIGNED = away(0.3, A)

CASES = [
    # error functions
    of("erf", normal(A), "erf"),
    of("erfc", normal(A), "erfc"),
    of("erfcx", normal(A), "erfcx"),
    each("special.erfcx far out", lambda x: sp.erfcx(x), lambda rng: (rng.uniform(11, 20, A),), float32=False),
    of("erfi", normal(A)),
    of("dawsn", normal(A)),
    of("erfinv", uniform(-0.9, 0.9, A), "erfinv"),
    of("erfcinv", uniform(0.2, 1.8, A)),
    # logistic
    of("expit", normal(A), "expit"),
    of("log_expit", normal(A)),
    of("logit", uniform(0.1, 0.9, A), "logit"),
    # normal and Student's distribution
    of("ndtr", normal(A), "ndtr"),
    of("log_ndtr", normal(A), "log_ndtr"),
    of("ndtri", uniform(0.1, 0.9, A), "ndtri"),
    of("ndtri_exp", uniform(-3, -0.2, A)),
    Case("special.stdtr", lambda t: sp.stdtr(constant(np.array([1.0, 2.5, 4.0, 30.0])), t), normal(A), float32=False),
    Case("special.stdtrit", lambda p: sp.stdtrit(constant(np.array([1.0, 2.5, 4.0, 30.0])), p), uniform(0.2, 0.8, A),
         float32=False),
    # the gamma function's family
    of("gamma", POSITIVE),
    each("special.gamma of negative numbers", lambda x: sp.gamma(x), uniform(-1.8, -1.2, A), float32=False),
    of("gammaln", POSITIVE, "gammaln"),
    of("loggamma", POSITIVE),
    of("rgamma", uniform(-2.5, 3, A), tolerance=1e-5),
    Case("special.rgamma at its zeros", lambda x: sp.rgamma(x), lambda rng: (np.array([0.0, -1.0, -2.0, -3.0]),)),
    of("psi", POSITIVE, "digamma"),
    each("special.gammasgn", lambda x: sp.gammasgn(x) * x, POSITIVE, float16=False,
         torch=lambda torch, x: x * 1),
    Case("special.zeta", lambda q: sp.zeta(constant(np.array([2.0, 3.0, 1.5, 6.0])), q), POSITIVE,
         lambda torch, q: torch.special.zeta(torch.tensor([2.0, 3.0, 1.5, 6.0], dtype=q.dtype), q), float32=False),
    of("beta", uniform(0.5, 4, A, B)),
    of("betaln", uniform(0.5, 4, A, B)),
    of("poch", uniform(0.5, 3, A, B)),
    Case("special.gammainc", lambda x: sp.gammainc(constant(np.array([0.7, 1.0, 2.5, 50.0])), x), uniform(0.5, 40, A),
         lambda torch, x: torch.special.gammainc(torch.tensor([0.7, 1.0, 2.5, 50.0], dtype=x.dtype), x),
         float32=False),
    Case("special.gammaincc", lambda x: sp.gammaincc(constant(np.array([0.7, 1.0, 2.5, 50.0])), x), uniform(0.5, 40, A),
         lambda torch, x: torch.special.gammaincc(torch.tensor([0.7, 1.0, 2.5, 50.0], dtype=x.dtype), x),
         float32=False),
    Case("special.gammaincinv", lambda y: sp.gammaincinv(constant(np.array([0.7, 1.0, 2.5, 50.0])), y),
         uniform(0.2, 0.8, A),
         float32=False, tolerance=1e-5),
    Case("special.gammainccinv", lambda y: sp.gammainccinv(constant(np.array([0.7, 1.0, 2.5, 50.0])), y),
         uniform(0.2, 0.8, A),
         float32=False, tolerance=1e-5),
    *[Case(f"special.{name}", lambda x, name=name: getattr(sp, name)(constant(ORDERS + 0.5), 1.5, x),
         uniform(0.2, 0.8, A),
           float32=False, tolerance=1e-5) for name in ("betainc", "betaincc", "betaincinv", "betainccinv")],
    # Bessel functions
    of("j0", SIGNED),
    of("j1", SIGNED),
    of("y0", POSITIVE),
    of("y1", POSITIVE),
    of("k0", POSITIVE),
    of("k1", POSITIVE),
    of("k0e", POSITIVE),
    of("k1e", POSITIVE),
    of("i0", SIGNED, "i0"),
    of("i1", SIGNED, "i1"),
    of("i0e", SIGNED, "i0e"),
    of("i1e", SIGNED, "i1e"),
    Case("special.i1 and j1 at 0", lambda x: sp.i1(x) * 2 + sp.j1(x), lambda rng: (np.array([0.0, 1e-9]),)),
    *[by_x(name, ORDERS, POSITIVE) for name in ("jv", "yv", "iv", "ive", "kv", "kve")],
    *[by_x(name, WHOLE, POSITIVE) for name in ("yn", "kn")],
    Case("special.ive of negative numbers far out", lambda x: sp.ive(constant(np.array([0.0, 1.0, 2.0, 3.0])), x),
         lambda rng: (rng.choice([-1, 1], A) * rng.uniform(61, 70, A),), float32=False),
    # entropies
    of("xlogy", uniform(0.5, 2, A, B), "xlogy"),
    of("xlog1py", uniform(0.5, 2, A, B), "xlog1py"),
    of("entr", uniform(0.2, 2, A), "entr"),
    of("rel_entr", uniform(0.2, 2, A, B)),
    of("kl_div", uniform(0.2, 2, A, B)),
    each("special.huber", lambda r: sp.huber(1.05, r), normal(A), float16=False),
    Case("special.huber by both", sp.huber, lambda rng: (rng.uniform(0.5, 1, A), rng.uniform(1.2, 2, A))),
    # integrals
    of("exp1", POSITIVE),
    of("expi", POSITIVE),
    Case("special.expn", lambda x: sp.expn(constant(WHOLE), x), POSITIVE, float32=False),
    of("spence", uniform(0.3, 3, A)),
    Case("special.spence near 1", lambda x: sp.spence(x), lambda rng: (np.array([1.0, 1.05, 0.95, 1 + 1e-9]),),
         float32=False),
    # as in NumPy
    of("exp2", normal(A), "exp2"),
    of("exp10", normal(A)),
    of("expm1", normal(A), "expm1"),
    of("log1p", uniform(-0.5, 2, A), "log1p"),
    of("cbrt", SIGNED),
    of("cosm1", normal(A)),
]  # fmt: skip
