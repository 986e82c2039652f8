"""Arguments in PyTorch's order and under its names, which mean something else to NumPy's methods: refused by name."""

from __future__ import annotations

import warnings
from typing import Any, NoReturn

from autograd.errors import ArgumentError, ShapeError

_NUMPYS = {"dim": "axis", "keepdim": "keepdims", "unbiased": "ddof"}


def refuse_habit(name: str, second: Any, options: dict[str, Any]) -> NoReturn:
    """Explain x.sum(dim=1) and x.sum(1, True), whose True is NumPy's dtype= or out=."""
    if options:
        key = next(iter(options))
        if key not in _NUMPYS:
            raise TypeError(f"{name}() got an unexpected keyword argument {key!r}.")
        raise ArgumentError(f"{name} has NumPy's arguments; got {key}=. Write {_NUMPYS[key]}= for it.")
    raise ArgumentError(
        f"{name} has NumPy's arguments, and keepdims is not the second; got {second}. "
        f"Write {name}(axis, keepdims={second})."
    )


def check_axes(axes: tuple[Any, ...], ndim: int) -> None:
    """Refuse axes that do not count to ndim, and warn of those that change nothing: x.transpose(0, 1) of PyTorch's.

    Raises: ShapeError.
    """
    if len(axes) != ndim:
        raise ShapeError(
            f"transpose takes the new order of all {ndim} axes, as NumPy does; got {axes}. To swap two axes: "
            "x.swapaxes(i, j)."
        )
    if axes == tuple(range(ndim)):
        warnings.warn(
            f"transpose{axes} changes nothing: it names the new order of the axes, as in NumPy. To swap two axes: "
            "x.swapaxes(0, 1), or x.T.",
            UserWarning,
            stacklevel=3,
        )
