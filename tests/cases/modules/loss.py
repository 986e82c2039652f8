"""The loss modules with each of their options, beside PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np

import nn
from nn.layers.reduction import REDUCTIONS
from tests.cases.modules.case import ModuleCase

WEIGHT = [0.5, 2.0, 1.5, 1.0]


def logits_and_classes(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(5, 4)), np.array([0, 3, 1, 1, 2])


def images_and_classes(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(2, 4, 2, 3)), rng.integers(0, 4, (2, 2, 3))


def one_and_its_class(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=4), np.array(2)


def with_ignored(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(5, 4)), np.array([0, 3, 1, 1, 3])


def logits_and_distributions(rng: np.random.Generator) -> tuple[Any, ...]:
    y = rng.uniform(0.1, 1, (5, 4))
    return rng.normal(size=(5, 4)), y / y.sum(axis=1, keepdims=True)


def images_and_distributions(rng: np.random.Generator) -> tuple[Any, ...]:
    y = rng.uniform(0.1, 1, (2, 4, 3))
    return rng.normal(size=(2, 4, 3)), y / y.sum(axis=1, keepdims=True)


def input_and_target(rng: np.random.Generator) -> tuple[Any, ...]:
    """Differences in (0.1, 0.8) and (1.2, 1.9) of both signs, away from every kink."""
    target = rng.normal(size=(5, 3))
    size = rng.uniform(0.1, 0.8, (5, 3)) + 1.1 * rng.integers(0, 2, (5, 3))
    return target + size * rng.choice([-1.0, 1.0], (5, 3)), target


def probabilities(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.uniform(0.1, 0.9, (5, 4)), rng.uniform(0.1, 0.9, (5, 4))


def logits_and_probabilities(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(5, 4)), rng.uniform(0.1, 0.9, (5, 4))


def rates_and_counts(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.uniform(0.2, 2, (5, 3)), np.array([0.5, 3.0, 7.0]) * np.ones((5, 1))


def log_distributions(rng: np.random.Generator) -> tuple[Any, ...]:
    return np.log(rng.uniform(0.1, 0.9, (5, 4))), np.log(rng.uniform(0.1, 0.9, (5, 4)))


def normals(*shape: int) -> Any:
    return lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=(4, 3)), rng.uniform(0.5, 2, shape))


def scores_and_signs(rng: np.random.Generator) -> tuple[Any, ...]:
    """Scores away from ±1, where the hinge has its kink."""
    scores = rng.uniform(0.1, 0.8, (5, 3)) * rng.choice([-1.0, 1.0], (5, 3)) + 1.9 * rng.integers(0, 2, (5, 3))
    return scores, rng.choice([-1, 1], (5, 3))


def two_scores_and_signs(rng: np.random.Generator) -> tuple[Any, ...]:
    score, sign = scores_and_signs(rng)
    return score, np.zeros((5, 3)), sign


def pairs(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(6, 3)), rng.normal(size=(6, 3)), np.array([1, -1, 1, -1, -1, -1])


def pair_of_vectors(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(4, 3)), rng.normal(size=(4, 3))


def triplets(rng: np.random.Generator) -> tuple[Any, ...]:
    return tuple(rng.normal(size=(5, 3)) for _ in range(3))


def row(name: str, inputs: Any, label: str = "", peer: Any = None, weights: Any = None, **options: Any) -> ModuleCase:
    """A loss of nn, and PyTorch's with the same options where it has one."""
    cls = getattr(nn, name)
    weights = weights or {}

    def make(rng: np.random.Generator) -> Any:
        return cls(**{key: np.array(value) for key, value in weights.items()}, **options)

    def theirs(torch: Any) -> Any:
        given = {key: torch.tensor(value, dtype=torch.float64) for key, value in weights.items()}
        return getattr(torch.nn, name)(**given, **options)

    label = label or ", ".join([*weights, *(f"{key}={value}" for key, value in options.items())])
    return ModuleCase(
        cls, make, inputs, peer or (theirs if name not in ("HalfMSELoss", "HingeLoss") else None), label=label
    )


class CTCLoss(nn.CTCLoss):
    """With log_softmax before it: PyTorch's gradient is that of the two together."""

    def forward(self, input: Any, *rest: Any) -> Any:
        return super().forward(nn.functional.log_softmax(input, -1), *rest)


