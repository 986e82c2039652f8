"""Every row of tests/cases/modules.py: derivatives by inputs and parameters, dtypes, saving, and PyTorch's module."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, gradcheck, gradgradcheck
from tests.cases.modules import MODULES, ModuleCase

rows = pytest.mark.parametrize("case", MODULES, ids=[case.name for case in MODULES])


def as_function(module: nn.Module, n: int) -> Any:
    """The module as a function of n inputs and then its parameters' values."""
    places = []
    for path, p in module.named_parameters():
        owner = dict(module.named_modules())[path.rpartition(".")[0]]
        places.append((vars(owner), next(key for key, value in vars(owner).items() if value is p)))

    def function(*values: Any) -> Any:
        for (attributes, key), value in zip(places, values[n:], strict=True):
            attributes[key] = value
        return module(*values[:n])

    return function


def cast(inputs: tuple[Any, ...], dtype: Any) -> list[Any]:
    return [x.astype(dtype) if x.dtype.kind == "f" else x for x in inputs]


@rows
def test_derivatives(case: ModuleCase, rng: np.random.Generator) -> None:
    module, inputs = case.make(rng), case.inputs(rng)
    values = [p.numpy().copy() for p in module.parameters()]
    function = as_function(module, len(inputs))
    assert gradcheck(function, *inputs, *values)
    assert gradgradcheck(function, *inputs, *values)


@rows
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_is_that_of_the_parameters(case: ModuleCase, dtype: Any, rng: np.random.Generator) -> None:
    module, inputs = case.make(rng).astype(dtype), case.inputs(rng)
    given = inputs if list(module.parameters()) else cast(inputs, dtype)
    leaf = Tensor(given[0], requires_grad=True)
    out = module(leaf, *given[1:])
    assert out.dtype == dtype
    out.sum().backward()
    assert leaf.grad is not None
    assert leaf.grad.dtype == given[0].dtype
    assert all(p.grad is not None and p.grad.dtype == dtype for p in module.parameters())


@rows
def test_state_is_saved_and_restored(case: ModuleCase, rng: np.random.Generator) -> None:
    module, inputs = case.make(rng), case.inputs(rng)
    other = case.make(np.random.default_rng(99))
    other.load_state_dict(module.state_dict())
    for twin in (other, copy.deepcopy(module)):
        assert np.array_equal(twin(*inputs), module(*inputs)) if not list(module.parameters()) else (twin(*inputs) == module(*inputs)).all()


@rows
def test_repr_names_the_class(case: ModuleCase, rng: np.random.Generator) -> None:
    assert repr(case.make(rng)).startswith(f"{case.cls.__name__}(")


@pytest.mark.oracle
@pytest.mark.parametrize("case", [case for case in MODULES if case.torch], ids=[case.name for case in MODULES if case.torch])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_agrees_with_pytorch(case: ModuleCase, dtype: Any, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    assert case.torch is not None
    ours, theirs = case.make(rng).astype(dtype), case.torch(torch).to(getattr(torch, np.dtype(dtype).name))
    theirs.load_state_dict({name: torch.from_numpy(value) for name, value in ours.state_dict().items()})  # the keys are the same
    inputs = cast(case.inputs(rng), dtype)
    xs = [Tensor(x, requires_grad=x.dtype.kind == "f") for x in inputs]
    ys = [torch.from_numpy(x.copy()).requires_grad_(x.dtype.kind == "f") for x in inputs]
    out, peer = ours(*xs), theirs(*ys)
    tolerance = {"rtol": 1e-5, "atol": 1e-6} if dtype is np.float32 else {"rtol": 1e-12, "atol": 1e-12}
    np.testing.assert_allclose(out.numpy(), peer.detach().numpy(), **tolerance)
    g = rng.normal(size=out.shape).astype(dtype)
    out.backward(g)
    peer.backward(torch.from_numpy(np.asarray(g)))
    pairs = [*zip(xs, ys, strict=True), *zip(ours.parameters(), theirs.parameters(), strict=True)]
    for mine, other in pairs:
        if mine.requires_grad:
            np.testing.assert_allclose(mine.grad.numpy(), other.grad.numpy(), **tolerance)
