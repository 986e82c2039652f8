"""The arithmetic behind the operators: + - * / ** and their signs."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinks import bent
from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.engine.settled import unsettled, varies

# Powers. With L_n(x, p) = x**p (log x)**n, every derivative of x**p is made of these:
#     ∂L_n/∂x = p L_n(x, p-1) + n L_{n-1}(x, p-1),   ∂L_n/∂p = L_{n+1}
# At x = 0 they have their limits: 0 for p > 0, infinite for p < 0 and for p = 0, n > 0.


def _power_log(x: Any, p: Any, n: int) -> Any:
    power = np.power(x, p)
    if n == 0:
        return power
    at_zero = x == 0
    limit = np.where(p > 0, 0, (-np.inf) ** n)
    return np.where(at_zero, limit, power * _log_of_base(power, x, at_zero) ** n).astype(power.dtype)[()]


def _log_of_base(power: Any, x: Any, at_zero: Any) -> Any:
    """log x, 0 where x is 0; complex where the power is, as that of a negative number to a complex exponent."""
    base = np.where(at_zero, 1, x)
    return np.log(base + 0j if power.dtype.kind == "c" else base)


def _power_log_by_x(g: Any, out: Any, x: Any, p: Any, n: int) -> Any:
    slope = np.where(p == 0, 0, p) * power_log(x, np.where(p == 0, 0, p - 1), n=n)
    return g * (slope + n * power_log(x, p - 1, n=n - 1) if n else slope)


power_log: Primitive = define(
    _power_log, _power_log_by_x, lambda g, out, x, p, n: g * power_log(x, p, n=n + 1),
    keeps="x p", guard=True, name="power_log", jvp="elementwise", label="g·∂(xᵖ logⁿ x)",
)  # fmt: skip


def _power_base(g: Any, out: Any, x: Any, p: Any) -> Any:
    """d(x**p)/dx = p x**(p-1), whose value at x = 0 is the limit: 0 for p = 0, and inf for p < 1."""
    if isinstance(p, (int, float)):
        if p == 2:
            return 2 * g * x
        return g * (p * x ** (p - 1)) if p != 0 else g * np.zeros_like(x)
    still = (p == 0) & (x == 0)  # x**0 is 1 for every x, so the derivative is 0 and not 0 * 0**-1
    gx = g * (p * power_log(x, np.where(still, 0, p - 1), n=0))
    return bent(gx, x, p, at=lambda: unsettled(varies(p) & raw(still), g), of="np.power")


def _by_exponent(out: Any, x: Any, p: Any) -> Any:
    at_zero = x == 0
    return np.where(at_zero & (p < 0), 0, out) * _log_of_base(out, x, at_zero)


power_by_exponent = define(
    _by_exponent,
    None,
    lambda g, out, power, x, p: g * (p * power_log(x, p - 1, n=1) + power_log(x, p - 1, n=0)),
    lambda g, out, power, x, p: g * power_log(x, p, n=2),
    keeps="x p", guard=True, name="power_by_exponent", jvp="elementwise", label="g·∂(xᵖ log x)",
)  # fmt: skip


def _power_exponent(g: Any, out: Any, x: Any, p: Any) -> Any:
    """d(x**p)/dp = x**p log x: nan for x < 0, where x**p is not a function of p; 0 at x = 0 (docs/conventions.md)."""
    return g * power_by_exponent(out, x, p)


add = define(np.add, lambda g, out, a, b: g,
                     lambda g, out, a, b: g, keeps="", guard=False, label="g")  # fmt: skip
subtract = define(np.subtract, lambda g, out, a, b: g,
                               lambda g, out, a, b: -g, keeps="", guard=False, label="g, -g")  # fmt: skip
multiply = define(np.multiply, lambda g, out, a, b: g * b,
                               lambda g, out, a, b: g * a, keeps=("b", "a"), label="g·other")  # fmt: skip
divide = define(np.divide, lambda g, out, a, b: g / b,
                           lambda g, out, a, b: -g * out / b, keeps=("b", "b out"), label="g/b, -g·out/b")  # fmt: skip
power = define(np.power, _power_base,
                         _power_exponent, keeps=("x p", "x p out"), label="g·p·x^(p-1), g·out·log x")  # fmt: skip
float_power = define(np.float_power, _power_base,
                                     _power_exponent, keeps=("x p", "x p out"),
                                     label="g·p·x^(p-1), g·out·log x")  # fmt: skip
negative = define(np.negative, lambda g, out, x: -g, keeps="", guard=False, label="-g")
positive = define(np.positive, lambda g, out, x: g, keeps="", guard=False, label="g")
square = define(np.square, lambda g, out, x: 2 * g * x, keeps="x", label="2·g·x")
reciprocal = define(np.reciprocal, lambda g, out, x: -g * out * out, keeps="out", label="-g·out²")
