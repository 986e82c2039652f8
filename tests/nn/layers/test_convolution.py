"""Convolution against ordinary NumPy, its layout in memory, what it keeps, initialisation, and its errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor
from autograd.engine.abstract import Abstract
from autograd.engine.gradients import gradients
from autograd.engine.graph import ancestors
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn.layers.convolution.primitives import convolution_op, convolution_weight_op, transposed_convolution_op
from nn.layers.kernels import patches
from nn.layers.kernels.patches import Sliding, batch_last, empty_images

HOW = Sliding((3, 2), (2, 1), ((1, 1), (0, 2)), (1, 2))


def in_ordinary_numpy(x: Any, weight: Any, bias: Any, how: Sliding, groups: int) -> Any:
    """np.pad, slices and einsum: one term for each element of the kernel."""
    x = np.pad(x, ((0, 0), (0, 0), *how.padding))
    n, c, *size = x.shape
    places = how._replace(padding=((0, 0), (0, 0))).places(tuple(size))
    weight = np.reshape(weight, (groups, -1, *weight.shape[1:]))
    total = 0
    for offset in np.ndindex(*how.kernel):
        at = [
            slice(k * d, k * d + (p - 1) * s + 1, s)
            for k, d, p, s in zip(offset, how.dilation, places, how.stride, strict=True)
        ]
        seen = np.reshape(x[(slice(None), slice(None), *at)], (n, groups, c // groups, *places))
        total = total + np.einsum("ngcpq,goc->ngopq", seen, weight[(..., *offset)])
    return np.reshape(total, (n, -1, *places)) + np.reshape(bias, (-1, 1, 1))


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("block", [1, 1 << 20])  # bytes: one row of places at a time, and all at once
def test_equals_ordinary_numpy_to_second_order(
    groups: int, block: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patches, "BLOCK_BYTES", block)
    arrays = [rng.normal(size=shape) for shape in [(2, 4, 5, 4), (6, 4 // groups, 3, 2), (6,)]]
    cotangent, found = None, []
    for function in (
        lambda *a: convolution_op(*a, sliding=HOW, groups=groups),
        lambda *a: in_ordinary_numpy(*a, HOW, groups),
    ):
        xs = [Tensor(a, requires_grad=True) for a in arrays]
        out = function(*xs)
        cotangent = rng.normal(size=out.shape) if cotangent is None else cotangent
        first = gradients(out, xs, cotangent, create_graph=True)
        second = gradients(sum((g**2).sum() for g in first if g.requires_grad), xs[:2])
        found.append([out, *first, *second])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-10, atol=1e-12)


def test_the_transpose_is_the_adjoint(rng: np.random.Generator) -> None:
    x, weight = rng.normal(size=(2, 3, 7, 6)), rng.normal(size=(4, 3, 3, 2))
    y = convolution_op(x, weight, sliding=HOW)
    g = rng.normal(size=y.shape)
    back = transposed_convolution_op(g, weight, size=(7, 6), sliding=HOW)
    assert np.vdot(g, y) == pytest.approx(np.vdot(back, x))
    assert np.vdot(g, y) == pytest.approx(np.vdot(convolution_weight_op(x, g, sliding=HOW), weight))


def test_images_stay_with_the_batch_innermost_in_memory(rng: np.random.Generator) -> None:
    x = Tensor(rng.normal(size=(4, 3, 8, 8)).astype(np.float32), requires_grad=True)
    model = nn.Sequential(
        nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.AvgPool2d(2, 1), nn.Upsample(scale_factor=2)
    )
    h: Any = x
    for layer in model:
        h = layer(h)
        assert h.data.base is None
        assert batch_last(h.data).base is h.data
    flat = np.reshape(h.data, (4, -1))
    assert np.shares_memory(flat, h.data)


def test_empty_images_and_their_memory() -> None:
    images, memory = empty_images((2, 3, 4, 5), np.float32)
    memory[...] = np.arange(120).reshape(3, 4, 5, 2)
    assert memory.flags.c_contiguous
    assert images.base is None
    assert images[1, 2, 3, 4] == 119


def test_nothing_but_the_arguments_is_kept() -> None:
    """The columns are nine times the input; they are laid out again for the sweep."""
    x, layer = Tensor(np.ones((2, 3, 8, 8), np.float32), requires_grad=True), nn.Conv2d(3, 4, 3)
    y = layer(x)
    assert y.node is not None
    assert y.node.args[0] is x.data
    assert y.node.args[1] is layer.weight.data
    assert isinstance(y.node.out, Abstract)
    assert len(list(ancestors(y.node))) == 4


def test_no_gradient_is_computed_that_none_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = nn.Conv2d(1, 2, 3)
    y = layer(np.ones((1, 1, 4, 4), np.float32))

    def never(*args: Any, **options: Any) -> Any:
        raise AssertionError("the gradient by the input was computed")

    monkeypatch.setattr(transposed_convolution_op, "forward", never)
    y.sum().backward()
    assert layer.weight.grad is not None


def test_empty_batch() -> None:
    layer = nn.Conv2d(2, 3, 3)
    x = Tensor(np.ones((0, 2, 5, 5), np.float32), requires_grad=True)
    y = nn.MaxPool2d(3)(layer(x))
    assert y.shape == (0, 3, 1, 1)
    y.sum().backward()
    assert x.grad.shape == x.shape
    assert layer.weight.grad.numpy().tolist() == np.zeros((3, 2, 3, 3)).tolist()


def test_infinities_stay_where_they_are(rng: np.random.Generator) -> None:
    x = rng.normal(size=(1, 1, 5, 5))
    x[0, 0, 0, 0] = np.inf
    y = F.conv2d(x, np.ones((1, 1, 2, 2)))
    assert np.isfinite(y).sum() == y.size - 1


def test_float16_is_computed_in_float32(rng: np.random.Generator) -> None:
    x, weight = np.full((1, 64, 8, 8), 0.1, np.float16), np.full((1, 64, 8, 8), 0.1, np.float16)
    y = F.conv2d(x, weight)
    assert y.dtype == np.float16
    exact = 64 * 64 * float(x.flat[0]) ** 2
    assert abs(float(y.item()) - exact) <= np.spacing(
        np.float16(exact)
    )  # summed in float16 it would be off by far more


def test_plain_in_plain_out_and_input_cast_to_the_weights() -> None:
    assert type(F.conv2d(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)))) is np.ndarray
    assert F.conv1d([[1.0, 2.0, 3.0]], np.ones((1, 1, 2))).tolist() == [[3, 5]]
    assert nn.Conv2d(1, 1, 2)(np.ones((1, 1, 3, 3))).dtype == np.float32


@pytest.mark.parametrize("cls", [nn.Conv2d, nn.ConvTranspose2d])
def test_first_values_are_those_of_pytorch(cls: Any) -> None:
    layer = cls(16, 32, 3, groups=2, rng=np.random.default_rng(0))
    fan_in = layer.weight.shape[1] * 9
    for p in (layer.weight, layer.bias):
        assert 0.9 / np.sqrt(fan_in) < np.abs(p.numpy()).max() <= 1 / np.sqrt(fan_in)


@pytest.mark.oracle
def test_looks_like_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    for name, sizes, options in [
        ("Conv1d", (1, 2, 3), {}),
        (
            "Conv2d",
            (4, 8, 3),
            {"stride": 2, "padding": (1, 0), "dilation": 2, "groups": 2, "bias": False, "padding_mode": "reflect"},
        ),
        ("Conv2d", (4, 8, 3), {"padding": "same"}),
        ("ConvTranspose2d", (4, 8, (3, 2)), {"stride": 2, "output_padding": 1}),
        ("MaxPool2d", (2,), {}),
        ("MaxPool2d", ((3, 2),), {"stride": 1, "ceil_mode": True}),
        ("AvgPool2d", (2,), {"padding": 1}),
        ("AdaptiveAvgPool2d", ((1, None),), {}),
        ("Upsample", (), {"scale_factor": 2.0, "mode": "bilinear"}),
        ("Upsample", ((4, 4),), {}),
    ]:
        assert repr(getattr(nn, name)(*sizes, **options)) == repr(getattr(torch.nn, name)(*sizes, **options))


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::UserWarning")  # torch's own, that it copies
@pytest.mark.parametrize("padding_mode", ["zeros", "circular"])
def test_same_with_an_even_kernel_pads_behind(padding_mode: str, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    ours = nn.Conv2d(1, 2, (2, 4), padding="same", padding_mode=padding_mode, dtype=np.float64, rng=rng)
    theirs = torch.nn.Conv2d(1, 2, (2, 4), padding="same", padding_mode=padding_mode, dtype=torch.float64)
    theirs.load_state_dict({name: torch.from_numpy(value) for name, value in ours.state_dict().items()})
    x = rng.normal(size=(2, 1, 5, 5))
    np.testing.assert_allclose(ours(x).numpy(), theirs(torch.from_numpy(x)).detach().numpy(), atol=1e-12)


def test_transpose_of_a_given_size() -> None:
    layer = nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1)
    x = np.ones((1, 1, 4, 4), np.float32)
    assert layer(x).shape == (1, 1, 7, 7)
    assert layer(x, output_size=(8, 7)).shape == (1, 1, 8, 7)
    assert layer(x, output_size=(1, 1, 8, 8)).shape == (1, 1, 8, 8)
    with pytest.raises(ShapeError, match=r"between \(7, 7\) and \(8, 8\).*got \(9, 9\)"):
        layer(x, output_size=9)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (
            nn.Conv2d(3, 4, 3),
            (3,),
            r"Conv2d expects input of shape \(N, 3, H, W\), or \(3, H, W\) without a batch; got \(3,\)",
        ),
        (nn.Conv2d(1, 4, 3), (28, 28), r"got \(28, 28\)\. Add the axis of channels: x\[None\]"),
        (nn.Conv2d(1, 4, 3), (32, 28, 28), r"x\[:, None\] has shape \(32, 1, 28, 28\)"),
        (nn.Conv2d(3, 4, 3), (8, 28, 28, 3), r"channels come second: np\.moveaxis\(x, -1, -3\)"),
        (nn.Conv2d(3, 4, 3), (28, 28, 3), r"channels come first: np\.moveaxis\(x, -1, -3\)"),
        (nn.Conv2d(3, 4, 3), (8, 4, 28, 28), "It has 4 channels, not 3"),
        (
            nn.Conv2d(3, 4, 3, groups=1),
            (8, 3, 2, 28),
            r"window of \(3, 3\).*does not fit into input of size \(H, W\) = \(2, 28\)",
        ),
        (nn.Conv1d(3, 4, 3), (8, 4, 28), r"Conv1d expects input of shape \(N, 3, L\)"),
        (nn.ConvTranspose2d(3, 4, 3), (8, 4, 5, 5), "ConvTranspose2d expects .*It has 4 channels, not 3"),
        (nn.ConvTranspose2d(3, 4, 1, padding=2), (8, 3, 2, 2), "leaves nothing"),
        (nn.Conv2d(3, 4, 3, padding=3, padding_mode="reflect"), (8, 3, 3, 3), "reflect.*more than there is"),
    ],
)
def test_input_of_a_wrong_shape(layer: nn.Module, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        layer(np.ones(shape, np.float32))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Conv2d(0, 4, 3), "in_channels must be a positive integer; got 0"),
        (lambda: nn.Conv2d(3, 4, 0), "kernel_size must be a positive integer, or 2 of them.*got 0"),
        (lambda: nn.Conv2d(3, 4, (3, 3, 3)), r"kernel_size.*got \(3, 3, 3\)"),
        (lambda: nn.Conv2d(3, 4, 3, stride=0), "stride.*got 0"),
        (lambda: nn.Conv2d(3, 4, 3, padding=-1), "padding must be an integer of 0 or more.*got -1"),
        (lambda: nn.Conv2d(3, 4, 3, padding="full"), "'same', 'valid' or numbers; got 'full'"),
        (lambda: nn.Conv2d(3, 4, 3, padding="same", stride=2), r"stride 1 only; got stride \(2, 2\)"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "groups must divide in_channels=3 and out_channels=4; got 2"),
        (lambda: nn.Conv2d(3, 4, 3, padding_mode="mirror"), "'circular'; got 'mirror'"),
        (lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"), "zeros"),
        (lambda: nn.ConvTranspose2d(3, 4, 3, padding="same"), "in numbers; got 'same'"),
        (
            lambda: F.conv_transpose2d(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), output_padding=1),
            "smaller than stride",
        ),
    ],
)
def test_options_out_of_range(make: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()


def test_weights_and_biases_of_a_wrong_shape() -> None:
    x = np.ones((1, 2, 4, 4))
    with pytest.raises(
        ShapeError, match=r"weight of shape \(out_channels, in_channels / groups, kh, kw\); got \(2, 2, 3\)"
    ):
        F.conv2d(x, np.ones((2, 2, 3)))
    with pytest.raises(ShapeError, match=r"bias of shape \(3,\).*got \(2,\)"):
        F.conv2d(x, np.ones((3, 2, 3, 3)), np.ones(2))
    with pytest.raises(ShapeError, match="3 output channels cannot be split into 2 groups"):
        F.conv2d(x, np.ones((3, 1, 3, 3)), groups=2)
    with pytest.raises(DTypeError, match="floating input; got int64"):
        nn.Conv2d(1, 1, 2)(np.ones((1, 1, 4, 4), np.int64))


def test_a_weight_written_between_forward_and_backward_is_refused() -> None:
    layer, x = nn.Conv2d(1, 1, 2), Tensor(np.ones((1, 1, 3, 3), np.float32), requires_grad=True)
    loss = layer(x).sum()
    layer.load_state_dict(layer.state_dict())
    with pytest.raises(RuntimeError, match="weight"):
        loss.backward()


def test_a_small_network_learns_where_the_bar_is() -> None:
    """Horizontal against vertical bars: no single pixel tells, any convolution can."""
    import optim

    rng = np.random.default_rng(0)
    images, labels = np.zeros((64, 1, 8, 8), np.float32), np.arange(64) % 2
    for image, label in zip(images[:, 0], labels, strict=True):
        (image if label else image.T)[rng.integers(8), rng.integers(4) :][:4] = 1
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, rng=rng),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 2, rng=rng),
    )
    loss_of, optimizer = nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=3.0)
    for _ in range(150):
        optimizer.zero_grad()
        loss = loss_of(model(images), labels)
        loss.backward()
        optimizer.step()
    assert float(loss) < 0.1


@pytest.mark.oracle
def test_output_padding_beyond_the_reach_of_the_kernel(rng: np.random.Generator) -> None:
    """With a dilation greater than the stride PyTorch allows it: zeros are appended, and the bias is everywhere."""
    torch = pytest.importorskip("torch")
    arrays = [rng.normal(size=shape) for shape in ((2, 4, 3, 2), (4, 2, 2, 2), (4,))]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    ours = [Tensor(a, requires_grad=True) for a in arrays]
    options = {"output_padding": (2, 1), "groups": 2, "dilation": 3}
    expected, found = torch.nn.functional.conv_transpose2d(*theirs, **options), F.conv_transpose2d(*ours, **options)
    np.testing.assert_allclose(found.numpy(), expected.detach().numpy(), atol=1e-12)
    g = rng.normal(size=found.shape)
    expected.backward(torch.tensor(g))
    found.backward(g)
    for x, y in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), atol=1e-12)
