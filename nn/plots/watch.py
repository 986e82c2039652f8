"""Watching the outputs of a model's modules by hooks, which are removed afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from autograd import no_grad
from autograd.engine.recording import raw
from autograd.errors import ArgumentError
from nn.core import modes
from nn.core.module import Module

Place = tuple[str, Module]
Note = Callable[[str, Module, np.ndarray, np.ndarray], None]  # called with (label, module, its first input, its output)


def innermost(model: Module, kinds: type | tuple[type, ...] | None = None) -> list[Place]:
    """(path, module) of the modules without modules inside; or, given `kinds`, of all modules of these classes."""
    check_model(model)
    if kinds is not None:
        return [(path or type(m).__name__, m) for path, m in model.named_modules() if isinstance(m, kinds)]
    return [(path or type(m).__name__, m) for path, m in model.named_modules() if not any(True for _ in m.children())]


def check_model(model: Any) -> None:
    """Refuse what is not a module."""
    if not isinstance(model, Module):
        raise ArgumentError(f"expected a model, an nn.Module; got a {type(model).__name__}.")


@contextmanager
def watch_outputs(model: Module, places: list[Place], note: Note) -> Iterator[None]:
    """Inside, `note` is called with every output of these modules that is an array.

    A module that is called several times in one pass, such as one nn.ReLU for all layers, has a label for each call:
    "relu", "relu #2".
    """
    calls: dict[str, int] = {}

    def begin(module: Module, args: Any) -> None:
        calls.clear()

    def hook(path: str) -> Callable[..., None]:
        def after_forward(module: Module, args: tuple[Any, ...], output: Any) -> None:
            if hasattr(output, "shape") and args and hasattr(args[0], "shape"):
                calls[path] = calls.get(path, 0) + 1
                label = path if calls[path] == 1 else f"{path} #{calls[path]}"
                note(label, module, np.asarray(raw(args[0])), np.asarray(raw(output)))

        return after_forward

    with ExitStack() as stack:
        stack.enter_context(model.register_forward_pre_hook(begin, prepend=True))
        for path, module in places:
            stack.enter_context(module.register_forward_hook(hook(path)))
        yield


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Inside, the model is in eval mode and nothing is recorded; afterwards every module is in its former mode."""
    check_model(model)
    with modes.evaluating(model), no_grad():
        yield


def call_model(model: Any, x: Any) -> Any:
    """The model's output for one input, or for several given as a tuple."""
    return model(*x) if isinstance(x, tuple) else model(x)
