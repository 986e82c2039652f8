"""Normalisations beyond the tables of cases: numerics, running statistics, errors, and update_batch_norm."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, no_grad
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn import functional as F
from nn.data import minibatches

SHAPES: dict[str, tuple[Any, tuple[int, ...], tuple[int, ...]]] = {
    "batch_norm": (lambda x, eps=1e-5: F.batch_norm(x, training=True, eps=eps), (512, 3), (0,)),
    "batch_norm of images": (lambda x, eps=1e-5: F.batch_norm(x, training=True, eps=eps), (8, 3, 8, 8), (0, 2, 3)),
    "batch_norm in blocks": (lambda x, eps=1e-5: F.batch_norm(x, training=True, eps=eps), (5000, 3), (0,)),
    "layer_norm": (lambda x, eps=1e-5: F.layer_norm(x, x.shape[1:], eps=eps), (3, 512), (1,)),
    "layer_norm of a wide row": (lambda x, eps=1e-5: F.layer_norm(x, x.shape[1:], eps=eps), (3, 5000), (1,)),
    "group_norm": (lambda x, eps=1e-5: F.group_norm(x, 1, eps=eps), (3, 4, 100), (1, 2)),
    "instance_norm": (lambda x, eps=1e-5: F.instance_norm(x, eps=eps), (3, 4, 200), (2,)),
}
functions = pytest.mark.parametrize("name", SHAPES)


def exact(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    wide = x.astype(np.float64)
    return (wide - wide.mean(axis=axes, keepdims=True)) / np.sqrt(wide.var(axis=axes, keepdims=True) + 1e-5)


@functions
@pytest.mark.parametrize(("mean", "std"), [(0, 1), (1e4, 1), (-3e5, 2), (1e-3, 1e-4), (0, 1e6)])
def test_float32_keeps_its_digits_under_a_large_mean(
    name: str, mean: float, std: float, rng: np.random.Generator
) -> None:
    function, shape, axes = SHAPES[name]
    x = (mean + std * rng.normal(size=shape)).astype(np.float32)
    y = function(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, exact(x, axes), rtol=2e-4, atol=2e-5)  # E[x²] - E[x]² would be wrong by more than 1


@functions
@pytest.mark.parametrize(("mean", "std"), [(1e4, 1), (1e-3, 1e-4)])
def test_float32_gradients_keep_their_digits_too(name: str, mean: float, std: float, rng: np.random.Generator) -> None:
    function, shape, _ = SHAPES[name]
    x = (mean + std * rng.normal(size=shape)).astype(np.float32)
    g = rng.normal(size=shape).astype(np.float32)
    grads = []
    for dtype in (np.float32, np.float64):
        leaf = Tensor(x.astype(dtype), requires_grad=True)
        function(leaf).backward(g.astype(dtype))
        assert leaf.grad is not None
        grads.append(leaf.grad.numpy())
    np.testing.assert_allclose(grads[0], grads[1], rtol=1e-3, atol=1e-4 * np.abs(grads[1]).max())


@functions
def test_float16_accumulates_in_float32(name: str, rng: np.random.Generator) -> None:
    function, shape, axes = SHAPES[name]
    x = (300 * rng.normal(size=shape)).astype(np.float16)  # whose squares and sums float16 cannot hold
    y = function(x)
    assert y.dtype == np.float16
    np.testing.assert_allclose(y, exact(x, axes), rtol=2e-3, atol=2e-3)


@functions
def test_constants_become_zero_and_stay_finite(name: str) -> None:
    function, shape, _ = SHAPES[name]
    x = Tensor(np.full(shape, 7.3, np.float32), requires_grad=True)
    y = function(x)
    y.backward(np.ones(shape, np.float32))
    np.testing.assert_array_equal(y.numpy(), 0)
    assert x.grad is not None
    assert np.isfinite(x.grad.numpy()).all()


@functions
def test_does_not_write_to_what_it_is_given(name: str, rng: np.random.Generator) -> None:
    function, shape, _ = SHAPES[name]
    x, g = rng.normal(size=shape), rng.normal(size=shape)
    copies = x.copy(), g.copy()
    leaf = Tensor(x, requires_grad=True)
    y = function(leaf)
    y.backward(g, retain_graph=True)
    first = leaf.grad
    assert first is not None
    y.backward(g)  # a second backward finds the saved values unchanged
    assert leaf.grad is not None
    np.testing.assert_allclose(leaf.grad.numpy(), 2 * first.numpy())
    np.testing.assert_array_equal(x, copies[0])
    np.testing.assert_array_equal(g, copies[1])


def test_rms_norm_does_not_write_to_its_input(rng: np.random.Generator) -> None:
    x = rng.normal(size=(3, 4))
    copy = x.copy()
    leaf = Tensor(x, requires_grad=True)
    F.rms_norm(leaf, 4).backward(np.ones((3, 4)))
    np.testing.assert_array_equal(x, copy)


def test_an_empty_batch() -> None:
    assert nn.LayerNorm(3)(np.empty((0, 3), np.float32)).shape == (0, 3)
    assert nn.BatchNorm1d(3).eval()(np.empty((0, 3), np.float32)).shape == (0, 3)
    x = Tensor(np.empty((0, 4, 2)), requires_grad=True)
    nn.GroupNorm(2, 4, dtype=np.float64)(x).sum().backward()
    assert x.grad is not None
    assert x.grad.shape == (0, 4, 2)


# Running statistics


def test_running_statistics_follow_the_batches(rng: np.random.Generator) -> None:
    layer: Any = nn.BatchNorm1d(2, momentum=0.25, dtype=np.float64)
    x = rng.normal(3, 2, (10, 2))
    layer(x)
    np.testing.assert_allclose(layer.running_mean.numpy(), 0.25 * x.mean(axis=0))
    np.testing.assert_allclose(layer.running_var.numpy(), 0.75 + 0.25 * x.var(axis=0, ddof=1))
    assert layer.num_batches_tracked.item() == 1
    assert layer.num_batches_tracked.dtype == np.int64
    layer.reset_running_stats()
    assert (layer.running_mean.tolist(), layer.running_var.tolist(), layer.num_batches_tracked.item()) == (
        [0, 0],
        [1, 1],
        0,
    )


def test_momentum_none_is_the_mean_over_all_batches(rng: np.random.Generator) -> None:
    layer: Any = nn.BatchNorm1d(2, momentum=None, dtype=np.float64)
    batches = [rng.normal(size=(n, 2)) for n in (4, 7, 5)]
    for x in batches:
        layer(x)
    np.testing.assert_allclose(layer.running_mean.numpy(), np.mean([x.mean(axis=0) for x in batches], axis=0))
    np.testing.assert_allclose(layer.running_var.numpy(), np.mean([x.var(axis=0, ddof=1) for x in batches], axis=0))


def test_eval_mode_updates_nothing_and_treats_each_sample_alone(rng: np.random.Generator) -> None:
    layer = nn.BatchNorm1d(3)
    for _ in range(5):
        layer(rng.normal(size=(8, 3)).astype(np.float32))
    layer.eval()
    before = layer.state_dict()
    x = rng.normal(size=(6, 3)).astype(np.float32)
    np.testing.assert_array_equal(layer(x).numpy()[:1], layer(x[:1]).numpy())
    assert all((layer.state_dict()[name] == value).all() for name, value in before.items())


def test_a_training_step_before_backward_does_not_change_the_gradient_of_eval_mode(
    rng: np.random.Generator,
) -> None:
    layer: Any = nn.BatchNorm1d(3, dtype=np.float64)
    x = rng.normal(size=(6, 3))
    grads = []
    for disturb in (False, True):
        layer.eval()
        layer.zero_grad()
        y = layer(x)
        if disturb:
            layer.train()(x + 5)
        y.backward(np.ones((6, 3)))
        grads.append(layer.weight.grad.numpy())
    np.testing.assert_array_equal(grads[0], grads[1])


def test_functional_moves_arrays_and_tensors_in_place(rng: np.random.Generator) -> None:
    x = rng.normal(2, 1, (16, 3))
    mean, var = np.zeros(3), Tensor(np.ones(3))
    F.batch_norm(x, mean, var, training=True, momentum=1.0)
    np.testing.assert_allclose(mean, x.mean(axis=0))
    np.testing.assert_allclose(var.numpy(), x.var(axis=0, ddof=1))


def test_options_of_the_picture_stay_readable(rng: np.random.Generator) -> None:
    y = nn.BatchNorm1d(3)(Tensor(rng.normal(size=(4, 3)).astype(np.float32), requires_grad=True))
    assert "running statistics, momentum=0.1" in repr(y.node.params["observe"])


# What is refused


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (nn.BatchNorm1d(3), (1, 3), ["more than one value a channel", "(1, 3)", "eval()"]),
        (nn.BatchNorm2d(3), (1, 3, 1, 1), ["more than one value a channel"]),
        (nn.BatchNorm1d(3), (4, 2), ["BatchNorm1d", "(N, C) or (N, C, L)", "C=3", "(4, 2)"]),
        (nn.BatchNorm1d(3), (4, 3, 2, 2), ["BatchNorm1d", "(4, 3, 2, 2)"]),
        (nn.BatchNorm2d(3), (4, 3), ["BatchNorm2d", "(N, C, H, W)", "(4, 3)"]),
        (nn.BatchNorm3d(3), (4, 3, 2, 2), ["BatchNorm3d", "(N, C, D, H, W)"]),
        (nn.InstanceNorm1d(3), (4, 3, 1), ["more than one position a channel", "(4, 3, 1)"]),
        (nn.InstanceNorm1d(3), (2, 4), ["InstanceNorm1d", "C=3", "(2, 4)"]),
        (nn.InstanceNorm2d(3), (2, 3), ["InstanceNorm2d", "(N, C, H, W) or (C, H, W)"]),
        (nn.InstanceNorm3d(3), (2, 3), ["InstanceNorm3d", "(N, C, D, H, W) or (C, D, H, W)"]),
        (nn.LocalResponseNorm(3), (2, 3), ["local_response_norm", "(N, C, *)", "(2, 3)"]),
        (nn.LayerNorm((2, 3)), (4, 3, 2), ["normalized_shape=(2, 3)", "(*, 2, 3)", "(4, 3, 2)"]),
        (nn.RMSNorm(5), (4, 3), ["rms_norm", "(*, 5)", "(4, 3)"]),
        (nn.GroupNorm(2, 4), (3, 6), ["GroupNorm", "(N, 4, *)", "(3, 6)"]),
        (nn.GroupNorm(4, 4), (3, 4), ["more than one value a group"]),
    ],
)
def test_wrong_shapes_are_refused(layer: nn.Module, shape: tuple[int, ...], words: list[str]) -> None:
    before = layer.state_dict()
    with pytest.raises(ShapeError) as caught:
        layer(np.ones(shape, np.float32))
    assert [word for word in words if word not in str(caught.value)] == []
    assert all((layer.state_dict()[name] == value).all() for name, value in before.items())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.BatchNorm1d(0), ["num_features", "0"]),
        (lambda: nn.BatchNorm1d(3, eps=-1e-5), ["eps", "-1e-05"]),
        (lambda: nn.BatchNorm1d(3, momentum=1.5), ["momentum", "1.5"]),
        (lambda: nn.LayerNorm(()), ["normalized_shape", "()"]),
        (lambda: nn.LayerNorm((3, -1)), ["normalized_shape", "-1"]),
        (lambda: nn.RMSNorm(3, eps=float("nan")), ["eps", "nan"]),
        (lambda: nn.GroupNorm(3, 4), ["num_channels", "4", "3"]),
        (lambda: nn.InstanceNorm2d("2"), ["num_features", "'2'"]),
        (lambda: nn.LocalResponseNorm(0), ["size", "0"]),
        (lambda: nn.LocalResponseNorm(2, beta="1"), ["beta", "'1'"]),
        (lambda: F.local_response_norm(np.ones((2, 3, 4)), 2.0), ["size", "2.0"]),
        (lambda: F.batch_norm(np.ones((2, 3))), ["running_mean", "training=True"]),
    ],
)
def test_wrong_options_are_refused(make: Any, words: list[str]) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()
    assert [word for word in words if word not in str(caught.value)] == []


def test_vectors_of_another_length_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"weight of shape \(3,\).*\(2,\)"):
        F.batch_norm(np.ones((4, 3)), weight=np.ones(2), training=True)
    with pytest.raises(ShapeError, match=r"bias of the normalized shape \(3,\).*\(1,\)"):
        F.layer_norm(np.ones((4, 3)), 3, np.ones(3), np.ones(1))


def test_an_infinite_channel_touches_only_its_neighbours() -> None:
    x = np.ones((1, 5, 1))
    x[0, 0] = np.inf
    with np.errstate(invalid="ignore"):
        y = F.local_response_norm(x, 3)
    assert np.isnan(y).ravel().tolist() == [True, False, False, False, False]
    assert y[0, 1] == 0
    assert (y[0, 2:] > 0.9).all()


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("name", "args"),
    [("LocalResponseNorm", (3,)), ("LocalResponseNorm", (2, 1.0, 0.5, 2)), ("InstanceNorm3d", (4,))],
)
def test_repr_is_pytorchs(name: str, args: tuple[Any, ...]) -> None:
    torch = pytest.importorskip("torch")
    assert repr(getattr(nn, name)(*args)) == repr(getattr(torch.nn, name)(*args))


def test_integers_are_refused() -> None:
    with pytest.raises(DTypeError, match="float32"):
        nn.BatchNorm1d(3)(np.ones((4, 3), int))
    with pytest.raises(DTypeError, match="floating"):
        F.layer_norm(np.ones((4, 3), int), 3)


# RMSNorm's default eps, and normalize


def test_rms_norm_without_eps_takes_the_dtypes_own() -> None:
    tiny = np.full((1, 4), 1e-4, np.float32)
    np.testing.assert_allclose(nn.RMSNorm(4)(tiny).numpy(), 1e-4 / np.sqrt(1e-8 + np.finfo(np.float32).eps), rtol=1e-5)


@pytest.mark.oracle
@pytest.mark.parametrize("p", [1.0, 2.0, 3.0])
def test_normalize_is_pytorchs(p: float, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    x, g = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    ours, theirs = Tensor(x, requires_grad=True), torch.from_numpy(x.copy()).requires_grad_()
    y, z = F.normalize(ours, p, dim=0), torch.nn.functional.normalize(theirs, p, dim=0)
    y.backward(g)
    z.backward(torch.from_numpy(g))
    np.testing.assert_allclose(y.numpy(), z.detach().numpy())
    assert ours.grad is not None
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy())


# update_batch_norm: exact statistics of a training set


def a_network(rng: np.random.Generator) -> Any:
    return nn.Sequential(
        nn.Linear(4, 6, rng=rng), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.5),
        nn.Residual(nn.Sequential(nn.Linear(6, 6, rng=rng), nn.BatchNorm1d(6), nn.Tanh())),
        nn.BatchNorm1d(6, affine=False),
    ).astype(np.float64)  # fmt: skip


def test_update_batch_norm_is_exact_whatever_the_batches(rng: np.random.Generator) -> None:
    x = rng.normal(2, 3, (50, 4))
    net = a_network(rng)
    for _ in range(3):
        net(x)  # change the running averages from their initial values
    net[0].eval()
    modes = [module.training for module in net.modules()]
    nn.update_batch_norm(net, minibatches(x, np.zeros(50), batch_size=7, shuffle=False))
    assert [module.training for module in net.modules()] == modes
    assert all(p.grad is None for p in net.parameters())
    net.eval()
    h: Any = x
    for module in net:
        if isinstance(module, nn.Residual):
            z = module.block[0](h)
            check_statistics(module.block[1], z.numpy())
        elif isinstance(module, nn.BatchNorm1d):
            check_statistics(module, h.numpy())
        h = module(h)


def check_statistics(layer: Any, entered: np.ndarray) -> None:
    np.testing.assert_allclose(layer.running_mean.numpy(), entered.mean(axis=0), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(layer.running_var.numpy(), entered.var(axis=0, ddof=1), rtol=1e-10)
    assert layer.num_batches_tracked.item() == 8


def test_update_batch_norm_of_images_and_of_layers_never_called(rng: np.random.Generator) -> None:
    x = rng.normal(1, 2, (6, 3, 4, 4))

    class Half(nn.Module):
        def __init__(self) -> None:
            self.used: Any
            self.idle: Any
            self.used, self.idle = nn.BatchNorm2d(3, dtype=np.float64), nn.BatchNorm2d(3)

        def forward(self, x: Any) -> Any:
            return self.used(x)

    net = Half()
    nn.update_batch_norm(net, [x[:1], x[1:]])
    np.testing.assert_allclose(net.used.running_var.numpy(), x.var(axis=(0, 2, 3), ddof=1))
    assert net.idle.num_batches_tracked.item() == 0
    assert "forward" not in vars(net.used)


def test_update_batch_norm_that_fails_changes_nothing(rng: np.random.Generator) -> None:
    net = a_network(rng)
    net(rng.normal(size=(5, 4)))
    before = net.state_dict()
    with pytest.raises(ShapeError):
        nn.update_batch_norm(net, [rng.normal(size=(5, 4)), rng.normal(size=(5, 3))])
    with pytest.raises(ArgumentError, match="at least one batch"):
        nn.update_batch_norm(net, [])
    with pytest.raises(ArgumentError, match="two values a channel"):
        nn.update_batch_norm(net, [rng.normal(size=(1, 4))])
    assert all((net.state_dict()[name] == value).all() for name, value in before.items())
    assert all(module.training for module in net.modules())
    assert all("forward" not in vars(module) for module in net.modules())


def test_no_grad_records_nothing_but_still_updates(rng: np.random.Generator) -> None:
    layer: Any = nn.BatchNorm1d(2)
    with no_grad():
        y = layer(rng.normal(size=(4, 2)).astype(np.float32))
    assert not y.requires_grad
    assert layer.num_batches_tracked.item() == 1


@pytest.mark.parametrize("eps", [0, 0.0, -1e-5])
def test_batch_norm_in_training_needs_eps(eps: float) -> None:
    with pytest.raises(ArgumentError, match="eps > 0 in training"):
        F.batch_norm(np.ones((3, 2)), training=True, eps=eps)
    if eps == 0:
        layer = nn.BatchNorm1d(2, eps=eps)
        with pytest.raises(ArgumentError, match="eps > 0 in training"):
            layer(np.ones((3, 2)))
        assert layer.eval()(np.ones((3, 2))).tolist() == [[1, 1]] * 3
