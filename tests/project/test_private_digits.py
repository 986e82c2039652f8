"""The example of private training: every gradient is clipped on its own, the privacy is that of the papers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import grad

pytest.importorskip("sklearn")  # of the extra `train`
pytest.importorskip("matplotlib")
from examples import private_digits as example

BATCH = slice(0, 12)


@pytest.fixture(scope="module")
def split() -> tuple[Any, ...]:
    return example.data()


def start() -> dict[str, Any]:
    return {name: p.numpy() for name, p in example.model.named_parameters()}


def test_the_gradients_of_all_examples_are_those_of_a_loop_clipped_one_by_one(split: tuple[Any, ...]) -> None:
    x, _, y, _ = split
    found = example.clipped_sum(example.per_example(start(), x[BATCH], y[BATCH]), clip=2.8)
    expected = {name: np.zeros_like(p) for name, p in start().items()}
    clipped = 0
    for i in range(12):
        g = grad(example.loss)(start(), x[i], y[i])
        length = np.linalg.norm(np.concatenate([part.ravel() for part in g.values()]))
        clipped += length > 2.8
        for name, part in g.items():
            expected[name] += part * min(1, 2.8 / length)
    assert 0 < clipped < 12
    for name, part in found.items():
        np.testing.assert_allclose(part, expected[name], rtol=1e-4, atol=1e-6)


def test_no_example_changes_the_sum_by_more_than_the_bound(split: tuple[Any, ...]) -> None:
    x, _, y, _ = split
    gradients = example.per_example(start(), x[BATCH], y[BATCH])
    alone = [example.clipped_sum({k: g[i : i + 1] for k, g in gradients.items()}, clip=0.5) for i in range(12)]
    longest = [np.sqrt(sum(np.sum(g**2) for g in one.values())) for one in alone]
    np.testing.assert_allclose(longest, 0.5, rtol=1e-5)


def test_epsilon() -> None:
    """The whole data at each step: σ Gaussian mechanisms, of divergence α/(2σ²) each (Mironov 2017, Cor. 3)."""
    orders = np.arange(2, 200)
    expected = np.min(10 * orders / (2 * 4.0**2) + np.log(1e5) / (orders - 1))
    assert example.epsilon(4.0, 10, 1 - 1e-12, delta=1e-5) == pytest.approx(expected, rel=1e-6)
    assert example.epsilon(1.0, 100, 0.01) < example.epsilon(1.0, 100, 0.1) < example.epsilon(1.0, 200, 0.1)
    assert example.epsilon(0.0, 1, 0.1) == np.inf


def test_it_learns_with_noise(split: tuple[Any, ...]) -> None:
    x, x_test, y, y_test = split
    path = example.train(x, y, noise=1.0, steps=60)
    assert example.accuracy(path[0], x_test, y_test) < 0.3
    assert example.accuracy(path[-1], x_test, y_test) > 0.8


def test_the_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example.main(str(tmp_path / "private.png"), steps=20)
    assert (tmp_path / "private.png").read_bytes().startswith(b"\x89PNG")
    assert re.search(r"σ = 8: accuracy [\d.]+%, ε = 0\.\d at δ = 0\.0001", capsys.readouterr().out)
