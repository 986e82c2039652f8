"""Values that no rule reads: a node holds their shape and dtype in place of the array, whose memory may go."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NoReturn

import numpy as np

_NOT_KEPT = (
    "a VJP reads the values of an array that its primitive did not keep, only the shape and dtype: "
    "name the argument in keeps=, or use keeps='in out' to keep everything."
)

ndarray = np.ndarray


class Abstract:
    """An array known by its shape and dtype alone: what a node holds of a value that no rule will read."""

    __slots__ = ("dtype", "shape")

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"Abstract(shape={self.shape}, dtype={self.dtype})"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise TypeError(_NOT_KEPT)

    def _not_kept(self, *_: Any) -> NoReturn:
        raise TypeError(_NOT_KEPT)

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{name!r}: {_NOT_KEPT}")

    # NumPy asks for __array__; Python's operators, with a Tensor or a number on the other side, for these
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = __rpow__ = (
        _not_kept
    )
    __matmul__ = __rmatmul__ = __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = __neg__ = __abs__ = __getitem__ = (
        _not_kept
    )
    __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __float__ = __int__ = _not_kept


class Saved(Abstract):
    """The result of an operation whose forward keeps values of its own for the sweep (`saves=True`)."""

    __slots__ = ("values",)

    values: Any

    @classmethod
    def of(cls, out: Any, values: Any) -> Saved:
        """In place of `out`, with the values that its forward keeps."""
        made = cls()
        made.shape, made.dtype, made.values = out.shape, out.dtype, values
        return made


class SavedOutputs(tuple[Any, ...]):
    """The results of an operation with several, likewise."""

    values: Any


def abstract(a: Any) -> Any:
    """What a node holds of a value that no rule will read: shape and dtype of an array, a number as it is."""
    if type(a) is ndarray:
        return _abstract(a.shape, a.dtype)
    if hasattr(a, "shape") and not isinstance(a, (np.generic, np.dtype)):
        return a.abstract() if hasattr(a, "abstract") else _abstract(tuple(a.shape), a.dtype)  # a batch has more to say
    return a


@lru_cache(maxsize=1024)  # the shapes of one step are those of the next
def _abstract(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Abstract:
    made = Abstract()
    made.shape = shape
    made.dtype = dtype
    return made
