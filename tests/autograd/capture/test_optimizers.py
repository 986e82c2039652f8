"""Captured steps with every optimizer, whose settings and state change between them: equal to eager to the bit."""

import copy

import numpy as np
import pytest

import autograd
import nn
from optim import lr_scheduler
from tests.cases.optimizers import OPTIMIZERS, OptimizerCase

STEPS = 14


def trained(case: OptimizerCase, captured: bool):
    """(all values after each step, the step): two groups, a schedule, clipped gradients, and changes by hand."""
    rng = np.random.default_rng(0)
    params = [nn.Parameter(rng.normal(size=shape).astype(np.float32)) for shape in case.shapes * 2]
    half = len(params) // 2
    options = {"lr": 0.05} | case.options
    optimizer = case.cls([{"params": params[:half]}, {"params": params[half:], "lr": 0.01}], **options)
    schedule = lr_scheduler.ExponentialLR(optimizer, 0.9)

    def step(x):
        optimizer.zero_grad()
        loss = sum([((p * x - 1) ** 2).mean() for p in params])
        loss.backward()
        nn.utils.clip_grad_norm_(params, 0.5)
        optimizer.step()
        schedule.step()
        return loss

    run = autograd.capture(step) if captured else step
    found, saved = [], {}
    for k in range(STEPS):
        if k == 6:
            optimizer.param_groups[0]["lr"] *= 0.5
        if k == 7:
            saved = copy.deepcopy(optimizer.state_dict())
        if k == 9:
            optimizer.load_state_dict(saved)
        if k == 11:
            for entry in optimizer.state.values():
                for value in entry.values():
                    if isinstance(value, np.ndarray):
                        value *= 0.5
        loss = run(np.float32(1 + k / 8))
        state = [np.asarray(v) for p in params for v in optimizer.state.get(p, {}).values() if v is not None]
        arrays = [loss.numpy(), *[p.numpy() for p in params], *[p.grad.numpy() for p in params], *state]
        found.append([a.tobytes() for a in arrays])
    return found, run


@pytest.mark.parametrize("after", [0, 1000], ids=["asked by written code", "looked at"])
@pytest.mark.parametrize("case", [c for c in OPTIMIZERS if not c.cls.needs_closure], ids=lambda case: case.name)
def test_every_optimizer(case, after, monkeypatch):
    monkeypatch.setattr("optim.ready.AFTER", after)
    eager, _ = trained(case, captured=False)
    found, run = trained(case, captured=True)
    assert found == eager
    assert run.calls["replayed"] >= STEPS - 4
