"""What a step writes into its state is written at the end, where it can be: nothing is to be put back."""

import warnings

import numpy as np
import pytest

import autograd
import nn


def with_statistics():
    layer = nn.BatchNorm1d(3)

    @autograd.capture
    def step(x, scale):
        return np.exp(layer(x) * scale).sum()

    return layer, step


def state_of(layer):
    return [b.numpy().tobytes() for b in layer.buffers()]


x = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
one, large = np.float32(1), np.float32(1e4)


def test_statistics_need_no_copy():
    _, step = with_statistics()
    for _ in range(4):
        step(x, one)
    assert len(step.program.recorded) > 10
    assert step.program.written == []


def test_a_warning_that_is_an_error_leaves_the_statistics():
    layer, step = with_statistics()
    for _ in range(4):
        step(x, one)
    before = state_of(layer)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning, match="overflow"):
            step(x, large)
    assert state_of(layer) == before
    step(x, one)
    assert state_of(layer) != before
    assert step.calls["replayed"] == 2


@pytest.mark.parametrize(
    "order",
    ["read between", "read first", "written twice", "a view", "another's value", "a value that changes", "a counter"],
)
def test_what_reads_the_state_sees_it_at_its_time(order):
    def run(captured):
        s, t = autograd.Tensor(np.arange(3.0)), autograd.Tensor(np.ones(3))
        count = autograd.Tensor(np.zeros((), np.int64))

        def step(x):
            a, b, n = s.numpy(), t.numpy(), count.numpy()
            if order == "read between":
                a[...] = a * x
                y = np.exp(a * 0.01).sum()
                a[...] = b + y
            elif order == "read first":
                y = np.exp(a * 0.01).sum()
                a[...] = x + 1.0
            elif order == "written twice":
                a[...] = x + 1.0
                a[1] = (x * x)[0]
                y = np.exp(x).sum()
            elif order == "a view":
                part = a[1:]
                part[...] = x[1:] * 2.0
                y = (a * x).sum()
            elif order == "another's value":
                a[...] = b
                b[...] = x + a
                y = np.exp(b * 0.01).sum()
            elif order == "a value that changes":
                value = x + 1.0
                a[...] = value
                value[1] = 7.0
                y = (value * x).sum()
            else:
                n += 1
                n[...] = n + n
                y = (x * n).sum()
            return y

        run_it = autograd.capture(step) if captured else step
        rng = np.random.default_rng(1)
        with autograd.no_grad():
            results = [np.asarray(run_it(rng.normal(size=3))).tobytes() for _ in range(8)]
        if captured:
            assert run_it.calls["replayed"] == 5
        return results, s.numpy().tobytes(), t.numpy().tobytes(), int(count.numpy())

    assert run(captured=True) == run(captured=False)
