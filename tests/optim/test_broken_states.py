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
