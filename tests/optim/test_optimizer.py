"""Optimizers: the loop, groups and state of the base."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor, no_grad
from autograd.errors import ArgumentError, DTypeError, InPlaceError, ShapeError
from tests.cases.optimizers import OPTIMIZERS


def quadratic(p: Tensor) -> Tensor:
    return (p * p * p / 3 + p * p).sum()


def steps(optimizer: optim.Optimizer, p: Tensor, n: int) -> None:
    for _ in range(n):
        optimizer.zero_grad()
        quadratic(p).backward()
        optimizer.step()


REFUSED = [
    (optim.SGD, {"lr": -1}, "lr must be a finite number >= 0; got -1"),
    (optim.SGD, {"lr": float("nan")}, "lr must be a finite number >= 0; got nan"),
    (optim.SGD, {"lr": float("inf")}, "lr must be a finite number >= 0; got inf"),
    (optim.SGD, {"lr": "0.1"}, "lr must be a finite number >= 0; got '0.1'"),
    (optim.SGD, {"lr": True}, "lr must be a finite number >= 0; got True"),
    (optim.SGD, {"momentum": -0.1}, "momentum must be a finite number >= 0; got -0.1"),
    (optim.SGD, {"weight_decay": -0.1}, "weight_decay must be a finite number >= 0; got -0.1"),
    (optim.SGD, {"nesterov": True}, "nesterov needs momentum > 0 and dampening 0; got momentum=0"),
    (optim.SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "dampening=0.1"),
    (optim.SGD, {"formulation": "polyak"}, "formulation must be 'pytorch' or 'sutskever'; got 'polyak'"),
    (optim.SGD, {"formulation": "sutskever", "momentum": 0.9, "dampening": 0.1}, "has no dampening; got dampening=0.1"),
    (optim.Adagrad, {"lr_decay": -1}, "lr_decay must be a finite number >= 0; got -1"),
    (
        optim.Adagrad,
        {"initial_accumulator_value": -1},
        "initial_accumulator_value must be a finite number >= 0; got -1",
    ),
    (optim.RMSprop, {"alpha": 1.5}, "alpha must be a finite number >= 0 and <= 1; got 1.5"),
    (optim.RMSprop, {"momentum": -1}, "momentum must be a finite number >= 0; got -1"),
    (optim.Adadelta, {"rho": 2}, "rho must be a finite number >= 0 and <= 1; got 2"),
    (optim.Adam, {"betas": 0.9}, r"betas must be a pair of numbers in \[0, 1\); got 0.9"),
    (optim.Adam, {"betas": (0.9, 1)}, r"betas\[1\] must be a finite number >= 0 and < 1; got 1"),
    (optim.Adam, {"eps": -1}, "eps must be a finite number >= 0; got -1"),
    (optim.AdamW, {"weight_decay": -1}, "weight_decay must be a finite number >= 0; got -1"),
    (optim.Adamax, {"betas": (-0.1, 0.9)}, r"betas\[0\] must be a finite number >= 0 and < 1; got -0.1"),
    (optim.NAdam, {"momentum_decay": -1}, "momentum_decay must be a finite number >= 0; got -1"),
    (optim.RAdam, {"eps": -1}, "eps must be a finite number >= 0; got -1"),
    (optim.Lion, {"betas": (0.9, 0.99, 0.999)}, r"betas must be a pair .* got \(0.9, 0.99, 0.999\)"),
    (optim.ASGD, {"lr": -1}, "lr must be a finite number >= 0; got -1"),
    (optim.ASGD, {"weight_decay": -1}, "weight_decay must be a finite number >= 0; got -1"),
    (optim.ASGD, {"t0": float("inf")}, "t0 must be a finite number; got inf"),
    (optim.ASGD, {"lambd": "1"}, "lambd must be a finite number; got '1'"),
    (optim.Rprop, {"etas": (1.2, 0.5)}, r"etas\[0\] must be a finite number > 0 and < 1; got 1.2"),
    (optim.Rprop, {"etas": (0.5, 1)}, r"etas\[1\] must be a finite number > 1; got 1"),
    (optim.Rprop, {"etas": 0.5}, r"etas must be a pair of a number in \(0, 1\) and one > 1; got 0.5"),
    (optim.Rprop, {"step_sizes": (1, 0.1)}, r"step_sizes must be \(least, largest\); got \(1, 0.1\). Swap them"),
    (optim.Adafactor, {"beta2_decay": 0.8}, "beta2_decay must be a finite number .* <= 0; got 0.8"),
    (optim.Adafactor, {"eps": (-1, 1e-3)}, r"eps\[0\] must be a finite number >= 0; got -1"),
    (optim.Adafactor, {"eps": (None, None)}, r"eps\[1\] must be a finite number >= 0; got None"),
    (optim.Adafactor, {"eps": 1e-3}, "eps must be a pair of None or a number >= 0 and a number >= 0; got 0.001"),
    (optim.Adafactor, {"d": 0.5}, "d must be a finite number >= 1; got 0.5"),
    (optim.Muon, {"momentum": -1}, "momentum must be a finite number >= 0; got -1"),
    (optim.Muon, {"ns_coefficients": (1, 2)}, r"ns_coefficients must be three numbers .* got \(1, 2\)"),
    (optim.Muon, {"ns_steps": 100}, "ns_steps must be < 100, .* got 100"),
    (optim.Muon, {"ns_steps": 2.5}, "ns_steps must be a whole number >= 0; got 2.5"),
    (optim.Muon, {"adjust_lr_fn": "none"}, "adjust_lr_fn must be 'original', 'match_rms_adamw' or None; got 'none'"),
    (optim.LBFGS, {"max_iter": 0}, "max_iter must be a whole number >= 1; got 0"),
    (optim.LBFGS, {"history_size": 2.5}, "history_size must be a whole number >= 1; got 2.5"),
    (optim.LBFGS, {"tolerance_grad": -1}, "tolerance_grad must be a finite number >= 0; got -1"),
    (optim.LBFGS, {"line_search_fn": "wolfe"}, "line_search_fn must be None or 'strong_wolfe'; got 'wolfe'"),
]


@pytest.mark.parametrize(
    ("cls", "options", "message"), REFUSED, ids=[f"{cls.__name__} {options}" for cls, options, _ in REFUSED]
)
def test_wrong_hyperparameters_are_refused(cls: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        cls([nn.Parameter([[1.0]])], **options)
    if "max_iter" not in options:
        with pytest.raises(ArgumentError, match=message):
            cls([{"params": [nn.Parameter([[1.0]])], **options}])


def test_muon_takes_matrices_only() -> None:
    model = nn.Linear(2, 3)
    with pytest.raises(ShapeError, match=r"Muon updates matrices; parameter 1 has shape \(3,\). Give it .*ndim == 2"):
        optim.Muon(model.parameters())
    optimizer = optim.Muon([model.weight])
    with pytest.raises(ShapeError, match=r"the others to optim\.AdamW"):
        optimizer.add_param_group({"params": [model.bias]})
    assert len(optimizer.param_groups) == 1


def test_wrong_parameters_are_refused() -> None:
    p = nn.Parameter([1.0])
    read_only = Tensor(np.broadcast_to(1.0, (3,)), requires_grad=True)
    for params, message in [
        ([], "no parameters"),
        (iter([]), "no parameters"),
        (p, r"Write \[it\]"),
        ([p, p], "given twice"),
        ([np.ones(3)], "updates Tensors; parameter 0 is a ndarray"),
        ([p * 2], "result of multiply"),
        ([read_only], "read-only"),
        ([{"params": [p], "learning_rate": 1}], "knows no 'learning_rate'"),
        ([{"lr": 1}], "needs 'params'"),
        (None, r"a list of parameters, such as model.parameters\(\); got a NoneType"),
        (nn.Linear(1, 1), r"got a Linear. Write it.parameters\(\)"),
        ([{"params": None}], "a list of parameters.*; got a NoneType"),
        ([{"params": [p]}, nn.Parameter([1.0])], "a group is a dict, .*; got a Parameter"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            optim.SGD(params)
    with pytest.raises(DTypeError, match="dtype int64"):
        optim.SGD([Tensor([1, 2])])


def test_groups_have_settings_of_their_own() -> None:
    a, b = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = optim.SGD([{"params": [a]}, {"params": b, "lr": 0.5}], lr=0.1)
    (a + b).sum().backward()
    optimizer.step()
    assert (a.item(), b.item()) == (0.9, 0.5)
    with pytest.raises(ArgumentError, match="given twice"):
        optimizer.add_param_group({"params": [a]})
    assert len(optimizer.param_groups) == 2


def test_a_group_that_does_not_fit_changes_nothing() -> None:
    a, b = nn.Parameter([1.0, 2.0]), nn.Parameter([3.0, 4.0])
    optimizer = optim.SGD([a], lr=0.1)
    b.sum().backward()
    b.data = np.ones(3)  # the gradient is of the old shape
    for group, message in [
        ({"params": [b]}, r"shape \(3,\) has a gradient of shape \(2,\)"),
        ([b], "a group is a dict"),
        (None, "got a NoneType"),
    ]:
        with pytest.raises((ArgumentError, ShapeError), match=message):
            optimizer.add_param_group(group)  # type: ignore[arg-type]
        assert len(optimizer.param_groups) == 1
    optimizer.add_param_group({"params": [nn.Parameter([5.0])]})
    (a.sum() + optimizer.param_groups[1]["params"][0].sum()).backward()
    optimizer.step()
    assert [p.tolist() for group in optimizer.param_groups for p in group["params"]] == [[0.9, 1.9], [4.9]]


def test_named_parameters_are_parameters() -> None:
    model = nn.Linear(2, 3)
    named = optim.SGD(model.named_parameters())
    assert all(a is b for a, b in zip(named.param_groups[0]["params"], model.parameters(), strict=True))
    assert len(optim.SGD([{"params": model.named_parameters(), "lr": 1}]).param_groups[0]["params"]) == 2


def test_what_has_no_gradient_stays() -> None:
    a, b = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = optim.SGD([a, b], lr=1, weight_decay=0.5, momentum=0.9)
    a.sum().backward()
    optimizer.step()
    assert b.item() == 1
    assert list(optimizer.state) == [a]


@pytest.mark.parametrize("kind", [set, frozenset])
@pytest.mark.parametrize("cls", [optim.SGD, optim.Adam, optim.LBFGS])
def test_parameters_come_in_an_order(cls: Any, kind: Any) -> None:
    p = nn.Parameter([1.0])
    for params in (kind([p]), [{"params": kind([p])}]):
        with pytest.raises(ArgumentError, match=f"the same in every run.*; got a {kind.__name__}. Give a list"):
            cls(params)
    assert cls({p: 1}.keys()).param_groups[0]["params"][0] is p


@pytest.mark.parametrize("name", sorted({case.cls.__name__ for case in OPTIMIZERS if case.peer} - {"LBFGS"}))
def test_state_is_there_when_pytorchs_is(name: str) -> None:
    torch = pytest.importorskip("torch")
    p, theirs = nn.Parameter([[1.0, 2.0]]), torch.nn.Parameter(torch.ones(1, 2))
    mine, other = getattr(optim, name)([p]), getattr(torch.optim, name)([theirs])
    for _ in range(3):
        assert {i: set(of_p) for i, of_p in mine.state_dict()["state"].items()} == {
            i: set(of_p) for i, of_p in other.state_dict()["state"].items()
        }
        p.grad, theirs.grad = [[1.0, 1.0]], torch.ones(1, 2)
        mine.step()
        other.step()
    mine.add_param_group({"params": [nn.Parameter([[1.0]])]})
    other.add_param_group({"params": [torch.nn.Parameter(torch.ones(1, 1))]})
    assert mine.state_dict()["state"].keys() == ({0, 1} if name == "Adagrad" else other.state_dict()["state"].keys())


def test_an_optimizer_without_memory_plans_once() -> None:
    p = nn.Parameter([1.0])
    optimizer = optim.SGD([p], lr=0.1)
    steps(optimizer, p, 1)
    (plan,) = optimizer._plans.values()
    steps(optimizer, p, 3)
    assert list(optimizer._plans.values()) == [plan]
    assert optimizer.state == {}


def test_a_zero_dimensional_parameter_learns() -> None:
    p = nn.Parameter(2.0)
    optimizer = optim.SGD([p], lr=0.1, momentum=0.9)
    for _ in range(2):
        optimizer.zero_grad()
        (p * p).backward()
        optimizer.step()
    assert abs(p.item() - (1.6 - 0.1 * (0.9 * 4 + 3.2))) < 1e-12


def test_a_step_between_forward_and_backward_is_refused_by_name() -> None:
    layer = nn.Linear(2, 2)
    optimizer = optim.SGD(layer.parameters(), lr=0.1)
    x = Tensor(np.ones((1, 2)), requires_grad=True)
    layer(x).sum().backward()
    loss = layer(x).sum()
    optimizer.step()
    with pytest.raises(InPlaceError, match="weight"):
        loss.backward()


def test_the_closure_is_called_with_recording_on() -> None:
    p = nn.Parameter([1.0])
    optimizer = optim.SGD([p], lr=0.1)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with no_grad():
        assert optimizer.step(closure).item() == 1
    assert p.item() == 0.8


def test_zero_grad() -> None:
    p = nn.Parameter([1.0])
    optimizer = optim.SGD([p])
    p.sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert p.grad is not None
    assert p.grad.tolist() == [0]
    optimizer.zero_grad()
    assert p.grad is None


def test_a_run_continues_exactly_from_a_state_dict() -> None:
    whole, first = nn.Parameter([1.0, 2.0]), nn.Parameter([1.0, 2.0])
    straight, before = (optim.SGD([p], lr=0.05, momentum=0.9) for p in (whole, first))
    steps(straight, whole, 6)
    steps(before, first, 3)
    saved = pickle.loads(pickle.dumps(before.state_dict()))
    second = nn.Parameter(first.numpy())
    after = optim.SGD([second], lr=1.0)
    after.load_state_dict(saved)
    steps(before, first, 1)  # the saved state is a copy: going on does not change it
    steps(after, second, 3)
    assert (second == whole).all()
    assert after.param_groups[0]["lr"] == 0.05


def test_load_state_dict_lists_every_problem_and_changes_nothing() -> None:
    p = nn.Parameter([1.0, 2.0])
    optimizer = optim.SGD([p], lr=0.05, momentum=0.9)
    steps(optimizer, p, 1)
    good, before = optimizer.state_dict(), optimizer.state_dict()
    bad = copy.deepcopy(good)
    bad["state"][0]["momentum_buffer"] = np.zeros(3)
    bad["state"][7] = {}
    bad["param_groups"][0]["lr"] = -1
    with pytest.raises(ArgumentError) as caught:
        optimizer.load_state_dict(bad)
    for part in (
        "momentum_buffer of parameter 0 has shape (3,), not (2,)",
        "parameter 7 that no group has",
        "lr must be",
    ):
        assert part in str(caught.value)
    with pytest.raises(ArgumentError, match=r"groups of \[\] parameters, not \[1\]"):
        optimizer.load_state_dict({})
    for junk in (None, "state", {"state": 3}, {"param_groups": [3]}):
        with pytest.raises(
            ArgumentError, match=r"SGD loads a dict of 'state' and 'param_groups'|a list of dicts with 'params'"
        ):
            optimizer.load_state_dict(junk)  # type: ignore[arg-type]
    group = {key: value for key, value in good["param_groups"][0].items() if key != "momentum"}
    with pytest.raises(ArgumentError, match="group 0 has no momentum"):
        optimizer.load_state_dict({"state": {}, "param_groups": [group]})
    adam = optim.Adam([p])
    with pytest.raises(ArgumentError, match=r"the state of parameter 0 has no step"):
        adam.load_state_dict(
            {"state": {0: {"exp_avg": np.zeros(2)}}, "param_groups": adam.state_dict()["param_groups"]}
        )
    now = optimizer.state_dict()
    assert now["param_groups"] == before["param_groups"]
    assert (now["state"][0]["momentum_buffer"] == before["state"][0]["momentum_buffer"]).all()


def test_an_optimizer_is_copied_with_its_model() -> None:
    p = nn.Parameter([1.0, 2.0])
    optimizer = optim.SGD([p], lr=0.05, momentum=0.9)
    steps(optimizer, p, 2)
    for q, twin in (copy.deepcopy((p, optimizer)), pickle.loads(pickle.dumps((p, optimizer)))):
        steps(twin, q, 2)
        fresh = q.numpy().copy()
        assert twin.param_groups[0]["params"][0] is q
        assert not (fresh == p.numpy()).any()


def test_repr_lists_the_groups() -> None:
    assert repr(optim.SGD([nn.Parameter([1.0])], lr=0.1)).startswith("SGD group 0: lr=0.1, momentum=0")
