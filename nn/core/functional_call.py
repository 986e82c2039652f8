"""A Module as a function of its parameters, for the transforms of `autograd`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.loans import Loan
from autograd.engine.registry import alias
from autograd.engine.route import origin
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn.core.module import Module
from nn.core.parameter import Buffer, Parameter


def functional_call(module: Module, params: Any, *args: Any, **kwargs: Any) -> Any:
    """Compute `module(*args, **kwargs)` with these values in place of its parameters.

    `functional_call(module, params, (x,), kwargs)`, as in torch.func, is the same: a tuple in the place of the first
    argument holds all of them, and a dict after it those by name. An argument that is a tuple itself is put into one.

    During the call the module's own Parameters hold the values, so layers, shared parameters and hooks work as usual.
    Afterwards, also after an error, they hold their own again. So a module can be used by only one thread at a time.

    Args:      params: path -> array or Tensor, for parameters and buffers; `{name: p.numpy() for name, p in
               module.named_parameters()}` are its own. Those that are not named keep their values. The call writes to
               a copy of a buffer that is named. Also a tuple of such dicts, which name different ones.
    Raises:    ArgumentError for an unknown name; ShapeError for another shape; DTypeError if a parameter's value is not
               floating.
    Example:
        >>> import numpy as np, nn
        >>> from autograd import grad
        >>> model = nn.Linear(2, 1)
        >>> params = {"weight": np.array([[1.0, 2.0]]), "bias": np.array([0.5])}
        >>> x = np.array([3.0, 4.0])
        >>> nn.functional_call(model, params, x).tolist()
        [11.5]
        >>> grad(lambda p: nn.functional_call(model, p, x).sum())(params)
        {'weight': array([[3., 4.]]), 'bias': array([1.])}
    """
    owned = dict(module.named_parameters(remove_duplicate=False)) | dict(module.named_buffers(remove_duplicate=False))
    args, kwargs = _arguments(args, kwargs)
    swaps: dict[int, tuple[Any, Any, str]] = {}
    for name, value in _merged(params).items():
        own = owned.get(name)
        if own is None:
            close = difflib.get_close_matches(str(name), owned, n=3, cutoff=0.5)
            hint = (
                f" Did you mean {' or '.join(map(repr, close))}?" if close else f" It has {', '.join(owned) or 'none'}."
            )
            raise ArgumentError(
                f"functional_call: this {type(module).__name__} has no parameter or buffer {name!r}.{hint}"
            )
        if id(own) in swaps and swaps[id(own)][1] is not value:
            raise ArgumentError(
                f"functional_call: {name!r} and {swaps[id(own)][2]!r} are one shared parameter; give it once."
            )
        swaps[id(own)] = (own, value, name)
    with _holding([(own, _tensor_for(own, value, name)) for own, value, name in swaps.values()]):
        return module(*args, **kwargs)


def _arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of the module, which torch.func has as (args, kwargs): by position, or with these names."""
    if not args and "args" in kwargs:
        given = kwargs["args"]
        args = (given if type(given) is tuple else (given,),)
        kwargs = {name: value for name, value in kwargs.items() if name != "args"}
    if not args or type(args[0]) is not tuple:
        return args, kwargs
    if len(args) == 1 and set(kwargs) == {"kwargs"}:
        args, kwargs = (args[0], kwargs["kwargs"]), {}
    named = args[1] if len(args) > 1 else None
    if len(args) > 2 or not (named is None or isinstance(named, Mapping)):
        raise ArgumentError(
            "functional_call: after a tuple of all arguments comes a dict of those by name, or nothing; got "
            f"{', '.join(type(a).__name__ for a in args[1:])}. An argument that is a tuple itself is put into one: "
            "functional_call(module, params, ((a, b), c))."
        )
    return args[0], {**(named or {}), **kwargs}


def _merged(params: Any) -> Mapping[str, Any]:
    """One mapping of path -> value, also from a tuple of several that have no name in common."""
    several = params if isinstance(params, (tuple, list)) else (params,)
    found: dict[str, Any] = {}
    for one in several:
        if not isinstance(one, Mapping):
            raise ArgumentError(
                "functional_call: params must be a dict of path -> value, or a tuple of such dicts; got a "
                f"{type(one).__name__}. A module's own are dict(module.named_parameters())."
            )
        twice = [name for name in one if name in found]
        if twice:
            raise ArgumentError(f"functional_call: two of the dicts name {twice[0]!r}; give it once.")
        found.update(one)
    return found


def _tensor_for(own: Parameter | Buffer, value: Any, name: str) -> Tensor:
    """The value as a Tensor that can take the place of the parameter or buffer."""
    t = value if isinstance(value, Tensor) else Tensor(value)
    if t.shape != own.shape:
        raise ShapeError(f"functional_call: {name!r} has shape {own.shape}; got {t.shape}.")
    if isinstance(own, Parameter) and t.dtype.kind not in "fc":
        raise DTypeError(f"functional_call: the parameter {name!r} needs a floating array; got dtype {t.dtype}.")
    return t


@contextmanager
def _holding(pairs: list[tuple[Any, Tensor]]) -> Iterator[None]:
    """Inside, each parameter or buffer has the values of the tensor beside it, and gradients flow to that tensor."""
    loans: list[Loan] = []
    try:
        for own, t in pairs:
            loans.append(Loan(own, t))
            own.node = alias(t._array, origin(t)).node if t.requires_grad else None
            own._requires_grad = t.requires_grad
            own._array = np.array(t._array) if isinstance(own, Buffer) else t._array
        yield
    finally:
        for loan in loans:
            loan.end()
