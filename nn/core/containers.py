"""Modules made of modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from operator import index
from typing import Any, NoReturn, Self

from autograd.errors import ArgumentError
from nn.core.module import Module


def _check_module(who: str, module: Any, name: str) -> Module:
    """The module itself; an ArgumentError with a remedy if it is something else."""
    if isinstance(module, Module):
        return module
    hint = ""
    if isinstance(module, type):
        hint = f" Write nn.{module.__name__}(), not nn.{module.__name__}."
    elif isinstance(module, (list, tuple)):
        hint = f" Unpack it: nn.{who}(*modules)."
    elif callable(module):
        hint = " Wrap a function: nn.Lambda(function)."
    raise ArgumentError(f"{who} takes modules; got {module!r} as {name}.{hint}")


class _Container(Module):
    """Modules held as attributes under names: the base of the three containers."""

    def _names(self) -> list[str]:
        return [name for name, value in vars(self).items() if isinstance(value, Module)]

    def _modules(self) -> list[Module]:
        return [value for value in vars(self).values() if isinstance(value, Module)]

    def _check(self, name: str, module: Any) -> None:
        who = type(self).__name__
        _check_module(who, module, name)
        if not isinstance(name, str) or not name or "." in name or (hasattr(self, name) and name not in self._names()):
            raise ArgumentError(f"{name!r} cannot name a module of a {who}: it is empty, has a dot, or is taken.")

    def __len__(self) -> int:
        return len(self._names())


class _Series(_Container):
    """Modules in an order, with the methods of a list; named 0, 1, … or as they were given."""

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules())

    def __getitem__(self, i: int | slice) -> Any:
        if not isinstance(i, slice):
            return vars(self)[self._name(i)]
        names = self._names()
        twin = type(self).__new__(type(self))  # without __init__, which may take other arguments in a subclass
        vars(twin).update(
            {name: value for name, value in vars(self).items() if name not in names and name != "_module_hooks"}
        )
        twin._arrange([(name, vars(self)[name]) for name in names[i]])
        return twin

    def __setitem__(self, i: int | slice, module: Any) -> None:
        if isinstance(i, slice):
            modules: list[Any] = self._modules()
            modules[i] = module
            if len(modules) != len(self):
                raise ArgumentError(
                    f"a slice of a {type(self).__name__} takes as many modules as it has; "
                    "use insert, extend or del to change that."
                )
            self._arrange(list(zip(self._names(), modules, strict=True)))
        else:
            vars(self)[self._name(i)] = _check_module(type(self).__name__, module, str(i))

    def __delitem__(self, i: int | slice) -> None:
        kept = list(zip(self._names(), self._modules(), strict=True))
        if not isinstance(i, slice):
            self._name(i)  # raises if it is out of range
        del kept[i]
        self._arrange(kept)

    def append(self, module: Module) -> Self:
        """Add a module at the end; returns self."""
        return self.extend([module])

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end; returns self."""
        return self._insert(len(self), modules)

    def insert(self, i: int, module: Module) -> Self:
        """Add a module before the one at `i`; returns self."""
        return self._insert(i, [module])

    def pop(self, i: int = -1) -> Module:
        """Remove a module and return it."""
        module = self[index(i)]
        del self[i]
        return module  # type: ignore[no-any-return]

    def __add__(self, other: Iterable[Module]) -> Self:
        if not isinstance(other, Iterable):
            return NotImplemented
        return self[:].extend(other)  # type: ignore[no-any-return]

    def __iadd__(self, other: Iterable[Module]) -> Self:
        return self.extend(other)

    def _insert(self, i: int, modules: Iterable[Module]) -> Self:
        if not isinstance(modules, Iterable) or isinstance(modules, (str, Mapping)):
            raise ArgumentError(f"{type(self).__name__} is extended by a list of modules; got {modules!r}.")
        named: list[tuple[str | None, Any]] = list(zip(self._names(), self._modules(), strict=True))
        named[index(i) : index(i)] = [(None, module) for module in modules]
        self._arrange(named)
        return self

    def _name(self, i: int) -> str:
        names = self._names()
        if not -len(names) <= index(i) < len(names):
            raise IndexError(f"index {i} is out of range for a {type(self).__name__} of {len(names)} modules.")
        return names[i]

    def _arrange(self, named: list[tuple[Any, Any]]) -> None:
        """Hold these modules, given as (name or None, module), in this order.

        If the present names are 0, 1, …, all are numbered anew; else a name None becomes the next free number.
        """
        for i, (name, module) in enumerate(named):
            _check_module(type(self).__name__, module, str(i) if name is None else name)
        old = self._names()
        if old == [str(i) for i in range(len(old))] and all(name is None or name in old for name, _ in named):
            names = [str(i) for i in range(len(named))]
        else:
            taken = {name for name, _ in named}
            free = (str(i) for i in count(len(old)) if str(i) not in taken)
            names = [next(free) if name is None else name for name, _ in named]
        for name in old:
            del vars(self)[name]
        vars(self).update(zip(names, [module for _, module in named], strict=True))


