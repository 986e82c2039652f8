"""The mathematics in the labels of the rules, read and computed: "g·(p - y)/N; p = softmax(logits), …" with numbers.

label    = sum | sum " where " ["not "] name, then "; " and what its symbols stand for
sum      = product (("+" | "-") product)*
product  = implied (("·" | "⊙" | "/") implied)*  "·" is what the caller says: elementwise, or a matrix product
implied  = power power*                          2x
power    = atom ("²" | "ᵀ" | "⁻ᵀ" | "^" atom)*
atom     = number | name | function atom | "(" sum ")" | "|" sum "|" | "⌊" sum "⌋" | "[" comparison "]"
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

TOKEN = re.compile("\\s*(\\d+(?:\\.\\d+)?|Σ|[A-Za-zα-ωΦ][A-Za-z0-9_\u0302]*|.)")
RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": np.less, ">": np.greater, "≤": np.less_equal, "≥": np.greater_equal, "=": np.equal,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "conj": np.conjugate, "sign": np.sign, "sin": np.sin, "cos": np.cos, "sinh": np.sinh, "cosh": np.cosh,
    "exp": np.exp, "log": np.log, "trunc": np.trunc, "tanh": np.tanh, "√": np.sqrt,
    "σ": lambda x: np.exp(-np.logaddexp(0, -x)),
    "total": np.sum, "Φ": np.vectorize(lambda x: math.erfc(-x / math.sqrt(2)) / 2, otypes=[float]),
    "φ": lambda x: np.exp(-x * x / 2) / math.sqrt(2 * math.pi),
}  # fmt: skip
COMMA = re.compile(r",\s+(?![^(\[]*[)\]])")  # outside of brackets


class NotMathematicsError(Exception):
    """A label, or a part of one, that is no formula in this language."""


def parted(label: str) -> tuple[str, list[tuple[str, str]]]:
    """(the formula, what its symbols stand for: [("p", "softmax(logits)"), …])"""
    formula, _, rest = label.partition("; ")
    meanings = [part.partition(" = ") for part in COMMA.split(rest)] if rest else []
    return formula, [(symbol, meaning) for symbol, _, meaning in meanings]


def symbols(
    label: str,
    names: Mapping[str, Any],
    functions: Mapping[str, Callable[[Any], Any]],
    product: Callable[[Any, Any], Any] = np.multiply,
) -> dict[str, Any]:
    """What the symbols of a label stand for, as numbers; without those for which a number is unknown."""
    found: dict[str, Any] = {}
    todo = parted(label)[1]
    for _ in todo:  # one symbol may stand for what another is defined by, in any order
        for symbol, meaning in todo:
            try:
                found[symbol] = Evaluator({**names, **found}, functions, product).value(meaning)
            except NotMathematicsError:
                continue
    return found


def of_shape(shape: tuple[int, ...], axis: Any = 1, ignored: Any = None) -> dict[str, Callable[[Any], Any]]:
    """The functions that depend on the shape of the argument by which is differentiated.

    Args:  axis: along which Σ and softmax go; 1 is that of the classes.
           ignored: the class number whose row in onehot is 0.
    """

    def summed(x: Any) -> Any:
        return np.sum(x, axis=axis, keepdims=True)

    def softmax(x: Any) -> Any:
        e = np.exp(x - np.max(x, axis=axis, keepdims=True))
        return e / summed(e)

    def onehot(target: Any) -> Any:
        classes = np.arange(shape[1]).reshape(-1, *[1] * (len(shape) - 2))
        t = np.expand_dims(np.asarray(target), 1)
        return ((t == classes) & (t != ignored)).astype(float)

    return {
        "softmax": softmax, "onehot": onehot, "Σ": summed, "mean": lambda x: np.mean(x, axis=axis, keepdims=True),
        "count": np.size,
        "rows": lambda x: np.size(x) / np.shape(x)[1],
    }  # fmt: skip


class Evaluator:
    """The value of one label.

    Args:  names: the numbers for the names in it; a name stands before a function of the same name.
           functions: further functions, such as Σ along the axis of the operation.
           product: what "·" between two arrays is.
    """

    def __init__(
        self,
        names: Mapping[str, Any],
        functions: Mapping[str, Callable[[Any], Any]],
        product: Callable[[Any, Any], Any] = np.multiply,
    ) -> None:
        self._tokens: list[str] = []
        self._place = 0
        self._names = {"½": 0.5, "π": np.pi, **names}
        self._functions = {**FUNCTIONS, **functions}
        self._product = product

    def value(self, label: str) -> Any:
        """The value of a formula; NotMathematicsError if it is none."""
        formula, where, condition = label.partition(" where ")
        if where:
            name = condition.removeprefix("not ")
            if name not in self._names:
                raise NotMathematicsError(label)
            holds = np.asarray(self._names[name], bool)
            return self.value(formula) * (holds if name == condition else ~holds)
        self._tokens = [*TOKEN.findall(formula.strip()), ""]
        self._place = 0
        found = self._sum()
        if self._next:
            raise NotMathematicsError(label)
        return found

    @property
    def _next(self) -> str:
        return self._tokens[self._place]

    def _take(self, *wanted: str) -> str:
        token = self._next
        if token in wanted and token:
            self._place += 1
            return token
        return ""

    def _need(self, token: str) -> None:
        if not self._take(token):
            raise NotMathematicsError(f"{token} expected, {self._next} found")

    def _sum(self) -> Any:
        found = -self._product_of() if self._take("-") else self._product_of()
        while sign := self._take("+", "-"):
            term = self._product_of()
            found = found + term if sign == "+" else found - term
        return found

    def _product_of(self) -> Any:
        found = self._implied()
        while sign := self._take("·", "⊙", "/"):
            factor = self._implied()
            found = self._product(found, factor) if sign == "·" else found * factor if sign == "⊙" else found / factor
        return found

    def _implied(self) -> Any:
        found = self._power()
        while self._next[:1].isalnum() or self._next in ("(", "[", "√"):
            found = self._product(found, self._power())
        return found

    def _power(self) -> Any:
        found = self._atom()
        while mark := self._take("²", "ᵀ", "^", "⁻"):
            if mark == "²":
                found = found * found
            elif mark == "^":
                found = found ** (-self._atom() if self._take("-") else self._atom())
            else:
                if mark == "⁻":
                    self._need("ᵀ")
                    found = np.linalg.inv(found)
                found = np.swapaxes(found, -1, -2)
        return found

    def _atom(self) -> Any:
        for opening, closing, function in (
            ("(", ")", np.asarray), ("|", "|", np.abs), ("⌊", "⌋", np.floor),
        ):  # fmt: skip
            if self._take(opening):
                inner = self._sum()
                self._need(closing)
                return function(inner)
        if self._take("["):
            return self._condition()
        token = self._next
        self._place += 1
        if token in self._names:
            return self._names[token]
        if token in self._functions:
            return self._functions[token](self._atom() if self._next == "(" else self._power())
        if token[:1].isdigit():
            return float(token)
        raise NotMathematicsError(f"{token!r} is not known")

    def _condition(self) -> Any:
        """[a < b], [a < b < c]: 1 where it holds, else 0."""
        left, holds = self._sum(), np.True_
        while relation := self._take(*RELATIONS):
            right = self._sum()
            holds = holds & RELATIONS[relation](left, right)
            left = right
        self._need("]")
        return holds.astype(float)
