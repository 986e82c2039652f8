"""Losses of distributions: the Kullback-Leibler divergence, and the likelihoods of counts and of normal distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn.layers.loss.base import Loss
from nn.layers.loss.targets import in_dtype_of, input_and_target, values_of
from nn.layers.reduction import REDUCTIONS, check_reduction, reduce

KL_REDUCTIONS = (*REDUCTIONS, "batchmean")


def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Any:
    """The Kullback-Leibler divergence of the target from the input, which is given as log-probabilities.

        l = y (log y - input),     with log_target   l = exp(y) (y - input)

    Shape:     input and target of one shape -> () for "mean", "sum" and "batchmean", that shape for "none"
    Args:      reduction: "batchmean", the sum over the length of the first axis, is the divergence; "mean" divides by the number
               of elements, as in PyTorch.
               log_target: the target holds log-probabilities, too.
    Gradient:  to both; where y = 0 that to y is 0.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> round(float(F.kl_div(np.log([[0.5, 0.5]]), np.array([[1.0, 0.0]]), reduction="batchmean")), 4)
        0.6931
    """
    check_reduction(reduction, KL_REDUCTIONS)
    input, target = input_and_target(input, target, "kl_div")
    if log_target:
        loss = np.exp(target) * (target - input)
    else:
        zero = values_of(target) == 0
        loss = np.where(zero, 0, target * (np.log(np.where(zero, 1, target)) - input))  # 0 log 0 = 0
    if reduction == "batchmean":
        return np.sum(loss) / (input.shape[0] if input.ndim else 1)
    return reduce(loss, reduction)


class KLDivLoss(Loss):
    """The Kullback-Leibler divergence of the target from the input, given as log-probabilities: see `functional.kl_div`.

        l = y (log y - input),     with log_target   l = exp(y) (y - input)

    Shape:     input and target of one shape -> () for "mean", "sum" and "batchmean", that shape for "none"
    Args:      reduction: "batchmean" is the divergence; "mean" divides by the number of elements, as in PyTorch.
               log_target: the target holds log-probabilities, too.
    Source:    Kullback & Leibler 1951, "On information and sufficiency".
    """

    reductions = KL_REDUCTIONS

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        return kl_div(input, target, reduction=self.reduction, log_target=self.log_target)

    def _options(self) -> list[str]:
        return ["log_target=True"] if self.log_target else []


def poisson_nll_loss(
    input: Any, target: Any, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: str = "mean"
) -> Any:
    """The negative log-likelihood of counts under Poisson distributions.

        l = exp(x) - y x,     without log_input   l = x - y log(x + eps);     with full   + y log y - y + ½ log(2π y)  where y > 1

    Shape:     input x and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      log_input: x is the logarithm of the rate.
               full: add Stirling's approximation of log y!.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> float(F.poisson_nll_loss(np.array([0.0]), np.array([3])))
        1.0
    """
    input, target = input_and_target(input, target, "poisson_nll_loss")
    loss = np.exp(input) - target * input if log_input else input - target * np.log(input + eps)
    if full:
        many = values_of(target) > 1
        y = np.where(many, target, 1)
        loss = loss + np.where(many, y * np.log(y) - y + 0.5 * np.log(2 * math.pi * y), 0)
    return reduce(loss, reduction)


class PoissonNLLLoss(Loss):
    """The negative log-likelihood of counts under Poisson distributions: see `functional.poisson_nll_loss`.

        l = exp(x) - y x,     without log_input   l = x - y log(x + eps);     with full   + Stirling's log y!

    Shape:     input x and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Source:    McCullagh & Nelder 1989, "Generalized linear models".
    """

    def __init__(
        self, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Any, target: Any) -> Any:
        return poisson_nll_loss(log_input, target, self.log_input, self.full, eps=self.eps, reduction=self.reduction)

    def _options(self) -> list[str]:
        return [text for text, given in (("log_input=False", not self.log_input), ("full=True", self.full)) if given]


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """The negative log-likelihood of the target under normal distributions of which the network gives mean and variance.

        l = ½ (log v + (h - y)² / v),     v = max(var, eps);     with full   + ½ log 2π

    Shape:     input h and target y of one shape (*, D); var of that shape, (*, 1), (*,), any one axis of length 1, or a number
               -> () for "mean" and "sum", that of the input for "none"
    Gradient:  to var as if it were not held above eps, as in PyTorch, so that a variance can find its way up.
    Raises:    ArgumentError for a negative variance.
    Source:    Nix & Weigend 1994, "Estimating the mean and variance of the target probability distribution".
    Example:
        >>> import numpy as np, nn.functional as F
        >>> float(F.gaussian_nll_loss(np.zeros(4), np.full(4, 2.0), 1.0))
        2.0
    """
    who = "gaussian_nll_loss"
    if not eps > 0:
        raise ArgumentError(f"{who}: eps must be > 0; got {eps!r}.")
    input, target = input_and_target(input, target, who)
    var = in_dtype_of(var, input, who)
    if var.ndim and var.shape != input.shape:
        if var.shape == input.shape[:-1]:
            var = var[..., None]
        elif (
            var.ndim != input.ndim
            or sum(a != b for a, b in zip(var.shape, input.shape, strict=True)) != 1
            or _enlarges(var, input)
        ):
            raise ShapeError(
                f"{who}: var must have the input's shape {input.shape}, one axis of it of length 1 or left out; got {var.shape}."
            )
    raw = values_of(var)
    if (raw < 0).any():
        raise ArgumentError(f"{who} expects variances >= 0; got {raw.min()}.")
    var = var + np.maximum(np.asarray(eps, raw.dtype) - raw, 0)  # a constant is added: the gradient passes
    loss = 0.5 * (np.log(var) + (input - target) ** 2 / var)
    return reduce(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)


def _enlarges(small: Any, large: Any) -> bool:
    return bool(np.broadcast_shapes(small.shape, large.shape) != large.shape) if 1 in small.shape else True


class GaussianNLLLoss(Loss):
    """The negative log-likelihood under normal distributions of which mean and variance are given: see `functional.gaussian_nll_loss`.

        l = ½ (log v + (h - y)² / v),     v = max(var, eps);     with full   + ½ log 2π

    Shape:     input h and target y (*, D); var of that shape, (*, 1), (*,) or a number
               -> () for "mean" and "sum", that of the input for "none"
    Source:    Nix & Weigend 1994, "Estimating the mean and variance of the target probability distribution".
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        if not eps > 0:
            raise ArgumentError(f"eps must be > 0; got {eps!r}.")
        self.full = full
        self.eps = eps

    def forward(self, input: Any, target: Any, var: Any) -> Any:
        return gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)

    def _options(self) -> list[str]:
        return ["full=True"] if self.full else []
