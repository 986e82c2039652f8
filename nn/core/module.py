"""Module: a function with parameters, found by walking its attributes."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Callable, Iterator, Mapping
from threading import get_ident
from typing import Any, Self, TypeVar

import numpy as np

from autograd.display import html
from autograd.engine.kinds import as_ndarray, copied, is_foreign, note
from autograd.engine.modes import mode as current_mode
from autograd.engine.modes import of_this_thread
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn.core import display
from nn.core.call_errors import add_location, no_forward
from nn.core.checks import check_options
from nn.core.hooked_call import call_with_hooks
from nn.core.module_hooks import Hookable
from nn.core.parameter import Buffer, Parameter
from nn.core.state_dict import LoadResult, converted_arrays, load_arrays

Member = TypeVar("Member")
_get_mode = current_mode.get


class Module(Hookable):
    """The base of every layer and network: assign layers and parameters to attributes, define `forward`.

    Parameters and modules are found in the attributes, and in lists, tuples and dicts among them. Names are paths:
    "layers.0.weight". One that can be reached in two ways is shared, and counts once. A subclass may call
    `super().__init__()`; it need not.

    An error during a call names the module in which it arose: "Net.layers.1: Linear expects …" for errors of this
    package, a note for all others.

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

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Check what the constructor gets: options that it annotates `bool`, and PyTorch's `device`."""
        check_options(cls, args, kwargs)
        return object.__new__(cls)

    training: bool = True
    takes_complex = True  # False: defined for real numbers alone, so that complex parameters are refused
    forward: Callable[..., Any] = no_forward

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute `forward(...)`; the operations that it records have this module in their scope."""
        state = _get_mode()  # every layer of every step runs these lines, so they avoid what costs time
        if state.thread != get_ident():
            state = of_this_thread()
        outer = state.scope
        state.scope = outer + (self,)  # noqa: RUF005  the unpacking (*outer, self) is slower
        try:
            if self._module_hooks is not None:
                return call_with_hooks(self, args, kwargs)
            if kwargs:
                return self.forward(*args, **kwargs)
            return self.forward(args[0]) if len(args) == 1 else self.forward(*args)
        except Exception as error:
            add_location(error, args, state.scope)
            raise
        finally:
            state.scope = outer

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a parameter or a buffer can be replaced only by another one, or by None.

        So neither is lost from training or from the state dict by accident. An array, or a Tensor that does not require
        grad, becomes a buffer where a buffer was.
        """
        old = vars(self).get(name)
        if isinstance(old, (Parameter, Buffer)) and value is not None and not isinstance(value, (Parameter, Buffer)):
            if isinstance(old, Parameter) or getattr(value, "requires_grad", False):
                what = type(old).__name__
                raise ArgumentError(
                    f"{name} of this {type(self).__name__} is a {what}; got a {type(value).__name__} for it. "
                    f"Assign nn.{what}(values), "
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
            # a module inside itself is skipped: it would have infinitely many paths
            if id(module) not in (seen if remove_duplicate else around):
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
        """(path, parameter) of this module and all inside it; a parameter without a name gets its path as name.

        Args:  recurse: False: only the module's own, not those of its children.
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
        seen: set[int] = set()  # ids of members and of modules
        stack: list[tuple[str, Module, tuple[int, ...]]] = [(prefix, self, ())]
        while stack:  # the walk of named_modules, but with one call of members() for each module instead of two
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
        found = _member_at(self, target)
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

    # PyTorch's methods that add a member; assigning to an attribute does the same

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Set an attribute to a parameter, or to None for one that is left out."""
        self._register(Parameter, name, param)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Set an attribute to a Buffer of these values, or to None; the same as `self.name = nn.Buffer(values)`.

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

    # What acts on all members

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all inside it to training mode (or, with False, to eval mode); returns self."""
        if not isinstance(mode, (bool, np.bool_)):
            raise ArgumentError(f"train() takes True or False; got {mode!r}.")
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self) -> Self:
        """Switch this module and all inside it to eval mode, for use after training; returns self."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Let all parameters require grad, or freeze them; returns self."""
        for p in self.parameters():
            p.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set the gradients of all parameters to None, or to zeros."""
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
        """Convert the floating parameters, their gradients and the floating buffers to this dtype; returns self.

        To a complex dtype, too, and complex ones to another of these.

        Raises:    DTypeError if a module with parameters or buffers is defined for real numbers alone, or if an
                   imaginary part would be lost; then nothing was changed.
        """
        dtype = np.dtype(dtype)
        if dtype.kind not in "fc":
            raise DTypeError(f"a module computes in a floating or complex dtype; got {dtype}.")
        for path, module in self.named_modules() if dtype.kind == "c" else ():
            if not module.takes_complex and [*module.parameters(recurse=False), *module.buffers(recurse=False)]:
                where = f"{path} ({type(module).__name__})" if path else type(module).__name__
                raise DTypeError(f"{where} is defined for real numbers: convert the parts that are to be complex.")
        lost = [t for t in (*self.parameters(), *self.buffers()) if t.dtype.kind == "c" != dtype.kind]
        if lost:
            raise DTypeError(
                f"a {lost[0].dtype} parameter would lose its imaginary part as {dtype}; take a complex dtype."
            )
        return self._converted(dtype, "fc")

    def _converted(self, dtype: Any, kinds: str) -> Self:
        """With the parameters, gradients and buffers of these kinds in this dtype."""
        for t in (*self.parameters(), *self.buffers()):
            if t.dtype.kind in kinds and t.dtype != dtype:
                t.data = t.numpy().astype(dtype)
                t.grad = None if t.grad is None else t.grad.numpy().astype(dtype)
        return self

    def float(self) -> Self:
        """Compute in float32, as `astype` does; complex parameters stay as they are, as in PyTorch."""
        return self._converted(np.dtype(np.float32), "f")

    def double(self) -> Self:
        """Compute in float64; see `float`."""
        return self._converted(np.dtype(np.float64), "f")

    def half(self) -> Self:
        """Compute in float16; see `float`."""
        return self._converted(np.dtype(np.float16), "f")

    def map(self, function: Callable[[Any], Any]) -> Self:
        """Replace the array of every parameter, of its gradient and of every buffer by function(array); returns self.

        So a module moves to arrays of another library: model.map(cupy.asarray).

        Raises:    ShapeError, DTypeError if one comes back in another shape or dtype; then nothing was changed.
        """
        found = []
        for t in (*self.parameters(), *self.buffers()):
            arrays = [function(x) for x in (t.numpy(), *([] if t.grad is None else [t.grad.numpy()]))]
            for x in arrays:
                if getattr(x, "shape", None) != t.shape:
                    raise ShapeError(f"map's function must keep the shape {t.shape}; got {getattr(x, 'shape', x)!r}.")
                if x.dtype != t.dtype:
                    raise DTypeError(f"map's function must keep the dtype {t.dtype}; got {x.dtype}. Use astype.")
            found.append((t, arrays))
        for t, (data, *grad) in found:
            t.data = data
            t.grad = grad[0] if grad else None
        return self

    def to(self, *args: Any, device: Any = None, dtype: Any = None, like: Any = None) -> Self:
        """PyTorch's `to`, for a dtype, as `astype` does, or for "cpu", which changes nothing; returns self.

        Args:      like: an array, of NumPy or of another library: parameters and buffers become arrays of its kind.
        """
        if like is not None:
            like = note(raw(like))
            self.map((lambda x: np.asarray(as_ndarray(x), like=like)) if is_foreign(like) else as_ndarray)
        for what in (*args, device, dtype):
            if what is None or str(what).startswith("cpu"):
                continue
            try:
                self.astype(what)
            except TypeError as error:
                if isinstance(error, DTypeError):
                    raise
                raise ArgumentError(
                    f"to() takes a floating or complex dtype, or 'cpu'; got {what!r}. Arrays are NumPy's: leave it out."
                ) from None
        return self

    # Saving and restoring

    def state_dict(self, prefix: str = "") -> dict[str, np.ndarray]:
        """Path -> a copy of the array, for all parameters and persistent buffers."""
        return {name: copied(t.numpy()) for name, t in self._state(prefix)}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadResult:
        """Copy the arrays of a state dict into the parameters and buffers, converted to their dtypes.

        Args:      strict: refuse missing and unexpected keys rather than returning them.
        Returns:   (missing_keys, unexpected_keys)
        Raises:    ArgumentError, which lists everything that does not fit; then nothing was changed.
        """
        return load_arrays(type(self).__name__, dict(self._state("")), state_dict, strict)

    def check_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> None:
        """Raise the ArgumentError that `load_state_dict` would raise, and change nothing."""
        converted_arrays(type(self).__name__, dict(self._state("")), state_dict, strict)

    def _state(self, prefix: str, around: tuple[int, ...] = ()) -> Iterator[tuple[str, Parameter | Buffer]]:
        """(path, parameter or buffer) under every path it has: a shared one is listed under each, as in PyTorch."""
        for name, member in members(self):
            if isinstance(member, Module):
                if member is not self and id(member) not in around:  # as in named_modules
                    yield from member._state(f"{prefix}{name}.", (*around, id(self)))
            elif isinstance(member, Parameter) or member.persistent:
                yield prefix + name, member

    # How it is shown

    def draw(self, *inputs: Any, **options: Any) -> Any:
        """A picture of the layers, with shapes and numbers of parameters, for inputs of these shapes.

        The arguments are those of `nn.inspect.module_picture.draw`.
        """
        return display.draw(self, *inputs, **options)

    def extra_repr(self) -> str:
        """What the repr shows between the parentheses, in front of the children."""
        return ""

    @reprlib.recursive_repr()
    def __repr__(self) -> str:
        children = [(name, repr(child)) for name, child in members(self) if isinstance(child, Module)]
        return display.nested_repr(type(self).__name__, self.extra_repr(), children)

    def _repr_html_(self) -> str:
        return html(self)


_NEVER_MEMBERS = frozenset({bool, int, float, str, type(None), np.ndarray, np.dtype})  # the types of most attributes


def members(module: Module) -> list[tuple[str, Any]]:
    """(name, member) of the attributes that are members: parameters, then buffers, then modules, in PyTorch's order."""
    parameters: list[tuple[str, Any]] = []  # every walk over a model calls this for each module, so it must be quick
    buffers: list[tuple[str, Any]] = []
    modules: list[tuple[str, Any]] = []
    for name, value in vars(module).items():
        if type(value) in _NEVER_MEMBERS:
            continue
        for item in _members_within(name, value) if isinstance(value, (list, tuple, dict)) else ((name, value),):
            member = item[1]
            if isinstance(member, Parameter):
                parameters.append(item)
            elif isinstance(member, Module):
                modules.append(item)
            elif isinstance(member, Buffer):
                buffers.append(item)
    return parameters + buffers + modules


def _members_within(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """(name, member) of those in a list, tuple or dict, however nested."""
    if isinstance(value, (Parameter, Buffer, Module)):
        yield name, value
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from _members_within(f"{name}.{i}", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _members_within(f"{name}.{key}", item)


def _member_at(module: Module, path: str) -> Any:
    """The member at a path, or None."""
    for name, member in members(module):
        if name == path:
            return member
        if isinstance(member, Module) and path.startswith(name + "."):
            found = _member_at(member, path[len(name) + 1 :])
            if found is not None:
                return found
    return None


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
