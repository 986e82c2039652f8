"""The number of elements of a Tensor: an int that explains itself to whoever writes PyTorch's `x.size(0)`."""

from __future__ import annotations

from typing import Any, NoReturn


class Size(int):
    """An int; calling it is an error that says what the shape is called here."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        axis = [*args, *kwargs.values()]
        remedy = f"x.size({axis[0]!r}) is x.shape[{axis[0]!r}]" if axis else "PyTorch's x.size() is x.shape"
        raise TypeError(f"x.size is the number of elements ({int(self)}), as in NumPy, and no method: {remedy}.")

    def __reduce__(self) -> Any:
        return int, (int(self),)
