"""Batch normalisation folded into the layer before it: the same outputs in use, with fewer operations."""

from __future__ import annotations

import copy
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.errors import ArgumentError, ShapeError
from nn.batch_norm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from nn.core.containers import Sequential
from nn.core.module import Module
from nn.core.parameter import Parameter
from nn.layers.convolution.conv import Conv1d, Conv2d, Conv3d
from nn.layers.convolution.transposed import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from nn.layers.linear import Linear
from nn.parametrizations import is_parametrized, remove_parametrizations

# A layer, the normalisation that may follow it, and of how many dimensions its output then is
_PAIRS: dict[type[Module], tuple[type[Module], int]] = {
    Linear: (BatchNorm1d, 2),
    Conv1d: (BatchNorm1d, 3), Conv2d: (BatchNorm2d, 4), Conv3d: (BatchNorm3d, 5),
    ConvTranspose1d: (BatchNorm1d, 3), ConvTranspose2d: (BatchNorm2d, 4), ConvTranspose3d: (BatchNorm3d, 5),
}  # fmt: skip


class Folded(Module):
    """Where a batch normalisation was that is now part of the layer before it; refuses inputs that it would have read otherwise."""

    def __init__(self, ndim: int) -> None:
        self.ndim = ndim

    def forward(self, x: Any) -> Any:
        if x.ndim != self.ndim:
            raise ShapeError(
                f"the batch normalisation that was folded here is for inputs of {self.ndim} dimensions; got {x.shape}."
            )
        return x


def fuse(model: Module, *inputs: Any) -> Module:
    """A copy of the model for use, in eval mode, with each batch normalisation folded into the Linear or Conv before it.

        W' = W · γ/√(Var + eps),     b' = (b - E) · γ/√(Var + eps) + β

    Neighbours in a Sequential are always folded. What follows what in other modules stands in their code: give one
    batch of inputs, and the pairs are found by watching the model compute it. Such a pair is kept only if the outputs
    stay the same. Left as they are: layers that are used more than once, layers with hooks, normalisations without
    running statistics. In the copy `Folded` modules stand in the places of the normalisations, so that all paths stay.

    Args:      inputs: what the model is called with, for models that are not made of Sequentials only.
    Returns:   a new model; the given one stays as it is. It is not for training: its normalisations are gone.
    Numerics:  computed in float64; outputs differ by rounding.
    Source:    Jacob et al. 2017, arXiv:1712.05877, section 3.2.
    Example:
        >>> import numpy as np, nn
        >>> net = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())
        >>> fast = nn.fuse(net)
        >>> fast[1]
        Folded()
        >>> x = np.ones((2, 4), np.float32)
        >>> bool(np.allclose(fast(x), net.eval()(x)))
        True
    """
    if not isinstance(model, Module):
        raise ArgumentError(f"fuse takes a module; got {model!r}.")
    fused = copy.deepcopy(model).eval()
    uses = Counter(id(module) for _, module in fused.named_modules(remove_duplicate=False))
    for series in list(fused.modules()):
        if isinstance(series, Sequential) and type(series).forward is Sequential.forward:
            places = [(name, item) for name, item in vars(series).items() if isinstance(item, Module)]
            for (_, layer), (name, norm) in pairwise(places):
                if uses[id(layer)] == uses[id(norm)] == 1 and _fits(layer, norm):
                    _fold(layer, norm)
                    vars(series)[name] = Folded(_ndim(layer))
    if inputs:
        _fuse_watched(fused, inputs)
    return fused


def _fuse_watched(model: Module, inputs: tuple[Any, ...]) -> None:
    """Fold the pairs that are seen when the model is called, each only if the outputs stay what they were."""
    with no_grad():
        pairs, expected = _watch(model, inputs)
        for layer, norm in pairs:
            before = dict(vars(layer))
            folded = Folded(_ndim(layer))
            _fold(layer, norm)
            _replace(model, norm, folded)
            if not _same(_arrays(model(*inputs)), expected):  # its output goes elsewhere, too
                vars(layer).clear()
                vars(layer).update(before)
                _replace(model, folded, norm)


