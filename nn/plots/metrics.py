"""The quality of a classifier: confusion matrix and ROC curves, drawn by scikit-learn's displays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.recording import raw
from autograd.errors import ArgumentError, ShapeError
from nn.plots.style import NEUTRAL, canvas, colour, dash, grid, legend, needs


def confusion_matrix(
    target: Any, predicted: Any, *, classes: Sequence[str] | None = None, normalize: str | None = None, ax: Any = None
) -> Any:
    """Draw how often each class was predicted as each other one: a row a true class, a column a prediction.

    Args:      target: the true classes (N,).
               predicted: the classes (N,), or scores (N, classes), whose largest is the prediction.
               classes: names for the axes: with scores those of classes 0, 1, 2 …, else in the order of the sorted
               classes.
               normalize: None for counts; "true", "pred" or "all" for shares of the rows, of the columns, or of the
               total.
    Returns:   the Axes.
    """
    if normalize not in (None, "true", "pred", "all"):
        raise ArgumentError(f"normalize must be None, 'true', 'pred' or 'all'; got {normalize!r}.")
    truth, guess = np.ravel(raw(target)), np.asarray(raw(predicted))
    labels = np.arange(guess.shape[1]) if guess.ndim == 2 and guess.shape[1] > 1 else None
    guess = guess.argmax(axis=1) if labels is not None else guess.reshape(-1)
    if len(truth) != len(guess):
        raise ShapeError(f"there must be a prediction for each of the {len(truth)} targets; got {len(guess)}.")
    labels = np.union1d(truth, guess) if labels is None else labels
    if classes is not None and len(classes) != len(labels):
        raise ArgumentError(f"classes needs {len(labels)} names, for {labels.tolist()}; got {len(classes)}.")
    display = needs("sklearn.metrics").ConfusionMatrixDisplay
    side = max(4.4, 1.6 + 0.55 * len(labels))
    with canvas(ax, (side + 0.9, side)) as ax:
        shown = display.from_predictions(
            truth, guess, labels=labels, display_labels=labels if classes is None else list(classes),
            normalize=normalize, values_format=None if normalize is None else ".0%", cmap="cividis", ax=ax,
            colorbar=False,
        )  # fmt: skip
        if len(labels) > 12:
            for text in shown.text_.ravel():
                text.set_fontsize("x-small")
        ax.grid(False)  # set_style() turns it on, and here the lines would run through the numbers
        ax.set(xlabel="predicted class", ylabel="true class")
        if classes is not None and max(map(len, classes)) * len(classes) > 30:  # too long to stand side by side
            ax.tick_params(axis="x", rotation=45)
    return ax


def roc_curve(target: Any, scores: Any, *, classes: Sequence[str] | None = None, ax: Any = None) -> Any:
    """Draw the true positive rate over the false positive rate, for all thresholds, with the area under the curve.

    Args:      target: the true classes (N,): for one score a row 0 and 1, or False and True.
               scores: (N,) or (N, 1), larger for the second class, logits or probabilities; or (N, classes), for a
               curve for each class against all others. Logits (N, classes) are converted by softmax, because they can
               be compared only within a row.
               classes: names for the legend.
    Returns:   the Axes.
    """
    truth, heights = np.ravel(raw(target)), np.asarray(raw(scores), float)
    if heights.ndim == 2 and heights.shape[1] == 1:
        heights = heights[:, 0]
    if heights.ndim > 2 or len(heights) != len(truth):
        raise ShapeError(
            f"there must be a row of scores for each of the {len(truth)} targets; got shape {heights.shape}."
        )
    display = needs("sklearn.metrics").RocCurveDisplay
    if heights.ndim == 1:
        if len(np.unique(truth)) != 2:
            raise ArgumentError(f"a ROC curve needs rows of both classes; the target has {np.unique(truth).tolist()}.")
        curves = [("", truth == np.unique(truth)[1], heights)]
    else:
        count = heights.shape[1]
        if classes is not None and len(classes) != count:
            raise ArgumentError(f"classes needs {count} names; got {len(classes)}.")
        names = [f"class {i}" for i in range(count)] if classes is None else list(classes)
        shares = _as_probabilities(heights)
        curves = [(names[i], truth == i, shares[:, i]) for i in range(count) if 0 < np.mean(truth == i) < 1]
        if not curves:
            raise ArgumentError(
                f"a ROC curve needs rows of several classes; the target has {np.unique(truth).tolist()}."
            )
    with canvas(ax, (6.2, 5.2)) as ax:
        for i, (name, positive, height) in enumerate(curves):
            shown = display.from_predictions(
                positive, height, ax=ax, curve_kwargs={"color": colour(i), "linestyle": dash(i)}
            )
            shown.line_.set_label(f"{name}, area {shown.roc_auc:.3f}" if name else f"area {shown.roc_auc:.3f}")
        ax.plot([0, 1], [0, 1], color=NEUTRAL, linewidth=1.25, linestyle=(0, (4, 3)), label="by chance, area 0.5")
        ax.set(
            xlabel="false positive rate",
            ylabel="true positive rate, recall",
            xlim=(-0.01, 1.01),
            ylim=(-0.01, 1.02),
            aspect="equal",
        )
        grid(ax)
        legend(ax, loc="lower right", fontsize="small" if len(curves) > 5 else None)
    return ax


def _as_probabilities(scores: np.ndarray) -> np.ndarray:
    """The scores, if their rows are probabilities; else the softmax of each row."""
    if (scores >= 0).all() and np.allclose(scores.sum(axis=1), 1, atol=1e-4):
        return scores
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))
