"""Formulas with names, and the same with numbers put in: what an operation computes and by what rule its cotangent goes back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.engine.registry import primitives

Piece = Any  # text as a str; or {"node": id}, {"value": …}, {"up": pieces} for an exponent, {"grad": (of, by)}
Fill = Callable[[str], list[Piece]]  # what stands in for an argument's name

# A Scalar's operations: what is computed, and the derivative by each argument. {…} stands for an argument or the result,
# ^[…] for an exponent.
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

# A Tensor's operations that are written with a sign; all others as a call.
SIGN = {
    "add": "{0} + {1}", "subtract": "{0} − {1}", "multiply": "{0} ⊙ {1}", "divide": "{0} ⊘ {1}", "power": "{0}^[{1}]",
    "matmul": "{0} @ {1}", "negative": "−{0}", "positive": "+{0}", "absolute": "|{0}|", "square": "{0}^[2]",
    "reciprocal": "1 / {0}", "sqrt": "√{0}", "transpose": "{0}ᵀ",
}  # fmt: skip
NUMBERS = {"⊙": "·", "⊘": "/"}  # of two numbers, one writes what one has always written

# What labels call an argument that the rule has a longer name for.
ALSO = {"W": "weight", "w": "weight", "h": "input", "y": "target", "γ": "weight"}
RESULT = {"sigmoid": "σ", "softmax": "p", "log_softmax": "out"}  # what a label calls the result


def filled(template: str, fill: Fill) -> list[Piece]:
    """The pieces of a template: `fill` gives those of what stands in braces."""
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

    Args:  numbers: whether one of them is a single number, and · needs no circle.
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
    """The template of a Scalar's local derivative by argument `index`; "" of an operation that is not known here."""
    derivatives = SCALAR.get(op, ("", ()))[1]
    return derivatives[index] if index < len(derivatives) else ""


def is_elementwise(op: str) -> bool:
    """Whether each element of the result depends on one element of each argument (up to broadcasting)."""
    if op not in primitives:
        return False
    forward = primitives[op].forward
    return primitives[op].guard or (isinstance(forward, np.ufunc) and forward.signature is None)


def rule(
    label: str, op: str, index: int, arguments: Mapping[str, int], cotangent: list[Piece], fill: Fill
) -> list[Piece]:
    """A VJP's label with something put in for g, the arguments and the result.

    Args:  label: "gᵀ·x".
           index: which argument it belongs to.
           arguments: name in the rule -> which argument.
    """
    known = {**{name: f"{i}" for name, i in arguments.items()}, "out": "out"}
    for short, name in ALSO.items():
        if name in arguments:
            known.setdefault(short, f"{arguments[name]}")
    if op in RESULT:
        known.setdefault(RESULT[op], "out")
    if len(arguments) == 2:
        known["other"] = f"{1 - index}"
    label = label.replace("-", "−").replace("·", " ⊙ " if is_elementwise(op) else " · ")
    names = "|".join(sorted(map(re.escape, known), key=len, reverse=True))
    pieces: list[Piece] = []
    for found in re.finditer(rf"(?<![A-Za-z0-9_])(?:(g)|({names}))(?![A-Za-z0-9_′'₊₋ₖ])|(.)", label, re.DOTALL):
        if found[1]:
            pieces += cotangent
        elif found[2]:
            pieces += fill(known[found[2]])
        elif pieces and isinstance(pieces[-1], str):
            pieces[-1] += found[3]
        else:
            pieces.append(found[3])
    return pieces
