"""The results of an operation with several, called by their meaning in pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, draw, trace
from autograd.viz.data.results import result_names
from nn import functional as F


def names(x: Any) -> list[str]:
    graph = trace(x)
    found = result_names(graph)
    assert found.keys() == {node.id for node in graph.nodes if node.op == "pick"}
    texts = [line.text for box in draw(x, limit=1000, fold=False).picture.boxes for line in box.lines]
    assert all(name in texts for name in found.values())
    return sorted(set(found.values()))


def random(*shape: int) -> Tensor:
    return Tensor(np.random.default_rng(0).normal(size=shape), requires_grad=True)


def test_the_results_of_recurrent_layers() -> None:
    x = np.ones((5, 2, 3), np.float32)
    output, (h, c) = nn.LSTM(3, 4)(x)
    assert names([output, h, c]) == ["c", "h", "output"]
    output, h = nn.GRU(3, 4)(x)
    assert names([output, h]) == ["h", "output"]
    assert names([*nn.LSTMCell(3, 4)(x[0])]) == ["c", "h"]


def test_decompositions() -> None:
    a = random(3, 3)
    assert names([*np.linalg.svd(a)]) == ["S", "U", "Vᴴ"]
    assert names([*np.linalg.qr(a)]) == ["Q", "R"]


def by_hand(x: Any, weights: Any) -> Any:
    q, k, v = np.split(weights, 3, axis=-1)
    scores = np.where(np.tri(5, dtype=bool), q @ np.swapaxes(k, -1, -2) / np.sqrt(8.0), -np.inf)
    return F.softmax(scores, dim=-1) @ v


def of_layer(x: Any, weights: Any) -> Any:
    return nn.MultiheadAttention(8, 2, batch_first=True, dtype=np.float64)(x, x, x)[0]


def of_function(x: Any, weights: Any) -> Any:
    return F.scaled_dot_product_attention(*np.split(weights, 3, axis=-1))


@pytest.mark.parametrize("attention", [by_hand, of_layer, of_function])
def test_query_key_and_value(attention: Any) -> None:
    assert names(attention(random(2, 5, 8), random(2, 5, 24))) == ["k", "q", "v"]


def lstm_gates(a: Any, h: Any, c: Any) -> Sequence[Any]:
    i, f, g, o = np.split(a, 4, axis=-1)
    c = F.sigmoid(f) * c + np.tanh(g) * F.sigmoid(i)
    return F.sigmoid(o) * np.tanh(c), c


def test_gates() -> None:
    h, c = lstm_gates(random(2, 16), None, random(2, 4))
    assert names([h, c]) == ["f", "g", "i", "o"]
    a_r, a_z, a_n = np.split(random(2, 12), 3, axis=-1)
    b_r, b_z, b_n = np.split(random(2, 12), 3, axis=-1)
    h, z = random(2, 4), F.sigmoid(a_z + b_z)
    assert names((1 - z) * np.tanh(a_n + F.sigmoid(a_r + b_r) * b_n) + z * h) == ["n", "r", "z"]


def test_pieces_without_a_meaning_have_their_number() -> None:
    a, b, c, d = np.split(random(4, 4), 4)
    assert names(np.tanh(a) * b + c * F.sigmoid(d)) == ["split[0]", "split[1]", "split[2]", "split[3]"]
    q, k, v = np.split(random(3, 4), 3)
    assert names((q @ k.T) @ v) == ["split[0]", "split[1]", "split[2]"]  # no softmax, no attention


def test_the_arrow_says_which_cotangent_goes_back() -> None:
    _, (h, _) = nn.LSTM(3, 4)(np.ones((5, 2, 3), np.float32))
    rules = [line.text for arrow in draw(h).picture.arrows for line in arrow.lines if line.role == "rule"]
    assert "g at h" in rules
