"""simplify: a smaller network, without the units that minimal effort backpropagation chose seldom."""

from __future__ import annotations

import copy
import math
from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from autograd import no_grad
from autograd.engine.recording import raw
from autograd.errors import ArgumentError
from autograd.options import check_flag
from nn.core.containers import Sequential
from nn.core.module import Module
from nn.core.parameter import Buffer, Parameter
from nn.layers.linear import Linear
from nn.layers.minimal_effort.effort_linear import MinimalEffortLinear

RELATIVE_TO = ("examples", "mean", "max")
_FEATURE_COUNTS = ("num_features", "num_parameters", "num_channels")  # attributes: how many features a layer expects


class Place(NamedTuple):
    """A module of a chain, with the Sequential that holds it and its path in the model."""

    parent: Sequential
    position: int
    path: str
    module: Module


def simplify(
    model: Module, threshold: float, *, relative_to: str = "examples", skip: Collection[str] = (), dense: bool = False
) -> Any:
    """A smaller copy of a model: without the hidden units whose activity is below the threshold.

    A unit of a MinimalEffortLinear is a row of its weight, an element of its bias, and a column of the next Linear's
    weight; all three are removed. Between the two layers there may be modules that treat every feature by itself:
    activations, dropout, BatchNorm (whose parameters and statistics are cut too). This is done for every Sequential in
    the model: also for a nested one, one in a Residual, or one that is an attribute of your own module. The last layer
    of a Sequential keeps its units, because they are its output.

    The paper trains in cycles: some epochs of meProp, during which the layers count; simplify; continue with the
    smaller model, whose counters start at zero; and so on, until the model is small enough. The removed weights were
    not zero, so the accuracy drops and recovers in the next epochs. The parameters of the copy are new: make a new
    optimizer for them.

    Args:      model: a Sequential, or a module that contains some. It does not change.
               threshold: units with a smaller activity are removed. With relative_to="examples" it is a share of the
               examples: 0.02 removes units that were among the top k in fewer than 2 % of them since the last reset
               (the paper's rule; the mean share of n units is at most k/n). With "mean" or "max" it is a share of the
               mean or of the largest activity in the layer.
               skip: paths of layers that keep their units, such as "0" or "net.2".
               dense: replace every MinimalEffortLinear in these Sequentials by an nn.Linear, with the exact gradient.
    Returns:   a new model with arrays of its own; each k is at most the new number of units. Gradients are not copied.
    Raises:    ArgumentError, which names the layer and a remedy, if it was not trained, if no unit would remain, if
               what follows is not a Linear, mixes the features (LayerNorm, Softmax, Residual), or is shared with
               another place.
    Source:    Sun et al. 2017, arXiv:1711.06528, the model simplification: counters, cycles, threshold as a share of
               the examples. Departures: the paper masks the units until the end, here the arrays shrink at once; and
               zeros are not counted here.
    Example:
        >>> import numpy as np, nn
        >>> net = nn.Sequential(nn.MinimalEffortLinear(4, 50, k=2), nn.ReLU(), nn.Linear(50, 3))
        >>> nn.CrossEntropyLoss()(net(np.eye(4)), np.array([0, 1, 2, 0])).backward()
        >>> small = nn.simplify(net, threshold=0.25)
        >>> len(net[0].weight), len(small[0].weight) <= 8, small[2].in_features == small[0].out_features
        (50, True, True)
    """
    check_flag("simplify: dense", dense)
    _check_options(model, threshold, relative_to, skip)
    small = copy.deepcopy(model)
    chains = list(_chains(small))
    _refuse_shared(small, chains)
    paths = {place.path for chain in chains for place in chain}
    unknown = sorted(set(skip) - paths)
    if unknown:
        raise ArgumentError(
            f"skip names {', '.join(unknown)}, but the layers in Sequentials are {', '.join(sorted(paths))}."
        )
    cut = [_simplify_chain(chain, threshold, relative_to, skip) for chain in chains]
    if not any(cut):
        raise ArgumentError(
            f"simplify found no layer in this {type(model).__name__} whose units it could remove: it needs a "
            "Sequential with an nn.MinimalEffortLinear and, further on, a Linear that takes its output."
        )
    for place in (place for chain in chains for place in chain):
        if dense and isinstance(place.module, MinimalEffortLinear):
            place.parent[place.position] = _as_linear(place.module)
    small.zero_grad()
    for module in small.modules():
        if isinstance(module, MinimalEffortLinear):
            module.reset_activity()
    return small


