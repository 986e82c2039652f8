"""Dropout: what is random about it, what is not, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn import functional as F
from nn.layers.dropout import keep_mask

N = 200_000


@pytest.mark.parametrize("p", [0.0005, 0.1, 0.5, 0.9, 0.9995])
@pytest.mark.parametrize(
    "source", [np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64, np.random.PCG64DXSM]
)
def test_a_mask_keeps_its_share_independently(p: float, source: Any) -> None:
    mask = keep_mask((N,), 1 - p, np.random.Generator(source(0)))
    assert mask.dtype == bool
    spread = np.sqrt(p * (1 - p) / N)
    assert abs(mask.mean() - (1 - p)) < 4 * spread
    for lag in (1, 2, 3, 4, 7):  # four elements come from one number of the generator
        together = np.mean(~mask[lag:] & ~mask[:-lag])
        assert abs(together - p * p) < 5 * max(spread * p, np.sqrt(p * p / N))


@pytest.mark.parametrize("shape", [(), (1,), (5,), (3, 7), (2, 0, 3)])
@pytest.mark.parametrize("keep", [0.5, 0.0001])
def test_a_mask_has_its_shape(shape: tuple[int, ...], keep: float) -> None:
    assert keep_mask(shape, keep, np.random.default_rng(0)).shape == shape


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_what_is_kept_is_scaled_and_the_gradient_has_the_same_mask(dtype: Any, rng: np.random.Generator) -> None:
    x = Tensor(rng.uniform(1, 2, (40, 50)).astype(dtype), requires_grad=True)
    y = F.dropout(x, 0.2, rng=rng)
    kept = y.numpy() != 0
    assert y.dtype == dtype
    np.testing.assert_allclose(
        y.numpy()[kept], (x.numpy() / dtype(0.8))[kept], rtol=2e-3 if dtype is np.float16 else 1e-6
    )
    y.backward(np.ones(x.shape, dtype))
    assert x.grad is not None
    assert x.grad.dtype == dtype
    np.testing.assert_allclose(x.grad.numpy(), np.where(kept, 1.25, 0), rtol=1e-3)


def test_the_slides_form_has_the_same_expectation(rng: np.random.Generator) -> None:
    """Unscaled in training and multiplied by the probability of keeping in use: (1 - p) times ours, in both modes."""
    p, x = 0.3, rng.normal(3, 1, 20)
    keep = 1 - p
    draws = [rng.random(20) < keep for _ in range(20_000)]
    slides_in_training = np.mean([x * mask for mask in draws], axis=0)
    slides_in_use = x * keep
    ours_in_training = np.mean([F.dropout(x, p, rng=rng) for _ in range(20_000)], axis=0)
    ours_in_use = F.dropout(x, p, training=False)
    np.testing.assert_allclose(slides_in_training, slides_in_use, rtol=0.03)
    np.testing.assert_allclose(ours_in_training, ours_in_use, rtol=0.03)
    np.testing.assert_allclose(keep * ours_in_training, slides_in_training, rtol=0.04)
    np.testing.assert_allclose(keep * ours_in_use, slides_in_use)


@pytest.mark.parametrize("function", [F.dropout, F.alpha_dropout, F.feature_alpha_dropout])
def test_nothing_is_done_in_use_and_for_p_0(function: Any, rng: np.random.Generator) -> None:
    x = Tensor(rng.normal(size=(3, 4)), requires_grad=True)
    assert function(x, 0.5, training=False) is x
    assert function(x, 0.0, training=True) is x


def test_p_1_gives_zeros_and_no_gradient(rng: np.random.Generator) -> None:
    x = Tensor(rng.normal(size=(3, 4)), requires_grad=True)
    y = F.dropout(x, 1.0)
    y.sum().backward()
    assert x.grad is not None
    assert not np.any(y.numpy())
    assert not np.any(x.grad.numpy())


@pytest.mark.parametrize(
    ("layer", "shape", "axes"),
    [
        (nn.Dropout1d(0.5), (30, 20, 5), (2,)),
        (nn.Dropout1d(0.5), (300, 5), (1,)),
        (nn.Dropout2d(0.5), (30, 20, 3, 2), (2, 3)),
        (nn.Dropout3d(0.5), (30, 20, 3, 2, 2), (2, 3, 4)),
        (nn.Dropout3d(0.5), (300, 3, 2, 2), (1, 2, 3)),
        (nn.FeatureAlphaDropout(0.5), (30, 20, 3, 2), (2, 3)),
        (nn.FeatureAlphaDropout(0.5), (30, 20), ()),
    ],
)
def test_channels_are_dropped_whole(layer: Any, shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    layer.rng = np.random.default_rng(0)
    x = Tensor(np.ones(shape), requires_grad=True)
    y = layer(x)
    y.sum().backward()
    assert len(np.unique(y.numpy())) == len(np.unique(x.grad.numpy())) == 2
    dropped = x.grad.numpy() == 0
    assert (dropped == (y.numpy() == y.numpy().min())).all()
    assert (dropped.all(axis=axes) == dropped.any(axis=axes)).all()
    assert 0.4 < dropped.mean() < 0.6
    if not isinstance(layer, nn.FeatureAlphaDropout):
        assert set(np.unique(y.numpy())) == {0, 2}


@pytest.mark.parametrize("p", [0.1, 0.5])
@pytest.mark.parametrize(("function", "shape"), [(F.alpha_dropout, (N,)), (F.feature_alpha_dropout, (200, N // 200))])
def test_alpha_dropout_keeps_mean_and_variance(
    function: Any, shape: tuple[int, ...], p: float, rng: np.random.Generator
) -> None:
    y = function(rng.normal(size=shape), p, training=True, rng=rng)
    assert abs(y.mean()) < 0.02
    assert abs(y.std() - 1) < 0.02


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["alpha_dropout", "feature_alpha_dropout"])
def test_alpha_dropout_takes_two_values_of_pytorchs(name: str, rng: np.random.Generator) -> None:
    """Of a constant input there are two results, the kept and the dropped; PyTorch's are the same two."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    x = np.full((20, 10), 0.7)
    ours = np.unique(getattr(F, name)(x, 0.3, True, rng=rng).round(10))
    theirs = np.unique(getattr(torch.nn.functional, name)(torch.tensor(x), 0.3, True).numpy().round(10))
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_the_seed_repeats_the_masks() -> None:
    layer, x = nn.Dropout(0.5), np.ones(50)
    results = []
    for _ in range(2):
        autograd.seed(3)
        results.append([layer(x), layer(x)])
    np.testing.assert_array_equal(results[0], results[1])
    assert not np.array_equal(results[0][0], results[0][1])
    a, b = (nn.Dropout(0.5, rng=np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(a(x), b(x))
    autograd.seed()


def test_second_derivatives_pass_through(rng: np.random.Generator) -> None:
    x = Tensor(np.array([1.0, 2.0, 3.0]), requires_grad=True)
    (F.dropout(x, 0.5, rng=np.random.default_rng(3)) ** 3).sum().backward(create_graph=True)
    first = x.grad
    assert first is not None
    x.grad = None
    first.sum().backward()
    assert x.grad is not None
    mask = F.dropout(np.ones(3), 0.5, rng=np.random.default_rng(3))
    np.testing.assert_allclose(x.grad.numpy(), 6 * x.numpy() * mask**3)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan"), "0.5", True, None])
@pytest.mark.parametrize(
    "make",
    [
        nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout,
        lambda p: F.dropout(np.ones(3), p), lambda p: F.feature_alpha_dropout(np.ones(3), p),
    ],
)  # fmt: skip
def test_p_outside_0_to_1_is_refused(make: Any, p: Any) -> None:
    with pytest.raises(ArgumentError, match="p must be a number from 0 to 1; got"):
        make(p)


def test_wrong_inputs_are_refused() -> None:
    with pytest.raises(DTypeError, match="float32"):
        F.dropout(np.ones(3, int))
    with pytest.raises(ShapeError, match=r"3 or 4 dimensions; got shape \(2, 3\)"):
        F.dropout2d(np.ones((2, 3)))
    with pytest.raises(ShapeError, match=r"2 or 3 dimensions"):
        F.dropout1d(np.ones(3))
    with pytest.raises(ShapeError, match=r"dropout3d expects input of 4 or 5 dimensions"):
        F.dropout3d(np.ones((2, 3, 4)))
    with pytest.raises(ShapeError, match=r"feature_alpha_dropout expects .*\(N, C, \*\); got \(3,\)"):
        F.feature_alpha_dropout(np.ones(3), training=True)
    with pytest.raises(ArgumentError, match="Generator"):
        nn.Dropout(0.5, rng=3)  # type: ignore[arg-type]
