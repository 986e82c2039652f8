"""Margins of several classes, soft margins, triplets with a distance, and distances, beyond the tables of cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor, gradcheck
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, DTypeError, ShapeError


def gradient(loss: Callable[..., Any], x: Any, *rest: Any, **options: Any) -> np.ndarray:
    leaf = Tensor(x, requires_grad=True)
    loss(leaf, *rest, **options).sum().backward()
    return raw(leaf.grad)  # type: ignore[no-any-return]


# Against the definitions, class by class


@pytest.mark.parametrize("p", [1, 2])
def test_multi_margin_by_its_definition(p: int, rng: np.random.Generator) -> None:
    x, t, w = rng.normal(size=(6, 4)), rng.integers(0, 4, 6), np.array([1.0, 0.5, -2.0, 0.0])
    expected = [
        sum(w[k] * max(0.0, 0.7 - row[k] + row[c]) ** p for c in range(4) if c != k) / 4
        for row, k in zip(x, t, strict=True)
    ]
    np.testing.assert_allclose(F.multi_margin_loss(x, t, p, 0.7, w, reduction="none"), expected, atol=1e-15)


def test_multilabel_margin_by_its_definition(rng: np.random.Generator) -> None:
    x = rng.normal(size=(5, 4))
    target = np.array([[2, 0, -1, 3], [-1, 1, 1, 1], [0, 1, 2, 3], [3, 3, -1, -1], [1, -1, -1, -1]])
    for row, listed, loss in zip(x, target, F.multilabel_margin_loss(x, target, reduction="none"), strict=True):
        labels = listed[: [*listed, -1].index(-1)].tolist()
        pairs = [(t, c) for t in labels for c in range(4) if c not in labels]
        assert loss == pytest.approx(sum(max(0.0, 1 - row[t] + row[c]) for t, c in pairs) / 4)


def test_at_the_margin_the_slope_is_zero() -> None:
    x = np.array([[1.0, 0.0, -3.0]])
    assert not gradient(F.multi_margin_loss, x, np.array([0])).any()
    assert not gradient(F.multi_margin_loss, x, np.array([0]), p=2).any()
    assert not gradient(F.multilabel_margin_loss, x, np.array([[0, -1, -1]])).any()


def test_losses_of_one_example() -> None:
    x = np.array([3.0, 1.0, 2.5])
    for target, shape in ((np.array(0), ()), (0, ()), (np.array([0]), (1,))):
        assert np.shape(F.multi_margin_loss(x, target, reduction="none")) == shape
    assert np.shape(F.multilabel_margin_loss(x, np.array([0, -1, -1]), reduction="none")) == ()
    assert np.shape(F.multilabel_soft_margin_loss(x, [1, 0, 1], reduction="none")) == ()


def test_targets_of_any_integer_dtype_may_be_overwritten(rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 3))
    for loss, target in ((F.multi_margin_loss, [2, 0]), (F.multilabel_margin_loss, [[2, 0, -1], [1, -1, -1]])):
        expected = gradient(loss, x, np.array(target))
        for dtype in ("i1", ">i4", "<i8"):
            given = np.array(target, dtype)
            leaf = Tensor(x, requires_grad=True)
            out = loss(leaf, given)
            given[...] = 0
            out.backward(create_graph=True)
            np.testing.assert_allclose(raw(leaf.grad), expected, rtol=1e-12)


def test_soft_margins_are_binary_cross_entropies(rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(4, 3)), rng.integers(0, 2, (4, 3))
    expected = F.binary_cross_entropy_with_logits(x, y, reduction="none")
    np.testing.assert_allclose(F.soft_margin_loss(x, 2 * y - 1, reduction="none"), expected, rtol=1e-12)
    np.testing.assert_allclose(F.multilabel_soft_margin_loss(x, y, reduction="none"), expected.mean(1), rtol=1e-12)
    assert F.soft_margin_loss(np.array([-1e4, 1e4], np.float32), [1, 1], reduction="none").tolist() == [1e4, 0]
    assert np.any(gradient(lambda y: F.multilabel_soft_margin_loss(x, y), y.astype(float)))


def test_a_distance_with_parameters_learns(rng: np.random.Generator) -> None:
    class Stretched(nn.Module):
        def __init__(self) -> None:
            self.weight = nn.Parameter(np.array([1.0, 2.0, 0.5]))

        def forward(self, x1: Any, x2: Any) -> Any:
            return F.pairwise_distance(x1 * self.weight, x2 * self.weight)

    loss = nn.TripletMarginWithDistanceLoss(distance_function=Stretched(), margin=5.0, swap=True)
    assert [name for name, _ in loss.named_parameters()] == ["distance_function.weight"]
    loss(*(rng.normal(size=(4, 3)) for _ in range(3))).backward()
    assert loss.distance_function.weight.grad is not None
    plain = nn.TripletMarginWithDistanceLoss(margin=2.0)
    triplet = [rng.normal(size=(4, 3)) for _ in range(3)]
    assert float(plain(*triplet)) == float(F.triplet_margin_loss(*triplet, margin=2.0))


# Distances


def test_cosine_of_vectors_of_zeros_and_of_short_ones() -> None:
    zero, x = np.zeros((1, 2)), np.array([[3.0, 4.0]])
    assert F.cosine_similarity(zero, x).tolist() == [0]
    np.testing.assert_allclose(gradient(F.cosine_similarity, zero, x), [[0.6e8, 0.8e8]])
    short = np.array([[3e-10, 4e-10]])
    assert F.cosine_similarity(short, x) == pytest.approx([0.05])
    assert gradcheck(lambda a: F.cosine_similarity(a, x, eps=10.0), x)
    assert F.cosine_similarity(np.float16(x), np.float16(x)).dtype == np.float16
    assert F.cosine_similarity(zero.astype(np.float16), np.float16(x)).tolist() == [0]


def test_shapes_of_distances() -> None:
    x = np.ones((2, 3))
    assert F.cosine_similarity(x, np.ones(3), dim=-1).shape == (2,)
    assert F.cosine_similarity(x[:, None], np.ones((4, 3)), dim=2).shape == (2, 4)
    assert np.shape(F.cosine_similarity(2.0, 3.0, dim=0)) == ()
    assert float(F.pairwise_distance(2.0, 5.0, eps=0)) == 3
    assert F.cosine_similarity(np.ones((0, 3)), np.ones((0, 3))).shape == (0,)
    assert F.pairwise_distance(np.ones((0, 3)), np.ones(3)).shape == (0,)
    assert F.pairwise_distance(x, np.ones(3), p=np.inf, keepdim=True).shape == (2, 1)


ROWS, LISTS = np.ones((2, 3)), np.array([[0, -1, -1], [1, 2, -1]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.multi_margin_loss(ROWS, [0, 3]), ArgumentError, "0 … 2; got 0 … 3"),
        (lambda: F.multi_margin_loss(ROWS, [0, -1]), ArgumentError, "0 … 2; got -1 … 0"),
        (lambda: F.multi_margin_loss(ROWS, [0.0, 1.0]), DTypeError, "integer class numbers"),
        (lambda: F.multi_margin_loss(ROWS, [0]), ShapeError, r"shape \(2,\), a class number a row; got \(1,\)"),
        (lambda: F.multi_margin_loss(ROWS, 0), ShapeError, r"got \(\)"),
        (lambda: F.multi_margin_loss(ROWS[None], [[0, 1]]), ShapeError, r"\(N, C\) or \(C,\)"),
        (lambda: F.multi_margin_loss(ROWS[:, :0], [0, 0]), ShapeError, "C > 0"),
        (lambda: F.multi_margin_loss(ROWS, [0, 1], p=3), ArgumentError, "p must be 1 or 2; got 3"),
        (lambda: F.multi_margin_loss(ROWS, [0, 1], weight=[1.0, 2.0]), ShapeError, r"a class, of shape \(3,\)"),
        (lambda: F.multi_margin_loss(ROWS, [0, 1], reduction="average"), ArgumentError, "reduction"),
        (lambda: F.multilabel_margin_loss(ROWS, LISTS[:1]), ShapeError, r"the input's shape \(2, 3\); got \(1, 3\)"),
        (lambda: F.multilabel_margin_loss(ROWS, LISTS + 1), ArgumentError, "0 … 2, and -1 behind the last"),
        (lambda: F.multilabel_margin_loss(ROWS, LISTS - 1), ArgumentError, "got -2 … 1"),
        (lambda: F.multilabel_margin_loss(ROWS, LISTS * 1.0), DTypeError, "integer class numbers"),
        (lambda: F.multilabel_margin_loss(ROWS[:, :0], LISTS[:, :0]), ShapeError, "C > 0"),
        (lambda: F.soft_margin_loss(ROWS, ROWS * 0), ArgumentError, "target of 1 and -1; got 0"),
        (lambda: F.soft_margin_loss(ROWS, ROWS[0]), ShapeError, "one shape"),
        (lambda: F.multilabel_soft_margin_loss(ROWS, ROWS[0]), ShapeError, "one shape"),
        (lambda: F.multilabel_soft_margin_loss(1.0, 1.0), ShapeError, r"input \(\*, C\)"),
        (lambda: F.triplet_margin_with_distance_loss(ROWS, ROWS[0], ROWS), ShapeError, "as many axes as each other"),
        (lambda: F.triplet_margin_with_distance_loss(ROWS, ROWS, ROWS, margin=0), ArgumentError, "margin"),
        (lambda: nn.TripletMarginWithDistanceLoss(distance_function="cosine"), ArgumentError, "function of two arrays"),
        (lambda: nn.MultiMarginLoss(p=0), ArgumentError, "p must be 1 or 2"),
        (lambda: F.cosine_similarity(ROWS, np.ones(2)), ShapeError, "that broadcast"),
        (lambda: F.cosine_similarity(ROWS, ROWS, dim=2), ShapeError, "dim=2"),
        (lambda: F.cosine_similarity(ROWS[0], ROWS[0]), ShapeError, "dim=1"),
        (lambda: F.cosine_similarity(ROWS * 1j, ROWS), DTypeError, "real numbers; got complex128"),
        (lambda: F.pairwise_distance(ROWS, np.ones(2)), ShapeError, "that broadcast"),
        (lambda: nn.PairwiseDistance(p="2"), ArgumentError, "p must be a number"),
    ],
)  # fmt: skip
def test_refused(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_repr_shows_what_differs_from_the_default() -> None:
    assert repr(nn.MultiMarginLoss(2, 0.5)) == "MultiMarginLoss(p=2, margin=0.5)"
    assert repr(nn.MultiLabelMarginLoss(reduction="sum")) == "MultiLabelMarginLoss(reduction='sum')"
    assert repr(nn.SoftMarginLoss()) == "SoftMarginLoss()"
    assert repr(nn.PairwiseDistance()) == "PairwiseDistance()"
    assert repr(nn.PairwiseDistance(1.0, keepdim=True)) == "PairwiseDistance(p=1.0, keepdim=True)"
    assert repr(nn.CosineSimilarity(dim=0)) == "CosineSimilarity(dim=0)"
    assert "PairwiseDistance()" in repr(nn.TripletMarginWithDistanceLoss())
