"""Losses that compare distributions or fit them: Kullback-Leibler divergence, Poisson and Gaussian likelihood."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from autograd.engine.kinds import surely
from autograd.errors import ArgumentError, ShapeError
from autograd.options import check_flag
from nn.layers.loss.base import Loss
from nn.layers.loss.targets import (
    check_broadcast,
    check_positive,
    floating_values,
    in_dtype_of,
    input_and_target,
    values_of,
)
from nn.layers.reduction import REDUCTIONS, check_reduction, in_single_precision, reduce

KL_REDUCTIONS = (*REDUCTIONS, "batchmean")


def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Any:
    """The Kullback-Leibler divergence of the target from the input, which holds log-probabilities.

        l = y (log y - input)
        l = exp(y) (y - input)     with log_target

    Shape:     input and target of one shape -> () for "mean", "sum" and "batchmean", that shape for "none"
    Args:      reduction: "batchmean" divides the sum by the length of the first axis, which gives the divergence;
               "mean" divides it by the number of elements, as in PyTorch.
               log_target: the target holds log-probabilities, too.
    Gradient:  for both arguments; for y it is 0 where y = 0.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> round(float(F.kl_div(np.log([[0.5, 0.5]]), np.array([[1.0, 0.0]]), reduction="batchmean")), 4)
        0.6931
    """
    check_flag("kl_div: log_target", log_target)
    check_reduction(reduction, KL_REDUCTIONS)
    input, target = input_and_target(input, target, "kl_div")
    zero = values_of(target) == (-np.inf if log_target else 0)  # there 0 (log 0 - input) = 0, for -inf as input, too
    log_of_target = np.where(zero, 0, target) if log_target else np.log(np.where(zero, 1, target))
    loss = (np.exp(target) if log_target else target) * (log_of_target - np.where(zero, 0, input))
    if reduction == "batchmean":
        n = input.shape[0] if input.ndim else 1
        return in_single_precision(lambda each: np.sum(each) / n, loss) if n else reduce(loss, "mean")
    return reduce(loss, reduction)


class KLDivLoss(Loss):
    """The Kullback-Leibler divergence of the target from the input, log-probabilities: see `functional.kl_div`.

        l = y (log y - input)
        l = exp(y) (y - input)     with log_target

    Shape:     input and target of one shape -> () for "mean", "sum" and "batchmean", that shape for "none"
    Args:      reduction: "batchmean" is the divergence; "mean" divides by the number of elements, as in PyTorch.
               log_target: the target holds log-probabilities, too.
    Source:    Kullback & Leibler 1951, "On information and sufficiency".
    """

    reductions = KL_REDUCTIONS
    shown_options: ClassVar = {"log_target": False}

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        return kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


def poisson_nll_loss(
    input: Any, target: Any, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: str = "mean"
) -> Any:
    """The negative log-likelihood of counts under Poisson distributions.

        l = exp(x) - y x
        l = x - y log(x + eps)                without log_input
        l + y log y - y + ½ log(2π y)         with full, where y > 1

    Shape:     input x and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      log_input: x is the logarithm of the rate.
               full: add Stirling's approximation of log y!, which does not depend on x.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> float(F.poisson_nll_loss(np.array([0.0]), np.array([3])))
        1.0
    """
    check_flag("poisson_nll_loss: log_input", log_input)
    check_flag("poisson_nll_loss: full", full)
    input, target = input_and_target(input, target, "poisson_nll_loss")
    x, y = values_of(input), values_of(target)
    # An infinite rate outgrows y log(rate), which would be ∞ - ∞; and 0 log 0 = 0.
    settled = (x == np.inf) | ((y == 0) & (x == -np.inf if log_input else x + eps == 0))
    if log_input:
        loss = np.exp(input) - target * np.where(settled, 0, input)
    else:
        loss = input - target * np.log(np.where(settled, 1, input + eps))
    if full:
        many = values_of(target) > 1
        y = np.where(many, target, 1)
        loss = loss + np.where(many, y * np.log(y) - y + 0.5 * np.log(2 * math.pi * y), 0)
    return reduce(loss, reduction)


class PoissonNLLLoss(Loss):
    """The negative log-likelihood of counts under Poisson distributions: see `functional.poisson_nll_loss`.

        l = exp(x) - y x
        l = x - y log(x + eps)                without log_input
        l + y log y - y + ½ log(2π y)         with full, where y > 1

    Shape:     input x and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Source:    McCullagh & Nelder 1989, "Generalized linear models".
    """

    shown_options: ClassVar = {"log_input": True, "full": False}

    def __init__(
        self, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Any, target: Any) -> Any:
        return poisson_nll_loss(log_input, target, self.log_input, self.full, eps=self.eps, reduction=self.reduction)


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """The negative log-likelihood of the target under normal distributions of given mean and variance.

        l = ½ (log v + (h - y)² / v),     v = max(var, eps)
        l + ½ log 2π                      with full

    Shape:     input h (*, D) and target y, which broadcast; var of the input's shape with at most one axis of length 1,
               or of the shape (*,), or a number -> () for "mean" and "sum", the common shape for "none"
    Gradient:  var gets the gradient of v even where var < eps, as in PyTorch, so that a variance can grow again.
    Raises:    ArgumentError for a negative variance.
    Source:    Nix & Weigend 1994, "Estimating the mean and variance of the target probability distribution".
    Example:
        >>> import numpy as np, nn.functional as F
        >>> float(F.gaussian_nll_loss(np.zeros(4), np.full(4, 2.0), 1.0))
        2.0
    """
    check_flag("gaussian_nll_loss: full", full)
    who = "gaussian_nll_loss"
    check_positive(who, "eps", eps)
    input = floating_values(input, who)
    target, var = in_dtype_of(target, input, who), in_dtype_of(var, input, who)
    check_broadcast(input, target, who)
    if var.ndim and var.shape != input.shape:
        if var.shape == input.shape[:-1]:
            var = var[..., None]
        elif var.ndim != input.ndim or [a for a, b in zip(var.shape, input.shape, strict=True) if a != b] != [1]:
            raise ShapeError(
                f"{who}: var must have the input's shape {input.shape}, one axis of it of length 1 or left out; "
                f"got {var.shape}."
            )
    values = values_of(var)
    if surely(values < 0):
        raise ArgumentError(f"{who} expects variances >= 0; got {values.min()}.")
    var = var + np.maximum(values.dtype.type(eps) - values, 0)  # max(var, eps), with gradient 1 everywhere
    loss = 0.5 * (np.log(var) + (input - target) ** 2 / var)
    return reduce(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)


class GaussianNLLLoss(Loss):
    """The negative log-likelihood under normal distributions of given mean and variance.

    The function is `functional.gaussian_nll_loss`.

        l = ½ (log v + (h - y)² / v),     v = max(var, eps)
        l + ½ log 2π                      with full

    Shape:     input h (*, D) and target y, which broadcast; var of the input's shape, (*, 1), (*,) or a number
               -> () for "mean" and "sum", the common shape for "none"
    Source:    Nix & Weigend 1994, "Estimating the mean and variance of the target probability distribution".
    """

    shown_options: ClassVar = {"full": False}

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        check_positive("GaussianNLLLoss", "eps", eps)
        self.full = full
        self.eps = eps

    def forward(self, input: Any, target: Any, var: Any) -> Any:
        return gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)
