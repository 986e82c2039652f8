"""Losses with a margin: of scores (hinge, ranking), and of distances between pairs and triplets of vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from autograd.engine.kinds import is_foreign
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.ops.norms import vector_norm
from autograd.options import check_flag
from nn.layers.activation.relu import relu_op
from nn.layers.loss.base import Loss
from nn.layers.loss.class_numbers import chosen_of, is_class
from nn.layers.loss.distance import PairwiseDistance, pairwise_distance
from nn.layers.loss.targets import as_signs, check_positive, check_same_shape, floating_values, in_dtype_of, values_of
from nn.layers.reduction import check_reduction, reduce


def hinge_loss(input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean") -> Any:
    """How much scores fall short of being right by a margin: the loss of support vector machines.

        l = max(0, margin - y s)                                     scores s, y = ±1
        l_n = max(0, margin + max_{c ≠ t} s_nc - s_nt)               scores of C classes, class number t

    Shape:     input and target of one shape, the target of 1 and -1 (or of True and False, or of 1 and 0);
               or input (N, C) and target (N,) of class numbers
               -> () for "mean" and "sum", the target's shape for "none"
    Gradient:  0 at the margin. Wrong classes that tie for the highest score share it equally.
    Source:    Cortes & Vapnik 1995; for several classes Crammer & Singer 2001, where only the best wrong class counts
               (scikit-learn's hinge_loss; PyTorch's MultiMarginLoss takes the mean over all wrong classes).
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.hinge_loss(np.array([2.0, 0.5, 0.5]), np.array([1, 1, -1]), reduction="none")
        array([0. , 0.5, 1.5])
        >>> F.hinge_loss(np.array([[3.0, 1.0, 2.5]]), np.array([0]), reduction="none")
        array([0.5])
    """
    input = floating_values(input, "hinge_loss")
    target = values_of(target)
    if input.ndim == 2 and target.ndim == 1:
        return reduce(relu_op(margin + _best_wrong_minus_right(input, target)), reduction)
    check_same_shape(input, target, "hinge_loss")
    if target.dtype.kind == "b" or target.dtype.kind in "fiu" and _zeros_and_ones(target):
        target = np.where(target, 1, -1)
    elif is_foreign(target):
        target = np.where(target == 0, -1, target)
    return reduce(relu_op(margin - as_signs(target, input, "hinge_loss") * input), reduction)


def _zeros_and_ones(target: Any) -> bool:
    """Whether these are numbers 0 and 1 alone. The numbers in another library's array are not looked at."""
    return not is_foreign(target) and bool(((target == 0) | (target == 1)).all())


def _best_wrong_minus_right(input: Any, target: Any) -> Any:
    """max_{c ≠ t} s_nc - s_nt for each row of scores (N, C), with class numbers t (N,). -> (N,)"""
    n, classes = input.shape
    if target.dtype.kind not in "iu":
        raise DTypeError(f"hinge_loss expects integer class numbers as target; got dtype {target.dtype}.")
    if target.shape != (n,):
        raise ShapeError(f"hinge_loss expects a target of shape ({n},), a class number a row; got {target.shape}.")
    if classes < 2:
        raise ShapeError(
            "hinge_loss of class numbers needs two classes or more; for one column of scores give targets of its shape."
        )
    if n and not is_foreign(target) and not (target.min() >= 0 and target.max() < classes):
        raise ArgumentError(f"class numbers must lie in 0 … {classes - 1}; got {target.min()} … {target.max()}.")
    right = is_class(target, input)
    return np.max(np.where(right, -np.inf, input), axis=1) - chosen_of(right, input)


class HingeLoss(Loss):
    """How much scores fall short of being right by a margin: see `functional.hinge_loss`.

        l = max(0, margin - y s)                                     scores s, y = ±1
        l_n = max(0, margin + max_{c ≠ t} s_nc - s_nt)               scores of C classes, class number t

    Shape:     input and target of one shape, the target of ±1, booleans, or 0 and 1; or input (N, C) and target (N,) of
               class numbers -> () for "mean" and "sum", the target's shape for "none"
    Source:    Cortes & Vapnik 1995; for several classes Crammer & Singer 2001.
    """

    shown_options: ClassVar = {"margin": 1.0}

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = check_positive("HingeLoss", "margin", margin, zero=True)

    def forward(self, input: Any, target: Any) -> Any:
        return hinge_loss(input, target, self.margin, reduction=self.reduction)


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean") -> Any:
    """The distance x of similar pairs (y = 1), and max(0, margin - x) of dissimilar ones (y = -1).

    Shape:     input x and target y of one shape -> () for "mean" and "sum", that shape for "none"
    """
    input = floating_values(input, "hinge_embedding_loss")
    y = as_signs(target, input, "hinge_embedding_loss")
    check_same_shape(input, y, "hinge_embedding_loss")
    return reduce(np.where(y > 0, input, relu_op(margin - input)), reduction)


