"""Losses at the ends of their domain: 0·∞ and ∞ - ∞ are the limit, in every parametrisation, without a warning."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import nn.functional as F
from autograd import Tensor
from autograd.engine.gradients import gradients
from autograd.engine.recording import raw

inf = np.inf
CLASSES = np.array([1, 0])
IMPOSSIBLE = [[-inf, 0.0, 0.0], [-inf, 0.0, 0.0]]
HALVES = [[0.0, 0.5, 0.5], [0.0, 1.0, 0.0]]
FIRST_OUT = np.array([0.0, 1.0, 1.0])
LOG2 = float(np.log(2))
SIGNS = np.array([1.0, -1.0, 1.0, -1.0])
ENDS = [inf, inf, -inf, -inf]

with_logits = F.binary_cross_entropy_with_logits


def ctc_loss(log_probs: Any, targets: Any, reduction: str) -> Any:
    """F.ctc_loss of examples on the first axis, two times and two labels each."""
    lengths = np.full(len(targets), 2)
    return F.ctc_loss(np.swapaxes(log_probs, 0, 1), targets, lengths, lengths, reduction=reduction)


# loss, input, target, the losses, their slopes by the input
LIMITS: list[tuple[Callable[..., Any], Any, Any, Any, Any]] = [
    (F.kl_div, [-inf, -inf, 0, -1], [0, 0.5, 0, 1], [0, inf, 0, 1], [0, -0.5, 0, -1]),
    (partial(F.kl_div, log_target=True), [-inf, -1, 0, -inf], [-inf, -inf, 0, 0], [0, 0, 0, inf], [0, 0, -1, -1]),
    (with_logits, [-inf, inf, -inf, inf], [0, 1, 1, 0], [0, 0, inf, inf], [0, 0, -1, 1]),
    (with_logits, [-inf, inf, 0], [0.5, 0.5, 1], [inf, inf, LOG2], [-0.5, 0.5, -0.5]),
    (partial(with_logits, pos_weight=2.0), [-inf, inf, -inf, inf], [0, 1, 1, 0], [0, 0, inf, inf], [0, 0, -2, 1]),
    (partial(with_logits, pos_weight=0.0), [-inf, inf, -inf, inf], [0, 1, 1, 0], [0, 0, 0, inf], [0, 0, 0, 1]),
    (partial(with_logits, weight=np.array([0.0, 2.0])), [inf, -inf], [0, 1], [0, inf], [0, -2]),
    (F.binary_cross_entropy, [0, 1, 0, 1], [0, 1, 1, 0], [0, 0, 100, 100], [0, 0, -1e12, 1e12]),
    (F.poisson_nll_loss, [-inf, -inf, inf, inf], [0, 1, 0, 1], [0, inf, inf, inf], [0, -1, inf, inf]),
    (partial(F.poisson_nll_loss, log_input=False), [0, inf, inf], [0, 0, 1], [0, inf, inf], [1, 1, 1]),
    (partial(F.poisson_nll_loss, log_input=False, eps=0), [0, inf, 2], [0, 2, 0], [0, inf, 2], [1, 1, 1]),
    (partial(F.poisson_nll_loss, full=True), [-inf, 0], [0, 0], [0, 1], [0, 1]),
    (F.cross_entropy, IMPOSSIBLE, CLASSES, [LOG2, inf], [[0, -0.5, 0.5], [-1, 0.5, 0.5]]),
    (partial(F.cross_entropy, weight=FIRST_OUT), IMPOSSIBLE, CLASSES, [LOG2, 0], [[0, -0.5, 0.5], [0, 0, 0]]),
    (
        partial(F.cross_entropy, weight=FIRST_OUT, label_smoothing=0.3), IMPOSSIBLE, CLASSES,
        [0.9 * LOG2, 0.2 * LOG2], [[0, -0.35, 0.35], [0, 0, 0]],
    ),
    (F.cross_entropy, IMPOSSIBLE, HALVES, [LOG2, LOG2], [[0, 0, 0], [0, -0.5, 0.5]]),
    (F.nll_loss, IMPOSSIBLE, CLASSES, [0, inf], [[0, -1, 0], [-1, 0, 0]]),
    (partial(F.nll_loss, weight=FIRST_OUT), IMPOSSIBLE, CLASSES, [0, 0], [[0, -1, 0], [0, 0, 0]]),
    (partial(F.gaussian_nll_loss, var=np.array([1.0, inf])), [inf, 1], [0, 0], [inf, inf], [inf, 0]),
    (  # one path, no path, and one that is impossible
        ctc_loss, [[[-inf, 0, -inf], [-inf, -inf, 0]], [[-1, -1, -1], [-1, -1, -1]], [[-1, -inf, -1], [-1, -1, -1]]],
        [[1, 2], [1, 1], [1, 2]], [0, inf, inf], [[[0, -1, 0], [0, 0, -1]], [[0, 0, 0]] * 2, [[0, 0, 0]] * 2],
    ),
    (F.mse_loss, [inf, 0], [0, inf], [inf, inf], [inf, -inf]),
    (partial(F.mse_loss, weight=[0.0, 1.0]), [inf, 1], [0, 0], [0, 1], [0, 2]),
    (F.half_mse_loss, [inf, 0], [0, inf], [inf, inf], [inf, -inf]),
    (F.l1_loss, [inf, 0], [0, inf], [inf, inf], [1, -1]),
    (partial(F.l1_loss, weight=[0.0, 1.0]), [inf, 1], [0, 0], [0, 1], [0, 1]),
    (F.smooth_l1_loss, [inf, 0], [0, inf], [inf, inf], [1, -1]),
    (F.huber_loss, [inf, 0], [0, inf], [inf, inf], [1, -1]),
    (partial(F.huber_loss, weight=[0.0, 1.0]), [inf, 1], [0, 0], [0, 0.5], [0, 1]),
    (F.hinge_loss, ENDS, SIGNS, [0, inf, inf, 0], [0, 1, -1, 0]),
    (F.soft_margin_loss, ENDS, SIGNS, [0, inf, inf, 0], [0, 1, -1, 0]),
    (F.multilabel_soft_margin_loss, [[-inf, inf], [inf, 0]], [[0, 1], [0, 1]], [0, inf], [[0, 0], [0.5, -0.25]]),
    (  # the right class beats all, a wrong one does, the right one loses to all
        F.multi_margin_loss, [[inf, 0, -inf], [0, inf, 0], [-inf, 0, 1]], [0, 0, 0], [0, inf, inf],
        [[0, 0, 0], [-2 / 3, 1 / 3, 1 / 3], [-2 / 3, 1 / 3, 1 / 3]],
    ),
    (partial(F.multi_margin_loss, p=2), [[inf, 0, -inf], [0, inf, -2]], [0, 0], [0, inf], [[0, 0, 0], [-inf, inf, 0]]),
    *[
        (
            partial(F.multi_margin_loss, p=p, weight=FIRST_OUT), [[0, inf, 0], [inf, 0, -2]], [0, 1], [0, inf],
            [[0, 0, 0], [s, -s, 0]],
        )
        for p, s in ((1, 1 / 3), (2, inf))
    ],
    (
        F.multilabel_margin_loss, [[inf, inf, -inf], [0, inf, 0], [-inf, 0, 2]], [[0, 1, -1], [0, -1, 1], [0, 2, -1]],
        [0, inf, inf], [[0, 0, 0], [-2 / 3, 1 / 3, 1 / 3], [-1 / 3, 1 / 3, 0]],
    ),
    (F.hinge_embedding_loss, ENDS, SIGNS, [inf, 0, -inf, inf], [1, 0, 1, -1]),
    (
        lambda x, y, **kw: F.margin_ranking_loss(x, np.zeros(y.shape), y, **kw),
        ENDS, SIGNS, [0, inf, inf, 0], [0, 1, -1, 0],
    ),
]  # fmt: skip
# ∞ / ∞ in the direction of an infinite vector: nan
NO_LIMIT = {"cosine_embedding_loss", "triplet_margin_loss", "triplet_margin_with_distance_loss"}


def called(function: Any) -> str:
    return str(getattr(getattr(function, "func", function), "__name__", ""))


@pytest.mark.parametrize(("loss", "x", "y", "values", "slopes"), LIMITS, ids=[called(row[0]) for row in LIMITS])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_limits(loss: Any, x: Any, y: Any, values: Any, slopes: Any, dtype: Any) -> None:
    check_limits(loss, x, y, values, slopes, dtype)


OF_WEIGHTS = [row for row in LIMITS if {"weight", "pos_weight"} & set(getattr(row[0], "keywords", ()))]


@pytest.mark.parametrize(("loss", "x", "y", "values", "slopes"), OF_WEIGHTS, ids=[called(row[0]) for row in OF_WEIGHTS])
def test_limits_where_the_weight_requires_grad(loss: Any, x: Any, y: Any, values: Any, slopes: Any) -> None:
    variables = {
        name: Tensor(np.array(value, float), requires_grad=True) if name.endswith("weight") else value
        for name, value in loss.keywords.items()
    }
    check_limits(partial(loss.func, **variables), x, y, values, slopes, np.float64)


def check_limits(loss: Any, x: Any, y: Any, values: Any, slopes: Any, dtype: Any) -> None:
    t = Tensor(np.array(x, dtype), requires_grad=True)
    out = loss(t, y, reduction="none")
    rtol = 1e-6 if dtype is np.float32 else 1e-12
    np.testing.assert_allclose(raw(out), values, rtol=rtol, atol=1e-7)
    for recorded in (False, True):
        (g,) = gradients(out, [t], np.ones(out.shape, dtype), create_graph=recorded, retain_graph=True)
        np.testing.assert_allclose(raw(g), slopes, rtol=rtol)


@pytest.mark.parametrize(("loss", "x", "y", "values", "slopes"), LIMITS, ids=[called(row[0]) for row in LIMITS])
def test_the_mean_of_an_empty_batch_is_nan_without_a_warning(
    loss: Any, x: Any, y: Any, values: Any, slopes: Any
) -> None:
    keywords = {
        name: value[:0] if np.shape(value)[:1] == np.shape(x)[:1] else value
        for name, value in getattr(loss, "keywords", {}).items()
    }
    loss, y = partial(getattr(loss, "func", loss), **keywords), np.array(y)
    t = Tensor(np.array(x, float)[:0], requires_grad=True)
    assert np.isnan(raw(loss(t, y[:0], reduction="mean")))
    loss(t, y[:0], reduction="mean").backward()
    assert t.grad.shape == t.shape
    assert float(loss(t, y[:0], reduction="sum")) == 0


def test_every_loss_is_in_the_table() -> None:
    losses = {n for n, f in vars(F).items() if inspect.isfunction(f) and f.__module__.startswith("nn.layers.loss.")}
    losses = {name for name in losses if "reduction" in inspect.signature(getattr(F, name)).parameters}
    assert losses == {called(row[0]) for row in LIMITS} - {"<lambda>"} | NO_LIMIT | {"margin_ranking_loss"}


def test_targets_that_count_nothing_have_a_gradient_of_the_recorded_sweep_too() -> None:
    x, y = np.array([[0.0, 1.0, 2.0]]), Tensor([[0.0, 1.0, 0.0]], requires_grad=True)
    plain, recorded = (gradients(F.cross_entropy(x, y), [y], create_graph=again)[0] for again in (False, True))
    np.testing.assert_allclose(raw(recorded), raw(plain), rtol=1e-12)
    np.testing.assert_allclose(raw(plain), -F.log_softmax(x), rtol=1e-12)
