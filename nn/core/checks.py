"""Checks of the arguments that constructors of modules get."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError


def check_size(what: str, value: Any) -> int:
    """A size given to a constructor: a positive integer, or an ArgumentError that says so."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ArgumentError(f"{what} must be a positive integer; got {value!r}.")
    return int(value)
