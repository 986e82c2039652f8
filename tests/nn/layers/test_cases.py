"""Every row of tests/cases/modules: derivatives by inputs and parameters, dtypes, saving, and PyTorch's module."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, backward, gradcheck, gradgradcheck
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


def floating(out: Any) -> list[Any]:
    """The floating tensors in what a module returned: a tensor, or tuples and lists of them."""
    if isinstance(out, (tuple, list)):
        return [leaf for item in out for leaf in floating(item)]
    return [out] if out is not None and getattr(out, "dtype", np.dtype(int)).kind == "f" else []


@rows
def test_derivatives(case: ModuleCase, rng: np.random.Generator) -> None:
    module, inputs = case.make(rng), case.inputs(rng)
    values = [p.numpy().copy() for p in module.parameters()]
    function = as_function(module, len(inputs))
    if case.order >= 1:
        assert gradcheck(function, *inputs, *values)
    if case.order >= 2:
        assert gradgradcheck(function, *inputs, *values)


@rows
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_is_that_of_the_parameters(case: ModuleCase, dtype: Any, rng: np.random.Generator) -> None:
    if dtype is np.float16 and not case.half:
        dtype = np.float32
    module, inputs = case.make(rng).astype(dtype), case.inputs(rng)
    given = inputs if list(module.parameters()) else cast(inputs, dtype)
    leaves = [Tensor(x, requires_grad=True) if x.dtype.kind == "f" else x for x in given]
    outs = floating(module(*leaves))
    assert outs
    assert all(out.dtype == dtype for out in outs)
    tracked = [out for out in outs if getattr(out, "requires_grad", False)]
    if tracked:
        backward(tracked, [np.ones(out.shape, dtype) for out in tracked])
    for leaf, x in zip(leaves, given, strict=True):
        assert getattr(leaf, "grad", None) is None or leaf.grad.dtype == x.dtype
    assert all(p.grad is None or p.grad.dtype == dtype for p in module.parameters())
    assert all(b.dtype == dtype for b in module.buffers() if b.dtype.kind == "f")


@rows
def test_state_is_saved_and_restored(case: ModuleCase, rng: np.random.Generator) -> None:
    module, inputs = case.make(rng).eval(), case.inputs(rng)
    other = case.make(np.random.default_rng(99)).eval()
    other.load_state_dict(module.state_dict())
    for twin in (other, copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        for ours, theirs in zip(floating(twin(*inputs)), floating(module(*inputs)), strict=True):
            np.testing.assert_array_equal(getattr(ours, "_array", ours), getattr(theirs, "_array", theirs))


@rows
def test_repr_names_the_class(case: ModuleCase, rng: np.random.Generator) -> None:
    assert repr(case.make(rng)).startswith(f"{case.cls.__name__}(")


@pytest.mark.oracle
@pytest.mark.parametrize(
    "case", [case for case in MODULES if case.torch], ids=[case.name for case in MODULES if case.torch]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_agrees_with_pytorch(case: ModuleCase, dtype: Any, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    assert case.torch is not None
    ours, theirs = case.make(rng).astype(dtype), case.torch(torch).to(getattr(torch, np.dtype(dtype).name))
    theirs.load_state_dict(
        {name: torch.from_numpy(value) for name, value in ours.state_dict().items()}
    )  # the keys are the same
    theirs.train(ours.training)
    inputs = cast(case.inputs(rng), dtype)
    xs = [Tensor(x, requires_grad=True) if x.dtype.kind == "f" else x for x in inputs]
    ys = [torch.from_numpy(x.copy()).requires_grad_(x.dtype.kind == "f") for x in inputs]
    tolerance = {"rtol": 1e-5, "atol": 2e-6} if dtype is np.float32 else {"rtol": 1e-11, "atol": 1e-12}
    outs, peers = floating(ours(*xs)), [peer for peer in several(theirs(*ys)) if peer.is_floating_point()]
    for out, peer in zip(outs, peers, strict=True):
        np.testing.assert_allclose(getattr(out, "_array", out), peer.detach().numpy(), **tolerance)
    pairs = [(out, peer) for out, peer in zip(outs, peers, strict=True) if peer.requires_grad]
    gs = [np.asarray(rng.normal(size=out.shape), dtype) for out, _ in pairs]
    if pairs:
        backward([out for out, _ in pairs], gs)
        torch.autograd.backward([peer for _, peer in pairs], [torch.from_numpy(g) for g in gs])
    for mine, other in [*zip(xs, ys, strict=True), *zip(ours.parameters(), theirs.parameters(), strict=True)]:
        if other.grad is not None:
            np.testing.assert_allclose(mine.grad.numpy(), other.grad.numpy(), **tolerance)
    for name, value in theirs.state_dict().items():  # buffers, after the step
        np.testing.assert_allclose(ours.state_dict()[name], value.numpy(), **tolerance)


def several(out: Any) -> list[Any]:
    """PyTorch's tensors in what its module returned."""
    return (
        [leaf for item in out for leaf in several(item)]
        if isinstance(out, (tuple, list))
        else []
        if out is None
        else [out]
    )
