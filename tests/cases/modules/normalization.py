"""The normalisation modules with each of their options, in training and in eval mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nn
from tests.cases.modules.case import ModuleCase


def spread_out(*shape: int) -> Callable[[np.random.Generator], tuple[Any, ...]]:
    """An input whose variance is well above 0, and whose mean is not 0."""
    return lambda rng: (3 * rng.normal(size=shape) + 1,)


def filled(module: nn.Module, rng: np.random.Generator, training: bool) -> nn.Module:
    """The module with random parameters and running statistics instead of the initial ones."""
    for p in module.parameters():
        p.numpy()[...] = rng.normal(size=p.shape)
    for name, b in module.named_buffers():
        b.numpy()[...] = (
            3 if b.dtype.kind == "i" else rng.uniform(0.5, 2, b.shape) if "var" in name else rng.normal(size=b.shape)
        )
    return module.train(training)


def row(name: str, sizes: tuple[Any, ...], options: dict[str, Any], *shape: int, training: bool = True) -> ModuleCase:
    words = [f"{key}={value}" for key, value in options.items()]
    dims = "x".join(map(str, shape))
    return ModuleCase(
        getattr(nn, name),
        lambda rng: filled(getattr(nn, name)(*sizes, **options, dtype=np.float64), rng, training),
        spread_out(*shape),
        lambda torch: getattr(torch.nn, name)(*sizes, **options),
        label=", ".join([*map(str, sizes), *words, dims, *([] if training else ["eval"])]),
    )


def synchronised(*shape: int, training: bool = True) -> ModuleCase:
    """SyncBatchNorm of one rank; PyTorch's needs a GPU. tests/nn/parallel has it on several ranks."""
    peer = f"BatchNorm{max(len(shape) - 2, 1)}d"
    return ModuleCase(
        nn.SyncBatchNorm,
        lambda rng: filled(nn.SyncBatchNorm(3, dtype=np.float64), rng, training),
        spread_out(*shape),
        lambda torch: getattr(torch.nn, peer)(3),
        label=f"{'x'.join(map(str, shape))}{'' if training else ', eval'}",
    )


def response(sizes: tuple[Any, ...], options: dict[str, Any], *shape: int) -> ModuleCase:
    words = [*map(str, sizes), *[f"{key}={value}" for key, value in options.items()], f"on {shape}"]
    return ModuleCase(
        nn.LocalResponseNorm, lambda rng: nn.LocalResponseNorm(*sizes, **options), spread_out(*shape),
        lambda torch: torch.nn.LocalResponseNorm(*sizes, **options), label=", ".join(words),
    )  # fmt: skip


MODULES = [
    response((2,), {}, 2, 3, 4),
    response((3,), {"alpha": 0.5, "beta": 0.6, "k": 2.0}, 2, 4, 2, 2),
    response((4, 0.5, 0.5), {}, 1, 5, 1, 2, 2),
    response((9,), {"alpha": 1.0, "k": 0.5}, 2, 2, 3),
    response((1,), {"alpha": 1}, 2, 2, 3, 0),
    row("BatchNorm1d", (3,), {}, 5, 3),
    row("BatchNorm1d", (3,), {}, 5, 3, training=False),
    row("BatchNorm1d", (3,), {}, 2, 3, 4),
    row("BatchNorm1d", (3,), {"momentum": None, "eps": 0.1}, 5, 3),
    row("BatchNorm1d", (3,), {"momentum": 0.3, "affine": False}, 5, 3),
    row("BatchNorm1d", (3,), {"affine": False}, 5, 3, training=False),
    row("BatchNorm1d", (3,), {"track_running_stats": False}, 5, 3),
    row("BatchNorm1d", (3,), {"track_running_stats": False}, 5, 3, training=False),
    row("BatchNorm1d", (3,), {"bias": False}, 5, 3),
    row("BatchNorm2d", (3,), {}, 2, 3, 2, 2),
    row("BatchNorm2d", (3,), {}, 2, 3, 2, 2, training=False),
    row("BatchNorm3d", (2,), {}, 2, 2, 2, 1, 2),
    row("BatchNorm3d", (2,), {"momentum": None}, 2, 2, 2, 1, 2, training=False),
    synchronised(5, 3),
    synchronised(2, 3, 4),
    synchronised(2, 3, 2, 2, training=False),
    row("InstanceNorm1d", (3,), {}, 2, 3, 5),
    row("InstanceNorm1d", (3,), {"affine": True}, 3, 5),
    row("InstanceNorm1d", (3,), {"affine": True, "track_running_stats": True, "momentum": 0.3}, 2, 3, 5),
    row("InstanceNorm1d", (3,), {"affine": True, "track_running_stats": True}, 2, 3, 5, training=False),
    row("InstanceNorm2d", (3,), {}, 2, 3, 2, 2, training=False),
    row("InstanceNorm2d", (3,), {"affine": True, "eps": 0.1}, 2, 3, 2, 2),
    row("InstanceNorm2d", (2,), {"track_running_stats": True}, 2, 2, 3),
    row("InstanceNorm3d", (2,), {"affine": True}, 2, 2, 2, 1, 3),
    row("InstanceNorm3d", (2,), {"track_running_stats": True}, 2, 2, 3, 2),
    row("InstanceNorm3d", (2,), {"track_running_stats": True}, 1, 2, 2, 3, 2, training=False),
    row("LayerNorm", (5,), {}, 3, 5),
    row("LayerNorm", ((2, 3),), {"eps": 0.1}, 2, 2, 2, 3),
    row("LayerNorm", (5,), {"bias": False}, 2, 2, 5),
    row("LayerNorm", (5,), {"elementwise_affine": False}, 5),
    row("RMSNorm", (5,), {}, 3, 5),
    row("RMSNorm", ((2, 3),), {"eps": 0.1}, 2, 2, 3),
    row("RMSNorm", (5,), {"elementwise_affine": False}, 2, 2, 5),
    row("GroupNorm", (2, 4), {}, 2, 4, 3),
    row("GroupNorm", (2, 6), {"bias": False}, 3, 6),
    row("GroupNorm", (1, 4), {"eps": 0.1}, 2, 4, 2, 2),
    row("GroupNorm", (4, 4), {"affine": False}, 2, 4, 5),
]
