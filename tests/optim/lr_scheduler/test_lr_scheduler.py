"""Schedulers: every sequence against its closed form and PyTorch's, saved states, continuing after an epoch."""

from __future__ import annotations

import copy
import json
import math
import pickle
import re
import warnings
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd.errors import ArgumentError
from optim import lr_scheduler
from tests.cases.schedulers import (
    LRS,
    PLATEAUS,
    SCHEDULERS,
    Halving,
    PlateauCase,
    SchedulerCase,
    Slope,
    optimizer_of,
    settings,
)

CLOSED = [case for case in SCHEDULERS if case.expected is not None]
rows = pytest.mark.parametrize("case", SCHEDULERS, ids=[case.name for case in SCHEDULERS])
plateaus = pytest.mark.parametrize("case", PLATEAUS, ids=[f"{i} {case.options}" for i, case in enumerate(PLATEAUS)])


def theirs_of(torch: Any, name: str = "SGD") -> Any:
    groups = [{"params": [torch.nn.Parameter(torch.ones(1))], "lr": lr} for lr in LRS]
    return getattr(torch.optim, name)(groups, **({"momentum": 0.9} if name == "SGD" else {}))


def plain(value: Any) -> Any:
    """A state as it comes out of a JSON file: dicts and lists."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


class TorchSchedulers:
    """PyTorch's schedulers, with SWALR, which it keeps in swa_utils."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch

    def __getattr__(self, name: str) -> Any:
        return getattr(self.torch.optim.swa_utils if name == "SWALR" else self.torch.optim.lr_scheduler, name)


def run(optimizer: Any, scheduler: Any, n: int) -> list[list[list[float]]]:
    """The settings now, and after each of n steps."""
    found = [settings(optimizer)]
    for _ in range(n):
        optimizer.step()
        scheduler.step()
        assert list(scheduler.get_last_lr()) == [group["lr"] for group in optimizer.param_groups]
        found.append(settings(optimizer))
    return found


@pytest.mark.parametrize("case", CLOSED, ids=[case.name for case in CLOSED])
def test_sequence_in_closed_form(case: SchedulerCase) -> None:
    assert case.expected is not None
    optimizer = optimizer_of(case.optimizer)
    found = run(optimizer, case.make(lr_scheduler, optimizer), case.steps)
    for t, groups in enumerate(found):
        assert [lr for lr, *_ in groups] == pytest.approx([case.expected(t, lr) for lr in LRS], rel=1e-11, abs=1e-15), t


@pytest.mark.oracle
@rows
def test_pytorchs_sequence(case: SchedulerCase) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = optimizer_of(case.optimizer), theirs_of(torch, case.optimizer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns about its own nested schedulers
        expected = run(theirs, case.make(TorchSchedulers(torch), theirs), case.steps)
    found = run(ours, case.make(lr_scheduler, ours), case.steps)
    assert np.allclose(found, expected, rtol=1e-12, atol=1e-16)


@pytest.mark.oracle
@rows
def test_continues_from_pytorchs_state(case: SchedulerCase) -> None:
    torch = pytest.importorskip("torch")
    theirs, ours = theirs_of(torch, case.optimizer), optimizer_of(case.optimizer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scheduler = case.make(TorchSchedulers(torch), theirs)
        run(theirs, scheduler, 23)
        twin = case.make(lr_scheduler, ours)
        twin.load_state_dict(scheduler.state_dict())
        for group, other in zip(ours.param_groups, theirs.param_groups, strict=True):
            group.update({key: other[key] for key in other if key in group and key != "params"})
        expected = run(theirs, scheduler, case.steps - 23)
    assert np.allclose(run(ours, twin, case.steps - 23), expected, rtol=1e-12, atol=1e-16)


@rows
@pytest.mark.parametrize("at", [0, 23])
def test_continues_from_its_state_bit_for_bit(case: SchedulerCase, at: int) -> None:
    optimizer = optimizer_of(case.optimizer)
    scheduler = case.make(lr_scheduler, optimizer)
    run(optimizer, scheduler, at)
    state, of_optimizer = scheduler.state_dict(), copy.deepcopy(optimizer.state_dict())
    rest = run(optimizer, scheduler, case.steps - at)

    again = optimizer_of(case.optimizer)
    twin = case.make(lr_scheduler, again)
    again.load_state_dict(of_optimizer)
    twin.load_state_dict(plain(pickle.loads(pickle.dumps(state))))
    assert run(again, twin, case.steps - at) == rest
    assert repr(twin) == repr(scheduler)
    assert twin.last_epoch == scheduler.last_epoch
    assert twin.get_last_lr() == scheduler.get_last_lr()


@rows
def test_a_state_stays_what_it_is(case: SchedulerCase) -> None:
    optimizer = optimizer_of(case.optimizer)
    scheduler = case.make(lr_scheduler, optimizer)
    run(optimizer, scheduler, 3)
    state = scheduler.state_dict()
    kept = copy.deepcopy(state)
    run(optimizer, scheduler, 20)
    assert state == kept
    assert "optimizer" not in state
    scheduler.load_state_dict(state)
    scheduler.step()
    assert state == kept
    json.dumps({key: value for key, value in state.items() if key != "milestones"})  # plain data


@rows
def test_a_copy_of_both_goes_on_alike(case: SchedulerCase) -> None:
    optimizer = optimizer_of(case.optimizer)
    scheduler = case.make(lr_scheduler, optimizer)
    run(optimizer, scheduler, 5)
    again, twin = copy.deepcopy((optimizer, scheduler))
    assert twin.optimizer is again
    assert run(again, twin, 20) == run(optimizer, scheduler, 20)


@rows
def test_repr_says_where_it_stands(case: SchedulerCase) -> None:
    optimizer = optimizer_of(case.optimizer)
    scheduler = case.make(lr_scheduler, optimizer)
    run(optimizer, scheduler, 2)
    text = repr(scheduler)
    assert text.startswith(case.cls.__name__ + "(")
    assert re.search(r"epoch 2, lr [\d.e+-]+, [\d.e+-]+", text)
    if isinstance(scheduler, (lr_scheduler.SequentialLR, lr_scheduler.ChainedScheduler)):
        assert text.count("\n") > len(scheduler._schedulers)


# Continuing after an epoch without a state, and going to an epoch

RESUMED = [case for case in SCHEDULERS if not case.name.startswith(("Sequential", "Chained", "SWALR"))]


def resume(name: str) -> Any:
    """Make the case's scheduler so that it continues after `last_epoch`."""
    case = next(case for case in SCHEDULERS if case.name == name)

    class Resumed:
        def __init__(self, package: Any, last_epoch: int) -> None:
            self.package, self.last_epoch = package, last_epoch

        def __getattr__(self, cls: str) -> Any:
            return lambda *args, **kwargs: getattr(self.package, cls)(*args, **kwargs, last_epoch=self.last_epoch)

    return lambda package, optimizer, last_epoch: case.make(Resumed(package, last_epoch), optimizer)


@pytest.mark.oracle
@pytest.mark.parametrize("last_epoch", [0, 6, 22])
@pytest.mark.parametrize("name", [case.name for case in RESUMED if case.name != "CosineAnnealingWarmRestarts, longer"])
def test_continues_after_an_epoch_as_pytorch_does(name: str, last_epoch: int) -> None:
    torch = pytest.importorskip("torch")
    case = next(case for case in SCHEDULERS if case.name == name)
    ours, theirs = optimizer_of(case.optimizer), theirs_of(torch, case.optimizer)
    for optimizer, package in ((ours, lr_scheduler), (theirs, TorchSchedulers(torch))):
        run(optimizer, case.make(package, optimizer), last_epoch)
    scheduler, other = (
        resume(name)(lr_scheduler, ours, last_epoch),
        resume(name)(TorchSchedulers(torch), theirs, last_epoch),
    )
    assert scheduler.last_epoch == last_epoch + 1
    assert np.allclose(run(ours, scheduler, 30), run(theirs, other, 30), rtol=1e-12, atol=1e-16)


def test_warm_restarts_continue_in_the_cycle_they_were_in() -> None:
    name = "CosineAnnealingWarmRestarts, longer"
    case = next(case for case in SCHEDULERS if case.name == name)
    for last_epoch in (0, 5, 6, 7, 20, 30, 48):  # PyTorch assumes the first cycle
        optimizer = optimizer_of()
        case.make(lr_scheduler, optimizer)
        scheduler = resume(name)(lr_scheduler, optimizer, last_epoch)
        found = [lr for lr, *_ in run(optimizer, scheduler, 8)[8]]
        assert found == pytest.approx([case.expected(last_epoch + 9, lr) for lr in LRS])  # type: ignore[misc]


@pytest.mark.oracle
@pytest.mark.parametrize("name", [case.name for case in RESUMED if "object" not in case.name])
def test_goes_to_an_epoch_as_pytorch_does(name: str) -> None:
    torch = pytest.importorskip("torch")
    case = next(case for case in SCHEDULERS if case.name == name)
    ours, theirs = optimizer_of(case.optimizer), theirs_of(torch, case.optimizer)
    scheduler, other = case.make(lr_scheduler, ours), case.make(TorchSchedulers(torch), theirs)
    for epoch in (3, 4, 11, 35, 8, 0, 58):
        scheduler.step(epoch)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            other.step(epoch)
        assert np.allclose(settings(ours), settings(theirs), rtol=1e-12, atol=1e-16)
        assert scheduler.last_epoch == other.last_epoch == epoch


@pytest.mark.oracle
@pytest.mark.parametrize("growth", [1, 2, 3])
def test_warm_restarts_within_an_epoch_are_pytorchs(growth: int) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = optimizer_of(), theirs_of(torch)
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(ours, 4, growth, 0.01)
    other = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(theirs, 4, growth, 0.01)
    for epoch in [*np.arange(0, 51, 0.3).tolist(), None, None, 3.75, None, None, 17, *[None] * 20]:
        scheduler.step(epoch)
        other.step(epoch)
        assert np.allclose(settings(ours), settings(theirs), rtol=1e-12)
        assert scheduler.last_epoch == other.last_epoch


def test_warm_restarts_begin_anew_exactly_at_a_restart() -> None:
    optimizer = optimizer_of()
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 1, 3)
    for n in range(9):
        scheduler.step((3**n - 1) / 2)  # by its logarithm PyTorch counts 121 to the cycle before
        assert scheduler.get_last_lr() == list(LRS)
        assert scheduler.T_i == 3**n


# The plateau


@plateaus
@pytest.mark.oracle
def test_the_plateau_is_pytorchs(case: PlateauCase) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = optimizer_of(), theirs_of(torch)
    scheduler, other = (
        lr_scheduler.ReduceLROnPlateau(ours, **case.options),
        torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, **case.options),
    )
    for t in range(70):
        scheduler.step(case.metrics(t))
        other.step(case.metrics(t))
        assert settings(ours) == settings(theirs)
        for name in ("best", "num_bad_epochs", "cooldown_counter", "in_cooldown", "last_epoch"):
            assert getattr(scheduler, name) == getattr(other, name)
    assert scheduler.state_dict().keys() == other.state_dict().keys()
    assert settings(ours)[0][0] < LRS[0]  # it was reduced


@plateaus
def test_the_plateau_continues_from_its_state(case: PlateauCase) -> None:
    optimizer = optimizer_of()
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, **case.options)
    for t in range(20):
        scheduler.step(case.metrics(t))
    again = optimizer_of()
    again.load_state_dict(optimizer.state_dict())
    twin = lr_scheduler.ReduceLROnPlateau(again)
    twin.load_state_dict(scheduler.state_dict())
    for t in range(20, 70):
        scheduler.step(np.float64(case.metrics(t)))
        twin.step(case.metrics(t))
        assert settings(again) == settings(optimizer)
        assert repr(twin) == repr(scheduler)


def test_the_plateau_by_hand() -> None:
    optimizer = optimizer_of(lrs=(1.0,))
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1, cooldown=2, threshold=0.1, min_lr=0.2)
    rates = []
    for loss in [1.0, 0.95, 0.91, 0.9, 0.89, 0.95, 0.95, 0.95, 0.85, math.nan, 0.86, 0.8, 0.8, 0.8, 0.8]:
        scheduler.step(loss)
        rates += scheduler.get_last_lr()
    assert rates == [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2, 0.2]
    assert scheduler.best == 0.8


def test_the_plateau_takes_in_groups_that_come_later() -> None:
    optimizer = optimizer_of(lrs=(1.0,))
    one, several = (lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=low) for low in (0.5, [0.5]))
    optimizer.add_param_group({"params": [nn.Parameter([1.0])], "lr": 3.0})
    one.step(1.0)
    one.step(1.0)
    assert one.get_last_lr() == [0.5, 0.5]
    several.step(1.0)
    with pytest.raises(ArgumentError, match=r"min_lr for 1 groups, the optimizer has 2"):
        several.step(1.0)
    assert (several.last_epoch, several.num_bad_epochs) == (1, 0)


# Groups, nesting, and what PyTorch gets wrong


def test_groups_that_come_later() -> None:
    optimizer = optimizer_of(lrs=(1.0,))
    scheduler = lr_scheduler.ExponentialLR(optimizer, 0.5)
    scheduler.step()
    optimizer.add_param_group({"params": [nn.Parameter([1.0])], "lr": 3.0})
    scheduler.step()
    assert scheduler.get_last_lr() == [0.25, 1.5]
    assert scheduler.base_lrs == [1.0, 3.0]
    scheduler.load_state_dict(scheduler.state_dict())
    for make in (
        lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 1.0),
        lambda o: lr_scheduler.CyclicLR(o, 0.1, 0.2),
        lambda o: lr_scheduler.OneCycleLR(o, 0.1, 10),
        lambda o: lr_scheduler.SWALR(o, 0.1),
    ):
        optimizer = optimizer_of(lrs=(1.0,))
        scheduler = make(optimizer)
        optimizer.add_param_group({"params": [nn.Parameter([1.0])]})
        before = settings(optimizer)
        with pytest.raises(
            ArgumentError, match=r"was made for 1 groups, the optimizer has 2 by now. Make it after add_param_group"
        ):
            scheduler.step()
        assert (settings(optimizer), scheduler.last_epoch, len(scheduler.base_lrs)) == (before, 0, 1)


def test_a_cycle_begins_at_its_bound_whatever_was_before() -> None:
    alone, after_another = optimizer_of(), optimizer_of()
    lr_scheduler.ExponentialLR(after_another, 0.9)
    found = [run(each, lr_scheduler.CyclicLR(each, [0.1, 0.2], 1.0, 3), 20) for each in (alone, after_another)]
    assert found[0] == found[1]
    assert found[0][0] == [[0.1, 0.9], [0.2, 0.9]]


def test_a_second_scheduler_starts_from_the_first_rates() -> None:
    optimizer = optimizer_of()
    first = lr_scheduler.ExponentialLR(optimizer, 0.5)
    first.step()
    second = lr_scheduler.LambdaLR(optimizer, lambda epoch: 1.0)
    assert second.base_lrs == list(LRS)


def test_composites_in_a_sequence() -> None:
    """A composite in a sequence works like any scheduler. In PyTorch a chain begins an epoch late, or fails."""

    def chain(o: Any) -> Any:
        return lr_scheduler.ChainedScheduler([lr_scheduler.ConstantLR(o, 0.5, 2), lr_scheduler.ExponentialLR(o, 0.5)])

    def sequence(o: Any) -> Any:
        return lr_scheduler.SequentialLR(o, [lr_scheduler.ConstantLR(o, 0.5, 9), chain(o)], [1])

    of_chain, of_sequence = [0.5, 0.25, 0.25, 0.125], [0.5, 0.5, 0.25, 0.25, 0.125]
    for makes, milestones, expected in [
        ([chain, chain], [3], [*of_chain[:3], *of_chain]),
        ([sequence, chain], [4], [*of_sequence[:4], *of_chain]),
        ([chain, sequence], [2], [*of_chain[:2], *of_sequence]),
        ([sequence, sequence, sequence], [1, 4], [*of_sequence[:1], *of_sequence[:3], *of_sequence]),
    ]:
        optimizer = optimizer_of(lrs=(1.0,))
        scheduler = lr_scheduler.SequentialLR(optimizer, [make(optimizer) for make in makes], milestones)
        found = run(optimizer, scheduler, len(expected) - 1)
        assert [lr for ((lr, *_),) in found] == expected
        state, of_optimizer = scheduler.state_dict(), optimizer.state_dict()
        rest = run(optimizer, scheduler, 6)
        again = optimizer_of(lrs=(1.0,))
        twin = lr_scheduler.SequentialLR(again, [make(again) for make in makes], milestones)
        again.load_state_dict(of_optimizer)
        twin.load_state_dict(state)
        assert run(again, twin, 6) == rest


