"""Errors and warnings that a step catches, arguments in the memory of its tensors, schedulers that see the loss."""

import warnings

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import no_grad
from autograd.errors import CaptureError

BAD = (7, 8)


def factor(i):
    return np.eye(2) * (-1.0 if i in BAD else 1.0 + i)


def handled(x):
    try:
        return np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        return x * 0


def raised_by_numpy(x):
    try:
        with np.errstate(all="raise"):
            return np.log(x + 2)
    except FloatingPointError:
        return x * 0


def in_a_helper(x):
    return handled(x) * 2


@pytest.mark.parametrize("f", [handled, raised_by_numpy, in_a_helper])
def test_an_error_in_a_replay_that_the_step_handles_is_handled(f):
    fast = autograd.capture(f)
    for i in range(12):
        x = factor(i) if f is not raised_by_numpy else np.full(2, -5.0 if i in BAD else 1.0)
        assert np.array_equal(fast(x), f(x))
    assert fast.calls["eager"] == 1 + len(BAD)


def test_what_the_failing_replay_has_drawn_and_written_is_put_back_first():
    def made():
        autograd.seed(3)
        w = nn.Parameter(np.ones((2, 2)))

        def step(x):
            noise = autograd.random.generator().normal(size=(2, 2))
            with no_grad():
                w.__iadd__(noise)
            return handled(x) + w.detach()

        return step

    found = []
    for wrap in (lambda f: f, autograd.capture):
        run = wrap(made())
        found.append([run(factor(i)).numpy().tobytes() for i in range(12)])
    assert found[0] == found[1]
    assert run.calls["replayed"] == 7


def test_an_error_that_is_handled_while_recording_is_refused():
    fast = autograd.capture(handled)
    fast(factor(7))
    with pytest.raises(CaptureError, match=r"cholesky\(x\) raises LinAlgError, and the step goes on.*by an if"):
        fast(factor(7))


def test_an_error_that_nobody_handles_leaves_the_replay():
    fast = autograd.capture(lambda x: np.linalg.cholesky(x))
    for i in range(4):
        fast(factor(i))
    with pytest.raises(np.linalg.LinAlgError):
        fast(factor(7))
    assert fast.calls["eager"] == 1


def test_warnings_that_the_step_ignores_are_ignored_by_the_replay():
    def step(x):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y = np.sqrt(x)
        return y + 1

    fast = autograd.capture(step)
    for _ in range(5):  # where a warning is an error
        assert np.isnan(fast(np.array([-1.0, 4.0]))[0])
    assert fast.calls["replayed"] == 2


def test_warnings_that_the_step_makes_errors_are_refused():
    def step(x):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return np.log(x)

    fast = autograd.capture(step)
    fast(np.ones(2))
    with pytest.raises(CaptureError, match=r"np\.log\(x\) is under a filter.*np\.errstate"):
        fast(np.ones(2))


def written(p):
    def step(x):
        before = (x * 2).sum()
        with no_grad():
            p.__iadd__(1.0)
        return before, (x * 2).sum()

    return step


@pytest.mark.parametrize("first", [0, 5], ids=["from the start", "later"])
def test_an_argument_in_the_memory_of_what_is_written(first):
    found = []
    for wrap in (lambda f: f, autograd.capture):
        p = nn.Parameter(np.ones(3))
        run = wrap(written(p))
        calls = [run(p.numpy()[:2] if i >= first else np.full(2, 1.0 * i)) for i in range(9)]
        found.append([[float(y) for y in call] for call in calls])
    assert found[0] == found[1]


def test_an_argument_in_the_memory_of_what_is_only_read_is_replayed():
    p = nn.Parameter(np.ones(3))
    fast = autograd.capture(lambda x: np.sum(p * x))
    for _ in range(5):
        assert fast(p.numpy()).item() == 3.0
    assert fast.calls["replayed"] == 2


@pytest.mark.parametrize("watch", ["plateau", "stopping"])
def test_what_looks_at_the_loss_within_the_step(watch):
    found = []
    for wrap in (lambda f: f, autograd.capture):
        p = nn.Parameter(np.array([1.0, 2.0]))
        optimizer = optim.SGD([p], lr=0.4)
        if watch == "plateau":
            watcher = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.5)
        else:
            watcher = optim.EarlyStopping(patience=2, restore_best=False)

        def step(x, p=p, optimizer=optimizer, watcher=watcher):
            loss = np.sum((p * x) ** 2)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            watcher.step(loss)
            return loss

        run = wrap(step)
        losses = [run(np.array([1.0 + i % 3, 2.0])).item() for i in range(10)]
        found.append((losses, optimizer.param_groups[0]["lr"], getattr(watcher, "bad", 0), p.numpy().tobytes()))
    assert found[0] == found[1]
    assert run.calls["replayed"] == 7
