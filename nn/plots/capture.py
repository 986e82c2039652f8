"""What modules put out, caught by hooks, from a model that is left as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.errors import ArgumentError
from nn.core.module import Module

Place = tuple[str, Module]
Seen = Callable[[str, Module, np.ndarray, np.ndarray], None]  # (label, module, its first input, its output)


def innermost(model: Module, kinds: type | tuple[type, ...] | None = None) -> list[Place]:
    """(path, module) of the modules without modules inside; or of those of certain classes, wherever they stand."""
    check_model(model)
    if kinds is not None:
        return [(path or type(m).__name__, m) for path, m in model.named_modules() if isinstance(m, kinds)]
    return [(path or type(m).__name__, m) for path, m in model.named_modules() if not any(True for _ in m.children())]


def check_model(model: Any) -> None:
    if not isinstance(model, Module):
        raise ArgumentError(f"expected a model, an nn.Module; got a {type(model).__name__}.")


@contextmanager
def watched(model: Module, places: list[Place], seen: Seen) -> Iterator[None]:
    """Call `seen` with every output of these modules that is an array.

    A module that is called several times in one pass, such as one nn.ReLU for all layers, gets a label for each: "relu", "relu #2".
    """
    calls: dict[str, int] = {}

    def begin(module: Module, args: Any) -> None:
        calls.clear()

    def hook(path: str) -> Callable[..., None]:
        def note(module: Module, args: tuple[Any, ...], output: Any) -> None:
            if hasattr(output, "shape") and args and hasattr(args[0], "shape"):
                calls[path] = calls.get(path, 0) + 1
                label = path if calls[path] == 1 else f"{path} #{calls[path]}"
                seen(label, module, raw(args[0]), raw(output))

        return note

    with ExitStack() as stack:
        stack.enter_context(model.register_forward_pre_hook(begin, prepend=True))
        for path, module in places:
            stack.enter_context(module.register_forward_hook(hook(path)))
        yield


@contextmanager
def as_used(model: Module) -> Iterator[None]:
    """In eval mode and without recording; afterwards every module is in the mode it was in."""
    check_model(model)
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        with no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


def raw(x: Any) -> np.ndarray:
    """The values of a Tensor, or of what is one already."""
    return np.asarray(x.numpy() if isinstance(x, Tensor) else x)


def call(model: Any, x: Any) -> Any:
    """The model of one input, or of several given as a tuple."""
    return model(*x) if isinstance(x, tuple) else model(x)
