"""Elementwise runs in blocks, and questions for a nan that another answers: equal to eager to the bit."""

import gc
import re
import tracemalloc

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor, grad, no_grad, threads
from autograd.capture import blocks
from nn import functional as F

N = 200_001  # of float64 in blocks of 8192, and a rest


def dealt(work, count):
    """The blocks in another order, as several threads might come to them."""
    for i in sorted(range(count), key=lambda i: (i * 7) % 11):
        work(iter([i]), i % 3)


@pytest.fixture(params=["one thread", "dealt", "threads"])
def in_threads(request, monkeypatch):
    """The blocks of a run are shared among threads."""
    monkeypatch.setattr(blocks, "cores", lambda: 4)
    monkeypatch.setattr(threads, "allowed", lambda: 1 if request.param == "one thread" else 3)
    if request.param == "dealt":
        monkeypatch.setattr(blocks, "together", dealt)
    return request.param


def same(a, b):
    return np.asarray(getattr(a, "_array", a)).tobytes() == np.asarray(getattr(b, "_array", b)).tobytes()


def silu(x):
    return x * F.sigmoid(x) + np.exp(-x * x) * np.tanh(x)


@pytest.mark.parametrize("f", [
    silu,
    lambda x: (silu(x), silu(x).sum(), np.sqrt(np.abs(x)) + 1),
    lambda x: np.maximum(x * 2 + 1, 0)[::-1] * 3 - x / (1 + x * x),
    lambda x: grad(lambda x: silu(x).sum() ** 2)(x),
    lambda x: (x > 0) * np.sin(x) + np.float64(2) * x.mean() - x,
    lambda x: grad(lambda x: (np.reshape(x, (-1, 3)) * x.sum()).sum() + (x * np.ones(N)).sum())(x),
], ids=["one", "several results", "views between", "gradient", "numbers", "reshaped"])  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_runs(f, dtype, in_threads):
    rng = np.random.default_rng(0)
    fast = autograd.capture(f)
    kept = []
    for _ in range(6):
        x = rng.normal(size=N).astype(dtype)
        kept += zip(autograd.tree_leaves(fast(x)), autograd.tree_leaves(f(x)), strict=True)
    assert all(same(a, b) for a, b in kept)
    assert fast.calls["replayed"] == 3
    assert "= run[" in str(fast.program)  # with the names of its operations


def test_a_run_needs_less_memory_than_its_arrays():
    fast = autograd.capture(lambda x: silu(x).sum())
    for _ in range(4):
        fast(np.ones(N))
    assert fast.program.nbytes < 2 * N * 8  # the terms of the sum, and blocks; eager has four arrays


def test_a_run_that_writes_the_state(in_threads):
    found = []
    for wrap in (lambda f: f, autograd.capture):
        p = Tensor(np.linspace(-1, 1, N), requires_grad=True)

        def step(x, p=p):
            p.grad = None
            loss = (silu(p) * x).sum()
            loss.backward()
            with no_grad():
                p -= 0.1 * p.grad * p.grad + p * 0.01
            return loss

        run = wrap(step)
        losses = [run(np.full(N, float(i))) for i in range(6)]
        found.append([*losses, p, p.grad])
    assert all(same(a, b) for a, b in zip(*found, strict=True))
    assert run.calls["replayed"] == 3


@pytest.mark.parametrize("size", [5, N])
def test_nans_take_the_way_that_eager_takes(size, in_threads):
    def f(x, w):
        return grad(lambda x: (np.sqrt(x * w) * w * np.exp(x) * w).sum())(x)

    fast = autograd.capture(f)
    rng = np.random.default_rng(0)
    w = rng.integers(0, 2, size).astype(float)
    for i in range(14):
        x = rng.random(size)
        x[0], w[:2] = (0.0, [0.0, 1.0]) if i % 3 == 2 else (0.5, w[:2])  # 0 · ∞, which counts as 0
        x[1] = np.nan if i > 9 else x[1]
        with np.errstate(all="ignore"):
            assert same(fast(x, w), f(x, w))
    assert fast.calls["replayed"] > 3


