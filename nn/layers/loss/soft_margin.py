"""Margins without a kink, log(1 + exp(-y x)): of one label, and of several labels an example."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError
from nn.core.parameter import Buffer
from nn.layers.activation.softplus import logsigmoid_op
from nn.layers.loss.base import Loss, weight_buffer
from nn.layers.loss.binary_cross_entropy import binary_cross_entropy_with_logits
from nn.layers.loss.targets import as_signs, check_same_shape, floating_values
from nn.layers.reduction import check_reduction, reduce


def soft_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The negative log-likelihood of a sign under σ(x).

        l = log(1 + exp(-y x))

    Shape:     input x and target y of one shape, the target of 1 and -1
               -> () for "mean" and "sum", that shape for "none"
    Numerics:  large scores do not overflow, as they do in PyTorch.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.soft_margin_loss(np.array([0.0, -1e4]), np.array([1, 1]), reduction="none")
        array([6.93147181e-01, 1.00000000e+04])
    """
    input = floating_values(input, "soft_margin_loss")
    y = as_signs(target, input, "soft_margin_loss")
    check_same_shape(input, y, "soft_margin_loss")
    return reduce(-logsigmoid_op(y * input), reduction)


class SoftMarginLoss(Loss):
    """The negative log-likelihood of a sign under σ(x): see `functional.soft_margin_loss`.

        l = log(1 + exp(-y x))

    Shape:     input x and target y of one shape, the target of 1 and -1
               -> () for "mean" and "sum", that shape for "none"
    Source:    Friedman, Hastie & Tibshirani 2000, "Additive logistic regression", section 4.
    """

    def forward(self, input: Any, target: Any) -> Any:
        return soft_margin_loss(input, target, reduction=self.reduction)


def multilabel_soft_margin_loss(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """The mean over the classes of the binary cross-entropy of each, of logits.

        l_n = -1/C Σ_c w_c (y_nc log σ(x_nc) + (1 - y_nc) log(1 - σ(x_nc)))

    Shape:     input x and target y of one shape (*, C) -> () for "mean" and "sum", (*,) for "none"
    Args:      weight: w, of either sign, broadcast to the input.
    Gradient:  w (σ(x) - y) / C. The target and the weight get one, too.
    Numerics:  as `binary_cross_entropy_with_logits`.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.multilabel_soft_margin_loss(np.zeros((2, 3)), np.ones((2, 3)), reduction="none").round(4)
        array([0.6931, 0.6931])
    """
    check_reduction(reduction)
    input = floating_values(input, "multilabel_soft_margin_loss")
    if not input.ndim or not input.shape[-1]:
        raise ShapeError(f"multilabel_soft_margin_loss expects input (*, C) with C > 0; got {input.shape}.")
    if reduction == "mean":  # of means of equally many is the mean of all
        return binary_cross_entropy_with_logits(input, target, weight)
    return reduce(np.mean(binary_cross_entropy_with_logits(input, target, weight, reduction="none"), -1), reduction)


class MultiLabelSoftMarginLoss(Loss):
    """The mean over the classes of the binary cross-entropy of each: see `functional.multilabel_soft_margin_loss`.

        l_n = -1/C Σ_c w_c (y_nc log σ(x_nc) + (1 - y_nc) log(1 - σ(x_nc)))

    Shape:     input x (logits) and target y of one shape (*, C) -> () for "mean" and "sum", (*,) for "none"
    Args:      weight: w, broadcast to the input.
    Source:    see `BCELoss`.
    """

    weight: Buffer | None

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.weight = weight_buffer(weight)

    def forward(self, input: Any, target: Any) -> Any:
        return multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)
