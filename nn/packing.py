"""Nested values as arrays by name and a form that JSON holds, and back: what a file without pickle can keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd.engine.kinds import as_ndarray, is_foreign
from autograd.engine.recording import raw
from autograd.errors import ArgumentError


def packed(value: Any, arrays: dict[str, np.ndarray], path: str) -> Any:
    """The value in a form that JSON can hold, from which `unpacked` restores it with all types, such as tuples.

    Args:  arrays: gets every array in the value, under its path.
    """
    value = raw(value)
    value = as_ndarray(value) if is_foreign(value) else value
    if isinstance(value, (np.ndarray, np.generic)):
        while path in arrays:  # the keys 1 and "1" give the same path
            path += "'"
        arrays[path] = np.asarray(value)
        return {"array" if isinstance(value, np.ndarray) else "number": path}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, Mapping):
        within = f"{path}." if path else ""
        pairs = [
            [packed(key, arrays, f"{within}key{i}"), packed(item, arrays, f"{within}{key}")]
            for i, (key, item) in enumerate(value.items())
        ]
        return {"dict": pairs}
    if isinstance(value, (list, tuple)):
        items = [packed(item, arrays, f"{path}.{i}") for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}
    raise ArgumentError(
        f"a checkpoint holds numbers, text, arrays, and lists and dicts of them; {path} is a {type(value).__name__}. "
        "Leave it out of that object's state_dict(), or convert it."
    )


def unpacked(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """The opposite of `packed`."""
    if isinstance(value, list):
        return [unpacked(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "dict":
        return {unpacked(key, arrays): unpacked(item, arrays) for key, item in content}
    if kind == "complex":
        return complex(*content)
    if kind == "tuple":
        return tuple(unpacked(content, arrays))
    return {"array": arrays[content], "number": arrays[content][()]}[kind]
