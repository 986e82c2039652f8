"""Every module on the strict array: it moves there, computes there, and its state goes back and forth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from autograd.errors import DTypeError, ShapeError
from tests.arrays.strict import StrictArray, outside, strict
from tests.cases import several
from tests.cases.case import constants_as
from tests.cases.modules import MODULES, ModuleCase

SCORES = np.zeros(1)
SIGNS = (nn.HingeLoss, nn.HingeEmbeddingLoss, nn.MarginRankingLoss, nn.CosineEmbeddingLoss, nn.SoftMarginLoss)


def moved(x: Any, kinds: str) -> Any:
    return strict(x) if hasattr(x, "dtype") and x.dtype.kind in kinds else x


def results(case: ModuleCase, convert: Any) -> list[Any]:
    """The floating results of a module, then the gradients of its parameters and of its floating inputs."""
    autograd.seed(0)
    rng = np.random.default_rng(0)
    module = case.make(rng)
    inputs = list(case.inputs(rng))
    if convert is strict:  # integers are indices, which stay ndarrays, or signs
        inputs = [moved(x, "fbi" if issubclass(case.cls, SIGNS) else "fb") for x in inputs]
        module.to(like=strict(SCORES))
    inputs = [Tensor(x, requires_grad=True) if getattr(x, "dtype", np.dtype(int)).kind == "f" else x for x in inputs]
    outputs = several(module(*inputs))
    recorded = [y for y in outputs if isinstance(y, Tensor) and y.requires_grad]
    leaves = [*[p for p in module.parameters() if p.requires_grad], *[x for x in inputs if isinstance(x, Tensor)]]
    if recorded:
        seeds = [convert(np.cos(np.arange(y.size)).reshape(y.shape).astype(y.dtype)) for y in recorded]
        autograd.backward(recorded, seeds)
    values = [y.numpy() if isinstance(y, Tensor) else y for y in outputs]
    return [*values, *[None if x.grad is None else x.grad.numpy() for x in leaves]]


@pytest.mark.parametrize("case", MODULES, ids=[case.name for case in MODULES])
def test_a_module_on_the_strict_array_equals_that_on_ndarrays(case: ModuleCase) -> None:
    with constants_as(strict):
        found = results(case, strict)
    expected = results(case, lambda x: x)
    assert len(found) == len(expected)
    for ours, peer in zip(found, expected, strict=True):
        assert (ours is None) == (peer is None)
        if ours is not None:
            np.testing.assert_allclose(outside(ours), peer, rtol=1e-9, atol=1e-11)


def small() -> nn.Module:
    autograd.seed(1)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))


def test_a_module_moves_there_and_back() -> None:
    module = small()
    before = module.state_dict()
    module.to(like=strict(SCORES))
    assert all(type(t.numpy()) is StrictArray for t in (*module.parameters(), *module.buffers()))
    module.to(like=SCORES)
    for name, array in module.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_the_gradients_move_too() -> None:
    module = small()
    module(Tensor(np.ones((5, 3), np.float32))).sum().backward()
    expected = [p.grad.numpy() for p in module.parameters()]
    module.map(strict)
    for p, g in zip(module.parameters(), expected, strict=True):
        np.testing.assert_array_equal(outside(p.grad.numpy()), g)


@pytest.mark.parametrize(
    ("function", "error"), [(lambda x: x.reshape(-1)[:1], ShapeError), (lambda x: x.astype(np.float16), DTypeError)]
)
def test_a_function_that_changes_shapes_or_dtypes_is_refused_and_changes_nothing(function: Any, error: Any) -> None:
    module = small()
    arrays = [p.numpy() for p in module.parameters()]
    with pytest.raises(error, match="map's function must keep the"):
        module.map(function)
    assert all(p.numpy() is x for p, x in zip(module.parameters(), arrays, strict=True))


def test_states_go_between_kinds(tmp_path: Path) -> None:
    there, here = small().to(like=strict(SCORES)), small()
    state = here.state_dict()
    there.load_state_dict(state)
    assert all(type(x) is StrictArray for x in there.state_dict().values())
    here.load_state_dict(there.state_dict())
    nn.save(there, tmp_path / "model.safetensors")
    loaded = nn.load(tmp_path / "model.safetensors")
    for name, array in state.items():
        np.testing.assert_array_equal(here.state_dict()[name], array)
        np.testing.assert_array_equal(loaded[name], array)


def test_a_module_on_another_kind_than_its_input_names_both() -> None:
    with pytest.raises(DTypeError, match=r"StrictArray and ndarray do not compute together.*model\.to\(like=x\)"):
        small()(strict(np.ones((5, 3), np.float32)))
    with pytest.raises(DTypeError, match="StrictArray and ndarray do not compute together"):
        small().to(like=strict(SCORES))(np.ones((5, 3), np.float32))


def test_a_training_loop() -> None:
    losses = {}
    for name, convert in (("strict", strict), ("ndarray", lambda x: x)):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(20, 3)).astype(np.float32), rng.normal(size=(20, 2)).astype(np.float32)
        model = small().map(convert)
        optimizer = optim.Adam(model.parameters(), lr=0.1, weight_decay=0.01)
        for _ in range(5):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(Tensor(convert(x))), convert(y))
            loss.backward()
            nn.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        losses[name] = loss.numpy()
    np.testing.assert_allclose(outside(losses["strict"]), losses["ndarray"], rtol=1e-5)
