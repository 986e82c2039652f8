"""Losses that ask for a margin, as modules."""

from __future__ import annotations

from typing import Any

from autograd.errors import ArgumentError
from nn import functional as F
from nn.functional.loss_inputs import check_positive
from nn.loss import Loss


class HingeLoss(Loss):
    """How far scores are from being right by a margin, the loss of support vector machines: see `functional.hinge_loss`.

        l = max(0, margin - y s)                                     scores s, y = ±1
        l_n = max(0, margin + max_{c ≠ t} s_nc - s_nt)               scores of C classes, class number t

    Shape:     input and target of one shape, the target of ±1, booleans, or 0 and 1; or input (N, C) and target (N,) of class
               numbers -> () for "mean" and "sum", the target's shape for "none"
    Source:    Cortes & Vapnik 1995; of several classes Crammer & Singer 2001.
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = check_positive("HingeLoss", "margin", margin, zero=True)

    def forward(self, input: Any, target: Any) -> Any:
        return F.hinge_loss(input, target, self.margin, reduction=self.reduction)

    def _options(self) -> list[str]:
        return [] if self.margin == 1 else [f"margin={self.margin}"]


class HingeEmbeddingLoss(Loss):
    """Of distances x: x for a pair that belongs together (y = 1), max(0, margin - x) for one that does not (y = -1).

    Shape:     input and target of one shape -> () for "mean" and "sum", that shape for "none"
    Source:    Hadsell, Chopra & LeCun 2006, "Dimensionality reduction by learning an invariant mapping", without the squares.
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        return F.hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)

    def _options(self) -> list[str]:
        return [] if self.margin == 1 else [f"margin={self.margin}"]


class MarginRankingLoss(Loss):
    """max(0, -y (x1 - x2) + margin): y = 1 wants x1 to rank higher, y = -1 x2.

    Shape:     inputs and target of one shape -> () for "mean" and "sum", that shape for "none"
    Source:    Herbrich, Graepel & Obermayer 2000, "Large margin rank boundaries for ordinal regression".
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return F.margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)

    def _options(self) -> list[str]:
        return [f"margin={self.margin}"] if self.margin else []


class CosineEmbeddingLoss(Loss):
    """1 - cos(x1, x2) for a pair that belongs together (y = 1), max(0, cos(x1, x2) - margin) for one that does not (y = -1).

    Shape:     inputs (N, D) or (D,), target (N,) or () -> () for "mean" and "sum", that of the target for "none"
    Args:      margin: in [-1, 1].
    Source:    Bromley et al. 1993, "Signature verification using a 'Siamese' time delay neural network".
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        if not -1 <= margin <= 1:
            raise ArgumentError(f"CosineEmbeddingLoss: margin must lie in [-1, 1]; got {margin!r}.")
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return F.cosine_embedding_loss(input1, input2, target, self.margin, reduction=self.reduction)

    def _options(self) -> list[str]:
        return [f"margin={self.margin}"] if self.margin else []


class TripletMarginLoss(Loss):
    """max(0, |a - p| - |a - n| + margin): an anchor nearer to what is like it than to what is not: see `functional.triplet_margin_loss`.

    Shape:     anchor, positive, negative (N, D) or (D,) -> () for "mean" and "sum", (N,) or () for "none"
    Args:      p: of the norm.
               eps: added to the differences, so that equal points are not at the norm's kink.
               swap: take |p - n| instead of |a - n| where it is the smaller.
    Source:    Schroff et al. 2015, arXiv:1503.03832, without the squares.
    """

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False, *, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction)
        self.margin = check_positive("TripletMarginLoss", "margin", margin)
        self.p = check_positive("TripletMarginLoss", "p", p)
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        return F.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, reduction=self.reduction
        )

    def _options(self) -> list[str]:
        options = [f"margin={self.margin}"] if self.margin != 1 else []
        return [*options, *([f"p={self.p}"] if self.p != 2 else []), *(["swap=True"] if self.swap else [])]