def sequences(rng: np.random.Generator) -> tuple[Any, ...]:
    return (
        rng.normal(size=(6, 3, 4)),
        np.array([[1, 2, 3], [3, 3, 0], [0, 0, 0]]),
        np.array([6, 5, 4]),
        np.array([3, 2, 0]),
    )


def ctc(label: str, inputs: Any = sequences, **options: Any) -> ModuleCase:
    def theirs(torch: Any) -> Any:
        class Peer(torch.nn.CTCLoss):  # type: ignore[misc, name-defined]
            def forward(self, input: Any, *rest: Any) -> Any:
                return super().forward(input.log_softmax(-1), *rest)

        return Peer(**options)

    return ModuleCase(nn.CTCLoss, lambda rng: CTCLoss(**options), inputs, theirs, label=label)


def logits_and_lists(rng: np.random.Generator) -> tuple[Any, ...]:
    """A row with two labels, one with none, one with all, one that lists a class twice."""
    return rng.normal(size=(4, 3)), np.array([[2, 0, -1], [-1, 1, 0], [0, 1, 2], [1, 1, -1]])


def manhattan(x1: Any, x2: Any) -> Any:
    return abs(x1 - x2).sum(-1)


def mean_of_kl(torch: Any) -> Any:
    """PyTorch's KLDivLoss with the mean over all elements, without the warning that its reduction="mean" gives."""

    class Mean(torch.nn.KLDivLoss):  # type: ignore[misc, name-defined]
        def forward(self, input: Any, target: Any) -> Any:
            return super().forward(input, target).mean()

    return Mean(reduction="none", log_target=True)


def every_reduction(name: str, inputs: Any, **options: Any) -> list[ModuleCase]:
    return [row(name, inputs, reduction=reduction, **options) for reduction in REDUCTIONS]


BOTH = {"weight": WEIGHT, "pos_weight": [3.0, 0.5, 1.0, 2.0]}

