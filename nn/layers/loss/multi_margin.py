"""Margins between the scores of several classes: each right class should beat each wrong one, by a margin."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from autograd.engine.kinds import is_foreign, like
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.recorder import integer, whole
from nn.core.parameter import Buffer
from nn.layers.activation.relu import relu_op
from nn.layers.kernels.precision import in_single_precision
from nn.layers.loss.base import Loss, weight_buffer
from nn.layers.loss.class_numbers import chosen_of, class_weight, is_class, weights_of
from nn.layers.loss.targets import floating_values, values_of, with_weights
from nn.layers.reduction import check_reduction, reduce, weighted


def _rows_of_classes(x: Any, who: str) -> Any:
    """Scores as (N, C)."""
    if x.ndim not in (1, 2) or not x.shape[-1]:
        raise ShapeError(f"{who} expects input of shape (N, C) or (C,) with C > 0; got {x.shape}.")
    return x if x.ndim == 2 else np.reshape(x, (1, x.shape[0]))


@whole
def _integer_target(target: Any, who: str) -> Any:
    values = values_of(target)
    if values.dtype.kind not in "iu":
        raise DTypeError(f"{who} expects integer class numbers as target; got dtype {values.dtype}.")
    return values.astype(np.intp)


# d holds ∂l_n/∂x_nc, made by the forward


def _times_cotangent(g: Any, out: Any, *args: Any, **params: Any) -> Any:
    return out.values * g[:, None]


@in_single_precision
def _multi_margin(x: Any, target: Any, weight: Any = None, p: int = 1, margin: float = 1.0) -> Any:
    rows = np.arange(len(x))
    with np.errstate(invalid="ignore"):  # ∞ - ∞ of the right class with itself, which does not count
        z = x + (margin - x[rows, target])[:, None]
    z[rows, target] = 0
    np.maximum(z, 0, out=z)
    loss = np.add.reduce(z if p == 1 else z * z, axis=1) / x.dtype.type(x.shape[1])
    d = (z > 0).astype(x.dtype) if p == 1 else 2 * z
    d /= x.shape[1]
    if weight is not None:
        each = weight[target]
        loss, d = weighted(loss, each), weighted(d, each[:, None])
    d[rows, target] = -np.add.reduce(d, axis=1)
    return loss, d


def _multi_margin_composite(x: Any, target: Any, weight: Any = None, p: int = 1, margin: float = 1.0) -> Any:
    right = is_class(target, x)
    picked = chosen_of(right, x)[:, None]
    z = np.where(right, 0, relu_op(np.where(right, 0, x) + (margin - picked)))
    loss = np.sum(z if p == 1 else z * z, axis=1) / x.shape[1]
    return loss if weight is None else weighted(loss, weights_of(right, weight, x))


multi_margin_op = define(
    _multi_margin,
    _times_cotangent,
    keeps="in",  # for the composite
    saves=True,
    composite=_multi_margin_composite,
    name="multi_margin",
    label="g·w·(h - [c = t]·Σh)/C; h = p·z^(p-1) where z > 0",
)


def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """How much each wrong class falls short of losing to the right one by a margin.

        l_n = 1/C Σ_{c ≠ t} w_t max(0, margin - x_nt + x_nc)^p

    Shape:     input x (N, C) or (C,), target (N,) or () of class numbers t
               -> () for "mean" and "sum", the target's shape for "none"
    Args:      p: 1 or 2.
               weight: w of the classes, (C,), of either sign.
    Gradient:  0 at the margin. A weight gets one, too.
    Source:    Weston & Watkins 1999; `hinge_loss` counts the best wrong class only.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.multi_margin_loss(np.array([[3.0, 1.0, 2.5]]), np.array([0]), reduction="none").round(4)
        array([0.1667])
    """
    who = "multi_margin_loss"
    check_reduction(reduction)
    _check_power(who, p)
    x = _rows_of_classes(floating_values(input, who), who)
    w = class_weight(weight, x, who)
    target = _integer_target(target, who)
    if target.shape != (len(x),) and not (target.shape == () and len(x) == 1):
        raise ShapeError(f"{who} expects a target of shape ({len(x)},), a class number a row; got {target.shape}.")
    if target.size and not is_foreign(target) and not (target.min() >= 0 and target.max() < x.shape[1]):
        raise ArgumentError(
            f"{who}: class numbers must lie in 0 … {x.shape[1] - 1}; got {target.min()} … {target.max()}."
        )
    loss = with_weights(multi_margin_op, x, np.reshape(target, len(x)), weight=w, p=int(p), margin=margin)
    return np.reshape(loss, target.shape) if reduction == "none" else reduce(loss, reduction)


def _check_power(who: str, p: Any) -> None:
    if isinstance(p, bool) or p not in (1, 2):
        raise ArgumentError(f"{who}: p must be 1 or 2; got {p!r}.")


class MultiMarginLoss(Loss):
    """How much each wrong class falls short of losing to the right one: see `functional.multi_margin_loss`.

        l_n = 1/C Σ_{c ≠ t} w_t max(0, margin - x_nt + x_nc)^p

    Shape:     input x (N, C) or (C,), target (N,) or () of class numbers t
               -> () for "mean" and "sum", the target's shape for "none"
    Args:      p: 1 or 2.
               weight: w of the classes, (C,).
    Source:    Weston & Watkins 1999, "Support vector machines for multi-class pattern recognition".
    """

    weight: Buffer | None
    shown_options: ClassVar = {"p": 1, "margin": 1.0}

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        _check_power("MultiMarginLoss", p)
        self.p = p
        self.margin = margin
        self.weight = weight_buffer(weight)

    def forward(self, input: Any, target: Any) -> Any:
        return multi_margin_loss(input, target, self.p, self.margin, self.weight, reduction=self.reduction)


@in_single_precision
def _multilabel_margin(x: Any, labels: Any, listed: Any) -> Any:
    rows = np.arange(len(x))
    counted = _counted(x, labels, listed)
    with np.errstate(invalid="ignore"):  # ∞ - ∞ of a class with itself, which does not count
        z = x[:, None] + (1 - x[rows[:, None], labels])[:, :, None]
    z[~counted] = 0
    np.maximum(z, 0, out=z)
    h = (z > 0).astype(x.dtype)
    d = np.add.reduce(h, axis=1)
    of_labels = np.add.reduce(h, axis=2)
    for j in range(labels.shape[1]):
        d[rows, labels[:, j]] -= of_labels[:, j]
    d /= x.shape[1]
    return np.add.reduce(z, axis=(1, 2)) / x.dtype.type(x.shape[1]), d


def _counted(x: Any, labels: Any, listed: Any) -> Any:
    """Which pairs of a listed label and a class that is not listed there are. -> (N, J, C)"""
    wrong = np.ones(x.shape, bool)
    rows, places = np.nonzero(listed)
    wrong[rows, labels[rows, places]] = False
    return listed[:, :, None] & wrong[:, None]


def _multilabel_margin_composite(x: Any, labels: Any, listed: Any) -> Any:
    counted = like(_counted(x, labels, listed), raw(x))
    picked = np.take_along_axis(x, labels, axis=1)
    z = relu_op(np.where(counted, x[:, None], 0) + (1 - picked)[:, :, None])
    return np.sum(np.where(counted, z, 0), axis=(1, 2)) / x.shape[1]


multilabel_margin_op = define(
    _multilabel_margin,
    _times_cotangent,
    keeps="in",  # for the composite
    saves=True,
    composite=_multilabel_margin_composite,
    name="multilabel_margin",
    label="g·(Σ_t h - [c listed]·Σ_k h)/C; h = [z > 0]",
)


def multilabel_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """How much each class that is not listed falls short of losing by 1 to each one that is.

        l_n = 1/C Σ_{t listed} Σ_{c not listed} max(0, 1 - x_nt + x_nc)

    Shape:     input x (N, C) or (C,), target of that shape: the class numbers of each row, then -1; what follows the
               first -1 does not count -> () for "mean" and "sum", (N,) or () for "none"
    Gradient:  0 at the margin.
    Source:    Weston & Watkins 1999, for several right classes.
    Example:
        >>> import numpy as np, nn.functional as F
        >>> round(float(F.multilabel_margin_loss(np.array([[0.1, 0.2, 0.4, 0.8]]), np.array([[3, 0, -1, 1]]))), 4)
        0.85
    """
    who = "multilabel_margin_loss"
    check_reduction(reduction)
    input = floating_values(input, who)
    x = _rows_of_classes(input, who)
    target = _integer_target(target, who)
    if target.shape != input.shape:
        raise ShapeError(f"{who} expects a target of the input's shape {input.shape}; got {target.shape}.")
    target = target.reshape(x.shape)
    if target.size and not (target.min() >= -1 and target.max() < x.shape[1]):
        raise ArgumentError(
            f"{who}: the target lists class numbers in 0 … {x.shape[1] - 1}, and -1 behind the last; "
            f"got {target.min()} … {target.max()}."
        )
    listed = np.logical_and.accumulate(target >= 0, axis=1)
    longest = integer(np.add.reduce(listed, axis=1).max(initial=0))
    listed = listed[:, : max(1, longest)]  # no wider than the longest list
    labels = np.where(listed, target[:, : listed.shape[1]], 0)
    loss = multilabel_margin_op(x, labels, listed)
    return np.reshape(loss, input.shape[:-1]) if reduction == "none" else reduce(loss, reduction)


class MultiLabelMarginLoss(Loss):
    """How much each class that is not listed falls short of losing by 1 to each one that is.

    The function is `functional.multilabel_margin_loss`.

        l_n = 1/C Σ_{t listed} Σ_{c not listed} max(0, 1 - x_nt + x_nc)

    Shape:     input x (N, C) or (C,), target of that shape: the class numbers of each row, then -1
               -> () for "mean" and "sum", (N,) or () for "none"
    Source:    Weston & Watkins 1999, "Support vector machines for multi-class pattern recognition".
    """

    def forward(self, input: Any, target: Any) -> Any:
        return multilabel_margin_loss(input, target, reduction=self.reduction)
