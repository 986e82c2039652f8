"""Cross-entropy, -log softmax(logits)[target].

The primitive in this file is for the plain case: logits (N, C), one class number per row as target, and no weights,
ignored rows or smoothed labels. weighted_cross_entropy.py has the primitives of all other cases.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from autograd.engine.recording import is_tensor, raw
from autograd.engine.registry import define
from autograd.errors import ArgumentError
from autograd.shapes import HALF
from nn.core.parameter import Buffer
from nn.layers.activation.softmax import log_softmax_op, softmax_op
from nn.layers.inputs import as_values
from nn.layers.loss.base import Loss, weight_buffer
from nn.layers.loss.class_numbers import (
    all_in_range,
    chosen_of,
    class_numbers,
    class_weight,
    copy_of_numbers,
    is_class,
    row_starts,
    with_classes_second,
)
from nn.layers.loss.targets import floating_values, in_dtype_of, own_copy, with_weights
from nn.layers.loss.weighted_cross_entropy import (
    softmax_cross_entropy_of_classes_op,
    softmax_cross_entropy_of_probabilities_op,
)
from nn.layers.reduction import check_reduction, divided_by, mean_from_sum, reduce


def _softmax_cross_entropy(logits: Any, target: Any, reduction: str = "mean") -> Any:
    n, classes = logits.shape
    chosen = row_starts(n, classes) + target
    p: Any = np.subtract(logits, np.maximum.reduce(logits, axis=1, keepdims=True), order="C")
    flat = p.reshape(-1)
    at_target = flat[chosen]
    np.exp(p, out=p)
    total = np.add.reduce(p, axis=1)
    p /= total[:, None]
    flat[chosen] -= 1  # p - y exactly: the gradient up to its scale
    loss = np.log(total, out=total)
    loss -= at_target
    if reduction == "none":
        return loss, p
    if reduction == "sum":
        return np.add.reduce(loss), p
    return mean_from_sum(np.add.reduce(loss), logits.dtype.type(n)), p


def _softmax_cross_entropy_vjp(g: Any, out: Any, logits: Any, target: Any, reduction: str = "mean") -> Any:
    # p - y: saved by the forward; for a graph of the gradient it is computed from the logits
    difference = softmax_op(logits, axis=1) - _one_hot(target, *logits.shape) if is_tensor(logits) else out.values
    if reduction == "none":
        return difference * g[:, None]
    return difference * (g / difference.dtype.type(len(difference))) if reduction == "mean" else difference * g


def _one_hot(target: Any, n: int, classes: int) -> Any:
    y = np.zeros((n, classes), bool)
    y[np.arange(n), target] = True
    return y


def _softmax_cross_entropy_composite(logits: Any, target: Any, reduction: str = "mean") -> Any:
    return reduce(-chosen_of(is_class(target, logits), log_softmax_op(logits, axis=1)), reduction)


def _label(reduction: str = "mean", **_: Any) -> str:
    over, n = divided_by(reduction, "rows(logits)")
    return f"g·(p - y){over}; p = softmax(logits), y = onehot(target){n}"


softmax_cross_entropy_op = define(
    _softmax_cross_entropy,
    _softmax_cross_entropy_vjp,
    keeps="logits target",
    saves=True,
    composite=_softmax_cross_entropy_composite,
    plain=True,
    name="softmax_cross_entropy",
    label=_label,
)


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

    Shape:     input (N, C), (C,) or (N, C, d1, …), classes on the second axis; target of the same shape without C for
               integer class numbers 0 … C-1, or of the input's shape for probabilities (one-hot integers and booleans
               are accepted) -> () for "mean" and "sum", the shape without C for "none"
    Args:      weight: of the classes, (C,), of either sign.
               ignore_index: a class number whose positions do not count; one >= 0 is refused with probabilities.
               reduction: "mean" divides by the sum of the weights of the targets that count; for probabilities by the
               number of positions.
               label_smoothing: ε in [0, 1]; the target becomes (1 - ε) y + ε / C (Szegedy et al. 2015,
               arXiv:1512.00567, section 7).
    Gradient:  (softmax(input) - y) / N in the plain case. A target of probabilities and the weight get one, too.
    Numerics:  softmax and logarithm are computed together, so that large logits do not overflow. The mean is nan if
               every position is ignored, and infinite if weights that count sum to 0.
    Raises:    ArgumentError for a class number out of range, DTypeError or ShapeError for a target that does not fit.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> round(float(F.cross_entropy(np.array([[2.0, 0.0]]), np.array([0]))), 4)
        0.1269
        >>> round(float(F.cross_entropy(np.array([[2.0, 0.0]]), np.array([[0.5, 0.5]]))), 4)
        1.1269
    """
    input = floating_values(input, "cross_entropy")
    if input.dtype == HALF:  # in which neither rows can be counted nor losses added
        loss = cross_entropy(
            input.astype(np.float32), target, weight,
            ignore_index=ignore_index, reduction=reduction, label_smoothing=label_smoothing,
        )  # fmt: skip
        return loss.astype(np.float16)
    target = as_values(target)
    if input.ndim == 1 and target.ndim == 0:
        loss = cross_entropy(
            np.reshape(input, (1, -1)), np.reshape(target, (1,)), weight,
            ignore_index=ignore_index, reduction=reduction, label_smoothing=label_smoothing,
        )  # fmt: skip
        return np.reshape(loss, ()) if reduction == "none" else loss
    shape = input.shape
    plain = weight is None and not label_smoothing and len(shape) == 2 and target.shape == shape[:1]
    if plain and target.dtype.kind in "iu" and not 0 <= ignore_index < shape[1]:
        at = copy_of_numbers(raw(target))
        if all_in_range(at, shape[1]):
            check_reduction(reduction)
            return softmax_cross_entropy_op(input, at, reduction=reduction)
    return _general_cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)


