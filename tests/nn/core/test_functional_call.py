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
    model = network().requires_grad_(False)  # the parameters that are not named are constants
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
    model.requires_grad_(True)
    g = grad(lambda p: np.sum(nn.functional_call(model, p, X) ** 2))({"2.bias": np.zeros(2)})
    np.sum(g["2.bias"]).backward()  # by the parameters that are not named
    assert [name for name, p in model.named_parameters() if p.grad is None] == ["2.bias"]

    tied = nn.Linear(3, 3, dtype=np.float64)
    twice = nn.Sequential(tied, tied)
    W = tied.weight.numpy().copy()
    with autograd.no_grad():
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


class Affine(nn.Module):
    """x · weight + shift, and a pair in the place of x."""

    def __init__(self) -> None:
        self.weight = nn.Parameter(np.array([2.0, 3.0]))

    def forward(self, input: Any, shift: Any = 0.0, *, scale: Any = 1.0) -> Any:
        a, b = input if type(input) is tuple else (input, input)
        return a * self.weight * scale + shift + 0 * b


W = {"weight": np.array([5.0, 7.0])}
x = np.array([1.0, 2.0])
FORMS: dict[str, tuple[tuple[Any, ...], dict[str, Any], list[float]]] = {
    "ours": ((x,), {}, [5, 14]),
    "ours, by name": ((x, 1.0), {"scale": 2.0}, [11, 29]),
    "ours, all by name": ((), {"input": x, "shift": 1.0}, [6, 15]),
    "a tuple": (((x,),), {}, [5, 14]),
    "a tuple of two": (((x, 1.0),), {}, [6, 15]),
    "a tuple and a dict": (((x,), {"shift": 1.0, "scale": 2.0}), {}, [11, 29]),
    "a tuple and None": (((x,), None), {}, [5, 14]),
    "a tuple and names": (((x,),), {"scale": 2.0}, [10, 28]),
    "nothing and a dict": (((), {"input": x}), {}, [5, 14]),
    "a tuple, kwargs=": (((x,),), {"kwargs": {"scale": 2.0}}, [10, 28]),
    "args=, kwargs=": ((), {"args": (x, 1.0), "kwargs": {"scale": 2.0}}, [11, 29]),
    "args= alone": ((), {"args": x}, [5, 14]),
    "an argument that is a tuple": ((((x, x), 1.0),), {}, [6, 15]),
    "an argument that is a tuple, by name": ((), {"input": (x, x)}, [5, 14]),
}


@pytest.mark.parametrize(("args", "kwargs", "expected"), FORMS.values(), ids=FORMS)
def test_the_forms_of_its_arguments(args: tuple[Any, ...], kwargs: dict[str, Any], expected: list[float]) -> None:
    assert nn.functional_call(Affine(), W, *args, **kwargs).tolist() == expected
    assert gradcheck(lambda w: nn.functional_call(Affine(), {"weight": w}, *args, **kwargs), W["weight"])


def test_it_is_called_as_torch_funcs() -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = (
        network(),
        torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)).double(),
    )
    first, second = {}, {}
    for name, p in own(ours).items():
        (first if name.startswith("0") else second)[name] = p + 0.1

    def tensors(params: dict[str, Any]) -> dict[str, Any]:
        return {name: torch.tensor(p) for name, p in params.items()}

    expected = torch.func.functional_call(theirs, (tensors(first), tensors(second)), (torch.tensor(X),))
    found = nn.functional_call(ours, (first, second), (X,))
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-12)
    by_dicts = grad(lambda both: np.sum(nn.functional_call(ours, both, (X,)) ** 2))((first, second))
    by_one = grad(lambda p: np.sum(nn.functional_call(ours, p, X) ** 2))(first | second)
    for name, g in (by_dicts[0] | by_dicts[1]).items():
        np.testing.assert_array_equal(g, by_one[name])


def test_arguments_and_params_that_it_cannot_take() -> None:
    model = Affine()
    for args, message in [
        ((W, (x,), 3.0), "after a tuple of all arguments comes a dict.*got float"),
        ((W, (x,), {}, 1), "after a tuple of all arguments comes a dict.*got dict, int"),
        (((W, W), x), "two of the dicts name 'weight'"),
        ((model.parameters(), x), "params must be a dict.*named_parameters"),
        (((W, x), x), "params must be a dict.*got a ndarray"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            nn.functional_call(model, *args)
    assert model.weight.tolist() == [2, 3]