def _check_options(model: Any, threshold: Any, relative_to: str, skip: Any) -> None:
    if not isinstance(model, Module):
        raise ArgumentError(f"simplify takes a module, such as a Sequential; got {type(model).__name__}.")
    if (
        isinstance(threshold, bool)
        or not isinstance(threshold, (int, float, np.number))
        or not 0 <= threshold < math.inf
    ):
        raise ArgumentError(f"threshold must be a finite number of 0 or more; got {threshold!r}.")
    if relative_to not in RELATIVE_TO:
        raise ArgumentError(f"relative_to must be one of {', '.join(map(repr, RELATIVE_TO))}; got {relative_to!r}.")
    if isinstance(skip, str):
        raise ArgumentError(f"skip takes a list of paths; got the string {skip!r}. Write skip=[{skip!r}].")


def _chains(model: Module) -> Iterator[list[Place]]:
    """The modules of each outermost Sequential in the order of their calls, with those of nested ones in between."""
    inside = {id(child) for module in model.modules() if isinstance(module, Sequential) for child in module.children()}
    for path, module in model.named_modules():
        if isinstance(module, Sequential) and id(module) not in inside:
            yield list(_flattened(module, path))


def _flattened(sequence: Sequential, path: str) -> Iterator[Place]:
    names = {id(child): name for name, child in sequence.named_children()}
    for i, module in enumerate(sequence):
        name = names[id(module)]
        full = f"{path}.{name}" if path else name
        if isinstance(module, Sequential):
            yield from _flattened(module, full)
        else:
            yield Place(sequence, i, full, module)


def _refuse_shared(model: Module, chains: list[list[Place]]) -> None:
    """Refuse a layer or parameter that has two places: it cannot be cut at the one and kept at the other."""
    places = [place for chain in chains for place in chain if _has_state(place.module)]
    owners: dict[int, list[str]] = {}
    for path, module in model.named_modules():
        for p in vars(module).values():
            if isinstance(p, Parameter):
                owners.setdefault(id(p), []).append(path)
    for place in places:
        paths = [other.path for other in places if other.module is place.module]
        for p in place.module.parameters():
            paths = max(paths, owners.get(id(p), []), key=len)
        if len(paths) > 1:
            raise ArgumentError(
                f"simplify cannot cut {' and '.join(paths)}, which share their parameters: give each one of its own."
            )


def _has_state(module: Module) -> bool:
    return any(True for _ in module.parameters()) or any(True for _ in module.buffers())


def _simplify_chain(chain: list[Place], threshold: float, relative_to: str, skip: Collection[str]) -> bool:
    """Cut every layer of a chain that can be cut; returns whether there was one, even if it keeps all units."""
    linears = [i for i, place in enumerate(chain) if isinstance(place.module, Linear)]
    found = False
    for i, j in pairwise(linears):
        layer, following = chain[i].module, chain[j].module
        if not isinstance(layer, MinimalEffortLinear) or chain[i].path in skip:
            continue
        found = True
        assert isinstance(following, Linear)
        for path, linear in ((chain[i].path, layer), (chain[j].path, following)):
            if not isinstance(vars(linear).get("weight"), Parameter):
                raise ArgumentError(
                    f"simplify cannot cut {path}, whose weight is computed from others: "
                    "remove the parametrization first."
                )
        keep = _units_to_keep(layer, chain[i].path, threshold, relative_to)
        for between in chain[i + 1 : j]:
            _cut_between(between.module, keep, layer, chain[i].path, between.path)
        _cut_rows(layer, keep)
        following.weight = _selected(following.weight, (slice(None), keep))
        following.in_features = len(keep)
    return found


