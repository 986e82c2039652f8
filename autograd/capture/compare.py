"""Whether two recordings of one step are the same: what differs would be frozen by a replay."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.capture.program import Op, Var, mapped
from autograd.capture.replay import Program
from autograd.capture.undo import same_bits
from autograd.engine.shared_memory import owner

_VALUES = (np.ndarray, np.generic, float, int, complex, str, bytes)


def same_guards(a: Program, b: Program) -> bool:
    guards = [[op.function for op in p.recorded if op.kind == "guard"] for p in (a, b)]
    return guards[0] == guards[1]


def difference(a: Program, b: Program) -> str:
    """What was not the same in two recordings of one step, as an error; '' if nothing."""
    if problem := b.settings.counters.differ(a.settings.counters):
        return problem
    if len(a.ops) != len(b.ops):
        return "two recordings of the step did different things, though no array of the step decided it."
    for x, y in zip(a.ops, b.ops, strict=True):
        if getattr(x.function, "__name__", x.function) != getattr(y.function, "__name__", y.function):
            return f"two recordings of the step differ: {_named(x)} and {_named(y)}."
        problem = _changed([x.args, x.kwargs], [y.args, y.kwargs], _named(y))
        if problem:
            return problem
    return _changed(list(a.results), list(b.results), "its result")


def computed(a: Program, b: Program) -> bool:
    """Whether the step has computed constants of the program: they are other objects in each recording of it."""
    trees = [([[op.args, op.kwargs] for op in p.ops], list(p.results)) for p in (a, b)]
    pairs = zip(*map(_constants, trees), strict=False)
    values = [(getattr(p, "value", p), getattr(q, "value", q)) for p, q in pairs]
    numbers = [(p, q) for p, q in values if isinstance(p, (np.ndarray, np.generic, float, complex))]
    return any([owner(p) is not owner(q) for p, q in numbers])


def _changed(a: Any, b: Any, where: str) -> str:
    for p, q in zip(_constants(a), _constants(b), strict=False):
        line = f" at {p.line}" if isinstance(p, Var) else ""
        p, q = (z.value if isinstance(z, Var) else z for z in (p, q))
        if p is not q and isinstance(p, _VALUES) and not same_bits(p, q):
            return (
                f"a value that the captured step takes from elsewhere{line} was different in two recordings, in "
                f"{where}; a replay would keep one of them. Make it an argument of the step; draw random "
                "numbers through the library (nn.Dropout, an rng that it is given) or outside and pass them."
            )
    return ""


def _named(op: Op) -> str:
    return getattr(op.function, "__name__", op.kind)


def _constants(tree: Any) -> list[Any]:
    found: list[Any] = []

    def look(x: Any) -> Any:
        if not isinstance(x, Var) or x.kind == "constant":
            found.append(x)
        return x

    mapped(tree, look)
    return found
