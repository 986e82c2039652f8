"""The primitives of the losses and penalties. FUSED: what tests/autograd/ops/test_fused.py compares with composites."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.layers.activation.softmax import log_softmax_op
from nn.layers.loss.binary_cross_entropy import binary_cross_entropy_op, sigmoid_binary_cross_entropy_op
from nn.layers.loss.ctc import ctc_op
from nn.layers.loss.multi_margin import multi_margin_op, multilabel_margin_op
from nn.layers.loss.nll import negative_log_likelihood_op
from nn.layers.loss.penalty import sum_of_magnitudes_op, sum_of_squares_op
from nn.layers.loss.regression import huber_op, squared_error_op
from nn.layers.loss.weighted_cross_entropy import (
    softmax_cross_entropy_of_classes_op,
    softmax_cross_entropy_of_probabilities_op,
)
from nn.layers.reduction import REDUCTIONS
from tests.cases.case import Case, constant, normal, uniform

CLASSES = np.array([[0, 2], [1, -100], [2, 2], [1, 0]])  # (N, D), one of them ignored
WEIGHT = np.array([0.5, 2.0, 1.5])
POSITIVE = np.array([3.0, 0.5, 1.0])
# of 4 examples of at most 5 times: labels, input lengths, target lengths; one target is empty
ALIGNED = (np.array([[1, 2], [2, 2], [1, 0], [0, 0]]), np.array([5, 4, 3, 5]), np.array([2, 2, 1, 0]))
# of 4 rows of 3 classes: labels, and which of them count; a row with none, and one with all
LISTED = (
    np.array([[2, 0, 0], [0, 0, 0], [0, 1, 2], [1, 1, 0]]),
    np.array([[True, True, False], [False] * 3, [True] * 3, [True, True, False]]),
)

FUSED: list[tuple[str, list[tuple[int, ...]], tuple[Any, ...], dict[str, Any]]] = [
    *[("sigmoid_binary_cross_entropy", [(4, 3), (4, 3)], (), {"reduction": reduction}) for reduction in REDUCTIONS],
    *[
        (
            "sigmoid_binary_cross_entropy",
            [(4, 3), (4, 3)],
            (),
            {"weight": WEIGHT, "pos_weight": POSITIVE, "reduction": reduction},
        )
        for reduction in REDUCTIONS
    ],
    *[
        (
            "softmax_cross_entropy_of_classes",
            [(4, 3, 2)],
            (CLASSES,),
            {"weight": weight, "label_smoothing": e, "reduction": reduction},
        )
        for weight in (None, WEIGHT)
        for e in (0.0, 0.3)
        for reduction in REDUCTIONS
    ],
    (
        "softmax_cross_entropy_of_classes",
        [(4, 3)],
        (CLASSES[:, 0],),
        {"weight": WEIGHT, "label_smoothing": 0.3, "ignore_index": 1},
    ),
    *[
        ("negative_log_likelihood", [shape], (classes,), {"weight": weight, "reduction": reduction})
        for shape, classes in (((4, 3, 2), CLASSES), ((4, 3), CLASSES[:, 0]))
        for weight in (None, WEIGHT)
        for reduction in REDUCTIONS
    ],
    *[
        (
            "softmax_cross_entropy_of_probabilities",
            [(4, 3, 2), (4, 3, 2)],
            (),
            {"weight": weight, "label_smoothing": e, "reduction": r},
        )
        for weight in (None, WEIGHT)
        for e in (0.0, 0.3)
        for r in REDUCTIONS
    ],
    *[
        ("squared_error", [(4, 3), (4, 3)], (), {"factor": factor, "reduction": r})
        for factor in (1.0, 0.5)
        for r in REDUCTIONS
    ],
    *[("huber", [(4, 3)], (), {"delta": delta}) for delta in (1.0, 0.3)],
    *[(name, [(4, 3), (2,), ()], (), {}) for name in ("sum_of_squares", "sum_of_magnitudes")],
    ("ctc", [(5, 4, 3)], ALIGNED, {}),
    *[
        ("multi_margin", [(4, 3)], (CLASSES[:, 0],), {"p": p, "margin": margin, "weight": weight})
        for p in (1, 2)
        for margin in (1.0, -0.5)
        for weight in (None, WEIGHT, -WEIGHT)
    ],
    ("multilabel_margin", [(4, 3)], LISTED, {}),
]


def logits_and_probabilities(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return rng.normal(size=(4, 3)), rng.uniform(0.1, 0.9, (4, 3))


def scores_and_distributions(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    y = rng.uniform(0.1, 1, (4, 3, 2))
    return rng.normal(size=(4, 3, 2)), y / y.sum(axis=1, keepdims=True)


def either_side(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Inputs on either side of ±1, where the second derivative of the Huber function jumps."""
    return (rng.uniform(0.1, 0.8, (4, 3)) * rng.choice([-1.0, 1.0], (4, 3)) + np.array([0.0, 2.0, -2.0]),)


