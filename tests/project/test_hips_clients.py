"""Code that was written for HIPS autograd runs: scripts in its style, and pymanopt."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd.numpy as anp
from benchmarks import hips
from examples.hips_style import gmm, ode_fit, rnn, variational
from tests import ROOT


def test_a_mixture_of_gaussians_finds_its_centres() -> None:
    loss, means = gmm.fit(300)
    assert loss == pytest.approx(1.508, abs=0.01)
    np.testing.assert_allclose(means[np.argsort(means[:, 0])], [[-2, 0], [0, 2], [2, 0]], atol=0.1)


def test_an_oscillator_is_approached_from_its_observations() -> None:
    start = np.array([0.1, 1.5])
    assert (np.abs(ode_fit.fit(5) - ode_fit.TRUTH) < 0.6 * np.abs(start - ode_fit.TRUTH)).all()


def test_variational_inference() -> None:
    mean, log_std = np.split(variational.fit(300), 2)
    np.testing.assert_allclose(mean, 0, atol=0.15)
    np.testing.assert_allclose(np.exp(log_std), [0.73, 0.67], atol=0.1)


def test_a_recurrent_network_learns_to_count() -> None:
    losses = rnn.fit(60)
    assert losses[0] == pytest.approx(np.log(6), abs=0.05)
    assert losses[-1] < 0.05


def test_pymanopt_finds_eigenvectors_by_gradients_and_hessians() -> None:
    pymanopt: Any = pytest.importorskip("pymanopt")
    from pymanopt import manifolds, optimizers

    rng = np.random.default_rng(0)
    a = rng.normal(size=(6, 6))
    a = a + a.T
    manifold = manifolds.Stiefel(6, 2)

    @pymanopt.function.autograd(manifold)
    def cost(x: Any) -> Any:
        return -anp.trace(x.T @ a @ x)

    start = np.linalg.qr(rng.normal(size=(6, 2)))[0]
    found = optimizers.TrustRegions(verbosity=0).run(pymanopt.Problem(manifold, cost), initial_point=start)
    assert -found.cost == pytest.approx(np.sort(np.linalg.eigvalsh(a))[-2:].sum(), rel=1e-6)


def test_the_benchmark_runs_a_script_with_either_python(tmp_path: Path) -> None:
    """Here both are this Python; without our path it finds another autograd, and never the one of the checkout."""
    assert set(hips.STEPS) == {"gmm", "ode_fit", "rnn", "variational"}
    assert 0 < hips.seconds(sys.executable, ROOT, "gmm", 1, str(tmp_path)) < 60
    (tmp_path / "autograd.py").write_text("raise SystemExit('the other autograd')")
    with pytest.raises(SystemExit, match="the other autograd"):
        hips.seconds(sys.executable, None, "gmm", 1, str(tmp_path))


def test_the_home_stays_thin() -> None:
    """Lines with something on them, of all modules that only users of HIPS autograd need."""
    names = ("builtins", "core", "differential_operators", "extend", "test_util", "tracer", "wrap_util")
    home = [ROOT / "autograd" / f"{name}.py" for name in names]
    home += [*(ROOT / "autograd" / "misc").glob("*.py"), *(ROOT / "autograd" / "numpy").glob("*.py")]
    assert sum(bool(line.strip()) for path in home for line in path.read_text().splitlines()) <= 600
