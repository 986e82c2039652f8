"""Penalties: which parameters they take, their values and gradients, and their effect in training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, gradcheck, gradgradcheck
from autograd.errors import ArgumentError


def net() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(3, 4, rng=np.random.default_rng(0)), nn.Tanh(), nn.Linear(4, 2, rng=np.random.default_rng(1))
    )


def test_weights_are_taken_and_biases_not() -> None:
    model = net()
    weights = [model[0].weight.numpy(), model[2].weight.numpy()]
    assert float(nn.l1_penalty(model)) == pytest.approx(sum(np.abs(w).sum() for w in weights))
    assert float(nn.l2_penalty(model)) == pytest.approx(sum((w**2).sum() for w in weights))
    nn.l2_penalty(model).backward()
    assert model[0].bias.grad is None
    np.testing.assert_array_equal(model[0].weight.grad.numpy(), 2 * weights[0])


def test_a_predicate_says_what_is_taken() -> None:
    model = net()
    seen: list[tuple[str, Any]] = []

    def second_layer(name: str, p: Any) -> bool:
        seen.append((name, p.shape))
        return name.startswith("2.")

    expected = (model[2].weight.numpy() ** 2).sum() + (model[2].bias.numpy() ** 2).sum()
    assert float(nn.l2_penalty(model, where=second_layer)) == pytest.approx(expected)
    assert seen == [("0.weight", (4, 3)), ("0.bias", (4,)), ("2.weight", (2, 4)), ("2.bias", (2,))]


def test_of_what_is_listed_all_is_taken_once() -> None:
    layer = nn.Linear(3, 2)
    everything = (layer.weight.numpy() ** 2).sum() + (layer.bias.numpy() ** 2).sum()
    for given in (
        layer.parameters(),
        layer.named_parameters(),
        dict(layer.named_parameters()),
        [layer.weight, layer.bias, layer.weight],
    ):
        assert float(nn.l2_penalty(given)) == pytest.approx(everything)
    assert float(nn.l1_penalty(layer.bias)) == pytest.approx(np.abs(layer.bias.numpy()).sum())


def test_nothing_taken_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"no parameter was chosen among: weight, bias.*where="):
        nn.l1_penalty(nn.Linear(3, 2), where=lambda name, p: False)


def test_the_magnitude_has_slope_zero_at_zero() -> None:
    w = Tensor([[-2.0, 0.0, 3.0]], requires_grad=True)
    nn.l1_penalty(w).backward()
    assert w.grad.tolist() == [[-1, 0, 1]]


def test_derivatives(rng: np.random.Generator) -> None:
    arrays = rng.uniform(0.1, 1, (2, 3)), rng.uniform(-1, -0.1, 4)
    assert gradcheck(lambda *ws: nn.l1_penalty(list(ws)), *arrays)
    assert gradgradcheck(lambda *ws: nn.l2_penalty(list(ws)), *arrays)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_is_that_of_the_parameters(dtype: Any) -> None:
    model = nn.Linear(300, 300).astype(dtype)
    penalty = nn.l2_penalty(model)
    assert penalty.dtype == dtype
    penalty.backward()
    assert model.weight.grad.dtype == dtype
    assert float(penalty) == pytest.approx((model.weight.numpy().astype(float) ** 2).sum(), rel=2e-3)


def test_ridge_regression_reaches_its_closed_form(rng: np.random.Generator) -> None:
    x, strength = rng.normal(size=(30, 3)), 0.7
    y = x @ np.array([[1.0], [-2.0], [0.5]]) + rng.normal(0, 0.1, (30, 1))
    layer = nn.Linear(3, 1, bias=False, dtype=np.float64)
    for _ in range(400):
        layer.zero_grad()
        (nn.functional.mse_loss(layer(x), y) + strength * nn.l2_penalty(layer)).backward()
        layer.weight.data -= 0.2 * layer.weight.grad.numpy()
    exact = np.linalg.solve(x.T @ x / 30 + strength * np.eye(3), x.T @ y / 30)
    np.testing.assert_allclose(layer.weight.numpy(), exact.T, rtol=1e-8)


def test_the_lasso_makes_a_useless_weight_nearly_zero(rng: np.random.Generator) -> None:
    x = rng.normal(size=(200, 4))
    y = x[:, :1] * 2.0
    layer = nn.Linear(4, 1, bias=False, dtype=np.float64, rng=rng)
    for step in range(600):
        layer.zero_grad()
        (nn.functional.mse_loss(layer(x), y) + 0.2 * nn.l1_penalty(layer)).backward()
        layer.weight.data -= 0.1 / (1 + step / 20) * layer.weight.grad.numpy()
    useful, *useless = np.abs(layer.weight.numpy()[0])
    assert useful > 1.5
    assert max(useless) < 0.01
