"""Identity and Lambda: modules without parameters, for places where a module is expected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.errors import ArgumentError
from nn.core.module import Module


class Identity(Module):
    """Return the input unchanged. It takes the place of a layer that is left out.

    Args:      any; all are ignored, so that it can replace any layer: nn.Identity(54, eps=0.1).
    Example:
        >>> import numpy as np, nn
        >>> nn.Identity(54)(np.ones(3))
        array([1., 1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def forward(self, input: Any) -> Any:
        return input


class Lambda(Module):
    """A function as a module, for use in a Sequential.

    Args:      fn: computes with NumPy on the arguments of the call. To pickle the module, use a function with a name at
               the top level of a file, not a lambda.
    Example:
        >>> import numpy as np, nn
        >>> net = nn.Sequential(nn.Linear(4, 8), nn.Lambda(np.sin), nn.Lambda(lambda x: x.mean(axis=1)))
        >>> net(np.ones((2, 4))).shape
        (2,)
        >>> net[1]
        Lambda(sin)
    """

    def __init__(self, fn: Callable[..., Any]) -> None:
        if not callable(fn):
            raise ArgumentError(f"Lambda takes a function; got {fn!r}.")
        self.fn = fn

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.fn(*args, **kwargs)

    def extra_repr(self) -> str:
        return "" if isinstance(self.fn, Module) else getattr(self.fn, "__name__", None) or repr(self.fn)
