"""What `Tensor.register_hook` returns."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any


class HookHandle:
    """A hook that was registered, and how to remove it."""

    _keys = itertools.count()  # a key for each hook; the key of retain_grad() is negative

    def __init__(self, hooks: dict[int, Any], hook: Callable[..., Any]) -> None:
        self._hooks, self._key = hooks, next(HookHandle._keys)
        hooks[self._key] = hook

    def remove(self) -> None:
        """Remove the hook; a second call does nothing."""
        self._hooks.pop(self._key, None)
