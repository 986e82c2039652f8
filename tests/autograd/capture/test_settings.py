"""What a step may look at without its being recorded: settings of optimizers and of the user's own objects."""

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.errors import CaptureError


def training():
    p = nn.Parameter([1.0, -2.0])
    return p, optim.SGD([p], lr=0.1, momentum=0.5)


def stepped(p, optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def test_a_learning_rate_set_by_hand_is_refused():
    p, optimizer = training()

    def step(x, rate):
        optimizer.param_groups[0]["lr"] = rate
        return stepped(p, optimizer, (p * x).sum() ** 2)

    fast = autograd.capture(step)
    fast(np.ones(2), 0.1)
    before = p.numpy().copy()
    with pytest.raises(CaptureError, match=r"\[\"lr\"\] = rate sets 'lr' of an optimizer(.|\n)*lr_scheduler"):
        fast(np.ones(2), 0.1)
    assert np.array_equal(p.numpy(), before)


def test_a_learning_rate_that_the_step_reads_is_not_frozen():
    losses = []
    for captured in (False, True):
        p, optimizer = training()
        schedule = optim.lr_scheduler.StepLR(optimizer, 5, 0.5)

        def step(x, p=p, optimizer=optimizer):
            return stepped(p, optimizer, (p * x).sum() ** 2) * optimizer.param_groups[0]["lr"]

        run = autograd.capture(step) if captured else step
        losses.append([])
        for i in range(16):
            losses[-1].append(run(np.array([1.0, 0.1 * i])).item())
            schedule.step()
    assert losses[0] == losses[1]
    assert run.calls["replayed"] >= 4


def test_an_optimizer_that_only_clears_gradients_may_step_outside():
    p, optimizer = training()
    schedule = optim.lr_scheduler.ExponentialLR(optimizer, 0.9)

    @autograd.capture
    def gradient(x):
        optimizer.zero_grad()
        loss = (p * x).sum() ** 2
        loss.backward()
        return loss

    for _ in range(8):
        gradient(np.ones(2))
        optimizer.step()
        schedule.step()
    assert gradient.calls["replayed"] == 5
