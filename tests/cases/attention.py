"""Attention and embedding as primitives."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.layers.attention.scaled_dot_product import attention_op, attention_weights_op, packed_attention_op
from nn.layers.embedding import embedding_op
from tests.cases.case import Case, normal

QKV = normal((2, 5, 4), (2, 3, 4), (2, 3, 6))
MASK = np.array(
    [[True, False, True], [True, True, True], [False, False, True], [True, True, False], [False, True, False]]
)
NOISE = np.where(np.arange(30).reshape(2, 5, 3) % 3, 1.5, 0.0)
INDICES = np.array([[0, 2, 2], [4, 1, 2]])


def sdpa(torch: Any, q: Any, k: Any, v: Any, mask: Any = None, scale: float = 0.3) -> Any:
    mask = torch.as_tensor(mask) if isinstance(mask, np.ndarray) else mask
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, mask, scale=scale)


def packed(torch: Any, x: Any, mask: Any = None) -> Any:
    q, k, v = (part.unflatten(-1, (2, 3)).transpose(-2, -3) for part in x.chunk(3, -1))
    return sdpa(torch, q, k, v, mask).transpose(-2, -3).flatten(-2)


def of_noise(x: np.ndarray) -> np.ndarray:
    """The noise in the dtype of the inputs."""
    return NOISE.astype(x.dtype)


CASES = [
    Case("attention", lambda q, k, v: attention_op(q, k, v, scale=0.3), QKV, sdpa),
    Case(
        "attention bool mask", lambda q, k, v: attention_op(q, k, v, MASK, scale=0.3), QKV,
        lambda t, q, k, v: sdpa(t, q, k, v, MASK),
    ),
    Case(
        "attention learned mask", lambda *qkvm: attention_op(*qkvm, scale=0.3),
        normal((2, 5, 4), (2, 3, 4), (2, 3, 6), (5, 3)), sdpa,
    ),
    Case(
        "attention shared keys", lambda q, k, v: attention_op(q, k, v, scale=0.3),
        normal((2, 1, 5, 4), (1, 3, 4), (3, 3, 2)),
        lambda t, q, k, v: sdpa(t, q.expand(2, 3, 5, 4), k.expand(2, 3, 3, 4), v.expand(2, 3, 3, 2)),
    ),
    Case(
        "attention large scores", lambda q, k, v: attention_op(q, k, v, scale=20), QKV,
        lambda t, *qkv: sdpa(t, *qkv, scale=20), 1,
    ),
    Case(
        "attention dropout", lambda q, k, v: attention_op(q, k, v, scale=0.3, noise=of_noise(q)), QKV,
        lambda t, q, k, v: (t.softmax(q @ k.mT * 0.3, -1) * t.as_tensor(NOISE)) @ v,
    ),
    Case(
        "attention_weights", lambda q, k: attention_weights_op(q, k, scale=0.3), normal((2, 5, 4), (2, 3, 4)),
        lambda t, q, k: t.softmax(q @ k.mT * 0.3, -1),
    ),
    Case(
        "attention_weights learned mask", lambda q, k, m: attention_weights_op(q, k, m, scale=0.3),
        normal((2, 5, 4), (2, 3, 4), (5, 3)),
        lambda t, q, k, m: t.softmax(q @ k.mT * 0.3 + m, -1),
    ),
    Case("packed_attention", lambda x: packed_attention_op(x, heads=2, scale=0.3), normal((2, 4, 18)), packed),
    Case(
        "packed_attention causal", lambda x: packed_attention_op(x, np.tri(4, dtype=bool), heads=2, scale=0.3),
        normal((2, 4, 18)), lambda t, x: packed(t, x, np.tri(4, dtype=bool)),
    ),
    Case("packed_attention of one", lambda x: packed_attention_op(x, heads=2, scale=0.3), normal((4, 18)), packed),
    Case(
        "embedding", lambda w: embedding_op(w, INDICES), normal((5, 3)),
        lambda t, w: t.nn.functional.embedding(t.as_tensor(INDICES), w),
    ),
]  # fmt: skip
