"""EarlyStopping: when it stops, what it restores, and how it continues from a state."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor
from autograd.errors import ArgumentError


def told(stopper: optim.EarlyStopping, values: list[float], model: Any = None) -> int | None:
    """The epoch in which it says stop. The model's bias is the number of the epoch."""
    for epoch, value in enumerate(values):
        if model is not None:
            model.bias.data = np.array([epoch], np.float32)
        if stopper.step(value, model):
            return epoch
    return None


@pytest.mark.parametrize(
    ("options", "values", "stops", "best_epoch"),
    [
        ({"patience": 1}, [3, 2, 2, 1], 2, 1),
        ({"patience": 2}, [3, 2, 2, 1, 1, 1], 5, 3),
        ({"patience": 2}, [3, 2, 2.5, 1.9, 2, 1.8], None, 5),
        ({"patience": 2, "min_delta": 0.5}, [3, 2.6, 2.5, 2.4, 2.1], 2, 0),
        (
            {"patience": 2, "min_delta": 0.5},
            [3, 2.6, 2.4, 2.0, 1.8],
            None,
            4,
        ),  # compared with the best value, not with the one before
        ({"patience": 2, "mode": "max"}, [0.1, 0.5, 0.5, 0.4, 0.9], 3, 1),
        ({"patience": 1, "mode": "max", "min_delta": 0.1}, [-3, -2.95], 1, 0),
        ({"patience": 2}, [3, math.nan, 2, math.nan, math.nan], 4, 2),
        ({"patience": 2}, [math.nan, math.inf, 1], 1, None),
        ({"patience": 2}, [math.inf, -math.inf, -math.inf], None, 1),
    ],
)
@pytest.mark.parametrize("restore_best", [True, False])
def test_stops_and_restores(
    options: dict[str, Any], values: list[float], stops: int | None, best_epoch: int | None, restore_best: bool
) -> None:
    model = nn.Linear(2, 1)
    stopper = optim.EarlyStopping(**options, restore_best=restore_best)
    assert told(stopper, values, model) == stops
    assert stopper.stopped == (stops is not None)
    assert stopper.best_epoch == best_epoch
    assert stopper.last_epoch == (len(values) - 1 if stops is None else stops)
    assert stopper.bad_epochs == stopper.last_epoch - (-1 if best_epoch is None else best_epoch)
    if best_epoch is not None:
        assert stopper.best == values[best_epoch]
    expected = best_epoch if restore_best and stops is not None and best_epoch is not None else stopper.last_epoch
    assert model.bias.item() == expected


def test_the_best_weights_are_a_copy_and_come_back_whole() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    stopper = optim.EarlyStopping(patience=3)
    x = np.random.default_rng(0).normal(size=(8, 2))
    kept = {}
    for epoch, value in enumerate([3.0, 1.0, 2.0, 2.0, 2.0]):
        optimizer.zero_grad()
        (model(x) ** 2).sum().backward()
        optimizer.step()
        if epoch == 1:
            kept = model.state_dict()
        if stopper.step(value, model):
            break
    assert epoch == 4
    assert kept.keys() == model.state_dict().keys()
    for name, array in model.state_dict().items():  # running statistics, too
        assert np.array_equal(array, kept[name]), name
    optimizer.zero_grad()
    (model(x) ** 2).sum().backward()
    optimizer.step()  # the optimizer still has the same parameters
    assert not np.array_equal(model[0].weight.numpy(), kept["0.weight"])
    assert stopper.restore(model)
    assert np.array_equal(model[0].weight.numpy(), kept["0.weight"])


def test_copies_what_a_model_gives_uncopied() -> None:
    class Model:
        def __init__(self) -> None:
            self.weight = np.zeros(2)

        def state_dict(self) -> dict[str, np.ndarray]:
            return {"weight": self.weight}

        def load_state_dict(self, state: dict[str, np.ndarray]) -> None:
            self.weight[...] = state["weight"]

    model, stopper = Model(), optim.EarlyStopping(patience=1)
    for epoch, value in enumerate([2, 1, 3]):
        model.weight += 1
        assert stopper.step(value, model) == (epoch == 2)
    assert model.weight.tolist() == [2, 2]


