"""Hooks of a module: functions that are called before and after it computes, and when the backward sweep reaches it.

This file registers and removes them; hooked_call.py calls them. A module without hooks costs nothing of this:
`Module.__call__` looks at one class attribute.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import Any, Self

from autograd.errors import ArgumentError


class Hooks:
    """The hooks of one module: a dict of number -> (function, its options) for each kind.

    A change puts a new dict in the place of the old one, so that a call that is under way is not disturbed.
    """

    __slots__ = ("backward", "backward_pre", "forward", "forward_pre")

    def __init__(self) -> None:
        self.forward_pre: dict[int, tuple[Any, ...]] = {}  # (hook, with_kwargs)
        self.forward: dict[int, tuple[Any, ...]] = {}  # (hook, with_kwargs, always_call)
        self.backward_pre: dict[int, tuple[Any, ...]] = {}  # (hook,)
        self.backward: dict[int, tuple[Any, ...]] = {}  # (hook,)


class RemovableHandle:
    """Removes a hook: by `handle.remove()`, or at the end of `with handle:`."""

    _numbers = itertools.count()

    def __init__(self, module: Any, kind: str) -> None:
        self._module: Callable[[], Any] = weakref.ref(module)
        self._kind = kind
        self.id = next(RemovableHandle._numbers)

    def remove(self) -> None:
        """Remove the hook; a second call does nothing."""
        module = self._module()
        if module is None or module._module_hooks is None:
            return
        hooks = module._module_hooks
        entries = {number: entry for number, entry in getattr(hooks, self._kind).items() if number != self.id}
        setattr(hooks, self._kind, entries)
        if not any(getattr(hooks, kind) for kind in Hooks.__slots__):
            del module._module_hooks  # the class's None is visible again, so calls take the short path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()

    def __getstate__(self) -> tuple[Any, str, int]:
        return self._module(), self._kind, self.id

    def __setstate__(self, state: tuple[Any, str, int]) -> None:
        module, self._kind, self.id = state
        self._module = weakref.ref(module) if module is not None else lambda: None


class Hookable:
    """The part of Module that registers hooks, under PyTorch's names.

    Hooks are copied along in a deepcopy, and in a pickle if they can be pickled (a lambda cannot).
    """

    _module_hooks: Hooks | None = None  # on the class, so that a module without hooks has no attribute of its own

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before forward; what it returns (unless None) replaces the arguments.

        Args:      prepend: call it before the hooks that are already there.
                   with_kwargs: call `hook(module, args, kwargs)` instead, which returns None or (args, kwargs).
        Returns:   a handle whose `remove()` removes the hook.
        """
        return _add(self, "forward_pre", hook, prepend, with_kwargs)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after forward; what it returns (unless None) replaces the output.

        Args:      prepend: call it before the hooks that are already there.
                   with_kwargs: call `hook(module, args, kwargs, output)` instead.
                   always_call: call it also if forward raises; the output is then None.
        Returns:   a handle whose `remove()` removes the hook.
        Example:
            >>> import numpy as np, nn
            >>> layer = nn.Linear(3, 2)
            >>> with layer.register_forward_hook(lambda module, args, output: output * 0 + 1):
            ...     layer(np.ones(3)).tolist()
            [1.0, 1.0]
        """
        return _add(self, "forward", hook, prepend, with_kwargs, always_call)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_output)` when the sweep reaches the module's outputs.

        grad_output is a tuple with the gradient of each output (zeros for one that was not used). What the hook returns
        (unless None) replaces it in the sweep through the module.
        """
        return _add(self, "backward_pre", hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when the gradients of the module's inputs are known.

        Both are tuples: a gradient for each positional argument and for each output, None where there is none (for an
        array, a constant, a number; Tensors inside nested lists are not looked for). What the hook returns (unless
        None) replaces grad_input in the rest of the sweep. If no input gets a gradient, the hook is called with None
        for each as soon as grad_output is known.

        Args:      prepend: call it before the hooks that are already there.
        Returns:   a handle whose `remove()` removes the hook: from then on it is not called, not even for what was
                   computed before.
        """
        return _add(self, "backward", hook, prepend)


def has_hooks(module: Hookable) -> bool:
    """Whether the module has a hook of any kind."""
    return module._module_hooks is not None


def _add(module: Any, kind: str, hook: Callable[..., Any], prepend: bool, *options: bool) -> RemovableHandle:
    """Add a hook of a kind (a slot of Hooks) after those that are there, or before them."""
    if not callable(hook):
        raise ArgumentError(f"a hook is a function; got {hook!r}.")
    if module._module_hooks is None:
        module._module_hooks = Hooks()
    hooks, handle = module._module_hooks, RemovableHandle(module, kind)
    before, entry = getattr(hooks, kind), {handle.id: (hook, *options)}
    setattr(hooks, kind, entry | before if prepend else before | entry)
    return handle
