"""np.emath: roots, logarithms and inverse functions that become complex outside the domain of the real ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.kinds import somewhere, surely
from autograd.engine.modes import mode
from autograd.engine.recording import raw
from autograd.engine.registry import implements
from autograd.errors import NoRuleError
from autograd.ops.arguments import as_operand


def _negative(x: Any) -> Any:
    return x < 0


def _beyond_one(x: Any) -> Any:
    return np.abs(x) > 1


def _while_real(numpys: Callable[..., Any], real: Callable[..., Any], outside: Callable[[Any], Any]) -> None:
    """What `numpys` means for Tensors: the function of real numbers, as long as `outside` holds for none of them."""
    name = numpys.__name__

    @implements(numpys)
    def while_real(x: Any) -> Any:
        x = as_operand(x)
        return real(x) if _all_real(name, outside, x) else numpys(raw(x))


def _all_real(name: str, outside: Callable[[Any], Any], *xs: Any) -> bool:
    """Whether the results are real; another library's array is not asked, and gives nan where they are not.

    Raises: NoRuleError if they are not, and a gradient is asked for.
    """
    if not any(x.dtype.kind == "c" or surely(outside(raw(x))) for x in xs):
        return True
    if mode.get().recording and any(getattr(x, "requires_grad", False) for x in xs):
        raise NoRuleError(
            f"np.emath.{name} is complex here, and complex numbers have no gradient. The function of real numbers, as "
            "np.sqrt, gives nan in those places; for the values alone: x.numpy()."
        )
    return False


_while_real(np.emath.sqrt, np.sqrt, _negative)
_while_real(np.emath.log, np.log, _negative)
_while_real(np.emath.log2, np.log2, _negative)
_while_real(np.emath.log10, np.log10, _negative)
_while_real(np.emath.arccos, np.arccos, _beyond_one)
_while_real(np.emath.arcsin, np.arcsin, _beyond_one)
_while_real(np.emath.arctanh, np.arctanh, _beyond_one)


@implements(np.emath.logn)
def logn(n: Any, x: Any) -> Any:
    """np.emath.logn: the logarithm of x to the base n."""
    n, x = as_operand(n), as_operand(x)
    return np.log(x) / np.log(n) if _all_real("logn", _negative, n, x) else np.emath.logn(raw(n), raw(x))


@implements(np.emath.power)
def power(x: Any, p: Any) -> Any:
    """np.emath.power: x ** p."""
    x, p = as_operand(x), as_operand(p)
    if not _all_real("power", _negative, x):
        return np.emath.power(raw(x), raw(p))
    return np.power(x.astype(float) if x.dtype.kind in "iu" and somewhere(raw(p) < 0) else x, p)