def of_classes(weight: Any, smoothing: float, reduction: str) -> Case:
    return Case(
        f"softmax_cross_entropy_of_classes {reduction}, weight={weight is not None}, label_smoothing={smoothing}",
        lambda x: softmax_cross_entropy_of_classes_op(
            x, CLASSES, weight=_like(weight, x), label_smoothing=smoothing, reduction=reduction
        ),
        normal((4, 3, 2)),
        lambda torch, x: torch.nn.functional.cross_entropy(
            x, torch.as_tensor(CLASSES), None if weight is None else torch.as_tensor(weight, dtype=x.dtype),
            reduction=reduction, label_smoothing=smoothing,
        ),
    )  # fmt: skip


def of_log_probabilities(weight: Any, reduction: str) -> Case:
    return Case(
        f"negative_log_likelihood {reduction}, weight={weight is not None}",
        lambda x: negative_log_likelihood_op(x, CLASSES, weight=_like(weight, x), reduction=reduction),
        normal((4, 3, 2)),
        lambda torch, x: torch.nn.functional.nll_loss(
            x,
            torch.as_tensor(CLASSES),
            None if weight is None else torch.as_tensor(weight, dtype=x.dtype),
            reduction=reduction,
        ),
    )


def of_probabilities(weight: Any, smoothing: float, reduction: str) -> Case:
    return Case(
        f"softmax_cross_entropy_of_probabilities {reduction}, weight={weight is not None}, label_smoothing={smoothing}",
        lambda x, y: softmax_cross_entropy_of_probabilities_op(
            x, y, weight=_like(weight, x), label_smoothing=smoothing, reduction=reduction
        ),
        scores_and_distributions,
        lambda torch, x, y: torch.nn.functional.cross_entropy(
            x, y, None if weight is None else torch.as_tensor(weight, dtype=x.dtype),
            reduction=reduction, label_smoothing=smoothing,
        ),
    )  # fmt: skip


def _like(weight: Any, x: Any) -> Any:
    return None if weight is None else constant(weight.astype(x.dtype))


def with_logits(reduction: str) -> Any:
    return lambda torch, x, y: torch.nn.functional.binary_cross_entropy_with_logits(x, y, reduction=reduction)


OPTIONS = [(None, 0.0), (WEIGHT, 0.0), (None, 0.3), (WEIGHT, 0.3)]

