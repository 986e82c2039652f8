"""Activations, elementwise and over an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.ops import fused
from nn.functional.common import as_values


def relu(x: Any) -> Any:
    """max(x, 0). Gradient: 0 at 0."""
    return fused.relu(as_values(x))


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), without overflow."""
    return fused.sigmoid(as_values(x))


def tanh(x: Any) -> Any:
    """The hyperbolic tangent: np.tanh."""
    return np.tanh(as_values(x))


def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) / Σ exp(x) along an axis, shifted by the maximum so that it never overflows."""
    return fused.softmax(as_values(x), axis=axis)


def log_softmax(x: Any, axis: int = -1) -> Any:
    """log softmax(x), computed as x - logsumexp(x): exact where softmax underflows."""
    return fused.log_softmax(as_values(x), axis=axis)
