"""The decoder and the Transformer beyond their tables: names, masks, first values, dropout, custom parts, errors."""

from __future__ import annotations

import copy
import inspect
import warnings
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd.errors import ArgumentError, ShapeError
from nn import functional as F

NAMES = (
    "TransformerEncoderLayer", "TransformerEncoder", "TransformerDecoderLayer", "TransformerDecoder", "Transformer",
)  # fmt: skip


def decoder_layer(rng: np.random.Generator, **options: Any) -> nn.TransformerDecoderLayer:
    return nn.TransformerDecoderLayer(4, 2, 8, **{"dropout": 0.0, **options}, dtype=np.float64, rng=rng)


def model(rng: np.random.Generator | None = None, **options: Any) -> nn.Transformer:
    return nn.Transformer(4, 2, 2, 2, 8, **{"dropout": 0.0, "batch_first": True, **options}, dtype=np.float64, rng=rng)


@pytest.fixture
def quiet_torch() -> Any:
    torch = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="enable_nested_tensor is True")
        yield torch


# As PyTorch's


@pytest.mark.oracle
@pytest.mark.parametrize("name", NAMES)
def test_arguments_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    for method in ("__init__", "forward"):
        ours, theirs = (inspect.signature(getattr(getattr(nn_, name), method)).parameters for nn_ in (nn, torch.nn))
        shared = [key for key in theirs if key not in ("device", "dtype")]
        assert [key for key in ours if key not in ("dtype", "rng")] == shared
        for key in shared:
            if key != "activation":  # PyTorch's default is a function, F.relu
                assert ours[key].default == theirs[key].default


@pytest.mark.oracle
@pytest.mark.parametrize("options", [{}, {"bias": False}, {"norm_first": True}])
def test_parts_and_parameters_have_pytorchs_names_in_its_order(options: Any, quiet_torch: Any) -> None:
    mine, theirs = nn.Transformer(4, 2, 1, 2, 8, **options), quiet_torch.nn.Transformer(4, 2, 1, 2, 8, **options)
    assert list(mine.state_dict()) == list(theirs.state_dict())
    for listed in ("named_parameters", "named_modules"):
        assert [name for name, _ in getattr(mine, listed)()] == [name for name, _ in getattr(theirs, listed)()]
    assert repr(mine.decoder).split("\n")[1] == "  (layers): ModuleList("
    assert [line for line in repr(mine).split("\n") if "Layer(" in line] == [
        line for line in repr(theirs).split("\n") if "Layer(" in line
    ]


@pytest.mark.oracle
@pytest.mark.parametrize("norm_first", [False, True])
def test_takes_pytorchs_state_and_optimizer_state(norm_first: bool, quiet_torch: Any, rng: np.random.Generator) -> None:
    torch = quiet_torch
    theirs = torch.nn.Transformer(4, 2, 1, 1, 8, 0.0, batch_first=True, norm_first=norm_first).double()
    mine = nn.Transformer(4, 2, 1, 1, 8, 0.0, batch_first=True, norm_first=norm_first, dtype=np.float64)
    peer, optimizer = torch.optim.Adam(theirs.parameters(), 0.01), optim.Adam(mine.parameters(), 0.01)
    src, tgt, g = rng.normal(size=(3, 5, 4)), rng.normal(size=(3, 2, 4)), rng.normal(size=(3, 2, 4))

    def step_of_pytorch() -> None:
        peer.zero_grad()
        theirs(torch.tensor(src), torch.tensor(tgt)).backward(torch.tensor(g))
        peer.step()

    step_of_pytorch()
    mine.load_state_dict(theirs.state_dict())
    saved = peer.state_dict()
    arrays = {i: {key: value.numpy() for key, value in of_p.items()} for i, of_p in saved["state"].items()}
    optimizer.load_state_dict(saved | {"state": arrays})
    step_of_pytorch()
    mine(src, tgt).backward(g)
    optimizer.step()
    for p, q in zip(mine.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-6, atol=1e-9)


@pytest.mark.oracle
def test_the_causal_mask_is_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    for dtype in (np.float32, np.float64):
        mask = nn.Transformer.generate_square_subsequent_mask(4, dtype=dtype)
        theirs = torch.nn.Transformer.generate_square_subsequent_mask(4, dtype=getattr(torch, np.dtype(dtype).name))
        assert mask.dtype == dtype
        np.testing.assert_array_equal(mask, theirs.numpy())
    assert nn.Transformer.generate_square_subsequent_mask(3).dtype == np.float32
    with pytest.raises(ArgumentError, match="sz must be a positive integer; got 0"):
        nn.Transformer.generate_square_subsequent_mask(0)


# Masks


