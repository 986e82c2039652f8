"""LBFGS: PyTorch's iterates, its line search, its state."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor
from autograd.errors import ArgumentError, InPlaceError
from optim.line_search import Point, cubic_minimum, strong_wolfe
from tests.optim.test_convergence import LABELS, POINTS, rosenbrock

SEARCHES = pytest.mark.parametrize("line_search_fn", [None, "strong_wolfe"])


def closure_of(f: Any, p: Any, optimizer: Any, calls: list[Any] | None = None) -> Any:
    def closure() -> Any:
        optimizer.zero_grad()
        loss = f(p)
        loss.backward()
        if calls is not None:
            calls.append(p.detach().numpy().copy())
        return loss

    return closure


@pytest.mark.oracle
@SEARCHES
@pytest.mark.parametrize("problem", ["rosenbrock", "logistic"])
def test_every_point_it_tries_is_pytorchs(problem: str, line_search_fn: str | None) -> None:
    torch = pytest.importorskip("torch")
    margins = POINTS * LABELS[:, None]
    ours = {"rosenbrock": rosenbrock, "logistic": lambda w: np.logaddexp(0, -(margins @ w)).mean()}[problem]
    tensor = torch.tensor(margins)
    theirs = {"rosenbrock": rosenbrock, "logistic": lambda w: torch.nn.functional.softplus(-(tensor @ w)).mean()}[
        problem
    ]
    start = np.array([-1.2, 1.0])
    p, q = nn.Parameter(start), torch.tensor(start, requires_grad=True)
    options: dict[str, Any] = {"line_search_fn": line_search_fn, "history_size": 5, "max_iter": 7}
    options["lr"] = 0.3 if problem == "rosenbrock" and line_search_fn is None else 1
    mine, other = optim.LBFGS([p], **options), torch.optim.LBFGS([q], **options)
    tried: list[Any] = []
    expected: list[Any] = []
    for _ in range(4):
        loss = mine.step(closure_of(ours, p, mine, tried))
        same = other.step(closure_of(theirs, q, other, expected))
        assert np.allclose(loss.item(), same.item(), rtol=1e-8, atol=1e-12)
    assert len(tried) == len(expected) > 10
    assert np.allclose(tried, expected, rtol=1e-7, atol=1e-9)
    state, peer = mine.state[p], other.state[q]
    assert (state["func_evals"], state["n_iter"]) == (peer["func_evals"], peer["n_iter"])
    assert state.keys() | {"al"} == peer.keys() | {"al"}


@SEARCHES
def test_a_run_continues_exactly_from_a_state_dict(line_search_fn: str | None) -> None:
    p = nn.Parameter([-1.2, 1.0])
    optimizer = optim.LBFGS([p], lr=0.3, max_iter=3, line_search_fn=line_search_fn)
    optimizer.step(closure_of(rosenbrock, p, optimizer))
    q = nn.Parameter(p.numpy())
    other = optim.LBFGS([q])
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    r, third = copy.deepcopy((p, optimizer))
    for x, o in ((p, optimizer), (q, other), (r, third)):
        o.step(closure_of(rosenbrock, x, o))
    assert p.tolist() == q.tolist() == r.tolist()
    bad = optimizer.state_dict()
    bad["state"][0]["old_dirs"][0] = np.zeros(3)
    with pytest.raises(ArgumentError, match=r"old_dirs of parameter 0 has shape \(3,\), not \(2,\)"):
        optimizer.load_state_dict(bad)


def test_the_state_that_is_saved_is_a_copy() -> None:
    p = nn.Parameter([-1.2, 1.0])
    optimizer = optim.LBFGS([p], lr=0.3, max_iter=3)
    optimizer.step(closure_of(rosenbrock, p, optimizer))
    saved = optimizer.state_dict()
    before = copy.deepcopy(saved)
    optimizer.step(closure_of(rosenbrock, p, optimizer))
    assert len(saved["state"][0]["old_dirs"]) == len(before["state"][0]["old_dirs"])
    assert (saved["state"][0]["d"] == before["state"][0]["d"]).all()


def test_parameters_of_several_shapes_and_dtypes_and_one_without_gradient() -> None:
    a, b, c = nn.Parameter(np.ones((2, 2))), nn.Parameter(np.float32(3)), nn.Parameter([7.0])
    optimizer = optim.LBFGS([a, b, c], line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = ((a - 2) ** 2).sum() + (b + 1) ** 2 * 3
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 4 + 48
    assert np.allclose(a.numpy(), 2, atol=1e-6)
    assert abs(b.item() + 1) < 1e-5
    assert (c.item(), b.dtype) == (7, np.float32)


def test_what_it_needs_is_said() -> None:
    p = nn.Parameter([1.0])
    with pytest.raises(ArgumentError, match=r"call step\(closure\)"):
        optim.LBFGS([p]).step()
    with pytest.raises(ArgumentError, match="one group only"):
        optim.LBFGS([{"params": [p]}, {"params": [nn.Parameter([1.0])]}])
    assert optim.LBFGS([p], max_iter=8).param_groups[0]["max_eval"] == 10


def test_it_stops_where_it_is_asked_to() -> None:
    for options, evaluations in (
        ({"max_iter": 1}, 1),
        ({"max_eval": 3}, 3),
        ({"tolerance_grad": 1e9}, 1),
        ({"tolerance_change": 1e9}, 1),
    ):
        p, calls = nn.Parameter([-1.2, 1.0]), []
        optimizer = optim.LBFGS([p], lr=1e-3, **options)  # type: ignore[arg-type]  # each is a number
        optimizer.step(closure_of(rosenbrock, p, optimizer, calls))
        assert len(calls) == evaluations, options


def test_its_steps_are_watched() -> None:
    p = nn.Parameter([2.0], name="angle")
    optimizer = optim.LBFGS([p])
    loss = (p * p).sum()
    optimizer.step(closure_of(lambda p: (p**4).sum(), p, optimizer))
    with pytest.raises(InPlaceError, match="angle"):
        loss.backward()


@pytest.mark.parametrize("first", [0.01, 0.5, 3.0, 100.0])
def test_the_line_search_meets_the_strong_wolfe_conditions(first: float) -> None:
    def evaluate(t: float) -> Point:
        return Point(t, t**4 - 3 * t**3 + 2, None, 4 * t**3 - 9 * t**2)

    start = evaluate(0.2)._replace(t=0.0)
    found, calls = strong_wolfe(lambda t: evaluate(t + 0.2)._replace(t=t), start, first, 1.0)
    assert found.f <= start.f + 1e-4 * found.t * start.slope
    assert abs(found.slope) <= 0.9 * abs(start.slope)
    assert calls < 25


def test_the_cubic_through_two_points() -> None:
    def point(t: float) -> Point:
        return Point(t, t**3 - 3 * t, None, 3 * t**2 - 3)

    assert abs(cubic_minimum(point(0), point(2), 0, 2) - 1) < 1e-14
    assert abs(cubic_minimum(point(2), point(0), 0, 2) - 1) < 1e-14
    assert cubic_minimum(point(0), point(2), 1.5, 2) == 1.5
    assert cubic_minimum(Point(0, 0, None, 1), Point(1, 1, None, 1), 0, 4) == 2  # a straight line: nowhere
