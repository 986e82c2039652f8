"""Lists with Tensors in them as arrays; and `wrap_namespace`, which here has nothing to wrap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as _np

from autograd.engine.kinds import is_foreign
from autograd.engine.recording import is_tensor
from autograd.ops.creation import array as _joined

__all__ = ["array", "of_lists", "tensor_in", "wrap_namespace"]


def tensor_in(x: Any) -> Any:
    """A Tensor, or in nested lists and tuples one or another library's array or a batch; else None."""
    if type(x) not in (list, tuple):
        return x if is_tensor(x) else None
    for item in x:
        found = item if is_foreign(item) else tensor_in(item)
        if found is not None:
            return found
    return None


def array(object: Any, dtype: Any = None, **options: Any) -> Any:
    """np.array; a Tensor if there is one in the lists."""
    return (_np.array if tensor_in(object) is None else _joined)(object, dtype, **options)


def of_lists(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function; lists and tuples in its positional arguments become arrays if there is a Tensor in them."""

    def of_lists(*args: Any, **kwargs: Any) -> Any:
        if list in (kinds := [type(x) for x in args]) or tuple in kinds:
            args = tuple([array(x) if tensor_in(x) is not None else x for x in args])
        return function(*args, **kwargs)

    of_lists.__name__ = of_lists.__qualname__ = function.__name__
    of_lists.__doc__ = f"np.{function.__name__}, of lists with Tensors in them, too."
    return of_lists


def wrap_namespace(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Put the names of one namespace into another: NumPy's functions record as they are."""
    new.update({name: value for name, value in old.items() if not name.startswith("_")})
