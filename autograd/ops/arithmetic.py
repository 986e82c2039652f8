"""The arithmetic behind the operators: + - * / ** and their signs."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.primitive import define


def _power_base(g: Any, out: Any, x: Any, p: Any) -> Any:
    """d(x**p)/dx = p x**(p-1); at x = 0 the limit where it is finite, so 0 for p = 0 and not 0 * inf."""
    if isinstance(p, (int, float)):
        return g * 2 * x if p == 2 else g * (p * x ** (p - 1)) if p != 0 else g * np.zeros_like(x)
    return g * (p * np.power(x, np.where(p == 0, 1, p - 1)))


def _power_exponent(g: Any, out: Any, x: Any, p: Any) -> Any:
    """d(x**p)/dp = x**p log x; 0 at x = 0, where the log is infinite (convention)."""
    return g * out * np.log(np.where(x == 0, 1, x))


add = define(np.add, lambda g, out, a, b: g,
                     lambda g, out, a, b: g, keeps="", guard=False, label="g")  # fmt: skip
subtract = define(np.subtract, lambda g, out, a, b: g,
                               lambda g, out, a, b: -g, keeps="", guard=False, label="±g")  # fmt: skip
multiply = define(np.multiply, lambda g, out, a, b: g * b,
                               lambda g, out, a, b: g * a, keeps=("b", "a"), label="g·other")  # fmt: skip
divide = define(np.divide, lambda g, out, a, b: g / b,
                           lambda g, out, a, b: -g * out / b, keeps=("b", "b out"), label="g/b, -g·out/b")  # fmt: skip
power = define(np.power, _power_base, _power_exponent, keeps=("x p", "x out"), label="g·p·x^(p-1), g·out·log x")
negative = define(np.negative, lambda g, out, x: -g, keeps="", guard=False, label="-g")
positive = define(np.positive, lambda g, out, x: g, keeps="", guard=False, label="g")
