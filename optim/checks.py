"""Checks of hyperparameters. An error shows the value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.errors import ArgumentError


def is_number(value: Any) -> bool:
    """Whether the value is a real number of Python's or NumPy's; a bool is not."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def check_finite(name: str, value: Any) -> None:
    """Raise ArgumentError unless the value is a finite number."""
    if not is_number(value) or not np.isfinite(value):
        raise ArgumentError(f"{name} must be a finite number; got {value!r}.")


def check_range(
    name: str, value: Any, low: float, high: float | None = None, *, low_open: bool = False, high_closed: bool = False
) -> None:
    """Raise ArgumentError unless low <= value < high; low_open: low < value; high_closed: value <= high."""
    below = is_number(value) and (
        value <= high if high is not None and high_closed else value < (np.inf if high is None else high)
    )
    if not (below and (value > low if low_open else value >= low)):
        sign = ">" if low_open else ">="
        bound = f" and {'<=' if high_closed else '<'} {high}" if high is not None else ""
        raise ArgumentError(f"{name} must be a finite number {sign} {low}{bound}; got {value!r}.")


def check_pair(name: str, value: Any, of: str) -> None:
    """Raise ArgumentError unless the value is a tuple or list of two; `of` says what they are."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ArgumentError(f"{name} must be a pair {of}; got {value!r}.")


def check_betas(betas: Any) -> None:
    """Raise ArgumentError unless betas is a pair of numbers in [0, 1)."""
    check_pair("betas", betas, "of numbers in [0, 1)")
    for i, beta in enumerate(betas):
        check_range(f"betas[{i}]", beta, low=0, high=1)


def check_count(name: str, value: Any, low: int) -> None:
    """Raise ArgumentError unless the value is an integer >= low."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < low:
        raise ArgumentError(f"{name} must be a whole number >= {low}; got {value!r}.")


def check_whole(name: str, value: Any, low: int) -> int:
    """The value if it is a whole number >= low, of whatever type (3.0 is one); else raise ArgumentError."""
    if not is_number(value) or value != value // 1 or value < low or value == np.inf:
        raise ArgumentError(f"{name} must be a whole number >= {low}; got {value!r}.")
    return value  # type: ignore[no-any-return]


def count(name: str, value: Any) -> int:
    """A count in a saved state, also one of PyTorch's, which are floating: a whole number >= 0."""
    return int(check_whole(name, _number(name, value), low=0))


def not_negative(name: str, value: Any) -> float:
    """A number in a saved state that is finite and >= 0."""
    number = _number(name, value)
    check_range(name, number, low=0)
    return number


def finite(name: str, value: Any) -> float:
    """A finite number in a saved state."""
    number = _number(name, value)
    check_range(name, number, low=-np.inf)
    if number == -np.inf:
        raise ArgumentError(f"{name} must be a finite number; got {value!r}.")
    return number


def _number(name: str, value: Any) -> float:
    """The value of a number, or of an array of one, also PyTorch's; text and booleans are none."""
    if not is_number(value) and hasattr(value, "dtype") and getattr(value, "shape", None) == ():
        value = value.item()
    if not is_number(value):
        raise ArgumentError(f"{name} must be a number; got {value!r:.60}.")
    return float(value)


def check_choice(name: str, value: Any, *choices: str) -> None:
    """Raise ArgumentError unless the value is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise ArgumentError(f"{name} must be {' or '.join(map(repr, choices))}; got {value!r}.")


def kind_problems(name: str, own: Any, value: Any) -> list[str]:
    """Lines of an error that say where a saved value is of another kind than one's own; None may become anything."""
    if isinstance(own, Mapping) and isinstance(value, Mapping):
        return [line for key in own if key in value for line in kind_problems(f"{name}[{key!r}]", own[key], value[key])]
    if isinstance(own, (list, tuple)) and isinstance(value, (list, tuple)):
        of = own if len(own) == len(value) else own[:1] * len(value)
        pairs = zip(of, value, strict=False)
        return [line for i, pair in enumerate(pairs) for line in kind_problems(f"{name}[{i}]", *pair)]
    kinds: tuple[tuple[str, Callable[[Any], bool]], ...] = (
        ("True or False", lambda x: isinstance(x, (bool, np.bool_))),
        ("a number", is_number),
        ("text", lambda x: isinstance(x, str)),
        ("a dict", lambda x: isinstance(x, Mapping)),
        ("a list", lambda x: isinstance(x, (list, tuple))),
    )
    for kind, fits in kinds:
        if fits(own) and not fits(value):
            return [f"{name} must be {kind}; got {value!r:.60}"]
    return []
