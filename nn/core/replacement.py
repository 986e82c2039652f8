"""Putting one module in the place of another, wherever it stands in a model."""

from __future__ import annotations

from typing import Any

from nn.core.module import Module


def replace_module(model: Module, old: Module, new: Module) -> None:
    """Replace one module by another in all attributes of the model's modules, also inside lists, tuples and dicts."""

    def within(value: Any) -> Any:
        if value is old:
            return new
        if isinstance(value, list):
            value[:] = [within(item) for item in value]
        elif type(value) is tuple:
            return tuple(within(item) for item in value)
        elif isinstance(value, dict):
            for key in list(value):
                value[key] = within(value[key])
        return value

    for module in list(model.modules()):
        for name, value in list(vars(module).items()):
            if isinstance(value, (Module, list, tuple, dict)):
                vars(module)[name] = within(value)