def _general_cross_entropy(
    input: Any, target: Any, weight: Any, ignore_index: int, reduction: str, label_smoothing: float
) -> Any:
    check_reduction(reduction)
    smoothing = _check_label_smoothing(label_smoothing)
    x, outer = with_classes_second(input, "cross-entropy")
    w = class_weight(weight, x, "cross_entropy")
    if target.shape == input.shape:
        if ignore_index >= 0:
            raise ArgumentError(
                f"ignore_index={ignore_index!r} is a class number, and the target holds probabilities. "
                "Leave it out, or give class numbers; a position counts nothing if its probabilities are all 0."
            )
        y = np.reshape(own_copy(in_dtype_of(target, input, "cross_entropy")), x.shape)
        loss = with_weights(
            softmax_cross_entropy_of_probabilities_op,
            x, y, weight=w, label_smoothing=smoothing, reduction=reduction,
        )  # fmt: skip
    else:
        at = class_numbers(target, x, outer, ignore_index, "cross-entropy")
        loss = with_weights(
            softmax_cross_entropy_of_classes_op,
            x, at, weight=w, ignore_index=ignore_index, label_smoothing=smoothing, reduction=reduction,
        )  # fmt: skip
    return np.reshape(loss, outer) if reduction == "none" else loss


def _check_label_smoothing(label_smoothing: Any) -> float:
    if isinstance(label_smoothing, bool) or not 0 <= label_smoothing <= 1:
        raise ArgumentError(f"label_smoothing must lie in [0, 1]; got {label_smoothing!r}.")
    return float(label_smoothing)


class CrossEntropyLoss(Loss):
    """The negative log-likelihood of the target under softmax(input): see `functional.cross_entropy`.

        l_n = -w[t_n] log softmax(input_n)[t_n]

    Shape:     input (N, C), (C,) or (N, C, d1, …), logits; target of that shape without C for class numbers, or of that
               shape for probabilities -> () for "mean" and "sum", the shape without C for "none"
    Args:      weight: of the classes, (C,).
               ignore_index: a class number whose positions do not count.
               label_smoothing: in [0, 1], the part of the target that is spread evenly over all classes.
    Gradient:  (softmax(input) - y) / N in the plain case.
    Numerics:  softmax and logarithm are computed together, so that large logits do not overflow.
    Source:    Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs".
    Example:
        >>> import numpy as np, nn
        >>> round(float(nn.CrossEntropyLoss()(np.zeros((4, 10)), np.array([1, 2, 3, 4]))), 4)
        2.3026
        >>> nn.CrossEntropyLoss(label_smoothing=0.1)
        CrossEntropyLoss(label_smoothing=0.1)
    """

    weight: Buffer | None
    shown_options: ClassVar = {"ignore_index": -100, "label_smoothing": 0.0}

    def __init__(
        self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean", label_smoothing: float = 0.0
    ) -> None:
        super().__init__(reduction=reduction)
        _check_label_smoothing(label_smoothing)
        self.weight = weight_buffer(weight)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        return cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )
