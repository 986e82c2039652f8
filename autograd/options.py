"""Options of functions and constructors."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError


def check_flag(what: str, value: Any) -> bool:
    """An option that is True or False, or an ArgumentError that says so: the text "False" would count as True."""
    if value is True or value is False:
        return value
    if not isinstance(value, np.bool_):
        raise ArgumentError(f"{what} must be True or False; got {value!r}.")
    return bool(value)
