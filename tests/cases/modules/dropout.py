"""Dropout in eval mode, and for p of 0 and 1. It is random in training: see tests/nn/layers/test_dropout.py."""

from __future__ import annotations

from typing import Any

import nn
from tests.cases.modules.case import ModuleCase, away_from_zero


def row(name: str, p: float, training: bool, *shape: int) -> ModuleCase:
    def make(rng: Any) -> nn.Module:
        module: nn.Module = getattr(nn, name)(p, rng=rng)
        return module.train(training)

    mode = "training" if training else "in use"
    return ModuleCase(
        getattr(nn, name),
        make,
        away_from_zero(*shape),
        lambda torch: getattr(torch.nn, name)(p),
        label=f"p={p}, {mode}, {len(shape)}-d",
    )


MODULES = [
    row(name, p, training, *shape)
    for name, shapes in (
        ("Dropout", [(3, 4)]), ("Dropout1d", [(2, 3, 4), (3, 4)]), ("Dropout2d", [(2, 3, 2, 2)]),
        ("Dropout3d", [(2, 3, 2, 1, 2), (3, 2, 1, 2)]), ("AlphaDropout", [(3, 4)]),
        ("FeatureAlphaDropout", [(3, 4), (2, 3, 2, 2)]),
    )
    for shape in shapes
    for p, training in ((0.3, False), (0.0, True), (1.0, True))
]  # fmt: skip
