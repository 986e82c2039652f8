"""Names for the modules, parameters and buffers in a graph, as the modules and the user give them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from autograd.engine.recording import raw
from autograd.errors import ArgumentError
from autograd.scalar.scalar import Scalar
from autograd.tensor.tensor import Tensor


class ModuleNames:
    """Paths of nested modules, and names of their parameters and buffers, each looked up once.

    Args:  scopes: for every operation, the modules that were being called.
           given: name -> Tensor, Scalar or array: the user's own names, which replace those of modules.
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
            # further models of one class get a number
            self._outermost[key] = name if classes[name] == 1 else f"{name} #{classes[name]}"
            for find in ("named_buffers", "named_parameters"):
                if hasattr(module, find):
                    for name, value in getattr(module, find)():
                        self._owned[id(value)] = self._owned[id(raw(value))] = name
        for name, value in _checked_names(given or {}).items():
            self._owned[id(value)] = name
            if isinstance(value, Tensor):
                self._owned[id(value._array if value.node is None else value.node)] = name

    def of_scope(self, scope: tuple[Any, ...]) -> tuple[str, ...]:
        """("Sequential", "0 · Linear"): the class of the outermost module, then path and class of each inner one."""
        if not scope:
            return ()
        key = tuple([id(module) for module in scope])
        if key not in self._scopes:
            self._scopes[key] = (self._outermost[id(scope[0])], *map(self._inside, scope, scope[1:]))
        return self._scopes[key]

    def of_value(self, value: Any) -> str:
        """The user's name or the path of a value, of its array or of the operation that made it; "" without any."""
        return self._owned.get(id(value), "")

    def _inside(self, outer: Any, inner: Any) -> str:
        paths = self._children.get(id(outer))
        if paths is None:
            found = outer.named_modules() if hasattr(outer, "named_modules") else ()
            paths = self._children[id(outer)] = {id(module): path for path, module in found}
        path = paths.get(id(inner), "")
        return f"{path} · {type(inner).__name__}" if path else type(inner).__name__


def _checked_names(given: Any) -> Mapping[str, Any]:
    """The argument names= as it is; refused if it is no dict from names to values."""
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
