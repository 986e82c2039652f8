"""The plan of an optimizer's step is kept while it holds, and replaced after any change that it depends on."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import optim
from autograd import Tensor
from optim import lr_scheduler
from optim.ready import AFTER
from tests.optim.test_flat import assert_same, give_gradients, kinds, parameters, run, values

Disturbance = Callable[[optim.Optimizer, list[Any]], None]


def no_gradient(optimizer: optim.Optimizer, params: list[Any]) -> None:
    params[3].grad = None


def other_data(optimizer: optim.Optimizer, params: list[Any]) -> None:
    params[0].data = params[0].numpy() * 2


def other_dtype(optimizer: optim.Optimizer, params: list[Any]) -> None:
    for p in params:
        p.data = p.numpy().astype(np.float32)
    give_gradients(params, 9)


def frozen(optimizer: optim.Optimizer, params: list[Any]) -> None:
    params[4].requires_grad = False


def order(optimizer: optim.Optimizer, params: list[Any]) -> None:
    optimizer.param_groups[0]["params"].reverse()


def fewer(optimizer: optim.Optimizer, params: list[Any]) -> None:
    del optimizer.param_groups[0]["params"][0]


def another_group(optimizer: optim.Optimizer, params: list[Any]) -> None:
    added = parameters()
    give_gradients(added, 7)
    optimizer.add_param_group({"params": added, "lr": 0.5})
    params += added


def settings(optimizer: optim.Optimizer, params: list[Any]) -> None:
    optimizer.param_groups[0].update(lr=0.01, weight_decay=0.5, maximize=True)


def momentum_off(optimizer: optim.Optimizer, params: list[Any]) -> None:
    if "momentum" in optimizer.defaults:
        optimizer.param_groups[0]["momentum"] = 0


def loaded(optimizer: optim.Optimizer, params: list[Any]) -> None:
    saved = optimizer.state_dict()
    for entry in saved["state"].values():
        for key in entry:
            entry[key] = entry[key] * 2
    optimizer.load_state_dict(saved)


def cleared(optimizer: optim.Optimizer, params: list[Any]) -> None:
    optimizer.state.clear()


def one_forgotten(optimizer: optim.Optimizer, params: list[Any]) -> None:
    del optimizer.state[params[2]]


def one_copied(optimizer: optim.Optimizer, params: list[Any]) -> None:
    optimizer.state[params[2]] = copy.deepcopy(optimizer.state[params[2]])


def one_of_its_values_forgotten(optimizer: optim.Optimizer, params: list[Any]) -> None:
    optimizer.state[params[3]].popitem()


def one_of_its_values_changed(optimizer: optim.Optimizer, params: list[Any]) -> None:
    entry = optimizer.state[params[3]]
    for key in entry:
        entry[key] = entry[key] * 3 if isinstance(entry[key], np.ndarray) else entry[key] + 1


def step_number_changed(optimizer: optim.Optimizer, params: list[Any]) -> None:
    if "step" in optimizer.state[params[3]]:
        optimizer.state[params[3]]["step"] += 5


def written_in_place(optimizer: optim.Optimizer, params: list[Any]) -> None:
    for value in optimizer.state[params[3]].values():
        if isinstance(value, np.ndarray):
            value[...] = 1.0


DISTURBANCES: list[Disturbance] = [
    no_gradient, other_data, other_dtype, frozen, order, fewer, another_group, settings, momentum_off, loaded, cleared,
    one_forgotten, one_copied, one_of_its_values_forgotten, one_of_its_values_changed,
    step_number_changed, written_in_place,
]  # fmt: skip


@kinds
@pytest.mark.parametrize("after", [0, 1000], ids=["written", "looked at"])
@pytest.mark.parametrize("disturb", DISTURBANCES, ids=[f.__name__ for f in DISTURBANCES])
def test_a_kept_plan_leads_where_a_new_one_does(
    cls: Any, options: dict[str, Any], disturb: Disturbance, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("optim.ready.AFTER", after)
    found = []
    for keep in (True, False):
        params = parameters()
        optimizer = cls(params, lr=0.1, **options)
        run(optimizer, params, 0, 3)
        give_gradients(params, 3)
        assert after or all([ready._holds is not None for ready in optimizer._ready.values()])
        disturb(optimizer, params)
        for k in range(4, 7):
            if not keep:
                optimizer._plans.clear()
                optimizer._ready.clear()
            optimizer.step()
            give_gradients(params, k)
        remembered = [np.asarray(value) for p in params for value in optimizer.state.get(p, {}).values()]
        found.append(values(params) + remembered)
    assert_same(*found)


@kinds
def test_a_plan_is_made_once(cls: Any, options: dict[str, Any]) -> None:
    params = parameters()
    optimizer = cls(params, lr=0.1, **options)
    schedule = lr_scheduler.ExponentialLR(optimizer, 0.5)
    run(optimizer, params, 0, 2)  # after the first step the parameters are no longer new
    plans = list(optimizer._plans.values())
    for k in range(2, 5):
        schedule.step()
        run(optimizer, params, k, k + 1)
    assert all(now is before for now, before in zip(optimizer._plans.values(), plans, strict=True))
    assert optimizer.param_groups[0]["lr"] == 0.1 / 8


def test_scratch_that_a_subclass_sets_after_the_constructor_is_there() -> None:
    class Own(optim.Optimizer):
        def __init__(self, params: Any, lr: float = 0.1) -> None:
            super().__init__(params, {"lr": lr})
            self.scratch = 1

        def rule(self, group: Any, state: Any) -> Any:
            def update(p: Any, g: Any, c: Any) -> None:
                np.multiply(g, group["lr"], out=c)
                p -= c

            return update

    p = Tensor([1.0, 2.0], requires_grad=True)
    p.grad = Tensor(np.ones(2))
    Own([p]).step()
    np.testing.assert_allclose(p.numpy(), [0.9, 1.9])


def test_what_has_held_for_long_is_asked_by_written_code(monkeypatch: pytest.MonkeyPatch) -> None:
    params = parameters()
    optimizer = optim.Adam(params, amsgrad=True)
    run(optimizer, params, 0, AFTER + 3)
    monkeypatch.setattr(optim.Optimizer, "_planned", None)  # is not called any more
    schedule = lr_scheduler.ExponentialLR(optimizer, 0.5)
    for k in range(3):
        schedule.step()
        run(optimizer, params, k, k + 1)
    assert optimizer.state[params[0]]["step"] == AFTER + 6
    ready = optimizer._ready[0]
    group, state, arrays = optimizer.param_groups[0], optimizer.state, optimizer.arrays(optimizer.param_groups[0])
    assert ready.holds(group, state, arrays)
    assert not ready.holds(dict(group), state, arrays)
    assert not ready.holds(group, dict(state), arrays)
    assert not ready.holds(group, state, {"exp_avg": 0.0})


def test_a_copy_of_an_optimizer_asks_about_its_own_parameters() -> None:
    params = parameters()
    optimizer = optim.Adam(params)
    run(optimizer, params, 0, AFTER + 3)
    other = copy.deepcopy(optimizer)
    theirs = other.param_groups[0]["params"]
    for k in range(AFTER + 3):
        run(optimizer, params, k, k + 1)
        run(other, theirs, k, k + 1)
    assert_same(values(params), values(theirs))
