"""np.emath: roots, logarithms and inverse functions that become complex outside the domain of the real ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.kinds import somewhere, surely
from autograd.engine.recording import raw
from autograd.engine.registry import implements
from autograd.ops.arguments import as_operand


def _negative(x: Any) -> Any:
    return x < 0


def _beyond_one(x: Any) -> Any:
    return np.abs(x) > 1


def _while_real(numpys: Callable[..., Any], real: Callable[..., Any], outside: Callable[[Any], Any]) -> None:
    """What `numpys` means for Tensors: the function of real numbers while `outside` holds for none of them."""

    @implements(numpys)
    def while_real(x: Any) -> Any:
        (x,) = _complex_if(outside, x)
        return real(x)


def _complex_if(outside: Callable[[Any], Any], *xs: Any) -> list[Any]:
    """The arguments, complex if one lies outside; another library's array is not asked, and gives nan there."""
    xs = tuple([as_operand(x) for x in xs])
    if not any(x.dtype.kind != "c" and surely(outside(raw(x))) for x in xs):
        return list(xs)
    return [x.astype(np.result_type(x.dtype, np.complex64)) for x in xs]


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
    n, x = _complex_if(_negative, n, x)
    return np.log(x) / np.log(n)


@implements(np.emath.power)
def power(x: Any, p: Any) -> Any:
    """np.emath.power: x ** p."""
    (x,), p = _complex_if(_negative, x), as_operand(p)
    return np.power(x.astype(float) if x.dtype.kind in "iu" and somewhere(raw(p) < 0) else x, p)