CASES = [
    *[of_classes(weight, smoothing, "mean") for weight, smoothing in OPTIONS],
    *[of_classes(WEIGHT, 0.3, reduction) for reduction in ("sum", "none")],
    *[of_log_probabilities(weight, reduction) for weight in (None, WEIGHT) for reduction in REDUCTIONS],
    *[of_probabilities(weight, smoothing, "mean") for weight, smoothing in OPTIONS],
    *[of_probabilities(WEIGHT, 0.3, reduction) for reduction in ("sum", "none")],
    *[
        Case(
            f"sigmoid_binary_cross_entropy {reduction}",
            lambda x, y, reduction=reduction: sigmoid_binary_cross_entropy_op(x, y, reduction=reduction),
            logits_and_probabilities, with_logits(reduction),
        )
        for reduction in REDUCTIONS
    ],
    Case(
        "sigmoid_binary_cross_entropy weighted",
        lambda x, y: sigmoid_binary_cross_entropy_op(x, y, weight=_like(WEIGHT, x), pos_weight=_like(POSITIVE, x)),
        logits_and_probabilities,
        lambda torch, x, y: torch.nn.functional.binary_cross_entropy_with_logits(
            x, y, torch.as_tensor(WEIGHT, dtype=x.dtype), pos_weight=torch.as_tensor(POSITIVE, dtype=x.dtype)
        ),
    ),
    Case(
        "binary_cross_entropy", binary_cross_entropy_op, uniform(0.1, 0.9, (4, 3), (4, 3)),
        lambda torch, h, y: torch.nn.functional.binary_cross_entropy(h, y, reduction="none"), elementwise=True,
    ),
    *[
        Case(
            f"squared_error {reduction}", lambda x, y, reduction=reduction: squared_error_op(x, y, reduction=reduction),
            normal((4, 3), (4, 3)),
            lambda torch, x, y, reduction=reduction: torch.nn.functional.mse_loss(x, y, reduction=reduction),
        )
        for reduction in REDUCTIONS
    ],
    Case(
        "squared_error halved", lambda x, y: squared_error_op(x, y, factor=0.5), normal((4, 3), (4, 3)),
        lambda torch, x, y: torch.nn.functional.mse_loss(x, y) / 2,
    ),
    Case(
        "huber", huber_op, either_side,
        lambda torch, d: torch.nn.functional.huber_loss(d, torch.zeros_like(d), reduction="none"), elementwise=True,
    ),
    Case(
        "huber delta=0.9", lambda d: huber_op(d, delta=0.9), either_side,
        lambda torch, d: torch.nn.functional.huber_loss(d, torch.zeros_like(d), reduction="none", delta=0.9),
    ),
    *[
        Case(
            f"multi_margin p={p}, weight={weight is not None}",
            lambda x, p=p, weight=weight: multi_margin_op(x, CLASSES[:, 0], p=p, margin=0.7, weight=_like(weight, x)),
            normal((4, 3)),
            lambda torch, x, p=p, weight=weight: torch.nn.functional.multi_margin_loss(
                x, torch.as_tensor(CLASSES[:, 0]), p, 0.7,
                None if weight is None else torch.as_tensor(weight, dtype=x.dtype), reduction="none",
            ),
        )
        for p in (1, 2)
        for weight in (None, -WEIGHT)
    ],
    Case(
        "multilabel_margin", lambda x: multilabel_margin_op(x, *LISTED), normal((4, 3)),
        lambda torch, x: torch.nn.functional.multilabel_margin_loss(
            x, torch.as_tensor(np.where(LISTED[1], LISTED[0], -1)), reduction="none"
        ),
    ),
    Case("ctc", lambda x: ctc_op(x, *ALIGNED), normal((5, 4, 3))),
    Case(
        "ctc of log_softmax", lambda x: ctc_op(log_softmax_op(x, axis=2), *ALIGNED), normal((5, 4, 3)),
        lambda torch, x: torch.nn.functional.ctc_loss(
            x.log_softmax(2), *map(torch.as_tensor, ALIGNED), reduction="none"
        ),
    ),
    Case(
        "sum_of_squares", sum_of_squares_op, normal((4, 3), (3,), (2, 2, 2)),
        lambda torch, *arrays: sum((a**2).sum() for a in arrays),
    ),
    Case(
        "sum_of_magnitudes", sum_of_magnitudes_op, uniform(0.1, 2, (4, 3), (3,)),
        lambda torch, *arrays: sum(a.abs().sum() for a in arrays),
    ),
]  # fmt: skip
