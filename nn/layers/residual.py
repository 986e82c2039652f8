"""Residual blocks: their input is carried around them and added to what they compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn.core.checks import check_size
from nn.core.containers import Sequential
from nn.core.module import Module
from nn.layers.activation.relu import ReLU
from nn.layers.convolution.conv import Conv2d
from nn.layers.dropout import Dropout
from nn.layers.inputs import cast_to
from nn.layers.linear import Linear
from nn.layers.normalization.batch_norm import BatchNorm1d, BatchNorm2d
from nn.layers.normalization.layer_norm import LayerNorm

Rng = np.random.Generator | None


class Residual(Module):
    """A block that learns what to add to its input.

        y = block(x) + x            or, with a shortcut,            y = block(x) + shortcut(x)

    Shape:     x of any shape that the block takes; both summands of one shape, which is that of y.
    Args:      shortcut: a module that brings x to the block's shape, if the block changes it.
    Raises:    ShapeError if the two shapes differ: they are never broadcast.
    Source:    He et al. 2015, arXiv:1512.03385, eq. 1 and 2; what follows the sum is left to the network.
    Example:
        >>> import numpy as np, nn
        >>> block = nn.Residual(nn.Sequential(nn.Linear(8, 8), nn.ReLU()))
        >>> block(np.ones((2, 8))).shape
        (2, 8)
    """

    def __init__(self, block: Module, shortcut: Module | None = None) -> None:
        self.block = block
        self.shortcut = shortcut

    def forward(self, x: Any) -> Any:
        y = self.block(x)
        around = cast_to(x, y, "Residual") if self.shortcut is None else self.shortcut(x)
        if y.shape != around.shape:
            raise ShapeError(
                f"Residual adds its block's result, of shape {y.shape}, to its input's {around.shape}: they must be equal. "
                "Give a shortcut=, such as nn.Linear(in_features, out_features), that brings the input to the block's shape."
            )
        return y + around


class ResidualBlock(Module):
    """Two affine layers around which the input is carried: the block of a deep network on vectors.

        pre-activation:    y = x + W₂ d(σ(n₂(W₁ σ(n₁(x)))))
        post-activation:   y = σ(x + n₂(W₂ d(σ(n₁(W₁ x)))))

    with the norms n, the activation σ and dropout d. In the first form nothing stands between an input and all later blocks,
    so a gradient reaches the first block of any depth undiminished; the second is the order of the first paper.

    Shape:     x (*, features) -> (*, features); with norm="batch" x (N, features)
    Args:      hidden: the width between the two layers (default: features).
               norm: "batch", "layer", None for none, or a function of a width that makes a module.
               activation: makes the activation, which has no parameters of its own to share between its two places.
               dropout: the probability of dropping, before the second layer.
               pre_activation: which of the two forms.
               dtype: of the parameters (default float32); a norm of your own has its own.
               rng: where first values and dropout masks come from.
    Source:    He et al. 2016, arXiv:1603.05027, Fig. 1 (b), and He et al. 2015, arXiv:1512.03385, Fig. 2, with affine
               layers for convolutions; dropout where Zagoruyko & Komodakis 2016, arXiv:1605.07146, put it.
    Example:
        >>> import numpy as np, nn
        >>> block = nn.ResidualBlock(8, hidden=16, norm="layer", activation=nn.Tanh)
        >>> block(np.ones((2, 8))).shape
        (2, 8)
        >>> block.fc1
        Linear(in_features=8, out_features=16, bias=True)
    """

    def __init__(
        self,
        features: int,
        hidden: int | None = None,
        norm: str | Callable[[int], Module] | None = "batch",
        activation: Callable[[], Module] = ReLU,
        dropout: float = 0.0,
        pre_activation: bool = True,
        *,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        self.features = check_size("features", features)
        self.hidden = self.features if hidden is None else check_size("hidden", hidden)
        self.pre_activation = bool(pre_activation)
        widths = (self.features, self.hidden) if pre_activation else (self.hidden, self.features)
        self.norm1, self.norm2 = (_norm(norm, width, dtype) for width in widths)
        self.fc1 = Linear(self.features, self.hidden, dtype=dtype, rng=rng)
        self.fc2 = Linear(self.hidden, self.features, dtype=dtype, rng=rng)
        self.activation = _made("activation", activation)
        self.dropout = Dropout(dropout, rng=rng)

    def forward(self, x: Any) -> Any:
        x = cast_to(x, self.fc1.weight, "ResidualBlock")
        norm1, norm2 = self.norm1 or _as_it_is, self.norm2 or _as_it_is
        if self.pre_activation:
            h = self.fc1(self.activation(norm1(x)))
            return x + self.fc2(self.dropout(self.activation(norm2(h))))
        h = self.dropout(self.activation(norm1(self.fc1(x))))
        return self.activation(x + norm2(self.fc2(h)))

    def extra_repr(self) -> str:
        return f"{self.features}, hidden={self.hidden}, pre_activation={self.pre_activation}"


class BasicBlock(Module):
    """Two 3x3 convolutions around which the image is carried: the block of ResNet-18 and -34.

        y = σ(x' + bn₂(conv₂(σ(bn₁(conv₁(x))))))        x' = x, or downsample(x)

    Shape:     x (N, inplanes, H, W) -> (N, planes, ⌈H/stride⌉, ⌈W/stride⌉)
    Args:      stride: of the first convolution.
               downsample: brings x to the shape of the result; where the shape changes and none is given, a 1x1 convolution
               and a norm are made, which is what torchvision's ResNet gives its blocks.
               groups, base_width, dilation: in torchvision's place; this block takes no other values than 1, 64 and 1.
               norm_layer: makes a norm of a number of channels (default BatchNorm2d).
               dtype: of the parameters (default float32); a norm of your own has its own.
               rng: where first values come from.
    Source:    He et al. 2015, arXiv:1512.03385, Fig. 5 left; attributes and state_dict keys are torchvision's.
    Example:
        >>> import numpy as np, nn
        >>> nn.BasicBlock(3, 8, stride=2)(np.ones((2, 3, 8, 8))).shape
        (2, 8, 4, 4)
    """

    expansion = 1

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Callable[[int], Module] | None = None,
        *,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        if groups != 1 or base_width != 64 or dilation != 1:
            raise ArgumentError(
                f"BasicBlock has groups=1, base_width=64 and dilation=1 only; got {groups}, {base_width} and {dilation}. Use Bottleneck."
            )
        norm = _norm_of_images(norm_layer, dtype)
        self.conv1 = Conv2d(inplanes, planes, 3, stride, 1, bias=False, dtype=dtype, rng=rng)
        self.bn1 = norm(planes)
        self.relu = ReLU()
        self.conv2 = Conv2d(planes, planes, 3, 1, 1, bias=False, dtype=dtype, rng=rng)
        self.bn2 = norm(planes)
        self.downsample = _downsample(downsample, inplanes, planes, stride, norm, dtype, rng)
        self.stride = stride

    def forward(self, x: Any) -> Any:
        y = self.relu(self.bn1(self.conv1(x)))
        return self.relu(_sum(self, self.bn2(self.conv2(y)), x))


class Bottleneck(Module):
    """A 1x1, a 3x3 and a 1x1 convolution, narrow in the middle, around which the image is carried: of ResNet-50 and deeper.

        y = σ(x' + bn₃(conv₃(σ(bn₂(conv₂(σ(bn₁(conv₁(x)))))))))        x' = x, or downsample(x)

    Shape:     x (N, inplanes, H, W) -> (N, 4·planes, ⌈H/stride⌉, ⌈W/stride⌉)
    Args:      stride: of the 3x3 convolution, as in torchvision; the paper has it in the first 1x1.
               downsample, norm_layer, dtype, rng: see `BasicBlock`.
               groups, base_width: the 3x3 convolution is int(planes · base_width/64) · groups wide, in so many groups.
               dilation: of the 3x3 convolution.
    Source:    He et al. 2015, arXiv:1512.03385, Fig. 5 right; groups: Xie et al. 2017, arXiv:1611.05431.
    Example:
        >>> import numpy as np, nn
        >>> nn.Bottleneck(16, 4)(np.ones((2, 16, 8, 8))).shape
        (2, 16, 8, 8)
    """

    expansion = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Callable[[int], Module] | None = None,
        *,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        norm = _norm_of_images(norm_layer, dtype)
        width, out = int(planes * (base_width / 64)) * groups, planes * self.expansion
        self.conv1 = Conv2d(inplanes, width, 1, bias=False, dtype=dtype, rng=rng)
        self.bn1 = norm(width)
        self.conv2 = Conv2d(width, width, 3, stride, dilation, dilation, groups, bias=False, dtype=dtype, rng=rng)
        self.bn2 = norm(width)
        self.conv3 = Conv2d(width, out, 1, bias=False, dtype=dtype, rng=rng)
        self.bn3 = norm(out)
        self.relu = ReLU()
        self.downsample = _downsample(downsample, inplanes, out, stride, norm, dtype, rng)
        self.stride = stride

    def forward(self, x: Any) -> Any:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        return self.relu(_sum(self, self.bn3(self.conv3(y)), x))


class PreActBlock(Module):
    """Two 3x3 convolutions, each after its norm and activation, around which the image is carried as it is.

        y = x' + conv₂(σ(bn₂(conv₁(a)))),  a = σ(bn₁(x))        x' = x, or downsample(a)

    Shape:     x (N, inplanes, H, W) -> (N, planes, ⌈H/stride⌉, ⌈W/stride⌉)
    Args:      stride: of the first convolution.
               downsample: brings a to the shape of the result; where the shape changes and none is given, a 1x1 convolution.
               norm_layer, dtype, rng: see `BasicBlock`.
    Source:    He et al. 2016, arXiv:1603.05027, Fig. 1 (b); where the shape changes the shortcut starts after the first activation.
    Example:
        >>> import numpy as np, nn
        >>> nn.PreActBlock(3, 8, stride=2)(np.ones((2, 3, 8, 8))).shape
        (2, 8, 4, 4)
    """

    expansion = 1

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: Module | None = None,
        norm_layer: Callable[[int], Module] | None = None,
        *,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        norm = _norm_of_images(norm_layer, dtype)
        self.bn1 = norm(inplanes)
        self.conv1 = Conv2d(inplanes, planes, 3, stride, 1, bias=False, dtype=dtype, rng=rng)
        self.bn2 = norm(planes)
        self.conv2 = Conv2d(planes, planes, 3, 1, 1, bias=False, dtype=dtype, rng=rng)
        self.relu = ReLU()
        self.downsample = _downsample(downsample, inplanes, planes, stride, None, dtype, rng)
        self.stride = stride

    def forward(self, x: Any) -> Any:
        a = self.relu(self.bn1(x))
        y = self.conv2(self.relu(self.bn2(self.conv1(a))))
        return _sum(self, y, x if self.downsample is None else a)


def _as_it_is(x: Any) -> Any:
    return x


def _made(what: str, factory: Any, *args: Any) -> Module:
    """What a factory makes, which must be a module."""
    made = factory(*args) if callable(factory) and not isinstance(factory, Module) else factory
    if not isinstance(made, Module) or made is factory:
        raise ArgumentError(
            f"{what} must be a class of modules or a function that makes one, such as nn.ReLU; got {factory!r}."
        )
    return made


def _norm(norm: Any, width: int, dtype: Any) -> Module | None:
    if norm is None:
        return None
    if isinstance(norm, str):
        if norm not in ("batch", "layer"):
            raise ArgumentError(
                f"norm must be 'batch', 'layer', None, or a function of a width that makes a module; got {norm!r}."
            )
        return BatchNorm1d(width, dtype=dtype) if norm == "batch" else LayerNorm(width, dtype=dtype)
    return _made("norm", norm, width)


def _norm_of_images(norm_layer: Any, dtype: Any) -> Callable[[int], Module]:
    if norm_layer is None:
        return lambda channels: BatchNorm2d(channels, dtype=dtype)
    return lambda channels: _made("norm_layer", norm_layer, channels)


def _downsample(
    given: Module | None, inplanes: int, out: int, stride: int, norm: Any, dtype: Any, rng: Rng
) -> Module | None:
    if given is not None or (stride == 1 and inplanes == out):
        return given
    project = Conv2d(inplanes, out, 1, stride, bias=False, dtype=dtype, rng=rng)
    return project if norm is None else Sequential(project, norm(out))


def _sum(block: Any, y: Any, x: Any) -> Any:
    """y plus what is carried around the block."""
    around = cast_to(x, y, type(block).__name__) if block.downsample is None else block.downsample(x)
    if around.shape != y.shape:
        raise ShapeError(
            f"{type(block).__name__} adds its result, of shape {y.shape}, to what is carried around it, of shape {around.shape}: "
            "they must be equal. Give a downsample= that brings the input to that shape."
        )
    return y + around