class HingeEmbeddingLoss(Loss):
    """The distance x of similar pairs (y = 1), and max(0, margin - x) of dissimilar ones (y = -1).

    Shape:     input x and target y of one shape -> () for "mean" and "sum", that shape for "none"
    Source:    Hadsell, Chopra & LeCun 2006, "Dimensionality reduction by learning an invariant mapping", without the
               squares.
    """

    shown_options: ClassVar = {"margin": 1.0}

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        return hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean") -> Any:
    """max(0, -y (x1 - x2) + margin): x1 should rank higher where y = 1, and x2 where y = -1.

    Shape:     all of one shape -> () for "mean" and "sum", that shape for "none"
    """
    who = "margin_ranking_loss"
    input1 = floating_values(input1, who)
    input2 = in_dtype_of(input2, input1, who)
    y = as_signs(target, input1, who)
    if not input1.shape == input2.shape == y.shape:
        raise ShapeError(
            f"{who} expects inputs and target of one shape; got {input1.shape}, {input2.shape} and {y.shape}."
        )
    return reduce(relu_op(margin - y * (input1 - input2)), reduction)


class MarginRankingLoss(Loss):
    """max(0, -y (x1 - x2) + margin): x1 should rank higher where y = 1, and x2 where y = -1.

    Shape:     inputs and target of one shape -> () for "mean" and "sum", that shape for "none"
    Source:    Herbrich, Graepel & Obermayer 2000, "Large margin rank boundaries for ordinal regression".
    """

    shown_options: ClassVar = {"margin": 0.0}

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Any:
    """1 - cos(x1, x2) for similar pairs (y = 1), and max(0, cos(x1, x2) - margin) for dissimilar ones (y = -1).

    Shape:     inputs (N, D) or (D,), target (N,) or () -> () for "mean" and "sum", the target's shape for "none"
    Numerics:  1e-12 is added to the squared lengths, as in PyTorch: a vector of zeros has cosine 0.
    Raises:    ArgumentError for a margin outside [-1, 1].
    """
    who = "cosine_embedding_loss"
    _check_cosine_margin(who, margin)
    input1 = floating_values(input1, who)
    input2 = in_dtype_of(input2, input1, who)
    y = as_signs(target, input1, who)
    if input1.ndim not in (1, 2) or input1.shape != input2.shape or y.shape != input1.shape[:-1]:
        raise ShapeError(
            f"{who} expects inputs (N, D) and a target (N,), or (D,) and (); "
            f"got {input1.shape}, {input2.shape} and {y.shape}."
        )
    half = input1.dtype == np.float16  # in which 1e-12 would be rounded to 0
    a, b = (input1.astype(np.float32), input2.astype(np.float32)) if half else (input1, input2)
    a, b = (v / vector_norm(_with_component(v, 1e-6), axis=-1, keepdims=True) for v in (a, b))
    cos = np.sum(a * b, axis=-1)
    loss = np.where(y > 0, 1 - cos, relu_op(cos - margin))
    return reduce(loss.astype(np.float16) if half else loss, reduction)


def _with_component(v: Any, value: float) -> Any:
    """Vectors along the last axis with one more component, whose square is added to that of their length."""
    return np.concatenate([v, np.full_like(raw(v), value, shape=(*v.shape[:-1], 1))], axis=-1)


def _check_cosine_margin(who: str, margin: float) -> None:
    if not -1 <= margin <= 1:
        raise ArgumentError(f"{who}: margin must lie in [-1, 1]; got {margin!r}.")


class CosineEmbeddingLoss(Loss):
    """1 - cos(x1, x2) for similar pairs (y = 1), and max(0, cos(x1, x2) - margin) for dissimilar ones (y = -1).

    Shape:     inputs (N, D) or (D,), target (N,) or () -> () for "mean" and "sum", the target's shape for "none"
    Args:      margin: in [-1, 1].
    Source:    Bromley et al. 1993, "Signature verification using a 'Siamese' time delay neural network".
    """

    shown_options: ClassVar = {"margin": 0.0}

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        _check_cosine_margin("CosineEmbeddingLoss", margin)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return cosine_embedding_loss(input1, input2, target, self.margin, reduction=self.reduction)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Any:
    """max(0, |a - p| - |a - n| + margin): the anchor a should be nearer to p than to n, by a margin.

    Shape:     anchor a, positive p, negative n (N, D) or (D,) -> () for "mean" and "sum", (N,) or () for "none"
    Args:      p: of the norm.
               eps: see `pairwise_distance`.
               swap: take |p - n| instead of |a - n| where it is the smaller (Balntas et al. 2016).
    Source:    Schroff et al. 2015, arXiv:1503.03832, without the squares.
    """
    check_flag("triplet_margin_loss: swap", swap)
    who = "triplet_margin_loss"
    check_positive(who, "margin", margin)
    check_positive(who, "p", p)
    anchor = floating_values(anchor, who, complex=True)
    positive, negative = in_dtype_of(positive, anchor, who), in_dtype_of(negative, anchor, who)
    if anchor.ndim == 0 or not anchor.shape == positive.shape == negative.shape:
        raise ShapeError(
            f"{who} expects anchor, positive and negative of one shape (N, D) or (D,); "
            f"got {anchor.shape}, {positive.shape} and {negative.shape}."
        )

    def distance(x1: Any, x2: Any) -> Any:
        return pairwise_distance(x1, x2, p, eps)

    return _triplet_margin(anchor, positive, negative, distance, margin, swap, reduction)


