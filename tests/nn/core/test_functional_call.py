"""nn.functional_call: a Module as a function of its parameters; afterwards the module is unchanged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, grad, gradcheck, hessian, hvp, jvp, value_and_grad
from autograd.errors import ArgumentError, DTypeError, ShapeError


def network() -> nn.Module:
    rng = np.random.default_rng(0)
    return nn.Sequential(nn.Linear(3, 4, rng=rng), nn.Tanh(), nn.Linear(4, 2, rng=rng)).double()


X = np.random.default_rng(1).normal(size=(5, 3))


def own(model: nn.Module) -> dict[str, Any]:
    return {name: p.numpy().copy() for name, p in model.named_parameters()}


def test_gradients_by_a_dict_of_parameters_are_those_of_backward() -> None:
    model = network()
    params = own(model)
    value, g = value_and_grad(lambda p: (nn.functional_call(model, p, X) ** 2).sum())(params)
    assert all(p.grad is None for p in model.parameters())
    loss = (model(X) ** 2).sum()
    loss.backward()
    assert value == loss.item()
    assert list(g) == list(params)
    for name, p in model.named_parameters():
        assert isinstance(g[name], np.ndarray)
        np.testing.assert_allclose(g[name], p.grad.numpy(), rtol=1e-12)  # type: ignore[union-attr]


def test_other_values_higher_order_and_forward_mode() -> None:
    model = network()
    params = {name: p + 0.1 for name, p in own(model).items()}

    def loss(p: Any) -> Any:
        return np.sum(nn.functional_call(model, p, X) ** 2)

    names = list(params)
    assert gradcheck(
        lambda *values: loss(dict(zip(names, values, strict=True))),
        *params.values(),
        order=2,
        modes=("reverse", "forward"),
    )
    v = {name: np.ones_like(p) for name, p in params.items()}
    H = hessian(loss)({"0.weight": params["0.weight"]})["0.weight"]["0.weight"]
    assert H.shape == (4, 3, 4, 3)
    only = {"0.weight": params["0.weight"]}
    np.testing.assert_allclose(hvp(loss, only, {"0.weight": v["0.weight"]})["0.weight"], H.sum(axis=(2, 3)), rtol=1e-10)
    assert jvp(loss, params, v)[1] == pytest.approx(sum(np.sum(g) for g in grad(loss)(params).values()), rel=1e-10)


def test_nothing_is_left_behind_also_after_an_error() -> None:
    model = network()
    before = [(p.data, p.node, p.requires_grad, p.written) for p in model.parameters()]
    params = own(model)

    class Fails(nn.Module):
        def __init__(self) -> None:
            self.inner = model

        def forward(self, x: Any) -> Any:
            self.inner(x)
            raise KeyError("mine")

    with pytest.raises(KeyError):
        grad(lambda p: nn.functional_call(Fails(), {f"inner.{k}": v for k, v in p.items()}, X))(params)
    grad(lambda p: nn.functional_call(model, p, X).sum())(params)
    nn.functional_call(model, params, X)
    for p, (data, node, requires_grad, written) in zip(model.parameters(), before, strict=True):
        assert p.data is data
        assert (p.node, p.requires_grad, p.written) == (node, requires_grad, written)
        assert p.grad is None
    (model(X).sum()).backward()
    assert all(p.grad is not None for p in model.parameters())


def test_a_part_of_the_parameters_frozen_ones_and_shared_ones() -> None:
    model = network().requires_grad_(False)
    g = grad(lambda p: nn.functional_call(model, p, X).sum())({"2.bias": np.zeros(2)})
    np.testing.assert_array_equal(g["2.bias"], [5, 5])

    tied = nn.Linear(3, 3, dtype=np.float64)
    twice = nn.Sequential(tied, tied)
    W = tied.weight.numpy().copy()
    g = grad(lambda p: nn.functional_call(twice, p, X).sum())({"0.weight": W})["0.weight"]
    (twice(X).sum()).backward()
    np.testing.assert_allclose(g, tied.weight.grad.numpy(), rtol=1e-12)  # type: ignore[union-attr]
    nn.functional_call(twice, {"0.weight": W, "1.weight": W}, X)
    with pytest.raises(ArgumentError, match="one shared parameter"):
        nn.functional_call(twice, {"0.weight": W, "1.weight": W + 1}, X)


def test_buffers_are_written_in_a_copy() -> None:
    norm = nn.BatchNorm1d(3, dtype=np.float64)
    mean = np.zeros(3)
    before = norm.running_mean.numpy().copy()
    nn.functional_call(norm, {"running_mean": mean}, X)
    np.testing.assert_array_equal(norm.running_mean.numpy(), before)
    assert mean.tolist() == [0, 0, 0]


def test_what_does_not_fit_is_named() -> None:
    model = network()
    with pytest.raises(ArgumentError, match=r"no parameter or buffer '0\.wieght'.*Did you mean '0\.weight'"):
        nn.functional_call(model, {"0.wieght": 1.0}, X)
    with pytest.raises(ShapeError, match=r"'0\.bias' has shape \(4,\); got \(3,\)"):
        nn.functional_call(model, {"0.bias": np.zeros(3)}, X)
    with pytest.raises(DTypeError, match="floating"):
        nn.functional_call(model, {"0.bias": np.zeros(4, int)}, X)
    with pytest.raises(autograd.errors.DTypeError, match="functional_call"):
        grad(lambda m: m(X).sum())(model)
    out = nn.functional_call(model, {"0.bias": Tensor(np.zeros(4), requires_grad=True)}, X)
    assert out.requires_grad
