"""Attention, embedding and bags of rows as primitives."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn import functional as F
from nn.layers.attention.scaled_dot_product import attention_op, attention_weights_op, packed_attention_op
from nn.layers.embedding import embedding_op
from nn.layers.embedding_bag import bag_dots_op, bag_op
from tests.cases.case import Case, constant, normal

QKV = normal((2, 5, 4), (2, 3, 4), (2, 3, 6))
MASK = np.array(
    [[True, False, True], [True, True, True], [False, False, True], [True, True, False], [False, True, False]]
)
NOISE = np.where(np.arange(30).reshape(2, 5, 3) % 3, 1.5, 0.0)
INDICES = np.array([[0, 2, 2], [4, 1, 2]])
ROWS, STARTS, BAGS = np.array([0, 2, 2, 4, 1, 0]), np.array([0, 3, 3, 5, 6]), np.array([0, 0, 0, 2, 2, 3])


def bag_of(torch: Any, weights: Any, table: Any) -> Any:
    """Rows of a table, weighted and added up by bags; the last of four bags is empty in PyTorch's offsets, too."""
    offsets = torch.as_tensor(STARTS[:-1])
    return torch.nn.functional.embedding_bag(
        torch.as_tensor(ROWS), table, offsets, mode="sum", per_sample_weights=weights
    )


def max_bag(torch: Any, table: Any) -> Any:
    return torch.nn.functional.embedding_bag(torch.as_tensor(ROWS), table, torch.as_tensor(STARTS[:-1]), mode="max")


def sdpa(torch: Any, q: Any, k: Any, v: Any, mask: Any = None, scale: float = 0.3) -> Any:
    mask = torch.as_tensor(mask) if isinstance(mask, np.ndarray) else mask
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, mask, scale=scale)


def packed(torch: Any, x: Any, mask: Any = None) -> Any:
    q, k, v = (part.unflatten(-1, (2, 3)).transpose(-2, -3) for part in x.chunk(3, -1))
    return sdpa(torch, q, k, v, mask).transpose(-2, -3).flatten(-2)


def of_noise(x: Any) -> Any:
    """The noise in the dtype of the inputs."""
    return constant(NOISE.astype(x.dtype))


CASES = [
    Case("attention", lambda q, k, v: attention_op(q, k, v, scale=0.3), QKV, sdpa),
    Case(
        "attention bool mask", lambda q, k, v: attention_op(q, k, v, constant(MASK), scale=0.3), QKV,
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
        "packed_attention causal",
        lambda x: packed_attention_op(x, constant(np.tri(4, dtype=bool)), heads=2, scale=0.3),
        normal((2, 4, 18)), lambda t, x: packed(t, x, np.tri(4, dtype=bool)),
    ),
    Case("packed_attention of one", lambda x: packed_attention_op(x, heads=2, scale=0.3), normal((4, 18)), packed),
    Case(
        "embedding", lambda w: embedding_op(w, INDICES), normal((5, 3)),
        lambda t, w: t.nn.functional.embedding(t.as_tensor(INDICES), w),
    ),
    Case("embedding_bag", lambda s, w: bag_op(s, w, rows=ROWS, starts=STARTS), normal((6,), (5, 3)), bag_of),
    Case(
        "embedding_bag transposed", lambda s, g: bag_op(s, g, rows=ROWS, starts=STARTS, size=5), normal((6,), (4, 3)),
        lambda t, s, g: t.zeros(5, 3, dtype=g.dtype).index_add(0, t.as_tensor(ROWS), s[:, None] * g[BAGS]),
    ),
    Case(
        "embedding_bag_dots", lambda g, w: bag_dots_op(g, w, rows=ROWS, starts=STARTS), normal((4, 3), (5, 3)),
        lambda t, g, w: (g[BAGS] * w[ROWS]).sum(1),
    ),
    Case(
        "embedding_bag mean padded", lambda w: F.embedding_bag(ROWS, w, STARTS[:-1], padding_idx=0), normal((5, 3)),
        lambda t, w: t.nn.functional.embedding_bag(
            t.as_tensor(ROWS), w, t.as_tensor(STARTS[:-1]), padding_idx=0
        ),
    ),
    Case("embedding_bag max", lambda w: F.embedding_bag(ROWS, w, STARTS[:-1], mode="max"), normal((5, 3)), max_bag),
    Case(
        "embedding_bag max of equal bags", lambda w: F.embedding_bag(INDICES, w, mode="max"), normal((5, 3)),
        lambda t, w: t.nn.functional.embedding_bag(t.as_tensor(INDICES), w, mode="max"),
    ),
    Case(
        "scale_grad_by_freq", lambda w: F.embedding_bag([[0], [2]], w, scale_grad_by_freq=True), normal((5, 3)),
        lambda t, w: t.nn.functional.embedding_bag(t.as_tensor([[0], [2]]), w, scale_grad_by_freq=True),
    ),
]  # fmt: skip

FUSED: list[tuple[str, list[tuple[int, ...]], tuple[Any, ...], dict[str, Any]]] = [
    ("embedding_bag", [(6,), (5, 3)], (), {"rows": ROWS, "starts": STARTS}),
    ("embedding_bag", [(6,), (4, 3)], (), {"rows": ROWS, "starts": STARTS, "size": 5}),
    ("embedding_bag_dots", [(4, 3), (5, 3)], (), {"rows": ROWS, "starts": STARTS}),
]
