"""The package's own random generator, which is used wherever `rng` is None. NumPy's global state is never touched."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.recorder import current, recorders

# Inside vmap: what a generator becomes, so that what is drawn means something for a batch.
drawing: ContextVar[Callable[[Any], Any] | None] = ContextVar("what a random generator becomes", default=None)
_generator: np.random.Generator | None = None  # made when it is first drawn from: NumPy imports np.random only then


def seed(n: int | None = None) -> np.random.Generator:
    """Restart the package's generator from a seed, for reproducible results; None: from the system's entropy.

    Returns:   the generator, from which initial weights, shuffles and dropout masks are drawn where no `rng` is given.
    Example:
        >>> import autograd, nn
        >>> _ = autograd.seed(0)
        >>> a = nn.Linear(3, 2)
        >>> _ = autograd.seed(0)
        >>> b = nn.Linear(3, 2)
        >>> bool((a.weight == b.weight).all())
        True
    """
    global _generator
    if n is not None and (isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0):
        raise ArgumentError(f"seed must be an integer of 0 or more, or None; got {n!r}.")
    _generator = np.random.default_rng(n)
    return _generator


def generator(rng: np.random.Generator | None = None) -> np.random.Generator:
    """The generator `rng`, or the package's own if it is None."""
    if isinstance(rng, Drawing):
        return rng
    if recorders and (recorder := current()) is not None:
        found = recorder.drawing(rng, _generator or seed() if rng is None else rng)
    elif rng is None:
        found = _generator or seed()
    elif isinstance(rng, np.random.Generator):
        found = rng
    else:
        raise ArgumentError(f"rng must be a np.random.Generator or None; got {rng!r}. Use np.random.default_rng(seed).")
    become = drawing.get()
    return found if become is None else become(found)  # type: ignore[no-any-return]


class Drawing:
    """What stands for a generator: it draws by it, as the place where it is used demands."""


def check_generator_state(rng: np.random.Generator, state: Any) -> None:
    """Raise ArgumentError unless the state is one of a generator of this kind. It is tried on another generator."""
    bits = type(rng.bit_generator)()
    kind = type(bits).__name__
    try:
        bits.state = state
        fits = _same(bits.state, state) and state.get("has_uint32", 0) in (0, 1)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise ArgumentError(
            f"the state of a {kind} was expected; got {state!r:.60} ({type(error).__name__}: {error})."
        ) from None
    if not fits:
        raise ArgumentError(f"the state of a {kind} was expected; got {state!r:.200}, which holds impossible numbers.")


def _same(own: Any, state: Any) -> bool:
    """Whether a state came back as it was given: a number that is impossible is cut to one that is not."""
    if isinstance(own, dict):
        return all(_same(value, state[key]) for key, value in own.items())
    return bool(np.array_equal(own, state))
