"""Operations written as one: see also tests/nn/layers/test_fused.py, which compares each with its composite."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.ops.special import logsumexp
from nn.layers.linear import linear_op
from nn.layers.loss.cross_entropy import softmax_cross_entropy_op
from tests.cases.case import Case, normal


def away_from_zero(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return (rng.uniform(0.2, 2, (4, 3)) * rng.choice([-1.0, 1.0], (4, 3)),)


TARGET = np.array([0, 2, 1, 1, 0])


def torchs_linear(torch: Any, *args: Any) -> Any:
    return torch.nn.functional.linear(*args)


def cross_entropy(reduction: str) -> Any:
    return lambda torch, x: torch.nn.functional.cross_entropy(x, torch.as_tensor(TARGET), reduction=reduction)


CASES = [
    Case("linear", linear_op, normal((5, 4), (3, 4), (3,)), torchs_linear),
    Case("linear without bias", linear_op, normal((5, 4), (3, 4)), torchs_linear),
    Case("linear of 3-d", linear_op, normal((2, 5, 4), (3, 4), (3,)), torchs_linear),
    Case("linear of one row", linear_op, normal((4,), (3, 4), (3,)), torchs_linear),
    Case("logsumexp", logsumexp, normal((4, 3)), lambda torch, x: torch.logsumexp(x, (0, 1))),
    Case("logsumexp axis=1", lambda x: logsumexp(x, axis=1), normal((4, 3)), lambda torch, x: torch.logsumexp(x, 1)),
    Case(
        "logsumexp axis=0 keepdims", lambda x: logsumexp(x, axis=0, keepdims=True), normal((4, 3)),
        lambda torch, x: torch.logsumexp(x, 0, keepdim=True),
    ),
    *[
        Case(
            f"softmax_cross_entropy {reduction}",
            lambda x, reduction=reduction: softmax_cross_entropy_op(x, TARGET, reduction=reduction),
            normal((5, 3)),
            cross_entropy(reduction),
        )
        for reduction in ("mean", "sum", "none")
    ],
]  # fmt: skip