def _watch(model: Module, inputs: tuple[Any, ...]) -> tuple[list[tuple[Module, Module]], list[Any]]:
    """(the layers and normalisations of which one took the other's output, each called once; the model's outputs)."""
    calls: list[tuple[Module, Any, Any]] = []
    normed = [norm for norm, _ in _PAIRS.values()]
    watched = [
        module
        for module in model.modules()
        if module._module_hooks is None and (_kind(module) in _PAIRS or type(module) in normed)
    ]
    handles = [
        m.register_forward_hook(lambda module, args, output: calls.append((module, args[0], output))) for m in watched
    ]
    try:
        expected = _arrays(model(*inputs))
    finally:
        for handle in handles:
            handle.remove()
    times = Counter(id(module) for module, _, _ in calls)
    made_by = {
        id(output): module for module, _, output in calls
    }  # `calls` keeps the outputs, so an id is that of one only
    pairs = [(made_by[id(x)], norm) for norm, x, _ in calls if id(x) in made_by]
    return [
        (layer, norm) for layer, norm in pairs if times[id(layer)] == times[id(norm)] == 1 and _fits(layer, norm)
    ], expected


def _kind(layer: Module) -> type[Module]:
    """Its class, that under a parametrization."""
    return getattr(type(layer), "_parametrized_from", (type(layer),))[0]


def _ndim(layer: Module) -> int:
    return _PAIRS[_kind(layer)][1]


def _fits(layer: Any, norm: Any) -> bool:
    """Whether the one can be folded into the other."""
    following = _PAIRS.get(_kind(layer))
    if following is None or _kind(norm) is not following[0] or is_parametrized(norm):
        return False
    if layer._module_hooks is not None or norm._module_hooks is not None or norm.running_mean is None:
        return False
    channels = layer.out_features if isinstance(layer, Linear) else layer.out_channels
    dtypes = {t.dtype for t in (layer.weight, norm.running_mean, norm.weight) if t is not None}
    return channels == norm.num_features and len(dtypes) == 1


def _fold(layer: Any, norm: Any) -> None:
    """Give the layer new parameters with which it does what the two did."""
    for name in ("weight", "bias"):
        if is_parametrized(layer, name):
            remove_parametrizations(layer, name)
    dtype, bias = layer.weight.dtype, layer.bias
    mean, scale = _double(norm.running_mean), 1 / np.sqrt(_double(norm.running_var) + norm.eps)
    if norm.weight is not None:
        scale = scale * _double(norm.weight)
    b = (-mean if bias is None else _double(bias) - mean) * scale
    if norm.bias is not None:
        b = b + _double(norm.bias)
    w = _double(layer.weight)
    if isinstance(
        layer, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)
    ):  # (in, out / groups, …), the groups one after the other
        grouped = w.reshape(layer.groups, -1, *w.shape[1:])
        w = (grouped * scale.reshape(layer.groups, 1, -1, *[1] * (w.ndim - 2))).reshape(w.shape)
    else:  # (out, …)
        w = w * scale.reshape(-1, *[1] * (w.ndim - 1))
    layer.weight = Parameter(w.astype(dtype), layer.weight.requires_grad, name="weight")
    layer.bias = Parameter(b.astype(dtype), layer.weight.requires_grad, name="bias")


def _double(t: Any) -> Any:
    return t.numpy().astype(np.float64)


def _replace(model: Module, old: Module, new: Module) -> None:
    """Put one module in the place of another wherever it is found: in attributes, and in lists, tuples and dicts of them."""

    def within(value: Any) -> Any:
        if value is old:
            return new
        if isinstance(value, list):
            value[:] = [within(item) for item in value]
        elif type(value) is tuple:
            return tuple(within(item) for item in value)
        elif isinstance(value, dict):
            for key in list(value):
                value[key] = within(value[key])
        return value

    for module in list(model.modules()):
        for name, value in list(vars(module).items()):
            if isinstance(value, (Module, list, tuple, dict)):
                vars(module)[name] = within(value)


def _arrays(out: Any) -> list[Any]:
    """The arrays in what a model returned."""
    if isinstance(out, dict):
        out = list(out.values())
    if isinstance(out, (tuple, list)):
        return [array for item in out for array in _arrays(item)]
    return [out.numpy() if isinstance(out, Tensor) else np.asarray(out)]


def _same(found: list[Any], expected: list[Any]) -> bool:
    """Equal but for rounding, by the measure of each array's largest number."""
    if len(found) != len(expected):
        return False
    for a, b in zip(found, expected, strict=True):
        if a.shape != b.shape:
            return False
        if b.dtype.kind == "f" and b.size:
            tolerance = 200 * float(np.finfo(b.dtype).eps) * float(np.max(np.abs(b)))
            if not np.all(np.abs(a - b) <= tolerance):
                return False
    return True
