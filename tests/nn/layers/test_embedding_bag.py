"""EmbeddingBag beyond its tables: ragged bags of all kinds beside PyTorch's, the gradient of weights, errors, norms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn import functional as F

TABLE = np.random.default_rng(0).normal(size=(6, 3))
# input, offsets
BAGS: dict[str, tuple[Any, Any]] = {
    "equal": ([[1, 2], [2, 5], [0, 0]], None),
    "of one": ([[1], [2]], None),
    "ragged": ([1, 2, 2, 5, 0, 0], [0, 1, 4]),
    "empty ones": ([1, 2, 2, 5, 0, 0], [0, 0, 3, 3, 6]),
    "all empty": ([], [0, 0]),
    "equal by offsets": ([1, 2, 2, 5], [0, 2]),
}
MODES = ("sum", "mean", "max")
PADDINGS = (None, 2, -6)


def integers(values: Any) -> Any:
    return None if values is None else np.array(values, np.int64)


@pytest.mark.oracle
@pytest.mark.parametrize("padding_idx", PADDINGS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("bags", BAGS.values(), ids=list(BAGS))
def test_agrees_with_pytorch(bags: Any, mode: str, padding_idx: Any) -> None:
    torch = pytest.importorskip("torch")
    input, offsets = map(integers, bags)
    table, peer = Tensor(TABLE, requires_grad=True), torch.tensor(TABLE, requires_grad=True)
    y = F.embedding_bag(input, table, offsets, mode=mode, padding_idx=padding_idx)
    theirs = torch.nn.functional.embedding_bag(
        torch.tensor(input),
        peer,
        None if offsets is None else torch.tensor(offsets),
        mode=mode,
        padding_idx=padding_idx,
    )
    assert y.shape == tuple(theirs.shape)
    np.testing.assert_allclose(y.numpy(), theirs.detach().numpy(), rtol=1e-14)
    g = np.random.default_rng(1).normal(size=y.shape)
    y.backward(g)
    theirs.backward(torch.tensor(g))
    np.testing.assert_allclose(table.grad.numpy(), peer.grad.numpy(), rtol=1e-13)


@pytest.mark.oracle
@pytest.mark.parametrize("padding_idx", PADDINGS)
@pytest.mark.parametrize("bags", BAGS.values(), ids=list(BAGS))
def test_weights_and_their_gradient_agree_with_pytorch(bags: Any, padding_idx: Any) -> None:
    torch = pytest.importorskip("torch")
    input, offsets = map(integers, bags)
    weights = np.random.default_rng(2).normal(size=input.shape)
    ours = [Tensor(x, requires_grad=True) for x in (TABLE, weights)]
    theirs = [torch.tensor(x, requires_grad=True) for x in (TABLE, weights)]
    options = {"mode": "sum", "padding_idx": padding_idx}
    y = F.embedding_bag(input, ours[0], offsets, per_sample_weights=ours[1], **options)
    z = torch.nn.functional.embedding_bag(
        torch.tensor(input), theirs[0], None if offsets is None else torch.tensor(offsets),
        per_sample_weights=theirs[1], **options,
    )  # fmt: skip
    (y**2).sum().backward()
    (z**2).sum().backward()
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_what_comes_after_the_last_offset_is_left_out(mode: str) -> None:
    """As PyTorch documents it; on a CPU it reads past its arrays here."""
    options = {"mode": mode, "include_last_offset": True}
    cut = F.embedding_bag(np.array([1, 2, 2, 5]), TABLE, np.array([0, 1, 3]), **options)
    np.testing.assert_array_equal(cut, F.embedding_bag(np.array([1, 2, 2]), TABLE, np.array([0, 1]), mode=mode))


@pytest.mark.parametrize("mode", MODES)
def test_no_bags(mode: str) -> None:
    """PyTorch crashes here."""
    table = Tensor(TABLE, requires_grad=True)
    for offsets, options in (([], {}), ([2], {"include_last_offset": True})):
        y = F.embedding_bag([1, 2], table, offsets, mode=mode, **options)
        y.sum().backward()
        assert y.shape == (0, 3)
    assert not table.grad.numpy().any()


@pytest.mark.parametrize("mode", MODES)
def test_bags_without_elements(mode: str) -> None:
    table = Tensor(TABLE, requires_grad=True)
    y = F.embedding_bag(np.empty((2, 0), int), table, mode=mode)
    y.sum().backward()
    assert y.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert not table.grad.numpy().any()


def test_the_maximum_is_the_first_of_equal_ones_and_nan_counts_as_larger() -> None:
    for input, offsets in ([[3, 1, 2], [0, 2, 2]], None), ([3, 1, 2, 0, 2], [0, 3]):
        table = Tensor([[0.0], [2.0], [2.0], [1.0]], requires_grad=True)
        F.embedding_bag(integers(input), table, integers(offsets), mode="max").sum().backward()
        assert table.grad.tolist() == [[0], [1], [1], [0]]
        assert np.isnan(
            F.embedding_bag(integers(input), [[0.0], [np.nan], [2.0], [1.0]], integers(offsets), mode="max")[0, 0]
        )


def test_padding_may_be_undefined() -> None:
    table = TABLE.copy()
    table[2] = np.nan
    for mode in MODES:
        assert np.isfinite(F.embedding_bag([[1, 2], [2, 2]], table, mode=mode, padding_idx=2)).all()


def test_many_small_terms_add_up_in_float16() -> None:
    y = F.embedding_bag(np.zeros((1, 8192), int), np.full((2, 1), 0.25, np.float16), mode="sum")
    assert y.dtype == np.float16
    assert y[0, 0] == 2048


def test_indices_and_offsets_may_change_before_backward() -> None:
    table, input, offsets = Tensor(TABLE, requires_grad=True), np.array([0, 0, 1]), np.array([0, 2])
    y = F.embedding_bag(input, table, offsets, mode="sum")
    input[:], offsets[:] = 5, 0
    y.sum().backward()
    np.testing.assert_array_equal(table.grad.numpy()[:, 0], [2, 1, 0, 0, 0, 0])


def test_a_copy_of_an_embedding() -> None:
    words = nn.Embedding(5, 3, padding_idx=2)
    bags = nn.EmbeddingBag.from_pretrained(words.weight, padding_idx=words.padding_idx, mode="sum", freeze=False)
    assert bags.weight.requires_grad
    assert bags.weight is not words.weight
    assert not nn.EmbeddingBag.from_pretrained(words.weight).weight.requires_grad
    np.testing.assert_allclose(bags([[0, 1], [2, 4]]).numpy(), words([[0, 1], [2, 4]]).sum(1).numpy(), rtol=1e-6)
    kept = nn.EmbeddingBag.from_pretrained(TABLE, padding_idx=1)
    np.testing.assert_array_equal(kept.weight.numpy(), TABLE)
    with pytest.raises(ShapeError, match=r"got \(3,\)"):
        nn.EmbeddingBag.from_pretrained(np.ones(3))


def test_max_norm_shortens_what_is_looked_up() -> None:
    bags = nn.EmbeddingBag.from_pretrained([[3.0, 4.0], [6.0, 8.0], [0.3, 0.4]], freeze=False, max_norm=1.0, mode="sum")
    np.testing.assert_allclose(bags([[0, 2, 0]]).numpy(), [[1.5, 2.0]], rtol=1e-6)
    np.testing.assert_allclose(bags.weight.numpy(), [[0.6, 0.8], [6, 8], [0.3, 0.4]], rtol=1e-6)


@pytest.mark.oracle
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"mode": "sum", "padding_idx": -1},
        {"max_norm": 1.0, "norm_type": 1, "scale_grad_by_freq": True, "include_last_offset": True},
    ],
)
def test_repr_is_pytorchs(options: Any) -> None:
    torch = pytest.importorskip("torch")
    assert repr(nn.EmbeddingBag(4, 2, **options)) == repr(torch.nn.EmbeddingBag(4, 2, **options))


ERRORS: list[tuple[dict[str, Any], type, str]] = [
    ({"input": [1, 2]}, ShapeError, r"\(B, L\) without offsets, or \(N,\) with offsets; got \(2,\) and no offsets"),
    ({"input": [[1]], "offsets": [0]}, ShapeError, r"got \(1, 1\) and offsets"),
    ({"input": 1, "offsets": [0]}, ShapeError, r"got \(\) and offsets"),
    ({"input": [1.5], "offsets": [0]}, DTypeError, "embedding_bag expects integers; got dtype float64"),
    ({"input": [1, 6], "offsets": [0]}, ArgumentError, r"embedding_bag of 6 rows expects indices in 0 … 5; got 1 … 6"),
    ({"input": [1, 2], "offsets": [1]}, ArgumentError, r"must ascend from 0 to at most 2, .* got \[1\]"),
    ({"input": [1, 2], "offsets": [0, 2, 1]}, ArgumentError, "must ascend from 0"),
    ({"input": [1, 2], "offsets": [0, 3]}, ArgumentError, "must ascend from 0"),
    ({"input": [1, 2], "offsets": [[0]]}, ShapeError, r"offsets of embedding_bag must have shape \(B,\); got \(1, 1\)"),
    ({"input": [1], "offsets": [0.0]}, DTypeError, "offsets of embedding_bag expects integers"),
    ({"input": [1], "offsets": [], "include_last_offset": True}, ShapeError, r"\(B \+ 1,\); got \(0,\)"),
    ({"input": [[1]], "mode": "min"}, ArgumentError, "mode must be 'sum', 'mean' or 'max'; got 'min'"),
    ({"input": [[1]], "mode": "max", "scale_grad_by_freq": True}, ArgumentError, "no scale_grad_by_freq: leave it out"),
    ({"input": [[1]], "sparse": True}, ArgumentError, "no sparse gradients; leave sparse=False"),
    ({"input": [[1]], "per_sample_weights": [[1.0]]}, ArgumentError, "need mode='sum'; got mode='mean'"),
    (
        {"input": [[1]], "mode": "sum", "per_sample_weights": [1.0]},
        ShapeError,
        r"must have input's shape \(1, 1\); got \(1,\)",
    ),
    ({"input": [[1]], "padding_idx": 6}, ArgumentError, "padding_idx must be an integer in -6 … 5"),
    (
        {"input": [[1]], "weight": np.ones(3)},
        ShapeError,
        r"expects weight \(num_embeddings, embedding_dim\); got \(3,\)",
    ),
]


@pytest.mark.parametrize(("arguments", "error", "message"), ERRORS)
def test_errors(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        F.embedding_bag(**{"weight": TABLE} | arguments)


def test_errors_of_the_constructor() -> None:
    for options, message in (
        ({"mode": "min"}, "mode must be"),
        ({"mode": "max", "scale_grad_by_freq": True}, "leave it out"),
        ({"sparse": True}, "sparse"),
        ({"padding_idx": 9}, "padding_idx must be"),
        ({"max_norm": -1}, "max_norm"),
    ):
        with pytest.raises(ArgumentError, match=message):
            nn.EmbeddingBag(4, 2, **options)
    with pytest.raises(ShapeError, match=r"_weight must have shape \(4, 2\)"):
        nn.EmbeddingBag(4, 2, _weight=np.ones((2, 4)))
