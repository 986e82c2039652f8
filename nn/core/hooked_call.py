"""The call of a module that has hooks, and the two operations by which its backward hooks see the sweep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Tensor, is_grad_enabled
from autograd.engine.cotangents import as_tensor
from autograd.engine.primitive import Primitive
from autograd.errors import ArgumentError, ShapeError
from nn.core.module_hooks import Hooks


def call_with_hooks(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """module.forward(*args, **kwargs), with the module's hooks around it."""
    hooks: Hooks = module._module_hooks
    for hook, with_kwargs in hooks.forward_pre.values():
        if with_kwargs:
            returned = hook(module, args, kwargs)
            if returned is not None:
                args, kwargs = _args_and_kwargs(module, returned)
        else:
            returned = hook(module, args)
            if returned is not None:
                args = returned if isinstance(returned, tuple) else (returned,)
    watch = _WatchedCall(module, hooks) if hooks.backward or hooks.backward_pre else None
    if watch is not None:
        args = watch.enter(args)
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
                except Exception as second:  # the first error is raised; this one becomes a note
                    error.add_note(f"then a forward hook with always_call=True raised {second!r}")
        raise
    return out if watch is None else watch.leave(out)


def _args_and_kwargs(module: Any, returned: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What a pre-hook with with_kwargs=True returned, checked."""
    if not (isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[1], dict)):
        raise ArgumentError(
            "a forward pre-hook with with_kwargs=True returns None or (args, kwargs); "
            f"one of {type(module).__name__} returned {returned!r}."
        )
    args, kwargs = returned
    return args if isinstance(args, tuple) else (args,), kwargs


class _WatchedCall:
    """One call of a module with backward hooks.

    Its inputs pass through one identity operation and its outputs through another. The sweep reaches the operation at
    the outputs first, when the cotangents of all outputs are known, and the one at the inputs later, when those of all
    inputs are.
    """

    def __init__(self, module: Any, hooks: Hooks) -> None:
        self.module = module
        self.hooks = hooks
        # the hooks at the time of the call: those registered later see later calls only
        self.pre, self.full = hooks.backward_pre, hooks.backward
        self.inputs_with_grad: list[int] = []
        self.outputs_with_grad: list[int] = []
        self.n_inputs = self.n_outputs = 0
        self.grad_output: tuple[Any, ...] | None = None

    def __repr__(self) -> str:
        return type(self.module).__name__  # a picture of the graph shows this beside the operation

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, those that require grad through the operation at the inputs."""
        self.n_inputs = len(args)
        if not self.full or not is_grad_enabled():
            return args
        self.inputs_with_grad = _positions_requiring_grad(args)
        return tuple(_passed_through(_at_inputs, args, self.inputs_with_grad, self))

    def leave(self, out: Any) -> Any:
        """The output, or each of several, through the operation at the outputs if it requires grad."""
        if not is_grad_enabled():
            return out
        if isinstance(out, dict):
            return type(out)(zip(out, self._leave_each(list(out.values())), strict=True))
        if not isinstance(out, (tuple, list)):
            return self._leave_each([out])[0]
        values = self._leave_each(out)
        return type(out)(*values) if hasattr(out, "_fields") else type(out)(values)

    def _leave_each(self, values: Sequence[Any]) -> list[Any]:
        self.n_outputs, self.outputs_with_grad = len(values), _positions_requiring_grad(values)
        return _passed_through(_at_outputs, values, self.outputs_with_grad, self)

    def sweep_outputs(self, g: Sequence[Any]) -> tuple[Any, ...]:
        """The cotangents of the outputs that get one, after the backward pre-hooks."""
        grads = _as_gradients(g, self.outputs_with_grad, self.n_outputs)
        for number, (hook,) in self.pre.items():
            if number in self.hooks.backward_pre:
                grads = _replaced_by(hook(self.module, grads), grads, "a full backward pre-hook", self.module)
        if self.inputs_with_grad:
            self.grad_output = grads
        elif self.full:  # no input gets a gradient, so the full hooks are called now
            nothing = (None,) * self.n_inputs
            for number, (hook,) in self.full.items():
                if number in self.hooks.backward:
                    _replaced_by(hook(self.module, nothing, grads), nothing, "a full backward hook", self.module)
        return tuple([grads[i] for i in self.outputs_with_grad])

    def sweep_inputs(self, g: Sequence[Any]) -> tuple[Any, ...]:
        """The cotangents of the inputs that get one, after the full backward hooks."""
        if self.grad_output is None:  # a sweep over the gradient's own graph, which reaches the inputs alone
            return tuple(g)
        grads = _as_gradients(g, self.inputs_with_grad, self.n_inputs)
        for number, (hook,) in self.full.items():
            if number in self.hooks.backward:
                returned = hook(self.module, grads, self.grad_output)
                grads = _replaced_by(returned, grads, "a full backward hook", self.module)
        self.grad_output = None
        return tuple([grads[i] for i in self.inputs_with_grad])


def _positions_requiring_grad(values: Sequence[Any]) -> list[int]:
    return [i for i, value in enumerate(values) if isinstance(value, Tensor) and value.requires_grad]


def _passed_through(primitive: Primitive, values: Sequence[Any], where: list[int], watch: _WatchedCall) -> list[Any]:
    """The values, of which those at the positions `where` have passed through the operation."""
    passed = list(values)
    if where:
        for i, value in zip(where, primitive(*[values[i] for i in where], watch=watch), strict=True):
            passed[i] = value
    return passed


def _as_gradients(g: Sequence[Any], where: list[int], n: int) -> tuple[Any, ...]:
    """n gradients: the cotangents as Tensors at the positions `where`, None elsewhere."""
    grads: list[Any] = [None] * n
    for i, gi in zip(where, g, strict=True):
        grads[i] = as_tensor(gi)
    return tuple(grads)


def _replaced_by(returned: Any, grads: tuple[Any, ...], who: str, module: Any) -> tuple[Any, ...]:
    """The gradients after a hook: `grads` if it returned None, else what it returned, checked and in the same dtypes.

    Among several gradients that a hook returns, None stands for zeros.
    """
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
        if value is None:
            value = np.zeros(old.shape, old.dtype)
        elif not isinstance(value, Tensor):
            value = np.asarray(value)
        if value.shape != old.shape:
            raise ShapeError(
                f"{who} must return a gradient of shape {old.shape} for number {i}; got shape {value.shape}."
            )
        new.append(as_tensor(value if value.dtype == old.dtype else value.astype(old.dtype)))
    return tuple(new)


class _HookPoint(Primitive):
    """An identity operation whose rule calls a module's backward hooks."""

    calls_hooks = True


def _views(*values: Any, watch: _WatchedCall) -> tuple[Any, ...]:
    """The same values as views, so that the sweep still sees a write to the array behind them."""
    return tuple([value.view() if isinstance(value, np.ndarray) else value for value in values])


_LABEL = "g, through hooks"
_at_inputs = _HookPoint(
    _views, joint=lambda g, out, *values, watch: watch.sweep_inputs(g), keeps="", name="into_module", label=_LABEL
)
_at_outputs = _HookPoint(
    _views, joint=lambda g, out, *values, watch: watch.sweep_outputs(g), keeps="", name="out_of_module", label=_LABEL
)
