"""Residual blocks, which add their input to what they compute: for any module, for vectors, and for images (ResNet)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from nn.core.checks import check_size
from nn.core.containers import Sequential
from nn.core.module import Module
from nn.init import Rng
from nn.layers.activation.relu import ReLU
from nn.layers.convolution.conv import Conv2d
from nn.layers.dropout import Dropout
from nn.layers.inputs import cast_to
from nn.layers.linear import Linear
from nn.layers.normalization.batch_norm import BatchNorm1d, BatchNorm2d
from nn.layers.normalization.layer_norm import LayerNorm


class Residual(Module):
    """Add the input of a block to its result.

        y = block(x) + x            or, with a shortcut,            y = block(x) + shortcut(x)

    Shape:     x of any shape that the block takes; both summands must have the same shape, which is that of y
    Args:      shortcut: a module that brings x to the shape of the block's result, if the block changes the shape.
    Raises:    ShapeError if the two shapes differ; they are never broadcast.
    Source:    He et al. 2015, arXiv:1512.03385, eq. 1 and 2; without the activation that follows the sum there.
    Example:
        >>> import numpy as np, nn
        >>> block = nn.Residual(nn.Sequential(nn.Linear(8, 8), nn.ReLU()))
        >>> block(np.ones((2, 8))).shape
        (2, 8)
    """

    def __init__(self, block: Module, shortcut: Module | None = None) -> None:
        self.block = block
        self.shortcut = shortcut

    def forward(self, input: Any) -> Any:
        y = self.block(input)
        shortcut = cast_to(input, y, "Residual") if self.shortcut is None else self.shortcut(input)
        if y.shape != shortcut.shape:
            raise ShapeError(
                f"Residual adds its block's result, of shape {y.shape}, to its input's {shortcut.shape}: they must be "
                "equal. Give a shortcut=, such as nn.Linear(in_features, out_features), that brings the input to the "
                "block's shape."
            )
        return y + shortcut


class ResidualBlock(Module):
    """Two affine layers with a residual connection: the block of a deep network on vectors.

        pre-activation:    y = x + W₂ d(σ(n₂(W₁ σ(n₁(x)))))
        post-activation:   y = σ(x + n₂(W₂ d(σ(n₁(W₁ x)))))

    with the norms n, the activation σ and dropout d. In the first form the identity path from a block to all later ones
    is never interrupted, so gradients reach the first block undiminished at any depth. The second form is that of the
    original paper.

    Shape:     input (*, features) -> (*, features); with norm="batch" (N, features)
    Args:      hidden: the width between the two layers (default: features).
               norm: "batch", "layer", None for none, or a function of a width that makes a module.
               activation: a class or function that makes the activation module. One module serves both places, so it
               should have no parameters.
               dropout: the probability of setting an element to 0 before the second layer.
               pre_activation: whether to use the first of the two forms.
               dtype: of the parameters (default float32), except those of a norm made by your own function.
               rng: source of the initial values and of the dropout masks.
    Source:    He et al. 2016, arXiv:1603.05027, Fig. 1 (b), and He et al. 2015, arXiv:1512.03385, Fig. 2, with affine
               layers in place of convolutions; dropout as in Zagoruyko & Komodakis 2016, arXiv:1605.07146.
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
        self.norm1, self.norm2 = (_make_norm(norm, width, dtype) for width in widths)
        self.fc1 = Linear(self.features, self.hidden, dtype=dtype, rng=rng)
        self.fc2 = Linear(self.hidden, self.features, dtype=dtype, rng=rng)
        self.activation = _make_module("activation", activation)
        self.dropout = Dropout(dropout, rng=rng)

    def forward(self, input: Any) -> Any:
        x = cast_to(input, self.fc1.weight, "ResidualBlock")
        norm1, norm2 = self.norm1 or _identity, self.norm2 or _identity
        if self.pre_activation:
            h = self.fc1(self.activation(norm1(x)))
            return x + self.fc2(self.dropout(self.activation(norm2(h))))
        h = self.dropout(self.activation(norm1(self.fc1(x))))
        return self.activation(x + norm2(self.fc2(h)))

    def extra_repr(self) -> str:
        return f"{self.features}, hidden={self.hidden}, pre_activation={self.pre_activation}"


