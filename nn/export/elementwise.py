"""NumPy's ufuncs in ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.export.handlers import SCIPY_UFUNCS, UFUNCS
from nn.export.recording import Recording

UFUNCS.update({
    np.subtract: "Sub", np.divide: "Div", np.power: "Pow", np.float_power: "Pow", np.matmul: "MatMul",
    np.negative: "Neg", np.positive: "Identity", np.absolute: "Abs", np.fabs: "Abs", np.sign: "Sign", np.sqrt: "Sqrt",
    np.exp: "Exp", np.log: "Log", np.floor: "Floor", np.ceil: "Ceil", np.rint: "Round", np.reciprocal: "Reciprocal",
    np.sin: "Sin", np.cos: "Cos", np.tan: "Tan", np.arcsin: "Asin", np.arccos: "Acos", np.arctan: "Atan",
    np.sinh: "Sinh", np.cosh: "Cosh", np.tanh: "Tanh", np.arcsinh: "Asinh", np.arccosh: "Acosh", np.arctanh: "Atanh",
    np.equal: "Equal", np.less: "Less", np.greater: "Greater", np.less_equal: "LessOrEqual",
    np.greater_equal: "GreaterOrEqual", np.isnan: "IsNaN",
})  # fmt: skip


def one(g: Recording, dtype: Any) -> str:
    """The name of the number 1."""
    return g.constant(1, dtype)


def _or_of_truths(kind: str, truths: str) -> Any:
    """An operation on numbers, which NumPy has for truth values, too."""
    return lambda g, dtype, a, b: g.add(truths if dtype.kind == "b" else kind, a, b)


def _of_truths(kind: str) -> Any:
    return lambda g, dtype, *names: g.add(kind, *[x if dtype.kind == "b" else g.add("Cast", x, to=bool) for x in names])


def _bitwise(kind: str) -> Any:
    return lambda g, dtype, *names: g.add(kind if dtype.kind == "b" else f"Bitwise{kind}", *names)


def _is_inf(g: Recording, dtype: Any, x: str) -> str:
    return g.add("Equal", g.add("Abs", x), g.constant(np.inf, dtype))


def _is_finite(g: Recording, dtype: Any, x: str) -> str:
    return g.add("Less", g.add("Abs", x), g.constant(np.inf, dtype))


def _logaddexp(g: Recording, dtype: Any, a: str, b: str) -> str:
    """max(a, b) + log(1 + exp(-|a - b|)); of two infinities of one sign the difference is nan, so it is left out."""
    top = g.add("Max", a, b)
    gap = g.add("Abs", g.add("Sub", a, b))
    same = g.add("Equal", a, b)
    gap = g.add("Where", same, g.constant(0, dtype), gap)
    return g.add("Add", top, g.add("Softplus", g.add("Neg", gap)))


def _mod(g: Recording, dtype: Any, a: str, b: str) -> str:
    """Python's remainder, with the sign of the divisor."""
    if dtype.kind != "f":
        return g.add("Mod", a, b)
    return g.add("Sub", a, g.add("Mul", b, g.add("Floor", g.add("Div", a, b))))


def _floor_divide(g: Recording, dtype: Any, a: str, b: str) -> str:
    if dtype.kind == "f":
        return g.add("Floor", g.add("Div", a, b))
    return g.add("Div", g.add("Sub", a, g.add("Mod", a, b)), b)


def _arctan2(g: Recording, dtype: Any, y: str, x: str) -> str:
    """atan(y / x), moved by ±π where x < 0; at x = 0 the sign of y times π/2."""
    zero, half_turn = g.constant(0, dtype), g.constant(np.pi, dtype)
    on_axis = g.add("Equal", x, zero)
    angle = g.add("Atan", g.add("Div", y, g.add("Where", on_axis, one(g, dtype), x)))
    side = g.add("Where", g.add("Less", y, zero), g.add("Neg", half_turn), half_turn)
    turned = g.add("Where", g.add("Less", x, zero), g.add("Add", angle, side), angle)
    return g.add("Where", on_axis, g.add("Mul", g.add("Sign", y), g.constant(np.pi / 2, dtype)), turned)


