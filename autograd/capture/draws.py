"""Random generators, NumPy's and Python's: what a step draws from them must be a part of its program."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from autograd.capture.program import Generator, Method, Op
from autograd.capture.reach import Reach
from autograd.capture.recorded import Recorded
from autograd.engine.origin import user_line
from autograd.errors import CaptureError
from autograd.random import generator


def _pythons() -> Any:
    """Python's module random, which NumPy's has imported."""
    return sys.modules["random"]


def _everybodys() -> list[Any]:
    """The generators of np.random and of random."""
    return [getattr(np.random.mtrand, "_rand", None), getattr(_pythons(), "_inst", None)]


def generators_of(reach: Reach, *, everybodys: bool = True) -> list[Any]:
    """Those that a step reaches, the package's, and those that belong to everybody."""
    shared = _everybodys() if everybodys else []
    found = {id(g): g for g in (*reach.generators, *shared, generator()) if g is not None}
    return [g for g in found.values() if not isinstance(g, _pythons().SystemRandom)]


def state_of(g: Any) -> Any:
    """Where a generator stands."""
    if isinstance(g, _pythons().Random):
        return g.getstate()
    return g.get_state(legacy=False) if isinstance(g, np.random.RandomState) else g.bit_generator.state


def put_back(g: Any, state: Any) -> None:
    """Let a generator stand where it stood."""
    if isinstance(g, _pythons().Random):
        g.setstate(state)
    elif isinstance(g, np.random.RandomState):
        g.set_state(state)
    else:
        g.bit_generator.state = state


def same_state(a: Any, b: Any) -> bool:
    """Whether two states are equal."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all([same_state(a[key], b[key]) for key in a])
    return bool(np.array_equal(a, b)) if isinstance(a, np.ndarray) else bool(a == b)


def check_drawn(before: list[tuple[Any, Any]], ops: list[Op]) -> None:
    """Notice, after a step, what it has drawn without its being recorded.

    Args:      before: the generators, and where each stood.
    Raises:    CaptureError if a generator has moved on from which no operation draws.
    """
    recorded = {id(generator(x.rng)) for op in ops for x in op.args if isinstance(x, Generator)}
    for g, state in before:
        if id(g) not in recorded and not same_state(state_of(g), state):
            raise CaptureError(
                f"the step draws random numbers from {_named(g)}, and a replay would not draw again. Draw outside "
                "of the step and pass them as arguments, or draw arrays by autograd.random.generator(rng), which "
                "is rng itself, and a line of the program."
            )


def _named(g: Any) -> str:
    if g is getattr(_pythons(), "_inst", None):
        return "Python's module random"
    if g is getattr(np.random.mtrand, "_rand", None):
        return "np.random, whose generator is everybody's"
    return f"a {type(g).__module__.partition('.')[0]} {type(g).__name__} of its own"


class Draws:
    """Stands for a random generator while a step is recorded: what is drawn is drawn again by each replay."""

    def __init__(self, recorder: Any, rng: Any, real: Any) -> None:
        self.recorder, self.generator, self.real = recorder, Generator(rng), real

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return np.random.Generator

    def __getattr__(self, name: str) -> Any:
        if name == "bit_generator":
            return self.real.bit_generator

        def draw(*args: Any, **kwargs: Any) -> Any:
            found = self.recorder.native(Method(name), (self, *args), kwargs, always=True)
            if isinstance(found, (int, float)) and not isinstance(found, Recorded):
                raise CaptureError(
                    f"{user_line()} draws one number, which a replay would keep, as Python's numbers are not recorded. "
                    f"Draw an array, {name}(…, size=1), or draw outside of the step and pass the number as an argument."
                )
            return found

        return draw