class BasicBlock(Module):
    """Two 3x3 convolutions with a residual connection: the block of ResNet-18 and ResNet-34.

        y = σ(x' + bn₂(conv₂(σ(bn₁(conv₁(x))))))        x' = x, or downsample(x)

    Shape:     input (N, inplanes, H, W) -> (N, planes, ⌈H/stride⌉, ⌈W/stride⌉)
    Args:      stride: of the first convolution.
               downsample: a module that brings x to the shape of the result. If it is None and the shape changes, the
               block makes a 1x1 convolution and a norm, which is what torchvision's ResNet passes to its blocks.
               groups, base_width, dilation: as in torchvision; here they must be 1, 64 and 1.
               norm_layer: a class or function that makes a norm from a number of channels (default BatchNorm2d).
               dtype: of the parameters (default float32), except those of a norm made by your own function.
               rng: source of the initial values.
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
                f"BasicBlock has groups=1, base_width=64 and dilation=1 only; got {groups}, {base_width} and "
                f"{dilation}. Use Bottleneck."
            )
        norm = _image_norm(norm_layer, dtype)
        self.conv1 = Conv2d(inplanes, planes, 3, stride, 1, bias=False, dtype=dtype, rng=rng)
        self.bn1 = norm(planes)
        self.relu = ReLU()
        self.conv2 = Conv2d(planes, planes, 3, 1, 1, bias=False, dtype=dtype, rng=rng)
        self.bn2 = norm(planes)
        self.downsample = _make_downsample(downsample, inplanes, planes, stride, norm, dtype, rng)
        self.stride = stride

    def forward(self, input: Any) -> Any:
        y = self.relu(self.bn1(self.conv1(input)))
        return self.relu(_add_shortcut(self, self.bn2(self.conv2(y)), input))


class Bottleneck(Module):
    """Convolutions of 1x1, 3x3 and 1x1, narrow in the middle, with a residual connection: ResNet-50 and deeper.

        y = σ(x' + bn₃(conv₃(σ(bn₂(conv₂(σ(bn₁(conv₁(x)))))))))        x' = x, or downsample(x)

    Shape:     input (N, inplanes, H, W) -> (N, 4·planes, ⌈H/stride⌉, ⌈W/stride⌉)
    Args:      stride: of the 3x3 convolution, as in torchvision; in the paper it is that of the first 1x1 convolution.
               downsample, norm_layer, dtype, rng: see `BasicBlock`.
               groups, base_width: the 3x3 convolution has int(planes · base_width/64) · groups channels.
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
        norm = _image_norm(norm_layer, dtype)
        width, out = int(planes * (base_width / 64)) * groups, planes * self.expansion
        self.conv1 = Conv2d(inplanes, width, 1, bias=False, dtype=dtype, rng=rng)
        self.bn1 = norm(width)
        self.conv2 = Conv2d(width, width, 3, stride, dilation, dilation, groups, bias=False, dtype=dtype, rng=rng)
        self.bn2 = norm(width)
        self.conv3 = Conv2d(width, out, 1, bias=False, dtype=dtype, rng=rng)
        self.bn3 = norm(out)
        self.relu = ReLU()
        self.downsample = _make_downsample(downsample, inplanes, out, stride, norm, dtype, rng)
        self.stride = stride

    def forward(self, input: Any) -> Any:
        y = self.relu(self.bn1(self.conv1(input)))
        y = self.relu(self.bn2(self.conv2(y)))
        return self.relu(_add_shortcut(self, self.bn3(self.conv3(y)), input))


class PreActBlock(Module):
    """Two 3x3 convolutions, each after its norm and activation, with a residual connection around both.

        y = x' + conv₂(σ(bn₂(conv₁(a)))),  a = σ(bn₁(x))        x' = x, or downsample(a)

    Shape:     input (N, inplanes, H, W) -> (N, planes, ⌈H/stride⌉, ⌈W/stride⌉)
    Args:      stride: of the first convolution.
               downsample: a module that brings a to the shape of the result. If it is None and the shape changes, the
               block makes a 1x1 convolution.
               norm_layer, dtype, rng: see `BasicBlock`.
    Source:    He et al. 2016, arXiv:1603.05027, Fig. 1 (b). Where the shape changes, the shortcut starts after the
               first activation.
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
        norm = _image_norm(norm_layer, dtype)
        self.bn1 = norm(inplanes)
        self.conv1 = Conv2d(inplanes, planes, 3, stride, 1, bias=False, dtype=dtype, rng=rng)
        self.bn2 = norm(planes)
        self.conv2 = Conv2d(planes, planes, 3, 1, 1, bias=False, dtype=dtype, rng=rng)
        self.relu = ReLU()
        self.downsample = _make_downsample(downsample, inplanes, planes, stride, None, dtype, rng)
        self.stride = stride

    def forward(self, input: Any) -> Any:
        a = self.relu(self.bn1(input))
        y = self.conv2(self.relu(self.bn2(self.conv1(a))))
        return _add_shortcut(self, y, input if self.downsample is None else a)


def _identity(x: Any) -> Any:
    return x


def _make_module(what: str, factory: Any, *args: Any) -> Module:
    """The module that factory(*args) makes, after a check that it is one; `what` names the argument in the error."""
    made = factory(*args) if callable(factory) and not isinstance(factory, Module) else factory
    if not isinstance(made, Module) or made is factory:
        raise ArgumentError(
            f"{what} must be a class of modules or a function that makes one, such as nn.ReLU; got {factory!r}."
        )
    return made


def _make_norm(norm: Any, width: int, dtype: Any) -> Module | None:
    if norm is None:
        return None
    if isinstance(norm, str):
        if norm not in ("batch", "layer"):
            raise ArgumentError(
                f"norm must be 'batch', 'layer', None, or a function of a width that makes a module; got {norm!r}."
            )
        return BatchNorm1d(width, dtype=dtype) if norm == "batch" else LayerNorm(width, dtype=dtype)
    return _make_module("norm", norm, width)


def _image_norm(norm_layer: Any, dtype: Any) -> Callable[[int], Module]:
    if norm_layer is None:
        return lambda channels: BatchNorm2d(channels, dtype=dtype)
    return lambda channels: _make_module("norm_layer", norm_layer, channels)


def _make_downsample(
    given: Module | None, inplanes: int, out: int, stride: int, norm: Any, dtype: Any, rng: Rng
) -> Module | None:
    if given is not None or (stride == 1 and inplanes == out):
        return given
    project = Conv2d(inplanes, out, 1, stride, bias=False, dtype=dtype, rng=rng)
    return project if norm is None else Sequential(project, norm(out))


def _add_shortcut(block: Any, y: Any, x: Any) -> Any:
    """y plus the input x of the block, or plus downsample(x) if there is a downsample."""
    shortcut = cast_to(x, y, type(block).__name__) if block.downsample is None else block.downsample(x)
    if shortcut.shape != y.shape:
        raise ShapeError(
            f"{type(block).__name__} adds its result, of shape {y.shape}, to what is carried around it, of shape "
            f"{shortcut.shape}: they must be equal. Give a downsample= that brings the input to that shape."
        )
    return y + shortcut
