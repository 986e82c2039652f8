"""What a Scalar's operations compute: plain formulas on two numbers, each value with its derivatives beside it.

Written so that the numbers may themselves be Scalars; the derivatives then record themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Values = tuple[Any, Any, Any]  # the result, and the derivative by either argument

MICROGRADS_SIGN = {
    "add": "+", "radd": "+", "sub": "-", "rsub": "-", "mul": "*", "rmul": "*", "truediv": "/", "rtruediv": "/",
    "pow": "**", "rpow": "**", "relu": "ReLU",
}  # fmt: skip


def add(x: Any, y: Any) -> Values:
    return x + y, 1.0, 1.0


def sub(x: Any, y: Any) -> Values:
    return x - y, 1.0, -1.0


def mul(x: Any, y: Any) -> Values:
    return x * y, y, x


def truediv(x: Any, y: Any) -> Values:
    try:
        out = x / y
    except ZeroDivisionError:
        out = float(np.divide(x, y))
    slope = reciprocal(y)
    return out, slope, -out * slope


def exponentiate(x: Any, p: Any) -> Values:
    out = power(x, p)
    return out, power_slope(x, p), 0.0 if x == 0 else out * (log(x) if x > 0 else math.nan)  # by p: 0 at x = 0


def maximum(x: Any, y: Any) -> Values:
    if x != x or y != y:
        return x + y, 0.5, 0.5
    return (x, 0.5, 0.5) if x == y else (x, 1.0, 0.0) if x > y else (y, 0.0, 1.0)


def minimum(x: Any, y: Any) -> Values:
    if x != x or y != y:
        return x + y, 0.5, 0.5
    return (x, 0.5, 0.5) if x == y else (x, 1.0, 0.0) if x < y else (y, 0.0, 1.0)


def power(x: Any, p: Any) -> Any:
    try:
        out = x**p
    except (ZeroDivisionError, OverflowError):
        return float(np.power(x, float(p)))
    return float(np.power(x, p)) if type(out) is complex else out  # nan: the root of a negative number


def power_slope(x: Any, p: Any) -> Any:
    """p x**(p-1); at x = 0 the limit where it is finite, so 0 for p = 0."""
    if isinstance(p, (float, int)):
        if p == 2:
            return 2.0 * x
        if p == 0:
            return 0.0
    elif p == 0 and x == 0:
        return 0.0
    with np.errstate(all="ignore"):
        return p * power(x, p - 1)


def reciprocal(x: Any) -> Any:
    try:
        return 1.0 / x
    except ZeroDivisionError:
        return math.copysign(math.inf, x)


def function(name: str) -> Callable[[Any], Any]:
    """A function of a float, with NumPy's value (and warning) where math has none; of a Scalar, its method."""
    plain, numpys = getattr(math, name), getattr(np, name)

    def call(x: Any) -> Any:
        if not isinstance(x, (float, int)):
            return getattr(x, name)()
        try:
            return plain(x)
        except (ValueError, OverflowError):
            return float(numpys(x))

    return call


exp, log, sqrt, sin, cos, tanh = [function(name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh")]
