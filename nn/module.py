"""Module: a function with parameters, found by walking its attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Self

import numpy as np

from autograd import no_grad
from autograd.errors import ArgumentError, DTypeError
from autograd.modes import inside, mode
from nn.parameter import Buffer, Parameter


class LoadResult(NamedTuple):
    """The keys that a state dict lacked, and those that it had too many."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """The base of every layer and network: assign layers and parameters to attributes, define `forward`.

    Parameters and modules are found in the attributes, and in lists, tuples and dicts among them. Names are paths:
    "layers.0.weight". One that is reachable twice is shared, and counts once.

    Example:
        >>> import numpy as np, nn
        >>> class Net(nn.Module):
        ...     def __init__(self):
        ...         self.layers = [nn.Linear(4, 8), nn.Linear(8, 1)]
        ...
        ...     def forward(self, x):
        ...         first, second = self.layers
        ...         return second(np.tanh(first(x)))
        >>> net = Net()
        >>> [name for name, _ in net.named_parameters()]
        ['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias']
        >>> net(np.ones((5, 4))).shape
        (5, 1)
    """

    training: bool = True
    forward: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute `forward(...)`; what it records knows that it happened in this module."""
        token = inside(self)
        try:
            return self.forward(*args, **kwargs)
        finally:
            mode.reset(token)

    # What it consists of

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """(name, module) of the modules directly inside, each once."""
        seen = set()
        for name, member in _members(self):
            if isinstance(member, Module) and id(member) not in seen:
                seen.add(id(member))
                yield name, member

    def children(self) -> Iterator[Module]:
        """The modules directly inside."""
        return (module for _, module in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """(path, module) of this module (its path is the prefix) and all inside it, outermost first, each once."""
        seen = set()
        stack = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if id(module) not in seen:
                seen.add(id(module))
                yield path, module
                stack.extend(reversed([(_join(path, name), child) for name, child in module.named_children()]))

    def modules(self) -> Iterator[Module]:
        """This module and all inside it."""
        return (module for _, module in self.named_modules())

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """(path, parameter) of this module and all inside it, each once; a parameter without a name learns its path."""
        seen = set()
        for path, module in self.named_modules(prefix):
            for name, p in _members(module):
                if isinstance(p, Parameter) and id(p) not in seen:
                    seen.add(id(p))
                    full = _join(path, name)
                    if not p.name or full.endswith("." + p.name):
                        p.name = full
                    yield full, p

    def parameters(self) -> Iterator[Parameter]:
        """The parameters of this module and all inside it: what an optimizer takes."""
        return (p for _, p in self.named_parameters())

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, Buffer]]:
        """(path, buffer) of this module and all inside it, each once."""
        seen = set()
        for path, module in self.named_modules(prefix):
            for name, b in _members(module):
                if isinstance(b, Buffer) and id(b) not in seen:
                    seen.add(id(b))
                    yield _join(path, name), b

    def buffers(self) -> Iterator[Buffer]:
        """The buffers of this module and all inside it."""
        return (b for _, b in self.named_buffers())

    # What it does to all of them

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all inside it to training behaviour; returns self."""
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self) -> Self:
        """Switch this module and all inside it to the behaviour of use after training; returns self."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Let all parameters learn, or freeze them; returns self."""
        for p in self.parameters():
            p.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters."""
        for p in self.parameters():
            p.grad = None if set_to_none or p.grad is None else np.zeros_like(p.numpy())

    def apply(self, fn: Callable[[Module], object]) -> Self:
        """Call `fn(module)` on all modules inside, then on this one; returns self."""
        for module in reversed(list(self.modules())):
            fn(module)
        return self

    def astype(self, dtype: Any) -> Self:
        """Convert the floating parameters, their gradients, and the floating buffers to this floating dtype; returns self."""
        dtype = np.dtype(dtype)
        if dtype.kind != "f":
            raise DTypeError(f"a module computes in a floating dtype; got {dtype}.")
        for t in (*self.parameters(), *self.buffers()):
            if t.dtype.kind == "f" and t.dtype != dtype:
                t.data = t.numpy().astype(dtype)
                t.grad = None if t.grad is None else t.grad.numpy().astype(dtype)
        return self

    # Saving and restoring

    def state_dict(self, prefix: str = "") -> dict[str, np.ndarray]:
        """Path -> a copy of the array, for all parameters and persistent buffers: it stays what it is while training goes on."""
        return {name: t.numpy().copy() for name, t in self._state(prefix)}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadResult:
        """Take over the arrays of a state dict, converted to the parameters' dtypes.

        Args:  strict: refuse missing and unexpected keys rather than returning them.
        Raises: ArgumentError, which lists everything that does not fit; then nothing was changed.
        """
        own = dict(self._state(""))
        arrays = {name: np.asarray(getattr(value, "_data", value)) for name, value in state_dict.items()}
        missing = [name for name in own if name not in arrays]
        unexpected = [name for name in arrays if name not in own]
        problems = [f"{name} is missing" for name in missing] + [f"{name} is unexpected" for name in unexpected] if strict else []
        for name, p in own.items():
            if name not in arrays:
                continue
            if arrays[name].shape != p.shape:
                problems.append(f"{name} has shape {arrays[name].shape}, not {p.shape}")
            elif arrays[name].dtype.kind not in "fiub":
                problems.append(f"{name} has dtype {arrays[name].dtype}, which does not convert to {p.dtype}")
        if problems:
            lines = "\n  ".join(problems)
            raise ArgumentError(f"the state dict does not fit this {type(self).__name__}; nothing was loaded:\n  {lines}")
        with no_grad():
            for name, p in own.items():
                if name in arrays:
                    p[...] = arrays[name]
        return LoadResult(missing, unexpected)

    def _state(self, prefix: str) -> Iterator[tuple[str, Parameter | Buffer]]:
        """(path, parameter or buffer) under every path it has: a shared one is listed under each, as in PyTorch."""
        for name, member in _members(self):
            if isinstance(member, Module):
                yield from member._state(f"{prefix}{name}.")
            elif isinstance(member, Parameter) or member.persistent:
                yield prefix + name, member

    # How it looks

    def extra_repr(self) -> str:
        """What stands between the parentheses for a module without children."""
        return ""

    def __repr__(self) -> str:
        children = [f"({name}): {child!r}" for name, child in _members(self) if isinstance(child, Module)]
        extra = self.extra_repr()
        if not children:
            return f"{type(self).__name__}({extra})"
        lines = "\n".join([extra, *children] if extra else children).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {lines}\n)"


def _members(module: Module) -> Iterator[tuple[str, Any]]:
    """(name, member) among the attributes: parameters, buffers, then modules, as PyTorch lists them."""
    found = [item for name, value in vars(module).items() for item in _within(name, value)]
    for kind in (Parameter, Buffer, Module):
        yield from (item for item in found if isinstance(item[1], kind))


def _within(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, (Parameter, Buffer, Module)):
        yield name, value
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from _within(f"{name}.{i}", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _within(f"{name}.{key}", item)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def check_size(what: str, value: Any) -> int:
    """A size given to a constructor: a positive integer, or an ArgumentError that says so."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ArgumentError(f"{what} must be a positive integer; got {value!r}.")
    return int(value)
