"""Clipped gradients and total norms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import nn
from autograd.errors import ArgumentError, GraphError

NORMS = [1.0, 2.0, 3.0, math.inf]


def with_gradients(*gradients: Any, dtype: Any = np.float64) -> list[nn.Parameter]:
    parameters = [nn.Parameter(np.zeros(np.shape(g)), dtype=dtype) for g in gradients]
    for p, g in zip(parameters, gradients, strict=True):
        p.grad = np.array(g, dtype)
    return parameters


@pytest.mark.parametrize("p", NORMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_norm_is_that_of_one_long_vector(p: float, dtype: Any, rng: np.random.Generator) -> None:
    a, b = rng.normal(size=(4, 3)), rng.normal(size=5)
    parameters = with_gradients(a, b, dtype=dtype)
    parameters.append(nn.Parameter([1.0]))  # without a gradient
    norm = nn.clip_grad_norm_(parameters, 0.5, p)
    assert norm.dtype == dtype
    assert norm.item() == pytest.approx(np.linalg.norm(np.concatenate([a.ravel(), b]), p), rel=1e-5)
    assert nn.get_total_norm([p.grad for p in parameters[:2]], p).item() == pytest.approx(0.5, rel=1e-5)
    np.testing.assert_allclose(parameters[0].grad.numpy(), a * 0.5 / norm.item(), rtol=1e-4)


def test_small_gradients_stay_as_they_are() -> None:
    (p,) = with_gradients([3.0, 4.0])
    assert nn.clip_grad_norm_(p, 5.1).item() == 5
    assert p.grad.tolist() == [3, 4]


@pytest.mark.oracle
@pytest.mark.parametrize("p", NORMS)
def test_agrees_with_pytorch(p: float, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    gradients = rng.normal(size=(4, 3)), rng.normal(size=5)
    ours = with_gradients(*gradients)
    theirs = [torch.zeros(g.shape, dtype=torch.float64, requires_grad=True) for g in gradients]
    for t, g in zip(theirs, gradients, strict=True):
        t.grad = torch.tensor(g)
    assert nn.utils.clip_grad_norm_(ours, 1.5, p).item() == pytest.approx(
        torch.nn.utils.clip_grad_norm_(theirs, 1.5, p).item()
    )
    nn.utils.clip_grad_value_(ours, 0.1)
    torch.nn.utils.clip_grad_value_(theirs, 0.1)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.grad.numpy(), other.grad.numpy(), rtol=1e-12)


@pytest.mark.parametrize("p", NORMS)
@pytest.mark.parametrize("size", [1e30, 1e-30])
def test_a_norm_is_found_where_its_squares_overflow_or_vanish(p: float, size: float) -> None:
    (parameter,) = with_gradients([3 * size, 4 * size], dtype=np.float32)
    norm = nn.clip_grad_norm_([parameter], 1.0, p).item()
    assert norm == pytest.approx(size * np.linalg.norm([3, 4], p), rel=1e-5)
    (halves,) = with_gradients([300.0] * 4, dtype=np.float16)
    assert nn.clip_grad_norm_([halves], 1.0).item() == 600
    (doubles,) = with_gradients([3e200, 4e200])
    assert nn.get_total_norm([doubles.grad]).item() == pytest.approx(5e200)
    (tiny,) = with_gradients([3e-200, 4e-200])
    assert nn.get_total_norm([tiny.grad]).item() == pytest.approx(5e-200)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
@pytest.mark.parametrize("p", NORMS)
def test_a_norm_that_is_not_finite_is_reported_and_changes_nothing(bad: float, p: float) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    for parameter in model.parameters():
        parameter.grad = np.ones(parameter.shape, np.float32)
    model[1].weight.grad = np.array([[bad, 2]], np.float32)
    with pytest.warns(nn.NonFiniteGradientWarning, match=r"gradient of 1\.weight\. They were left as they are"):
        norm = nn.clip_grad_norm_(model, 1.0, p)
    assert not math.isfinite(norm.item())
    assert (model[0].weight.grad.numpy() == 1).all()
    with pytest.raises(GraphError, match=r"inf or nan in the gradient of 1\.weight.*detect_anomaly"):
        nn.clip_grad_norm_(model.parameters(), 1.0, p, error_if_nonfinite=True)
    assert (model[0].weight.grad.numpy() == 1).all()
    with pytest.raises(GraphError, match="norm of the tensors"):
        nn.get_total_norm([model[1].weight.grad], p, error_if_nonfinite=True)


def test_values_are_clipped() -> None:
    (p,) = with_gradients([-3.0, 0.5, 2.0], dtype=np.float32)
    nn.clip_grad_value_(p, 1)
    assert p.grad.tolist() == [-1, 0.5, 1]
    assert p.grad.dtype == np.float32


def test_no_gradients_at_all() -> None:
    layer = nn.Linear(2, 1)
    assert nn.clip_grad_norm_(layer, 1.0).item() == 0
    nn.clip_grad_value_(layer.parameters(), 1.0)
    assert layer.weight.grad is None


def test_a_recorded_gradient_is_replaced_not_overwritten() -> None:
    p = nn.Parameter([3.0])
    (p**3).sum().backward(create_graph=True)
    kept = p.grad
    nn.clip_grad_norm_(p, 1.0)
    assert p.grad.item() == pytest.approx(1, rel=1e-6)
    assert kept.item() == 27
    kept.sum().backward()  # its graph still exists


def test_refused() -> None:
    (p,) = with_gradients([1.0])
    with pytest.raises(ArgumentError, match="max_norm must be a number >= 0; got -1"):
        nn.clip_grad_norm_(p, -1)
    with pytest.raises(ArgumentError, match="norm_type must be > 0"):
        nn.clip_grad_norm_(p, 1, 0)
    with pytest.raises(ArgumentError, match="clip_value must be a number >= 0; got nan"):
        nn.clip_grad_value_(p, math.nan)


@pytest.mark.parametrize("bad", ["1.0", None, True, math.nan, -1, [1.0], np.array([1.0, 2.0]), 1j])
def test_a_limit_is_one_number(bad: Any) -> None:
    (p,) = with_gradients([1.0, 2.0])
    for call in (
        lambda: nn.clip_grad_norm_(p, bad),
        lambda: nn.clip_grad_norm_(p, 1.0, bad),
        lambda: nn.clip_grad_value_(p, bad),
        lambda: nn.get_total_norm([[1.0]], bad),
    ):
        with pytest.raises(ArgumentError, match=r"must be (a number )?>.*; got"):
            call()
    assert p.grad.tolist() == [1, 2]
    assert nn.clip_grad_norm_(p, np.float32(10), np.array(2)).item() == pytest.approx(5**0.5)
