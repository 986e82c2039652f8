"""Modules, layers, losses and initialisers."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd import Tensor, gradcheck, gradgradcheck, no_grad
from autograd.engine.gradients import gradients
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn.data import minibatches

# Parameter


def test_a_parameter_owns_its_array() -> None:
    values = np.ones(3)
    p = nn.Parameter(values)
    with no_grad():
        p += 1
    assert values.tolist() == [1, 1, 1]
    assert p.requires_grad
    assert p.is_leaf


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_a_parameter_is_copied_and_pickled_with_all_it_has(copied: Any) -> None:
    p = nn.Parameter([1.0, 2.0], requires_grad=False, name="scale")
    p.requires_grad = True
    (p * p).sum().backward()
    twin = copied(p)
    assert type(twin) is nn.Parameter
    assert (twin.name, twin.requires_grad, twin.tolist(), twin.grad.tolist()) == ("scale", True, [1, 2], [2, 4])
    assert not np.shares_memory(twin.numpy(), p.numpy())


def test_a_parameter_of_integers_is_refused() -> None:
    with pytest.raises(DTypeError, match="floating"):
        nn.Parameter([1, 2])


# Plain arrays


def test_without_a_gradient_plain_arrays_stay_plain() -> None:
    x = np.array([[-1.0, 2.0]])
    for function in (F.relu, F.sigmoid, F.tanh, F.softmax, F.log_softmax):
        assert type(function(x)) is np.ndarray
    assert type(nn.ReLU()(x)) is np.ndarray


# Layers


def test_linear_is_checked(rng: np.random.Generator) -> None:
    layer = nn.Linear(3, 2, dtype=np.float64, rng=rng)
    x = rng.normal(size=(4, 3))
    assert np.allclose(layer(x).numpy(), x @ layer.weight.numpy().T + layer.bias.numpy())
    arguments = (x, layer.weight.numpy().copy(), layer.bias.numpy().copy())
    assert gradcheck(F.linear, *arguments)
    assert gradgradcheck(F.linear, *arguments)


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3), (0, 3)])
def test_linear_maps_the_last_axis(shape: tuple[int, ...]) -> None:
    layer = nn.Linear(3, 2)
    out = layer(np.ones(shape))
    assert out.shape == (*shape[:-1], 2)
    assert out.dtype == np.float32
    out.sum().backward()
    assert layer.weight.grad.shape == (2, 3)
    assert layer.bias.grad.dtype == np.float32


def test_linear_without_bias() -> None:
    layer = nn.Linear(3, 2, bias=False)
    assert layer.bias is None
    assert list(layer.state_dict()) == ["weight"]
    assert (layer(np.zeros(3)) == 0).all()


def test_linear_explains_a_wrong_shape() -> None:
    layer = nn.Linear(784, 10)
    with pytest.raises(ShapeError) as caught:
        layer(np.ones((32, 28, 28)))
    assert (
        str(caught.value) == "Linear expects input of shape (*, 784); got (32, 28, 28). Flatten it first: nn.Flatten()."
    )
    with pytest.raises(ShapeError, match=r"got \(32, 28\)\. The last axis must have 784"):
        layer(np.ones((32, 28)))
    with pytest.raises(ShapeError, match=r"got \(\)"):
        layer(np.ones(()))


def test_a_layer_refuses_integers_and_casts_floats() -> None:
    layer = nn.Linear(3, 2)
    with pytest.raises(DTypeError, match=r"float32 and takes floating input; got int64.*astype"):
        layer(np.ones((2, 3), np.int64))
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    layer(x).sum().backward()
    assert x.grad.dtype == np.float64


@pytest.mark.parametrize("size", [0, -1, 2.5, True, "3", None])
def test_a_wrong_size_is_refused(size: Any) -> None:
    with pytest.raises(ArgumentError, match="in_features must be a positive integer"):
        nn.Linear(size, 2)


def test_residual_adds_its_input() -> None:
    block = nn.Linear(3, 3)
    x = np.ones((2, 3), np.float32)
    assert np.array_equal(nn.Residual(block)(x).numpy(), block(x).numpy() + x)
    shortcut = nn.Linear(3, 5)
    wide = nn.Linear(3, 5)
    assert np.array_equal(nn.Residual(wide, shortcut)(x).numpy(), wide(x).numpy() + shortcut(x).numpy())
    with pytest.raises(ShapeError, match=r"\(2, 5\), to its input's \(2, 3\).*shortcut"):
        nn.Residual(wide)(x)
    with pytest.raises(ShapeError):
        nn.Residual(nn.Linear(3, 1))(x)  # would broadcast


# Losses


def test_cross_entropy(rng: np.random.Generator) -> None:
    logits, target = rng.normal(size=(5, 3)), np.array([0, 2, 1, 1, 0])
    by_hand = -np.log((np.exp(logits) / np.exp(logits).sum(1, keepdims=True))[np.arange(5), target])
    assert np.allclose(nn.CrossEntropyLoss(reduction="none")(logits, target), by_hand)
    assert np.allclose(nn.CrossEntropyLoss()(logits, target), by_hand.mean())
    assert np.allclose(nn.CrossEntropyLoss(reduction="sum")(logits, target), by_hand.sum())
    assert gradcheck(lambda x: F.cross_entropy(x, target), logits)
    assert gradgradcheck(lambda x: F.cross_entropy(x, target), logits)
    assert float(F.cross_entropy(np.array([[1e4, 0.0]]), np.array([1]))) == 1e4


def test_cross_entropy_takes_a_tensor_target() -> None:
    logits = Tensor(np.zeros((2, 3)), requires_grad=True)
    F.cross_entropy(logits, Tensor([0, 1])).backward()
    assert np.allclose(logits.grad.numpy(), (np.full((2, 3), 1 / 3) - np.eye(2, 3)) / 2)


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (np.array([0, 3]), ArgumentError, r"0 … 2"),
        (np.array([0, -1]), ArgumentError, r"0 … 2"),
        (np.array([0.0, 1.0]), DTypeError, "integer class numbers"),
        (np.array([0, 1, 2]), ShapeError, r"shape \(2,\)"),
        (np.array([[0], [1]]), ShapeError, r"shape \(2,\)"),
    ],
)
def test_cross_entropy_refuses_bad_targets(target: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        nn.CrossEntropyLoss()(np.zeros((2, 3)), target)


def test_mse_loss(rng: np.random.Generator) -> None:
    a, b = rng.normal(size=(2, 4, 3))
    assert np.allclose(nn.MSELoss()(a, b), ((a - b) ** 2).mean())
    assert gradcheck(F.mse_loss, a, b)
    x = Tensor(a.astype(np.float32), requires_grad=True)
    assert nn.MSELoss(reduction="sum")(x, b).dtype == np.float32
    with pytest.raises(ShapeError, match=r"one shape; got \(4, 1\) and \(4,\)"):
        nn.MSELoss()(np.ones((4, 1)), np.ones(4))


@pytest.mark.parametrize("loss", [nn.MSELoss, nn.CrossEntropyLoss])
def test_an_unknown_reduction_is_refused(loss: Any) -> None:
    with pytest.raises(ArgumentError, match="reduction must be one of 'mean', 'sum', 'none'; got 'average'"):
        loss(reduction="average")


# Initialisers


@pytest.mark.parametrize(
    ("fill", "std"),
    [
        (nn.init.kaiming_normal_, np.sqrt(2 / 400)),
        (nn.init.kaiming_uniform_, np.sqrt(2 / 400)),
        (nn.init.xavier_normal_, np.sqrt(2 / 1000)),
        (nn.init.xavier_uniform_, np.sqrt(2 / 1000)),
    ],
)
def test_initialisers_have_their_variance(fill: Any, std: float, rng: np.random.Generator) -> None:
    p = nn.Parameter(np.empty((600, 400), np.float32))
    assert fill(p, rng=rng) is p
    assert p.dtype == np.float32
    assert abs(float(np.std(p.numpy())) / std - 1) < 0.01
    assert abs(float(np.mean(p.numpy()))) < 0.01 * std * 5


def test_the_package_generator_repeats_after_a_seed() -> None:
    autograd.seed(3)
    first = nn.Linear(4, 4).state_dict()
    autograd.seed(3)
    assert all((value == first[name]).all() for name, value in nn.Linear(4, 4).state_dict().items())
    autograd.seed(None)


@pytest.mark.parametrize("bad", [-1, 1.5, "0", True])
def test_a_wrong_seed_is_refused(bad: Any) -> None:
    with pytest.raises(ArgumentError, match="seed must be an integer"):
        autograd.seed(bad)
    with pytest.raises(ArgumentError, match=r"np\.random\.Generator"):
        nn.Linear(2, 2, rng=1)


def test_wrong_options_of_initialisers_are_refused() -> None:
    p = nn.Parameter(np.ones((2, 2)))
    with pytest.raises(ArgumentError, match="fan_in"):
        nn.init.kaiming_normal_(p, mode="fan")
    with pytest.raises(ArgumentError, match="nonlinearity must be one of"):
        nn.init.kaiming_normal_(p, nonlinearity="swish")
    with pytest.raises(ShapeError, match="fan-out need a weight"):
        nn.init.xavier_normal_(nn.Parameter(np.ones(2)))
    with pytest.raises(ArgumentError, match="std >= 0"):
        nn.init.normal_(p, std=-1)
    assert p.tolist() == [[1, 1], [1, 1]]


# Mini-batches


def test_minibatches_cover_every_row_once(rng: np.random.Generator) -> None:
    x, y = np.arange(10), np.arange(10) * 2
    batches = list(minibatches(x, y, batch_size=4, rng=rng))
    assert [len(a) for a, _ in batches] == [4, 4, 2]
    assert sorted(np.concatenate([a for a, _ in batches]).tolist()) == x.tolist()
    assert all((b == 2 * a).all() for a, b in batches)
    assert np.concatenate([a for a, _ in batches]).tolist() != x.tolist()


def test_minibatches_in_order_and_without_the_rest() -> None:
    batches = [a.tolist() for (a,) in minibatches(np.arange(5), batch_size=2, shuffle=False, drop_last=True)]
    assert batches == [[0, 1], [2, 3]]
    assert list(minibatches(np.empty((0, 3)), batch_size=2)) == []


def test_minibatches_refuse_at_once() -> None:
    with pytest.raises(ShapeError, match=r"one length; got shapes \(3,\), \(4,\)"):
        minibatches(np.ones(3), np.ones(4), batch_size=2)
    with pytest.raises(ArgumentError, match="batch_size must be a positive integer; got 0"):
        minibatches(np.ones(3), batch_size=0)
    with pytest.raises(ArgumentError, match="at least one array"):
        minibatches(batch_size=1)


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_agrees_with_pytorch(dtype: Any, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    ours = nn.Sequential(nn.Linear(5, 8, rng=rng), nn.Tanh(), nn.Linear(8, 3, rng=rng)).astype(dtype)
    theirs = torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)).to(
        getattr(torch, np.dtype(dtype).name)
    )
    assert set(theirs.state_dict()) == set(ours.state_dict())
    theirs.load_state_dict({name: torch.from_numpy(value) for name, value in ours.state_dict().items()})
    x, y = rng.normal(size=(7, 5)).astype(dtype), rng.integers(0, 3, 7)
    loss = nn.CrossEntropyLoss()(ours(x), y)
    peer = torch.nn.CrossEntropyLoss()(theirs(torch.from_numpy(x)), torch.from_numpy(y))
    loss.backward()
    peer.backward()
    tolerance = 1e-5 if dtype is np.float32 else 1e-12
    assert abs(loss.item() - peer.item()) < tolerance
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert np.allclose(p.grad.numpy(), q.grad.numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("needs", [n for n in product((False, True), repeat=3) if any(n)])
def test_a_fused_operation_with_constants_has_a_graph_of_its_gradient(needs: tuple[bool, ...]) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in ((4, 3), (2, 3), (2,))]

    def seconds(function: Callable[..., Any]) -> list[Any]:
        tensors = [Tensor(a, requires_grad=need) for a, need in zip(arrays, needs, strict=True)]
        inputs = [t for t in tensors if t.requires_grad]
        first = gradients((function(*tensors) ** 3).sum(), inputs, create_graph=True)
        total = sum((g**2).sum() for g in first)
        return [g.numpy() for g in gradients(total, inputs)]

    for ours, plain in zip(seconds(F.linear), seconds(lambda x, w, b: x @ w.T + b), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_list_is_taken_and_integers_refused_in_every_dtype(dtype: Any) -> None:
    """None equals the dtype float64, so what has no dtype must not be compared as None."""
    like = np.ones(1, dtype)
    assert F.cast_to([1.0, 2.0], like, "it").dtype == dtype
    layer = nn.Linear(2, 1, dtype=dtype)
    assert layer([1.0, 2.0]).dtype == dtype
    for refuse in (lambda: F.cast_to([1, 2], like, "it"), lambda: layer([1, 2])):
        with pytest.raises(DTypeError, match="takes floating input; got int64"):
            refuse()
