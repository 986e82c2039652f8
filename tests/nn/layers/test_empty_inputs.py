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
