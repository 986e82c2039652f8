"""NumPy's functions for a batch: each is NumPy's own function on values that have the hidden axis in front.

A form is `(level, *args, **kwargs)`, the arguments as NumPy's function has them, at least one of them batched.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Form = Callable[..., Any]
forms: dict[Any, Form] = {}  # NumPy's function -> what it is for a batch


def form(*functions: Any) -> Callable[[Form], Form]:
    """Say that this is the form of NumPy's functions."""

    def register(made: Form) -> Form:
        for function in functions:
            forms[function] = made
        return made

    return register
