"""Layers of empty and of 0-d input: what PyTorch takes is taken, to second order, and the rest refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor
from autograd.engine.gradients import gradients
from autograd.engine.recording import raw
from autograd.errors import ShapeError

Function = Callable[[Any, Any], Any]  # of a module of functions, ours or PyTorch's, and the input

TAKEN: list[tuple[str, Function, list[tuple[int, ...]]]] = [
    *[
        (name, lambda f, x, name=name: getattr(f, name)(x, dim=-1), [(), (0,), (3, 0), (0, 3)])
        for name in ("softmax", "log_softmax", "softmin", "normalize")
    ],
    ("softmax along 0", lambda f, x: f.softmax(x, dim=0), [(), (0,), (0, 3)]),
    ("group_norm", lambda f, x: f.group_norm(x, 2), [(0, 4), (0, 4, 3), (0, 4, 3, 2)]),
    ("instance_norm", lambda f, x: f.instance_norm(x), [(0, 4, 3)]),
    ("batch_norm", lambda f, x: f.batch_norm(x, None, None, training=True), [(0, 4), (0, 4, 3), (2, 4, 0)]),
    ("layer_norm", lambda f, x: f.layer_norm(x, (4,)), [(0, 4), (2, 0, 4)]),
    ("rms_norm", lambda f, x: f.rms_norm(x, (4,)), [(0, 4)]),
    *[
        (name, lambda f, x, name=name: getattr(f, name)(x, 2), [(0, 3, *[4] * int(name[-2]))])
        for name in (
            "max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d",
            "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d",
            "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d",
        )
    ],
    *[
        (name, lambda f, x, name=name: getattr(f, name)(x, 2.0, 2), [(0, 3, *[4] * int(name[-2]))])
        for name in ("lp_pool1d", "lp_pool2d", "lp_pool3d")
    ],
    ("unfold", lambda f, x: f.unfold(x, 2), [(0, 3, 4, 4)]),
    ("fold", lambda f, x: f.fold(x, 3, 2), [(0, 4, 4)]),
    ("pixel_shuffle", lambda f, x: f.pixel_shuffle(x, 2), [(0, 4, 2, 2), (2, 0, 2, 2), (4, 0, 2)]),
    ("channel_shuffle", lambda f, x: f.channel_shuffle(x, 2), [(0, 4, 2), (2, 4, 0)]),
    ("local_response_norm", lambda f, x: f.local_response_norm(x, 2), [(0, 4, 3), (2, 0, 3), (2, 4, 0), (0, 4, 3, 2)]),
]  # fmt: skip
_Q = [((0, 3, 4), (0, 5, 4), (0, 5, 2)), ((2, 0, 4), (2, 5, 4), (2, 5, 2)), ((2, 3, 4), (2, 0, 4), (2, 0, 2))]
_Q += [((2, 3, 0), (2, 5, 0), (2, 5, 2)), ((2, 3, 4), (2, 5, 4), (2, 5, 0)), ((2, 0, 4),) * 3, ((3, 0),) * 3]
SEVERAL: list[tuple[str, Callable[..., Any], tuple[tuple[int, ...], ...]]] = [
    *[("attention", lambda f, q, k, v: f.scaled_dot_product_attention(q, k, v), shapes) for shapes in _Q],
    ("causal", lambda f, q, k, v: f.scaled_dot_product_attention(q, k, v, is_causal=True), ((2, 0, 4),) * 3),
    *[
        (name, lambda f, x, w, name=name: getattr(f, name)(x, w), ((0, 2, *[5] * n), (2, 2, *[2] * n)))
        for n in (1, 2, 3)
        for name in (f"conv{n}d", f"conv_transpose{n}d")
    ],
    ("linear", lambda f, x, w: f.linear(x, w), ((0, 3), (2, 3))),
    ("linear", lambda f, x, w: f.linear(x, w), ((4, 0), (2, 0))),
    ("linear", lambda f, x, w: f.linear(x, w), ((4, 3), (0, 3))),
]  # fmt: skip
ROWS = [(name, function, shape) for name, function, shapes in TAKEN for shape in shapes]


@pytest.mark.parametrize(("name", "function", "shape"), ROWS)
def test_is_taken(name: str, function: Function, shape: tuple[int, ...]) -> None:
    x = Tensor(np.full(shape, 0.7), requires_grad=True)
    y = function(F, x)
    assert raw(function(F, x.numpy())).shape == y.shape
    for recorded in (False, True):
        (g,) = gradients(y, [x], np.ones(y.shape), create_graph=recorded, retain_graph=True)
        assert g.shape == shape
    if g.requires_grad:
        (second,) = gradients([(g**2).sum()], [x])
        assert second is None or second.shape == shape


@pytest.mark.oracle
@pytest.mark.parametrize(("name", "function", "shape"), ROWS)
def test_is_pytorchs(name: str, function: Function, shape: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch")
    x = np.full(shape, 0.7)
    theirs = function(torch.nn.functional, torch.tensor(x)).numpy()
    np.testing.assert_allclose(function(F, x), theirs, rtol=1e-12, strict=True)


@pytest.mark.parametrize(("name", "function", "shapes"), SEVERAL)
def test_several_arguments_are_taken(name: str, function: Any, shapes: tuple[tuple[int, ...], ...]) -> None:
    tensors = [Tensor(np.full(shape, 0.7), requires_grad=True) for shape in shapes]
    y = function(F, *tensors)
    for recorded in (False, True):
        found = gradients([y], tensors, [np.ones(y.shape)], create_graph=recorded, retain_graph=True)
        assert [g.shape for g in found] == list(shapes)
    for g in found:
        if g.requires_grad:
            gradients([(g**2).sum()], tensors, retain_graph=True)


@pytest.mark.oracle
@pytest.mark.parametrize(("name", "function", "shapes"), SEVERAL)
def test_several_arguments_are_pytorchs(name: str, function: Any, shapes: tuple[tuple[int, ...], ...]) -> None:
    torch = pytest.importorskip("torch")
    theirs = [torch.full(shape, 0.7, dtype=torch.float64, requires_grad=True) for shape in shapes]
    y = function(torch.nn.functional, *theirs)
    ours = [Tensor(np.full(shape, 0.7), requires_grad=True) for shape in shapes]
    z = function(F, *ours)
    np.testing.assert_allclose(z.numpy(), y.detach().numpy(), rtol=1e-12, strict=True)
    expected = torch.autograd.grad(y.sum(), theirs)
    for got, right in zip(gradients([z], ours, [np.ones(z.shape)]), expected, strict=True):
        np.testing.assert_allclose(got.numpy(), right.numpy(), atol=1e-15, strict=True)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("name", ["conv", "conv_transpose"])
def test_convolution_refuses_empty_kernels_channels_and_images(name: str, n: int) -> None:
    function = getattr(F, f"{name}{n}d")
    for shape in ((0, 2, *[2] * n), (2, 0, *[2] * n), (2, 2, *[2] * (n - 1), 0)):
        with pytest.raises(ShapeError, match=rf"channels and a kernel of at least 1; got .*{shape[-1]}\)"):
            function(np.ones((1, shape[0 if "transpose" in name else 1], *[5] * n)), np.ones(shape))
    for padding in (0, 2):
        with pytest.raises(ShapeError, match="at least one channel and one pixel; only N may be 0"):
            function(np.ones((1, 2, *[5] * (n - 1), 0)), np.ones((2, 2, *[2] * n)), padding=padding)


@pytest.mark.parametrize("name", [row[0] for row in TAKEN if "pool" in row[0]])
@pytest.mark.parametrize("empty", [1, 2, -1])
def test_pooling_refuses_images_without_channels_or_pixels(name: str, empty: int) -> None:
    shape = [2, 3, *[4] * int(name[-2])]
    shape[empty] = 0
    with pytest.raises(ShapeError, match="at least one channel and one pixel; only N may be 0"):
        getattr(F, name)(np.zeros(shape), 2, *([2] if name.startswith("lp") else []))


def test_an_empty_batch_leaves_the_running_statistics_and_gives_zero_gradients() -> None:
    layer: Any = nn.BatchNorm1d(3)
    layer(np.zeros((0, 3), np.float32)).sum().backward()
    assert layer.running_mean.tolist() == [0, 0, 0]
    assert layer.running_var.tolist() == [1, 1, 1]
    assert layer.weight.grad.tolist() == layer.bias.grad.tolist() == [0, 0, 0]


def test_other_axes_of_a_number_are_refused() -> None:
    for dim in (1, -2):
        with pytest.raises(ShapeError, match=r"needs an input with that axis; got shape \(\)"):
            F.softmax(np.array(1.0), dim)
