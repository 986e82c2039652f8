"""Penalties on the size of parameters, which are added to a loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.registry import define
from autograd.errors import ArgumentError
from nn.core.module import Module


def _total(numbers: list[Any], arrays: tuple[Any, ...]) -> Any:
    """The sum of the numbers, in the common dtype of the arrays."""
    dtype = np.result_type(*[a.dtype for a in arrays]) if arrays else np.dtype(float)
    return dtype.type(sum(float(x) for x in numbers))


def _squares(x: Any) -> Any:
    return np.sum(np.square(x.astype(np.float32) if x.dtype == np.float16 else x))


def _sum_of(total: Callable[[Any], Any], arrays: tuple[Any, ...]) -> Any:
    """The sum of total(x) over the arrays, in their common dtype, in functions that Tensors record (composites)."""
    return sum([total(x) for x in arrays[1:]], total(arrays[0])).astype(np.result_type(*[a.dtype for a in arrays]))


sum_of_squares_op = define(
    lambda *arrays: _total([_squares(x) for x in arrays], arrays),
    joint=lambda g, out, *arrays: [2 * g * x for x in arrays],
    keeps="in",
    composite=lambda *arrays: _sum_of(_squares, arrays),
    plain=True,
    name="sum_of_squares",
    label="2·g·w",
)


def _magnitudes(x: Any) -> Any:
    return np.sum(np.abs(x), dtype=np.float32 if x.dtype == np.float16 else None)


sum_of_magnitudes_op = define(
    lambda *arrays: _total([_magnitudes(x) for x in arrays], arrays),
    joint=lambda g, out, *arrays: [
        g * np.sign(x) for x in arrays
    ],  # 0 at 0, the smallest of the subgradients in [-1, 1]
    keeps="in",
    composite=lambda *arrays: _sum_of(_magnitudes, arrays),
    plain=True,
    name="sum_of_magnitudes",
    label="g·sign(w)",
)

Where = Callable[[str, Any], bool] | None  # (name, parameter) -> whether it is penalised


def l1_penalty(parameters: Module | Tensor | Iterable[Any] | Mapping[str, Any], where: Where = None) -> Any:
    """The sum of the magnitudes of the weights, Σ |w|, which makes many of them 0 or nearly 0 (the lasso).

    Args:      parameters: a module, whose parameters with two or more axes are taken (the weights, not the biases);
               or tensors, a dict of name and tensor, or pairs of name and tensor, which are all taken.
               where: (name, parameter) -> whether to take it; replaces the default choice.
    Gradient:  sign(w), and 0 at 0, the smallest of the subgradients in [-1, 1].
    Raises:    ArgumentError if no parameter is taken.
    Source:    Tibshirani 1996, "Regression shrinkage and selection via the lasso".
    Example:
        >>> import nn
        >>> net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1))
        >>> everywhere = nn.l1_penalty(net)
        >>> first_layer = nn.l1_penalty(net, where=lambda name, p: name.startswith("0."))
        >>> loss = 0.01 * everywhere
        >>> loss.backward()
    """
    return sum_of_magnitudes_op(*_chosen(parameters, where, "l1_penalty"))


def l2_penalty(parameters: Module | Tensor | Iterable[Any] | Mapping[str, Any], where: Where = None) -> Any:
    """The sum of the squares of the weights, Σ w², which keeps them small (ridge regression).

    With the factor λ/2 and plain gradient descent, it has the effect of an optimizer's weight_decay = λ. Adaptive
    optimizers scale the gradient of the penalty, too, and so differ from decoupled weight decay
    (Loshchilov & Hutter 2017, arXiv:1711.05101).

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
    return sum_of_squares_op(*_chosen(parameters, where, "l2_penalty"))


def _chosen(parameters: Any, where: Where, who: str) -> list[Any]:
    """The tensors whose size is penalised, each of them once."""
    if where is not None and not callable(where):
        raise ArgumentError(
            f"{who}: where is a function (name, parameter) -> bool; got {where!r}. "
            f"A factor stands before: 0.1 * {who}(…)."
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
