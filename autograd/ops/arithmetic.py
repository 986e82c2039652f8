"""The arithmetic behind the operators: + - * / ** and their signs."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define


def _power_base(g: Any, out: Any, x: Any, p: Any) -> Any:
    """d(x**p)/dx = p x**(p-1), whose value at x = 0 is the limit: 0 for p = 0, and inf for p < 1."""
    if isinstance(p, (int, float)):
        if p == 2:
            return 2 * g * x
        return g * (p * x ** (p - 1)) if p != 0 else g * np.zeros_like(x)
    still = (p == 0) & (x == 0)  # x**0 is 1 for every x, so the derivative is 0 and not 0 * 0**-1
    return g * (p * np.power(x, np.where(still, 0, p - 1)))


def _power_exponent(g: Any, out: Any, x: Any, p: Any) -> Any:
    """d(x**p)/dp = x**p log x: nan for x < 0, where x**p is not a function of p; 0 at x = 0 (docs/conventions.md)."""
    at_zero = x == 0
    return g * np.where(at_zero & (p < 0), 0, out) * np.log(np.where(at_zero, 1, x))


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
