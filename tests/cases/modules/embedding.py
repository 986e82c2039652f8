"""Embedding, EmbeddingBag and Bilinear."""

from __future__ import annotations

from typing import Any

import numpy as np

import nn
from tests.cases.modules.case import ModuleCase

F64: dict[str, Any] = {"dtype": np.float64}


def words(rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.integers(0, 5, (2, 4)),)


def bags(rng: np.random.Generator) -> tuple[Any, ...]:
    """Seven indices in three bags, the second of which is empty."""
    return rng.integers(0, 5, 7), np.array([0, 3, 3])


def weighted_bags(rng: np.random.Generator) -> tuple[Any, ...]:
    return (*bags(rng), rng.normal(size=7))


def closed_bags(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.integers(0, 5, 7), np.array([0, 3, 3, 7])


def bag(inputs: Any, order: int = 2, **options: Any) -> ModuleCase:
    return ModuleCase(
        nn.EmbeddingBag,
        lambda rng: nn.EmbeddingBag(5, 3, **options, **F64, rng=rng),
        inputs,
        lambda torch: torch.nn.EmbeddingBag(5, 3, **options),
        label=" ".join([inputs.__name__, *(f"{name}={value}" for name, value in options.items())]),
        order=order,
        half="max_norm" not in options,
    )


def torch_mean_of_embedding(torch: Any) -> Any:
    """In place of PyTorch's EmbeddingBag(scale_grad_by_freq=True), which on a CPU divides by counts of other rows."""

    class Peer(torch.nn.Embedding):  # type: ignore[misc]
        def forward(self, input: Any) -> Any:
            return super().forward(input).mean(1)

    return Peer(5, 3, scale_grad_by_freq=True)


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
    bag(words),
    bag(words, mode="sum"),
    bag(words, mode="max"),
    bag(bags),
    bag(bags, mode="sum"),
    bag(bags, mode="max"),
    bag(weighted_bags, mode="sum"),
    bag(weighted_bags, mode="sum", padding_idx=-2),
    bag(closed_bags, include_last_offset=True),
    bag(bags, padding_idx=1),
    bag(bags, mode="max", padding_idx=1),
    ModuleCase(  # order 0: this one changes a gradient, and the next the parameter itself
        nn.EmbeddingBag, lambda rng: nn.EmbeddingBag(5, 3, scale_grad_by_freq=True, **F64, rng=rng), words,
        torch_mean_of_embedding, label="scale_grad_by_freq", order=0,
    ),
    bag(bags, 0, max_norm=1.0, norm_type=1, mode="sum"),
    ModuleCase(
        nn.Bilinear, lambda rng: nn.Bilinear(3, 4, 2, **F64, rng=rng), two((5, 3), (5, 4)),
        lambda torch: torch.nn.Bilinear(3, 4, 2),
    ),
    ModuleCase(
        nn.Bilinear, lambda rng: nn.Bilinear(3, 2, 4, bias=False, **F64, rng=rng), two((2, 3, 3), (2, 3, 2)),
        lambda torch: torch.nn.Bilinear(3, 2, 4, bias=False), label="without bias, 3-d",
    ),
]  # fmt: skip
