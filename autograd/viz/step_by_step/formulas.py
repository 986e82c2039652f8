"""Formulas of operations and of their VJPs, filled with names or with numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from autograd.engine.registry import primitives
from autograd.viz.data.labels import of_shape, symbols
from autograd.viz.step_by_step.pieces import Piece

Fill = Callable[[str], list[Piece]]  # name of an argument -> the pieces to put in its place

# A Scalar's operations: what is computed, and the derivative by each argument. {…} is replaced by an argument or by the
# result, ^[…] is an exponent.
SCALAR: dict[str, tuple[str, tuple[str, ...]]] = {
    "add": ("{a} + {b}", ("1", "1")),
    "sub": ("{a} − {b}", ("1", "−1")),
    "mul": ("{a} · {b}", ("{b}", "{a}")),
    "truediv": ("{a} / {b}", ("1 / {b}", "−{out} / {b}")),
    "pow": ("{a}^[{b}]", ("{b} · {a}^[{b} − 1]", "{out} · log {a}")),
    "neg": ("−{a}", ("−1",)),
    "pos": ("+{a}", ("1",)),
    "abs": ("|{a}|", ("sign {a}",)),
    "exp": ("exp {a}", ("{out}",)),
    "log": ("log {a}", ("1 / {a}",)),
    "sqrt": ("√{a}", ("1 / (2 · {out})",)),
    "sin": ("sin {a}", ("cos {a}",)),
    "cos": ("cos {a}", ("−sin {a}",)),
    "tanh": ("tanh {a}", ("1 − {out}^[2]",)),
    "sigmoid": ("σ({a})", ("{out} · (1 − {out})",)),
    "relu": ("relu {a}", ("1 if {a} > 0 else 0",)),
    "maximum": ("max({a}, {b})", ("1 if {a} > {b} else 0, ½ at a tie", "1 if {b} > {a} else 0, ½ at a tie")),
    "minimum": ("min({a}, {b})", ("1 if {a} < {b} else 0, ½ at a tie", "1 if {b} < {a} else 0, ½ at a tie")),
}

# A Tensor's operations that are written with a sign; all others are written as a call.
SIGN = {
    "add": "{0} + {1}", "subtract": "{0} − {1}", "multiply": "{0} ⊙ {1}", "divide": "{0} ⊘ {1}", "power": "{0}^[{1}]",
    "matmul": "{0} @ {1}", "negative": "−{0}", "positive": "+{0}", "absolute": "|{0}|", "square": "{0}^[2]",
    "reciprocal": "1 / {0}", "sqrt": "√{0}", "transpose": "{0}ᵀ",
}  # fmt: skip
NUMBERS = {"⊙": "·", "⊘": "/"}  # between numbers the usual signs are written

# Short names that labels use -> the names of these arguments in the rules.
ALSO = {"W": "weight", "γ": "weight"}


def filled(template: str, fill: Fill) -> list[Piece]:
    """The pieces of a template; `fill` gives the pieces for each name in braces."""
    pieces: list[Piece] = []
    for text, exponent, name in re.findall(r"([^{}^]+)|\^\[(.*?)\]|\{(\w+)\}", template):
        if exponent:
            pieces.append({"up": filled(exponent, fill)})
        elif name:
            pieces += fill(name)
        else:
            pieces.append(text)
    return pieces


def forward(op: str, options: str, count: int, scalar: bool, numbers: bool) -> str:
    """The template of what an operation computes; {0}, {1} … are its arguments.

    Args:  numbers: whether one of the arguments is a single number; the product is then written · instead of ⊙.
    """
    if scalar and op in SCALAR:
        return SCALAR[op][0].replace("{a}", "{0}").replace("{b}", "{1}")
    if op in SIGN and SIGN[op].count("{") == count and not options:
        template = SIGN[op]
        for circled, plain in NUMBERS.items() if numbers else ():
            template = template.replace(circled, plain)
        return template
    arguments = [f"{{{i}}}" for i in range(count)]
    return f"{op}({', '.join(arguments + [options.replace('{', '(').replace('}', ')')] * bool(options))})"


def local(op: str, index: int) -> str:
    """The template of a Scalar's local derivative by argument `index`; "" for an operation that is not in the table."""
    derivatives = SCALAR.get(op, ("", ()))[1]
    return derivatives[index] if index < len(derivatives) else ""


def is_elementwise(op: str) -> bool:
    """Whether each element of the result depends on one element of each argument (up to broadcasting)."""
    if op not in primitives:
        return False
    forward = primitives[op].forward
    return primitives[op].guard or (isinstance(forward, np.ufunc) and forward.signature is None)


def rule(
    label: str,
    op: str,
    index: int,
    arguments: Mapping[str, int],
    cotangent: list[Piece],
    fill: Fill,
    marks: Collection[str] = (),
) -> list[Piece]:
    """The label of a VJP with pieces in place of g, the arguments and the result.

    Args:  label: "gᵀ·x".
           index: the argument by which it differentiates.
           arguments: name in the rule -> position of the argument.
           cotangent: the pieces in place of g.
           fill: gives the pieces in place of "0", "1" … (an argument), "out" (the result) or a symbol.
           marks: the symbols of the label that are replaced.
    """
    known = {**{name: f"{i}" for name, i in arguments.items()}, "out": "out"}
    for short, name in ALSO.items():
        if name in arguments:
            known.setdefault(short, f"{arguments[name]}")
    known |= {mark: mark for mark in marks}
    if len(arguments) == 2:
        known["other"] = f"{1 - index}"
    if "weight" not in arguments:  # of a normalisation
        label = label.replace("γ·", "").replace("γ/", "1/")
    label = label.replace("-", "−").replace("·", " ⊙ " if is_elementwise(op) else " · ")
    names = "|".join(sorted(map(re.escape, known), key=len, reverse=True))
    pieces: list[Piece] = []
    for found in re.finditer(rf"(?<![A-Za-z0-9_])(?:(g)|({names}))(?![A-Za-z0-9_′'₊₋ₖ\u0302])|(.)", label, re.DOTALL):
        if found[1]:
            pieces += cotangent
        elif found[2]:
            pieces += fill(known[found[2]])
        elif pieces and isinstance(pieces[-1], str):
            pieces[-1] += found[3]
        else:
            pieces.append(found[3])
    return pieces


def symbol_values(
    label: str, options: str, arguments: Mapping[str, Any], shape: tuple[int, ...], count: int
) -> dict[str, Any]:
    """Symbol -> what it stands for, as numbers; only those that the values shown on the page determine.

    Args:  label: of a VJP, "g·(p - y)/N; p = softmax(logits), y = onehot(target), N = rows(logits)".
           options: as a graph holds them, "axis=0, reduction='mean'".
           arguments: name in the rule -> its value.
           shape: of the argument by which it differentiates.
           count: how many of its elements were reduced to one.
    """
    meanings = label.partition("; ")[2]
    if not meanings or 0 in shape or options.endswith("…") or "mean(" in meanings or "variance" in meanings:
        return {}  # empty, cut off, or a statistic along axes that a graph does not hold
    names: dict[str, Any] = {name: float(value) for name, value in re.findall(r"(\w+)=(-?\d[\d.e+-]*)", options)}
    functions: dict[str, Callable[[Any], Any]] = {"count": lambda _: count}
    if "onehot(" in meanings or "rows(" in meanings:  # of classes, along axis 1
        names["C"] = shape[1]
        functions = of_shape(shape, 1, names.get("ignore_index")) | functions
    with np.errstate(all="ignore"):
        return symbols(label, names | dict(arguments), functions)
