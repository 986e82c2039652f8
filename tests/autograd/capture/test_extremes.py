"""np.maximum and np.minimum with one number, which a program repeats: eager's bits, signs of zero and nan included."""

import sys

import numpy as np
import pytest

import autograd
import nn

SHAPES = {"small": (3, 5), "a row": (64, 128), "large": (96, 512), "long": (40_000,), "narrow": (9000, 3)}


def numbers(shape, dtype, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape).astype(dtype)
    return np.where(
        rng.random(shape) < 0.3, rng.choice(np.array([0.0, -0.0, np.nan, np.inf, -np.inf], dtype), shape), x
    )


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_results_are_eagers(shape, dtype):
    def f(x):
        y = np.maximum(x * 1, -0.0)
        y = y + np.minimum(0.0, x * 2) + np.maximum(x.T.copy().T, 0.5)
        return y + autograd.Tensor(x).numpy() * 0 + nn.functional.relu(autograd.Tensor(x)).numpy()

    step = autograd.capture(f)
    for i in range(5):
        x = numbers(shape, dtype, i)
        with np.errstate(invalid="ignore"):
            assert step(x).tobytes() == f(x).tobytes()
    assert step.calls["replayed"] == 2


def test_a_number_that_can_change_is_not_repeated():
    bound = np.zeros((), np.float32)

    def f(x):
        return np.maximum(x, bound) * 1

    step = autograd.capture(f)
    for i in range(5):
        x = numbers((64, 128), np.float32, i)
        assert step(x).tobytes() == f(x).tobytes()
        if i > 2:
            bound[...] = i
    assert step.calls["replayed"] == 2


def test_repeated_numbers_are_made_once_and_counted_among_the_memory():
    step = autograd.capture(lambda x: np.maximum(np.maximum(x * 2, 0.0) * 3, 0.0) + 1)
    for i in range(4):
        step(numbers((64, 128), np.float32, i))
    assert step.program.nbytes == 2 * 64 * 128 * 4  # of the results, and of the zeros


def test_where_the_loops_differ_nothing_is_repeated(monkeypatch):
    module = sys.modules["autograd.capture.extremes"]
    assert not module.same_as_repeated(lambda a, b: np.zeros(9, np.float32) + np.ndim(b), np.dtype(np.float32))
    monkeypatch.setattr(module, "same_as_repeated", lambda *_: False)
    step = autograd.capture(lambda x: np.maximum(x * 2, 0.0) + 1)
    for i in range(4):
        step(numbers((64, 128), np.float32, i))
    assert step.program.nbytes == 64 * 128 * 4
