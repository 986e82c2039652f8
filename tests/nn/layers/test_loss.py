"""Losses beyond the tables of cases: exact gradients, extreme values, kinds of targets, and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, gradcheck, gradgradcheck
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn import functional as F

LAST_DIGITS = {"rtol": 4e-16, "atol": 2e-17}


def gradient(loss: Callable[..., Any], x: Any, *rest: Any, **options: Any) -> np.ndarray:
    leaf = Tensor(x, requires_grad=True)
    loss(leaf, *rest, **options).backward()
    found: np.ndarray = leaf.grad.numpy()
    return found


# The gradient of the output layer: h - y


@pytest.mark.parametrize("n", [1, 3, 7, 64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_and_cross_entropy_have_the_gradient_h_minus_y(n: int, dtype: Any, rng: np.random.Generator) -> None:
    x, y = rng.normal(0, 3, (n, 1)).astype(dtype), rng.integers(0, 2, (n, 1))
    e = np.exp(-np.abs(x))
    h = np.where(x < 0, e, 1) / (1 + e)
    assert np.array_equal(gradient(F.binary_cross_entropy_with_logits, x, y), ((h - y.astype(dtype)) / dtype(n)))
    assert np.array_equal(gradient(F.binary_cross_entropy_with_logits, x, y, reduction="sum"), h - y.astype(dtype))
    np.testing.assert_allclose(h, F.sigmoid(x), rtol=3 * np.finfo(dtype).eps)


@pytest.mark.parametrize("n", [1, 3, 7, 64])
def test_softmax_and_cross_entropy_have_the_gradient_h_minus_y(n: int, rng: np.random.Generator) -> None:
    x, target = rng.normal(0, 3, (n, 4)), rng.integers(0, 4, n)
    y = np.eye(4)[target]
    expected = (F.softmax(x, -1) - y) / n
    np.testing.assert_allclose(gradient(F.cross_entropy, x, target), expected, **LAST_DIGITS)
    np.testing.assert_allclose(gradient(F.cross_entropy, x, y), expected, **LAST_DIGITS)
    np.testing.assert_allclose(gradient(F.cross_entropy, x, y.astype(bool)), expected, **LAST_DIGITS)
    np.testing.assert_allclose(gradient(F.cross_entropy, x, target, np.ones(4)), expected, **LAST_DIGITS)
    np.testing.assert_allclose(
        gradient(F.cross_entropy, x, target, reduction="sum"), F.softmax(x, -1) - y, **LAST_DIGITS
    )


def test_half_the_squared_error_has_the_gradient_h_minus_y(rng: np.random.Generator) -> None:
    h, y = rng.normal(size=(7, 3)), rng.normal(size=(7, 3))
    assert np.array_equal(gradient(nn.HalfMSELoss(), h, y), (h - y) / 21)
    assert np.array_equal(gradient(nn.HalfMSELoss(reduction="sum"), h, y), h - y)
    assert float(nn.HalfMSELoss()(h, y)) == pytest.approx(float(nn.MSELoss()(h, y)) / 2)


def test_logits_of_ten_thousand_do_no_harm() -> None:
    x = np.array([1e4, -1e4, 1e4, -1e4])
    y = np.array([1, 0, 0, 1])
    assert F.binary_cross_entropy_with_logits(x, y, reduction="none").tolist() == [0, 0, 1e4, 1e4]
    assert gradient(F.binary_cross_entropy_with_logits, x, y, reduction="sum").tolist() == [0, 0, 1, -1]
    assert gradient(F.binary_cross_entropy_with_logits, x, y, reduction="sum", pos_weight=[3.0]).tolist() == [
        0,
        0,
        1,
        -3,
    ]
    logits = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 0]])
    for target, options in ((np.array([1, 1]), {"weight": np.ones(3)}), (np.eye(3)[[1, 1]], {})):
        assert F.cross_entropy(logits, target, reduction="none", **options).tolist() == [2e4, 0]
        assert gradient(F.cross_entropy, logits, target, reduction="sum", **options).tolist() == [[1, -1, 0], [0, 0, 0]]
    smooth = F.cross_entropy(logits, np.array([0, 1]), label_smoothing=0.3)
    assert float(smooth) == pytest.approx(0.1 * (1e4 + 2e4))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_extreme_logits_in_low_precision(dtype: Any) -> None:
    x = np.array([[1e4], [-1e4]], dtype)
    assert F.binary_cross_entropy_with_logits(x, np.array([[0], [0]])).dtype == dtype
    assert float(F.binary_cross_entropy_with_logits(x, np.array([[0], [0]]))) == 5e3
    wide = np.zeros((3, 70_000), np.float16)
    assert float(F.cross_entropy(wide, np.zeros(3, int), np.ones(70_000))) == pytest.approx(np.log(70_000), rel=1e-3)
    assert (
        float(F.mse_loss(np.full(70_000, 200, np.float16), np.zeros(70_000))) == 40_000
    )  # float16 cannot hold the sum


def test_masked_classes_have_logits_of_minus_infinity() -> None:
    x = np.array([[0.0, -np.inf, 0.0]])
    y = np.array([[0.5, 0.0, 0.5]])
    assert float(F.cross_entropy(x, y)) == pytest.approx(np.log(2))
    assert gradient(F.cross_entropy, x, y).tolist() == [[0, 0, 0]]
    assert gradient(F.cross_entropy, x, np.array([0]), np.ones(3)).tolist() == [[-0.5, 0, 0.5]]
    assert float(F.nll_loss(np.array([[0.0, -np.inf]]), np.array([1]), ignore_index=1, reduction="sum")) == 0


# Kinds of targets


def test_integer_and_boolean_targets_are_taken_as_numbers(rng: np.random.Generator) -> None:
    h, y = rng.uniform(0.1, 0.9, 4).astype(np.float32), np.array([0, 1, 1, 0])
    for loss in (F.mse_loss, F.half_mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss, F.binary_cross_entropy,
                 F.binary_cross_entropy_with_logits, F.poisson_nll_loss):  # fmt: skip
        expected = loss(h, y.astype(np.float32))
        assert expected.dtype == np.float32
        for given in (y, y.astype(bool), y.astype(np.uint8), y.astype(np.float64), Tensor(y), y.tolist()):
            found = loss(h, given)
            assert getattr(found, "dtype", None) == np.float32, loss.__name__
            assert float(found) == float(expected), loss.__name__


def test_one_hot_integers_are_probabilities(rng: np.random.Generator) -> None:
    x = rng.normal(size=(3, 4))
    assert float(F.cross_entropy(x, np.eye(4, dtype=int)[[2, 0, 1]])) == pytest.approx(
        float(F.cross_entropy(x, np.array([2, 0, 1])))
    )


def test_a_target_may_be_overwritten_before_the_sweep(rng: np.random.Generator) -> None:
    x = rng.normal(size=(3, 4))
    for loss, target in (
        (F.cross_entropy, np.array([0, 1, 2])),
        (F.cross_entropy, np.full((3, 4), 0.25)),
        (F.binary_cross_entropy_with_logits, np.ones((3, 4))),
        (F.mse_loss, np.ones((3, 4))),
    ):
        leaf = Tensor(x, requires_grad=True)
        out = loss(leaf, target, reduction="sum")
        expected = gradient(loss, x, target.copy(), reduction="sum")
        target[...] = 0
        out.backward(create_graph=True)
        np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=1e-12)


def test_gradients_flow_to_targets(rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(3, 4)), rng.uniform(0.1, 0.9, (3, 4))
    h = rng.uniform(0.1, 0.9, (3, 4))
    for loss, first in ((F.cross_entropy, x), (F.binary_cross_entropy_with_logits, x), (F.binary_cross_entropy, h),
                        (F.kl_div, np.log(h)), (F.mse_loss, x), (F.l1_loss, x), (F.huber_loss, x)):  # fmt: skip
        leaf = Tensor(y, requires_grad=True)
        loss(first, leaf).backward()
        assert np.any(leaf.grad.numpy()), loss.__name__


def test_plain_in_plain_out(rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(3, 4)), rng.integers(0, 4, 3)
    for out in (
        F.cross_entropy(x, y),
        F.cross_entropy(x, y, label_smoothing=0.1),
        F.nll_loss(x, y),
        F.mse_loss(x, x),
        F.hinge_loss(x, y),
    ):
        assert not isinstance(out, Tensor)


# Ignored and weighted


def test_ignored_positions_neither_count_nor_get_a_gradient(rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 3))
    target = np.array([0, -100, 2, -100])
    assert float(F.cross_entropy(x, target)) == pytest.approx(float(F.cross_entropy(x[[0, 2]], target[[0, 2]])))
    assert not gradient(F.cross_entropy, x, target)[[1, 3]].any()
    assert F.cross_entropy(x, target, reduction="none")[[1, 3]].tolist() == [0, 0]
    assert float(F.nll_loss(x, target)) == pytest.approx(-(x[0, 0] + x[2, 2]) / 2)
    assert float(F.cross_entropy(x, np.array([0, 1, 2, 1]), ignore_index=1)) == pytest.approx(
        float(F.cross_entropy(x, target))
    )


def test_where_all_is_ignored_the_mean_is_nan_and_the_gradient_zero(rng: np.random.Generator) -> None:
    x, target = rng.normal(size=(2, 3)), np.full(2, -100)
    assert np.isnan(F.cross_entropy(x, target))
    assert np.isnan(F.nll_loss(x, target))
    assert float(F.cross_entropy(x, target, reduction="sum")) == 0
    assert not gradient(F.cross_entropy, x, target).any()


def test_an_empty_batch(rng: np.random.Generator) -> None:
    for loss, x, y in (
        (F.mse_loss, np.empty((0, 3)), np.empty((0, 3))),
        (F.binary_cross_entropy_with_logits, np.empty((0, 3)), np.empty((0, 3))),
        (
            lambda *args, **kwargs: F.cross_entropy(*args, label_smoothing=0.1, **kwargs),
            np.empty((0, 3)),
            np.empty(0, int),
        ),
        (F.cross_entropy, np.empty((0, 3)), np.empty(0, int)),
        (F.cross_entropy, np.empty((0, 3)), np.empty((0, 3))),
    ):
        assert float(loss(x, y, reduction="sum")) == 0
        assert np.isnan(loss(x, y))
        assert gradient(loss, x, y, reduction="sum").shape == (0, 3)


def test_weights_are_part_of_the_state() -> None:
    loss = nn.CrossEntropyLoss(weight=[1, 2, 3])
    assert list(loss.state_dict()) == ["weight"]
    assert loss.weight.dtype == np.float32
    assert not list(loss.parameters())
    assert list(nn.BCEWithLogitsLoss(pos_weight=[2.0]).state_dict()) == ["pos_weight"]
    assert loss(np.zeros((2, 3)), np.array([0, 1])).dtype == np.float64  # computed in the input's


# Limits and kinks


def test_bce_clamps_its_logarithms_at_minus_100() -> None:
    assert F.binary_cross_entropy([0.0, 1.0, 0.0, 1.0], [1, 0, 0, 1], reduction="none").tolist() == [100, 100, 0, 0]
    assert gradient(F.binary_cross_entropy, np.array([0.0, 1.0, 0.0]), [1, 0, 0], reduction="sum").tolist() == [
        -1e12,
        1e12,
        0,
    ]


def test_kinks() -> None:
    zero = np.zeros(2)
    assert gradient(F.l1_loss, zero, zero).tolist() == [0, 0]
    assert gradient(F.huber_loss, zero, zero).tolist() == [0, 0]
    assert gradient(F.smooth_l1_loss, zero, zero, beta=0.0).tolist() == [0, 0]
    assert gradient(F.hinge_loss, np.array([1.0, 2.0]), np.array([1, 1])).tolist() == [0, 0]
    assert gradient(F.kl_div, np.array([-1.0, -2.0]), np.array([0.0, 1.0]), reduction="sum").tolist() == [0, -1]
    assert gradient(F.huber_loss, np.array([-2.0, 2.0]), zero, delta=2.0, reduction="sum").tolist() == [-2, 2]
    assert gradient(F.smooth_l1_loss, np.array([-2.0, 2.0]), zero, beta=2.0, reduction="sum").tolist() == [-1, 1]
    assert gradient(F.hinge_embedding_loss, np.array([1.0, 2.0]), np.array([-1, -1])).tolist() == [0, 0]
    assert gradient(F.margin_ranking_loss, zero, zero, np.array([1, -1])).tolist() == [0, 0]
    assert not gradient(
        F.triplet_margin_loss, np.zeros((1, 2)), np.array([[3.0, 0]]), np.array([[3.0, 0]]), margin=1e-30
    ).any()
    leaf = Tensor([0.0, 1.0], requires_grad=True)
    F.kl_div(np.array([-1.0, -2.0]), leaf, reduction="sum").backward()
    assert leaf.grad.tolist() == [0, 3]


def test_cosine_of_a_vector_of_zeros_is_zero() -> None:
    assert float(F.cosine_embedding_loss(np.zeros((1, 3)), np.ones((1, 3)), np.array([1]))) == 1
    assert np.isfinite(gradient(F.cosine_embedding_loss, np.zeros((1, 3)), np.ones((1, 3)), np.array([1]))).all()


def test_the_gaussian_variance_gets_its_gradient_below_eps_too() -> None:
    leaf = Tensor([0.0, 1.0], requires_grad=True)
    F.gaussian_nll_loss(np.zeros(2), np.zeros(2), leaf, eps=0.1, reduction="sum").backward()
    assert leaf.grad.tolist() == [5, 0.5]
    assert float(F.gaussian_nll_loss(np.zeros(3), np.ones(3), 0.25, full=True)) == pytest.approx(
        0.5 * (np.log(0.25) + 4) + 0.5 * np.log(2 * np.pi)
    )


# The hinge


def test_hinge_of_signs_booleans_and_zeros_and_ones() -> None:
    s = np.array([0.5, -2.0, 3.0])
    for y in (np.array([1, -1, -1]), np.array([True, False, False]), np.array([1.0, 0.0, 0.0])):
        assert F.hinge_loss(s, y, reduction="none").tolist() == [0.5, 0, 4]
    assert float(F.hinge_loss(s, np.array([1, -1, -1]), margin=0.25)) == pytest.approx(3.25 / 3)


def test_hinge_of_classes_is_that_of_scikit_learn(rng: np.random.Generator) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    scores, target = rng.normal(size=(20, 4)), np.arange(20) % 4
    assert float(F.hinge_loss(scores, target)) == pytest.approx(metrics.hinge_loss(target, scores, labels=range(4)))
    assert gradcheck(lambda s: F.hinge_loss(s, target), scores)
    tied = gradient(F.hinge_loss, np.array([[0.0, 1.0, 1.0]]), np.array([0]))
    assert tied.tolist() == [[-1, 0.5, 0.5]]


# Comparison with PyTorch beyond the table of modules


@pytest.mark.oracle
def test_functions_agree_with_pytorch(rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    x, y, w = rng.normal(size=(4, 3)), rng.normal(size=(4, 3)), rng.uniform(0.1, 1, (4, 3))
    for name in ("mse_loss", "l1_loss", "huber_loss"):
        for reduction in F.REDUCTIONS:
            ours = getattr(F, name)(x, y, reduction=reduction, weight=w)
            theirs = getattr(torch.nn.functional, name)(
                *map(torch.tensor, (x, y)), reduction=reduction, weight=torch.tensor(w)
            )
            np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-12)
    for p in (1.0, 2.0, 3.0):
        ours = F.pairwise_distance(x, y, p=p, keepdim=True)
        np.testing.assert_allclose(
            ours, torch.nn.functional.pairwise_distance(torch.tensor(x), torch.tensor(y), p, keepdim=True).numpy()
        )
    h, t = np.array([0.0, 1.0, 0.0, 1.0, 0.3]), np.array([0.0, 1.0, 1.0, 0.0, 0.5])
    leaf = torch.tensor(h, requires_grad=True)
    loss = torch.nn.functional.binary_cross_entropy(leaf, torch.tensor(t), reduction="sum")
    loss.backward()
    assert float(F.binary_cross_entropy(h, t, reduction="sum")) == pytest.approx(loss.item())
    np.testing.assert_allclose(gradient(F.binary_cross_entropy, h, t, reduction="sum"), leaf.grad.numpy())


def test_third_way_to_the_same_loss(rng: np.random.Generator) -> None:
    x, t = rng.normal(size=(5, 3, 2)), rng.integers(0, 3, (5, 2))
    log_p = F.log_softmax(x, 1)
    assert float(F.nll_loss(log_p, t)) == pytest.approx(float(F.cross_entropy(x, t)))
    assert gradgradcheck(lambda x: F.cross_entropy(x, t, label_smoothing=0.2), x)


# What is refused


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.mse_loss(np.ones((4, 1)), np.ones(4)), ShapeError, r"one shape; got \(4, 1\) and \(4,\)"),
        (lambda: F.binary_cross_entropy_with_logits(np.ones((4, 1)), np.ones(4)), ShapeError, "one shape"),
        (lambda: F.huber_loss(np.ones(4), np.ones(1)), ShapeError, "one shape"),
        (lambda: F.kl_div(np.ones(4), np.ones(1)), ShapeError, "one shape"),
        (lambda: F.smooth_l1_loss(np.ones(4, complex), np.ones(4)), DTypeError, "real numbers; got complex128"),
        (lambda: F.mse_loss(np.ones(1), np.array(["a"])), DTypeError, "target of numbers"),
        (
            lambda: F.mse_loss(np.ones(3), np.ones(3), weight=np.ones(2)),
            ShapeError, r"input's shape \(3,\); got \(2,\)",
        ),
        (lambda: F.mse_loss(np.ones(3), np.ones(3), weight=np.zeros(3)), ArgumentError, "sum to 0"),
        (lambda: F.mse_loss(np.ones(3), np.ones(3), reduction="average"), ArgumentError, "reduction must be one of"),
        (
            lambda: F.cross_entropy(np.ones((2, 3)), np.array([0, 3]), np.ones(3)),
            ArgumentError, "0 … 2 or be ignore_index .*got 0 … 3",
        ),
        (lambda: F.cross_entropy(np.ones((2, 3)), np.array([0, -1]), label_smoothing=0.1), ArgumentError, "got -1 … 0"),
        (lambda: F.cross_entropy(np.ones((2, 3)), np.array([-100, 7])), ArgumentError, "got 7 … 7"),
        (
            lambda: F.cross_entropy(np.ones((2, 3)), np.array([0, 1]), np.ones(2)),
            ShapeError, r"a class, of shape \(3,\); got \(2,\)",
        ),
        (lambda: F.cross_entropy(np.ones((2, 3, 4)), np.zeros(2, int)), ShapeError, r"shape \(2, 4\)"),
        (lambda: F.cross_entropy(np.ones((2, 3, 4)), np.zeros((2, 4))), DTypeError, "integer class numbers"),
        (
            lambda: F.cross_entropy(np.ones((2, 3)), np.array([0, 1]), label_smoothing=1.5),
            ArgumentError, r"\[0, 1\]; got 1.5",
        ),
        (lambda: F.cross_entropy(np.float64(1), np.array(0)), ShapeError, r"\(N, C\)"),
        (lambda: F.nll_loss(np.ones((2, 3)), np.array([0.0, 1.0])), DTypeError, "integer class numbers"),
        (lambda: F.binary_cross_entropy([1.5], [1]), ArgumentError, r"\[0, 1\]; got 1.5 … 1.5.*with_logits"),
        (lambda: F.binary_cross_entropy([np.nan], [1]), ArgumentError, "nan"),
        (
            lambda: F.binary_cross_entropy([0.5], [1], np.ones(3)),
            ShapeError, r"weight must broadcast to .* \(1,\); got \(3,\)",
        ),
        (
            lambda: F.binary_cross_entropy_with_logits(np.ones((2, 3)), np.ones((2, 3)), pos_weight=np.ones(2)),
            ShapeError, "pos_weight",
        ),
        (lambda: F.kl_div([0.0], [1], reduction="average"), ArgumentError, "batchmean"),
        (lambda: F.gaussian_nll_loss([0.0], [0.0], [-1.0]), ArgumentError, "variances >= 0; got -1.0"),
        (lambda: F.gaussian_nll_loss(np.ones((2, 3)), np.ones((2, 3)), np.ones(3)), ShapeError, "var must have"),
        (lambda: F.gaussian_nll_loss(np.ones((2, 1)), np.ones((2, 1)), np.ones((2, 3))), ShapeError, "var must have"),
        (lambda: F.gaussian_nll_loss(np.ones((1, 4)), np.ones((1, 4)), np.ones((1, 3))), ShapeError, "var must have"),
        (lambda: F.hinge_loss(np.ones(3), np.array([-1, 0, 1])), ArgumentError, "target of 1 and -1; got 0"),
        (lambda: F.hinge_loss(np.ones((3, 2)), np.array([0, 1, 2])), ArgumentError, "0 … 1; got 0 … 2"),
        (lambda: F.hinge_loss(np.ones((3, 1)), np.array([0, 0, 0])), ShapeError, "two classes"),
        (lambda: F.hinge_embedding_loss(np.ones(2), np.array([0, 1])), ArgumentError, "2 . target - 1"),
        (lambda: F.margin_ranking_loss(np.ones(2), np.ones(2), np.ones(1)), ShapeError, "one shape"),
        (lambda: F.cosine_embedding_loss(np.ones((2, 3)), np.ones((2, 3)), np.ones(3)), ShapeError, r"\(N, D\)"),
        (lambda: F.triplet_margin_loss(np.ones((2, 3)), np.ones((2, 3)), np.ones(3)), ShapeError, "one shape"),
        (lambda: nn.HuberLoss(delta=0), ArgumentError, "delta must be a number > 0; got 0"),
        (lambda: nn.SmoothL1Loss(beta=-1), ArgumentError, "beta must be a number >= 0; got -1"),
        (lambda: nn.TripletMarginLoss(margin=-1), ArgumentError, "margin"),
        (lambda: nn.CosineEmbeddingLoss(margin=2), ArgumentError, "margin"),
        (lambda: nn.GaussianNLLLoss(eps=0), ArgumentError, "eps"),
        (lambda: nn.CrossEntropyLoss(label_smoothing=-0.1), ArgumentError, "label_smoothing"),
        (lambda: F.gaussian_nll_loss(np.ones((2, 3)), np.ones(2), 1.0), ShapeError, "that broadcast"),
        (lambda: nn.KLDivLoss(reduction="average"), ArgumentError, "batchmean"),
    ],
)  # fmt: skip
def test_refused(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_repr_shows_what_differs_from_the_default() -> None:
    assert repr(nn.MSELoss(reduction="sum")) == "MSELoss(reduction='sum')"
    assert repr(nn.HuberLoss(delta=2.0)) == "HuberLoss(delta=2.0)"
    assert repr(nn.TripletMarginLoss(swap=True)) == "TripletMarginLoss(swap=True)"


def test_a_single_logit() -> None:
    for options in ({}, {"reduction": "sum"}, {"reduction": "none"}, {"weight": 2.0, "pos_weight": 3.0}):
        x = Tensor(np.float64(0.0), requires_grad=True)
        loss = F.binary_cross_entropy_with_logits(x, 1, **options)
        loss.backward()
        factor = 6 if "weight" in options else 1
        assert loss.shape == ()
        assert float(loss) == pytest.approx(factor * np.log(2))
        assert x.grad.item() == -0.5 * factor


def test_tiny_losses_keep_their_digits() -> None:
    x = np.array([20.0, 30.0], np.float32)
    expected = np.log1p(np.exp(-x.astype(np.float64)))
    np.testing.assert_allclose(F.binary_cross_entropy_with_logits(x, [1, 1], reduction="none"), expected, rtol=1e-6)
    np.testing.assert_allclose(
        gradient(F.binary_cross_entropy_with_logits, -x, [0, 0], reduction="sum"), expected, rtol=1e-6
    )


@pytest.mark.parametrize("dtype", ["i1", "u1", ">i4", "<u8", ">i8"])
def test_class_numbers_of_any_integer_dtype(dtype: str) -> None:
    logits = np.array([[2.0, 0.0, 1.0], [0.0, 3.0, 1.0]])
    expected = float(F.cross_entropy(logits, np.array([2, 0])))
    assert float(F.cross_entropy(logits, np.array([2, 0], dtype))) == expected
    with pytest.raises(ArgumentError, match="0 … 2"):
        F.cross_entropy(logits, np.array([2, 3], dtype))


def test_a_target_of_class_numbers_may_be_reused() -> None:
    logits = Tensor(np.zeros((1, 2)), requires_grad=True)
    target = np.array([1])
    loss = F.cross_entropy(logits, target)
    target[:] = 0
    loss.backward()
    assert logits.grad is not None
    assert logits.grad.tolist() == [[0.5, -0.5]]


MANY = 70_000  # more than float16 can count
NOUGHTS, ONES = np.zeros(MANY), np.ones(MANY)
IN_HALF: list[tuple[str, Any]] = [
    *[(name, lambda x, name=name: getattr(F, name)(x, NOUGHTS))
      for name in ("mse_loss", "half_mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "poisson_nll_loss",
                   "binary_cross_entropy_with_logits")],
    *[(f"{name} weighted", lambda x, name=name: getattr(F, name)(x, NOUGHTS, weight=ONES))
      for name in ("mse_loss", "l1_loss", "huber_loss")],
    ("binary_cross_entropy", lambda x: F.binary_cross_entropy(x * 0.5, NOUGHTS)),
    ("kl_div", lambda x: F.kl_div(x, ONES)),
    ("kl_div batchmean", lambda x: F.kl_div(x, ONES, reduction="batchmean")),
    ("gaussian_nll_loss", lambda x: F.gaussian_nll_loss(x, NOUGHTS, 1.0)),
    ("hinge_loss", lambda x: F.hinge_loss(x, -ONES)),
    ("hinge_embedding_loss", lambda x: F.hinge_embedding_loss(x, ONES)),
    ("margin_ranking_loss", lambda x: F.margin_ranking_loss(x, NOUGHTS.astype(x.dtype), -ONES)),
    ("nll_loss", lambda x: F.nll_loss(x[:, None], np.zeros(MANY, int))),
    ("cross_entropy", lambda x: F.cross_entropy(np.stack([x, -x], 1), np.zeros(MANY, int))),
    ("cross_entropy weighted", lambda x: F.cross_entropy(np.stack([x, -x], 1), np.zeros(MANY, int), weight=[1.0, 1])),
    ("soft_margin_loss", lambda x: F.soft_margin_loss(x, -ONES)),
    ("multi_margin_loss", lambda x: F.multi_margin_loss(np.stack([x, -x], 1), np.ones(MANY, int))),
    ("multi_margin_loss p=2", lambda x: F.multi_margin_loss(np.stack([x, -x], 1), np.ones(MANY, int), p=2)),
    ("multi_margin_loss weighted",
     lambda x: F.multi_margin_loss(np.stack([x, -x], 1), np.ones(MANY, int), weight=[1.0, 1.0])),
    ("multilabel_margin_loss",
     lambda x: F.multilabel_margin_loss(np.stack([x, -x], 1), np.stack([ONES, -ONES], 1).astype(int))),
    *[(f"multilabel_soft_margin_loss {r}",
       lambda x, r=r: F.multilabel_soft_margin_loss(x[None], NOUGHTS[None], reduction=r)) for r in ("mean", "sum")],
    ("triplet_margin_with_distance_loss",
     lambda x: F.triplet_margin_with_distance_loss(x[:, None], (NOUGHTS - 1)[:, None], (NOUGHTS + 2)[:, None])),
    ("triplet_margin_loss",
     lambda x: F.triplet_margin_loss(x[:, None], (NOUGHTS - 1)[:, None].astype(x.dtype),
                                     (NOUGHTS + 2)[:, None].astype(x.dtype))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "loss"), IN_HALF)
def test_half_precision_counts_beyond_its_range(name: str, loss: Any) -> None:
    found = []
    for dtype in (np.float16, np.float64):
        x = Tensor(np.ones(MANY, dtype), requires_grad=True)
        y = loss(x)
        assert y.dtype == dtype
        y.backward()
        found.append((float(y), float(x.grad[0])))
    assert found[0][0] == pytest.approx(found[1][0], rel=2e-3)
    assert found[0][1] == pytest.approx(found[1][1], rel=0.02)  # a subnormal number of float16


def test_ignore_index_goes_with_class_numbers_only() -> None:
    x, y = np.zeros((2, 3)), np.full((2, 3), 1 / 3)
    for loss in (nn.CrossEntropyLoss(ignore_index=1), lambda x, y: F.cross_entropy(x, y, ignore_index=0)):
        with pytest.raises(ArgumentError, match="is a class number, and the target holds probabilities"):
            loss(x, y)
    assert F.cross_entropy(x, y, ignore_index=-1) == pytest.approx(np.log(3))
