"""Modules made of modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import index
from typing import Any

from autograd.errors import ArgumentError
from nn.module import Module


class Sequential(Module):
    """Modules called one after the other, each on the result of the one before.

    Args:      modules: named 0, 1, …; or one dict of name -> module.
    Example:
        >>> import numpy as np, nn
        >>> net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
        >>> net(np.ones((2, 4))).shape
        (2, 3)
        >>> len(net), net[-1], len(net[:2])
        (3, Linear(in_features=8, out_features=3, bias=True), 2)
    """

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            named = dict(modules[0])
        else:
            named = {str(i): module for i, module in enumerate(modules)}  # type: ignore[misc]
        for name, module in named.items():
            self._put(name, module)

    def forward(self, x: Any) -> Any:
        for module in self:
            x = module(x)
        return x

    def append(self, module: Module) -> Sequential:
        """Add a module at the end; returns self."""
        self._put(str(len(self)), module)
        return self

    def __len__(self) -> int:
        return len(self._names())

    def __iter__(self) -> Iterator[Module]:
        return iter([module for module in vars(self).values() if isinstance(module, Module)])

    def __getitem__(self, i: int | slice) -> Any:
        if isinstance(i, slice):
            return type(self)({name: getattr(self, name) for name in self._names()[i]})
        return getattr(self, self._name(i))

    def __setitem__(self, i: int, module: Module) -> None:
        self._put(self._name(i), module, replace=True)

    def _names(self) -> list[str]:
        return [name for name, value in vars(self).items() if isinstance(value, Module)]

    def _name(self, i: int) -> str:
        names = self._names()
        if not -len(names) <= index(i) < len(names):
            raise IndexError(f"index {i} is out of range for a Sequential of {len(names)} modules.")
        return names[i]

    def _put(self, name: str, module: Any, replace: bool = False) -> None:
        if not isinstance(module, Module):
            hint = " Write nn.ReLU(), not nn.ReLU." if isinstance(module, type) else ""
            raise ArgumentError(f"Sequential takes modules; got {module!r} as {name}.{hint}")
        if not replace and (not name or "." in name or hasattr(self, name)):
            raise ArgumentError(f"{name!r} cannot name a module of a Sequential: it is empty, has a dot, or is taken.")
        vars(self)[name] = module
