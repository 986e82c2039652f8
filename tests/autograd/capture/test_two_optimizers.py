"""Two optimizers in one step: values are asked for after the first has stepped, which is put back when they differ."""

import types

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.recorder import whole

ACT = types.ModuleType("act")  # whose `fails` decides; in a module of NumPy's, where no step looks
ACT.__file__, ACT.fails = np.__file__, False


@whole
def here(x):
    """A line of the program that may fail, after the first optimizer's step."""
    if ACT.fails:
        raise ZeroDivisionError("on purpose")
    return x * 1.0


def net(seed, *sizes):
    rngs = [np.random.default_rng(seed + i) for i in range(2)]
    hidden = [nn.BatchNorm1d(sizes[1]), nn.Tanh(), nn.Dropout(0.2)]
    return nn.Sequential(nn.Linear(*sizes[:2], rng=rngs[0]), *hidden, nn.Linear(*sizes[1:], rng=rngs[1]))


class Adversaries:
    def __init__(self, kind, branch=False):
        autograd.seed(0)
        self.maker, self.critic, self.branch = net(1, 3, 6, 2), net(5, 2, 6, 1), branch
        self.makers, self.critics = kind(self.maker.parameters(), lr=0.05), kind(self.critic.parameters(), lr=0.05)
        self.schedule = optim.lr_scheduler.StepLR(self.critics, 3, 0.5)

    def step(self, x, real):
        made = self.maker(x)
        loss = np.mean((self.critic(real) - 1) ** 2) + np.mean(self.critic(made.detach()) ** 2)
        self.critics.zero_grad()
        loss.backward()
        self.critics.step()
        self.schedule.step()
        other = np.mean((self.critic(made) - 1) ** 2) + here(real).mean() * 0
        if self.branch and other > 0.9:
            other = other * 2
        self.makers.zero_grad()
        other.backward()
        self.makers.step()
        return loss, other

    def state(self):
        modules = [self.maker, self.critic]
        arrays = [np.asarray(v).tobytes() for m in modules for v in m.state_dict().values()]
        grads = [None if p.grad is None else p.grad.numpy().tobytes() for m in modules for p in m.parameters()]
        steppers = [repr(x.state_dict()) for x in (self.makers, self.critics, self.schedule)]
        return arrays, grads, steppers, repr(autograd.random.generator().bit_generator.state)


def batch(i):
    rng = np.random.default_rng(i)
    return rng.normal(size=(6, 3)).astype(np.float32), rng.normal(size=(6, 2)).astype(np.float32)


@pytest.mark.parametrize("branch", [False, True])
@pytest.mark.parametrize("kind", [optim.Adam, optim.SGD, optim.RMSprop])
def test_twenty_steps(kind, branch):
    found = []
    for captured in (False, True):
        both = Adversaries(kind, branch)
        step = autograd.capture(both.step) if captured else both.step
        found.append([([loss.item() for loss in step(*batch(i))], both.state()) for i in range(20)])
    assert found[0] == found[1]
    assert step.calls["replayed"] >= (8 if branch else 17)


def test_an_error_between_the_two_leaves_the_state_before_the_step():
    both, twin = Adversaries(optim.Adam), Adversaries(optim.Adam)
    autograd.seed(0)
    step = autograd.capture(both.step)
    for i in range(5):
        step(*batch(i))
    before = both.state()
    ACT.fails = True
    with pytest.raises(ZeroDivisionError):
        step(*batch(5))
    ACT.fails = False
    assert both.state() == before
    found = [loss.item() for loss in step(*batch(6))]
    after = both.state()
    autograd.seed(0)
    expected = [[loss.item() for loss in twin.step(*batch(i))] for i in (0, 1, 2, 3, 4, 6)][-1]
    assert (found, after) == (expected, twin.state())
    assert (step.calls["recorded"], step.calls["replayed"]) == (2, 3)
