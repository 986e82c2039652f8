"""Optimizers: the loop, groups and state of the base, and each paper's equations."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor, no_grad
from autograd.errors import ArgumentError, DTypeError, InPlaceError
from tests.cases.optimizers import OPTIMIZERS, OptimizerCase

rows = pytest.mark.parametrize("case", OPTIMIZERS, ids=[case.name for case in OPTIMIZERS])


def quadratic(p: Tensor) -> Tensor:
    return (p * p * p / 3 + p * p).sum()


def steps(optimizer: optim.Optimizer, p: Tensor, n: int) -> None:
    for _ in range(n):
        optimizer.zero_grad()
        quadratic(p).backward()
        optimizer.step()


@pytest.mark.oracle
@rows
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_takes_pytorchs_steps(case: OptimizerCase, dtype: Any, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    start = rng.uniform(0.5, 1, size=(4, 3)).astype(dtype)
    p, q = nn.Parameter(start), torch.tensor(start, requires_grad=True)
    ours, theirs = case.cls([p], lr=0.02, **case.options), getattr(torch.optim, case.cls.__name__)([q], lr=0.02, **case.options)
    for _ in range(10):
        steps(ours, p, 1)
        theirs.zero_grad()
        quadratic(q).backward()
        theirs.step()
        assert np.allclose(p.numpy(), q.detach().numpy(), rtol=8 * np.finfo(dtype).eps, atol=8 * np.finfo(dtype).eps)
    assert p.dtype == dtype
    for mine, other in zip(ours.state_dict()["state"].values(), theirs.state_dict()["state"].values(), strict=False):
        tolerance = 20 * np.finfo(dtype).eps
        for key in mine.keys() & other.keys():  # the names of the state are the same
            assert np.allclose(mine[key], other[key].numpy(), rtol=tolerance, atol=tolerance)
        assert mine.keys() == {key for key, value in other.items() if value is not None}


def test_the_defaults_are_pytorchs() -> None:
    group = optim.SGD([nn.Parameter([1.0])]).param_groups[0]
    assert {key: value for key, value in group.items() if key != "params"} == {
        "lr": 1e-3, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False, "maximize": False,
    }  # fmt: skip


@pytest.mark.parametrize("options", [case.options for case in OPTIMIZERS if case.cls is optim.SGD], ids=str)
def test_sgd_writes_in_place_and_follows_its_equations(options: dict[str, Any]) -> None:
    p = nn.Parameter(np.array([1.0, -0.5]))
    array = p.numpy()
    x, b = array.copy(), None
    optimizer = optim.SGD([p], lr=0.05, **options)
    for _ in range(4):
        steps(optimizer, p, 1)
        g = x**2 + 2 * x
        g = -g if options.get("maximize") else g
        g = g + options.get("weight_decay", 0) * x
        momentum = options.get("momentum", 0)
        b = g if b is None else momentum * b + (1 - options.get("dampening", 0)) * g
        x = x - 0.05 * (g + momentum * b if options.get("nesterov") else b if momentum else g)
        assert np.allclose(array, x, rtol=1e-14)
    assert p.numpy() is array


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1}, "lr must be a finite number >= 0; got -1"),
        ({"lr": float("nan")}, "lr must be a finite number >= 0; got nan"),
        ({"lr": float("inf")}, "lr must be"),
        ({"lr": "0.1"}, "lr must be a finite number >= 0; got '0.1'"),
        ({"momentum": -0.1}, "momentum must be"),
        ({"weight_decay": -0.1}, "weight_decay must be"),
        ({"nesterov": True}, "nesterov needs momentum > 0 and dampening 0; got momentum=0"),
        ({"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "dampening=0.1"),
    ],
)
def test_wrong_hyperparameters_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        optim.SGD([nn.Parameter([1.0])], **options)
    with pytest.raises(ArgumentError, match=message):
        optim.SGD([{"params": [nn.Parameter([1.0])], **options}])


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


def test_what_has_no_gradient_stays() -> None:
    a, b = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = optim.SGD([a, b], lr=1, weight_decay=0.5, momentum=0.9)
    a.sum().backward()
    optimizer.step()
    assert b.item() == 1
    assert list(optimizer.state) == [a]


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
    for part in ("momentum_buffer of parameter 0 has shape (3,), not (2,)", "parameter 7 that no group has", "lr must be"):
        assert part in str(caught.value)
    with pytest.raises(ArgumentError, match=r"groups of \[\] parameters, not \[1\]"):
        optimizer.load_state_dict({})
    with pytest.raises(ArgumentError, match="differs in its settings extra"):
        optimizer.load_state_dict({"state": {}, "param_groups": [{**good["param_groups"][0], "extra": 1}]})
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
