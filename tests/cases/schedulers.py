"""A row for every scheduler and each of its options: see tests/optim/lr_scheduler/test_lr_scheduler.py.

A row makes its scheduler from a package, ours or PyTorch's, so that it is written once for both.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nn
import optim
from optim import lr_scheduler

LRS = (0.4, 0.05)  # of the two groups


def optimizer_of(name: str = "SGD", lrs: tuple[float, ...] = LRS) -> optim.Optimizer:
    groups = [{"params": [nn.Parameter([1.0])], "lr": lr} for lr in lrs]
    return getattr(optim, name)(groups, **({"momentum": 0.9} if name == "SGD" else {}))


def settings(optimizer: Any) -> list[list[float]]:
    """The rate and the momentum of each group."""
    groups = optimizer.param_groups
    return [[float(group["lr"]), *group.get("betas", ()), float(group.get("momentum", 0))] for group in groups]


@dataclass(frozen=True)
class SchedulerCase:
    """A scheduler over an optimizer of two groups with the rates of LRS.

    name       says what is special, after the class
    make       (package of schedulers, optimizer) -> scheduler
    expected   (t, first rate) -> the rate after t steps, in closed form; None where the rates depend on more than that
    optimizer  its class, with a momentum to be cycled
    steps      how many to compare
    """

    name: str
    make: Callable[[Any, Any], Any]
    expected: Callable[[int, float], float] | None = None
    optimizer: str = "SGD"
    steps: int = 60

    @property
    def cls(self) -> type:
        return getattr(lr_scheduler, self.name.split()[0].rstrip(","))


class Halving:
    """A factor that counts its calls; load_state_dict has to restore the count."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, epoch: float) -> float:
        self.calls += 1
        return 0.98 if self.calls % 3 else 1.01


