"""Scalar: a Python float that remembers how it was made, with the local derivatives on its edges."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import display
from autograd.engine.anomaly import bad_kind
from autograd.engine.modes import mode
from autograd.engine.origin import user_line
from autograd.errors import AnomalyError, DTypeError, GraphError
from autograd.scalar import rules
from autograd.scalar.sweep import sweep

new = object.__new__
get_mode = mode.get
ORDINARY = mode.get()  # the mode outside of every no_grad, detect_anomaly and module call


class Scalar:
    """A float, the numbers it was computed from, and its derivative by each of them.

        y = a * b    remembers    dy/da = b  and  dy/db = a

    backward() multiplies those numbers along every path and adds up the paths: `parent.grad += local * grad`.
    Nothing else happens, and every number can be looked at: y.parents, y.local_derivatives, y.grad, draw(y).

    Args:  data: a number; or a Scalar, and then the gradient is itself a Scalar that differentiates again.
           label: its name in pictures.
    Gradient: at a kink as for Tensors: relu and abs have 0 at 0, x**p the limit where it is finite,
           Scalar.maximum and minimum share a tie half and half. (Python's own max() and min() work too: they
           return one of their arguments, and at a tie that is the first.)
    Numerics: values outside a function's domain are NumPy's: log(0) is -inf, with NumPy's warning.
    Example:
        >>> from autograd import Scalar
        >>> x = Scalar(3.0, label="x")
        >>> y = x * x + 2 * x
        >>> y.backward()
        >>> x.grad
        8.0
        >>> x = Scalar(Scalar(2.0))  # again, for the second derivative
        >>> (x**3).backward()
        >>> x.grad.backward()
        >>> x.grad.item(), x.data.grad
        (12.0, 12.0)
    """

    __slots__ = ("__weakref__", "_dx", "_dy", "_g", "_waits", "_x", "_y", "data", "grad", "label", "op")

    data: Any  # a float, or a Scalar for higher derivatives
    grad: Any  # what backward() has added up so far; None before the first
    label: str
    op: str | None  # the operation that made it; None for a leaf; "rsub" is 2.0 - x, after Python's name for it
    _x: Scalar | None  # the first parent, and the derivative by it
    _dx: Any
    _y: Scalar | None  # the second parent, and the derivative by it; without a parent _dy is the constant, if any
    _dy: Any
    _g: Any  # what has arrived in the sweep going on
    _waits: int  # for how many children the sweep still waits; 0 outside of a sweep

    def __init__(self, data: Any, label: str = "") -> None:
        if type(data) is not float and not isinstance(data, Scalar):
            try:
                data = float(data)
            except (TypeError, ValueError):
                raise DTypeError(f"a Scalar holds one number; got {data!r}. For arrays use Tensor.") from None
        self.data = data
        self.grad = None
        self.label = label
        self.op = self._x = self._y = self._dx = self._dy = None
        self._waits = 0

    @property
    def parents(self) -> tuple[Scalar, ...]:
        """The Scalars it was computed from."""
        return tuple([p for p in (self._x, self._y) if p is not None])

    @property
    def local_derivatives(self) -> tuple[Any, ...]:
        """The derivative by each parent, at the values it was computed with."""
        return tuple([d for p, d in ((self._x, self._dx), (self._y, self._dy)) if p is not None])

    @property
    def _prev(self) -> set[Scalar]:
        """The parents under micrograd's name, so that code written for its Value runs."""
        return set(self.parents)

    @property
    def _op(self) -> str:
        """The operation as micrograd writes it: "+", "*", "**3", "ReLU"; "" for a leaf."""
        op = self.op or ""
        return f"**{self.constant:g}" if op == "pow" and self._y is None else rules.MICROGRADS_SIGN.get(op, op)

    @property
    def constant(self) -> Any:
        """The plain number in an operation with one, such as 2.0 in x * 2.0; else None."""
        return self._dy if self._y is None else None

    def backward(self, gradient: Any = 1.0) -> None:
        """Add d(self)/ds, times `gradient`, to the `.grad` of every s it was computed from, itself included.

        The graph stays: a second call adds the same amounts once more.
        """
        plain = type(self.data) is float and type(gradient) is float and not get_mode().anomaly
        sweep([self], gradient, None if plain else _GeneralStep())

    def zero_grad(self) -> None:
        """Forget the gradient: `.grad` becomes None."""
        self.grad = None

    # + and *, nearly all of a neuron, have a short path for floats; everything else goes through _binary and _record

    def __add__(self, other: Any) -> Scalar:
        if type(other) is Scalar:
            x = self.data
            y = other.data
            if type(x) is float and type(y) is float and get_mode() is ORDINARY:
                s: Scalar = new(Scalar)
                s.data = x + y
                s.grad = None
                s.label = ""
                s.op = "add"
                s._x = self
                s._dx = 1.0
                s._y = other
                s._dy = 1.0
                s._waits = 0
                return s
        return _binary("add", self, other, rules.add)

    def __mul__(self, other: Any) -> Scalar:
        if type(other) is Scalar:
            x = self.data
            y = other.data
            if type(x) is float and type(y) is float and get_mode() is ORDINARY:
                s: Scalar = new(Scalar)
                s.data = x * y
                s.grad = None
                s.label = ""
                s.op = "mul"
                s._x = self
                s._dx = y
                s._y = other
                s._dy = x
                s._waits = 0
                return s
        elif type(other) is float:
            return recorded_scalar("mul", self.data * other, self, other, None, other)
        return _binary("mul", self, other, rules.mul)

    def __radd__(self, other: Any) -> Scalar:
        return _binary("add", other, self, rules.add)

    def __rmul__(self, other: Any) -> Scalar:
        return _binary("mul", other, self, rules.mul)

    def __sub__(self, other: Any) -> Scalar:
        return _binary("sub", self, other, rules.sub)

    def __rsub__(self, other: Any) -> Scalar:
        return _binary("sub", other, self, rules.sub)

    def __truediv__(self, other: Any) -> Scalar:
        return _binary("truediv", self, other, rules.truediv)

    def __rtruediv__(self, other: Any) -> Scalar:
        return _binary("truediv", other, self, rules.truediv)

    def __pow__(self, other: Any) -> Scalar:
        if type(other) is float or type(other) is int:
            return recorded_scalar(
                "pow", rules.power(self.data, other), self, rules.power_slope(self.data, other), None, other
            )
        return _binary("pow", self, other, rules.exponentiate)

    def __rpow__(self, other: Any) -> Scalar:
        return _binary("pow", other, self, rules.exponentiate)

    def __neg__(self) -> Scalar:
        return recorded_scalar("neg", -self.data, self, -1.0)

    def __pos__(self) -> Scalar:
        return recorded_scalar("pos", +self.data, self, 1.0)

    def __abs__(self) -> Scalar:
        x = self.data
        return recorded_scalar(
            "abs", abs(x), self, 1.0 if x > 0 else -1.0 if x < 0 else x * 0.0 if x != x else 0.0
        )  # 0 at 0, as PyTorch and JAX

    # Functions; np.exp(s) and its like call these methods

    def exp(self) -> Scalar:
        """e to the power of it."""
        out = rules.exp(self.data)
        return recorded_scalar("exp", out, self, out)

    def log(self) -> Scalar:
        """Natural logarithm."""
        x = self.data
        return recorded_scalar("log", rules.log(x), self, rules.reciprocal(x))

    def sqrt(self) -> Scalar:
        """Square root; its derivative at 0 is inf, which a zero gradient turns into 0."""
        out = rules.sqrt(self.data)
        return recorded_scalar("sqrt", out, self, 0.5 * rules.reciprocal(out))

    def sin(self) -> Scalar:
        """Sine."""
        return recorded_scalar("sin", rules.sin(self.data), self, rules.cos(self.data))

    def cos(self) -> Scalar:
        """Cosine."""
        return recorded_scalar("cos", rules.cos(self.data), self, -rules.sin(self.data))

    def tanh(self) -> Scalar:
        """Hyperbolic tangent."""
        out = rules.tanh(self.data)
        return recorded_scalar("tanh", out, self, 1.0 - out * out)

    def sigmoid(self) -> Scalar:
        """1 / (1 + exp(-x)), without overflow: exp sees no positive number."""
        x = self.data
        if x >= 0:
            out = 1.0 / (1.0 + rules.exp(-x))
        else:
            e = rules.exp(x)
            out = e / (1.0 + e)
        return recorded_scalar("sigmoid", out, self, out * (1.0 - out))

    def relu(self) -> Scalar:
        """max(x, 0); the derivative at 0 is 0 (Bertoin et al. 2021, arXiv:2106.12915, as PyTorch and JAX)."""
        x = self.data
        if x <= 0:
            return recorded_scalar("relu", 0.0, self, 0.0)
        return recorded_scalar("relu", x, self, 1.0)

    @staticmethod
    def maximum(a: Any, b: Any) -> Scalar:
        """The larger of two; a tie shares the gradient half and half (Python's max() gives all to the first)."""
        return _binary("maximum", _as_scalar(a), b, rules.maximum)

    @staticmethod
    def minimum(a: Any, b: Any) -> Scalar:
        """The smaller of two; a tie shares the gradient half and half."""
        return _binary("minimum", _as_scalar(a), b, rules.minimum)

    # As a plain number

    def item(self) -> float:
        """The value as a Python float, however deep it is nested."""
        data = self.data
        while isinstance(data, Scalar):
            data = data.data
        return float(data)

    __float__ = item

    def __int__(self) -> int:
        return int(self.item())

    __trunc__ = __int__

    def __bool__(self) -> bool:
        return self.item() != 0

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.item(), digits)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    def __repr__(self) -> str:
        words = [f"data={self.data!r}"]
        if self.grad is not None:
            words.append(f"grad={self.grad!r}")
        if self.label:
            words.append(f"label={self.label!r}")
        return f"Scalar({', '.join(words)})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return display.mimebundle(self)

    # Compared by value, hashed by identity: a set or dict of Scalars holds nodes of a graph

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return _compare(operator.eq, self, other)

    def __ne__(self, other: object) -> bool:
        return _compare(operator.ne, self, other)

    def __lt__(self, other: Any) -> bool:
        return _compare(operator.lt, self, other)

    def __le__(self, other: Any) -> bool:
        return _compare(operator.le, self, other)

    def __gt__(self, other: Any) -> bool:
        return _compare(operator.gt, self, other)

    def __ge__(self, other: Any) -> bool:
        return _compare(operator.ge, self, other)

    def __reduce__(self) -> Any:
        if self._x is not None:
            raise GraphError(
                "copying or pickling a computed Scalar would lose its graph; take Scalar(float(s)) for the value alone."
            )
        return _restored, (type(self), self.data, self.label, self.grad)


