"""Questions about nan and inf that are asked of sums: the same results as eager, whatever the answer."""

import warnings

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor

WEIGHTS = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)


def slopes(b, first, second):
    """The gradient by b, whose terms may be ∞ and -∞: then their sum is nan, which none of them is."""
    return autograd.grad(lambda b: np.sum(np.exp(b + WEIGHTS) * first + np.exp(b - WEIGHTS) * second))(b)


def guards(step):
    return sum(op.kind == "guard" for op in step.program.ops)


def same(step, f, *args):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found, expected = step(*args), f(*args)
    assert (found.dtype, found.tobytes()) == (expected.dtype, expected.tobytes())
    return found


def recurrent(wx, wh, b, xs):
    def loss(wx, wh, b):
        h = np.zeros((4, 8), np.float32)
        for x in xs:
            h = np.tanh(x @ wx + h @ wh.T + b)
        return np.sum(h * h)

    return np.concatenate([g.ravel() for g in autograd.grad(loss, (0, 1, 2))(wx, wh, b)])


def test_a_recurrent_net_asks_once_for_all_steps_of_time():
    rng = np.random.default_rng(0)
    wx, wh, b = (rng.normal(size=s).astype(np.float32) / 3 for s in ((5, 8), (8, 8), (8,)))
    step = autograd.capture(recurrent)
    for i in range(6):
        xs = list(rng.normal(size=(12, 4, 5)).astype(np.float32))
        if i == 5:
            xs[7][2, 3] = np.inf
        same(step, recurrent, wx, wh, b, xs)
        assert step.program is None or i in (2, 5) or guards(step) <= 6
    assert step.calls["replayed"] == 2


def test_terms_that_are_infinite_while_their_sum_is_nan_are_recorded_as_eager_asks():
    step = autograd.capture(slopes)
    infinite = np.full((2, 3), np.inf, np.float32)
    for _ in range(5):
        found = same(step, slopes, np.zeros(3, np.float32), infinite, -infinite)
        assert np.isnan(found).all()
    assert step.calls["replayed"] == 2


def test_an_answer_that_changes_is_another_recording():
    step = autograd.capture(slopes)
    rng = np.random.default_rng(1)
    for i in range(16):
        weights = rng.normal(size=(2, 2, 3)).astype(np.float32)
        if i % 8 > 4:
            weights[0, 0, 0], weights[1, 0, 0], weights[1, 1, 2] = np.inf, -np.inf, np.nan
        same(step, slopes, rng.normal(size=3).astype(np.float32), *weights)
    assert step.calls["replayed"] >= 8


@pytest.mark.parametrize("broken", [0, 3])
def test_a_training_step_whose_gradient_is_not_finite(broken):
    """Weights and gradients are eager's, also after a row with inf in a masked place."""
    runs = []
    for captured in (False, True):
        rng = np.random.default_rng(0)
        cell, x = nn.RNNCell(3, 4), rng.normal(size=(5, 2, 3)).astype(np.float32)
        for p in cell.parameters():
            p.data = rng.normal(size=p.shape).astype(np.float32)

        def work(x, cell=cell):
            for p in cell.parameters():
                p.grad = None
            h = Tensor(np.zeros((2, 4), np.float32))
            for part in x:
                h = cell(part, h)
            np.sum(h**2).backward()
            return [p.grad for p in cell.parameters()]

        step = autograd.capture(work) if captured else work
        found = []
        for i in range(8):
            now = x.copy() * (i + 1)
            if i % 4 == broken:
                now[1, 1, 2] = np.inf
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found.append(b"".join(g.numpy().tobytes() for g in step(now)))
        runs.append(found)
    assert runs[0] == runs[1]