class Slope:
    """A scale of CyclicLR that is an object."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __call__(self, x: float) -> float:
        return self.rate**x


def cosine(share: float, start: float, end: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def zigzag(t: int, up: int, down: int) -> tuple[int, float]:
    """(which cycle, height) of a triangle wave."""
    cycle, step = divmod(t, up + down)
    return cycle, step / up if step <= up else (up + down - step) / down


def restarts(t: int, lr: float) -> float:
    length = 7
    while t >= length:
        t, length = t - length, 2 * length
    return cosine(t / length, lr, 0.01)


def one_cycle(t: int, lr: float) -> float:
    top = 1.0 if lr == LRS[0] else 0.2
    return cosine(t / 17, top / 25, top) if t <= 17 else cosine((t - 17) / 42, top, top / 25e4)


def cyclic(scale: Callable[[int, int], float]) -> Callable[[int, float], float]:
    def expected(t: int, lr: float) -> float:
        cycle, height = zigzag(t, 7, 4)
        top = 1.0 if lr == LRS[0] else 0.2
        return lr / 4 + (top - lr / 4) * height * scale(cycle, t)

    return expected


BOUNDS = {"base_lr": [0.1, 0.0125], "max_lr": [1.0, 0.2], "step_size_up": 7, "step_size_down": 4}


def warm_up_then_cosine(s: Any, o: Any) -> Any:
    return s.SequentialLR(
        o, [s.LinearLR(o, 0.1, total_iters=5), s.CosineAnnealingLR(o, T_max=30, eta_min=0.01)], milestones=[5]
    )


def everything_in_a_row(s: Any, o: Any) -> Any:
    parts = [
        s.ConstantLR(o, 0.5, 4),
        s.LambdaLR(o, lambda epoch: 0.9**epoch),
        s.MultiplicativeLR(o, lambda epoch: 0.97),
        s.StepLR(o, 3, 0.5),
        s.MultiStepLR(o, [2, 4], 0.5),
        s.PolynomialLR(o, 12, 1.5),
        s.CosineAnnealingWarmRestarts(o, 5, 2),
        s.ExponentialLR(o, 0.8),
    ]
    return s.SequentialLR(o, parts, milestones=[6, 11, 17, 25, 31, 40, 52])


def chained_in_a_chain(s: Any, o: Any) -> Any:
    inner = s.ChainedScheduler([s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.95)])
    return s.ChainedScheduler(
        [inner, s.MultiStepLR(o, [10, 30], 0.3), s.SequentialLR(o, [s.StepLR(o, 4, 0.5), s.StepLR(o, 9)], [21])]
    )


SCHEDULERS = [
    SchedulerCase("LambdaLR", lambda s, o: s.LambdaLR(o, lambda epoch: 1 / (1 + epoch)), lambda t, lr: lr / (1 + t)),
    SchedulerCase(
        "LambdaLR, one a group", lambda s, o: s.LambdaLR(o, [lambda epoch: 0.95**epoch, lambda epoch: epoch // 30])
    ),
    SchedulerCase("LambdaLR of an object", lambda s, o: s.LambdaLR(o, Halving())),
    SchedulerCase(
        "MultiplicativeLR", lambda s, o: s.MultiplicativeLR(o, lambda epoch: 0.95), lambda t, lr: lr * 0.95**t
    ),
    SchedulerCase(
        "MultiplicativeLR, one a group", lambda s, o: s.MultiplicativeLR(o, [lambda e: 1 - 1 / (e + 2), Halving()])
    ),
    SchedulerCase("StepLR", lambda s, o: s.StepLR(o, 7), lambda t, lr: lr * 0.1 ** (t // 7)),
    SchedulerCase("StepLR with gamma", lambda s, o: s.StepLR(o, step_size=1, gamma=0.9), lambda t, lr: lr * 0.9**t),
    SchedulerCase(
        "MultiStepLR",
        lambda s, o: s.MultiStepLR(o, [30, 10, 30, 50], 0.5),
        lambda t, lr: lr * 0.5 ** ((t >= 10) + 2 * (t >= 30) + (t >= 50)),
    ),
    SchedulerCase("ConstantLR", lambda s, o: s.ConstantLR(o), lambda t, lr: lr / 3 if t < 5 else lr),
    SchedulerCase(
        "ConstantLR for 20", lambda s, o: s.ConstantLR(o, 0.7, 20), lambda t, lr: lr * (0.7 if t < 20 else 1)
    ),
    SchedulerCase("LinearLR", lambda s, o: s.LinearLR(o), lambda t, lr: lr * (1 / 3 + 2 / 3 * min(t, 5) / 5)),
    SchedulerCase(
        "LinearLR downwards",
        lambda s, o: s.LinearLR(o, 0.9, 0.1, total_iters=40),
        lambda t, lr: lr * (0.9 - 0.8 * min(t, 40) / 40),
    ),
    SchedulerCase(
        "LinearLR to 0", lambda s, o: s.LinearLR(o, 1.0, 0.0, total_iters=30), lambda t, lr: lr * max(0, 1 - t / 30)
    ),
    SchedulerCase("ExponentialLR", lambda s, o: s.ExponentialLR(o, 0.9), lambda t, lr: lr * 0.9**t),
    SchedulerCase("ExponentialLR that grows", lambda s, o: s.ExponentialLR(o, gamma=1.1), lambda t, lr: lr * 1.1**t),
    SchedulerCase("PolynomialLR", lambda s, o: s.PolynomialLR(o), lambda t, lr: lr * max(0, 1 - t / 5)),
    SchedulerCase(
        "PolynomialLR squared",
        lambda s, o: s.PolynomialLR(o, 50, power=2.0),
        lambda t, lr: lr * max(0, 1 - t / 50) ** 2,
    ),
    SchedulerCase("CosineAnnealingLR", lambda s, o: s.CosineAnnealingLR(o, 50), lambda t, lr: cosine(t / 50, lr, 0)),
    SchedulerCase(
        "CosineAnnealingLR to and fro",
        lambda s, o: s.CosineAnnealingLR(o, 9, 0.01),
        lambda t, lr: cosine(t / 9, lr, 0.01),
    ),
    SchedulerCase(
        "CosineAnnealingLR each epoch",
        lambda s, o: s.CosineAnnealingLR(o, 1, 0.01),
        lambda t, lr: 0.01 if t % 2 else lr,
    ),
    SchedulerCase(
        "CosineAnnealingWarmRestarts",
        lambda s, o: s.CosineAnnealingWarmRestarts(o, 11),
        lambda t, lr: cosine(t % 11 / 11, lr, 0),
    ),
    SchedulerCase(
        "CosineAnnealingWarmRestarts, longer",
        lambda s, o: s.CosineAnnealingWarmRestarts(o, 7, 2, eta_min=0.01),
        restarts,
    ),
    SchedulerCase("CyclicLR triangular", lambda s, o: s.CyclicLR(o, **BOUNDS), cyclic(lambda cycle, t: 1)),
    SchedulerCase(
        "CyclicLR triangular2",
        lambda s, o: s.CyclicLR(o, **BOUNDS, mode="triangular2"),
        cyclic(lambda cycle, t: 0.5**cycle),
        "Adam",
    ),
    SchedulerCase(
        "CyclicLR exp_range",
        lambda s, o: s.CyclicLR(o, **BOUNDS, mode="exp_range", gamma=0.97),
        cyclic(lambda cycle, t: 0.97**t),
    ),
    SchedulerCase(
        "CyclicLR scale_fn",
        lambda s, o: s.CyclicLR(
            o, **BOUNDS, scale_fn=lambda cycle: 1 / cycle, max_momentum=0.7, base_momentum=[0.5, 0.2]
        ),
        cyclic(lambda cycle, t: 1 / (cycle + 1)),
    ),
    SchedulerCase(
        "CyclicLR scale_fn by iterations",
        lambda s, o: s.CyclicLR(o, **BOUNDS, scale_fn=Slope(0.97), scale_mode="iterations"),
    ),
    SchedulerCase(
        "CyclicLR without momentum", lambda s, o: s.CyclicLR(o, 0.1, 0.2, 30, cycle_momentum=False), steps=70
    ),
    SchedulerCase("OneCycleLR", lambda s, o: s.OneCycleLR(o, [1.0, 0.2], total_steps=60), one_cycle, steps=59),
    SchedulerCase(
        "OneCycleLR linear",
        lambda s, o: s.OneCycleLR(o, 0.7, epochs=5, steps_per_epoch=12, anneal_strategy="linear"),
        steps=59,
    ),
    SchedulerCase(
        "OneCycleLR three_phase",
        lambda s, o: s.OneCycleLR(o, 0.7, 60, three_phase=True, div_factor=10, final_div_factor=50, max_momentum=0.9),
        optimizer="Adam",
        steps=59,
    ),
    SchedulerCase(
        "OneCycleLR pct_start",
        lambda s, o: s.OneCycleLR(o, 0.7, 60, pct_start=0.05, base_momentum=[0.1, 0.6]),
        steps=59,
    ),
    SchedulerCase("OneCycleLR without momentum", lambda s, o: s.OneCycleLR(o, 0.7, 60, cycle_momentum=False), steps=59),
    SchedulerCase(
        "SequentialLR",
        warm_up_then_cosine,
        lambda t, lr: lr * (0.1 + 0.18 * t) if t < 5 else cosine((t - 5) / 30, lr, 0.01),
    ),
    SchedulerCase("SequentialLR of everything", everything_in_a_row),
    SchedulerCase(
        "SequentialLR to SWALR", lambda s, o: s.SequentialLR(o, [s.ExponentialLR(o, 0.9), s.SWALR(o, 0.01, 20)], [30])
    ),
    SchedulerCase(
        "SequentialLR from the second", lambda s, o: s.SequentialLR(o, [s.ConstantLR(o), s.ExponentialLR(o, 0.9)], [0])
    ),
    SchedulerCase(
        "ChainedScheduler",
        lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 2), s.ExponentialLR(o, 0.9)], optimizer=o),
        lambda t, lr: lr * (0.1 if t < 2 else 1) * 0.9**t,
    ),
    SchedulerCase("ChainedScheduler in a chain", chained_in_a_chain),
    SchedulerCase("SWALR", lambda s, o: s.SWALR(o, 0.01), lambda t, lr: cosine(min(t, 10) / 10, lr, 0.01)),
    SchedulerCase(
        "SWALR linear",
        lambda s, o: s.SWALR(o, [0.1, 0.2], 20, "linear"),
        lambda t, lr: lr + ((0.1 if lr == 0.4 else 0.2) - lr) * min(t, 20) / 20,
    ),
    SchedulerCase("SWALR at once", lambda s, o: s.SWALR(o, 0.01, anneal_epochs=0), lambda t, lr: 0.01),
]


@dataclass(frozen=True)
class PlateauCase:
    """Options of ReduceLROnPlateau, and the values that it gets."""

    options: dict[str, Any]
    metrics: Callable[[int], float]


def settling(t: int) -> float:
    """A loss that falls to a plateau with ripples, twice."""
    return 1 / (1 + t % 35) + 0.02 * math.sin(2.3 * t)


PLATEAUS = [
    PlateauCase({}, settling),
    PlateauCase({"factor": 0.5, "patience": 3}, settling),
    PlateauCase({"mode": "max", "patience": 2, "factor": 0.7}, lambda t: 1 - settling(t)),
    PlateauCase({"threshold": 0.05, "threshold_mode": "abs", "patience": 1, "cooldown": 4, "factor": 0.9}, settling),
    PlateauCase(
        {"mode": "max", "threshold": 0.1, "threshold_mode": "abs", "patience": 0, "factor": 0.9}, lambda t: -settling(t)
    ),
    PlateauCase({"patience": 1, "min_lr": [0.1, 0.001], "factor": 0.3}, settling),
    PlateauCase({"patience": 0, "eps": 0.02, "factor": 0.8}, settling),
    # for negative values the threshold of "rel" lies on the wrong side, as documented
    PlateauCase({"patience": 2}, lambda t: -settling(t)),
    PlateauCase({"patience": 2, "factor": 0.5}, lambda t: math.nan if t % 5 == 0 else settling(t)),
    PlateauCase({"patience": 2, "factor": 0.5, "mode": "max"}, lambda t: math.inf if t == 4 else 0.5),
]
