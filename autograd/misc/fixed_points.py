"""Fixed points by HIPS autograd's signature; see autograd.fixed_point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.functional.implicit import fixed_point as implicit

__all__ = ["fixed_point"]


def fixed_point(f: Callable[[Any], Callable[[Any], Any]], a: Any, x0: Any, distance: Any, tol: float) -> Any:
    """The x with x = f(a)(x), by iteration from x0; differentiable by a.

    `distance` is not asked: the iteration ends when no element moves by more than tol · (1 + |x|).
    """
    return implicit(lambda x, a: f(a)(x), x0, a, tolerance=tol)
