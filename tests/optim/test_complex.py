"""Complex parameters: pairs of real ones to every optimizer, as in PyTorch; gradients clipped by their norm."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd.errors import ArgumentError, DTypeError
from tests.cases.optimizers import OPTIMIZERS, OptimizerCase

TAKEN = [case for case in OPTIMIZERS if case.cls.takes_complex]
PEERS = [case for case in TAKEN if case.peer and case.cls is not optim.LBFGS]
A = np.array([[1 + 1j, 0.5j], [0.2, 2 - 1j], [0.3j, 1.0]])


def rows(cases: list[OptimizerCase]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


def values(rng: np.random.Generator) -> list[Any]:
    return [rng.normal(size=shape) + 1j * rng.normal(size=shape) for shape in ((4, 3), (5,), ())]


@rows(TAKEN)
def test_ten_steps_are_those_of_real_and_imaginary_parts(case: OptimizerCase, rng: np.random.Generator) -> None:
    start = values(rng)
    whole = [nn.Parameter(z) for z in start]
    pairs = [nn.Parameter(np.stack([z.real, z.imag], axis=-1)) for z in start]
    losses = (
        lambda: sum(np.sum(np.abs(z) ** 2 + np.real(np.exp(0.1j * z))) for z in whole),
        lambda: sum(np.sum(p**2) + np.sum(np.real(np.exp(0.1j * (p[..., 0] + 1j * p[..., 1])))) for p in pairs),
    )
    for params, loss in zip((whole, pairs), losses, strict=True):
        optimizer = case.cls(params, **case.options)
        for _ in range(10):

            def closure(optimizer: Any = optimizer, loss: Any = loss) -> Any:
                optimizer.zero_grad()
                found = loss()
                found.backward()
                return found

            if not optimizer.needs_closure:
                closure()
            optimizer.step(closure) if optimizer.needs_closure else optimizer.step()
    for z, p in zip(whole, pairs, strict=True):
        assert z.dtype == complex
        np.testing.assert_allclose(z.numpy(), p.numpy()[..., 0] + 1j * p.numpy()[..., 1], rtol=1e-8, atol=1e-10)


@pytest.mark.oracle
@rows(PEERS)
def test_ten_steps_are_pytorchs_with_its_state_in_the_middle(case: OptimizerCase, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    start = values(rng)
    ours = [nn.Parameter(z) for z in start]
    theirs = [torch.nn.Parameter(torch.tensor(z)) for z in start]
    mine, other = case.cls(ours, **case.options), getattr(torch.optim, case.cls.__name__)(theirs, **case.options)
    for step in range(10):
        for p, peer in zip(ours, theirs, strict=True):
            g = rng.normal(size=p.shape) + 1j * rng.normal(size=p.shape)
            p.grad, peer.grad = g, torch.tensor(g)
        mine.step()
        other.step()
        if step == 4:  # PyTorch's state, loaded by a new optimizer of ours
            state = other.state_dict()
            state["state"] = {
                i: {k: v.detach().numpy() if isinstance(v, torch.Tensor) else v for k, v in of_p.items()}
                for i, of_p in state["state"].items()
            }
            mine = case.cls(ours, **case.options)
            mine.load_state_dict(state)
            kept = mine.state_dict()["state"]
            arrays = [v for of_p in kept.values() for v in of_p.values() if isinstance(v, np.ndarray) and v.ndim]
            assert all(v.dtype == complex for v in arrays)
    for p, peer in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.numpy(), peer.detach().numpy(), rtol=1e-6, atol=max(1e-10, case.least))


def least_squares(z: Any) -> Any:
    return np.sum(np.abs(A @ z - 1) ** 2)


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
@pytest.mark.oracle
def test_lbfgs_is_pytorchs(search: str | None) -> None:
    torch = pytest.importorskip("torch")
    z, peer = nn.Parameter(np.array([1j, 2.0])), torch.nn.Parameter(torch.tensor(np.array([1j, 2.0])))
    a = torch.tensor(A)
    for params, loss, cls in (
        ([z], lambda: least_squares(z), optim.LBFGS),
        ([peer], lambda: (a @ peer - 1).abs().square().sum(), torch.optim.LBFGS),
    ):
        optimizer = cls(params, lr=0.1 if search is None else 1, max_iter=4, line_search_fn=search)

        def closure(optimizer: Any = optimizer, loss: Any = loss) -> Any:
            optimizer.zero_grad()
            found = loss()
            found.backward()
            return found

        for _ in range(2):
            optimizer.step(closure)
        if cls is optim.LBFGS:
            optimizer.load_state_dict(optimizer.state_dict())
        optimizer.step(closure)
    np.testing.assert_allclose(z.numpy(), peer.detach().numpy(), rtol=1e-6)


def test_those_that_see_a_parameter_as_a_whole_refuse_complex_ones() -> None:
    for cls in (optim.Adafactor, optim.Muon):
        with pytest.raises(DTypeError, match=f"{cls.__name__} updates real tensors; parameter 0 has dtype complex128"):
            cls([nn.Parameter(np.ones((2, 2), complex))])


def test_real_and_complex_parameters_in_one_group() -> None:
    x, z = nn.Parameter([1.0]), nn.Parameter([1.0 + 1j])
    optimizer = optim.Adam([x, z], lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        (np.sum(np.abs(z - x * 1j) ** 2) + np.sum((x - 2) ** 2)).backward()
        optimizer.step()
    np.testing.assert_allclose([x.item(), z.item()], [2, 2j], atol=1e-2)
    state = optimizer.state_dict()
    state["state"][0]["exp_avg"] = np.array([1j])
    with pytest.raises(ArgumentError, match="it must hold real numbers"):
        optimizer.load_state_dict(state)


@pytest.mark.oracle
@pytest.mark.parametrize("order", [2.0, 1.0, 3.0, math.inf])
def test_the_norm_of_gradients_is_pytorchs(order: float, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = [], []
    for shape, factor in (((3,), 1j), ((2, 2), 1.0)):
        g = rng.normal(size=shape) * (1 + factor if factor == 1j else 1)
        p, peer = nn.Parameter(np.zeros_like(g)), torch.nn.Parameter(torch.zeros(shape, dtype=torch.tensor(g).dtype))
        p.grad, peer.grad = g, torch.tensor(g)
        ours.append(p)
        theirs.append(peer)
    found = nn.clip_grad_norm_(ours, 0.5, order)
    expected = torch.nn.utils.clip_grad_norm_(theirs, 0.5, order)
    np.testing.assert_allclose(float(found), float(expected))
    for p, peer in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.grad.numpy(), peer.grad.numpy(), rtol=1e-6)


def test_clipping_by_value_orders_numbers() -> None:
    p, q = nn.Parameter([1.0]), nn.Parameter([1j])
    p.grad, q.grad = [3.0], [3j]
    with pytest.raises(DTypeError, match="Use clip_grad_norm_"):
        nn.clip_grad_value_([p, q], 1.0)
    assert p.grad.item() == 3, "nothing was changed"


def test_averages_of_weights(rng: np.random.Generator) -> None:
    layer = nn.Linear(2, 2, dtype=np.complex128, rng=rng)
    averaged = optim.swa_utils.AveragedModel(layer)
    first = layer.weight.numpy().copy()
    averaged.update_parameters(layer)
    layer.weight.data = first + 2j
    averaged.update_parameters(layer)
    np.testing.assert_allclose(averaged.module.weight.numpy(), first + 1j)
