"""The negative log-likelihood -x[target], of log-probabilities x (N, C) or (N, C, D) and class numbers."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from autograd.engine.registry import define
from nn.core.parameter import Buffer
from nn.layers.inputs import as_values
from nn.layers.loss.base import Loss, weight_buffer
from nn.layers.loss.class_numbers import (
    chosen_of,
    class_numbers,
    class_weight,
    flat_indices,
    is_class,
    position_weights,
    weights_of,
    with_classes_second,
)
from nn.layers.loss.targets import floating_values, with_weights
from nn.layers.reduction import (
    check_reduction,
    divided_by,
    mean_from_sum,
    reduce,
    slopes_over_zero,
    weighted,
    weighted_mean,
)


def _nll(x: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    at, each, n = position_weights(target, weight, ignore_index, x.dtype)
    where = flat_indices(at, x.shape)
    loss = -x.reshape(-1)[where]
    if each is not None:
        loss[each == 0] = 0  # otherwise an infinite loss of weight 0 would become nan
        loss *= each
    if reduction == "none":
        return loss, (where, each, None)
    n = n if reduction == "mean" else x.dtype.type(1)
    return mean_from_sum(np.add.reduce(loss, axis=None), n), (where, each, n)


def _nll_vjp(
    g: Any, out: Any, x: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
) -> Any:
    where, each, n = out.values
    d = np.zeros(x.shape, x.dtype)
    share = -g if each is None else -g * each
    if n is not None:
        share = share / n if n else slopes_over_zero(share)
    d.reshape(-1)[where] = share
    return d


def _nll_composite(x: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    chosen = is_class(np.where(target == ignore_index, -1, target), x)
    each = weights_of(chosen, weight, x)
    loss = weighted(-chosen_of(chosen, x), each)
    return weighted_mean(loss, each) if reduction == "mean" else reduce(loss, reduction)


def _label(weight: Any = None, reduction: str = "mean", **_: Any) -> str:
    w = "" if weight is None else "weight·"
    over, n = divided_by(reduction, f"total({w}y)")
    return f"-g·{w}y{over}; y = onehot(target){n}"


negative_log_likelihood_op = define(
    _nll,
    _nll_vjp,
    keeps="x target",  # for the composite; the rule reads the saved values only
    saves=True,
    composite=_nll_composite,
    name="negative_log_likelihood",
    label=_label,
)


def nll_loss(input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """The negative log-likelihood of the target classes, given log-probabilities such as those of log_softmax.

        l_n = -w[t_n] input_n[t_n]

    Shape:     input (N, C), (C,) or (N, C, d1, …); target of that shape without C
               -> () for "mean" and "sum", the target's shape for "none"
    Args:      weight, ignore_index, reduction: see `cross_entropy`. With logits, use `cross_entropy`.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> round(float(F.nll_loss(np.log([[0.25, 0.75]]), np.array([0]))), 4)
        1.3863
    """
    check_reduction(reduction)
    input = floating_values(input, "nll_loss")
    if input.dtype == np.float16:  # in which neither rows can be counted nor losses added
        loss = nll_loss(input.astype(np.float32), target, weight, ignore_index=ignore_index, reduction=reduction)
        return loss.astype(np.float16)
    x, outer = with_classes_second(input, "nll_loss")
    w = class_weight(weight, x, "nll_loss")
    at = class_numbers(as_values(target), x, outer, ignore_index, "nll_loss")
    loss = with_weights(negative_log_likelihood_op, x, at, weight=w, ignore_index=ignore_index, reduction=reduction)
    return np.reshape(loss, outer) if reduction == "none" else loss


class NLLLoss(Loss):
    """The negative log-likelihood of the target classes, given log-probabilities: see `functional.nll_loss`.

        l_n = -w[t_n] input_n[t_n]

    Shape:     input (N, C), (C,) or (N, C, d1, …); target of that shape without C
               -> () for "mean" and "sum", the target's shape for "none"
    Args:      weight, ignore_index: see `CrossEntropyLoss`. With logits, use `CrossEntropyLoss`.
    Source:    see `CrossEntropyLoss`.
    """

    weight: Buffer | None
    shown_options: ClassVar = {"ignore_index": -100}

    def __init__(self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.weight = weight_buffer(weight)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        return nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)