def _triplet_margin(a: Any, p: Any, n: Any, distance: Any, margin: float, swap: bool, reduction: str) -> Any:
    near, far = distance(a, p), distance(a, n)
    if swap:
        far = np.minimum(far, distance(p, n))
    return reduce(relu_op(margin + near - far), reduction)


class TripletMarginLoss(Loss):
    """max(0, |a - p| - |a - n| + margin): the anchor a should be nearer to p than to n, by a margin.

    The function is `functional.triplet_margin_loss`.

    Shape:     anchor a, positive p, negative n (N, D) or (D,) -> () for "mean" and "sum", (N,) or () for "none"
    Args:      p: of the norm.
               eps: added to the differences, so that the gradient exists at equal points.
               swap: take |p - n| instead of |a - n| where it is the smaller.
    Source:    Schroff et al. 2015, arXiv:1503.03832, without the squares.
    """

    shown_options: ClassVar = {"margin": 1.0, "p": 2.0, "swap": False}

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False, *, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction)
        self.margin = check_positive("TripletMarginLoss", "margin", margin)
        self.p = check_positive("TripletMarginLoss", "p", p)
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        return triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, reduction=self.reduction
        )


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """max(0, d(a, p) - d(a, n) + margin): `triplet_margin_loss` with a distance of your own.

    Shape:     anchor a, positive p, negative n of as many axes as each other, which the distance compares
               -> () for "mean" and "sum", the shape of the distances for "none"
    Args:      distance_function: of two arrays or Tensors, in NumPy; default `pairwise_distance`.
               swap: take d(p, n) instead of d(a, n) where it is the smaller (Balntas et al. 2016).
    Example:
        >>> import numpy as np, nn.functional as F
        >>> a, p, n = np.zeros((1, 2)), np.array([[1.0, 3.0]]), np.array([[2.0, 2.0]])
        >>> float(F.triplet_margin_with_distance_loss(
        ...     a, p, n, distance_function=lambda x, y: np.max(np.abs(x - y), axis=-1)
        ... ))
        2.0
    """
    who = "triplet_margin_with_distance_loss"
    check_reduction(reduction)
    check_flag(f"{who}: swap", swap)
    check_positive(who, "margin", margin)
    _check_distance(who, distance_function)
    anchor = floating_values(anchor, who, complex=True)
    positive, negative = in_dtype_of(positive, anchor, who), in_dtype_of(negative, anchor, who)
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise ShapeError(
            f"{who} expects anchor, positive and negative of as many axes as each other; "
            f"got {anchor.shape}, {positive.shape} and {negative.shape}."
        )
    distance = pairwise_distance if distance_function is None else distance_function
    return _triplet_margin(anchor, positive, negative, distance, margin, swap, reduction)


def _check_distance(who: str, distance_function: Any) -> None:
    if distance_function is not None and not callable(distance_function):
        raise ArgumentError(f"{who}: distance_function must be a function of two arrays; got {distance_function!r}.")


class TripletMarginWithDistanceLoss(Loss):
    """max(0, d(a, p) - d(a, n) + margin): `TripletMarginLoss` with a distance of your own.

    The function is `functional.triplet_margin_with_distance_loss`.

    Shape:     anchor a, positive p, negative n of as many axes as each other, which the distance compares
               -> () for "mean" and "sum", the shape of the distances for "none"
    Args:      distance_function: of two arrays or Tensors, also a Module, whose parameters then learn; default
               `PairwiseDistance()`.
               swap: take d(p, n) instead of d(a, n) where it is the smaller.
    Source:    see `TripletMarginLoss`.
    """

    shown_options: ClassVar = {"margin": 1.0, "swap": False}

    def __init__(
        self,
        *,
        distance_function: Callable[[Any, Any], Any] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        _check_distance("TripletMarginWithDistanceLoss", distance_function)
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin = check_positive("TripletMarginWithDistanceLoss", "margin", margin)
        self.swap = swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        return triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )
