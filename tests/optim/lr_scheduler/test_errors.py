"""Schedulers: warnings and errors; an error changes nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest

import nn
import optim
from autograd.errors import ArgumentError
from optim import lr_scheduler
from tests.cases.schedulers import Halving, Slope, optimizer_of, settings


def test_an_epoch_lost_is_told() -> None:
    optimizer = optimizer_of()
    scheduler = lr_scheduler.StepLR(optimizer, 2)
    scheduler.step()  # no gradient is waiting, so no warning: somebody plots the schedule
    scheduler = lr_scheduler.StepLR(optimizer, 2)
    (optimizer.param_groups[0]["params"][0] ** 2).sum().backward()
    with pytest.warns(UserWarning, match=r"before the first optimizer.step\(\)") as caught:
        scheduler.step()
    assert caught[0].filename == __file__
    optimizer.step()
    scheduler = lr_scheduler.StepLR(optimizer, 2)
    scheduler.step()


def some(lr_lambda: Any) -> Any:
    return lambda o: lr_scheduler.LambdaLR(o, lr_lambda)


REFUSED = [
    (lambda o: lr_scheduler.StepLR("adam", 3), "StepLR takes an Optimizer first; got a str"),
    (lambda o: lr_scheduler.ReduceLROnPlateau([o]), "takes an Optimizer first; got a list"),
    (lambda o: lr_scheduler.OneCycleLR(None, 1, 10), "takes an Optimizer first; got a NoneType"),
    (lambda o: lr_scheduler.StepLR(o, 0), "step_size must be a whole number >= 1; got 0"),
    (lambda o: lr_scheduler.StepLR(o, 2.5), "got 2.5"),
    (lambda o: lr_scheduler.StepLR(o, math.nan), "got nan"),
    (lambda o: lr_scheduler.StepLR(o, math.inf), "got inf"),
    (lambda o: lr_scheduler.StepLR(o, True), "got True"),
    (lambda o: lr_scheduler.StepLR(o, 2, gamma=-1), "gamma must be a finite number >= 0; got -1"),
    (lambda o: lr_scheduler.StepLR(o, 2, last_epoch=-2), "last_epoch must be a whole number >= -1; got -2"),
    (lambda o: lr_scheduler.StepLR(o, 2, last_epoch=3), "cannot continue after epoch 3: group 0 has no 'initial_lr'"),
    (lambda o: lr_scheduler.MultiStepLR(o, 30), "milestones must be a list of epochs; got 30"),
    (lambda o: lr_scheduler.MultiStepLR(o, [3, "8"]), "a milestone must be a whole number >= 0; got '8'"),
    (lambda o: lr_scheduler.ExponentialLR(o, "0.9"), "gamma must be a finite number >= 0; got '0.9'"),
    (lambda o: lr_scheduler.ConstantLR(o, 0), "factor must be a finite number > 0 and <= 1; got 0"),
    (lambda o: lr_scheduler.ConstantLR(o, 1.5), "got 1.5"),
    (lambda o: lr_scheduler.ConstantLR(o, total_iters=0), "total_iters must be a whole number >= 1; got 0"),
    (lambda o: lr_scheduler.LinearLR(o, start_factor=0), "start_factor must be a finite number > 0 and <= 1; got 0"),
    (lambda o: lr_scheduler.LinearLR(o, end_factor=2), "end_factor must be a finite number >= 0 and <= 1; got 2"),
    (lambda o: lr_scheduler.LinearLR(o, total_iters=-1), "got -1"),
    (lambda o: lr_scheduler.PolynomialLR(o, 0), "total_iters must be a whole number >= 1; got 0"),
    (lambda o: lr_scheduler.PolynomialLR(o, 3, power=-1), "power must be a finite number >= 0; got -1"),
    (lambda o: lr_scheduler.CosineAnnealingLR(o, 0), "T_max must be a whole number >= 1; got 0"),
    (lambda o: lr_scheduler.CosineAnnealingLR(o, 5, eta_min=-0.1), "eta_min must be a finite number >= 0; got -0.1"),
    (lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 0), "T_0 must be a whole number >= 1; got 0"),
    (lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 3, 1.5), "T_mult must be a whole number >= 1; got 1.5"),
    (some(3), "lr_lambda must be a function of the epoch, or a list of one a group; got 3"),
    (some([math.sqrt]), "lr_lambda must be one value, or one a group; got 1 for 2 groups"),
    (some(lambda epoch: math.nan), "LambdaLR comes to lr = nan in epoch 0 for group 0"),
    (some(lambda epoch: -1), "comes to lr = -0.4 in epoch 0 for group 0; a learning rate is a finite number >= 0"),
    (some([lambda epoch: 1, lambda epoch: math.inf]), "lr = inf in epoch 0 for group 1"),
    (lambda o: lr_scheduler.CyclicLR(o, 0.1, 0.2, 0), "step_size_up must be a finite number > 0; got 0"),
    (lambda o: lr_scheduler.CyclicLR(o, 0.1, 0.2, 1, -1), "step_size_down must be a finite number >= 0; got -1"),
    (lambda o: lr_scheduler.CyclicLR(o, [0.1], 0.2), "base_lr must be one value, or one a group; got 1 for 2 groups"),
    (lambda o: lr_scheduler.CyclicLR(o, 0.1, -0.2), "max_lr must be a finite number >= 0; got -0.2"),
    (
        lambda o: lr_scheduler.CyclicLR(o, 0.1, 0.2, mode="sine"),
        "mode must be 'triangular' or 'triangular2' or 'exp_range'; got 'sine'",
    ),
    (lambda o: lr_scheduler.CyclicLR(o, 0.1, 0.2, scale_fn=3), "scale_fn must be a function; got 3"),
    (lambda o: lr_scheduler.CyclicLR(o, 0.1, 0.2, scale_fn=lambda x: None), "scale_fn must return a number; got None"),
    (
        lambda o: lr_scheduler.CyclicLR(o, 0.1, 0.2, scale_fn=abs, scale_mode="x"),
        "scale_mode must be 'cycle' or 'iterations'; got 'x'",
    ),
    (
        lambda o: lr_scheduler.CyclicLR(o, 0.1, 0.2, max_momentum=1),
        "max_momentum must be a finite number >= 0 and < 1; got 1",
    ),
    (lambda o: lr_scheduler.OneCycleLR(o, 1.0), "needs total_steps, or epochs and steps_per_epoch; got epochs=None"),
    (lambda o: lr_scheduler.OneCycleLR(o, 1.0, 0), "total_steps must be a whole number >= 1; got 0"),
    (
        lambda o: lr_scheduler.OneCycleLR(o, 1.0, epochs=1, steps_per_epoch=1.5),
        "steps_per_epoch must be a whole number >= 1; got 1.5",
    ),
    (
        lambda o: lr_scheduler.OneCycleLR(o, 1.0, 10, pct_start=2),
        "pct_start must be a finite number >= 0 and <= 1; got 2",
    ),
    (lambda o: lr_scheduler.OneCycleLR(o, 1.0, 10, pct_start=0.6, three_phase=True), "<= 0.5; got 0.6"),
    (
        lambda o: lr_scheduler.OneCycleLR(o, 1.0, 10, anneal_strategy="exp"),
        "anneal_strategy must be 'cos' or 'linear'; got 'exp'",
    ),
    (lambda o: lr_scheduler.OneCycleLR(o, 1.0, 10, div_factor=0), "div_factor must be a finite number > 0; got 0"),
    (lambda o: lr_scheduler.OneCycleLR(o, [1.0, -1], 10), "max_lr must be a finite number >= 0; got -1"),
    (lambda o: lr_scheduler.OneCycleLR(o, 1.0, 10, base_momentum=[0.1, 1.5]), "base_momentum must be .* got 1.5"),
    (lambda o: lr_scheduler.SWALR(o, 0.1, anneal_epochs=-1), "anneal_epochs must be a whole number >= 0; got -1"),
    (lambda o: lr_scheduler.SWALR(o, 0.1, anneal_strategy="exp"), "got 'exp'"),
    (lambda o: lr_scheduler.SWALR(o, -0.1), "swa_lr must be a finite number >= 0; got -0.1"),
    (lambda o: lr_scheduler.ReduceLROnPlateau(o, mode="best"), "mode must be 'min' or 'max'; got 'best'"),
    (lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=1), "factor must be a finite number >= 0 and < 1; got 1"),
    (lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=-1), "patience must be a whole number >= 0; got -1"),
    (lambda o: lr_scheduler.ReduceLROnPlateau(o, threshold=-1), "threshold must be"),
    (lambda o: lr_scheduler.ReduceLROnPlateau(o, threshold_mode="x"), "threshold_mode must be 'rel' or 'abs'; got 'x'"),
    (lambda o: lr_scheduler.ReduceLROnPlateau(o, cooldown=-1), "cooldown must be"),
    (
        lambda o: lr_scheduler.ReduceLROnPlateau(o, min_lr=[0.1]),
        "min_lr must be one value, or one a group; got 1 for 2 groups",
    ),
    (lambda o: lr_scheduler.ReduceLROnPlateau(o, eps=math.nan), "eps must be"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_wrong_arguments_are_refused(make: Any, message: str) -> None:
    optimizer = optimizer_of()
    before = [{**group} for group in optimizer.param_groups]
    with pytest.raises(ArgumentError, match=message.replace("(", r"\(")):
        make(optimizer)
    for group, old in zip(optimizer.param_groups, before, strict=True):
        assert {key: group[key] for key in old} == old


def test_wrong_composites_are_refused() -> None:
    optimizer, other = optimizer_of(), optimizer_of()
    step, plateau, strange = (
        lr_scheduler.StepLR(optimizer, 2), lr_scheduler.ReduceLROnPlateau(optimizer), lr_scheduler.StepLR(other, 2)
    )  # fmt: skip
    for make in (
        lambda parts: lr_scheduler.ChainedScheduler(parts),
        lambda parts: lr_scheduler.SequentialLR(optimizer, parts, [3]),
    ):
        for parts, message in [
            ([], "at least one scheduler"),
            (step, "takes a list"),
            ([step, 3], "number 1 is a int"),
            ([step, plateau], r"cannot hold a ReduceLROnPlateau \(number 1\)"),
            ([step, strange], "scheduler 1, a StepLR, has another"),
            ([step, step], "twice"),
        ]:
            with pytest.raises(ArgumentError, match=message):
                make(parts)
    second = lr_scheduler.StepLR(optimizer, 2)
    for milestones in ([], [3, 5], [2.5]):
        with pytest.raises(ArgumentError, match="milestone"):
            lr_scheduler.SequentialLR(optimizer, [step, second], milestones)
    with pytest.raises(ArgumentError, match=r"each later than the one before; got \[5, 5\]"):
        lr_scheduler.SequentialLR(optimizer, [step, second, lr_scheduler.StepLR(optimizer, 2)], [5, 5])
    for composite in (
        lr_scheduler.SequentialLR(optimizer, [step, second], [3]),
        lr_scheduler.ChainedScheduler([step, second]),
    ):
        with pytest.raises(ArgumentError, match=r"step\(\) without a number; got 3"):
            composite.step(3)


def test_an_optimizer_without_momentum_cannot_cycle_it() -> None:
    class Plain(optim.Optimizer):
        def __init__(self, params: Any) -> None:
            super().__init__(params, {"lr": 0.1})

    optimizer = Plain([nn.Parameter([1.0])])
    with pytest.raises(
        ArgumentError, match=r"needs an optimizer with momentum or betas; Plain has neither. Pass False."
    ):
        lr_scheduler.OneCycleLR(optimizer, 1.0, 10)
    assert lr_scheduler.OneCycleLR(optimizer, 1.0, 10, cycle_momentum=False).get_last_lr() == [pytest.approx(0.04)]


def test_a_wrong_step_changes_nothing() -> None:
    optimizer = optimizer_of()
    scheduler = lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 - epoch / 2)
    for _ in range(2):
        scheduler.step()
    before, state = settings(optimizer), scheduler.state_dict()
    with pytest.raises(ArgumentError, match=r"lr = -0.2 in epoch 3 for group 0"):
        scheduler.step()
    with pytest.raises(ArgumentError, match=r"epoch must be a whole number >= 0; got 0\.5"):
        scheduler.step(0.5)
    with pytest.raises(ArgumentError, match="epoch must be a number >= 0; got -1"):
        lr_scheduler.CosineAnnealingWarmRestarts(optimizer_of(), 3).step(-1)
    assert (settings(optimizer), scheduler.state_dict()) == (before, state)
    rounding = lr_scheduler.LambdaLR(optimizer_of(), lambda epoch: -1e-17)
    assert rounding.get_last_lr() == [0.0, 0.0]


def test_a_state_that_does_not_fit_changes_nothing() -> None:
    optimizer = optimizer_of()
    step = lr_scheduler.StepLR(optimizer, 3)
    exponential = lr_scheduler.ExponentialLR(optimizer, 0.9)
    sequence = lr_scheduler.SequentialLR(optimizer, [step, exponential], [4])
    one_group = lr_scheduler.StepLR(optimizer_of(lrs=(1.0,)), 3).state_dict()
    good = step.state_dict()
    for scheduler, state, message in [
        (step, [1], "it is a list, not a dict"),
        (step, {}, "it has no 'step_size'\n.*it has no 'gamma'"),
        (exponential, good, "'step_size' is none of its settings"),
        (step, one_group, "'base_lrs' has 1 groups, the optimizer 2"),
        (step, {**good, "gamma": -1}, "gamma must be a finite number >= 0; got -1"),
        (sequence, {**sequence.state_dict(), "_schedulers": [good]}, "it has 1 schedulers, not 2"),
        (
            sequence,
            {**sequence.state_dict(), "_schedulers": [good, good]},
            "scheduler 1, ExponentialLR: 'step_size' is none",
        ),
        (sequence, {**sequence.state_dict(), "_milestones": [1, 2]}, "milestones must be one less"),
    ]:
        before = scheduler.state_dict()
        with pytest.raises(
            ArgumentError, match=f"(?s)does not fit this {type(scheduler).__name__}; nothing was loaded:.*{message}"
        ):
            scheduler.load_state_dict(state)
        assert scheduler.state_dict() == before
    functions = lr_scheduler.LambdaLR(optimizer, [Halving(), Halving()])
    with pytest.raises(ArgumentError, match="'lr_lambdas' has 1 functions, not 2"):
        functions.load_state_dict({**functions.state_dict(), "lr_lambdas": [None]})
    own = lr_scheduler.CyclicLR(optimizer, 0.1, 0.2, scale_fn=Slope(0.9))
    with pytest.raises(ArgumentError, match="made with a scale_fn; give one to the constructor"):
        lr_scheduler.CyclicLR(optimizer, 0.1, 0.2).load_state_dict(own.state_dict())


def test_plateau_takes_one_number() -> None:
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer_of())
    for metric in ("0.5", [0.5, 0.4], None):
        with pytest.raises(ArgumentError, match="takes one number, such as the validation loss; got"):
            scheduler.step(metric)
    assert scheduler.last_epoch == 0