def _finite_of(kind: str) -> Any:
    """The larger or smaller of two, of which a nan does not count."""

    def handler(g: Recording, dtype: Any, a: str, b: str) -> str:
        if dtype.kind != "f":
            return g.add(kind, a, b)
        other = g.add("Where", g.add("IsNaN", b), a, g.add(kind, a, b))
        return g.add("Where", g.add("IsNaN", a), b, other)

    return handler


def _expm1(g: Recording, dtype: Any, x: str) -> str:
    """2 t / (1 - t) with t = tanh(x / 2), which does not cancel near 0; above 1 exp(x) - 1."""
    t = g.add("Tanh", g.add("Mul", x, g.constant(0.5, dtype)))
    small = g.add("Div", g.add("Mul", g.constant(2, dtype), t), g.add("Sub", one(g, dtype), t))
    return g.add("Where", g.add("Greater", x, one(g, dtype)), g.add("Sub", g.add("Exp", x), one(g, dtype)), small)


def _square(g: Recording, dtype: Any, x: str) -> str:
    return g.add("Mul", x, x)


def _logarithm(base: float) -> Any:
    return lambda g, dtype, x: g.add("Mul", g.add("Log", x), g.constant(1 / np.log(base), dtype))


UFUNCS.update({
    np.add: _or_of_truths("Add", "Or"), np.multiply: _or_of_truths("Mul", "And"),
    np.maximum: _or_of_truths("Max", "Or"), np.minimum: _or_of_truths("Min", "And"),
    np.fmax: _finite_of("Max"), np.fmin: _finite_of("Min"),
    np.logical_and: _of_truths("And"), np.logical_or: _of_truths("Or"), np.logical_xor: _of_truths("Xor"),
    np.logical_not: _of_truths("Not"),
    np.bitwise_and: _bitwise("And"), np.bitwise_or: _bitwise("Or"), np.bitwise_xor: _bitwise("Xor"),
    np.invert: _bitwise("Not"),
    np.not_equal: lambda g, dtype, a, b: g.add("Not", g.add("Equal", a, b)),
    np.isinf: _is_inf, np.isfinite: _is_finite,
    np.square: _square, np.expm1: _expm1, np.logaddexp: _logaddexp,
    np.exp2: lambda g, dtype, x: g.add("Pow", g.constant(2, dtype), x),
    np.log1p: lambda g, dtype, x: g.add("Log", g.add("Add", one(g, dtype), x)),
    np.log2: _logarithm(2), np.log10: _logarithm(10),
    np.cbrt: lambda g, dtype, x: g.add(
        "Mul", g.add("Sign", x), g.add("Pow", g.add("Abs", x), g.constant(1 / 3, dtype))
    ),
    np.trunc: lambda g, dtype, x: g.add("Mul", g.add("Sign", x), g.add("Floor", g.add("Abs", x))),
    np.hypot: lambda g, dtype, a, b: g.add("Sqrt", g.add("Add", _square(g, dtype, a), _square(g, dtype, b))),
    np.remainder: _mod, np.fmod: lambda g, dtype, a, b: g.add("Mod", a, b, fmod=1), np.floor_divide: _floor_divide,
    np.arctan2: _arctan2,
    np.heaviside: lambda g, dtype, x, at: g.add(
        "Where", g.add("Equal", x, g.constant(0, dtype)), at,
        g.add("Cast", g.add("Greater", x, g.constant(0, dtype)), to=dtype),
    ),
})  # fmt: skip

SCIPY_UFUNCS.update({
    "erf": "Erf", "expit": "Sigmoid",
    "erfc": lambda g, dtype, x: g.add("Sub", one(g, dtype), g.add("Erf", x)),
    "log_expit": lambda g, dtype, x: g.add("Neg", g.add("Softplus", g.add("Neg", x))),
})  # fmt: skip