class Sequential(_Series):
    """Modules called one after the other, each on the result of the one before.

    It has the methods of a list: indexing, slicing (which gives a Sequential of the same modules), append, insert,
    extend, del.

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
            for name, module in modules[0].items():
                self._check(name, module)
                vars(self)[name] = module
        else:
            self.extend(modules)  # type: ignore[arg-type]

    def forward(self, input: Any) -> Any:
        for module in self._modules():
            input = module(input)
        return input


class ModuleList(_Series):
    """A list of modules. It cannot be called: loop over it in the forward of the module that holds it.

    The parameters in a plain list of modules are found as well; this class has a repr and PyTorch's methods.

    Example:
        >>> import nn
        >>> layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
        >>> layers.append(nn.Linear(4, 1))
        ModuleList(
          (0-2): 3 x Linear(in_features=4, out_features=4, bias=True)
          (3): Linear(in_features=4, out_features=1, bias=True)
        )
        >>> [name for name, _ in layers[2:].named_parameters()]
        ['0.weight', '0.bias', '1.weight', '1.bias']
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        if modules is not None:
            self.extend(modules)

    def __getitem__(self, i: int | slice) -> Any:
        found = super().__getitem__(i)
        if isinstance(i, slice):
            found._arrange([(None, module) for module in found.clear()])
        return found

    def clear(self) -> list[Module]:
        """Remove all modules; returns them."""
        modules = self._modules()
        self._arrange([])
        return modules

    def forward(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError("a ModuleList is not called: loop over its modules, or use nn.Sequential.")


class ModuleDict(_Container):
    """A dict of modules. It cannot be called: pick a module from it in the forward of the module that holds it.

    The parameters in a plain dict of modules are found as well; this class has a repr and PyTorch's methods.

    Args:      modules: a dict of name -> module, or pairs. A name has no dot and is not that of a method of this class.
    Example:
        >>> import nn
        >>> heads = nn.ModuleDict({"colour": nn.Linear(4, 3), "size": nn.Linear(4, 1)})
        >>> heads["size"]
        Linear(in_features=4, out_features=1, bias=True)
        >>> list(heads), "shape" in heads
        (['colour', 'size'], False)
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Module:
        if key not in self:
            raise KeyError(f"{key!r}: this ModuleDict has {', '.join(map(repr, self)) or 'no modules'}")
        return vars(self)[key]  # type: ignore[no-any-return]

    def __setitem__(self, key: str, module: Module) -> None:
        self.update({key: module})

    def __delitem__(self, key: str) -> None:
        self[key]  # raises if it is not there
        del vars(self)[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __contains__(self, key: object) -> bool:
        return key in self._names()

    def keys(self) -> list[str]:
        """The names."""
        return self._names()

    def values(self) -> list[Module]:
        """The modules."""
        return self._modules()

    def items(self) -> list[tuple[str, Module]]:
        """Pairs of name and module."""
        return list(zip(self._names(), self._modules(), strict=True))

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Set several, from a dict, another ModuleDict, or pairs; the module under an existing name is replaced."""
        if not isinstance(modules, Iterable):
            raise ArgumentError(f"ModuleDict takes a dict of name -> module, or pairs; got {modules!r}.")
        pairs = list(modules.items() if isinstance(modules, (Mapping, ModuleDict)) else modules)
        for name, module in pairs:
            self._check(name, module)
        vars(self).update(pairs)

    def pop(self, key: str) -> Module:
        """Remove a module and return it."""
        module = self[key]
        del self[key]
        return module

    def clear(self) -> None:
        """Remove all modules."""
        for name in self._names():
            del vars(self)[name]

    def forward(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError("a ModuleDict is not called: pick a module from it, and call that.")
