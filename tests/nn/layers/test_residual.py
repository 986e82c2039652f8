"""Residual blocks beyond the table: what they are for, what they refuse, and networks made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor
from autograd.errors import ArgumentError, ShapeError
from nn import functional as F
from nn.data import minibatches


def digits() -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """scikit-learn's digits as float32 in 0 … 1, (N, 64): 1347 to train with and 450 to test."""
    datasets = pytest.importorskip("sklearn.datasets")
    x, y = datasets.load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = (x[order] / 16).astype(np.float32), y[order]
    return (x[:1347], y[:1347]), (x[1347:], y[1347:])


def train(net: nn.Module, data: tuple[Any, Any], epochs: int, lr: float, rng: np.random.Generator) -> None:
    optimizer, loss_of = optim.SGD(net.parameters(), lr=lr, momentum=0.9), nn.CrossEntropyLoss()
    for _ in range(epochs):
        for x, y in minibatches(*data, batch_size=64, drop_last=True, rng=rng):
            net.zero_grad()
            loss_of(net(x), y).backward()
            optimizer.step()


def accuracy(net: nn.Module, data: tuple[Any, Any]) -> float:
    x, y = data
    net.eval()
    return float((np.argmax(net(x).numpy(), axis=1) == y).mean())


def plain(block: nn.ResidualBlock) -> nn.Module:
    """The layers of a block without the sum."""
    assert block.norm1 is not None
    assert block.norm2 is not None
    return nn.Sequential(block.norm1, block.activation, block.fc1, block.norm2, nn.ReLU(), block.fc2)


def deep(residual: bool, rng: np.random.Generator) -> nn.Module:
    """100 layers on 50 blocks, between an affine layer into them and one out of them."""
    width, blocks = 24, 50
    made = [nn.ResidualBlock(width, norm="batch", rng=rng) for _ in range(blocks)]
    inner = made if residual else [plain(block) for block in made]
    return nn.Sequential(nn.Linear(64, width, rng=rng), *inner, nn.Linear(width, 10, rng=rng))


def test_a_hundred_layers_train_with_the_sum_and_not_without_it() -> None:
    data, test = digits()
    found = {}
    for residual in (True, False):
        rng = np.random.default_rng(0)
        net = deep(residual, rng)
        train(net, data, epochs=4, lr=0.02, rng=rng)
        found[residual] = accuracy(net, test)
    assert found[True] > 0.85
    assert found[False] < 0.3


class SmallResNet(nn.Module):
    """A ResNet for 8x8 images of one channel."""

    def __init__(self, *blocks: nn.Module, channels: int, rng: np.random.Generator) -> None:
        self.stem = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1, bias=False, rng=rng), nn.BatchNorm2d(8), nn.ReLU())
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(channels, 10, rng=rng)

    def forward(self, x: Any) -> Any:
        x = np.reshape(x, (-1, 1, 8, 8))  # (N, 64) -> (N, 1, 8, 8)
        return self.head(np.mean(self.blocks(self.stem(x)), axis=(2, 3)))


def test_a_small_resnet_trains_on_images() -> None:
    (x, y), test = digits()
    rng = np.random.default_rng(0)
    blocks = [nn.BasicBlock(8, 8, rng=rng), nn.PreActBlock(8, 16, 2, rng=rng), nn.Bottleneck(16, 4, rng=rng)]
    net = SmallResNet(*blocks, channels=16, rng=rng)
    train(net, (x[:960], y[:960]), epochs=5, lr=0.1, rng=rng)
    nn.update_batch_norm(net, [x[:960]])
    found = accuracy(net, test)
    assert found > 0.8


# The blocks themselves


@pytest.mark.parametrize("pre", [True, False])
def test_the_block_is_its_formula(pre: bool, rng: np.random.Generator) -> None:
    block = nn.ResidualBlock(5, hidden=7, norm="layer", pre_activation=pre, rng=rng)
    x = rng.normal(size=(4, 5)).astype(np.float32)
    one, two = block.norm1, block.norm2
    assert one is not None
    assert two is not None
    if pre:
        expected = x + block.fc2(F.relu(two(block.fc1(F.relu(one(x))))))
    else:
        expected = F.relu(x + two(block.fc2(F.relu(one(block.fc1(x))))))
    np.testing.assert_array_equal(block(x).numpy(), expected.numpy())


def test_dropout_in_a_block_is_random_in_training_only(rng: np.random.Generator) -> None:
    block = nn.ResidualBlock(16, norm=None, dropout=0.5, rng=rng)
    x = rng.normal(size=(4, 16)).astype(np.float32)
    assert not np.array_equal(block(x).numpy(), block(x).numpy())
    block.eval()
    np.testing.assert_array_equal(block(x).numpy(), block(x).numpy())


def test_a_gradient_passes_a_pre_activation_block_undiminished(rng: np.random.Generator) -> None:
    block = nn.ResidualBlock(4, norm=None, rng=rng)
    for p in block.fc2.parameters():
        p.numpy()[...] = 0
    x = Tensor(rng.normal(size=(3, 4)).astype(np.float32), requires_grad=True)
    g = rng.normal(size=(3, 4)).astype(np.float32)
    block(x).backward(g)
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), g)


def test_state_dict_keys_are_torchvisions() -> None:
    norm = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    expected = {"conv1.weight", "conv2.weight", "conv3.weight", "downsample.0.weight"}
    expected |= {f"{name}.{key}" for name in ("bn1", "bn2", "bn3", "downsample.1") for key in norm}
    assert set(nn.Bottleneck(8, 4, stride=2).state_dict()) == expected
    assert set(nn.BasicBlock(8, 4).state_dict()) == {key for key in expected if "3." not in key}
    assert "downsample.0.weight" not in nn.BasicBlock(8, 8).state_dict()


def test_grouped_bottleneck_is_as_wide_as_resnexts() -> None:
    block = nn.Bottleneck(256, 64, groups=32, base_width=4)  # ResNeXt-50 32x4d, first stage
    assert block.conv2.weight.shape == (128, 4, 3, 3)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.ResidualBlock(0), ["features", "0"]),
        (lambda: nn.ResidualBlock(4, norm="group"), ["norm", "'batch'", "'group'"]),
        (lambda: nn.ResidualBlock(4, activation=nn.ReLU()), ["activation", "nn.ReLU", "ReLU()"]),
        (lambda: nn.ResidualBlock(4, norm=lambda width: None), ["norm"]),
        (lambda: nn.ResidualBlock(4, dropout=1.5), ["p", "1.5"]),
        (lambda: nn.BasicBlock(4, 4, groups=2), ["groups=1", "2", "Bottleneck"]),
        (lambda: nn.BasicBlock(4, 4, norm_layer=3), ["norm_layer", "3"]),
    ],
)
def test_wrong_options_are_refused(make: Any, words: list[str]) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()
    assert [word for word in words if word not in str(caught.value)] == []


@pytest.mark.parametrize("cls", [nn.BasicBlock, nn.PreActBlock])
def test_a_downsample_of_another_shape_is_refused(cls: Any) -> None:
    block = cls(2, 4, downsample=nn.Conv2d(2, 3, 1))
    with pytest.raises(ShapeError, match=r"\(2, 4, 4, 4\).*\(2, 3, 4, 4\)"):
        block(np.ones((2, 2, 4, 4), np.float32))
