"""Attention beyond its table: masks, what may look nowhere, dropout, large scores, layouts, errors."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from autograd.engine.gradients import gradients
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn import functional as F

ATTENTION = F.scaled_dot_product_attention


def qkv(rng: np.random.Generator, *shape: int, dtype: Any = np.float64) -> list[Any]:
    return [rng.normal(size=shape).astype(dtype) for _ in range(3)]


def tracked(arrays: list[Any]) -> list[Any]:
    return [Tensor(a, requires_grad=True) for a in arrays]


# Values


def test_formula(rng: np.random.Generator) -> None:
    q, k, v = qkv(rng, 2, 3, 4)
    e = np.exp(q @ k.swapaxes(-1, -2) / 2)
    np.testing.assert_allclose(ATTENTION(q, k, v), e / e.sum(-1, keepdims=True) @ v)
    e = np.exp(q @ k.swapaxes(-1, -2) * 3)
    np.testing.assert_allclose(ATTENTION(q, k, v, scale=3), e / e.sum(-1, keepdims=True) @ v)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 30, 300])
def test_large_scores_are_shifted(dtype: Any, size: float) -> None:
    """Scores of size² = up to 90000: the largest takes all, in value and gradient, and nothing warns or overflows."""
    q = Tensor(np.full((1, 1), size, dtype), requires_grad=True)
    k, v = np.array([[-size], [0], [size]], dtype) / dtype(2), np.array([[1.0], [2], [3]], dtype)
    y = ATTENTION(q, k, v, scale=1.0)
    e = np.exp(np.array([-1.0, -0.5, 0]) * size * size)
    np.testing.assert_allclose(y.numpy(), [[e @ [1, 2, 3] / e.sum()]], rtol=2e-3 if dtype is np.float16 else 1e-6)
    y.backward(np.ones((1, 1)))
    assert np.isfinite(q.grad.numpy()).all()


def test_very_low_scores_of_one_row_do_not_vanish() -> None:
    """The shift is a row's own: all exponentials of the second row would underflow beside the first's."""
    q, k = np.array([[1000.0], [-1000.0]], np.float32), np.array([[1.0], [1.001]], np.float32)
    y = ATTENTION(q, k, np.array([[0.0], [1.0]], np.float32), scale=1.0)
    np.testing.assert_allclose(y[:, 0], [1 / (1 + np.exp(-1.0)), 1 / (1 + np.exp(1.0))], rtol=1e-4)


def test_nothing_to_look_at_is_0_and_no_query_is_no_result() -> None:
    q, k = Tensor(np.ones((2, 3, 4)), requires_grad=True), np.ones((2, 0, 4))
    y = ATTENTION(q, k, k)
    assert (y.numpy() == np.zeros((2, 3, 4))).all()
    y.sum().backward()
    assert (q.grad.numpy() == 0).all()
    assert ATTENTION(k, q, q).shape == (2, 0, 4)
    attention, nobody = nn.MultiheadAttention(4, 2, batch_first=True), np.ones((0, 3, 4))
    assert attention(nobody, nobody, nobody)[0].shape == (0, 3, 4)
    assert attention(nobody, nobody, nobody, need_weights=False)[0].shape == (0, 3, 4)


# Masks


def test_a_query_that_may_look_nowhere_gives_0_and_no_gradient(rng: np.random.Generator) -> None:
    mask = np.array([[True, False], [False, False]])
    for m in (mask, np.where(mask, 0.0, -np.inf)):
        q, k, v = tracked(qkv(rng, 2, 3))
        y = ATTENTION(q, k, v, m)
        np.testing.assert_allclose(y.numpy(), [v.numpy()[0], np.zeros(3)], rtol=1e-14)
        y.backward(np.ones((2, 3)))
        np.testing.assert_allclose(q.grad.numpy(), np.zeros((2, 3)), atol=1e-14)
        assert (q.grad.numpy()[1] == 0).all()
        np.testing.assert_allclose(v.grad.numpy(), [np.ones(3), np.zeros(3)], rtol=1e-14)


@pytest.mark.parametrize("need_weights", [True, False])
def test_multi_head_attention_blocked_everywhere_is_the_bias(need_weights: bool, rng: np.random.Generator) -> None:
    attention = nn.MultiheadAttention(4, 2, batch_first=True, rng=rng)
    nn.init.ones_(attention.out_proj.bias)
    x = rng.normal(size=(2, 3, 4)).astype(np.float32)
    padding = np.array([[True] * 3, [False, False, True]])
    y, weights = attention(x, x, x, key_padding_mask=padding, need_weights=need_weights)
    np.testing.assert_array_equal(y.numpy()[0], np.ones((3, 4)))
    if need_weights:
        np.testing.assert_array_equal(weights.numpy()[0], np.zeros((3, 3)))
        np.testing.assert_allclose(weights.numpy()[1].sum(-1), 1, rtol=1e-6)
    y.sum().backward()
    assert all(np.isfinite(p.grad.numpy()).all() for p in attention.parameters())


def test_true_allows_here_and_blocks_there(rng: np.random.Generator) -> None:
    """The two functions of PyTorch give a mask opposite meanings; so do ours."""
    q, k, v = qkv(rng, 2, 2)
    first_only = np.array([[True, False], [True, False]])
    np.testing.assert_allclose(ATTENTION(q, k, v, first_only), v[[0, 0]])
    attention = nn.MultiheadAttention(2, 1, dtype=np.float64, rng=rng)
    _, weights = attention(q, k, v, attn_mask=first_only)
    np.testing.assert_allclose(weights.numpy(), [[0, 1], [0, 1]])


def test_masked_garbage_does_not_leak(rng: np.random.Generator) -> None:
    q, k, v = qkv(rng, 3, 4)
    mask = np.array([True, True, False])
    expected = ATTENTION(q, k, v, mask)
    k[2] = np.inf  # what stands behind the end of a shorter sequence
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(ATTENTION(q, k, v, mask), expected, rtol=1e-13)
    k[2] = 1e30
    np.testing.assert_allclose(ATTENTION(q, k, v, mask), expected, rtol=1e-13)


def test_causal_attention_never_sees_the_future(rng: np.random.Generator) -> None:
    x = Tensor(rng.normal(size=(2, 5, 4)), requires_grad=True)
    attention = nn.MultiheadAttention(4, 2, batch_first=True, dtype=np.float64, rng=rng)
    for need_weights in (True, False):
        x.grad = None
        y, _ = attention(x, x, x, is_causal=True, need_weights=need_weights)
        y[:, 2].sum().backward()
        assert (x.grad.numpy()[:, 3:] == 0).all()
        assert (x.grad.numpy()[:, :3] != 0).all()
    np.testing.assert_allclose(
        ATTENTION(x, x, x, is_causal=True).numpy(), ATTENTION(x, x, x, np.tri(5, dtype=bool)).numpy(), rtol=1e-14
    )


def test_a_mask_may_change_before_backward(rng: np.random.Generator) -> None:
    arrays, found = qkv(rng, 3, 4), []
    for spoil in (False, True):
        q, k, v = tracked(arrays)
        mask = np.tri(3, dtype=bool)
        y = ATTENTION(q, k, v, mask)
        if spoil:
            mask[...] = True
        (dq,) = gradients(y.sum(), [q], create_graph=True)
        found.append(dq.numpy())
    np.testing.assert_array_equal(*found)


def test_masks_broadcast_over_batch_and_heads(rng: np.random.Generator) -> None:
    q, k, v = qkv(rng, 2, 3, 4, 5)
    for shape in ((4,), (1, 4), (4, 4), (3, 1, 4), (2, 1, 1, 4), (2, 3, 4, 4)):
        mask = rng.random(shape) < 0.7
        np.testing.assert_allclose(
            ATTENTION(q, k, v, mask), ATTENTION(q, k, v, np.broadcast_to(mask, (2, 3, 4, 4)).copy()), rtol=1e-12
        )


def test_a_learned_mask_gets_its_gradient(rng: np.random.Generator) -> None:
    q, k, v = qkv(rng, 2, 3, 4)
    bias = Tensor(rng.normal(size=(3, 3)), requires_grad=True)
    assert autograd.gradcheck(lambda b: ATTENTION(q, k, v, b), bias.numpy())
    attention = nn.MultiheadAttention(4, 2, batch_first=True, dtype=np.float64, rng=rng)
    padding = np.array([[False, False, True], [False, False, False]])
    for need_weights in (True, False):
        assert autograd.gradcheck(lambda b, n=need_weights: attention(q, q, q, padding, n, b)[0], bias.numpy())


# Dropout


def test_dropout_keeps_the_mean_and_is_of_the_weights() -> None:
    rng = np.random.default_rng(5)
    q, k, v = np.zeros((400, 1)), np.zeros((50, 1)), np.ones((50, 1))
    y = ATTENTION(q, k, v, dropout_p=0.25, rng=rng)
    assert abs(y.mean() - 1) < 0.01
    assert 0.06 < y.std() < 0.1  # √(p / (1 - p) / 50) = 0.082
    assert (ATTENTION(q, k, v, dropout_p=1.0) == 0).all()


def test_the_gradient_uses_the_same_dropout(rng: np.random.Generator) -> None:
    arrays = qkv(rng, 2, 3, 4)
    assert autograd.gradcheck(lambda *a: ATTENTION(*a, dropout_p=0.5, rng=np.random.default_rng(3)), *arrays)
    assert autograd.gradgradcheck(lambda *a: ATTENTION(*a, dropout_p=0.5, rng=np.random.default_rng(3)), *arrays)


def test_dropout_only_in_training_and_from_its_generator(rng: np.random.Generator) -> None:
    x = rng.normal(size=(3, 2, 4)).astype(np.float32)
    for need_weights in (True, False):
        runs = []
        for _ in range(2):
            attention = nn.MultiheadAttention(4, 2, dropout=0.5, rng=np.random.default_rng(1))
            runs.append([attention(x, x, x, need_weights=need_weights)[0].numpy() for _ in range(2)])
        np.testing.assert_array_equal(runs[0], runs[1])
        assert (runs[0][0] != runs[0][1]).any()
        attention.eval()
        still = [attention(x, x, x, need_weights=need_weights)[0].numpy() for _ in range(2)]
        np.testing.assert_array_equal(*still)


def test_with_and_without_weights_drop_alike(rng: np.random.Generator) -> None:
    x = rng.normal(size=(3, 2, 4))
    found = []
    for need_weights in (True, False):
        attention = nn.MultiheadAttention(4, 2, dropout=0.5, dtype=np.float64, rng=np.random.default_rng(1))
        attention.rng = np.random.default_rng(2)
        found.append(attention(x, x, x, need_weights=need_weights)[0].numpy())
    np.testing.assert_allclose(*found, rtol=1e-12)


# The module


@pytest.mark.parametrize("batch_first", [True, False])
def test_one_input_three_times_is_the_packed_way(batch_first: bool, rng: np.random.Generator) -> None:
    """Self-attention in one operation agrees with the same inputs under three names, in value and gradients."""
    x = rng.normal(size=(3, 2, 4))
    attention = nn.MultiheadAttention(4, 2, batch_first=batch_first, dtype=np.float64, rng=rng)
    results = []
    for names in (1, 3):
        attention.zero_grad()
        xs = tracked([x] * names)
        y, _ = attention(*xs * (3 // names), need_weights=False)
        y.backward(np.arange(24.0).reshape(3, 2, 4))
        results.append([y.numpy(), sum(t.grad.numpy() for t in xs), *(p.grad.numpy() for p in attention.parameters())])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_self_attention_is_one_operation(rng: np.random.Generator) -> None:
    x = Tensor(rng.normal(size=(2, 3, 4)), requires_grad=True)
    attention = nn.MultiheadAttention(4, 2, batch_first=True, rng=rng)
    node = attention(x, x, x, need_weights=False)[0].node
    assert (node.name, node.parents[0].name) == ("linear", "packed_attention")


@pytest.mark.parametrize("options", [{}, {"kdim": 3}, {"add_bias_kv": True}, {"bias": False}])
def test_first_values_are_pytorchs(options: dict[str, Any], rng: np.random.Generator) -> None:
    attention = nn.MultiheadAttention(64, 4, **options, rng=rng)
    bounds = {
        "in_proj_weight": (6 / 256) ** 0.5,
        "q_proj_weight": (6 / 128) ** 0.5,
        "k_proj_weight": (6 / 67) ** 0.5,
        "v_proj_weight": (6 / 128) ** 0.5,
    }
    for name, p in attention.named_parameters():
        values = p.numpy()
        if name in bounds or name == "out_proj.weight":
            bound = bounds.get(name, 1 / 8)
            assert 0.95 * bound < np.abs(values).max() <= bound
        elif name.startswith("bias_"):
            assert 0.5 < values.std() / (2 / 128) ** 0.5 < 1.5
        else:
            assert (values == 0).all()


def test_plain_arrays_give_plain_arrays(rng: np.random.Generator) -> None:
    q, k, v = qkv(rng, 3, 4, dtype=np.float32)
    y = ATTENTION(q, k, v)
    assert isinstance(y, np.ndarray)
    assert y.dtype == np.float32


# Errors


def test_errors_of_the_function(rng: np.random.Generator) -> None:
    q, k, v = qkv(rng, 3, 4)
    with pytest.raises(ShapeError, match=r"query \(\*, L, E\).*\(3, 4\), \(3, 5\)"):
        ATTENTION(q, np.ones((3, 5)), v)
    with pytest.raises(ShapeError, match="one S"):
        ATTENTION(q, k, v[:2])
    with pytest.raises(ShapeError, match=r"\(2, 3, 3\) does not broadcast to the scores' \(3, 3\)"):
        ATTENTION(q, k, v, np.ones((2, 3, 3), bool))
    with pytest.raises(DTypeError, match=r"mask\.astype"):
        ATTENTION(q, k, v, np.ones((3, 3), int))
    with pytest.raises(DTypeError, match="int64"):
        ATTENTION(np.ones((3, 4), np.int64), k, v)
    with pytest.raises(ArgumentError, match="not both"):
        ATTENTION(q, k, v, np.ones((3, 3), bool), is_causal=True)
    with pytest.raises(ArgumentError, match=r"1\.5"):
        ATTENTION(q, k, v, dropout_p=1.5)


def test_errors_of_the_module(rng: np.random.Generator) -> None:
    with pytest.raises(ArgumentError, match="divisible by num_heads; got 5 and 2"):
        nn.MultiheadAttention(5, 2)
    with pytest.raises(ArgumentError, match="num_heads must be a positive integer; got 0"):
        nn.MultiheadAttention(4, 0)
    with pytest.raises(ArgumentError, match=r"-0\.1"):
        nn.MultiheadAttention(4, 2, dropout=-0.1)
    attention = nn.MultiheadAttention(4, 2)
    x = np.ones((3, 2, 4))
    with pytest.raises(ShapeError, match=r"query \(…, N, 4\).*got \(3, 2, 5\)"):
        attention(np.ones((3, 2, 5)), x, x)
    with pytest.raises(ShapeError, match="without the batch N"):
        attention(np.ones((3, 4)), x, x)
    with pytest.raises(ShapeError, match=r"attn_mask must have shape \(3, 3\) or \(4, 3, 3\); got \(2, 3\)"):
        attention(x, x, x, attn_mask=np.ones((2, 3), bool))
    with pytest.raises(ShapeError, match=r"key_padding_mask must have shape \(2, 3\).*got \(3, 2\)"):
        attention(x, x, x, key_padding_mask=np.ones((3, 2), bool))
    with pytest.raises(ShapeError, match="one length"):
        attention(x, x, x[:2])
    with pytest.raises(ShapeError, match=r"\(3, 1, 4\)"):
        attention(np.ones((3, 2, 4)), np.ones((3, 1, 4)), np.ones((3, 1, 4)))


# The encoder


def small_layer(rng: np.random.Generator, **options: Any) -> nn.TransformerEncoderLayer:
    return nn.TransformerEncoderLayer(4, 2, 8, **{"dropout": 0.0, **options}, dtype=np.float64, rng=rng)


@pytest.mark.parametrize("norm_first", [True, False])
def test_encoder_passes_its_masks_on(norm_first: bool, rng: np.random.Generator) -> None:
    encoder = nn.TransformerEncoder(small_layer(rng, norm_first=norm_first, batch_first=True), 2)
    x = rng.normal(size=(2, 5, 4))
    padding = np.zeros((2, 5), bool)
    padding[1, 3:] = True
    y = encoder(x, is_causal=True, src_key_padding_mask=padding).numpy()
    np.testing.assert_allclose(encoder(x, ~np.tri(5, dtype=bool), padding).numpy(), y, rtol=1e-12)
    other = x.copy()
    other[1, 3:] += 1
    other[0, 4] += 1
    z = encoder(other, is_causal=True, src_key_padding_mask=padding).numpy()
    np.testing.assert_allclose(z[0, :4], y[0, :4], rtol=1e-12)
    np.testing.assert_allclose(z[1, :3], y[1, :3], rtol=1e-12)
    assert not np.allclose(z[0, 4], y[0, 4])


def test_encoder_copies_its_layer_and_shares_its_generator(rng: np.random.Generator) -> None:
    layer = small_layer(rng, dropout=0.5)
    encoder = nn.TransformerEncoder(layer, 3)
    first, second, third = encoder.layers
    np.testing.assert_array_equal(first.linear1.weight.numpy(), third.linear1.weight.numpy())
    assert first.linear1.weight is not second.linear1.weight is not layer.linear1.weight
    assert (
        first.dropout.rng is second.dropout.rng is first.self_attn.rng is rng
    )  # else all would drop the same elements
    assert len(list(encoder.parameters())) == 36


def test_layer_takes_any_activation(rng: np.random.Generator) -> None:
    x = rng.normal(size=(3, 2, 4))
    by_name, by_function = (small_layer(np.random.default_rng(0), activation=a)(x) for a in ("relu", F.relu))
    np.testing.assert_array_equal(by_name.numpy(), by_function.numpy())
    assert (small_layer(np.random.default_rng(0), activation=np.tanh)(x).numpy() != by_name.numpy()).any()
    with pytest.raises(ArgumentError, match="'relu', 'gelu' or a function; got 'swish'"):
        small_layer(rng, activation="swish")
    with pytest.raises(ArgumentError, match="must be a module"):
        nn.TransformerEncoder(nn.TransformerEncoderLayer, 2)  # type: ignore[arg-type]


def test_eval_switches_every_dropout_off(rng: np.random.Generator) -> None:
    encoder = nn.TransformerEncoder(small_layer(rng, dropout=0.5), 2)
    x = rng.normal(size=(3, 2, 4))
    assert (encoder(x).numpy() != encoder(x).numpy()).any()
    encoder.eval()
    np.testing.assert_array_equal(encoder(x).numpy(), encoder(x).numpy())
    np.testing.assert_array_equal(copy.deepcopy(encoder)(x).numpy(), encoder(x).numpy())


def test_an_encoder_learns(rng: np.random.Generator) -> None:
    """The last vector is to name the first token: only attention, together with positions, can bring it there."""
    import optim

    tokens = rng.integers(0, 3, (64, 6))
    words, encode = nn.Embedding(3, 16, rng=rng), nn.PositionalEncoding(16, 0.0, batch_first=True)
    layer = nn.TransformerEncoderLayer(16, 2, 32, 0.0, batch_first=True, norm_first=True, rng=rng)
    encoder, head = nn.TransformerEncoder(layer, 1, nn.LayerNorm(16)), nn.Linear(16, 3, rng=rng)
    optimizer = optim.SGD([p for part in (words, encoder, head) for p in part.parameters()], lr=0.05, momentum=0.9)
    for _ in range(60):
        optimizer.zero_grad()
        loss = F.cross_entropy(head(encoder(encode(words(tokens)))[:, -1]), tokens[:, 0])
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05


# PositionalEncoding


def test_positions_are_those_of_the_paper() -> None:
    table = nn.PositionalEncoding(6, 0.0, max_len=20, dtype=np.float64).pe.numpy()
    for t in (0, 1, 19):
        for i in range(3):
            angle = t / 10000 ** (2 * i / 6)
            np.testing.assert_allclose(table[t, 2 * i : 2 * i + 2], [np.sin(angle), np.cos(angle)])
    assert list(nn.PositionalEncoding(6).state_dict()) == []


def test_positions_are_added_along_the_time(rng: np.random.Generator) -> None:
    x = rng.normal(size=(3, 2, 4)).astype(np.float32)
    first, last = nn.PositionalEncoding(4, 0.0, batch_first=True), nn.PositionalEncoding(4, 0.0)
    pe = first.pe.numpy()
    np.testing.assert_array_equal(first(x).numpy(), x + pe[:2])
    np.testing.assert_array_equal(last(x).numpy(), x + pe[:3, None])
    np.testing.assert_array_equal(last(x[0]).numpy(), x[0] + pe[:2])
    assert (nn.PositionalEncoding(4, 0.9, rng=rng)(x).numpy() == 0).sum() > 12
    for shape in ((6, 2, 4), (3, 2, 5), (4,)):
        with pytest.raises(ShapeError, match=r"T <= max_len = 5; got"):
            nn.PositionalEncoding(4, 0.0, max_len=5)(np.ones(shape))