def test_restores_also_when_the_training_ends_by_itself() -> None:
    model = nn.Linear(2, 1)
    stopper = optim.EarlyStopping(patience=10)
    assert told(stopper, [2, 1, 3], model) is None
    assert model.bias.item() == 2
    assert stopper.restore(model)
    assert model.bias.item() == 1
    nothing = optim.EarlyStopping(patience=10)
    assert told(nothing, [math.nan], model) is None
    assert not nothing.restore(model)
    assert model.bias.item() == 0


def test_having_stopped_it_stays_so_until_reset() -> None:
    model = nn.Linear(2, 1)
    stopper = optim.EarlyStopping(patience=1)
    assert told(stopper, [1, 2], model) == 1
    model.bias.data = np.array([7.0], np.float32)
    assert stopper.step(0.0, model)
    assert (stopper.best, stopper.last_epoch, model.bias.item()) == (1, 1, 0)
    stopper.reset()
    assert (stopper.best, stopper.best_epoch, stopper.last_epoch, stopper.bad_epochs, stopper.stopped) == (
        math.inf,
        None,
        -1,
        0,
        False,
    )
    assert not stopper.step(5.0, model)


def test_takes_what_a_validation_gives() -> None:
    stopper = optim.EarlyStopping(patience=5, restore_best=False)
    for value in (Tensor(3.0, requires_grad=True), np.float32(2), np.array(1.5), Tensor([1.0])[0]):
        stopper.step(value)
    assert (stopper.best, stopper.best_epoch) == (1.0, 3)


def test_continues_from_its_state() -> None:
    values = [5, 4, 4.5, 3, 3.5, 3.2, 3.1, 3.3]
    whole_model, model = nn.Linear(2, 1), nn.Linear(2, 1)
    whole, first, second = (optim.EarlyStopping(patience=3) for _ in range(3))
    assert told(whole, values, whole_model) == 6
    assert told(first, values[:5], model) is None
    state = pickle.loads(pickle.dumps(first.state_dict()))
    second.load_state_dict(state)
    state["weights"]["bias"][...] = 99
    later = nn.Linear(2, 1)
    assert told(second, values[5:], later) == 1
    assert later.bias.item() == whole_model.bias.item() == 3
    assert np.array_equal(later.weight.numpy(), model.weight.numpy())
    assert (
        repr(second)
        == repr(whole)
        == "EarlyStopping(patience=3, min_delta=0, mode='min'): stopped after epoch 6, best 3 in epoch 3"
    )
    first.state_dict()["weights"]["bias"][...] = 99
    first.restore(model)
    assert model.bias.item() == 3


def test_wrong_arguments_are_refused() -> None:
    for options, message in [
        ({"patience": 0}, "patience must be a whole number >= 1; got 0"),
        ({"patience": 1.5}, "got 1.5"),
        ({"patience": 1, "min_delta": -1}, "min_delta must be a finite number >= 0; got -1"),
        ({"patience": 1, "mode": "auto"}, "mode must be 'min' or 'max'; got 'auto'"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            optim.EarlyStopping(**options)
    stopper = optim.EarlyStopping(patience=1)
    with pytest.raises(
        ArgumentError, match=r"step\(value, model\); got no model. Else make it with restore_best=False"
    ):
        stopper.step(1.0)
    with pytest.raises(ArgumentError, match="got a int"):
        stopper.step(1.0, 3)
    assert stopper.last_epoch == -1
    with pytest.raises(ArgumentError, match="keeps no weights"):
        optim.EarlyStopping(patience=1, restore_best=False).restore(nn.Linear(1, 1))
    with pytest.raises(ArgumentError, match="mode 'max', this EarlyStopping of mode 'min'"):
        stopper.load_state_dict(optim.EarlyStopping(patience=1, mode="max").state_dict())
    with pytest.raises(ArgumentError, match=r"has 'best_epoch', .* too; got 'mode', 'best'"):
        stopper.load_state_dict({"mode": "min", "best": 1})
    assert repr(stopper) == "EarlyStopping(patience=1, min_delta=0, mode='min'): epoch -1, 0 bad, no best yet"
