"""fuse: batch normalisation folded into the layer before it, for the same outputs in eval mode in fewer operations."""

from __future__ import annotations

import copy
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.errors import ArgumentError, ShapeError
from nn.core.containers import Sequential
from nn.core.module import Module
from nn.core.module_hooks import has_hooks
from nn.core.parameter import Parameter
from nn.core.replacement import replace_module
from nn.layers.convolution.conv import Conv1d, Conv2d, Conv3d
from nn.layers.convolution.transposed import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from nn.layers.linear import Linear
from nn.layers.normalization.batch_norm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from nn.parametrizations import is_parametrized, original_class, remove_parametrizations

# A layer -> the normalisation that may follow it, and the number of dimensions of the layer's output
_PAIRS: dict[type[Module], tuple[type[Module], int]] = {
    Linear: (BatchNorm1d, 2),
    Conv1d: (BatchNorm1d, 3), Conv2d: (BatchNorm2d, 4), Conv3d: (BatchNorm3d, 5),
    ConvTranspose1d: (BatchNorm1d, 3), ConvTranspose2d: (BatchNorm2d, 4), ConvTranspose3d: (BatchNorm3d, 5),
}  # fmt: skip


class Folded(Module):
    """In the place of a batch normalisation that was folded: it refuses inputs of another number of dimensions."""

    def __init__(self, ndim: int) -> None:
        self.ndim = ndim

    def forward(self, input: Any) -> Any:
        if input.ndim != self.ndim:
            raise ShapeError(
                f"the batch normalisation that was folded here is for inputs of {self.ndim} dimensions; "
                f"got {input.shape}."
            )
        return input


def fuse(model: Module, *inputs: Any) -> Module:
    """A copy of the model in eval mode, with each batch normalisation folded into the Linear or Conv before it.

        W' = W · γ/√(Var + eps),     b' = (b - E) · γ/√(Var + eps) + β

    Neighbours in a Sequential are always folded. In other modules the order of the layers is known only from running
    them: give one batch of inputs, and pairs are found from the calls of the layers. Such a pair is folded only if the
    model's outputs stay the same. Layers that are used more than once, layers with hooks, and normalisations without
    running statistics are not folded. In the copy a `Folded` module takes the place of each folded normalisation, so
    that all paths stay the same.

    Args:      inputs: what the model is called with, for models that do not consist of Sequentials only.
    Returns:   a new model, not for training, since its normalisations are gone. The given model does not change.
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
                    vars(series)[name] = Folded(_output_ndim(layer))
    if inputs:
        _fuse_by_calls(fused, inputs)
    return fused


def _fuse_by_calls(model: Module, inputs: tuple[Any, ...]) -> None:
    """Fold the pairs that a call of the model shows, each only if the model's outputs stay the same."""
    with no_grad():
        pairs, expected = _pairs_called(model, inputs)
        for layer, norm in pairs:
            before = dict(vars(layer))
            folded = Folded(_output_ndim(layer))
            _fold(layer, norm)
            replace_module(model, norm, folded)
            if not _all_close(_arrays_in(model(*inputs)), expected):  # something else uses the layer's output: undo it
                vars(layer).clear()
                vars(layer).update(before)
                replace_module(model, folded, norm)


def _pairs_called(model: Module, inputs: tuple[Any, ...]) -> tuple[list[tuple[Module, Module]], list[Any]]:
    """((layer, normalisation) where the second was called with the output of the first; the model's outputs).

    Only pairs of which each was called once.
    """
    calls: list[tuple[Module, Any, Any]] = []
    normed = [norm for norm, _ in _PAIRS.values()]
    watched = [
        module
        for module in model.modules()
        if not has_hooks(module) and (original_class(module) in _PAIRS or type(module) in normed)
    ]
    handles = [
        m.register_forward_hook(lambda module, args, output: calls.append((module, args[0], output))) for m in watched
    ]
    try:
        expected = _arrays_in(model(*inputs))
    finally:
        for handle in handles:
            handle.remove()
    times = Counter(id(module) for module, _, _ in calls)
    made_by = {id(output): module for module, _, output in calls}  # ids are unique, because `calls` keeps all outputs
    pairs = [(made_by[id(x)], norm) for norm, x, _ in calls if id(x) in made_by]
    once = [(layer, norm) for layer, norm in pairs if times[id(layer)] == times[id(norm)] == 1 and _fits(layer, norm)]
    return once, expected


def _output_ndim(layer: Module) -> int:
    return _PAIRS[original_class(layer)][1]


def _fits(layer: Any, norm: Any) -> bool:
    """Whether the normalisation can be folded into the layer."""
    following = _PAIRS.get(original_class(layer))
    if following is None or original_class(norm) is not following[0] or is_parametrized(norm):
        return False
    if has_hooks(layer) or has_hooks(norm) or norm.running_mean is None:
        return False
    channels = layer.out_features if isinstance(layer, Linear) else layer.out_channels
    dtypes = {t.dtype for t in (layer.weight, norm.running_mean, norm.weight) if t is not None}
    return channels == norm.num_features and len(dtypes) == 1


def _fold(layer: Any, norm: Any) -> None:
    """Give the layer new parameters, with which it computes what the two computed together."""
    for name in ("weight", "bias"):
        if is_parametrized(layer, name):
            remove_parametrizations(layer, name)
    dtype, bias = layer.weight.dtype, layer.bias
    mean, scale = _float64(norm.running_mean), 1 / np.sqrt(_float64(norm.running_var) + norm.eps)
    if norm.weight is not None:
        scale = scale * _float64(norm.weight)
    b = (-mean if bias is None else _float64(bias) - mean) * scale
    if norm.bias is not None:
        b = b + _float64(norm.bias)
    w = _float64(layer.weight)
    if isinstance(layer, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)):
        # (in, out / groups, *kernel) -> (groups, in / groups, out / groups, *kernel) and back
        grouped = w.reshape(layer.groups, -1, *w.shape[1:])
        w = (grouped * scale.reshape(layer.groups, 1, -1, *[1] * (w.ndim - 2))).reshape(w.shape)
    else:  # (out, in, *kernel)
        w = w * scale.reshape(-1, *[1] * (w.ndim - 1))
    layer.weight = Parameter(w.astype(dtype), layer.weight.requires_grad, name="weight")
    layer.bias = Parameter(b.astype(dtype), layer.weight.requires_grad, name="bias")


def _float64(t: Any) -> Any:
    return t.numpy().astype(np.float64)


def _arrays_in(out: Any) -> list[Any]:
    """The arrays in what a model returned, however nested."""
    if isinstance(out, dict):
        out = list(out.values())
    if isinstance(out, (tuple, list)):
        return [array for item in out for array in _arrays_in(item)]
    return [out.numpy() if isinstance(out, Tensor) else np.asarray(out)]


def _all_close(found: list[Any], expected: list[Any]) -> bool:
    """Whether the arrays are equal up to rounding errors relative to each array's largest number."""
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