def test_one_cycle_ends_where_it_should() -> None:
    for strategy in ("cos", "linear"):
        optimizer = optimizer_of(lrs=(1.0,))
        scheduler = lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=20, anneal_strategy=strategy)
        rates = [settings(optimizer)[0]]
        for _ in range(20):  # a loop makes one step more than there are rates
            scheduler.step()
            rates.append(settings(optimizer)[0])
        assert max(rates)[0] == 1.0
        assert rates[5][0] == 1.0
        assert rates[-1] == rates[-2] == [pytest.approx(0.04 / 1e4), pytest.approx(0.95)]
        optim.SGD([nn.Parameter([1.0])]).load_state_dict(optimizer.state_dict())
        with pytest.raises(ArgumentError, match="made for 20 steps; this is step 21"):
            scheduler.step()
        assert scheduler.last_epoch == 20
    optimizer = optimizer_of(lrs=(1.0,))
    scheduler = lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=10, pct_start=0.1)  # PyTorch divides by zero
    assert run(optimizer, scheduler, 9)[0][0][0] == 1.0


def test_a_schedule_of_ones_own() -> None:
    class Warm(lr_scheduler.LRScheduler):
        def __init__(self, optimizer: Any, epochs: int) -> None:
            self.epochs = epochs
            super().__init__(optimizer)

        def get_lr(self) -> list[float]:
            return [lr * min(1, (self.last_epoch + 1) / self.epochs) for lr in self.base_lrs]

    optimizer = optimizer_of()
    scheduler = Warm(optimizer, 4)
    assert [lrs[0][0] for lrs in run(optimizer, scheduler, 5)] == [0.1, 0.2, pytest.approx(0.3), 0.4, 0.4, 0.4]
    assert scheduler.state_dict().keys() == {"epochs", "base_lrs", "last_epoch", "_step_count", "_last_lr"}
    with pytest.raises(ArgumentError, match="LRScheduler defines no get_lr"):
        lr_scheduler.LRScheduler(optimizer)


def test_the_schedule_trains() -> None:
    p = nn.Parameter([3.0, -2.0])
    optimizer = optim.SGD([p], lr=0.3, momentum=0.5)
    scheduler = lr_scheduler.OneCycleLR(optimizer, 0.3, total_steps=100)
    for _ in range(100):
        optimizer.zero_grad()
        (p**2).sum().backward()
        optimizer.step()
        scheduler.step()
    assert np.abs(p.numpy()).max() < 0.01


def test_a_state_restores_what_a_callable_remembers() -> None:
    optimizer = optimizer_of()
    state = lr_scheduler.CyclicLR(optimizer, 0.1, 0.2, scale_fn=Slope(0.9)).state_dict()
    slope = Slope(0.5)
    lr_scheduler.CyclicLR(optimizer, 0.1, 0.2, scale_fn=slope).load_state_dict(state)
    assert slope.rate == 0.9
    counting = Halving()
    run(optimizer, scheduler := lr_scheduler.LambdaLR(optimizer, [counting, lambda epoch: 1.0]), 4)
    state = scheduler.state_dict()
    assert state["lr_lambdas"] == [{"calls": 5}, None]
    fresh = Halving()
    lr_scheduler.LambdaLR(optimizer, [fresh, lambda epoch: 2.0]).load_state_dict(state)
    assert fresh.calls == 5
