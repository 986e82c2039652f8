"""Penalties on the size of parameters: what is added to a loss so that weights stay small, or few."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.registry import define
from autograd.errors import ArgumentError
from nn.core.module import Module


def _total(numbers: list[Any], arrays: tuple[Any, ...]) -> Any:
    dtype = np.result_type(*[a.dtype for a in arrays]) if arrays else np.dtype(float)
    return dtype.type(sum(float(x) for x in numbers))


def _squares(x: Any) -> Any:
    return np.sum(np.square(x, dtype=np.float32)) if x.dtype == np.float16 else np.sum(np.square(x))


sum_of_squares_op = define(
    lambda *arrays: _total([_squares(x) for x in arrays], arrays),
    each=lambda i, g, out, *arrays: 2 * g * arrays[i],
    keeps="in",
    name="sum_of_squares",
    label="2g·w",
)


def _magnitudes(x: Any) -> Any:
    return np.sum(np.abs(x), dtype=np.float32 if x.dtype == np.float16 else None)


sum_of_magnitudes_op = define(
    lambda *arrays: _total([_magnitudes(x) for x in arrays], arrays),
    each=lambda i, g, out, *arrays: g * np.sign(arrays[i]),  # 0 at 0: of the subgradients [-1, 1] the least
    keeps="in",
    name="sum_of_magnitudes",
    label="g·sign w",
)


Where = Callable[[str, Any], bool] | None


def l1_penalty(parameters: Module | Tensor | Iterable[Any] | Mapping[str, Any], where: Where = None) -> Any:
    """The sum of the magnitudes of the weights, Σ |w|: many of them become exactly or nearly 0 (the lasso).

    Args:      parameters: a module, of which the weights are taken and not the biases: what has two axes or more; or
               tensors, or a dict or pairs of name and tensor, of which all are taken.
               where: (name, parameter) -> whether it is taken, instead of that choice.
    Gradient:  sign(w); 0 at 0, of the subgradients in [-1, 1] the least.
    Raises:    ArgumentError if nothing is taken.
    Source:    Tibshirani 1996, "Regression shrinkage and selection via the lasso".
    Example:
        >>> import nn
        >>> net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1))
        >>> everywhere = nn.l1_penalty(net)
        >>> first_layer = nn.l1_penalty(net, where=lambda name, p: name.startswith("0."))
        >>> loss = 0.01 * everywhere
        >>> loss.backward()
    """
    return sum_of_magnitudes_op(*chosen(parameters, where, "l1_penalty"))


def l2_penalty(parameters: Module | Tensor | Iterable[Any] | Mapping[str, Any], where: Where = None) -> Any:
    """The sum of the squares of the weights, Σ w²: they stay small (ridge regression).

    With factor λ/2 it is, for plain gradient descent, what an optimizer's weight_decay = λ does; adaptive optimizers
    scale the gradient of a penalty, too, and so differ from decoupled decay (Loshchilov & Hutter 2017, arXiv:1711.05101).

    Args:      parameters, where: see `l1_penalty`.
    Gradient:  2 w.
    Source:    Hoerl & Kennard 1970, "Ridge regression".
    Example:
        >>> import nn
        >>> layer = nn.Linear(2, 1)
        >>> layer.load_state_dict({"weight": [[3.0, 4.0]], "bias": [7.0]})
        LoadResult(missing_keys=[], unexpected_keys=[])
        >>> float(nn.l2_penalty(layer)), float(nn.l2_penalty(layer, where=lambda name, p: True))
        (25.0, 74.0)
    """
    return sum_of_squares_op(*chosen(parameters, where, "l2_penalty"))


def chosen(parameters: Any, where: Where, who: str) -> list[Any]:
    """The tensors that are meant, each once."""
    if where is not None and not callable(where):
        raise ArgumentError(
            f"{who}: where is a function (name, parameter) -> bool; got {where!r}. A factor stands before: 0.1 * {who}(…)."
        )
    if isinstance(parameters, Module):
        named: list[tuple[str, Any]] = list(parameters.named_parameters())
        if where is None:
            where = _is_weight
    elif isinstance(parameters, Tensor):
        named = [(getattr(parameters, "name", ""), parameters)]
    else:
        items = parameters.items() if isinstance(parameters, Mapping) else parameters
        named = [item if isinstance(item, tuple) else (getattr(item, "name", ""), item) for item in items]
    unique = {id(p): (name, p) for name, p in named}
    taken = [p for name, p in unique.values() if where is None or where(name, p)]
    if not taken:
        names = ", ".join(name for name, _ in named if name) or "none"
        raise ArgumentError(f"{who}: no parameter was chosen among: {names}. Say which with where=lambda name, p: …")
    return taken


def _is_weight(name: str, p: Any) -> bool:
    return bool(p.ndim >= 2)