@pytest.mark.parametrize("norm_first", [False, True])
def test_a_causal_decoder_never_sees_the_future(norm_first: bool, rng: np.random.Generator) -> None:
    decoder = nn.TransformerDecoder(decoder_layer(rng, norm_first=norm_first, batch_first=True), 2)
    tgt, memory = rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 3, 4))
    y = decoder(tgt, memory, tgt_is_causal=True).numpy()
    for mask in (~np.tri(5, dtype=bool), nn.Transformer.generate_square_subsequent_mask(5)):
        for hint in (None, True, False):
            np.testing.assert_allclose(decoder(tgt, memory, mask, tgt_is_causal=hint).numpy(), y, rtol=1e-12)
    tgt[:, 3:] += 1
    z = decoder(tgt, memory, tgt_is_causal=True).numpy()
    np.testing.assert_allclose(z[:, :3], y[:, :3], rtol=1e-12)
    assert not np.allclose(z[:, 3:], y[:, 3:])
    memory[:, 1:] += 1
    first = decoder(tgt, memory, tgt_is_causal=True, memory_is_causal=True).numpy()[:, 0]
    memory[:, 1:] += 1
    np.testing.assert_allclose(
        decoder(tgt, memory, tgt_is_causal=True, memory_is_causal=True).numpy()[:, 0], first, rtol=1e-12
    )


def test_padding_does_not_leak(rng: np.random.Generator) -> None:
    transformer = model(rng)
    src, tgt = rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 3, 4))
    of_src, of_tgt = np.zeros((2, 5), bool), np.zeros((2, 3), bool)
    of_src[1, 3:] = of_tgt[0, 2:] = True
    masks = {"src_key_padding_mask": of_src, "memory_key_padding_mask": of_src, "tgt_key_padding_mask": of_tgt}
    y = transformer(src, tgt, **masks).numpy()
    src[1, 3:] += 9
    tgt[0, 2:] += 9
    z = transformer(src, tgt, **masks).numpy()
    np.testing.assert_allclose(z[0, :2], y[0, :2], rtol=1e-12)
    np.testing.assert_allclose(z[1], y[1], rtol=1e-12)
    np.testing.assert_allclose(
        transformer(src[1:, :3], tgt[1:], tgt_key_padding_mask=of_tgt[1:]).numpy()[0], y[1], rtol=1e-12
    )


@pytest.mark.parametrize("batch_first", [False, True])
def test_with_and_without_a_batch_are_the_same(batch_first: bool, rng: np.random.Generator) -> None:
    transformer = model(rng, batch_first=batch_first)
    src, tgt = rng.normal(size=(5, 4)), rng.normal(size=(3, 4))
    batch = 0 if batch_first else 1
    with_batch = transformer(np.expand_dims(src, batch), np.expand_dims(tgt, batch), tgt_is_causal=True)
    np.testing.assert_allclose(
        with_batch.numpy().squeeze(batch), transformer(src, tgt, tgt_is_causal=True).numpy(), rtol=1e-12
    )


def test_computes_in_the_dtype_of_its_parameters(rng: np.random.Generator) -> None:
    transformer = nn.Transformer(4, 2, 1, 1, 8, rng=rng)
    assert transformer(rng.normal(size=(5, 2, 4)), rng.normal(size=(3, 2, 4))).dtype == np.float32
    layer = decoder_layer(rng).float()
    assert layer(rng.normal(size=(3, 2, 4)), rng.normal(size=(5, 2, 4))).dtype == np.float32


# First values, dropout, parts


def test_matrices_begin_xavier_uniform_and_layers_differ() -> None:
    transformer = nn.Transformer(64, 4, 2, 2, 128, rng=np.random.default_rng(0))
    for name, p in transformer.named_parameters():
        if p.ndim > 1:
            bound = (6 / sum(p.shape)) ** 0.5
            assert 0.95 * bound < np.abs(p.numpy()).max() <= bound, name
    for layers in (transformer.encoder.layers, transformer.decoder.layers):
        assert (layers[0].linear1.weight.numpy() != layers[1].linear1.weight.numpy()).any()
    again = nn.Transformer(64, 4, 2, 2, 128, rng=np.random.default_rng(0))
    assert all(np.array_equal(p, q) for p, q in zip(transformer.parameters(), again.parameters(), strict=True))


def test_decoder_copies_its_layer_and_shares_its_generator(rng: np.random.Generator) -> None:
    layer = decoder_layer(rng, dropout=0.5)
    first, second, third = nn.TransformerDecoder(layer, 3).layers
    np.testing.assert_array_equal(first.linear1.weight.numpy(), third.linear1.weight.numpy())
    assert first.linear1.weight is not second.linear1.weight is not layer.linear1.weight
    assert first.dropout.rng is second.dropout3.rng is first.multihead_attn.rng is rng


