"""Whether two recordings of one step are the same: what differs would be frozen by a replay."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd.capture.program import ENDS, Op, Var, mapped
from autograd.capture.replay import Program
from autograd.capture.undo import same_bits
from autograd.engine.shared_memory import owner

_VALUES = (np.ndarray, np.generic, float, int, complex, str, bytes)


def same_guards(a: Program, b: Program) -> bool:
    guards = [[(op.function, op.template) for op in p.recorded if op.kind == "guard"] for p in (a, b)]
    return guards[0] == guards[1]


def compared(a: Program, b: Program) -> tuple[str, bool]:
    """(what was not the same in two recordings of one step, as an error; whether it has computed constants).

    A constant that the step has computed is another object in each recording of it.
    """
    if problem := b.settings.counters.differ(a.settings.counters):
        return problem, False
    if len(a.ops) != len(b.ops):
        return "two recordings of the step did different things, though no array of the step decided it.", False
    computed = False
    for x, y in zip(a.ops, b.ops, strict=True):
        if getattr(x.function, "__name__", x.function) != getattr(y.function, "__name__", y.function):
            return f"two recordings of the step differ: {_named(x)} and {_named(y)}.", False
        others = _others((x.args, x.kwargs), (y.args, y.kwargs))
        if others and (problem := _changed(others, _named(y))):
            return problem, False
        computed = computed or any(map(_is_number, others))
    others = _others(a.results, b.results)
    return _changed(others, "its result"), computed or any(map(_is_number, others))


class Other(NamedTuple):
    """A constant that is another object in the second recording; the user's line, if it is known."""

    before: Any
    now: Any
    line: str


def _others(a: Any, b: Any) -> list[Other]:
    pairs = [pair for pair in zip(_constants(a, []), _constants(b, []), strict=False) if pair[0] is not pair[1]]
    found = []
    for p, q in pairs:
        line = f" at {p.line}" if isinstance(p, Var) else ""
        before, now = (z.value if isinstance(z, Var) else z for z in (p, q))
        if before is not now:
            found.append(Other(before, now, line))
    return found


def _is_number(x: Other) -> bool:
    numbers = (np.ndarray, np.generic, float, complex)
    return isinstance(x.before, numbers) and owner(x.before) is not owner(x.now)


def _changed(others: list[Other], where: str) -> str:
    for p, q, line in others:
        if isinstance(p, _VALUES) and not same_bits(p, q):
            return (
                f"a value that the captured step takes from elsewhere{line} was different in two recordings, in "
                f"{where}; a replay would keep one of them. Make it an argument of the step; draw random "
                "numbers through the library (nn.Dropout, an rng that it is given) or outside and pass them."
            )
    return ""


def _named(op: Op) -> str:
    return getattr(op.function, "__name__", op.kind)


def _constants(tree: Any, found: list[Any]) -> list[Any]:
    """What stands in the arguments of operations and is neither computed nor given, added to what was found."""

    def look(x: Any) -> Any:
        if type(x) is not Var or x.kind == "constant":
            found.append(x)
        return x

    kind = type(tree)
    if kind is tuple or kind is list:
        for x in tree:
            look(x) if type(x) in ENDS else _constants(x, found)
    else:
        mapped(tree, look)
    return found
