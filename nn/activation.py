"""Activations: elementwise functions as layers."""

from __future__ import annotations

from typing import Any

from nn import functional as F
from nn.module import Module


class ReLU(Module):
    """max(x, 0). Gradient: 0 at 0."""

    def forward(self, x: Any) -> Any:
        return F.relu(x)


class Sigmoid(Module):
    """1 / (1 + exp(-x))."""

    def forward(self, x: Any) -> Any:
        return F.sigmoid(x)


class Tanh(Module):
    """The hyperbolic tangent."""

    def forward(self, x: Any) -> Any:
        return F.tanh(x)