def test_eval_switches_every_dropout_off(rng: np.random.Generator) -> None:
    transformer = model(rng, dropout=0.5)
    src, tgt = rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 3, 4))
    assert (transformer(src, tgt).numpy() != transformer(src, tgt).numpy()).any()
    transformer.eval()
    y = transformer(src, tgt).numpy()
    np.testing.assert_array_equal(transformer(src, tgt).numpy(), y)
    np.testing.assert_array_equal(copy.deepcopy(transformer)(src, tgt).numpy(), y)


@pytest.mark.parametrize("activation", ["relu", "gelu", F.relu, nn.GELU(), np.tanh])
def test_any_activation(activation: Any, rng: np.random.Generator) -> None:
    y = model(rng, activation=activation)(rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 3, 4)))
    assert np.isfinite(y.numpy()).all()


def test_custom_parts() -> None:
    class Encoder(nn.Module):
        def forward(self, src: Any, mask: Any, src_key_padding_mask: Any, is_causal: Any) -> Any:
            return src * 2

    class Decoder(nn.Module):
        def forward(self, tgt: Any, memory: Any, **masks: Any) -> Any:
            assert sorted(masks) == [
                "memory_is_causal", "memory_key_padding_mask", "memory_mask",
                "tgt_is_causal", "tgt_key_padding_mask", "tgt_mask",
            ]  # fmt: skip
            return tgt + memory.sum(1, keepdims=True)

    transformer = model(custom_encoder=Encoder(), custom_decoder=Decoder())
    assert transformer(np.ones((1, 5, 4)), np.ones((1, 3, 4))).tolist() == [[[11] * 4] * 3]


def test_errors(rng: np.random.Generator) -> None:
    transformer = model()
    for src, tgt in (
        ((2, 5, 4), (3, 3, 4)), ((2, 5, 3), (2, 3, 4)), ((2, 5, 4), (2, 3, 5)), ((5, 4), (2, 3, 4)), ((4,), (4,)),
    ):  # fmt: skip
        with pytest.raises(ShapeError, match=r"src \(N, S, 4\) and tgt \(N, T, 4\), or both without the batch N; got"):
            transformer(np.ones(src), np.ones(tgt))
    with pytest.raises(ShapeError, match=r"src \(S, N, 4\) and tgt \(T, N, 4\)"):
        model(batch_first=False)(np.ones((5, 2, 4)), np.ones((3, 1, 4)))
    with pytest.raises(ShapeError, match=r"key_padding_mask must have shape \(2, 5\)"):
        transformer(np.ones((2, 5, 4)), np.ones((2, 3, 4)), memory_key_padding_mask=np.ones((2, 3), bool))
    with pytest.raises(ShapeError, match=r"attn_mask must have shape \(3, 5\)"):
        transformer(np.ones((2, 5, 4)), np.ones((2, 3, 4)), memory_mask=np.ones((5, 3), bool))
    with pytest.raises(ArgumentError, match="'relu', 'gelu' or a function; got 'swish'"):
        decoder_layer(rng, activation="swish")
    with pytest.raises(ArgumentError, match=r"decoder_layer must be a module, such as nn\.TransformerDecoderLayer"):
        nn.TransformerDecoder(nn.TransformerDecoderLayer, 2)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="num_layers must be a positive integer; got 0"):
        nn.TransformerDecoder(decoder_layer(rng), 0)
    with pytest.raises(ArgumentError, match="embed_dim must be divisible by num_heads; got 4 and 3"):
        nn.Transformer(4, 3, 1, 1, 8)


def test_a_transformer_learns_to_reverse(rng: np.random.Generator) -> None:
    """With teacher forcing and a causal mask: each token is read off the source, from the other end."""
    words, places = nn.Embedding(4, 16, rng=rng), nn.PositionalEncoding(16, 0.0, batch_first=True)
    transformer = nn.Transformer(16, 2, 1, 1, 32, 0.0, batch_first=True, norm_first=True, rng=rng)
    head = nn.Linear(16, 4, rng=rng)
    optimizer = optim.Adam([p for part in (words, transformer, head) for p in part.parameters()], lr=0.01)
    for _ in range(150):
        tokens = rng.integers(0, 3, (32, 4))
        wanted = tokens[:, ::-1]
        given = np.concatenate([np.full((32, 1), 3), wanted[:, :-1]], axis=1)
        optimizer.zero_grad()
        y = transformer(places(words(tokens)), places(words(given)), tgt_is_causal=True)
        loss = F.cross_entropy(head(y).reshape(-1, 4), wanted.reshape(-1))
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1