def test_numpys_error_settings_within_a_run_and_after_it(in_threads):
    def f(x):
        return F.sigmoid(x) * 2 + np.exp(x), np.log(x.sum())

    fast = autograd.capture(f)
    for _ in range(4):
        fast(np.ones(N))
    with pytest.warns(RuntimeWarning, match="overflow"):
        fast(np.full(N, 1000.0))
    before = np.geterr()
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        fast(np.zeros(N))
    assert np.geterr() == before
    with np.errstate(over="raise"):
        for _ in range(4):
            fast(np.ones(N))
        x = np.ones(N)
        x[N // 2] = 1000.0
        with pytest.raises(FloatingPointError, match="overflow encountered in exp"):
            fast(x)
        assert same(fast(np.ones(N))[0], f(np.ones(N))[0])


def test_explain_tells_what_runs_together_and_what_memory_it_saves():
    fast = autograd.capture(lambda x: (silu(x) * 2 + 1).sum())
    for _ in range(4):
        fast(np.ones(N))
    text = fast.explain()
    assert re.search(
        rf"fused: run\[.*multiply.*\] on {N} elements, .*; \d+ results, of which \d+ never become arrays", text
    )
    assert re.search(rf"fused: run\[.*multiply.*\] on {N} elements, .*; \d+ results, of which \d+ never become", text)
    found = re.search(r"memory for results: ([\d.]+) MiB, .* of it gradients; as it is, ([\d.]+) MiB at one time", text)
    assert float(found[1]) == pytest.approx(fast.program.nbytes / 2**20, rel=1e-2)
    assert float(found[2]) == pytest.approx(5 * 8 * N / 2**20, rel=0.3)  # arrays of silu
    assert fast.program.nbytes <= fast.program.as_it_is.at_once / 2


def test_a_program_at_rest_holds_its_buffers_and_no_values_of_the_recording():
    p = Tensor(np.ones(N), requires_grad=True)

    def step(x):
        p.grad = None
        loss = (np.tanh(np.exp(p * x) * x) * np.sin(p + x)).sum()
        loss.backward()
        return loss

    fast = autograd.capture(step)
    fast(np.full(N, 0.1))  # also makes what is made once
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for call in range(4):
        loss = fast(np.full(N, 0.1))
        gc.collect()
        rest = tracemalloc.get_traced_memory()[0] - before
        own = p.grad.nbytes if call < 2 else 0  # of a step that ran; a replay leaves the gradient in the program's row
        assert rest < own + (fast.program.nbytes if call else 0) + 500_000, call
    tracemalloc.stop()
    assert fast.calls["replayed"] == 2
    assert float(loss) == float(step(np.full(N, 0.1)))


def test_a_recording_copies_each_part_of_the_state_once_for_each_end_of_the_step():
    """Parameters, which are views of an optimizer's buffer, are not copied again, nor as bytes."""
    layer, x = nn.Linear(400, 400), np.ones((4, 400), np.float32)
    optimizer = optim.Adam(layer.parameters())

    @autograd.capture
    def step(x):
        optimizer.zero_grad()
        loss = np.sum(layer(Tensor(x)) ** 2)
        loss.backward()
        optimizer.step()
        return loss

    step(x)
    state = 4 * sum(p.numpy().nbytes for p in layer.parameters())  # parameters, gradients and two moments
    tracemalloc.start()
    try:
        step(x)
        step(x)
        assert tracemalloc.get_traced_memory()[1] < 5 * state
    finally:
        tracemalloc.stop()
    assert step.calls == {"eager": 1, "recorded": 2, "replayed": 0}


def test_a_recording_lets_go_of_values_as_the_function_itself_does():
    def f(x):
        for _ in range(20):
            x = np.tanh(x) * 1.01
        return x

    step, x, peaks = autograd.capture(f), np.ones(200_000), []
    for _ in range(2):
        tracemalloc.start()
        try:
            step(x)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert step.calls["recorded"] == 1
    assert peaks[1] < 3 * peaks[0]  # of forty arrays two are there at one time, and the result and its copy at the end
