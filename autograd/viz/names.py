"""The names that modules have for what a graph only knows as objects: layers, parameters, buffers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from autograd.errors import ArgumentError
from autograd.scalar.scalar import Scalar
from autograd.tensor.tensor import Tensor


class Names:
    """Paths and names of nested modules and of what they own, each looked up once.

    Args:  scopes: of all operations: the modules that were being called.
           given: name -> Tensor, Scalar or array: the user's own, which go before the modules'.
    """

    def __init__(self, scopes: Iterable[tuple[Any, ...]], given: Mapping[str, Any] | None = None) -> None:
        self._children: dict[int, dict[int, str]] = {}
        self._scopes: dict[tuple[int, ...], tuple[str, ...]] = {}
        self._owned: dict[int, str] = {}
        outermost = {id(scope[0]): scope[0] for scope in scopes if scope}
        self._outermost: dict[int, str] = {}
        classes: Counter[str] = Counter()
        for key, module in outermost.items():
            name = type(module).__name__
            classes[name] += 1
            self._outermost[key] = (
                name if classes[name] == 1 else f"{name} #{classes[name]}"
            )  # another model of the same class
            for find in ("named_buffers", "named_parameters"):
                if hasattr(module, find):
                    for name, value in getattr(module, find)():
                        self._owned[id(value)] = self._owned[id(getattr(value, "_data", value))] = name
        for name, value in _checked(given or {}).items():
            self._owned[id(value)] = name
            if isinstance(value, Tensor):
                self._owned[id(value._data if value.node is None else value.node)] = name

    def of_scope(self, scope: tuple[Any, ...]) -> tuple[str, ...]:
        """("Sequential", "0 · Linear"): the outermost module's class, then name and class of each inside the one before."""
        if not scope:
            return ()
        key = tuple([id(module) for module in scope])
        if key not in self._scopes:
            self._scopes[key] = (self._outermost[id(scope[0])], *map(self._inside, scope, scope[1:]))
        return self._scopes[key]

    def of_value(self, value: Any) -> str:
        """What a value, its array or the operation that made it is called: by the user, or as a path in the outermost module; or ""."""
        return self._owned.get(id(value), "")

    def _inside(self, outer: Any, inner: Any) -> str:
        paths = self._children.get(id(outer))
        if paths is None:
            found = outer.named_modules() if hasattr(outer, "named_modules") else ()
            paths = self._children[id(outer)] = {id(module): path for path, module in found}
        path = paths.get(id(inner), "")
        return f"{path} · {type(inner).__name__}" if path else type(inner).__name__


def _checked(given: Any) -> Mapping[str, Any]:
    """names=, refused if it is no dict from names to values."""
    if not isinstance(given, Mapping):
        raise ArgumentError(
            f"names is a dict from a name to what it names, {{'W': W, 'b': b}}; got a {type(given).__name__}."
        )
    for name, value in given.items():
        if not isinstance(name, str):
            raise ArgumentError(f"names: a name is a str; got {name!r}. It is {{'W': W}}, not {{W: 'W'}}.")
        if not (isinstance(value, (Tensor, Scalar)) or hasattr(value, "dtype")):
            raise ArgumentError(
                f"names: {name!r} names a {type(value).__name__}; a Tensor, a Scalar or an array can have a name."
            )
    return given