def _restored(cls: type[Scalar], data: Any, label: str, grad: Any) -> Scalar:
    s = cls(data, label)
    s.grad = grad
    return s


def _binary(op: str, left: Any, right: Any, rule: Callable[[Any, Any], tuple[Any, Any, Any]]) -> Scalar:
    """The general path: numbers on either side, and Scalars nested to different depths."""
    deep_left, deep_right = _depth(left), _depth(right)
    if deep_left is None or deep_right is None:
        return NotImplemented  # type: ignore[no-any-return]  # Python then asks the other operand
    if deep_left == deep_right:
        out, dx, dy = rule(left.data, right.data)
        return recorded_scalar(op, out, left, dx, right, dy)
    if deep_left > deep_right:  # the other is a constant to this derivative
        constant = right if deep_right else float(right)
        out, dx, _ = rule(left.data, constant)
        return recorded_scalar(op, out, left, dx, None, constant)
    constant = left if deep_left else float(left)
    out, _, dy = rule(constant, right.data)
    return recorded_scalar("r" + op, out, right, dy, None, constant)


def _depth(value: Any) -> int | None:
    """How often a derivative can be taken by it: 0 for a number, 1 for a Scalar of one; None for anything else."""
    if isinstance(value, (float, int, np.floating, np.integer, np.bool_)):
        return 0
    depth = 0
    while isinstance(value, Scalar):
        depth += 1
        value = value.data
    return depth or None


