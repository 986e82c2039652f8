"""The negative log-likelihood -x[target], of log-probabilities x (N, C) or (N, C, D) and class numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from nn.core.parameter import Buffer
from nn.layers.inputs import as_values
from nn.layers.kernels.precision import in_single_precision
from nn.layers.loss.base import Loss, weight_buffer
from nn.layers.loss.class_numbers import class_numbers, class_weight, classes_in_the_middle, divided, looked_up, places
from nn.layers.loss.targets import floating
from nn.layers.reduction import check_reduction


@in_single_precision
def _forward(x: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    at, each, n = looked_up(target, weight, ignore_index, x.dtype)
    where = places(at, x.shape)
    loss = -x.reshape(-1)[where]
    if each is not None:
        loss[each == 0] = 0  # inf where it does not count is no nan
        loss *= each
    if reduction == "none":
        return loss, (where, each, None)
    n = n if reduction == "mean" else x.dtype.type(1)
    return divided(np.add.reduce(loss, axis=None), n), (where, each, n)


def _vjp(
    g: Any, out: Any, x: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
) -> Any:
    where, each, n = out.values
    d = np.zeros(x.shape, x.dtype)
    if n is None:
        share = -g
    elif n:
        share = -g / n
    else:
        return d  # nothing counts
    d.reshape(-1)[where] = share if each is None else share * each
    return d


def _composite(x: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    at, each, n = looked_up(target, weight, ignore_index, x.dtype)
    loss = -np.take_along_axis(x, np.expand_dims(at, 1), axis=1)
    loss = np.reshape(loss, at.shape)
    if each is not None:
        loss = np.where(each == 0, 0, loss) * each
    return loss if reduction == "none" else np.sum(loss) / (n if reduction == "mean" and n else 1)


negative_log_likelihood_op = define(
    _forward,
    _vjp,
    keeps="x target",  # the rule reads none of them; the composite does
    saves=True,
    composite=_composite,
    name="negative_log_likelihood",
    label="-g·w[c = t]/Σw",
)


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
    x, outer = classes_in_the_middle(input, "nll_loss")
    w = class_weight(weight, x, "nll_loss")
    at = class_numbers(as_values(target), x, outer, ignore_index, "nll_loss")
    loss = negative_log_likelihood_op(x, at, weight=w, ignore_index=ignore_index, reduction=reduction)
    return np.reshape(loss, outer) if reduction == "none" else loss


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
        return nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)

    def _options(self) -> list[str]:
        return [f"ignore_index={self.ignore_index}"] if self.ignore_index != -100 else []
