"""Questions about values after an optimizer's step, within one captured step: what the step changed is taken back."""

import copy

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor, capture


def two_networks():
    rng = np.random.default_rng(0)
    return [nn.Sequential(nn.Linear(3, 4, rng=rng), nn.Tanh(), nn.Linear(4, 3, rng=rng)).double() for _ in range(2)]


def state(*objects):
    """All numbers of models and optimizers."""
    return repr([x.state_dict() for x in objects])


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.RMSprop])
def test_the_branch_after_a_step_is_taken_from_the_state_before(kind):
    inputs = np.random.default_rng(1).normal(size=(14, 5, 3))
    inputs[::3] *= 3

    def run(prepare):
        first, second = two_networks()
        one, two = kind(first.parameters(), lr=0.05), optim.Adam(second.parameters())
        schedule = optim.lr_scheduler.StepLR(two, 2, 0.5)
        averaged = optim.AveragedModel(first)

        def step(x):
            one.zero_grad()
            (first(x) ** 2).mean().backward()
            nn.clip_grad_norm_(first.parameters(), 0.1)
            one.step()
            averaged.update_parameters(first)
            two.zero_grad()
            loss = ((second(first(x).detach()) - x) ** 2).mean()
            if loss > 2.0:
                loss = loss * 0.5
            loss.backward()
            two.step()
            schedule.step()
            return loss

        step = prepare(step)
        losses = [step(x).item() for x in inputs]
        return losses, state(first, second, one, two, schedule, averaged), step

    expected, found = run(lambda f: f), run(capture)
    assert found[:2] == expected[:2]
    assert max(expected[0]) > 2.0 > min(expected[0])
    assert found[2].calls["replayed"] > 3
    assert "a value on which it branches came out otherwise" in found[2].explain()


def test_the_two_steps_of_a_gan():
    noise = np.random.default_rng(2).normal(size=(8, 6, 3))

    def run(prepare):
        made, judged = two_networks()
        of_made, of_judged = optim.Adam(made.parameters()), optim.Adam(judged.parameters())

        def step(real, z):
            fake = made(z)
            of_judged.zero_grad()
            loss = np.mean((judged(real) - 1) ** 2) + np.mean(judged(fake.detach()) ** 2)
            loss.backward()
            of_judged.step()
            of_made.zero_grad()
            cheated = np.mean((judged(fake) - 1) ** 2)
            cheated.backward()
            of_made.step()
            return loss, cheated

        step = prepare(step)
        losses = [[x.item() for x in step(z**2, z)] for z in noise]
        return losses, state(made, judged, of_made, of_judged), step

    expected, found = run(lambda f: f), run(capture)
    assert found[:2] == expected[:2]
    assert found[2].calls == {"eager": 1, "recorded": 2, "replayed": 5}


def test_an_inf_after_the_step_is_eagers():
    rows = [np.array([0.5, 2.0]) for _ in range(4)] + [np.array([0.0, 2.0]), np.array([0.5, 1.0])]

    def run(prepare):
        w, v = Tensor([1.0, 1.0], requires_grad=True), Tensor([1.0, 1.0], requires_grad=True)
        first, second = optim.Adam([w]), optim.Adam([v])

        def step(x):
            first.zero_grad()
            np.sum(w * x).backward()
            first.step()
            second.zero_grad()
            with np.errstate(all="ignore"):
                np.sum(np.sqrt(v * x) * x).backward()  # 0 · ∞ at 0, which counts as 0
            second.step()
            return w * 1, v * 1

        step = prepare(step)
        return [[t.numpy().copy() for t in step(x)] for x in rows], step

    expected, found = run(lambda f: f)[0], run(capture)[0]
    np.testing.assert_array_equal(found, expected)
    assert np.isfinite(expected).all()


def test_who_holds_the_state_still_holds_it():
    net, _ = two_networks()
    optimizer = optim.Adam(net.parameters())

    @capture
    def step(x):
        optimizer.zero_grad()
        np.mean(net(x) ** 2).backward()
        optimizer.step()
        loss = np.mean(net(x) ** 2)
        return loss * 2 if loss > 0.5 else loss

    x = np.ones((2, 3))
    for _ in range(3):
        step(x)
    weight, entries = net[0].weight, optimizer.state[net[0].weight]
    before = copy.deepcopy(entries)
    step(x * 10)  # another branch: taken back, and run as it is
    assert net[0].weight is weight
    assert optimizer.state[weight] is entries
    assert repr(entries) != repr(before)


@pytest.mark.parametrize("change", ["loaded", "another array", "nothing"])
def test_what_an_optimizer_holds_is_looked_for_anew_when_that_has_changed(change):
    inputs = np.random.default_rng(3).normal(size=(16, 5, 3))
    inputs[10] *= 5

    def run(prepare):
        model, _ = two_networks()
        optimizer = optim.Adam(model.parameters(), lr=0.05)

        def step(x):
            optimizer.zero_grad()
            (model(x) ** 2).mean().backward()
            optimizer.step()
            loss = (model(x) ** 2).mean()
            return loss * 0.5 if np.max(x) > 4 else loss

        step, losses = prepare(step), []
        for i, x in enumerate(inputs):
            if i == 9 and change == "loaded":
                optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
            elif i == 9 and change == "another array":
                for entry in optimizer.state.values():
                    entry["exp_avg"] = entry["exp_avg"].copy()
            losses.append(step(x).item())
        return losses, state(model, optimizer), step

    expected, found = run(lambda f: f), run(capture)
    assert found[:2] == expected[:2]
    assert "a value on which it branches came out otherwise" in found[2].explain()