def recorded_scalar(op: str, out: Any, x: Scalar, dx: Any, y: Scalar | None = None, dy: Any = None) -> Scalar:
    """The result of an operation on x, and on y or the constant dy."""
    s: Scalar = new(Scalar)
    s.data = out if type(out) is float and type(x.data) is float else _like(out, x.data)
    s.grad = None
    s.label = ""
    s._waits = 0
    state = get_mode()
    if state is not ORDINARY:
        if state.anomaly:
            _check(op, s, x, y, dy)
        if not state.recording:
            s.op = s._x = s._dx = s._y = s._dy = None
            return s
    s.op = op
    s._x = x
    s._dx = dx
    s._y = y
    s._dy = dy
    return s


def _check(op: str, s: Scalar, x: Scalar, y: Scalar | None, dy: Any) -> None:
    """Under detect_anomaly: raise at the first nan or inf."""
    inputs = [v.item() if isinstance(v, Scalar) else v for v in (x, dy if y is None else y) if v is not None]
    kind = bad_kind(s.item())
    if kind and not bad_kind(inputs):
        raise AnomalyError(f"{op} gave the first {kind}: of {', '.join(map(repr, inputs))}\n  at {user_line()}")


def _compare(relation: Callable[[Any, Any], bool], s: Scalar, other: Any) -> bool:
    if isinstance(other, Scalar):
        other = other.data if type(other.data) is float else other.item()
    elif not isinstance(other, (float, int, np.floating, np.integer)):
        return NotImplemented  # type: ignore[no-any-return]
    return relation(s.data if type(s.data) is float else s.item(), other)


class _GeneralStep:
    """The step of a sweep over Scalars of Scalars, whose products are recorded in turn; also under detect_anomaly."""

    def __init__(self) -> None:
        self.check = get_mode().anomaly

    def arrived(self, node: Scalar, g: Any) -> Any:
        node._g = None
        if isinstance(node.data, Scalar) and not isinstance(g, Scalar):
            g = _like(g, node.data)
        node.grad = g if node.grad is None else node.grad + g
        return g

    def pass_on(self, node: Scalar, g: Any) -> None:
        for parent, local in zip(node.parents, node.local_derivatives, strict=True):
            share = local * g
            if float(g) == 0 and not math.isfinite(float(share)):
                share = 0.0
            if self.check and bad_kind(float(share)) and not bad_kind(float(g)):
                raise AnomalyError(
                    f"the derivative of {node.op} gave the first {bad_kind(float(share))}: "
                    f"{float(local)} times the gradient {float(g)}, at the value {float(parent)}."
                )
            parent._g = parent._g + share if isinstance(parent._g, Scalar) or parent._g else share


def _like(value: Any, data: Any) -> Any:
    """A number as a constant nested as deep as `data`; a Scalar is so already."""
    if isinstance(value, Scalar):
        return value
    return Scalar(_like(value, data.data)) if isinstance(data, Scalar) else float(value)


def _as_scalar(value: Any) -> Scalar:
    return value if isinstance(value, Scalar) else Scalar(value)
