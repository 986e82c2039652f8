"""Embedding and Bilinear."""

from __future__ import annotations

from typing import Any

import numpy as np

import nn
from tests.cases.modules.case import ModuleCase

F64: dict[str, Any] = {"dtype": np.float64}


def words(rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.integers(0, 5, (2, 4)),)


def two(*shapes: tuple[int, ...]) -> Any:
    return lambda rng: tuple(rng.normal(size=shape) for shape in shapes)


MODULES = [
    ModuleCase(
        nn.Embedding, lambda rng: nn.Embedding(5, 3, **F64, rng=rng), words, lambda torch: torch.nn.Embedding(5, 3),
    ),
    ModuleCase(  # order 0: the row of padding has no gradient, though the result depends on it
        nn.Embedding, lambda rng: nn.Embedding(5, 3, padding_idx=-2, **F64, rng=rng), words,
        lambda torch: torch.nn.Embedding(5, 3, padding_idx=-2), label="padding_idx", order=0,
    ),
    ModuleCase(
        nn.Embedding, lambda rng: nn.Embedding(5, 3, max_norm=1.0, **F64, rng=rng), words,
        lambda torch: torch.nn.Embedding(5, 3, max_norm=1.0), label="max_norm", order=0, half=False,
    ),
    ModuleCase(
        nn.Embedding, lambda rng: nn.Embedding(5, 3, max_norm=1.0, norm_type=1, **F64, rng=rng), words,
        lambda torch: torch.nn.Embedding(5, 3, max_norm=1.0, norm_type=1), label="max_norm norm_type=1", order=0,
        half=False,
    ),
    ModuleCase(
        nn.Embedding, lambda rng: nn.Embedding(5, 3, padding_idx=0, scale_grad_by_freq=True, **F64, rng=rng), words,
        lambda torch: torch.nn.Embedding(5, 3, padding_idx=0, scale_grad_by_freq=True), label="scale_grad_by_freq",
        order=0,
    ),
    ModuleCase(
        nn.Bilinear, lambda rng: nn.Bilinear(3, 4, 2, **F64, rng=rng), two((5, 3), (5, 4)),
        lambda torch: torch.nn.Bilinear(3, 4, 2),
    ),
    ModuleCase(
        nn.Bilinear, lambda rng: nn.Bilinear(3, 2, 4, bias=False, **F64, rng=rng), two((2, 3, 3), (2, 3, 2)),
        lambda torch: torch.nn.Bilinear(3, 2, 4, bias=False), label="without bias, 3-d",
    ),
]  # fmt: skip
