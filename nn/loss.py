"""Losses as modules."""

from __future__ import annotations

from typing import Any

from autograd.errors import ArgumentError
from nn import functional as F
from nn.module import Module


class _Loss(Module):
    def __init__(self, *, reduction: str = "mean") -> None:
        if reduction not in F.REDUCTIONS:
            raise ArgumentError(f"reduction must be one of {', '.join(map(repr, F.REDUCTIONS))}; got {reduction!r}.")
        self.reduction = reduction

    def extra_repr(self) -> str:
        return "" if self.reduction == "mean" else f"reduction={self.reduction!r}"


class CrossEntropyLoss(_Loss):
    """The negative log-likelihood of the target classes under softmax(input): see `functional.cross_entropy`.

    Shape:     input (N, C), target (N,) of class numbers -> () for "mean" and "sum", (N,) for "none"
    Example:
        >>> import numpy as np, nn
        >>> round(float(nn.CrossEntropyLoss()(np.zeros((4, 10)), np.array([1, 2, 3, 4]))), 4)
        2.3026
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.cross_entropy(input, target, reduction=self.reduction)


class MSELoss(_Loss):
    """The squared difference of input and target: see `functional.mse_loss`.

    Shape:     input and target of one shape -> () for "mean" and "sum", that shape for "none"
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.mse_loss(input, target, reduction=self.reduction)
