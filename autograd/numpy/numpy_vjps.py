"""Broadcasting undone, for rules that were written for HIPS autograd. Here the sweep does it: a rule need not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.shapes import unbroadcast as summed

__all__ = ["match_complex", "replace_zero", "unbroadcast", "unbroadcast_f"]


def replace_zero(x: Any, val: Any) -> Any:
    """x with val in place of zeros."""
    return np.where(x, x, val)


def match_complex(target: Any, x: Any) -> Any:
    """x, its real part for a real target. The sweep does this, too."""
    return x if np.iscomplexobj(target) else np.real(x)


def unbroadcast(x: Any, target_meta: Any, broadcast_idx: int = 0) -> Any:
    """x summed over the axes along which an array of the shape target_meta[0] was stretched."""
    return summed(x, target_meta[0])


def unbroadcast_f(target: Any, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """f, its result summed to the target's shape."""
    return lambda g: summed(f(g), np.shape(target))
