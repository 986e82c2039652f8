"""Losses of numbers, as modules."""

from __future__ import annotations

from typing import Any

from nn import functional as F
from nn.functional.loss_inputs import check_positive
from nn.loss import Loss


class MSELoss(Loss):
    """The squared difference of input and target: see `functional.mse_loss`.

        l = (h - y)²

    Shape:     input and target of one shape -> () for "mean" and "sum", that shape for "none"
    Source:    Widrow & Hoff 1960, "Adaptive switching circuits".
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.mse_loss(input, target, reduction=self.reduction)


class HalfMSELoss(Loss):
    """Half the squared difference of input and target, as in the derivation of backpropagation: see `functional.half_mse_loss`.

        l = ½ (h - y)²

    Shape:     input and target of one shape -> () for "mean" (over all elements) and "sum", that shape for "none"
    Gradient:  h - y, for "mean" (h - y) / N.
    Source:    Rumelhart, Hinton & Williams 1986, "Learning representations by back-propagating errors".
    Example:
        >>> import numpy as np, nn
        >>> from autograd import Tensor
        >>> h = Tensor([1.0, 2.0], requires_grad=True)
        >>> nn.HalfMSELoss(reduction="sum")(h, np.array([0.0, 4.0])).backward()
        >>> h.grad
        Tensor([ 1., -2.])
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.half_mse_loss(input, target, reduction=self.reduction)


class L1Loss(Loss):
    """The absolute difference of input and target: see `functional.l1_loss`.

        l = |h - y|

    Shape:     input and target of one shape -> () for "mean" and "sum", that shape for "none"
    Gradient:  0 where h = y.
    Source:    Edgeworth 1887, "On observations relating to several quantities".
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    """Squared near zero, the absolute difference beyond: see `functional.smooth_l1_loss`.

        l = ½ d² / beta where |d| < beta, else |d| - ½ beta,     d = h - y

    Shape:     input and target of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      beta: where the one becomes the other, >= 0; 0 gives L1Loss.
    Source:    Girshick 2015, arXiv:1504.08083, eq. 3.
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.beta = check_positive("SmoothL1Loss", "beta", beta, zero=True)

    def forward(self, input: Any, target: Any) -> Any:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)

    def _options(self) -> list[str]:
        return [] if self.beta == 1 else [f"beta={self.beta}"]


class HuberLoss(Loss):
    """Squared near zero, linear beyond, so that outliers pull with a bounded force: see `functional.huber_loss`.

        l = ½ d² where |d| <= delta, else delta (|d| - ½ delta),     d = h - y

    Shape:     input and target of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      delta: where the one becomes the other, > 0.
    Source:    Huber 1964, "Robust estimation of a location parameter".
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = check_positive("HuberLoss", "delta", delta)

    def forward(self, input: Any, target: Any) -> Any:
        return F.huber_loss(input, target, self.reduction, self.delta)

    def _options(self) -> list[str]:
        return [] if self.delta == 1 else [f"delta={self.delta}"]
