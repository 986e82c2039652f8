"""Module: a function with parameters, found by walking its attributes."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self, TypeVar

import numpy as np

from autograd.engine.modes import of_this_thread
from autograd.errors import ArgumentError, DTypeError
from nn.core import hooks
from nn.core.call_errors import folded, locate, no_forward
from nn.core.loading import LoadResult, load
from nn.core.parameter import Buffer, Parameter

Member = TypeVar("Member")


class Module:
    """The base of every layer and network: assign layers and parameters to attributes, define `forward`.

    Parameters and modules are found in the attributes, and in lists, tuples and dicts among them. Names are paths:
    "layers.0.weight". One that is reachable twice is shared, and counts once. Calling `super().__init__()` does no
    harm and is not needed.

    An error on the way names the place: "Net.layers.1: Linear expects …", and other exceptions get a note that does.

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
    forward: Callable[..., Any] = no_forward
    _module_hooks: hooks.Hooks | None = None  # a class's attribute, so that a module without hooks pays one look

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute `forward(...)`; what it records knows that it happened in this module."""
        state = of_this_thread()
        outer = state.scope
        state.scope = (*outer, self)
        try:
            if self._module_hooks is None:
                return self.forward(*args, **kwargs)
            return hooks.call(self, args, kwargs)
        except Exception as error:
            locate(error, args, state.scope)
            raise
        finally:
            state.scope = outer

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a parameter or a buffer stays one, so that it is not lost from training or from the state by accident."""
        old = vars(self).get(name)
        if isinstance(old, (Parameter, Buffer)) and value is not None and not isinstance(value, (Parameter, Buffer)):
            if isinstance(old, Parameter) or getattr(value, "requires_grad", False):
                what = type(old).__name__
                raise ArgumentError(
                    f"{name} of this {type(self).__name__} is a {what}; got a {type(value).__name__} for it. Assign nn.{what}(values), "
                    f"or write its values: with autograd.no_grad(): module.{name}[...] = values."
                )
            value = Buffer(value, old.persistent)
        object.__setattr__(self, name, value)

    # What it consists of

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """(name, module) of the modules directly inside, each once."""
        seen = set()
        for name, member in members(self):
            if isinstance(member, Module) and id(member) not in seen:
                seen.add(id(member))
                yield name, member

    def children(self) -> Iterator[Module]:
        """The modules directly inside."""
        return (module for _, module in self.named_children())

    def named_modules(self, prefix: str = "", remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """(path, module) of this module (its path is the prefix) and all inside it, outermost first.

        Args:  remove_duplicate: list each once, under its first path; else under every path that it has.
        """
        seen: set[int] = set()
        stack: list[tuple[str, Module, tuple[int, ...]]] = [(prefix, self, ())]
        while stack:
            path, module, around = stack.pop()
            if id(module) not in (seen if remove_duplicate else around):  # one that holds itself has no end of paths
                seen.add(id(module))
                yield path, module
                around = around if remove_duplicate else (*around, id(module))
                inner = [(_join(path, name), m, around) for name, m in members(module) if isinstance(m, Module)]
                stack.extend(reversed(inner))

    def modules(self) -> Iterator[Module]:
        """This module and all inside it."""
        return (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """(path, parameter) of this module and all inside it; a parameter without a name learns its path.

        Args:  recurse: False: only those that are its own, not its children's.
               remove_duplicate: list each once, under its first path; else under every path that it has.
        """
        for path, p in self._named(Parameter, prefix, recurse, remove_duplicate):
            if not p.name or path.endswith("." + p.name):
                p.name = path
            yield path, p

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and all inside it: what an optimizer takes."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Buffer]]:
        """(path, buffer) of this module and all inside it; the arguments are those of `named_parameters`."""
        return self._named(Buffer, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Buffer]:
        """The buffers of this module and all inside it."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def _named(
        self, kind: type[Member], prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Member]]:
        seen: set[int] = set()  # of members and of modules
        stack: list[tuple[str, Module, tuple[int, ...]]] = [(prefix, self, ())]
        while stack:  # as named_modules walks, with one look at each module instead of two
            path, module, around = stack.pop()
            if id(module) in (seen if remove_duplicate else around):
                continue
            seen.add(id(module))
            listed = members(module)
            for name, member in listed:
                if isinstance(member, kind) and (id(member) not in seen or not remove_duplicate):
                    seen.add(id(member))
                    yield _join(path, name), member
            if recurse:
                around = around if remove_duplicate else (*around, id(module))
                stack.extend([(_join(path, name), m, around) for name, m in reversed(listed) if isinstance(m, Module)])

    def get_submodule(self, target: str) -> Module:
        """The module at a path, "layers.0"; "" is this one. AttributeError if there is none."""
        return self._get(Module, target) if target else self

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a path, "layers.0.weight". AttributeError if there is none."""
        return self._get(Parameter, target)

    def get_buffer(self, target: str) -> Buffer:
        """The buffer at a path. AttributeError if there is none."""
        return self._get(Buffer, target)

    def _get(self, kind: type[Member], target: str) -> Member:
        found = _find(self, target)
        if isinstance(found, kind):
            return found
        what, name = kind.__name__.lower(), type(self).__name__
        if found is not None:
            raise AttributeError(f"{target!r} in this {name} is a {type(found).__name__}, not a {what}.")
        paths = (
            [path for path, _ in self.named_modules()]
            if kind is Module
            else [path for path, _ in self._named(kind, "", True, True)]
        )
        close = difflib.get_close_matches(target, paths, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
        raise AttributeError(f"this {name} has no {what} {target!r}.{hint}")

    # PyTorch's ways to add to it: assigning to an attribute does the same

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Set an attribute to a parameter, or to None for one that is left out."""
        self._register(Parameter, name, param)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Set an attribute to a Buffer of these values (or to None): the same as `self.name = nn.Buffer(values, persistent)`.

        Args:  persistent: whether it is part of the state_dict.
        """
        if isinstance(tensor, Buffer):
            tensor.persistent = persistent
        elif tensor is not None:
            tensor = Buffer(tensor, persistent)
        self._register(Buffer, name, tensor)

    def register_module(self, name: str, module: Module | None) -> None:
        """Set an attribute to a module, or to None for one that is left out; add_module is the same."""
        self._register(Module, name, module)

    def add_module(self, name: str, module: Module | None) -> None:
        """Set an attribute to a module, or to None for one that is left out; register_module is the same."""
        self._register(Module, name, module)

    def _register(self, kind: type, name: str, value: Any) -> None:
        if not isinstance(name, str) or not name or "." in name:
            raise ArgumentError(
                f"the name of a {kind.__name__.lower()} is a string that is not empty and has no dot; got {name!r}."
            )
        if value is not None and not isinstance(value, kind):
            raise ArgumentError(f"{name} must be a {kind.__name__} or None; got a {type(value).__name__}.")
        if hasattr(self, name) and not isinstance(vars(self).get(name, 0), (kind, type(None))):
            raise ArgumentError(f"this {type(self).__name__} has another attribute {name!r} already.")
        vars(self)[name] = value

    # What it does to all of them

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all inside it to training behaviour, or to use after it; returns self."""
        if not isinstance(mode, (bool, np.bool_)):
            raise ArgumentError(f"train() takes True or False; got {mode!r}.")
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
        done = set()

        def visit(module: Module) -> None:
            done.add(id(module))
            for child in module.children():
                if id(child) not in done:
                    visit(child)
            fn(module)

        visit(self)
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

    def float(self) -> Self:
        """Compute in float32: `astype(np.float32)`."""
        return self.astype(np.float32)

    def double(self) -> Self:
        """Compute in float64: `astype(np.float64)`."""
        return self.astype(np.float64)

    def half(self) -> Self:
        """Compute in float16: `astype(np.float16)`."""
        return self.astype(np.float16)

    def to(self, *args: Any, device: Any = None, dtype: Any = None) -> Self:
        """PyTorch's `to`, for what there is here: a dtype as in `astype`, and "cpu", where everything is already; returns self."""
        for what in (*args, device, dtype):
            if what is None or str(what).startswith("cpu"):
                continue
            try:
                self.astype(what)
            except TypeError as error:
                if isinstance(error, DTypeError):
                    raise
                raise ArgumentError(
                    f"to() takes a floating dtype or 'cpu'; got {what!r}. Arrays here are NumPy's: leave it out."
                ) from None
        return self

    # Hooks: PyTorch's. They go along in a deepcopy, and in a pickle if they can be pickled (a lambda cannot).

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> hooks.RemovableHandle:
        """Call `hook(module, args)` before forward; what it returns (unless None) replaces the arguments.

        Args:      prepend: call it before the hooks that there are.
                   with_kwargs: call `hook(module, args, kwargs)` instead, which returns None or (args, kwargs).
        Returns:   a handle whose `remove()` takes the hook away.
        """
        return hooks.register(self, "forward_pre", hook, prepend, with_kwargs)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> hooks.RemovableHandle:
        """Call `hook(module, args, output)` after forward; what it returns (unless None) replaces the output.

        Args:      prepend: call it before the hooks that there are.
                   with_kwargs: call `hook(module, args, kwargs, output)` instead.
                   always_call: call it also if forward raises; the output is then None.
        Returns:   a handle whose `remove()` takes the hook away.
        Example:
            >>> import numpy as np, nn
            >>> layer = nn.Linear(3, 2)
            >>> with layer.register_forward_hook(lambda module, args, output: output * 0 + 1):
            ...     layer(np.ones(3)).tolist()
            [1.0, 1.0]
        """
        return hooks.register(self, "forward", hook, prepend, with_kwargs, always_call)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> hooks.RemovableHandle:
        """Call `hook(module, grad_output)` when the sweep reaches the module's outputs.

        grad_output is a tuple, a gradient an output (zeros for one that was not used). What the hook returns (unless
        None) is what goes on into the module in its place.
        """
        return hooks.register(self, "backward_pre", hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> hooks.RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when the gradients of the module's inputs are known.

        Both are tuples: a gradient a positional argument and an output, None for what gets none (an array, a constant,
        a number; what lies deeper in nested lists is not looked at). What the hook returns (unless None) replaces
        grad_input on its way to what came before. If no input gets a gradient the hook is called with None for each
        as soon as grad_output is known.

        Args:      prepend: call it before the hooks that there are.
        Returns:   a handle whose `remove()` takes the hook away: from then on it is not called, not even for what was
                   computed before.
        """
        return hooks.register(self, "backward", hook, prepend)

    # Saving and restoring

    def state_dict(self, prefix: str = "") -> dict[str, np.ndarray]:
        """Path -> a copy of the array, for all parameters and persistent buffers: it stays what it is while training goes on."""
        return {name: t.numpy().copy() for name, t in self._state(prefix)}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadResult:
        """Take over the arrays of a state dict, converted to the parameters' dtypes.

        Args:      strict: refuse missing and unexpected keys rather than returning them.
        Returns:   (missing_keys, unexpected_keys)
        Raises:    ArgumentError, which lists everything that does not fit; then nothing was changed.
        """
        return load(type(self).__name__, dict(self._state("")), state_dict, strict)

    def _state(self, prefix: str, around: tuple[int, ...] = ()) -> Iterator[tuple[str, Parameter | Buffer]]:
        """(path, parameter or buffer) under every path it has: a shared one is listed under each, as in PyTorch."""
        for name, member in members(self):
            if isinstance(member, Module):
                if member is not self and id(member) not in around:  # one that holds itself has no end of paths
                    yield from member._state(f"{prefix}{name}.", (*around, id(self)))
            elif isinstance(member, Parameter) or member.persistent:
                yield prefix + name, member

    # How it looks

    def draw(self, *inputs: Any, **options: Any) -> Any:
        """A picture of its layers, with shapes and numbers of parameters, for inputs of these shapes; see `nn.drawing.draw`."""
        from nn.inspect.drawing import draw  # it builds on this file, and few programs draw

        return draw(self, *inputs, **options)

    def extra_repr(self) -> str:
        """What stands between the parentheses for a module without children."""
        return ""

    @reprlib.recursive_repr()
    def __repr__(self) -> str:
        children = [(name, repr(child)) for name, child in members(self) if isinstance(child, Module)]
        extra = self.extra_repr()
        if not children and "\n" not in extra:
            return f"{type(self).__name__}({extra})"
        lines = "\n".join([extra, *folded(children)] if extra else folded(children)).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {lines}\n)"

    def _repr_html_(self) -> str:
        from nn.inspect.html import module_html  # it is for notebooks

        return module_html(self)


_SETTINGS = frozenset({bool, int, float, str, type(None), np.ndarray, np.dtype})  # most attributes, and never members


def members(module: Module) -> list[tuple[str, Any]]:
    """(name, member) among the attributes: parameters, buffers, then modules, as PyTorch lists them."""
    parameters: list[tuple[str, Any]] = []  # every walk over a model goes through here, for each of its modules
    buffers: list[tuple[str, Any]] = []
    modules: list[tuple[str, Any]] = []
    for name, value in vars(module).items():
        if type(value) in _SETTINGS:
            continue
        for item in _within(name, value) if isinstance(value, (list, tuple, dict)) else ((name, value),):
            member = item[1]
            if isinstance(member, Parameter):
                parameters.append(item)
            elif isinstance(member, Module):
                modules.append(item)
            elif isinstance(member, Buffer):
                buffers.append(item)
    return parameters + buffers + modules


def _within(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, (Parameter, Buffer, Module)):
        yield name, value
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from _within(f"{name}.{i}", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _within(f"{name}.{key}", item)


def _find(module: Module, path: str) -> Any:
    """What is at a path, or None."""
    for name, member in members(module):
        if name == path:
            return member
        if isinstance(member, Module) and path.startswith(name + "."):
            found = _find(member, path[len(name) + 1 :])
            if found is not None:
                return found
    return None


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def check_size(what: str, value: Any) -> int:
    """A size given to a constructor: a positive integer, or an ArgumentError that says so."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ArgumentError(f"{what} must be a positive integer; got {value!r}.")
    return int(value)
