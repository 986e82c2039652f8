"""Functions of each element: ufuncs, selection by a mask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.cases.case import Case, constant, normal, uniform

A, B = (3, 4), (3, 4)
Inputs = Callable[[np.random.Generator], tuple[np.ndarray, ...]]


def away(distance: float, *shapes: tuple[int, ...]) -> Inputs:
    """Normal numbers that are at least this far from zero."""

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        return tuple(np.where(x < 0, x - distance, x + distance) for x in (rng.normal(size=shape) for shape in shapes))

    return draw


def apart(*shapes: tuple[int, ...]) -> Inputs:
    """Numbers of which no two, in all arrays together, are nearer than 0.1."""

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        sizes = [int(np.prod(shape)) for shape in shapes]
        values = rng.permutation(sum(sizes)) * 0.2 + rng.uniform(0, 0.1, sum(sizes))
        values -= values.mean()
        parts = np.split(values, np.cumsum(sizes)[:-1])
        return tuple(part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))

    return draw


def each(name: str, function: Any, inputs: Inputs, torch: Any = None, **options: Any) -> Case:
    return Case(name, function, inputs, torch, elementwise=True, **options)


def between(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Numbers a = (n + t) b with t well inside (0, 1), away from the jumps of a remainder."""
    n, t = rng.integers(-3, 4, A), rng.uniform(0.2, 0.8, A)
    b = rng.uniform(0.5, 2, A) * rng.choice([-1, 1], A)
    return ((n + t) * b, b)


MASK = np.array([[True, False, True, False], [False, False, True, True], [True, True, False, True]])
NAN = np.array([1.0, np.nan, 2.0, 3.0])
EXPONENTS = np.array([-2.0, 0.0, 1.0, 3.0])

