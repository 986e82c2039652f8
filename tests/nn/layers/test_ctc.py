"""The CTC loss beyond the tables of cases: beside all paths one by one, beside PyTorch, its limits and its errors."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor, gradcheck
from autograd.engine.gradients import gradients
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, DTypeError, ShapeError

inf = np.inf


def drawn(rng: np.random.Generator) -> tuple[Any, ...]:
    """(logits, padded targets, input lengths, target lengths, blank); some targets are too long, some lengths are 0."""
    t, n, c = rng.integers(1, 9), rng.integers(1, 5), rng.integers(2, 5)
    blank = int(rng.integers(0, c))
    lengths = rng.integers(0, 4, n)
    labels = rng.integers(0, c - 1, (n, max(1, lengths.max())))
    return 3 * rng.normal(size=(t, n, c)), labels + (labels >= blank), rng.integers(0, t + 1, n), lengths, blank


def path_by_path(p: Any, target: list[int], blank: int) -> float:
    """The sum of the probabilities of all paths (T, C) that stand for the target."""
    total = 0.0
    for path in itertools.product(range(p.shape[1]), repeat=len(p)):
        if [label for label, _ in itertools.groupby(path) if label != blank] == target:
            total += float(np.prod(p[np.arange(len(p)), list(path)]))
    return total


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_sum_over_all_paths(seed: int) -> None:
    logits, targets, times, lengths, blank = drawn(np.random.default_rng(seed))
    log_p = F.log_softmax(logits[:6], -1)
    times = np.minimum(times, len(log_p))
    losses = F.ctc_loss(log_p, targets, times, lengths, blank, "none")
    for n, loss in enumerate(losses):
        expected = path_by_path(np.exp(log_p[: times[n], n]), targets[n, : lengths[n]].tolist(), blank)
        assert np.exp(-loss) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("reduction", F.REDUCTIONS)
@pytest.mark.parametrize("zero_infinity", [False, True])
@pytest.mark.oracle
def test_values_and_gradients_are_those_of_pytorch(seed: int, reduction: str, zero_infinity: bool) -> None:
    torch = pytest.importorskip("torch")
    logits, *given, blank = drawn(np.random.default_rng(seed))
    options = {"blank": blank, "reduction": reduction, "zero_infinity": zero_infinity}
    theirs = torch.tensor(logits, requires_grad=True)
    expected = torch.nn.functional.ctc_loss(theirs.log_softmax(-1), *map(torch.tensor, given), **options)
    expected.sum().backward()
    ours = Tensor(logits, requires_grad=True)
    loss = F.ctc_loss(F.log_softmax(ours, -1), *given, **options)
    np.testing.assert_allclose(raw(loss), expected.detach().numpy(), rtol=1e-11, atol=1e-14)
    impossible = ~np.isfinite(F.ctc_loss(F.log_softmax(logits, -1), *given, blank, "none"))
    for recorded in (False, True):
        (g,) = gradients(loss.sum(), [ours], create_graph=recorded, retain_graph=True)
        found, wanted = raw(g), theirs.grad.numpy().copy()
        if not zero_infinity:  # ours is 0 where the loss is infinite, PyTorch's nan
            assert not found[:, impossible].any()
            wanted[:, impossible] = 0
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("seed", range(5))
def test_derivatives_by_log_probabilities(seed: int) -> None:
    logits, targets, times, lengths, blank = drawn(np.random.default_rng(seed + 100))
    times = np.maximum(times, 1)
    lengths = np.minimum(lengths, (times + 1) // 2)

    def loss(x: Any) -> Any:
        return F.ctc_loss(x, targets, times, lengths, blank, "none")

    assert gradcheck(loss, F.log_softmax(logits, -1), order=2, modes=("reverse", "forward"))


def test_targets_one_after_the_other_or_padded_by_anything(rng: np.random.Generator) -> None:
    log_p = F.log_softmax(rng.normal(size=(6, 3, 4)), -1)
    padded = np.array([[1, 2, 3], [2, -1, 99], [0, 0, 0]])
    lengths, times = [3, 1, 0], [6, 5, 4]
    expected = F.ctc_loss(log_p, padded, times, lengths, reduction="none")
    together = np.array([1, 2, 3, 2])
    for given in (together, together.tolist(), Tensor(together), together.astype(np.uint8)):
        assert F.ctc_loss(log_p, given, Tensor(times), tuple(lengths), reduction="none").tolist() == expected.tolist()
    one = F.ctc_loss(log_p[:, 0], padded[0], 6, 3, reduction="none")
    assert one.shape == ()
    assert float(one) == pytest.approx(expected[0])
    assert float(F.ctc_loss(log_p[:, 0], padded[0], [6], [3])) == pytest.approx(expected[0] / 3)
    assert float(F.ctc_loss(log_p, np.array([], int), times, [0, 0, 0], reduction="sum")) == pytest.approx(
        -sum(log_p[:t, n, 0].sum() for n, t in enumerate(times))
    )


def test_what_cannot_be_aligned_is_infinite_or_zero() -> None:
    x = Tensor(np.log(np.full((2, 2, 3), 1 / 3)), requires_grad=True)
    given = ([[1, 1], [1, 2]], [2, 2], [2, 2])  # 1 1 needs a blank between, three times
    assert F.ctc_loss(x, *given, reduction="none").tolist() == [inf, pytest.approx(2 * np.log(3))]
    loss = F.ctc_loss(x, *given, zero_infinity=True, reduction="none")
    assert loss.tolist() == [0, pytest.approx(2 * np.log(3))]
    loss.sum().backward()
    np.testing.assert_allclose(x.grad.numpy()[:, 0], 0)
    np.testing.assert_allclose(x.grad.numpy()[:, 1], [[0, -1, 0], [0, 0, -1]], atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_long_inputs_in_low_precision(dtype: Any, rng: np.random.Generator) -> None:
    exact = F.log_softmax(rng.normal(size=(500, 2, 5)), -1)
    given = (rng.integers(1, 5, (2, 60)), [500, 430], [60, 20])
    x = Tensor(exact.astype(dtype), requires_grad=True)
    loss = F.ctc_loss(x, *given)
    loss.backward()
    y = Tensor(exact, requires_grad=True)
    F.ctc_loss(y, *given).backward()
    assert loss.dtype == x.grad.dtype == dtype
    assert float(loss) == pytest.approx(F.ctc_loss(exact, *given), rel=1e-3)
    np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), atol=5e-4 if dtype is np.float16 else 2e-5)
    assert not x.grad.numpy()[430:, 1].any()


def test_targets_may_be_overwritten_before_the_sweep(rng: np.random.Generator) -> None:
    x = Tensor(F.log_softmax(rng.normal(size=(5, 1, 3)), -1), requires_grad=True)
    targets, times, lengths = np.array([[1, 2]]), np.array([5]), np.array([2])
    expected = raw(gradients(F.ctc_loss(x, [[1, 2]], [5], [2]), [x])[0])
    for recorded in (False, True):
        loss = F.ctc_loss(x, targets, times, lengths)
        for array in (targets, times, lengths):
            array[...] = 1
        (g,) = gradients(loss, [x], create_graph=recorded)
        np.testing.assert_allclose(raw(g), expected, rtol=1e-12)
        targets[...], times[...], lengths[...] = [[1, 2]], 5, 2


LOG_P = np.log(np.full((4, 2, 3), 1 / 3))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.ctc_loss(LOG_P[0, 0], [1], 1, 1), ShapeError, r"\(T, N, C\) or \(T, C\)"),
        (lambda: F.ctc_loss(LOG_P[:0], [[1], [1]], [0, 0], [1, 1]), ShapeError, "T, C > 0"),
        (lambda: F.ctc_loss(LOG_P, [[1], [3]], [4, 4], [1, 1]), ArgumentError, "labels must lie in 0 … 2.*1 … 3"),
        (lambda: F.ctc_loss(LOG_P, [[1], [-1]], [4, 4], [1, 1]), ArgumentError, "labels must lie in"),
        (lambda: F.ctc_loss(LOG_P, [[1], [0]], [4, 4], [1, 1]), ArgumentError, "not be the blank .0.*with blanks"),
        (lambda: F.ctc_loss(LOG_P, [[1], [1]], [4, 5], [1, 1]), ArgumentError, "input_lengths must be >= 0 and <= 4"),
        (lambda: F.ctc_loss(LOG_P, [[1], [1]], [4, -1], [1, 1]), ArgumentError, "got -1 … 4"),
        (lambda: F.ctc_loss(LOG_P, [[1], [1]], [4, 4], [1, -1]), ArgumentError, "target_lengths must be >= 0; got -1"),
        (lambda: F.ctc_loss(LOG_P, [[1], [1]], [4, 4], [1, 2]), ShapeError, "S >= 2"),
        (lambda: F.ctc_loss(LOG_P, [1, 1, 1], [4, 4], [1, 1]), ShapeError, r"one after the other \(2,\).*\(3,\)"),
        (lambda: F.ctc_loss(LOG_P, [[1], [1]], [4], [1, 1]), ShapeError, r"input_lengths of shape \(2,\)"),
        (lambda: F.ctc_loss(LOG_P, [[1], [1]], 4, [1, 1]), ShapeError, r"input_lengths of shape \(2,\)"),
        (lambda: F.ctc_loss(LOG_P, [[1.0], [1.0]], [4, 4], [1, 1]), DTypeError, "targets of integers; got dtype float"),
        (lambda: F.ctc_loss(LOG_P, [[1], [1]], [4.0, 4], [1, 1]), DTypeError, "input_lengths of integers"),
        (lambda: F.ctc_loss(LOG_P, [[1], [1]], [4, 4], [1, 1], blank=3), ArgumentError, "0 <= blank < 3"),
        (lambda: F.ctc_loss(LOG_P, [[1], [1]], [4, 4], [1, 1], blank=True), ArgumentError, "0 <= blank < 3"),
        (lambda: F.ctc_loss(LOG_P, [[1], [1]], [4, 4], [1, 1], reduction="average"), ArgumentError, "reduction"),
        (lambda: nn.CTCLoss(zero_infinity="False"), ArgumentError, "zero_infinity"),
        (lambda: nn.CTCLoss(blank=-1), ArgumentError, "blank"),
    ],
)  # fmt: skip
def test_refused(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_repr() -> None:
    assert repr(nn.CTCLoss()) == "CTCLoss()"
    assert repr(nn.CTCLoss(2, "sum", True)) == "CTCLoss(blank=2, zero_infinity=True, reduction='sum')"
