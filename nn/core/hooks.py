"""Hooks: functions called before and after a module computes, and when the sweep comes through it.

A module without hooks has none of this: `Module.__call__` looks at one class attribute.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from autograd import Tensor, is_grad_enabled
from autograd.engine.cotangents import as_tensor
from autograd.engine.primitive import Primitive
from autograd.errors import ArgumentError, ShapeError


class Hooks:
    """The hooks of one module: four dicts of number -> (function, its options), replaced and never written to."""

    __slots__ = ("backward", "backward_pre", "forward", "forward_pre")

    def __init__(self) -> None:
        self.forward_pre: dict[int, tuple[Any, ...]] = {}  # (hook, with_kwargs)
        self.forward: dict[int, tuple[Any, ...]] = {}  # (hook, with_kwargs, always_call)
        self.backward_pre: dict[int, tuple[Any, ...]] = {}  # (hook,)
        self.backward: dict[int, tuple[Any, ...]] = {}  # (hook,)


class RemovableHandle:
    """Takes a hook away again: `handle.remove()`, or at the end of `with handle:`."""

    _numbers = itertools.count()

    def __init__(self, module: Any, kind: str) -> None:
        self._module: Callable[[], Any] = weakref.ref(module)
        self._kind = kind
        self.id = next(RemovableHandle._numbers)

    def remove(self) -> None:
        """Take the hook away; once more does nothing."""
        module = self._module()
        if module is None or module._module_hooks is None:
            return
        hooks = module._module_hooks
        setattr(
            hooks,
            self._kind,
            {number: entry for number, entry in getattr(hooks, self._kind).items() if number != self.id},
        )
        if not any(getattr(hooks, kind) for kind in Hooks.__slots__):
            del module._module_hooks  # the class's None shows again: the call is the short one

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()

    def __getstate__(self) -> tuple[Any, str, int]:
        return self._module(), self._kind, self.id

    def __setstate__(self, state: tuple[Any, str, int]) -> None:
        module, self._kind, self.id = state
        self._module = weakref.ref(module) if module is not None else lambda: None


def register(module: Any, kind: str, hook: Callable[..., Any], prepend: bool, *options: bool) -> RemovableHandle:
    """Add a hook of a kind (a slot of Hooks) after those there are, or before them."""
    if not callable(hook):
        raise ArgumentError(f"a hook is a function; got {hook!r}.")
    if module._module_hooks is None:
        module._module_hooks = Hooks()
    hooks, handle = module._module_hooks, RemovableHandle(module, kind)
    entry = {handle.id: (hook, *options)}
    setattr(hooks, kind, entry | getattr(hooks, kind) if prepend else getattr(hooks, kind) | entry)
    return handle


def call(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """module.forward(*args, **kwargs), and the hooks around it."""
    hooks: Hooks = module._module_hooks
    for hook, with_kwargs in hooks.forward_pre.values():
        if with_kwargs:
            returned = hook(module, args, kwargs)
            if returned is not None:
                args, kwargs = _arguments(module, returned)
        else:
            returned = hook(module, args)
            if returned is not None:
                args = returned if isinstance(returned, tuple) else (returned,)
    watch = _Watch(module, hooks) if hooks.backward or hooks.backward_pre else None
    if watch is not None:
        args = watch.inputs(args)
    out: Any = None
    called = set()
    try:
        out = module.forward(*args, **kwargs)
        for number, (hook, with_kwargs, _) in hooks.forward.items():
            called.add(number)
            returned = hook(module, args, kwargs, out) if with_kwargs else hook(module, args, out)
            if returned is not None:
                out = returned
    except Exception as error:
        for number, (hook, with_kwargs, always) in hooks.forward.items():
            if always and number not in called:
                try:
                    hook(module, args, kwargs, out) if with_kwargs else hook(module, args, out)
                except Exception as second:  # the first error is the one to see
                    error.add_note(f"then a forward hook with always_call=True raised {second!r}")
        raise
    return out if watch is None else watch.outputs(out)


def _arguments(module: Any, returned: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if not (isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[1], dict)):
        raise ArgumentError(
            "a forward pre-hook with with_kwargs=True returns None or (args, kwargs); "
            f"one of {type(module).__name__} returned {returned!r}."
        )
    args, kwargs = returned
    return args if isinstance(args, tuple) else (args,), kwargs


class _Watch:
    """One call of a module with backward hooks.

    Its inputs and its outputs each pass through an operation that changes nothing. The sweep comes to the one at the
    outputs first, which notes their cotangents, and to the one at the inputs when all of theirs have come.
    """

    def __init__(self, module: Any, hooks: Hooks) -> None:
        self.module = module
        self.hooks = hooks
        self.pre, self.full = hooks.backward_pre, hooks.backward  # as they are now: later ones are for later calls
        self.entered: list[int] = []  # which of the inputs, and of the outputs, get a gradient
        self.left: list[int] = []
        self.n_inputs = self.n_outputs = 0
        self.grad_output: tuple[Any, ...] | None = None

    def __repr__(self) -> str:
        return type(self.module).__name__  # what a picture of the graph writes beside the operation

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.n_inputs = len(args)
        if not self.full or not is_grad_enabled():
            return args
        self.entered = _tracked(args)
        return tuple(_through(_entering, args, self.entered, self))

    def outputs(self, out: Any) -> Any:
        if not is_grad_enabled():
            return out
        if isinstance(out, dict):
            self.n_outputs, self.left = len(out), _tracked(list(out.values()))
            return type(out)(zip(out, _through(_leaving, list(out.values()), self.left, self), strict=True))
        several = isinstance(out, (tuple, list))
        values = out if several else [out]
        self.n_outputs, self.left = len(values), _tracked(values)
        values = _through(_leaving, values, self.left, self)
        return values[0] if not several else type(out)(*values) if hasattr(out, "_fields") else type(out)(values)

    def at_outputs(self, g: Sequence[Any]) -> tuple[Any, ...]:
        """The cotangents of the outputs that get one, through the pre-hooks."""
        grads = _spread(g, self.left, self.n_outputs)
        for number, (hook,) in self.pre.items():
            if number in self.hooks.backward_pre:
                grads = _replaced(hook(self.module, grads), grads, "a full backward pre-hook", self.module)
        if self.entered:
            self.grad_output = grads
        elif self.full:  # no input gets a gradient, so there is nothing to wait for
            nothing = (None,) * self.n_inputs
            for number, (hook,) in self.full.items():
                if number in self.hooks.backward:
                    _replaced(hook(self.module, nothing, grads), nothing, "a full backward hook", self.module)
        return tuple([grads[i] for i in self.left])

    def at_inputs(self, g: Sequence[Any]) -> tuple[Any, ...]:
        """The cotangents of the inputs that get one, through the hooks."""
        if (
            self.grad_output is None
        ):  # a sweep over the gradient's own graph: it comes to the inputs without the outputs
            return tuple(g)
        grads = _spread(g, self.entered, self.n_inputs)
        for number, (hook,) in self.full.items():
            if number in self.hooks.backward:
                grads = _replaced(
                    hook(self.module, grads, self.grad_output), grads, "a full backward hook", self.module
                )
        self.grad_output = None
        return tuple([grads[i] for i in self.entered])


def _tracked(values: Sequence[Any]) -> list[int]:
    return [i for i, value in enumerate(values) if isinstance(value, Tensor) and value.requires_grad]


def _through(primitive: Primitive, values: Sequence[Any], where: list[int], watch: _Watch) -> list[Any]:
    """The values, of which those at `where` have passed through the operation."""
    passed = list(values)
    if where:
        for i, value in zip(where, primitive(*[values[i] for i in where], watch=watch), strict=True):
            passed[i] = value
    return passed


def _spread(g: Sequence[Any], where: list[int], n: int) -> tuple[Any, ...]:
    """n cotangents as Tensors, None for what gets no gradient."""
    grads: list[Any] = [None] * n
    for i, gi in zip(where, g, strict=True):
        grads[i] = as_tensor(gi)
    return tuple(grads)


def _replaced(returned: Any, grads: tuple[Any, ...], who: str, module: Any) -> tuple[Any, ...]:
    """The gradients that a hook returned in the place of others: of their shapes, in their dtypes; None is zero."""
    if returned is None:
        return grads
    given = tuple(returned) if isinstance(returned, (tuple, list)) else (returned,)
    who = f"{who} of {type(module).__name__}"
    if len(given) != len(grads):
        raise ArgumentError(
            f"{who} returned {len(given)} gradients; it must return {len(grads)}, or None to change nothing."
        )
    new: list[Any] = []
    for i, (value, old) in enumerate(zip(given, grads, strict=True)):
        if old is None:
            if value is not None:
                raise ArgumentError(f"{who} returned a gradient for number {i}, which gets none; return None there.")
            new.append(None)
            continue
        value = (
            np.zeros(old.shape, old.dtype)
            if value is None
            else value
            if isinstance(value, Tensor)
            else np.asarray(value)
        )
        if value.shape != old.shape:
            raise ShapeError(
                f"{who} must return a gradient of shape {old.shape} for number {i}; got shape {value.shape}."
            )
        new.append(as_tensor(value if value.dtype == old.dtype else value.astype(old.dtype)))
    return tuple(new)


def _unchanged(*values: Any, watch: _Watch) -> tuple[Any, ...]:
    """Views, so that the sweep sees a write to the array behind them."""
    return tuple([value.view() if isinstance(value, np.ndarray) else value for value in values])


_entering = Primitive(
    _unchanged,
    joint=lambda g, out, *values, watch: watch.at_inputs(g),
    keeps="",
    name="into_module",
    label="g, through hooks",
)
_leaving = Primitive(
    _unchanged,
    joint=lambda g, out, *values, watch: watch.at_outputs(g),
    keeps="",
    name="out_of_module",
    label="g, through hooks",
)
