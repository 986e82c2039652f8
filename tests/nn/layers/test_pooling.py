"""Pooling and resizing: ties, nan, borders, where the maxima are, exactness, and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor, no_grad
from autograd.engine.abstract import Abstract
from autograd.engine.graph import Node, ancestors
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn.layers.kernels.patches import Sliding
from nn.layers.kernels.resampling import resample_op
from nn.layers.pooling.adaptive import adaptive_means
from nn.layers.pooling.average import window_means
from nn.layers.pooling.maximum import pick_in_windows_op, put_in_windows_op
from nn.layers.upsampling import interpolation


def gradient(function: Any, x: Any) -> Any:
    leaf = Tensor(x, requires_grad=True)
    function(leaf).sum().backward()
    return leaf.grad.numpy()


@pytest.mark.parametrize("pool", [lambda x: F.max_pool2d(x, 2), lambda x: F.adaptive_max_pool2d(x, 1)])
def test_of_equal_elements_the_first_gets_the_gradient(pool: Any) -> None:
    assert gradient(pool, np.zeros((1, 1, 2, 2))).tolist() == [[[[1, 0], [0, 0]]]]
    assert gradient(pool, np.array([[[[0.0, 1.0], [1.0, 1.0]]]])).tolist() == [[[[0, 1], [0, 0]]]]


def test_windows_of_nothing_but_minus_infinity() -> None:
    """The border is -inf, too, and must not be where the maximum is."""
    x = np.full((1, 1, 2, 2), -np.inf)
    y, index = F.max_pool2d(x, 2, 1, 1, return_indices=True)
    assert (y == -np.inf).all()
    assert index.tolist() == [[[[0, 0, 1], [0, 0, 1], [2, 2, 3]]]]
    assert gradient(lambda t: F.max_pool2d(t, 2, 1, 1), x).tolist() == [[[[4, 2], [2, 1]]]]


@pytest.mark.oracle
@pytest.mark.parametrize("p", [1, 2, 3, 2.5])
def test_the_p_norm_of_zeros_has_gradient_0(p: float) -> None:
    torch = pytest.importorskip("torch")
    x = np.array([[[0.0, 0.0, 0.0, 2.0, 1.0, 3.0]]])
    theirs = torch.tensor(x, requires_grad=True)
    torch.nn.functional.lp_pool1d(theirs, p, 2).sum().backward()
    ours = gradient(lambda t: F.lp_pool1d(t, p, 2), x)
    np.testing.assert_allclose(ours, theirs.grad.numpy())
    assert ours[0, 0, :3].tolist()[:2] == [0, 0]


@pytest.mark.oracle
@pytest.mark.parametrize("p", [1, 2, 3, -1, 2.5, np.inf, -np.inf])
def test_the_p_norm_of_negative_numbers_is_pytorchs(p: float) -> None:
    """No absolute value is taken, but for infinite p."""
    torch = pytest.importorskip("torch")
    x = np.array([[[-1.0, 2.0, 3.0, -4.0, -1.0, -2.0]]])
    with np.errstate(invalid="ignore"):
        ours = F.lp_pool1d(x, p, 2)
    np.testing.assert_allclose(ours, torch.nn.functional.lp_pool1d(torch.tensor(x), p, 2), rtol=1e-12)


@pytest.mark.oracle
@pytest.mark.parametrize("size", [(4,), (6, 4), (2, 4, 6), (3, 5), (7, 4, 2)])
def test_adaptive_maxima_and_their_indices_are_pytorchs(size: tuple[int, ...], rng: np.random.Generator) -> None:
    """Of equal elements the first, in cells of one size and of several."""
    torch = pytest.importorskip("torch")
    x = rng.integers(0, 3, (2, 3, *size)).astype(float)
    name = f"adaptive_max_pool{len(size)}d"
    leaf, theirs = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, index = getattr(F, name)(leaf, 2, return_indices=True)
    peer, peers_index = getattr(torch.nn.functional, name)(theirs, 2, return_indices=True)
    np.testing.assert_array_equal(y.numpy(), peer.detach())
    np.testing.assert_array_equal(index, peers_index)
    g = rng.normal(size=y.shape)
    y.backward(g)
    peer.backward(torch.tensor(g))
    assert leaf.grad is not None
    np.testing.assert_allclose(leaf.grad.numpy(), theirs.grad.numpy(), atol=1e-12)


def test_nan_is_the_maximum_and_gets_the_gradient() -> None:
    x = np.array([[[1.0, np.nan, 2.0, 3.0, 4.0, 1.0]]])
    assert np.isnan(F.max_pool1d(x, 3)).tolist() == [[[True, False]]]
    assert gradient(lambda t: F.max_pool1d(t, 3), x).tolist() == [[[0, 1, 0, 0, 1, 0]]]


def test_infinite_cotangents_stay_where_they_belong() -> None:
    x = Tensor(np.array([[[1.0, 2.0, 4.0, 3.0]]]), requires_grad=True)
    F.max_pool1d(x, 2).backward(np.array([[[np.inf, np.nan]]]))
    np.testing.assert_array_equal(x.grad.numpy(), [[[0, np.inf, np.nan, 0]]])
    x.grad = None
    F.interpolate(x, 2).backward(np.array([[[np.inf, 1.0]]]))
    np.testing.assert_array_equal(x.grad.numpy(), [[[np.inf, 0, 1, 0]]])


def test_infinite_pixels_stay_where_they_are() -> None:
    x = np.array([[[np.inf, 1.0, 2.0, 3.0]]])
    assert F.avg_pool1d(x, 2).tolist() == [[[np.inf, 2.5]]]
    assert F.interpolate(x, 8, mode="linear")[0, 0, 3:].tolist() == [1.25, 1.75, 2.25, 2.75, 3]
    assert F.interpolate(x, 4, mode="linear")[0, 0].tolist() == x[0, 0].tolist()  # a weight of zero is no term


def test_only_a_byte_an_output_is_kept_of_the_input() -> None:
    x = Tensor(np.ones((2, 3, 8, 8), np.float32), requires_grad=True)
    y = nn.MaxPool2d(2)(x)
    [node] = [item for item in ancestors(y.node) if isinstance(item, Node) and item.name == "max_pool"]
    assert isinstance(node.args[0], Abstract)
    assert node.out[1].dtype == np.uint8


def test_large_windows_number_their_elements_in_more_than_a_byte(rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 1, 20, 20))
    g = gradient(lambda t: F.max_pool2d(t, 20), x)
    assert np.argmax(g.reshape(2, -1), 1).tolist() == np.argmax(x.reshape(2, -1), 1).tolist()


def test_indices_point_into_the_flattened_image(rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 3, 7, 6))
    for y, index in (
        F.max_pool2d(x, (3, 2), 2, 1, 1, return_indices=True),
        F.max_pool2d(x, 2, 3, dilation=2, ceil_mode=True, return_indices=True),
        F.adaptive_max_pool2d(x, (3, 4), return_indices=True),
    ):
        np.testing.assert_array_equal(
            np.take_along_axis(x.reshape(2, 3, -1), index.reshape(2, 3, -1), -1).reshape(y.shape), y
        )
    recorded, index = F.max_pool2d(Tensor(x[0], requires_grad=True), 2, return_indices=True)
    assert recorded.requires_grad
    assert type(index) is np.ndarray
    assert index.shape == recorded.shape == (3, 3, 3)


def test_put_and_pick_are_adjoint(rng: np.random.Generator) -> None:
    how = Sliding((3, 2), (2, 1), ((1, 1), (1, 0)), (1, 2))
    x = rng.normal(size=(2, 3, 5, 4))
    index = rng.integers(0, 6, (2, 3, *how.places((5, 4))))
    g = rng.normal(size=index.shape)
    put = put_in_windows_op(g, index, size=(5, 4), sliding=how)
    assert np.vdot(put, x) == pytest.approx(np.vdot(g, pick_in_windows_op(x, index, sliding=how)))


@pytest.mark.parametrize(
    "plan",
    [
        window_means(7, 3, 2, 1, 4, False, None), adaptive_means(7, 3), adaptive_means(3, 8),
        interpolation(5, 13, "linear", None, False),
        interpolation(13, 5, "linear", 0.4, True), interpolation(6, 9, "cubic", None, False),
        interpolation(6, 4, "nearest", None, False),
    ],
)  # fmt: skip
def test_a_plan_is_a_matrix_and_its_transpose(plan: Any, rng: np.random.Generator) -> None:
    matrix = plan.matrix()
    assert matrix.shape == (plan.size_out, plan.size_in)
    np.testing.assert_allclose(plan.transposed.matrix(), matrix.T, atol=1e-15)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)  # means and interpolations of a constant are that constant
    x = rng.normal(size=(2, 3, plan.size_in))
    np.testing.assert_allclose(resample_op(x, plans=(plan,)), x @ matrix.T, atol=1e-12)


@pytest.mark.oracle
def test_sizes_and_values_are_pytorchs_for_every_option() -> None:
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).normal(size=(2, 1, 9))
    theirs, checked = torch.from_numpy(x), 0
    for kernel in (1, 2, 3, 5):
        for stride in (1, 2, 3, 4):
            for padding in range(kernel // 2 + 1):
                for ceil in (False, True):
                    ours = F.max_pool1d(x, kernel, stride, padding, 1, ceil)
                    np.testing.assert_array_equal(
                        ours, torch.nn.functional.max_pool1d(theirs, kernel, stride, padding, 1, ceil)
                    )
                    for count in (False, True):
                        ours = F.avg_pool1d(x, kernel, stride, padding, ceil, count)
                        peer = torch.nn.functional.avg_pool1d(theirs, kernel, stride, padding, ceil, count)
                        np.testing.assert_allclose(ours, peer, atol=1e-12)
                        checked += 1
    assert checked > 50


@pytest.mark.oracle
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "linear"])
def test_resizing_to_any_size_is_pytorchs(mode: str) -> None:
    torch = pytest.importorskip("torch")
    for size in (1, 2, 3, 7, 10):
        x = np.random.default_rng(size).normal(size=(1, 1, size)).astype(np.float32)
        for places in range(1, 24):
            peer = torch.nn.functional.interpolate(torch.from_numpy(x), places, mode=mode)
            np.testing.assert_allclose(F.interpolate(x, places, mode=mode), peer, rtol=1e-5, atol=1e-6)
        for factor in (0.5, 1.0, 1.3, 2.0, 2.5, 3.0):
            if int(size * factor):
                peer = torch.nn.functional.interpolate(torch.from_numpy(x), scale_factor=factor, mode=mode)
                np.testing.assert_allclose(F.interpolate(x, scale_factor=factor, mode=mode), peer, rtol=1e-5, atol=1e-6)


def test_under_no_grad_nothing_is_recorded() -> None:
    with no_grad():
        y = nn.MaxPool2d(2)(Tensor(np.ones((1, 1, 4, 4)), requires_grad=True))
    assert not y.requires_grad


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (
            lambda: F.max_pool2d(np.ones((2, 2)), 2),
            ShapeError,
            r"MaxPool2d expects input of shape \(N, C, H, W\).*Add the axis",
        ),
        (lambda: F.max_pool2d(np.ones((1, 1, 2, 2)), 3), ShapeError, r"window of \(3, 3\).*\(H, W\) = \(2, 2\)"),
        (lambda: F.avg_pool2d(np.ones((1, 1, 4, 4), int), 2), DTypeError, "floating input; got int64"),
        (
            lambda: F.max_pool2d(np.ones((1, 1, 4, 4)), 2, padding=2),
            ArgumentError,
            r"at most half of kernel_size \(2, 2\).*got \(2, 2\)",
        ),
        (lambda: nn.MaxPool2d(2, padding=2), ArgumentError, "at most half"),
        (lambda: nn.MaxPool2d(0), ArgumentError, "kernel_size must be a positive integer.*got 0"),
        (lambda: nn.AvgPool2d(2, stride=(1, 2, 3)), ArgumentError, r"stride.*got \(1, 2, 3\)"),
        (
            lambda: nn.AvgPool2d(2, divisor_override=0),
            ArgumentError,
            "divisor_override must be a positive integer; got 0",
        ),
        (lambda: nn.AdaptiveAvgPool2d((2, 0)), ArgumentError, "output_size must be a positive integer; got 0"),
        (
            lambda: nn.AdaptiveAvgPool2d((2, 2, 2))(np.ones((1, 4, 4))),
            ArgumentError,
            r"output_size.*2 of them.*got \(2, 2, 2\)",
        ),
        (lambda: nn.AdaptiveMaxPool3d((2, 0, 1)), ArgumentError, "output_size must be a positive integer; got 0"),
        (lambda: nn.LPPool2d(0, 2), ArgumentError, "norm_type must be a number other than 0; got 0"),
        (lambda: F.lp_pool1d(np.ones((1, 4)), "2", 2), ArgumentError, "norm_type must be a number.*'2'"),
        (lambda: nn.LPPool1d(2, 0), ArgumentError, "kernel_size must be a positive integer; got 0"),
        (lambda: nn.LPPool2d(2, 3)(np.ones((1, 2, 2))), ShapeError, "LPPool2d: a window of"),
        (lambda: F.lp_pool3d(np.ones((2, 2)), 2, 2), ShapeError, r"LPPool3d expects input of shape \(N, C, D, H, W\)"),
        (lambda: F.lp_pool1d(np.ones((1, 4), int), 2, 2), DTypeError, "LPPool1d takes floating input"),
        (lambda: nn.Upsample(2, mode="area"), ArgumentError, "mode must be one of.*got 'area'"),
        (lambda: nn.Upsample(), ArgumentError, "either size or scale_factor; got size=None and scale_factor=None"),
        (lambda: nn.Upsample(2, 2), ArgumentError, "either size or scale_factor"),
        (lambda: nn.Upsample(2, align_corners=True), ArgumentError, "align_corners has no meaning with mode='nearest'"),
        (
            lambda: F.interpolate(np.ones((1, 4, 4)), 2, mode="bilinear"),
            ShapeError,
            r"shape \(N, C, H, W\); got \(1, 4, 4\). Add an axis",
        ),
        (lambda: F.interpolate(np.ones((1, 1, 4)), scale_factor=0.1), ArgumentError, "scale_factor 0.1 leaves nothing"),
        (lambda: F.interpolate(np.ones((1, 1, 4)), scale_factor=-1), ArgumentError, "positive number.*got -1"),
    ],
)
def test_errors(function: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        function()


# Integers


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
@pytest.mark.parametrize("options", [{}, {"padding": 1}, {"dilation": 2}, {"ceil_mode": True, "stride": 3}], ids=str)
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_max_pooling_takes_integers(axes: int, options: dict[str, Any], dtype: str, rng: np.random.Generator) -> None:
    info = np.iinfo(dtype)
    x = rng.integers(info.min, info.max, (2, 2, *[7, 6, 5][:axes]), dtype=dtype, endpoint=True)
    x[0, 0] = info.min  # the value of the border
    function = getattr(F, f"max_pool{axes}d")
    y, index = function(x, 2, **options, return_indices=True)
    assert y.dtype == dtype
    assert np.array_equal(np.take_along_axis(x.reshape(2, 2, -1), index.reshape(2, 2, -1), 2), y.reshape(2, 2, -1))
    assert np.array_equal(function(Tensor(x), 2, **options).numpy(), y)
    torch = pytest.importorskip("torch")
    if axes > 1 and dtype not in ("uint16", "uint32", "uint64"):  # which PyTorch does not pool
        theirs = getattr(torch.nn.functional, f"max_pool{axes}d")(torch.from_numpy(x), 2, **options)
        assert np.array_equal(y, theirs.numpy())


@pytest.mark.parametrize("name", ["avg_pool2d", "adaptive_max_pool2d", "adaptive_avg_pool2d"])
def test_what_pytorch_does_not_pool_is_refused(name: str) -> None:
    with pytest.raises(DTypeError, match=r"takes floating input; got int32\. Convert it: x\.astype"):
        getattr(F, name)(np.ones((1, 1, 4, 4), np.int32), 2)
    with pytest.raises(DTypeError, match="takes floating input; got bool"):
        F.max_pool2d(np.ones((1, 1, 4, 4), bool), 2)


PICTURES = [
    (shape, mode, align)
    for shape, modes in (
        ((2, 3, 9), ("nearest", "nearest-exact", "linear")),
        ((2, 3, 9, 7), ("nearest", "nearest-exact", "bilinear", "bicubic")),
        ((1, 2, 5, 4, 6), ("nearest", "nearest-exact", "trilinear")),
    )
    for mode in modes
    for align in ((None,) if "nearest" in mode else (False, True))
]


@pytest.mark.parametrize(("shape", "mode", "align"), PICTURES)
@pytest.mark.parametrize("size", [4, 13])
def test_pictures_of_bytes_stay_bytes(
    shape: tuple[int, ...], mode: str, align: bool | None, size: int, rng: np.random.Generator
) -> None:
    x = rng.choice(np.array([0, 1, 7, 100, 254, 255], np.uint8), shape)
    y = F.interpolate(x, size, mode=mode, align_corners=align)
    exact = F.interpolate(x.astype(float), size, mode=mode, align_corners=align)
    assert y.dtype == np.uint8
    if mode != "bicubic":  # which goes beyond 0 and 255 along one axis, and back along the other
        assert np.all(np.abs(y - exact) <= 0.5 * len(shape))  # rounded after each axis
    assert np.array_equal(F.interpolate(Tensor(x), size, mode=mode, align_corners=align).numpy(), y)
    if mode in ("linear", "trilinear"):  # PyTorch takes no bytes there
        return
    torch = pytest.importorskip("torch")
    theirs = torch.nn.functional.interpolate(torch.from_numpy(x), size, mode=mode, align_corners=align).numpy()
    differ = y.astype(int) - theirs
    assert np.abs(differ).max() <= (mode == "bicubic")  # its weights are whole numbers of 1/2^k: another side of a half
    assert np.mean(differ != 0) < 0.03
