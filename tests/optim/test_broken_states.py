"""load_state_dict of anything broken: an ArgumentError, and nothing is changed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd.errors import ArgumentError
from nn.data import DataLoader
from optim.optimizer import NOT_NEGATIVE

S = optim.lr_scheduler


def stepped(cls: Any = optim.SGD, **options: Any) -> Any:
    """An optimizer with a state."""
    p = nn.Parameter([1.0, 2.0])
    optimizer = cls([p], **options)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    for _ in range(2):
        optimizer.step(closure)
    return optimizer


def sequence() -> Any:
    optimizer = stepped()
    return S.SequentialLR(optimizer, [S.ConstantLR(optimizer), S.ExponentialLR(optimizer, 0.9)], [3])


def stopping() -> Any:
    early_stopping = optim.EarlyStopping(3)
    early_stopping.step(1.0, nn.Linear(2, 1))
    return early_stopping


OWNERS = {
    "SGD": lambda: stepped(momentum=0.9),
    "Adam": lambda: stepped(optim.Adam),
    "Adagrad": lambda: stepped(optim.Adagrad),
    "LBFGS": lambda: stepped(optim.LBFGS),
    "StepLR": lambda: S.StepLR(stepped(), 2),
    "MultiStepLR": lambda: S.MultiStepLR(stepped(), [2]),
    "LambdaLR": lambda: S.LambdaLR(stepped(), lambda epoch: 1.0),
    "ReduceLROnPlateau": lambda: S.ReduceLROnPlateau(stepped()),
    "CyclicLR": lambda: S.CyclicLR(stepped(momentum=0.9), 0.1, 0.2),
    "OneCycleLR": lambda: S.OneCycleLR(stepped(momentum=0.9), 0.1, total_steps=9),
    "CosineAnnealingLR": lambda: S.CosineAnnealingLR(stepped(), 9),
    "SequentialLR": sequence,
    "ChainedScheduler": lambda: S.ChainedScheduler([S.ConstantLR(shared := stepped()), S.ExponentialLR(shared, 0.9)]),
    "PolynomialLR": lambda: S.PolynomialLR(stepped(), 4),
    "LinearLR": lambda: S.LinearLR(stepped()),
    "SWALR": lambda: S.SWALR(stepped(), 0.1),
    "CosineAnnealingWarmRestarts": lambda: S.CosineAnnealingWarmRestarts(stepped(), 9),
    "three phases": lambda: S.OneCycleLR(stepped(momentum=0.9), 0.1, total_steps=20, three_phase=True),
    **{
        cls.__name__: lambda cls=cls: stepped(cls)
        for cls in (optim.AdamW, optim.Adamax, optim.Adadelta, optim.NAdam, optim.RAdam, optim.RMSprop, optim.Lion)
    },
    "amsgrad": lambda: stepped(optim.Adam, amsgrad=True),
    "EarlyStopping": stopping,
    "AveragedModel": lambda: optim.AveragedModel(nn.Linear(2, 1)),
    "DataLoader": lambda: DataLoader(np.ones(3), rng=np.random.default_rng(0)),
    "Module": lambda: nn.BatchNorm1d(2),
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value in nested dicts and lists."""
    yield path
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def replaced(state: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of the state with another value in one place."""
    if not path:
        return value
    changed = copy.deepcopy(state)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


@pytest.mark.parametrize("name", OWNERS)
def test_a_broken_state_is_refused_and_changes_nothing(name: str) -> None:
    owner = OWNERS[name]()
    state, refused = owner.state_dict(), 0
    for path in places(state):
        for bad in ("x", None, -7.5, [], {}, object()):
            twin = copy.deepcopy(owner)
            before = repr(twin.state_dict())
            try:
                twin.load_state_dict(replaced(state, path, bad))
            except ArgumentError:
                refused += 1
                assert repr(twin.state_dict()) == before, (path, bad)
    assert refused > 6


# Values of the right kind that no training comes to

ANY_NUMBER = {"best", "ro", "H_diag", "prev_loss", "t"}  # -7 is possible; so is a loss of nan


def at(state: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        state = state[key]
    return state


def impossible(path: tuple[Any, ...], value: Any) -> list[Any]:
    """What can stand in a place of a state by its type, and cannot by its meaning."""
    names = [key for key in path if isinstance(key, str)]
    if isinstance(value, np.ndarray) and "state" in path:
        n = value.shape
        wrong = [value + 1j, value > 0, np.full(n, "a"), np.full(n, None), np.zeros((7, *n))]
        return wrong + ([np.full(n, -1.0)] if names[-1] in NOT_NEGATIVE else [])
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return []
    found = [] if names[-1] == "prev_loss" else [float("nan")]
    found += [] if names[-1] in ANY_NUMBER else [-7]
    if names[-1] in ("step", "func_evals", "n_iter", "_step_count", "num_bad_epochs", "bad_epochs", "best_epoch"):
        found += [1.5]
    if names[-1] in ("base_lrs", "_last_lr", "lr", "step", "last_epoch", "T_cur", "total_size", "ro", "H_diag", "t"):
        found += [float("inf")]
    return found


@pytest.mark.parametrize("name", OWNERS)
def test_an_impossible_value_is_refused_and_changes_nothing(name: str) -> None:
    owner = OWNERS[name]()
    state, tried = owner.state_dict(), 0
    for path in places(state):
        for bad in impossible(path, at(state, path)):
            before = repr(owner.state_dict())
            broken = replaced(state, path, bad)
            for ask in (owner.check_state_dict, owner.load_state_dict):
                with pytest.raises(ArgumentError):
                    ask(broken)
            assert repr(owner.state_dict()) == before
            tried += 1
    assert tried > 3 or name in ("AveragedModel", "Module")


@pytest.mark.parametrize("name", OWNERS)
def test_a_state_that_fits_passes_the_check_which_changes_nothing(name: str) -> None:
    owner = OWNERS[name]()
    owner.load_state_dict(owner.state_dict())
    before = repr(owner.state_dict())
    owner.check_state_dict(owner.state_dict())
    assert repr(owner.state_dict()) == before
    owner.load_state_dict(owner.state_dict())
    assert repr(owner.state_dict()) == before


def test_integers_in_a_state_become_floating() -> None:
    optimizer = stepped(momentum=0.9)
    state = optimizer.state_dict()
    state["state"][0]["momentum_buffer"] = np.array([1, 2])
    optimizer.load_state_dict(state)
    assert optimizer.state_dict()["state"][0]["momentum_buffer"].dtype == np.float64


@pytest.mark.parametrize("kind", [np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_states_of_every_generator_are_known(kind: Any) -> None:
    loader, other = (DataLoader(np.ones(3), rng=np.random.Generator(kind(n))) for n in (1, 2))
    loader.load_state_dict(other.state_dict())
    assert repr(loader.state_dict()) == repr(other.state_dict())
    with pytest.raises(ArgumentError, match=r"the state of a (PCG64|MT19937|Philox|SFC64) was expected"):
        loader.load_state_dict({"rng": {"bit_generator": kind.__name__}})
