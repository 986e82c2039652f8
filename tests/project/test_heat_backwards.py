"""The example of the inverse heat problem: the solution is that of the equation, and the field comes back."""

from __future__ import annotations

import numpy as np

from autograd import gradcheck
from examples import heat_backwards as example


def test_a_single_wave_decays_at_its_own_rate() -> None:
    y, x = np.mgrid[: example.SIZE, : example.SIZE] * 2 * np.pi / example.SIZE
    wave, k = np.sin(2 * x + 3 * y), 2 * np.pi / example.SIZE
    expected = wave * np.exp(-example.TIME * 13 * k**2)
    np.testing.assert_allclose(example.spread(wave), expected, atol=1e-12)


def test_the_field_at_the_start_comes_back() -> None:
    truth = example.start()
    seen = example.spread(truth) + example.NOISE * np.random.default_rng(0).normal(size=truth.shape)
    found, losses = example.recover(seen, steps=120)
    before, after = (np.sqrt(np.mean((u - truth) ** 2)) for u in (seen, found))
    assert losses[-1] < losses[0] / 5
    assert after < 0.7 * before
    assert np.sqrt(np.mean((example.naive(seen) - truth) ** 2)) > 1e3, "dividing by the decay gives noise"


def test_the_gradient_through_the_transforms(rng: np.random.Generator) -> None:
    u = rng.normal(size=(example.SIZE, example.SIZE))
    assert gradcheck(lambda a: example.spread(u + a * example.start()), np.array(0.5), modes=("reverse", "forward"))