def _units_to_keep(layer: MinimalEffortLinear, path: str, threshold: float, relative_to: str) -> Any:
    """The numbers of the units that are active enough."""
    if not int(layer.examples.numpy()):
        raise ArgumentError(
            f"{path} has counted no examples: train it first (forward and backward in training mode), "
            f"or leave its units as they are with skip=[{path!r}]."
        )
    share = layer.activity_share()
    whole = {"examples": 1.0, "mean": float(share.mean()), "max": float(share.max())}[relative_to]
    keep = np.flatnonzero(share >= threshold * whole)
    if not len(keep):
        of = f" (of the {relative_to}: {threshold * whole:.3g} of the examples)" if relative_to != "examples" else ""
        raise ArgumentError(
            f"threshold {threshold}{of} would remove all {len(share)} units of {path}: the most active was chosen in "
            f"{share.max():.3g} of the examples. Take a lower one, or relative_to='max'."
        )
    return keep


def _cut_rows(layer: Linear, keep: Any) -> None:
    layer.weight = _selected(layer.weight, keep)
    layer.bias = None if layer.bias is None else _selected(layer.bias, keep)
    layer.out_features = len(keep)
    if isinstance(layer, MinimalEffortLinear):
        layer.k = min(layer.k, len(keep))
        layer.activity = Buffer(np.zeros(len(keep), np.int64), persistent=False)


def _selected(t: Any, index: Any) -> Any:
    """A parameter or buffer of the selected elements, with an array of its own."""
    values = np.ascontiguousarray(t.numpy()[index])
    if isinstance(t, Buffer):
        return Buffer(values, persistent=t.persistent)
    return Parameter(values, requires_grad=t.requires_grad, name=t.name)


def _cut_between(module: Module, keep: Any, layer: Linear, before: str, path: str) -> None:
    """Cut a module between two Linears to the kept features, and check that it treats these as it did before."""
    n, whole = layer.out_features, copy.deepcopy(module).eval()
    for name, value in vars(module).items():
        if isinstance(value, (Parameter, Buffer)) and value.shape == (n,):
            vars(module)[name] = _selected(value, keep)
        elif name in _FEATURE_COUNTS and value == n:
            vars(module)[name] = len(keep)
    if not _agree_on(keep, whole, copy.deepcopy(module).eval(), n, layer.weight.dtype):
        raise ArgumentError(
            f"simplify cannot remove units of {before}: {path}, a {type(module).__name__}, follows it before the next "
            "Linear and does not treat every feature by itself. Leave it out or replace it (BatchNorm1d can be cut, "
            f"LayerNorm cannot), or let {before} keep its units: skip=[{before!r}]."
        )


def _agree_on(keep: Any, whole: Module, part: Module, n: int, dtype: Any) -> bool:
    """Whether whole(x)[:, keep] = part(x[:, keep]), tried on small and large inputs of both signs."""
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(12, n)) * np.repeat([0.1, 1.0, 10.0], 4)[:, None]).astype(dtype)
    close = 100 * float(np.finfo(dtype).eps)
    try:
        with no_grad(), np.errstate(all="ignore"):
            expected, found = (np.asarray(raw(y)) for y in (whole(x), part(x[:, keep])))
            return expected.shape == x.shape and np.allclose(
                expected[:, keep], found, rtol=close, atol=close, equal_nan=True
            )
    except (ValueError, TypeError, IndexError, RuntimeError):  # it does not take (N, features) at all
        return False


def _as_linear(layer: MinimalEffortLinear) -> Linear:
    """The same affine map as an nn.Linear, whose gradient is exact."""
    rng = np.random.default_rng(0)  # the drawn values are not used; the package's generator must not change
    twin = Linear(layer.in_features, layer.out_features, layer.bias is not None, dtype=layer.weight.dtype, rng=rng)
    twin.weight, twin.bias, twin.training = layer.weight, layer.bias, layer.training
    return twin
