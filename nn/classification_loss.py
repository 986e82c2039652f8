"""Losses of classes and of probabilities, as modules."""

from __future__ import annotations

from typing import Any

from autograd.errors import ArgumentError
from nn import functional as F
from nn.core.parameter import Buffer
from nn.loss import Loss, weight_buffer


class CrossEntropyLoss(Loss):
    """The negative log-likelihood of the target under softmax(input): see `functional.cross_entropy`.

        l_n = -w[t_n] log softmax(input_n)[t_n]

    Shape:     input (N, C), (C,) or (N, C, d1, …), logits; target of that shape without C, class numbers, or of that shape,
               probabilities -> () for "mean" and "sum", the shape without C for "none"
    Args:      weight: of the classes, (C,).
               ignore_index: a class number whose positions do not count.
               label_smoothing: in [0, 1], how much of the target goes to all classes alike.
    Gradient:  (softmax(input) - y) / N in the plain case.
    Numerics:  softmax and logarithm are taken together, so large logits do no harm.
    Source:    Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs".
    Example:
        >>> import numpy as np, nn
        >>> round(float(nn.CrossEntropyLoss()(np.zeros((4, 10)), np.array([1, 2, 3, 4]))), 4)
        2.3026
        >>> nn.CrossEntropyLoss(label_smoothing=0.1)
        CrossEntropyLoss(label_smoothing=0.1)
    """

    weight: Buffer | None

    def __init__(
        self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean", label_smoothing: float = 0.0
    ) -> None:
        super().__init__(reduction=reduction)
        if isinstance(label_smoothing, bool) or not 0 <= label_smoothing <= 1:
            raise ArgumentError(f"label_smoothing must lie in [0, 1]; got {label_smoothing!r}.")
        self.weight = weight_buffer(weight)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        return F.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )

    def _options(self) -> list[str]:
        options = [f"ignore_index={self.ignore_index}"] if self.ignore_index != -100 else []
        return [*options, *([f"label_smoothing={self.label_smoothing}"] if self.label_smoothing else [])]


class NLLLoss(Loss):
    """The negative log-likelihood of the target classes, of log-probabilities: see `functional.nll_loss`.

        l_n = -w[t_n] input_n[t_n]

    Shape:     input (N, C), (C,) or (N, C, d1, …), target of that shape without C -> () for "mean" and "sum", else the target's
    Args:      weight, ignore_index: see `CrossEntropyLoss`, which takes logits and is the better way to get there.
    Source:    see `CrossEntropyLoss`.
    """

    weight: Buffer | None

    def __init__(self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.weight = weight_buffer(weight)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        return F.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)

    def _options(self) -> list[str]:
        return [f"ignore_index={self.ignore_index}"] if self.ignore_index != -100 else []


class BCELoss(Loss):
    """The negative log-likelihood of the targets under probabilities: see `functional.binary_cross_entropy`.

        l = -w (y log h + (1 - y) log(1 - h))

    Shape:     input h and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      weight: broadcast to the input.
    Numerics:  the logarithms are at least -100, as in PyTorch. `BCEWithLogitsLoss` needs no such help.
    Source:    Solla, Levin & Fleisher 1988, "Accelerated learning in layered neural networks".
    """

    weight: Buffer | None

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.weight = weight_buffer(weight)

    def forward(self, input: Any, target: Any) -> Any:
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(Loss):
    """The negative log-likelihood of the targets under sigmoid(input): see `functional.binary_cross_entropy_with_logits`.

        l = -w (p y log σ(x) + (1 - y) log(1 - σ(x)))

    Shape:     input x (logits) and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      weight: w, broadcast to the input.
               pos_weight: p, how much more a positive example counts, broadcast to the input.
    Gradient:  (σ(x) - y) / N without weights.
    Numerics:  sigmoid and logarithm are taken together, so large logits do no harm.
    Source:    see `BCELoss`.
    Example:
        >>> import numpy as np, nn
        >>> round(float(nn.BCEWithLogitsLoss(pos_weight=[2.0])(np.zeros((3, 1)), np.ones((3, 1)))), 4)
        1.3863
    """

    weight: Buffer | None
    pos_weight: Buffer | None

    def __init__(self, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(reduction=reduction)
        self.weight = weight_buffer(weight)
        self.pos_weight = weight_buffer(pos_weight, "pos_weight")

    def forward(self, input: Any, target: Any) -> Any:
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class KLDivLoss(Loss):
    """The Kullback-Leibler divergence of the target from the input, given as log-probabilities: see `functional.kl_div`.

        l = y (log y - input),     with log_target   l = exp(y) (y - input)

    Shape:     input and target of one shape -> () for "mean", "sum" and "batchmean", that shape for "none"
    Args:      reduction: "batchmean" is the divergence; "mean" divides by the number of elements, as in PyTorch.
               log_target: the target holds log-probabilities, too.
    Source:    Kullback & Leibler 1951, "On information and sufficiency".
    """

    reductions = (*F.REDUCTIONS, "batchmean")

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)

    def _options(self) -> list[str]:
        return ["log_target=True"] if self.log_target else []


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
        return F.poisson_nll_loss(log_input, target, self.log_input, self.full, eps=self.eps, reduction=self.reduction)

    def _options(self) -> list[str]:
        return [text for text, given in (("log_input=False", not self.log_input), ("full=True", self.full)) if given]


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
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)

    def _options(self) -> list[str]:
        return ["full=True"] if self.full else []
