"""Recurrent layers over sequences of different lengths: each as if it came alone, and as PyTorch's packed ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, gradcheck
from autograd.errors import ArgumentError, ShapeError
from nn.utils.rnn import (
    PackedSequence,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
    unpad_sequence,
)

LENGTHS = np.array([3, 5, 1, 5, 2])
LAYERS: dict[str, Any] = {
    "RNN": lambda **more: nn.RNN(3, 4, dtype=np.float64, **more),
    "GRU": lambda **more: nn.GRU(3, 4, dtype=np.float64, **more),
    "LSTM": lambda **more: nn.LSTM(3, 4, dtype=np.float64, **more),
    "LSTM proj": lambda **more: nn.LSTM(3, 4, proj_size=2, dtype=np.float64, **more),
}


def flat(out: Any) -> list[Any]:
    return [y for one in out for y in flat(one)] if isinstance(out, (tuple, list)) else [out]


@pytest.fixture(params=[(name, two) for name in LAYERS for two in (False, True)], ids=str)
def layer(request: Any) -> nn.Module:
    autograd.seed(0)
    name, two = request.param
    made: nn.Module = LAYERS[name](num_layers=2 if two else 1, bidirectional=two, batch_first=two)
    return made


def padded(layer: Any, rng: np.random.Generator) -> Any:
    """The input with values in its padding, which must not matter; and a longer padding than is needed."""
    return rng.normal(size=(5, 6, 3) if layer.batch_first else (6, 5, 3))


def test_each_sequence_as_if_it_came_alone(layer: Any, rng: np.random.Generator) -> None:
    x = padded(layer, rng)
    axis = 0 if layer.batch_first else 1
    output, *states = flat(layer(x, lengths=LENGTHS))
    assert output.shape[1 - axis] == 6
    for i, n in enumerate(LENGTHS):
        alone, *last = flat(layer(np.take(x, i, axis)[:n]))
        np.testing.assert_allclose(np.take(output.numpy(), i, axis)[:n], alone.numpy(), atol=1e-12)
        assert not np.take(output.numpy(), i, axis)[n:].any()
        for ours, theirs in zip(states, last, strict=True):
            np.testing.assert_allclose(ours.numpy()[:, i], theirs.numpy(), atol=1e-12)


def test_gradients(layer: Any, rng: np.random.Generator) -> None:
    x = padded(layer, rng)

    def function(x: Any) -> Any:
        return sum(np.sum(y * np.cos(np.arange(y.size)).reshape(y.shape)) for y in flat(layer(x, lengths=LENGTHS)))

    gradcheck(function, x, order=1)


def test_equals_pytorchs_packed_sequences(layer: Any, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    kind = type(layer).__name__
    options = {"num_layers": layer.num_layers, "bidirectional": layer.bidirectional, "batch_first": layer.batch_first}
    options |= {"proj_size": layer.proj_size} if layer.proj_size else {}
    peer = getattr(torch.nn, kind)(3, 4, dtype=torch.float64, **options)
    peer.load_state_dict({name: torch.tensor(a) for name, a in layer.state_dict().items()})
    x = Tensor(padded(layer, rng), requires_grad=True)
    theirs = torch.tensor(x.numpy(), requires_grad=True)
    first = layer.batch_first
    packed = pack_padded_sequence(x, LENGTHS, batch_first=first, enforce_sorted=False)
    other = torch.nn.utils.rnn.pack_padded_sequence(theirs, torch.tensor(LENGTHS), first, enforce_sorted=False)
    out, *states = flat_packed(layer(packed))
    peer_out, peer_states = peer(other)
    (y, lengths), (z, peer_lengths) = (
        pad_packed_sequence(out, first, padding_value=2.0, total_length=7),
        torch.nn.utils.rnn.pad_packed_sequence(peer_out, first, padding_value=2.0, total_length=7),
    )
    np.testing.assert_array_equal(lengths, peer_lengths)
    for a, b in zip([y, *states], [z, *flat(peer_states)], strict=True):
        np.testing.assert_allclose(a.numpy(), b.detach().numpy(), atol=1e-12)
    (y**2).sum().backward()
    (z**2).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), theirs.grad.numpy(), atol=1e-12)
    for name, p in layer.named_parameters():
        np.testing.assert_allclose(p.grad.numpy(), getattr(peer, name).grad.numpy(), atol=1e-11)


def flat_packed(out: Any) -> list[Any]:
    packed, states = out
    assert isinstance(packed, PackedSequence)
    return [packed, *flat(states)]


def test_initial_states_belong_to_their_sequences(rng: np.random.Generator) -> None:
    gru = nn.GRU(3, 4, bidirectional=True, dtype=np.float64)
    x, h = rng.normal(size=(5, 5, 3)), rng.normal(size=(2, 5, 4))
    output, last = gru(x, h, lengths=LENGTHS)
    for i, n in enumerate(LENGTHS):
        alone, end = gru(x[:n, i], h[:, i])
        np.testing.assert_allclose(output.numpy()[:n, i], alone.numpy(), atol=1e-12)
        np.testing.assert_allclose(last.numpy()[:, i], end.numpy(), atol=1e-12)


@pytest.mark.parametrize("lengths", [[1, 2], [0, 1, 1, 1, 1], [7, 1, 1, 1, 1], [1.0] * 5])
def test_lengths_that_do_not_fit_are_refused(lengths: Any) -> None:
    with pytest.raises(ArgumentError, match=r"GRU takes lengths as 5 integers.* in 1 … 6"):
        nn.GRU(3, 4)(np.ones((6, 5, 3)), lengths=lengths)


def test_other_refusals() -> None:
    with pytest.raises(ArgumentError, match="takes lengths with a batch"):
        nn.GRU(3, 4)(np.ones((6, 3)), lengths=[1])
    with pytest.raises(ArgumentError, match="enforce_sorted=False"):
        pack_padded_sequence(np.ones((2, 2, 1)), [1, 2])
    with pytest.raises(ArgumentError, match="leave lengths= out"):
        nn.GRU(1, 4)(pack_padded_sequence(np.ones((2, 2, 1)), [2, 1]), lengths=[2, 1])
    with pytest.raises(ArgumentError, match="total_length must be at least 2"):
        pad_packed_sequence(pack_padded_sequence(np.ones((2, 2, 1)), [2, 1]), total_length=1)
    with pytest.raises(ShapeError, match=r"equal but for their lengths; got \(2, 1\), \(3, 2\)"):
        pad_sequence([np.ones((2, 1)), np.ones((3, 2))])
    with pytest.raises(ArgumentError, match="padding_side"):
        pad_sequence([np.ones(2)], padding_side="both")


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("side", ["right", "left"])
def test_padding_as_in_pytorch(batch_first: bool, side: str, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    arrays = [rng.normal(size=(n, 2)) for n in (3, 1, 4)]
    tensors = [Tensor(x, requires_grad=True) for x in arrays]
    ours = pad_sequence(tensors, batch_first, -1.0, side)
    theirs = torch.nn.utils.rnn.pad_sequence([torch.tensor(x) for x in arrays], batch_first, -1.0, side)
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    (ours * ours.numpy()).sum().backward()
    for t, x in zip(tensors, arrays, strict=True):
        np.testing.assert_array_equal(t.grad.numpy(), x)
    if side == "right":
        for x, y in zip(arrays, unpad_sequence(ours, [3, 1, 4], batch_first), strict=True):
            np.testing.assert_array_equal(x, y.numpy())
    packed = pack_sequence(arrays, enforce_sorted=False)
    np.testing.assert_array_equal(pad_packed_sequence(packed)[0], pad_sequence(arrays))
