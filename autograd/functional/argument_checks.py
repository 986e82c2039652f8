"""Checks of what a transform is given and of what its function returns, with the remedy in the error."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from autograd.engine.kinds import is_foreign
from autograd.errors import ArgumentError, DTypeError
from autograd.tensor.tensor import Tensor

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)


def check_callable(name: str, f: Any) -> None:
    """Refuse a first argument that is no function."""
    if not callable(f):
        computed = isinstance(f, Tensor) or isinstance(f, (list, tuple)) and any(isinstance(y, Tensor) for y in f)
        remedy = " For Tensors that are computed already it is autograd.gradients(outputs, inputs)." if computed else ""
        raise ArgumentError(f"{name} takes a function as its first argument; got a {type(f).__name__}.{remedy}")


def is_floating(x: Any) -> bool:
    """Whether x is a float or complex number, or an array or Tensor of a floating or complex dtype."""
    return type(x) in (float, complex) or getattr(getattr(x, "dtype", None), "kind", None) in ("f", "c")


def check_floating(name: str, x: Any, path: str) -> None:
    """Refuse an argument that has no derivative: integers, strings, objects."""
    if is_floating(x):
        return
    kind = getattr(getattr(x, "dtype", None), "kind", None)
    if kind in ("i", "u", "b") or isinstance(x, (int, bool)):
        what = f"of dtype {x.dtype}" if kind else f"the {type(x).__name__} {x!r}"
        raise DTypeError(
            f"{name}: {path} is {what}, which has no derivative: use floats (1.0 for 1, x.astype(float)), or leave the "
            "argument out of argnum (or in a lambda around the function) if it is not to be differentiated."
        )
    raise DTypeError(
        f"{name}: {path} is a {type(x).__name__}; only floats, floating arrays and Tensors, and tuples, lists, dicts "
        "and dataclasses of them, can be differentiated. Leave it out of argnum, or put it in a lambda around the "
        "function; for a Module differentiate by its parameters with nn.functional_call."
    )


def check_argnum(name: str, argnum: Any) -> None:
    """Refuse, before the function is called, an argnum that is no position: an array, as in grad(f, x)."""
    for n in argnum if isinstance(argnum, (tuple, list)) else [argnum]:
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
            remedy = f" The arguments come in a second call: {name}(f)(x)." if hasattr(n, "shape") else ""
            raise ArgumentError(
                f"{name}: argnum must be an integer or a tuple of integers; got {argnum!r:.80}.{remedy}"
            )


def also_argnums(transform: F) -> F:
    """The transform, which also takes `argnums=`, the word of JAX and of torch.func for argnum."""

    @functools.wraps(transform)
    def called(f: Function, *args: Any, **kwargs: Any) -> Any:
        if "argnums" in kwargs:
            if args or "argnum" in kwargs:
                raise ArgumentError(
                    f"{transform.__name__}: argnums is another word for argnum; got both. Give one of them."
                )
            kwargs["argnum"] = kwargs.pop("argnums")
        return transform(f, *args, **kwargs)

    return called  # type: ignore[return-value]


def positions_of(name: str, argnum: Any, args: Sequence[Any]) -> list[int]:
    """The positions of the arguments that are differentiated, counted from the front."""
    if argnum is None:
        return list(range(len(args)))
    if type(argnum) is int and 0 <= argnum < len(args):
        return [argnum]
    numbers = list(argnum) if isinstance(argnum, (tuple, list)) else [argnum]
    check_argnum(name, argnum)
    for n in numbers:
        if not -len(args) <= n < len(args):
            raise ArgumentError(
                f"{name}: argnum is {argnum!r}, but the function was called with {len(args)} positional arguments."
            )
    positions = [int(n) % len(args) for n in numbers]
    if len(set(positions)) < len(positions):
        raise ArgumentError(f"{name}: argnum names an argument twice: {argnum!r}.")
    return positions


def as_tuples(name: str, primals: Any, tangents: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """(the arguments, their tangents) as tuples of one length: a plain tuple stands for several arguments."""
    if type(primals) is not tuple:
        return (primals,), (tangents,)
    if not isinstance(tangents, (tuple, list)) or len(tangents) != len(primals):
        came = f"a {type(tangents).__name__}" + (f" of {len(tangents)}" if isinstance(tangents, (tuple, list)) else "")
        raise ArgumentError(f"{name}: for {len(primals)} arguments the tangents are a tuple of as many; got {came}.")
    return primals, tuple(tangents)


def as_output(name: str, y: Any) -> Tensor:
    """A result of the function as a Tensor; refused unless it is floating or complex."""
    dtype = getattr(y, "dtype", None)
    if isinstance(y, Tensor) and dtype.kind in "fc":  # type: ignore[union-attr]
        return y
    array = isinstance(y, (np.ndarray, np.generic)) or is_foreign(y)
    if isinstance(y, (float, complex)) or array and y.dtype.kind in "fc":
        return Tensor(y)
    if dtype is not None and dtype.kind in "iub" or isinstance(y, (int, bool)):
        raise DTypeError(
            f"{name}: the function returned integers ({described(y)}), which do not change smoothly with anything: "
            "return a floating result, or put it beside with has_aux=True."
        )
    raise DTypeError(
        f"{name}: the function must return floating arrays or numbers, or trees of them; got {described(y)}."
    )


def described(x: Any) -> str:
    """A value in an error message: shape and dtype of an array, the start of the repr of anything else."""
    shape = getattr(x, "shape", None)
    return f"a {type(x).__name__} of shape {shape} and dtype {x.dtype}" if shape else f"{type(x).__name__} {x!r:.60}"
