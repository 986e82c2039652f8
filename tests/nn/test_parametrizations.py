"""Parameters computed from others: the mechanism, weight_norm and spectral_norm."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import ArgumentError, DTypeError, InPlaceError, ShapeError
from nn.parametrizations import ParametrizationList, is_parametrized, register_parametrization, remove_parametrizations


class Double(nn.Module):
    def forward(self, w: Any) -> Any:
        return 2 * w


class Plus(nn.Module):
    def __init__(self, amount: float) -> None:
        self.amount = amount

    def forward(self, w: Any) -> Any:
        return w + self.amount

    def right_inverse(self, w: Any) -> Any:
        return w - self.amount


class Flat(nn.Module):
    def forward(self, w: Any) -> Any:
        return np.ravel(w)


class Wide(nn.Module):
    def forward(self, w: Any) -> Any:
        return w.astype(np.float64)


def linear() -> nn.Linear:
    return nn.Linear(3, 2, rng=np.random.default_rng(0))


def test_the_layer_computes_the_same_and_learns_the_originals() -> None:
    layer, x = linear(), np.ones((4, 3), np.float32)
    before = layer(x).numpy()
    made = nn.weight_norm(layer)
    assert made is layer
    assert isinstance(layer, nn.Linear)
    np.testing.assert_allclose(layer(x).numpy(), before, rtol=1e-6)
    assert list(layer.state_dict()) == [
        "bias",
        "parametrizations.weight.original0",
        "parametrizations.weight.original1",
    ]
    layer(x).sum().backward()
    assert {name for name, p in layer.named_parameters() if p.grad is not None} == set(layer.state_dict())


def test_inside_a_model_paths_and_modes_are_found() -> None:
    net = nn.Sequential(nn.spectral_norm(linear()), nn.ReLU())
    assert "0.parametrizations.weight.original" in net.state_dict()
    assert "0.parametrizations.weight.0._u" in dict(net.named_buffers())
    step = net.get_submodule("0.parametrizations.weight.0")
    net.eval()
    assert not step.training
    u = step._u.numpy().copy()
    net(np.ones((1, 3)))
    assert np.array_equal(step._u.numpy(), u)
    assert "(parametrizations.weight): ParametrizationList(" in repr(net)
    assert "WeightNorm(dim=0)" in repr(nn.weight_norm(linear()))


@pytest.mark.parametrize("make", [nn.weight_norm, nn.spectral_norm])
def test_copies_and_pickles_are_whole(make: Any) -> None:
    layer = make(linear()).eval()
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert type(twin) is type(layer)
        assert np.array_equal(twin.weight.numpy(), layer.weight.numpy())
        original = next(p for name, p in twin.named_parameters() if "original" in name)
        original.data += 1
        assert not np.array_equal(twin.weight.numpy(), layer.weight.numpy())


def test_several_are_applied_in_order_and_undone_in_reverse() -> None:
    layer = linear()
    value = layer.weight.numpy().copy()
    register_parametrization(layer, "weight", Plus(1.0))
    np.testing.assert_allclose(layer.weight.numpy(), value, rtol=1e-6)
    register_parametrization(layer, "weight", Plus(2.0))
    np.testing.assert_allclose(layer.weight.numpy(), value + 2, rtol=1e-6)
    layer.weight = value
    np.testing.assert_allclose(layer.weight.numpy(), value, rtol=1e-6)
    np.testing.assert_allclose(layer.parametrizations["weight"].original.numpy(), value - 3, rtol=1e-6)


def test_two_tensors_of_one_module() -> None:
    layer = nn.weight_norm(nn.weight_norm(linear()), "bias")
    assert is_parametrized(layer, "weight")
    assert is_parametrized(layer, "bias")
    remove_parametrizations(layer, "weight")
    assert not is_parametrized(layer, "weight")
    assert is_parametrized(layer)
    remove_parametrizations(layer, "bias")
    assert type(layer) is nn.Linear
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]  # in their old places
    assert "parametrizations" not in vars(layer)


@pytest.mark.parametrize("leave_parametrized", [True, False])
def test_removing_keeps_the_value_or_the_original(leave_parametrized: bool) -> None:
    layer = linear()
    learned, value = layer.weight, layer.weight.numpy().copy()
    register_parametrization(layer, "weight", Double())
    remove_parametrizations(layer, "weight", leave_parametrized=leave_parametrized)
    assert layer.weight is learned  # so that an optimizer that holds it still updates it
    np.testing.assert_array_equal(layer.weight.numpy(), value * (2 if leave_parametrized else 1))


def test_a_buffer_can_be_parametrized() -> None:
    layer = nn.CrossEntropyLoss(weight=[1.0, 2.0])
    register_parametrization(layer, "weight", Double())
    assert layer.weight.tolist() == [2, 4]
    assert not list(layer.parameters())


def test_assigning_to_a_weight_normed_weight() -> None:
    layer = nn.weight_norm(linear())
    layer.weight = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_allclose(layer.weight.numpy(), np.arange(6).reshape(2, 3), rtol=1e-6)
    with pytest.raises(ShapeError):
        layer.weight = np.ones((3, 2))
    register_parametrization(layer, "bias", Double())
    with pytest.raises(ArgumentError, match="Double has no right_inverse"):
        layer.bias = np.ones(2)


def test_spectral_norm_has_norm_one(rng: np.random.Generator) -> None:
    layer = nn.spectral_norm(nn.Linear(8, 6, rng=rng), n_power_iterations=60, rng=rng)
    assert np.linalg.norm(layer.weight.numpy(), 2) == pytest.approx(1, rel=1e-4)
    step = layer.parametrizations["weight"].get_submodule("0")
    first = np.linalg.svd(layer.weight.numpy())[0][:, 0]
    assert abs(float(step._u.numpy() @ first)) == pytest.approx(1, rel=1e-3)


def test_two_uses_before_one_sweep(rng: np.random.Generator) -> None:
    layer = nn.spectral_norm(nn.Linear(3, 3, rng=rng), rng=rng)
    layer(layer(np.ones((2, 3)))).sum().backward()  # the second use changes _u and _v
    assert np.isfinite(layer.parametrizations["weight"].original.grad.numpy()).all()


def test_pytorchs_places() -> None:
    assert nn.utils.parametrizations.weight_norm is nn.weight_norm
    assert nn.utils.parametrize.is_parametrized(nn.utils.parametrizations.spectral_norm(linear()))
    assert nn.utils.parametrize.ParametrizationList is ParametrizationList


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.weight_norm(linear(), "weights"), ArgumentError,
         "no parameter or buffer of its own named 'weights'"),
        (lambda: nn.spectral_norm(linear(), "weights"), ArgumentError, "'weights'"),
        (lambda: nn.weight_norm(linear(), dim=2), ArgumentError, r"axis of the weight \(2, 3\); got 2"),
        (lambda: nn.weight_norm(linear(), dim=-1), ArgumentError, "0 or more"),
        (lambda: nn.spectral_norm(linear(), dim=2), ArgumentError, "got 2"),
        (lambda: nn.spectral_norm(linear(), n_power_iterations=0), ArgumentError,
         "n_power_iterations must be a positive integer; got 0"),
        (lambda: register_parametrization(linear(), "weight", Flat()), ShapeError,
         r"Flat must give.*\(2, 3\); it gives \(6,\)"),
        (lambda: register_parametrization(linear(), "weight", Wide()), DTypeError, "float32; it gives float64"),
        (lambda: register_parametrization(linear(), "weight", np.exp), ArgumentError, "is a module"),
        (lambda: remove_parametrizations(linear(), "weight"), ArgumentError, "not parametrized"),
        (lambda: remove_parametrizations(nn.weight_norm(linear()), "weight", leave_parametrized=False), ArgumentError,
         "2 originals"),
    ],
)  # fmt: skip
def test_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_refusal_leaves_the_layer_as_it_was() -> None:
    layer = linear()
    with pytest.raises(ShapeError):
        register_parametrization(layer, "weight", Flat())
    assert type(layer) is nn.Linear
    assert list(layer.state_dict()) == ["weight", "bias"]


WRITES: dict[str, Callable[[nn.Module], Any]] = {
    "init": lambda m: nn.init.zeros_(m.weight),
    "init of a part": lambda m: nn.init.constant_(m.weight[:1], 1.0),
    "fill": lambda m: m.weight.fill(0.0),
    "item": lambda m: m.weight.__setitem__(0, 1.0),
    "item of a view": lambda m: m.weight.T[0].__setitem__(0, 1.0),
    "data": lambda m: setattr(m.weight, "data", np.zeros((2, 3), np.float32)),
    "out": lambda m: np.add(m.weight, 1.0, out=m.weight),
    "apply": lambda m: m.apply(lambda layer: nn.init.zeros_(layer.weight) if hasattr(layer, "weight") else None),
}


@pytest.mark.parametrize("parametrize", [nn.weight_norm, nn.spectral_norm])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("recording", [True, False])
def test_a_write_to_the_computed_tensor_is_refused_with_the_remedy(
    parametrize: Any, write: Any, recording: bool
) -> None:
    module = parametrize(nn.Linear(3, 2)).eval()
    before = module.weight.numpy().copy()
    with (
        autograd.enable_grad() if recording else autograd.no_grad(),
        pytest.raises(InPlaceError, match="parametrizati"),
    ):
        write(module)
    np.testing.assert_array_equal(module.weight.numpy(), before)


def test_the_remedies_of_that_refusal() -> None:
    module = nn.weight_norm(nn.Linear(3, 2))
    module.weight = np.full((2, 3), 2.0, np.float32)
    np.testing.assert_allclose(module.weight.numpy(), 2.0, rtol=1e-6)
    with autograd.no_grad():
        module.parametrizations["weight"].original0[0] *= 0.5
    np.testing.assert_allclose(module.weight.numpy(), [[1.0] * 3, [2.0] * 3], rtol=1e-6)
    module(np.ones((1, 3), np.float32)).sum().backward()
    assert all(p.grad is not None for p in module.parameters())
