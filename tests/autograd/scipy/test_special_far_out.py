"""Derivatives of scipy.special's functions far out and near their singular points, with mpmath as the judge."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import scipy.special as sp

from autograd import Tensor, grad, no_grad
from autograd.errors import NoRuleError
from autograd.ops import scipy_special

mp.mp.dps = 60


def log_ndtr(x: Any) -> Any:
    return mp.log1p(-mp.erfc(x / mp.sqrt(2)) / 2) if x > 0 else mp.log(mp.erfc(-x / mp.sqrt(2)) / 2)


def lower(a: float) -> Any:
    return lambda x: mp.gammainc(a, 0, x, regularized=True)


# function, SciPy's and mpmath's; points; the first derivative's relative tolerance, the second's
FAR_OUT: dict[str, tuple[Any, Any, list[float], float, float]] = {
    "erf": (sp.erf, mp.erf, [-6.0, 1e-8, 5.0], 1e-14, 1e-14),
    "erfc": (sp.erfc, mp.erfc, [-5.0, 10.0, 25.0], 1e-13, 1e-13),
    "erfcx": (sp.erfcx, lambda x: mp.exp(x * x) * mp.erfc(x), [-3.0, 2.0, 9.9, 10.1, 1e3, 1e8], 3e-13, 1e-10),
    "erfinv": (sp.erfinv, mp.erfinv, [-0.999999, 1e-9, 0.9999], 1e-9, 1e-9),
    "log_ndtr": (sp.log_ndtr, log_ndtr, [-1e4, -300.0, -40.0, -1.0, 5.0, 30.0], 1e-12, 1e-9),
    "expit": (sp.expit, lambda x: 1 / (1 + mp.exp(-x)), [-700.0, -40.0, 40.0, 700.0], 1e-13, 1e-12),
    "log_expit": (sp.log_expit, lambda x: -mp.log1p(mp.exp(-x)), [-700.0, -40.0, 40.0, 700.0], 1e-13, 1e-13),
    "gammaln": (sp.gammaln, mp.loggamma, [1e-8, 1.0, 1e8], 1e-13, 1e-12),
    "betaln": (
        lambda x: sp.betaln(x, 0.5),
        lambda x: mp.log(mp.beta(x, 0.5)),
        [1e-3, 9.0, 11.0, 1e5, 1e12],
        2e-12,
        1e-9,
    ),
    "betaln tiny": (lambda x: sp.betaln(1e-6, x), lambda x: mp.log(mp.beta(mp.mpf(1e-6), x)), [11.0, 1e4], 1e-12, 1e-9),
    "poch": (lambda x: sp.poch(x, 2.0), lambda x: x * (x + 1), [1e-3, 11.0, 1e8], 1e-12, 1e-7),
    "kve": (lambda x: sp.kve(2.5, x), lambda x: mp.besselk(2.5, x) * mp.exp(x), [59.0, 61.0, 1e8], 1e-11, 1e-8),
    "dawsn": (
        sp.dawsn,
        lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x),
        [-20.0, 9.9, 10.1, 30.0],
        1e-11,
        1e-8,
    ),
    "psi": (sp.psi, mp.digamma, [1e-6, 1e6], 1e-13, 1e-13),
    "rgamma": (sp.rgamma, mp.rgamma, [-20.0, -3.0, 0.0, 0.5, 30.0], 1e-10, 1e-10),
    "gammainc 0.1": (lambda x: sp.gammainc(0.1, x), lower(0.1), [1e-30, 1.0, 50.0], 1e-13, 1e-12),
    "gammainc 1e3": (lambda x: sp.gammainc(1e3, x), lower(1e3), [500.0, 990.0, 1500.0], 1e-12, 1e-10),
    "gammainc 1e6": (lambda x: sp.gammainc(1e6, x), None, [0.99e6, 1.001e6], 1e-11, 1e-9),
    "i0e": (sp.i0e, lambda x: mp.besseli(0, x) * mp.exp(-x), [59.0, 61.0, 1e6], 1e-11, 1e-8),
    "i1e": (sp.i1e, lambda x: mp.besseli(1, x) * mp.exp(-x), [1e-6, 59.0, 61.0, 1e6], 1e-11, 1e-8),
    "ive": (lambda x: sp.ive(2.5, x), lambda x: mp.besseli(2.5, x) * mp.exp(-x), [59.0, 61.0, 1e4], 1e-11, 1e-8),
    "spence": (sp.spence, lambda z: mp.polylog(2, 1 - z), [1e-6, 0.9, 1 - 1e-9, 1 + 1e-9, 1.099], 1e-13, 1e-11),
    "exp1": (sp.exp1, mp.e1, [1e-6, 100.0], 1e-13, 1e-13),
}


def gamma_density(x: Any) -> Any:
    a = mp.mpf(10) ** 6
    return mp.exp((a - 1) * mp.log(x) - x - mp.loggamma(a))


@pytest.mark.parametrize("name", FAR_OUT)
def test_derivatives_against_mpmath(name: str) -> None:
    ours, peer, points, first, second = FAR_OUT[name]
    for x in points:
        exact = mp.mpf(x)
        slope = mp.diff(peer, exact) if peer else gamma_density(exact)
        bend = mp.diff(peer, exact, 2) if peer else mp.diff(gamma_density, exact)
        assert grad(ours)(x) == pytest.approx(float(slope.real), rel=first, abs=1e-300), x
        assert grad(grad(ours))(x) == pytest.approx(float(bend.real), rel=second, abs=1e-300), x


@pytest.mark.parametrize("x", [0.5, 59.0, 61.0, 1e8])
def test_scaled_bessel_functions_of_orders_0_and_1(x: float) -> None:
    k0, k1, k2 = [mp.besselk(order, x) * mp.exp(x) for order in range(3)]
    assert grad(sp.k0e)(x) == pytest.approx(float(k0 - k1), rel=1e-11)
    assert grad(sp.k1e)(x) == pytest.approx(float(k1 - (k0 + k2) / 2), rel=1e-11)


def test_products_with_a_logarithm_at_0() -> None:
    x, y = Tensor([0.0, 0.0, 2.0], requires_grad=True), Tensor([0.0, 3.0, 1.0], requires_grad=True)
    sp.xlogy(x, y).sum().backward()
    np.testing.assert_allclose(x.grad, [0, np.log(3), 0])
    np.testing.assert_allclose(y.grad, [0, 0, 2])


def test_entropies_at_0() -> None:
    for function, slopes in ((sp.rel_entr, [1, 0]), (sp.kl_div, [0, 1])):
        assert grad(function, (0, 1))(0.0, 0.0) == tuple(slopes)


REFUSED: list[tuple[str, Any]] = [
    ("gammainc has no derivative by a", lambda x: sp.gammainc(x, 2.0)),
    ("betainc has no derivative by b", lambda x: sp.betainc(1.0, x, 0.5)),
    ("jv has no derivative by v", lambda x: sp.jv(x, 2.0)),
    ("zeta has no derivative by x", sp.zeta),
    ("zeta has no derivative by x", lambda x: sp.zeta(x, 1.0)),
    ("ellipk has no derivative rule", sp.ellipk),
    ("eval_hermite has no derivative rule", lambda x: sp.eval_hermite(2, x)),
]


@pytest.mark.parametrize(("words", "function"), REFUSED, ids=[words.split()[0] for words, _ in REFUSED])
def test_what_has_no_rule_is_named_as_scipys_with_both_remedies(words: str, function: Any) -> None:
    x = Tensor([1.5, 2.5], requires_grad=True)
    with pytest.raises(NoRuleError, match=rf"^scipy\.special\.{words}.*\.numpy\(\).*@autograd\.primitive"):
        function(x)


def test_no_gradient_by_an_order_without_recording() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    with no_grad():
        np.testing.assert_array_equal(sp.gammainc(x, 2.0).numpy(), sp.gammainc([1.0, 2.0], 2.0))


def test_a_rule_survives_pickling_in_a_new_process() -> None:
    code = f"import pickle; print(pickle.loads({pickle.dumps(scipy_special.gamma.psi)!r}).name)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "special.psi"


def test_importing_autograd_does_not_import_scipy() -> None:
    code = "import sys, autograd; assert not any(name.split('.')[0] == 'scipy' for name in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