MODULES = [
    *every_reduction("CrossEntropyLoss", logits_and_classes),
    *every_reduction("CrossEntropyLoss", with_ignored, weights={"weight": WEIGHT}, ignore_index=3, label_smoothing=0.2),
    row("CrossEntropyLoss", with_ignored, ignore_index=3),
    row("CrossEntropyLoss", logits_and_classes, label_smoothing=0.2),
    row("CrossEntropyLoss", logits_and_classes, weights={"weight": WEIGHT}),
    row("CrossEntropyLoss", one_and_its_class, "of one example"),
    row("CrossEntropyLoss", images_and_classes, "of images", reduction="none"),
    row("CrossEntropyLoss", images_and_classes, "of images, weight", weights={"weight": WEIGHT}),
    row("CrossEntropyLoss", logits_and_distributions, "of distributions"),
    row(
        "CrossEntropyLoss", images_and_distributions, "of distributions, 3-d",
        weights={"weight": WEIGHT}, label_smoothing=0.2,
    ),
    row("CrossEntropyLoss", images_and_distributions, "of distributions, 3-d, none", reduction="none"),
    *every_reduction("NLLLoss", with_ignored, weights={"weight": WEIGHT}, ignore_index=3),
    row("NLLLoss", images_and_classes, "of images", reduction="none"),
    row("NLLLoss", one_and_its_class, "of one example"),
    *every_reduction("BCELoss", probabilities, weights={"weight": WEIGHT}),
    row("BCELoss", probabilities),
    *every_reduction("BCEWithLogitsLoss", logits_and_probabilities),
    *every_reduction("BCEWithLogitsLoss", logits_and_probabilities, weights=BOTH),
    row("BCEWithLogitsLoss", logits_and_probabilities, weights={"pos_weight": [2.0]}),
    row("KLDivLoss", log_distributions, peer=mean_of_kl, log_target=True),
    row("KLDivLoss", log_distributions, reduction="sum", log_target=True),
    row("KLDivLoss", log_distributions, reduction="none", log_target=True),
    row("KLDivLoss", lambda rng: (log_distributions(rng)[0], probabilities(rng)[0]), reduction="batchmean"),
    row("KLDivLoss", lambda rng: (log_distributions(rng)[0], probabilities(rng)[0]), reduction="sum"),
    *every_reduction("PoissonNLLLoss", rates_and_counts),
    row("PoissonNLLLoss", rates_and_counts, log_input=False),
    row("PoissonNLLLoss", rates_and_counts, full=True),
    *every_reduction("GaussianNLLLoss", normals(4, 3)),
    row("GaussianNLLLoss", normals(4, 1), "one variance a row", full=True),
    row("GaussianNLLLoss", normals(4), "one variance a row, axis left out"),
    *[ctc(reduction, reduction=reduction) for reduction in REDUCTIONS],
    ctc("concatenated targets, blank=2", lambda rng: (
        rng.normal(size=(6, 2, 4)), np.array([1, 1, 3]), np.array([6, 4]), np.array([2, 1])), blank=2),
    ctc("of one sequence", lambda rng: (
        rng.normal(size=(6, 4)), np.array([1, 1, 3]), np.array(6), np.array(3)), reduction="none"),
    ctc("too long a target, zero_infinity", lambda rng: (
        rng.normal(size=(3, 2, 4)), np.array([[1, 1, 3], [1, 2, 0]]), np.array([3, 3]), np.array([3, 2])),
        zero_infinity=True),
    *every_reduction("MSELoss", input_and_target),
    *every_reduction("HalfMSELoss", input_and_target),
    *every_reduction("L1Loss", input_and_target),
    *every_reduction("SmoothL1Loss", input_and_target),
    row("SmoothL1Loss", input_and_target, beta=0.9),
    row("SmoothL1Loss", input_and_target, beta=0.0),
    *every_reduction("HuberLoss", input_and_target),
    row("HuberLoss", input_and_target, delta=0.9),
    *every_reduction("HingeLoss", scores_and_signs),
    row("HingeLoss", logits_and_classes, "of classes", margin=2.0),
    *every_reduction("HingeEmbeddingLoss", scores_and_signs),
    row("HingeEmbeddingLoss", scores_and_signs, margin=0.95),
    *every_reduction("MarginRankingLoss", two_scores_and_signs),
    row("MarginRankingLoss", two_scores_and_signs, margin=0.95),
    *every_reduction("CosineEmbeddingLoss", pairs),
    row("CosineEmbeddingLoss", pairs, margin=0.3),
    row("CosineEmbeddingLoss", lambda rng: (rng.normal(size=3), rng.normal(size=3), np.array(1)), "of one pair"),
    *every_reduction("TripletMarginLoss", triplets),
    row("TripletMarginLoss", triplets, margin=3.0, swap=True),
    row("TripletMarginLoss", triplets, margin=3.0, p=3.0),
    *every_reduction("TripletMarginWithDistanceLoss", triplets),
    row("TripletMarginWithDistanceLoss", triplets, "of a function", distance_function=manhattan, swap=True, margin=2.0),
    *every_reduction("MultiMarginLoss", logits_and_classes),
    *every_reduction("MultiMarginLoss", logits_and_classes, weights={"weight": [0.5, -2.0, 0.0, 1.0]}, p=2, margin=0.7),
    row("MultiMarginLoss", one_and_its_class, "of one example", reduction="none"),
    *every_reduction("MultiLabelMarginLoss", logits_and_lists),
    row("MultiLabelMarginLoss", lambda rng: (rng.normal(size=3), np.array([1, -1, 0])), "of one example"),
    *every_reduction("SoftMarginLoss", lambda rng: (rng.normal(size=(5, 3)), rng.choice([-1, 1], (5, 3)))),
    *every_reduction("MultiLabelSoftMarginLoss", logits_and_probabilities),
    *every_reduction("MultiLabelSoftMarginLoss", logits_and_probabilities, weights={"weight": [0.5, -2.0, 0.0, 1.0]}),
    row("MultiLabelSoftMarginLoss", lambda rng: (rng.normal(size=(2, 3, 4)), rng.uniform(size=(2, 3, 4))), "3-d"),
    *[row("PairwiseDistance", pair_of_vectors, p=p) for p in (1.0, 2.0, 3.0, np.inf)],
    row("PairwiseDistance", pair_of_vectors, keepdim=True, eps=0.1),
    row("PairwiseDistance", lambda rng: (rng.normal(size=(2, 1, 3)), rng.normal(size=(4, 3))), "broadcast"),
    *[row("CosineSimilarity", pair_of_vectors, dim=dim) for dim in (0, 1, -1)],
    row("CosineSimilarity", lambda rng: (rng.normal(size=(4, 1)), rng.normal(size=3)), "broadcast", eps=0.1),
]  # fmt: skip