CASES = [
    # arithmetic
    each("add", np.add, normal(A, B), lambda torch, a, b: a + b),
    each("subtract", np.subtract, normal(A, B), lambda torch, a, b: a - b),
    each("multiply", np.multiply, normal(A, B), lambda torch, a, b: a * b),
    each("divide", np.divide, away(0.5, A, B), lambda torch, a, b: a / b),
    each("negative", np.negative, normal(A), lambda torch, x: -x),
    each("positive", np.positive, normal(A), lambda torch, x: +x),
    each("square", np.square, normal(A), lambda torch, x: x.square()),
    each("reciprocal", np.reciprocal, away(0.5, A), lambda torch, x: x.reciprocal()),
    each("power", np.power, uniform(0.5, 2, A, B), lambda torch, x, p: x**p),
    each("power of a number", lambda p: 2.5**p, normal(A), lambda torch, p: 2.5**p),
    each("power 2", lambda x: x**2, normal(A), lambda torch, x: x**2),
    each("power 3 of negative numbers", lambda x: x**3, normal(A), lambda torch, x: x**3),
    each("power -2 of negative numbers", lambda x: x**-2, away(0.5, A), lambda torch, x: x**-2),
    each("power 0.5", lambda x: x**0.5, uniform(0.5, 2, A), lambda torch, x: x**0.5),
    each("power 0", lambda x: x**0 + x, normal(A), lambda torch, x: x**0 + x),
    Case("power of exponents in an array", lambda x: x ** constant(EXPONENTS), away(0.5, A),
         lambda torch, x: x ** torch.tensor(EXPONENTS, dtype=x.dtype), float32=False),
    each("float_power", np.float_power, uniform(0.5, 2, A, B), lambda torch, x, p: torch.float_power(x, p),
         float32=False),
    # roots and absolute values
    each("sqrt", np.sqrt, uniform(0.5, 2, A), lambda torch, x: x.sqrt()),
    each("cbrt", np.cbrt, away(0.5, A), lambda torch, x: x.sign() * x.abs() ** (1 / 3)),
    each("absolute", np.absolute, away(0.1, A), lambda torch, x: x.abs()),
    each("fabs", np.fabs, away(0.1, A), lambda torch, x: x.abs()),
    Case("copysign", lambda a: np.copysign(a, constant(np.array([1.0, -2.0, 0.0, -0.0], a.dtype))), away(0.1, A),
         lambda torch, a: torch.copysign(a, torch.tensor([1.0, -2.0, 0.0, -0.0]))),
    each("emath.sqrt", np.emath.sqrt, uniform(0.5, 2, A), lambda torch, x: x.sqrt()),
    each("emath.log", np.emath.log, uniform(0.5, 2, A), lambda torch, x: x.log()),
    each("emath.log2", np.emath.log2, uniform(0.5, 2, A), lambda torch, x: x.log2()),
    each("emath.log10", np.emath.log10, uniform(0.5, 2, A), lambda torch, x: x.log10()),
    each("emath.logn", np.emath.logn, uniform(1.5, 3, A, B), lambda torch, n, x: x.log() / n.log()),
    each("emath.power", np.emath.power, uniform(0.5, 2, A, B), lambda torch, x, p: x**p),
    each("emath.arccos", np.emath.arccos, uniform(-0.9, 0.9, A), lambda torch, x: x.arccos()),
    each("emath.arcsin", np.emath.arcsin, uniform(-0.9, 0.9, A), lambda torch, x: x.arcsin()),
    each("emath.arctanh", np.emath.arctanh, uniform(-0.9, 0.9, A), lambda torch, x: x.arctanh()),
    each("i0", np.i0, lambda rng: (rng.normal(0, 3, A),), lambda torch, x: torch.special.i0(x)),
    each("i0 at 0 and far away", lambda x: np.i0(x), lambda rng: (np.array([0.0, -0.0, 1e-5, 30.0]),),
         lambda torch, x: torch.special.i0(x), float32=False),
    each("real_if_close", lambda x: np.real_if_close(x) * 1.0, normal(A), lambda torch, x: x * 1),
    # exponentials and logarithms
    each("exp", np.exp, normal(A), lambda torch, x: x.exp()),
    each("exp2", np.exp2, normal(A), lambda torch, x: torch.exp2(x)),
    each("expm1", np.expm1, normal(A), lambda torch, x: x.expm1()),
    each("log", np.log, uniform(0.5, 2, A), lambda torch, x: x.log()),
    each("log2", np.log2, uniform(0.5, 2, A), lambda torch, x: x.log2()),
    each("log10", np.log10, uniform(0.5, 2, A), lambda torch, x: x.log10()),
    each("log1p", np.log1p, uniform(-0.5, 2, A), lambda torch, x: x.log1p()),
    each("logaddexp", np.logaddexp, normal(A, B), lambda torch, a, b: torch.logaddexp(a, b)),
    each("logaddexp2", np.logaddexp2, normal(A, B), lambda torch, a, b: torch.logaddexp2(a, b)),
    # trigonometry
    each("sin", np.sin, normal(A), lambda torch, x: x.sin()),
    each("cos", np.cos, normal(A), lambda torch, x: x.cos()),
    each("tan", np.tan, uniform(-1, 1, A), lambda torch, x: x.tan()),
    each("arcsin", np.arcsin, uniform(-0.8, 0.8, A), lambda torch, x: x.arcsin()),
    each("arccos", np.arccos, uniform(-0.8, 0.8, A), lambda torch, x: x.arccos()),
    each("arctan", np.arctan, normal(A), lambda torch, x: x.arctan()),
    each("arctan2", np.arctan2, away(0.3, A, B), lambda torch, a, b: torch.arctan2(a, b)),
    each("hypot", np.hypot, away(0.3, A, B), lambda torch, a, b: torch.hypot(a, b)),
    each("deg2rad", np.deg2rad, normal(A), lambda torch, x: torch.deg2rad(x)),
    each("rad2deg", np.rad2deg, normal(A), lambda torch, x: torch.rad2deg(x)),
    each("radians", np.radians, normal(A), lambda torch, x: torch.deg2rad(x)),
    each("degrees", np.degrees, normal(A), lambda torch, x: torch.rad2deg(x)),
    each("sinc", np.sinc, normal(A), lambda torch, x: torch.sinc(x)),
    each("sinc_derivative", lambda x: np.sinc(x) * 2 + np.sinc(x * 3), uniform(-3, 3, A),
         lambda torch, x: torch.sinc(x) * 2 + torch.sinc(x * 3)),
    # hyperbolic functions
    each("sinh", np.sinh, normal(A), lambda torch, x: x.sinh()),
    each("cosh", np.cosh, normal(A), lambda torch, x: x.cosh()),
    each("tanh", np.tanh, normal(A), lambda torch, x: x.tanh()),
    each("arcsinh", np.arcsinh, normal(A), lambda torch, x: x.arcsinh()),
    each("arccosh", np.arccosh, uniform(1.5, 3, A), lambda torch, x: x.arccosh()),
    each("arctanh", np.arctanh, uniform(-0.8, 0.8, A), lambda torch, x: x.arctanh()),
    # the larger and the smaller
    each("maximum", np.maximum, apart(A, B), lambda torch, a, b: torch.maximum(a, b)),
    each("minimum", np.minimum, apart(A, B), lambda torch, a, b: torch.minimum(a, b)),
    each("maximum of a number", lambda x: np.maximum(x, 0), away(0.1, A), lambda torch, x: x.clamp(min=0)),
    each("fmax", np.fmax, apart(A, B), lambda torch, a, b: torch.fmax(a, b)),
    each("fmin", np.fmin, apart(A, B), lambda torch, a, b: torch.fmin(a, b)),
    each("clip", lambda x: np.clip(x, -1, 0.5), apart(A), lambda torch, x: x.clamp(-1, 0.5)),
    each("clip below", lambda x: np.clip(x, None, 0.05), apart(A), lambda torch, x: x.clamp(max=0.05)),
    each("clip min=", lambda x: np.clip(x, min=0.05), apart(A), lambda torch, x: x.clamp(min=0.05)),
    each("clip by arrays", lambda x, low, width: np.clip(x, low, low + np.abs(width)), apart(A, A, A),
         lambda torch, x, low, width: torch.clamp(x, low, low + width.abs())),
    # remainders and steps
    Case("remainder", np.remainder, between, lambda torch, a, b: torch.remainder(a, b)),
    Case("fmod", np.fmod, between, lambda torch, a, b: torch.fmod(a, b)),
    Case("divmod", lambda a, b: np.divmod(a, b)[0] * a + np.divmod(a, b)[1], between,
         lambda torch, a, b: torch.div(a, b, rounding_mode="floor").detach() * a + torch.remainder(a, b)),
    Case("floor_divide", lambda a, b: np.floor_divide(a, b) * a * b, between,
         lambda torch, a, b: torch.div(a, b, rounding_mode="floor").detach() * a * b),
    each("sign", lambda x: np.sign(x) * x, away(0.1, A), lambda torch, x: x.sign() * x),
    each("floor", lambda x: np.floor(x + 0.5) * x, lambda rng: (rng.integers(-3, 4, A) + rng.uniform(-0.4, 0.4, A),),
         lambda torch, x: torch.floor(x + 0.5) * x),
    each("ceil", lambda x: np.ceil(x + 0.5) * x, lambda rng: (rng.integers(-3, 4, A) + rng.uniform(-0.4, 0.4, A),),
         lambda torch, x: torch.ceil(x + 0.5) * x),
    each("trunc", lambda x: np.trunc(x + 0.5) * x, lambda rng: (rng.integers(-3, 4, A) + rng.uniform(-0.4, 0.4, A),),
         lambda torch, x: torch.trunc(x + 0.5) * x),
    each("fix", lambda x: np.fix(x + 0.5) * x, lambda rng: (rng.integers(-3, 4, A) + rng.uniform(-0.4, 0.4, A),),
         lambda torch, x: torch.trunc(x + 0.5) * x),
    each("rint", lambda x: np.rint(x) * x, lambda rng: (rng.integers(-3, 4, A) + rng.uniform(-0.4, 0.4, A),),
         lambda torch, x: torch.round(x) * x),
    each("round", lambda x: np.round(x) * x, lambda rng: (rng.integers(-3, 4, A) + rng.uniform(-0.4, 0.4, A),),
         lambda torch, x: torch.round(x) * x),
    Case("heaviside", lambda h: np.heaviside(constant(np.array([-1.0, 0.0, 0.0, 2.0])), h), normal(A), float32=False),
    Case("modf", lambda x: np.modf(x), lambda rng: (rng.integers(-3, 4, A) + 0.5 + rng.uniform(-0.4, 0.4, A),)),
    Case("frexp", lambda x: np.frexp(x)[0], lambda rng: (rng.uniform(1.1, 1.9, A) * 2.0 ** rng.integers(-3, 4, A),)),
    Case("ldexp", lambda x: np.ldexp(x, constant(np.array([-1, 0, 1, 5]))), normal(A)),
    each("conjugate", np.conjugate, normal(A)),
    # by a mask
    Case("where", lambda a, b: np.where(constant(MASK), a, b), normal(A, B),
         lambda torch, a, b: torch.where(torch.tensor(MASK), a, b)),
    Case("where of a number", lambda a: np.where(a > 0, a * a, 0.0), away(0.1, A),
         lambda torch, a: torch.where(a > 0, a * a, 0.0)),
    Case("where stretched", lambda a, b: np.where(constant(MASK), a, b), normal((4,), (3, 1)),
         lambda torch, a, b: torch.where(torch.tensor(MASK), a, b)),
    Case("masked", lambda x: np.where(constant(MASK), x, 1) * np.where(constant(MASK), x, x * x), normal(A)),
    Case("nan_to_num", lambda x: np.nan_to_num(x * constant(NAN.astype(x.dtype)), nan=0.5), normal(A)),
]  # fmt: skip
