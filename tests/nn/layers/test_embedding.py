"""Embedding, one_hot and Bilinear beyond their tables: padding, frequency, norms, large tables, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.engine.gradients import gradients
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn import functional as F


def gradient_of(indices: Any, rows: int, width: int, g: Any, dtype: Any = np.float64, **options: Any) -> Any:
    weight = Tensor(np.ones((rows, width), dtype), requires_grad=True)
    F.embedding(indices, weight, **options).backward(g)
    return weight.grad.numpy()


@pytest.mark.parametrize(
    ("rows", "width", "count"), [(5, 3, 20), (5, 1, 8), (400, 32, 2000), (3, 64, 600), (2000, 4, 3)]
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_gradient_is_the_sum_over_all_places(
    rows: int, width: int, count: int, dtype: Any, rng: np.random.Generator
) -> None:
    indices, g = rng.integers(0, rows, count), rng.normal(size=(count, width)).astype(dtype)
    expected = np.zeros((rows, width))
    np.add.at(expected, indices, g.astype(np.float64))
    found = gradient_of(indices, rows, width, g, dtype)
    assert found.dtype == dtype
    np.testing.assert_allclose(
        found, expected, rtol=1e-2 if dtype is np.float16 else 1e-4, atol=2e-2 if dtype is np.float16 else 1e-4
    )


def test_many_small_terms_add_up_in_float16() -> None:
    """In float16, where 1024 + 0.25 is 1024, the sum of 8192 quarters would stop at 512."""
    assert (gradient_of(np.zeros(8192, int), 2, 1, np.full((8192, 1), 0.25, np.float16), np.float16)[0] == 2048).all()


def test_padding_gets_no_gradient() -> None:
    indices, g = np.array([0, 2, 2, 1]), np.ones((4, 2))
    for padding in (2, -1):
        np.testing.assert_array_equal(gradient_of(indices, 3, 2, g, padding_idx=padding), [[1, 1], [1, 1], [0, 0]])
    g[1] = np.nan  # not even an undefined one
    np.testing.assert_array_equal(gradient_of(indices, 3, 2, g, padding_idx=2)[2], [0, 0])
    words = nn.Embedding(5, 3, padding_idx=-2)
    assert words.padding_idx == 3
    assert (words.weight.numpy()[3] == 0).all()
    assert (words.weight.numpy()[:3] != 0).all()


def test_frequent_rows_share() -> None:
    np.testing.assert_array_equal(
        gradient_of(np.array([[0, 2], [2, 2]]), 3, 1, np.array([[[3.0], [1]], [[2], [6]]]), scale_grad_by_freq=True),
        [[3], [0], [3]],
    )


def test_second_derivative_goes_through_the_lookup(rng: np.random.Generator) -> None:
    weight = Tensor(rng.normal(size=(4, 2)), requires_grad=True)
    rows = F.embedding(np.array([1, 1, 3]), weight, padding_idx=3, scale_grad_by_freq=True)
    (first,) = gradients((rows**3).sum(), [weight], create_graph=True)
    (second,) = gradients(first.sum(), [weight])
    expected = np.zeros((4, 2))
    expected[1] = 6 * weight.numpy()[1] / 2 * 2 / 2  # 6w at each of two places, each halved twice
    np.testing.assert_allclose(second.numpy()[1], expected[1])
    assert (second.numpy()[[0, 2, 3]] == 0).all()


def test_indices_may_change_before_backward() -> None:
    weight, indices = Tensor(np.ones((3, 1)), requires_grad=True), np.array([0, 0])
    y = F.embedding(indices, weight)
    indices[:] = 2
    y.sum().backward()
    np.testing.assert_array_equal(weight.grad.numpy(), [[2], [0], [0]])


@pytest.mark.parametrize(
    "indices", [3, np.array([], int), [], [[1]], np.array([1], np.uint8), Tensor(np.array([1, 2]))]
)
def test_shapes(indices: Any) -> None:
    words = nn.Embedding(4, 2)
    assert words(indices).shape == (*np.shape(indices), 2)
    assert isinstance(F.embedding(indices, np.ones((4, 2))), np.ndarray)


def test_max_norm_shortens_what_is_looked_up() -> None:
    table = np.array([[3.0, 4.0], [6.0, 8.0], [0.3, 0.4]])
    words = nn.Embedding.from_pretrained(table, freeze=False, max_norm=1.0)
    y = words([0, 2, 0])
    np.testing.assert_allclose(y.numpy(), [[0.6, 0.8], [0.3, 0.4], [0.6, 0.8]], rtol=1e-6)
    np.testing.assert_allclose(words.weight.numpy(), [[0.6, 0.8], [6, 8], [0.3, 0.4]], rtol=1e-6)
    assert table[0, 0] == 3  # the table was copied
    y.sum().backward()
    np.testing.assert_array_equal(words.weight.grad.numpy(), [[2, 2], [0, 0], [1, 1]])
    with pytest.raises(ArgumentError, match="must be a parameter"):
        F.embedding([0], words.weight * 2, max_norm=1.0)


def test_from_pretrained() -> None:
    table = np.arange(6.0, dtype=np.float32).reshape(3, 2)
    words = nn.Embedding.from_pretrained(table, padding_idx=-1)
    assert not words.weight.requires_grad
    assert words.weight.dtype == np.float32
    assert words.padding_idx == 2
    np.testing.assert_array_equal(words.weight.numpy(), table)  # the row of padding stays as given
    assert nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad
    with pytest.raises(ShapeError, match=r"got \(3,\)"):
        nn.Embedding.from_pretrained(np.ones(3))


def test_first_values_are_standard_normal() -> None:
    values = nn.Embedding(400, 50, rng=np.random.default_rng(0)).weight.numpy()
    assert abs(values.mean()) < 0.02
    assert abs(values.std() - 1) < 0.02


def test_errors_of_embedding() -> None:
    words = nn.Embedding(4, 2)
    with pytest.raises(ArgumentError, match=r"4 rows expects indices in 0 … 3; got 0 … 4"):
        words([0, 4])
    with pytest.raises(ArgumentError, match="got -1"):
        words([-1, 2])
    with pytest.raises(DTypeError, match=r"float64.*astype\(int\)"):
        words([0.0])
    with pytest.raises(DTypeError, match="bool"):
        words(np.array([True]))
    for wrong in (4, -5, 1.0, True):
        with pytest.raises(ArgumentError, match="padding_idx"):
            nn.Embedding(4, 2, padding_idx=wrong)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="sparse"):
        nn.Embedding(4, 2, sparse=True)
    with pytest.raises(ArgumentError, match="max_norm"):
        nn.Embedding(4, 2, max_norm=-1.0)
    with pytest.raises(ShapeError, match=r"_weight must have shape \(4, 2\); got \(2, 4\)"):
        nn.Embedding(4, 2, _weight=np.ones((2, 4)))
    with pytest.raises(ArgumentError, match="num_embeddings must be a positive integer; got 0"):
        nn.Embedding(0, 2)
    with pytest.raises(ShapeError, match="num_embeddings, embedding_dim"):
        F.embedding([0], np.ones(3))


def test_repr_says_what_is_not_default() -> None:
    assert repr(nn.Embedding(4, 2)) == "Embedding(4, 2)"
    assert repr(nn.Embedding(4, 2, padding_idx=-1, max_norm=1.0)) == "Embedding(4, 2, padding_idx=3, max_norm=1.0)"


# one_hot


def test_one_hot() -> None:
    classes = np.array([[0, 2], [1, 1]])
    y = F.one_hot(classes, 4)
    assert y.dtype == np.int64
    np.testing.assert_array_equal(y, np.eye(4, dtype=int)[classes])
    np.testing.assert_array_equal(F.one_hot(Tensor(np.array([1]))), [[0, 1]])
    assert F.one_hot(np.array(2)).tolist() == [0, 0, 1]
    assert F.one_hot(np.empty((2, 0), int), 3).shape == (2, 0, 3)
    for wrong, count, message in (
        ([3], 3, r"0 … 2; got 3"),
        ([-1], -1, "got -1|got 0"),
        ([], -1, "num_classes="),
        ([0], 0, "at least 1"),
    ):
        with pytest.raises(ArgumentError, match=message):
            F.one_hot(np.array(wrong, int), count)
    with pytest.raises(DTypeError, match="float64"):
        F.one_hot(np.array([0.5]))


# Bilinear


def test_bilinear_formula(rng: np.random.Generator) -> None:
    x1, x2, w, b = (rng.normal(size=shape) for shape in ((2, 5, 3), (2, 5, 4), (6, 3, 4), (6,)))
    expected = np.einsum("...i,oij,...j->...o", x1, w, x2)
    np.testing.assert_allclose(F.bilinear(x1, x2, w), expected)
    np.testing.assert_allclose(F.bilinear(x1, x2, w, b), expected + b)
    np.testing.assert_allclose(F.bilinear(x1[0, 0], x2[0, 0], w, b), (expected + b)[0, 0])


def test_errors_of_bilinear() -> None:
    layer = nn.Bilinear(3, 4, 2)
    assert np.abs(layer.weight.numpy()).max() <= 3**-0.5
    for shapes in (((5, 4), (5, 4)), ((5, 3), (4, 4)), ((5, 3), (4,)), ((), (4,))):
        with pytest.raises(ShapeError, match=r"\(\*, 3\) and \(\*, 4\)"):
            layer(*(np.ones(shape) for shape in shapes))
    with pytest.raises(ArgumentError, match="in2_features"):
        nn.Bilinear(3, 0, 2)
