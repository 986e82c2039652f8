"""One sweep with several steps: what batches and pictures do at a node is what the reverse sweep does there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Scalar, Tensor, checkpoint, detect_anomaly, grad, jacobian, jvp, no_grad, primitive, trace
from autograd.engine.batch import pull
from autograd.engine.forward import push
from autograd.engine.gradients import gradients
from autograd.errors import AnomalyError, FreedGraphError, InPlaceError, NoRuleError

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


def test_a_view_that_was_read_after_the_write_is_used(sweep: Callable[[Any, Any], Any]) -> None:
    x, w = Tensor([1.0, 2.0], requires_grad=True), Tensor([[10.0, 20.0]], requires_grad=True)
    view = w[0]
    with no_grad():
        w *= 10
    sweep(np.sum(x * view), x)


def test_a_write_to_what_a_fresh_array_was_computed_from_is_no_write_to_it(sweep: Callable[[Any, Any], Any]) -> None:
    x, w = Tensor([1.0, 2.0], requires_grad=True), Tensor([10.0, 20.0], requires_grad=True)
    a = w * 1.0
    y = np.sum(x * ((a + 1.0) * 2.0)[:2])
    with no_grad():
        a[...] = 0.0
    sweep(y, x)


def test_what_a_wanted_tensor_was_computed_from_may_have_changed() -> None:
    p = Tensor([2.0], requires_grad=True)
    c = p * p
    with no_grad():
        p[...] = 5.0
    assert grad(lambda x: checkpoint(lambda x: (x * c).sum(), x))(np.array([3.0])) == [4.0]


def test_a_freed_tensor_that_is_wanted_is_refused_like_any_other() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    s = (x * x).sum()
    s.backward()
    for find in (lambda: gradients(s, [s, x]), lambda: pull(s, [s, x], [np.ones(1)])):
        with pytest.raises(FreedGraphError):
            find()


def test_roots_that_lead_to_nothing_wanted_are_not_visited() -> None:
    x, w = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0], requires_grad=True)
    y, z, called = x * x, w * w, []
    z.register_hook(called.append)
    gradients([y, z], [x], [np.ones(2), np.ones(1)], retain_graph=True)
    pull([y, z], [x], [np.eye(2), np.ones((2, 1))])
    assert called == []


def test_an_input_that_is_named_twice_gets_two_arrays() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    for first, second in (gradients((x * x).sum(), [x, x]), pull(x * x, [x, x], [np.eye(2)])):
        assert not np.shares_memory(first.numpy(), second.numpy())
        np.testing.assert_array_equal(first, second)


def test_zero_times_infinity_where_the_tangent_is_broadcast() -> None:
    inf = np.full((3, 2), np.inf)
    np.testing.assert_array_equal(jvp(lambda x: x * inf, np.ones(2), np.array([1.0, 0.0]))[1], [[np.inf, 0]] * 3)
    np.testing.assert_array_equal(jacobian(lambda x: x * inf)(np.ones(2))[0], [[np.inf, 0], [0, np.inf]])


def test_an_empty_batch() -> None:
    twice = primitive(lambda x: x * 2, lambda g, out, x: g * 2, name="twice")
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = twice(x)
    y.register_hook(lambda g: g)
    (g,) = pull(y, [x], [np.zeros((0, 2))])
    assert g.shape == (0, 2)


def test_a_primitive_without_a_rule_is_named() -> None:
    bare = primitive(lambda x: x * 2, name="bare")
    with pytest.raises(NoRuleError, match="bare: argument 1 requires grad"):
        bare(Tensor([1.0], requires_grad=True)).sum().backward()


def test_a_forward_that_saves_values_may_return_a_float() -> None:
    f = primitive(
        lambda x: (float(x.sum()), x),
        lambda g, out, x: g * np.ones_like(out.values),
        saves=True, composite=np.sum, name="sum_as_float",
    )  # fmt: skip
    for _ in range(2):  # the second call takes the short path
        x = Tensor([1.0, 2.0], requires_grad=True)
        f(x).backward()
        assert x.grad is not None
        assert x.grad.tolist() == [1, 1]


def test_a_leafs_hook_may_return_an_array() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    x.register_hook(lambda g: np.ones(2))
    for _ in range(2):
        (x * x).sum().backward()
    assert isinstance(x.grad, Tensor)
    assert x.grad.tolist() == [2, 2]


def test_a_recorded_gradient_is_no_array_of_its_rule() -> None:
    constant = np.array([1.0, 2.0])
    f = primitive(lambda x: x.sum(), lambda g, out, x: constant, name="with_a_constant")
    x = Tensor([1.0, 2.0], requires_grad=True)
    f(x).backward(create_graph=True)
    assert x.grad is not None
    assert not np.shares_memory(x.grad.numpy(), constant)


def test_the_page_with_the_steps_of_tensors_and_scalars_together() -> None:
    x, a = Tensor(2.0, requires_grad=True), Scalar(2.0)
    for roots in ([x * 3.0, a * a], [a * a, x * 3.0]):
        assert len(autograd.trace(roots, complete=True).to_html()) > 10_000
