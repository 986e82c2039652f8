"""Ctrl-C, exceptions and threads in a replay: the state is that of a whole step, before it or after it."""

import os
import signal
import threading
import types

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.errors import CaptureError
from autograd.recorder import whole

ACT = types.ModuleType("act")  # whose `next` is what `here` does; in a module of NumPy's, where no step looks
ACT.__file__, ACT.next = np.__file__, None


@whole
def here(x):
    """A line of the program in whose middle something happens."""
    act, ACT.next = ACT.next, None
    if act is not None:
        act()
    return x * 1.0


def press():
    os.kill(os.getpid(), signal.SIGINT)


class Training:
    """A step that writes in every way: statistics, a generator, gradients, weights by hand, an optimizer."""

    def __init__(self, late):
        autograd.seed(0)
        rng = np.random.default_rng(0)
        self.model = nn.Sequential(
            nn.Linear(3, 4, rng=rng), nn.BatchNorm1d(4), nn.Dropout(0.3), nn.Linear(4, 2, rng=rng)
        )
        self.optimizer = optim.Adam(self.model.parameters(), lr=0.1)
        self.late = late

    def step(self, x, y):
        output = self.model(x)
        if not self.late:
            output = output + here(output.numpy()) * 0
        loss = nn.functional.cross_entropy(output, y)
        self.optimizer.zero_grad()
        loss.backward()
        with autograd.no_grad():
            self.model[0].bias *= 0.5
            if self.late:
                self.model[0].bias += here(self.model[0].bias.numpy()) * 0
        self.optimizer.step()
        return loss

    def state(self):
        arrays = [np.asarray(v).tobytes() for v in self.model.state_dict().values()]
        grads = [p.grad.numpy().tobytes() for p in self.model.parameters()]
        moments = repr(self.optimizer.state_dict()["state"])
        return arrays, grads, moments, repr(autograd.random.generator().bit_generator.state)


def batch(i):
    rng = np.random.default_rng(i)
    return rng.normal(size=(8, 3)).astype(np.float32), rng.integers(0, 2, 8)


@pytest.fixture(params=[False, True], ids=["early", "late"])
def pair(request):
    """(a captured training that is replayed from now on, its step, the same training without capture)."""
    training, plain = Training(request.param), Training(request.param)
    autograd.seed(1)
    step = autograd.capture(training.step)
    for i in range(5):
        step(*batch(i))
    captured_generator = repr(autograd.random.generator().bit_generator.state)
    autograd.seed(1)
    for i in range(5):
        plain.step(*batch(i))
    assert captured_generator == repr(autograd.random.generator().bit_generator.state)
    assert training.state() == plain.state()
    return training, step, plain


def test_ctrl_c_waits_for_the_end_of_the_step(pair):
    training, step, plain = pair
    kept = autograd.random.generator().bit_generator.state
    ACT.next = press
    with pytest.raises(KeyboardInterrupt):
        step(*batch(9))
    found = training.state()
    autograd.random.generator().bit_generator.state = kept
    plain.step(*batch(9))
    assert found == plain.state()  # after the step, whole
    assert step(*batch(10)).item() is not None  # and it goes on
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("error", [ZeroDivisionError("on purpose"), KeyboardInterrupt(), SystemExit(3)])
def test_an_exception_puts_everything_back(pair, error):
    training, step, plain = pair
    before = training.state()

    def fails():
        raise error

    ACT.next = fails
    with pytest.raises(type(error)):
        step(*batch(9))
    after = training.state()
    assert (after[0], after[2], after[3]) == (before[0], before[2], before[3])
    kept = autograd.random.generator().bit_generator.state
    losses = [step(*batch(i)).item() for i in range(10, 14)]
    autograd.random.generator().bit_generator.state = kept
    assert losses == [plain.step(*batch(i)).item() for i in range(10, 14)]
    assert training.state() == plain.state()
    assert step.calls["replayed"] >= 4


def test_in_another_thread_ctrl_c_is_not_touched(pair):
    _, step, _ = pair
    done = []
    thread = threading.Thread(target=lambda: done.append(step(*batch(9)).item()))
    thread.start()
    thread.join()
    assert len(done) == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_thread_gets_an_error_and_the_first_one_its_result(pair):
    _, step, _ = pair
    inside, go = threading.Event(), threading.Event()

    def wait():
        inside.set()
        go.wait(20)

    ACT.next = wait
    found = []
    thread = threading.Thread(target=lambda: found.append(step(*batch(9)).item()))
    thread.start()
    assert inside.wait(20)
    with pytest.raises(CaptureError, match=r"step is running already, in this or another thread.*for each thread"):
        step(*batch(9))
    go.set()
    thread.join()
    assert len(found) == 1


def test_a_step_that_calls_itself_is_refused():
    fast = autograd.capture(lambda x: fast(x) if ACT.next is None else np.sin(x))
    with pytest.raises(CaptureError, match="running already"):
        fast(np.ones(2))
    ACT.next = press
    assert np.array_equal(fast(np.ones(2)), np.sin(np.ones(2)))
    ACT.next = None
