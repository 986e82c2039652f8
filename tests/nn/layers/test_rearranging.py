"""The shuffles, Unfold and Fold: inverses and adjoints, what convolution makes of them, and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, ShapeError


@pytest.mark.parametrize("shape", [(4, 2, 3), (2, 8, 1, 2), (2, 3, 4, 2, 2), (2, 0, 2, 2), (0, 4, 2, 2)])
def test_unshuffle_undoes_shuffle(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    x = rng.normal(size=shape)
    y = F.pixel_shuffle(x, 2)
    assert y.shape == (*shape[:-3], shape[-3] // 4, 2 * shape[-2], 2 * shape[-1])
    np.testing.assert_array_equal(F.pixel_unshuffle(y, 2), x)


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_shuffling_by_the_other_number_of_groups_undoes_it(groups: int, rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 6, 3))
    np.testing.assert_array_equal(F.channel_shuffle(F.channel_shuffle(x, groups), 6 // groups), x)


@pytest.mark.parametrize("dtype", [np.int64, np.bool_, np.float16])
def test_elements_of_any_dtype_are_shuffled(dtype: Any) -> None:
    x = np.arange(8).reshape(1, 4, 2, 1).astype(dtype)
    for y in (F.pixel_shuffle(x, 2), F.pixel_unshuffle(F.pixel_shuffle(x, 2), 2), F.channel_shuffle(x, 2)):
        assert y.dtype == dtype
        assert np.sort(y.ravel()).tolist() == np.sort(x.ravel()).tolist()


OPTIONS: list[dict[str, Any]] = [
    {"kernel_size": 2},
    {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)},
    {"kernel_size": 2, "stride": 3, "padding": 1},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_fold_and_unfold_are_adjoint(options: dict[str, Any], rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 3, 5, 6))
    columns = F.unfold(x, **options)
    g = rng.normal(size=columns.shape)
    assert np.vdot(columns, g) == pytest.approx(np.vdot(x, F.fold(g, (5, 6), **options)))


@pytest.mark.parametrize("options", OPTIONS)
def test_a_convolution_is_a_product_with_the_columns(options: dict[str, Any], rng: np.random.Generator) -> None:
    x = Tensor(rng.normal(size=(2, 3, 5, 6)), requires_grad=True)
    kernel = options["kernel_size"] if isinstance(options["kernel_size"], tuple) else (options["kernel_size"],) * 2
    weight = rng.normal(size=(4, 3, *kernel))
    y = F.conv2d(x, weight, **{name: value for name, value in options.items() if name != "kernel_size"})
    product = np.matmul(weight.reshape(4, -1), F.unfold(x, **options))
    np.testing.assert_allclose(product.numpy(), y.numpy().reshape(product.shape), atol=1e-12)


def test_infinite_pixels_stay_in_their_windows() -> None:
    x = np.zeros((1, 3, 3))
    x[0, 0, 0] = np.inf
    columns = F.unfold(x, 2)
    assert np.isinf(columns).sum() == 1
    assert not np.isnan(columns).any()
    assert np.isinf(F.fold(columns, 3, 2)).sum() == 1


@pytest.mark.parametrize("order", ["C", "F"])
def test_images_in_any_memory_order(order: Any, rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 4, 4, 4))
    for function in (lambda t: F.unfold(t, 3), lambda t: F.pixel_shuffle(t, 2), lambda t: F.channel_shuffle(t, 2)):
        np.testing.assert_array_equal(function(np.asarray(x, order=order)), function(x))


def test_sums_in_float16_are_formed_in_float32() -> None:
    x = np.full((9 * 9, 49), 0.1, np.float16)
    total = F.fold(x, 15, 9)
    assert total.dtype == np.float16
    assert total[0, 7, 7] == np.float16(49 * float(np.float16(0.1)))


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("PixelShuffle", (2,)), ("PixelUnshuffle", (3,)), ("ChannelShuffle", (2,)), ("Unfold", (2,)),
        ("Unfold", ((2, 3), 1, (1, 0), 2)), ("Fold", (4, 2)), ("Fold", ((4, 5), (2, 3), 1, (1, 0), 2)),
    ],
)  # fmt: skip
def test_repr_is_pytorchs(name: str, args: tuple[Any, ...]) -> None:
    torch = pytest.importorskip("torch")
    assert repr(getattr(nn, name)(*args)) == repr(getattr(torch.nn, name)(*args))


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda: nn.PixelShuffle(0), ArgumentError, "upscale_factor must be a positive integer; got 0"),
        (lambda: nn.PixelUnshuffle(2.0), ArgumentError, "downscale_factor must be a positive integer; got 2.0"),
        (lambda: nn.ChannelShuffle(True), ArgumentError, "groups must be a positive integer; got True"),
        (lambda: F.pixel_shuffle(np.ones((3, 2, 2)), 2), ShapeError, r"\(\*, C·4, H, W\); got \(3, 2, 2\)"),
        (lambda: F.pixel_shuffle(np.ones((4, 4)), 2), ShapeError, r"got \(4, 4\)"),
        (lambda: F.pixel_unshuffle(np.ones((1, 4, 3)), 2), ShapeError, r"\(\*, C, H·2, W·2\); got \(1, 4, 3\)"),
        (lambda: F.pixel_unshuffle(np.ones((4, 4)), 2), ShapeError, r"got \(4, 4\)"),
        (lambda: F.channel_shuffle(np.ones((1, 4, 2)), 3), ShapeError, r"divisible by groups=3; got \(1, 4, 2\)"),
        (lambda: F.channel_shuffle(np.ones((4, 2)), 2), ShapeError, "three axes or more"),
        (lambda: F.unfold(np.ones((4, 4)), 2), ShapeError, r"Unfold expects input of shape \(N, C, H, W\).*Add the"),
        (lambda: F.unfold(np.ones((1, 4, 4)), 5), ShapeError, r"Unfold: a window of \(5, 5\) .*\(H, W\) = \(4, 4\)"),
        (lambda: F.unfold(np.ones((2, 0, 4, 4)), 2), ShapeError, "at least one channel and one pixel"),
        (lambda: F.unfold(np.ones((1, 4, 4), int), 2), DTypeError, "floating input; got int64"),
        (lambda: nn.Unfold((2, 2, 2)), ArgumentError, r"kernel_size.*2 of them.*got \(2, 2, 2\)"),
        (lambda: nn.Unfold(2, padding=-1), ArgumentError, "padding must be an integer of 0 or more"),
        (lambda: nn.Fold(0, 2), ArgumentError, "output_size must be a positive integer.*got 0"),
        (lambda: F.fold(np.ones((12, 5)), 3, 2), ShapeError, r"\(C·4, 4\), a column for each of the 2x2 windows"),
        (lambda: F.fold(np.ones((13, 4)), 3, 2), ShapeError, r"got \(13, 4\)"),
        (lambda: F.fold(np.ones((1, 1, 12, 4)), 3, 2), ShapeError, r"got \(1, 1, 12, 4\)"),
        (lambda: F.fold(np.ones((12, 4)), 3, 4), ShapeError, "Fold: a window of"),
        (lambda: F.fold(np.ones((12, 4), int), 3, 2), DTypeError, "floating input"),
    ],
)
def test_errors(function: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        function()
