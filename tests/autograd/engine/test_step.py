"""One sweep with several steps: what batches and pictures do at a node is what the reverse sweep does there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, detect_anomaly, no_grad, trace
from autograd.engine.batch import pull
from autograd.engine.forward import push
from autograd.engine.gradients import gradients
from autograd.errors import AnomalyError, InPlaceError

SWEEPS: dict[str, Callable[[Any, Any], Any]] = {
    "backward": lambda y, x: y.backward(),
    "gradients": lambda y, x: gradients(y, [x]),
    "pull": lambda y, x: pull(y, [x], [np.ones(2)]),
    "push": lambda y, x: push(y, [x], [np.ones(x.shape)]),
    "picture": lambda y, x: trace(y, complete=True),
}


@pytest.fixture(params=SWEEPS)
def sweep(request: pytest.FixtureRequest) -> Callable[[Any, Any], Any]:
    return SWEEPS[request.param]


def test_a_leaf_written_through_a_view_is_refused_by_each(sweep: Callable[[Any, Any], Any]) -> None:
    x, w = Tensor([1.0, 2.0], requires_grad=True), Tensor([[10.0, 20.0]], requires_grad=True)
    y = np.sum(x * w[0])  # the rule for x reads w through a view
    with no_grad():
        w *= 10
    with pytest.raises(InPlaceError, match="changed in place"):
        sweep(y, x)


def test_a_leaf_that_only_leads_elsewhere_may_change(sweep: Callable[[Any, Any], Any]) -> None:
    x, w = Tensor([1.0, 2.0], requires_grad=True), Tensor([10.0, 20.0], requires_grad=True)
    y = np.sum(x * 3 + w)  # no rule reads the values of w
    with no_grad():
        w *= 10
    sweep(y, x)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_first_bad_cotangent_of_a_number_is_found(dtype: Any) -> None:
    with detect_anomaly():
        x = Tensor(dtype(0.0), requires_grad=True)
        y = np.sqrt(x)
        with pytest.raises(AnomalyError, match="the VJP of sqrt by argument 0 gave the first inf"):
            y.backward()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_zero_times_inf_of_numbers(dtype: Any) -> None:
    x = Tensor(dtype(0.0), requires_grad=True)
    y = np.sqrt(x * 1) * dtype(0.0)
    y.backward()
    assert x.grad is not None
    assert x.grad.dtype == dtype
    assert x.grad.item() == 0


def test_a_picture_of_several_results_has_the_engines_gradients() -> None:
    x = Tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True)
    _, logdet = np.linalg.slogdet(x)
    y = logdet * 2
    graph = trace(y, complete=True)
    y.backward()
    leaf = graph.nodes[0]
    np.testing.assert_allclose(np.reshape(leaf.grad.numbers, (2, 2)), x.grad.numpy(), rtol=1e-14)
