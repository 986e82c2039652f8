"""Losses of classes and of probabilities: cross-entropies, likelihoods, the divergence of two distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.ops import fused
from nn.functional.loss_inputs import (
    constant,
    floating,
    in_dtype_of,
    input_and_target,
    own,
    values_of,
    weight_for,
)
from nn.layers.inputs import as_values
from nn.layers.reduction import REDUCTIONS, reduce


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """The negative log-likelihood of the target under softmax(input).

        l_n = -w[t_n] log softmax(input_n)[t_n]                      for class numbers t
        l_n = -Σ_c w_c y_nc log softmax(input_n)[c]                  for probabilities y

    Shape:     input (N, C), (C,) or (N, C, d1, …), classes on the second axis; target of the same shape without C, integer
               class numbers 0 … C-1, or of the same shape with it, probabilities (one-hot integers and booleans are welcome)
               -> () for "mean" and "sum", the shape without C for "none"
    Args:      weight: of the classes, (C,).
               ignore_index: a class number whose positions do not count (only for class numbers).
               reduction: "mean" divides by the sum of the weights of the targets that count; for probabilities by the
               number of positions.
               label_smoothing: ε in [0, 1]; the target becomes (1 - ε) y + ε / C (Szegedy et al. 2015, arXiv:1512.00567, section 7).
    Gradient:  (softmax(input) - y) / N in the plain case; to a target of probabilities, too.
    Numerics:  softmax and logarithm are taken together, so large logits do no harm. nan if every position is ignored.
    Raises:    ArgumentError for a class number out of range, DTypeError and ShapeError for a target that does not fit.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> round(float(F.cross_entropy(np.array([[2.0, 0.0]]), np.array([0]))), 4)
        0.1269
        >>> round(float(F.cross_entropy(np.array([[2.0, 0.0]]), np.array([[0.5, 0.5]]))), 4)
        1.1269
    """
    input = floating(input, "cross_entropy")
    target = as_values(target)
    plain = weight is None and not label_smoothing
    if plain and input.ndim == 2 and target.ndim == 1 and not 0 <= ignore_index < input.shape[1]:
        data = np.array(
            getattr(target, "_data", target)
        )  # a copy: the next batch may fill the same buffer before backward()
        try:
            return fused.softmax_cross_entropy(input, data, reduction=reduction)
        except ArgumentError:  # a number out of range, which may be the one to ignore; nothing to look for before
            if data.dtype.kind not in "iu" or ignore_index not in data:
                raise
    return _general_cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)


def _general_cross_entropy(
    input: Any, target: Any, weight: Any, ignore_index: int, reduction: str, label_smoothing: float
) -> Any:
    check_reduction(reduction)
    if isinstance(label_smoothing, bool) or not 0 <= label_smoothing <= 1:
        raise ArgumentError(f"label_smoothing must lie in [0, 1]; got {label_smoothing!r}.")
    x, outer = _classes_in_the_middle(input, "cross-entropy")
    w = _class_weight(weight, x, "cross_entropy")
    smoothing = float(label_smoothing)
    if target.shape == input.shape:
        y = np.reshape(own(in_dtype_of(target, input, "cross_entropy")), x.shape)
        loss = fused.softmax_cross_entropy_of_probabilities(
            x, y, weight=w, label_smoothing=smoothing, reduction=reduction
        )
    else:
        at = _class_numbers(target, x, outer, ignore_index, "cross-entropy")
        loss = fused.softmax_cross_entropy_of_classes(
            x, at, weight=w, ignore_index=ignore_index, label_smoothing=smoothing, reduction=reduction
        )
    return np.reshape(loss, outer) if reduction == "none" else loss


def nll_loss(input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """The negative log-likelihood of the target classes, of log-probabilities such as log_softmax gives.

        l_n = -w[t_n] input_n[t_n]

    Shape:     input (N, C), (C,) or (N, C, d1, …); target of that shape without C -> () for "mean" and "sum", else the target's
    Args:      weight, ignore_index, reduction: see `cross_entropy`, which takes logits and is the better way to get there.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> round(float(F.nll_loss(np.log([[0.25, 0.75]]), np.array([0]))), 4)
        1.3863
    """
    check_reduction(reduction)
    input = floating(input, "nll_loss")
    x, outer = _classes_in_the_middle(input, "nll_loss")
    w = _class_weight(weight, x, "nll_loss")
    at = _class_numbers(as_values(target), x, outer, ignore_index, "nll_loss")
    loss = fused.negative_log_likelihood(x, at, weight=w, ignore_index=ignore_index, reduction=reduction)
    return np.reshape(loss, outer) if reduction == "none" else loss


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """The negative log-likelihood of the targets under probabilities.

        l = -w (y log h + (1 - y) log(1 - h))

    Shape:     input h and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      weight: broadcast to the input.
    Gradient:  (h - y) / (h (1 - h)), the denominator no smaller than 1e-12; to the target log(1 - h) - log h.
    Numerics:  the logarithms are at least -100, as in PyTorch, so h = 0 and h = 1 give finite losses. Better give the logits to
               `binary_cross_entropy_with_logits`.
    Raises:    ArgumentError if h is not in [0, 1].
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.binary_cross_entropy(np.array([0.5, 0.0]), np.array([1, 1]), reduction="none")
        array([  0.69314718, 100.        ])
    """
    input, target = input_and_target(input, target, "binary_cross_entropy")
    raw = getattr(input, "_data", input)
    if raw.size and not (raw.min() >= 0 and raw.max() <= 1):
        raise ArgumentError(
            f"binary_cross_entropy expects probabilities, in [0, 1]; got {raw.min()} … {raw.max()}. "
            "Of logits take binary_cross_entropy_with_logits, or apply sigmoid first."
        )
    loss = fused.binary_cross_entropy(input, own(target))
    return reduce(loss if weight is None else loss * weight_for(weight, input, "binary_cross_entropy"), reduction)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """The negative log-likelihood of the targets under sigmoid(input).

        l = -w (p y log σ(x) + (1 - y) log(1 - σ(x)))

    Shape:     input x (logits) and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Args:      weight: w, broadcast to the input.
               pos_weight: p, how much more a positive example counts, broadcast to the input: one number, or one a class.
    Gradient:  (σ(x) - y) / N without weights; to the target, too.
    Numerics:  sigmoid and logarithm are taken together, so large logits do no harm.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.binary_cross_entropy_with_logits(np.array([0.0, -1e4]), np.array([1, 1]), reduction="none")
        array([6.93147181e-01, 1.00000000e+04])
    """
    who = "binary_cross_entropy_with_logits"
    check_reduction(reduction)
    input, target = input_and_target(input, target, who)
    w = None if weight is None else weight_for(weight, input, who)
    p = None if pos_weight is None else weight_for(pos_weight, input, who, "pos_weight")
    return fused.sigmoid_binary_cross_entropy(input, own(target), weight=w, pos_weight=p, reduction=reduction)


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
    if reduction not in (*REDUCTIONS, "batchmean"):
        raise ArgumentError(
            f"reduction must be one of {', '.join(map(repr, (*REDUCTIONS, 'batchmean')))}; got {reduction!r}."
        )
    input, target = input_and_target(input, target, "kl_div")
    if log_target:
        loss = np.exp(target) * (target - input)
    else:
        zero = values_of(target) == 0
        loss = np.where(zero, 0, target * (np.log(np.where(zero, 1, target)) - input))  # 0 log 0 = 0
    if reduction == "batchmean":
        return np.sum(loss) / (input.shape[0] if input.ndim else 1)
    return reduce(loss, reduction)


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


def check_reduction(reduction: Any) -> None:
    if reduction not in REDUCTIONS:
        raise ArgumentError(f"reduction must be one of {', '.join(map(repr, REDUCTIONS))}; got {reduction!r}.")


def _enlarges(small: Any, large: Any) -> bool:
    return bool(np.broadcast_shapes(small.shape, large.shape) != large.shape) if 1 in small.shape else True


def _classes_in_the_middle(x: Any, who: str) -> tuple[Any, tuple[int, ...]]:
    """(x as (N, C) or (N, C, D), the shape of a loss a position)."""
    if x.ndim == 0 or x.shape[min(1, x.ndim - 1)] == 0:
        raise ShapeError(f"{who} expects input of shape (N, C), (C,) or (N, C, d1, …) with C > 0; got {x.shape}.")
    if x.ndim == 1:
        return np.reshape(x, (1, x.shape[0])), ()
    outer = (x.shape[0], *x.shape[2:])
    return (x if x.ndim <= 3 else np.reshape(x, (*x.shape[:2], math.prod(x.shape[2:])))), outer


def _class_weight(weight: Any, x: Any, who: str) -> Any:
    if weight is None:
        return None
    weight = constant(weight, x, who, "weight")
    if weight.shape != (x.shape[1],):
        raise ShapeError(f"{who} expects a weight a class, of shape ({x.shape[1]},); got {weight.shape}.")
    return weight


def _class_numbers(target: Any, x: Any, outer: tuple[int, ...], ignore_index: int, who: str) -> Any:
    """The target as class numbers (N,) or (N, D), all in range or ignored, copied."""
    raw = values_of(target)
    if raw.dtype.kind not in "iub":
        remedy = "Use target.astype(int)." if raw.shape == outer else "Probabilities have the shape of the input."
        raise DTypeError(
            f"{who} expects integer class numbers as target; got dtype {raw.dtype} and shape {raw.shape}. {remedy}"
        )
    if raw.shape != outer:
        raise ShapeError(
            f"{who} expects a target of shape {outer}, a class number a position, or probabilities; got {raw.shape}."
        )
    at = np.array(raw, np.intp).reshape(x.shape[0], *x.shape[2:])
    if (
        at.size and np.maximum.reduce(at.view(np.uintp), axis=None) >= x.shape[1]
    ):  # a negative number is a large one there
        counted = at[at != ignore_index]
        if counted.size and not (counted.min() >= 0 and counted.max() < x.shape[1]):
            raise ArgumentError(
                f"{who}: class numbers must lie in 0 … {x.shape[1] - 1} or be ignore_index ({ignore_index}); "
                f"got {counted.min()} … {counted.max()}."
            )
    return at


__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "gaussian_nll_loss", "kl_div", "nll_loss",
    "poisson_nll_loss",
]  # fmt: skip
