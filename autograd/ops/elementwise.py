"""Functions of each element: roots, exponentials, logarithms, trigonometry.

Step functions (sign, floor, ceil, trunc, rint, round, fix, floor_divide) have derivative zero wherever they have one:
they record nothing and return constant Tensors.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.kinks import bends, bent
from autograd.engine.primitive import Primitive, primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements, rules
from autograd.engine.settled import moving, unsettled
from autograd.ops.curvature import curvature
from autograd.ops.masking import masked
from autograd.shapes import conj

LN2 = math.log(2)
LN10 = math.log(10)
DEGREE = math.pi / 180

# Roots and absolute values. At 0 abs' = 0, the mean of the slopes on both sides; sqrt' and cbrt' = inf, but a cotangent
# of 0 stays 0, because the sweep treats 0 * inf as 0 (`guard`).
sqrt = define(np.sqrt, lambda g, out, x: g * 0.5 / out, keeps="out", label="g/(2·out)")
cbrt = define(np.cbrt, lambda g, out, x: g / (3 * out * out), keeps="out", label="g/(3·out²)")


def _magnitude(ufunc: np.ufunc) -> Primitive:
    """abs or fabs. Where g is a constant, as in a sum of magnitudes, the second derivative counts as 0 at the kink."""
    name = f"np.{ufunc.__name__}"

    def vjp(g: Any, out: Any, x: Any) -> Any:
        at = lambda: unsettled(bends(g) & (raw(x) == 0), g)  # noqa: E731
        slope = lambda: curvature(g, ufunc.__name__, (x,), {}, raw(x) == 0)  # noqa: E731
        return bent(g * conj(np.sign(x)), x, at=at, slope=slope, of=name)

    def jvp(t: Any, out: Any, x: Any) -> Any:
        return bent(t * conj(np.sign(x)), x, at=lambda: (raw(x) == 0) & moving(t), of=name, always=True)

    return define(
        ufunc, vjp, keeps="x", jvp=jvp, batch="free", label="g·conj(sign x)" if ufunc is np.absolute else "g·sign x"
    )


absolute = _magnitude(np.absolute)
fabs = _magnitude(np.fabs)
copysign = define(np.copysign, lambda g, out, a, b: g * (np.sign(a) * np.copysign(1, b)), None, keeps=("a b", ""),
                  label="g·sign(a)·sign(out)")  # fmt: skip

# Exponentials and logarithms
exp = define(np.exp, lambda g, out, x: g * out, keeps="out", label="g·out")
exp2 = define(np.exp2, lambda g, out, x: g * out * LN2, keeps="out", label="g·out·log 2")
expm1 = define(np.expm1, lambda g, out, x: g * (out + 1), keeps="out", label="g·(out+1)")
log = define(np.log, lambda g, out, x: g / x, keeps="x", label="g/x")
log2 = define(np.log2, lambda g, out, x: g / (x * LN2), keeps="x", label="g/(x·log 2)")
log10 = define(np.log10, lambda g, out, x: g / (x * LN10), keeps="x", label="g/(x·log 10)")
log1p = define(np.log1p, lambda g, out, x: g / (1 + x), keeps="x", label="g/(1+x)")


def _share(power: Any, a: Any, b: Any) -> Any:
    """e^a / (e^a + e^b) = 1 / (1 + e^(b-a)), where power is np.exp; two equal infinities have equal shares.

    No power overflows: the derivative of 1 / (1 + ∞) would be ∞/∞. The equal e^(a-out) would lose digits where a and
    out are large, as 1e4 is.
    """
    d = np.where((a == b) & np.isinf(a), 0, b - a)
    e = power(np.where(d > 0, -d, d))
    return np.where(d > 0, e, 1) / (1 + e)


logaddexp = define(np.logaddexp, lambda g, out, a, b: g * _share(np.exp, a, b),
                                 lambda g, out, a, b: g * _share(np.exp, b, a), keeps="in",
                                 label="g·σ(a-b), g·σ(b-a)")  # fmt: skip
logaddexp2 = define(np.logaddexp2, lambda g, out, a, b: g * _share(np.exp2, a, b),
                                   lambda g, out, a, b: g * _share(np.exp2, b, a), keeps="in",
                                   label="g/(1+2^(b-a)), g/(1+2^(a-b))")  # fmt: skip

# Trigonometry
sin = define(np.sin, lambda g, out, x: g * np.cos(x), keeps="x", label="g·cos x")
cos = define(np.cos, lambda g, out, x: -g * np.sin(x), keeps="x", label="-g·sin x")
tan = define(np.tan, lambda g, out, x: g * (1 + out * out), keeps="out", label="g·(1+out²)")
# (1-x)(1+x) instead of 1 - x², which loses digits near ±1
arcsin = define(np.arcsin, lambda g, out, x: g / np.sqrt((1 - x) * (1 + x)), keeps="x", label="g/√(1-x²)")
arccos = define(np.arccos, lambda g, out, x: -g / np.sqrt((1 - x) * (1 + x)), keeps="x", label="-g/√(1-x²)")
arctan = define(np.arctan, lambda g, out, x: g / (1 + x * x), keeps="x", label="g/(1+x²)")
# divided by the radius r twice, because r² could overflow or underflow; at the origin there is no angle: nan
arctan2 = define(np.arctan2, lambda g, out, a, b: g * (b / np.hypot(a, b)) / np.hypot(a, b),
                             lambda g, out, a, b: -g * (a / np.hypot(a, b)) / np.hypot(a, b), keeps="a b",
                             label="g·b/(a² + b²), -g·a/(a² + b²)")  # fmt: skip


# the norm of (a, b): at the origin the gradient is 0, as for every norm (docs/conventions.md)
def _hypot_slope(g: Any, out: Any, a: Any) -> Any:
    return g * (a / np.where(out == 0, 1, out))


def _hypot_vjp(g: Any, out: Any, args: tuple[Any, Any], i: int) -> Any:
    at = lambda: unsettled(raw(out) == 0, g)  # noqa: E731
    slope = lambda: curvature(g, "hypot", args, {}, raw(out) == 0)  # noqa: E731
    return bent(_hypot_slope(g, out, args[i]), args[i], args[1 - i], at=at, slope=slope, of="np.hypot")


def _hypot_jvp(t: Any, out: Any, a: Any, *both: Any) -> Any:
    at = lambda: (raw(out) == 0) & moving(t)  # noqa: E731
    return bent(_hypot_slope(t, out, a), *both, at=at, of="np.hypot", always=True)


hypot = define(
    np.hypot,
    lambda g, out, a, b: _hypot_vjp(g, out, (a, b), 0),
    lambda g, out, a, b: _hypot_vjp(g, out, (a, b), 1),
    jvp=(lambda t, out, a, b: _hypot_jvp(t, out, a, a, b), lambda t, out, a, b: _hypot_jvp(t, out, b, a, b)),
    batch="free",
    label="g·a/out, g·b/out",
)
deg2rad = define(np.deg2rad, lambda g, out, x: g * DEGREE, keeps="", guard=False, label="g·π/180")
rad2deg = define(np.rad2deg, lambda g, out, x: g / DEGREE, keeps="", guard=False, label="g·180/π")
radians = define(np.radians, lambda g, out, x: g * DEGREE, keeps="", guard=False, label="g·π/180")
degrees = define(np.degrees, lambda g, out, x: g / DEGREE, keeps="", guard=False, label="g·180/π")


# Hyperbolic functions
def _root_of_one_and_square(x: Any) -> Any:
    """√(1+x²), on the branch of arcsinh."""
    return np.sqrt((1 - 1j * x) * (1 + 1j * x)) if x.dtype.kind == "c" else np.hypot(1, x)


sinh = define(np.sinh, lambda g, out, x: g * np.cosh(x), keeps="x", label="g·cosh x")
cosh = define(np.cosh, lambda g, out, x: g * np.sinh(x), keeps="x", label="g·sinh x")
tanh = define(np.tanh, lambda g, out, x: g * (1 - out * out), keeps="out", label="g·(1-out²)")
arcsinh = define(np.arcsinh, lambda g, out, x: g / _root_of_one_and_square(x), keeps="x", label="g/√(1+x²)")
arccosh = define(np.arccosh, lambda g, out, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)), keeps="x", label="g/√(x²-1)")
arctanh = define(np.arctanh, lambda g, out, x: g / ((1 - x) * (1 + x)), keeps="x", label="g/(1-x²)")

# Remainders: a - n b, where the integer n has derivative zero
remainder = define(np.remainder, lambda g, out, a, b: g,
                                 lambda g, out, a, b: -g * np.floor_divide(a, b), keeps=("", "a b"),
                                 label="g, -g·⌊a/b⌋")  # fmt: skip
fmod = define(np.fmod, lambda g, out, a, b: g,
                       lambda g, out, a, b: -g * np.rint((a - out) / b), keeps=("", "a b out"),
                       label="g, -g·trunc(a/b)")  # fmt: skip

# Step functions: constant between their jumps, so nothing is recorded
for _step in (np.floor, np.ceil, np.trunc, np.rint, np.floor_divide):
    rules[_step] = primitive(_step, None, None, keeps="", guard=False)
_fix = primitive(np.fix, None, keeps="", guard=False)
_round = primitive(np.round, None, keeps="", guard=False)
heaviside = define(np.heaviside, None, lambda g, out, x, at_zero: masked(g, x == 0), keeps=("", "x"), guard=False,
                   label="0, g·[x = 0]")  # fmt: skip


@implements(np.fix)
def fix(x: Any, out: Any = None) -> Any:
    """np.fix: a constant, as is every step function."""
    return _fix(x)


@implements(np.round, np.around)
def round_(a: Any, decimals: int = 0, out: Any = None) -> Any:
    """np.round: a constant, as is every step function."""
    return _round(a, decimals=decimals)


@implements(np.divmod)
def divmod_(a: Any, b: Any) -> tuple[Any, Any]:
    """np.divmod: the quotient, which is constant, and the remainder."""
    return np.floor_divide(a, b), np.remainder(a, b)


# Parts of a number
modf = define(
    np.modf,
    lambda g, out, x: g[0],
    keeps="",
    guard=False,
    jvp=lambda t, out, x: (t, None),
    batch="free",
    label="g of the fraction",
)
frexp = define(
    np.frexp,
    lambda g, out, x: np.ldexp(g[0], -out[1]),
    keeps="out",
    guard=False,
    jvp=lambda t, out, x: (np.ldexp(t, -out[1]), None),
    batch="free",
    label="g·2^-exponent",
)
ldexp = define(np.ldexp, lambda g, out, x, n: np.ldexp(g, n), None, keeps=("n", ""), guard=False, label="g·2^n")


# sin(πx)/(πx), and all its derivatives: with s(u) = sin(u)/u = ∫₀¹ cos(ut) dt
#     s⁽ⁿ⁾(u) = Σₖ (-1)ᵏ u²ᵏ⁻ⁿ / ((2k+1) (2k-n)!)        near 0
#     u s⁽ⁿ⁾(u) = sin⁽ⁿ⁾(u) - n s⁽ⁿ⁻¹⁾(u)                elsewhere, from (u s)⁽ⁿ⁾ = sin⁽ⁿ⁾


def _sinc_derivative(x: Any, order: int) -> Any:
    u = x * math.pi
    near = np.abs(u) < 1 + order
    small = np.where(near, u, 0)
    first = (order + 1) // 2
    series = 0.0 * small
    for k in range(first + 13, first - 1, -1):  # by Horner's scheme, so that no power overflows
        series = (-1) ** k / ((2 * k + 1) * math.factorial(2 * k - order)) + series * (small * small)
    if order % 2:
        series = series * small
    large = np.where(near, 1, u)
    value = np.sin(large) / large
    for n in range(1, order + 1):
        value = ((np.sin, np.cos, lambda v: -np.sin(v), lambda v: -np.cos(v))[n % 4](large) - n * value) / large
    return math.pi**order * np.where(near, series, value)[()]


sinc_derivative: Primitive = define(
    _sinc_derivative, lambda g, out, x, order: g * sinc_derivative(x, order=order + 1),
    keeps="x", guard=True, name="sinc_derivative", jvp="elementwise", label="g·sinc⁽ⁿ⁺¹⁾ x",
)  # fmt: skip
sinc = define(
    np.sinc,
    lambda g, out, x: g * sinc_derivative(x, order=1),
    keeps="x",
    guard=True,
    jvp="elementwise",
    label="g·sinc′ x",
)
