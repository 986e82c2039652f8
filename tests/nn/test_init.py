"""Initialisers: their distributions, structures, errors, and PyTorch's bounds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import ArgumentError, ShapeError
from nn import init

RNG = np.random.default_rng


def weight(*shape: int, dtype: Any = np.float64) -> nn.Parameter:
    return nn.Parameter(np.full(shape, 7, dtype))


def filled(name: str, shape: tuple[int, ...], *options: Any, seed: int = 0, **keywords: Any) -> np.ndarray:
    tensor = weight(*shape)
    assert getattr(init, name)(tensor, *options, rng=RNG(seed), **keywords) is tensor
    assert tensor.requires_grad
    assert tensor.is_leaf
    values: np.ndarray = tensor.numpy()
    return values


RANDOM = [
    "uniform_", "normal_", "trunc_normal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_",
    "lecun_uniform_", "lecun_normal_", "orthogonal_", "sparse_",
]  # fmt: skip
FAN = 60 * 3 * 3, 80 * 3 * 3  # of a weight (80, 60, 3, 3): in, out
DISTRIBUTIONS = [  # name, options, half-width of a uniform one or None, standard deviation
    ("uniform_", {"a": -2.0, "b": 2.0}, 2, None),
    ("normal_", {"std": 3.0}, None, 3),
    ("xavier_uniform_", {}, math.sqrt(6 / sum(FAN)), None),
    ("xavier_uniform_", {"gain": 2.0}, 2 * math.sqrt(6 / sum(FAN)), None),
    ("xavier_normal_", {"gain": 2.0}, None, 2 * math.sqrt(2 / sum(FAN))),
    ("kaiming_uniform_", {}, math.sqrt(6 / FAN[0]), None),
    ("kaiming_uniform_", {"a": math.sqrt(5)}, 1 / math.sqrt(FAN[0]), None),  # PyTorch's layers
    ("kaiming_uniform_", {"mode": "fan_out", "nonlinearity": "tanh"}, 5 / 3 * math.sqrt(3 / FAN[1]), None),
    ("kaiming_normal_", {"nonlinearity": "relu"}, None, math.sqrt(2 / FAN[0])),
    ("kaiming_normal_", {"mode": "fan_out", "nonlinearity": "linear"}, None, math.sqrt(1 / FAN[1])),
    ("lecun_uniform_", {}, math.sqrt(3 / FAN[0]), None),
    ("lecun_normal_", {}, None, math.sqrt(1 / FAN[0])),
]


@pytest.mark.parametrize(("name", "options", "bound", "std"), DISTRIBUTIONS)
def test_distribution(name: str, options: dict[str, Any], bound: float | None, std: float | None) -> None:
    """Mean, standard deviation and, of uniform ones, the bounds: within five times their sampling error."""
    values = filled(name, (80, 60, 3, 3), **options)
    n = values.size
    expected = bound / math.sqrt(3) if bound is not None else std
    assert expected is not None
    assert abs(values.mean()) < 5 * expected / math.sqrt(n)
    assert abs(values.std() / expected - 1) < 5 / math.sqrt(2 * n)
    if bound is not None:
        assert bound * (1 - 20 / n) < np.abs(values).max() <= bound
    else:  # the share beyond one standard deviation tells a normal distribution from others
        assert abs((np.abs(values) > expected).mean() - 0.3173) < 5 * math.sqrt(0.3173 * 0.6827 / n)


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("name", "options", "bound", "std"), [row for row in DISTRIBUTIONS if not row[0].startswith("lecun")]
)
def test_the_formula_is_pytorchs(name: str, options: dict[str, Any], bound: float | None, std: float | None) -> None:
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn.init, name)(
        torch.empty(80, 60, 3, 3), **options, generator=torch.Generator().manual_seed(0)
    ).numpy()
    values = filled(name, (80, 60, 3, 3), **options)
    assert abs(values.std() / theirs.std() - 1) < 7 / math.sqrt(2 * values.size)
    if bound is not None:
        np.testing.assert_allclose(np.abs(values).max(), np.abs(theirs).max(), rtol=1e-3)


@pytest.mark.oracle
def test_gains_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    layers = [f"{kind}{n}d" for kind in ("conv", "conv_transpose") for n in (1, 2, 3)]
    for name in ("linear", *layers, "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
        assert init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    for slope in (0, 0.2, 3.0):
        assert init.calculate_gain("leaky_relu", slope) == torch.nn.init.calculate_gain("leaky_relu", slope)


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("name", "shape", "options"),
    [
        ("zeros_", (2, 3), ()), ("ones_", (2, 3), ()), ("constant_", (2, 3), (0.3,)), ("eye_", (2, 3), ()),
        ("eye_", (3, 2), ()),
        ("dirac_", (4, 3, 3), ()), ("dirac_", (4, 2, 3, 4), (2,)), ("dirac_", (6, 5, 3, 1, 2), (3,)),
    ],
)  # fmt: skip
def test_fixed_values_are_pytorchs(name: str, shape: tuple[int, ...], options: tuple[Any, ...]) -> None:
    torch = pytest.importorskip("torch")
    ours = getattr(init, name)(weight(*shape), *options).numpy()
    np.testing.assert_array_equal(
        ours, getattr(torch.nn.init, name)(torch.empty(*shape, dtype=torch.float64), *options).numpy()
    )


# One by one


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 3, 2, 2)])
def test_orthogonal_keeps_lengths(shape: tuple[int, ...]) -> None:
    w = filled("orthogonal_", shape, 2.0).reshape(shape[0], -1)
    gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(gram, 4 * np.eye(len(gram)), atol=1e-13)
    assert np.linalg.matrix_rank(w) == min(w.shape)


def test_orthogonal_is_uniform_among_the_orthogonal_ones() -> None:
    """Without the correction of the signs, the diagonal of Q would prefer one sign."""
    rng = RNG(0)
    draws = [init.orthogonal_(weight(2, 2), rng=rng).numpy() for _ in range(2000)]
    assert abs(np.mean([w[0, 0] for w in draws])) < 5 * math.sqrt(0.5 / 2000)
    assert abs(np.mean([np.linalg.det(w) for w in draws])) < 5 / math.sqrt(2000)  # as many rotations as reflections


TRUNCATED = [
    (0.0, 1.0, -2.0, 2.0),
    (1.0, 0.5, 0.0, 3.0),
    (0.0, 1.0, 3.0, 4.0),
    (0.0, 1.0, -50.0, -40.0),
    (0.0, 0.1, -0.02, 0.01),
    (2.0, 3.0, -1e9, 1e9),
]


@pytest.mark.parametrize(("mean", "std", "a", "b"), TRUNCATED)
def test_trunc_normal_is_scipys(mean: float, std: float, a: float, b: float) -> None:
    from scipy.stats import kstest, truncnorm

    values = filled("trunc_normal_", (100, 100), mean, std, a, b)
    assert a <= values.min() <= values.max() <= b
    law = truncnorm((a - mean) / std, (b - mean) / std, mean, std)
    assert kstest(values.ravel(), law.cdf).pvalue > 1e-3
    single = init.trunc_normal_(weight(100, 100, dtype=np.float32), mean, std, a, b, rng=RNG(0)).numpy()
    assert np.float32(a) <= single.min() <= single.max() <= np.float32(b)


def test_sparse_empties_the_same_share_of_every_column() -> None:
    values = filled("sparse_", (10, 400), 0.25, 0.5)
    assert ((values == 0).sum(axis=0) == 3).all()  # 2.5, rounded up
    counts = (values == 0).sum(axis=1)
    assert abs(counts - 120).max() < 5 * math.sqrt(400 * 0.3 * 0.7)  # of rows by chance
    assert abs(values[values != 0].std() - 0.5) < 5 * 0.5 / math.sqrt(2 * 2800)
    assert (filled("sparse_", (3, 2), 1.0) == 0).all()
    assert (filled("sparse_", (3, 2), 0.0) != 0).all()


def test_eye_and_dirac_hand_on_their_input(rng: np.random.Generator) -> None:
    x = rng.normal(size=(5, 3))
    layer = nn.Linear(3, 3, bias=False, dtype=np.float64)
    init.eye_(layer.weight)
    np.testing.assert_array_equal(layer(x).numpy(), x)
    w = init.dirac_(weight(4, 2, 3), 2).numpy()
    assert w.sum() == 4
    assert w[[0, 1, 2, 3], [0, 1, 0, 1], 1].tolist() == [1, 1, 1, 1]


# All of them


@pytest.mark.parametrize("name", RANDOM)
def test_the_generator_decides(name: str) -> None:
    options = (0.5,) if name == "sparse_" else ()
    first = filled(name, (6, 4), *options)
    assert (filled(name, (6, 4), *options) == first).all()
    assert (filled(name, (6, 4), *options, seed=1) != first).any()
    single = getattr(init, name)(weight(6, 4, dtype=np.float32), *options, rng=RNG(0))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single.numpy(), first, rtol=1e-6)  # a seed is the same network in every dtype
    autograd.seed(3)
    mine = getattr(init, name)(weight(6, 4), *options).numpy()
    autograd.seed(3)
    assert (getattr(init, name)(weight(6, 4), *options).numpy() == mine).all()
    autograd.seed(None)
    with pytest.raises(ArgumentError, match=r"rng must be a np\.random\.Generator"):
        getattr(init, name)(weight(6, 4), *options, rng=0)


@pytest.mark.parametrize(
    "name", [name for name in RANDOM if name not in ("uniform_", "normal_", "trunc_normal_")] + ["eye_", "dirac_"]
)
def test_a_vector_has_no_fans(name: str) -> None:
    tensor = weight(3)
    options = (0.5,) if name == "sparse_" else ()
    with pytest.raises(ShapeError, match=r"got (shape )?\(3,\)"):
        getattr(init, name)(tensor, *options)
    assert tensor.tolist() == [7, 7, 7]


@pytest.mark.parametrize("name", [name for name in RANDOM if name != "sparse_"])
def test_nothing_to_fill(name: str) -> None:
    for shape in ((0, 3), (3, 0)):
        assert filled(name, shape).shape == shape


def test_wrong_options_are_refused_and_change_nothing() -> None:
    w = weight(4, 4)
    for make, message in [
        (lambda: init.uniform_(w, 1, 0), "a <= b; got a=1, b=0"),
        (lambda: init.normal_(w, std=-1), "std >= 0; got -1"),
        (lambda: init.trunc_normal_(w, std=0), "std > 0; got 0"),
        (lambda: init.trunc_normal_(w, a=2, b=2), "a < b; got a=2, b=2"),
        (lambda: init.sparse_(w, 1.5), r"\[0, 1\]; got 1.5"),
        (lambda: init.sparse_(w, 0.5, -1), "std >= 0; got -1"),
        (lambda: init.kaiming_uniform_(w, mode="fan"), "mode must be 'fan_in' or 'fan_out'; got 'fan'"),
        (lambda: init.kaiming_normal_(w, nonlinearity="swish"), "nonlinearity must be one of linear, .*; got 'swish'"),
        (lambda: init.calculate_gain("leaky_relu", True), "must be a number; got True"),
        (lambda: init.dirac_(weight(4, 3, 3), 3), "groups to divide the 4 outputs; got groups=3"),
        (lambda: init.dirac_(weight(4, 3, 3), 0), "groups=0"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            make()
    assert (w.numpy() == 7).all()
    with pytest.raises(ShapeError, match=r"eye_ fills a matrix; got shape \(2, 2, 2\)"):
        init.eye_(weight(2, 2, 2))
    with pytest.raises(ShapeError, match=r"of 3, 4 or 5 axes; got shape \(2, 2\)"):
        init.dirac_(weight(2, 2))
