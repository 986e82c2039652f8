"""Residual blocks, on vectors and on images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nn
from tests.cases.modules.case import ModuleCase


def spread_out(*shape: int) -> Callable[[np.random.Generator], tuple[Any, ...]]:
    return lambda rng: (2 * rng.normal(size=shape),)


def on_vectors(*shape: int, **options: Any) -> ModuleCase:
    words = [f"{key}={getattr(value, '__name__', value)}" for key, value in options.items()]
    return ModuleCase(
        nn.ResidualBlock,
        lambda rng: nn.ResidualBlock(shape[-1], **{"activation": nn.Tanh, **options}, dtype=np.float64, rng=rng),
        spread_out(*shape), label=", ".join(words),
    )  # fmt: skip


def group_norm(channels: int) -> nn.Module:
    return nn.GroupNorm(1, channels, dtype=np.float64)


def on_images(
    cls: Any, shape: tuple[int, ...], *sizes: int, torch: Any = None, order: int = 1, **options: Any
) -> ModuleCase:
    return ModuleCase(
        cls, lambda rng: cls(*sizes, **options, dtype=np.float64, rng=rng), spread_out(*shape), torch, order=order,
        label=", ".join([*map(str, sizes), *options]),
    )  # fmt: skip


def peer(torch: Any, kind: str, *sizes: int) -> Any:
    """torchvision's block, written here so that torchvision is not needed."""
    t = torch.nn
    inplanes, planes, stride = sizes if len(sizes) == 3 else (*sizes, 1)

    class Block(t.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            out = planes * (4 if kind == "Bottleneck" else 1)
            if kind == "Bottleneck":
                self.conv1, self.bn1 = t.Conv2d(inplanes, planes, 1, bias=False), t.BatchNorm2d(planes)
                self.conv2, self.bn2 = t.Conv2d(planes, planes, 3, stride, 1, bias=False), t.BatchNorm2d(planes)
                self.conv3, self.bn3 = t.Conv2d(planes, out, 1, bias=False), t.BatchNorm2d(out)
            else:
                self.conv1, self.bn1 = t.Conv2d(inplanes, planes, 3, stride, 1, bias=False), t.BatchNorm2d(planes)
                self.conv2, self.bn2 = t.Conv2d(planes, planes, 3, 1, 1, bias=False), t.BatchNorm2d(planes)
            self.downsample = None
            if stride != 1 or inplanes != out:
                self.downsample = t.Sequential(t.Conv2d(inplanes, out, 1, stride, bias=False), t.BatchNorm2d(out))

        def forward(self, x: Any) -> Any:
            y = torch.relu(self.bn1(self.conv1(x)))
            y = self.bn2(self.conv2(y))
            if kind == "Bottleneck":
                y = self.bn3(self.conv3(torch.relu(y)))
            return torch.relu(y + (x if self.downsample is None else self.downsample(x)))

    return Block()


MODULES = [
    on_vectors(4, 3),
    on_vectors(4, 3, hidden=5, norm="layer"),
    on_vectors(4, 3, norm=None, dropout=0.0, activation=nn.Sigmoid),
    on_vectors(4, 3, hidden=2, pre_activation=False),
    on_vectors(2, 2, 3, norm="layer", pre_activation=False),
    on_images(nn.BasicBlock, (2, 2, 3, 3), 2, 2, torch=lambda torch: peer(torch, "BasicBlock", 2, 2)),
    on_images(nn.BasicBlock, (2, 2, 4, 4), 2, 3, 2, torch=lambda torch: peer(torch, "BasicBlock", 2, 3, 2)),
    on_images(nn.BasicBlock, (2, 2, 3, 3), 2, 2, norm_layer=group_norm),
    on_images(nn.Bottleneck, (3, 8, 3, 3), 8, 2, torch=lambda torch: peer(torch, "Bottleneck", 8, 2)),
    on_images(nn.Bottleneck, (2, 2, 4, 4), 2, 2, 2, torch=lambda torch: peer(torch, "Bottleneck", 2, 2, 2)),
    on_images(nn.Bottleneck, (2, 2, 4, 4), 2, 2, groups=2, base_width=64, dilation=2),
    on_images(nn.PreActBlock, (2, 2, 3, 3), 2, 2),
    on_images(nn.PreActBlock, (2, 2, 4, 4), 2, 3, 2),
]
