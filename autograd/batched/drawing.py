"""Random numbers inside vmap: refused, the same for all examples, or numbers of their own (as in torch.func)."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.batched.hidden import batched, highest
from autograd.batched.level import Level
from autograd.batched.loop import one_by_one
from autograd.errors import BatchError
from autograd.random import Drawing

RANDOMNESS = ("error", "different", "same")
_SIZE_AT = {  # where a method's `size` is among its arguments
    "random": 0, "standard_normal": 0, "standard_exponential": 0, "standard_cauchy": 0, "exponential": 1, "poisson": 1,
    "standard_gamma": 1, "standard_t": 1, "chisquare": 1, "geometric": 1, "rayleigh": 1, "normal": 2, "uniform": 2,
    "integers": 2, "gamma": 2, "beta": 2, "binomial": 2, "laplace": 2, "logistic": 2, "gumbel": 2, "lognormal": 2,
}  # fmt: skip


class BatchedDrawing(Drawing):
    """What `generator` gives inside vmap in the place of a random generator, which another vmap may stand in for."""

    def __init__(self, rng: Any, level: Level) -> None:
        self._rng = rng
        self._level = level
        if level.randomness == "same" and level.begun is not None:
            _restart(rng, level)

    @property
    def bit_generator(self) -> Any:
        """Its state, to be read and set. No bits are drawn from it: that would pass by the batch."""
        return _State(self._rng.bit_generator)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._rng, name)

        def drawn(*args: Any, **kwargs: Any) -> Any:
            return _drawn(self._level, name, method, args, kwargs)

        return drawn if callable(method) else method


class _State:
    def __init__(self, bits: Any) -> None:
        self._bits = bits

    @property
    def state(self) -> Any:
        return self._bits.state

    @state.setter
    def state(self, value: Any) -> None:
        self._bits.state = value


def _restart(rng: Any, level: Any) -> None:
    """For the same numbers in every chunk: a generator begins each of them as it began the first."""
    while isinstance(rng, BatchedDrawing):
        rng = rng._rng
    _, state, last = level.begun.setdefault(id(rng), (rng, rng.bit_generator.state, level))
    if last is not level:
        rng.bit_generator.state = state
        level.begun[id(rng)] = (rng, state, level)


def _drawn(level: Level, name: str, method: Any, args: Any, kwargs: Any) -> Any:
    if level.randomness == "error":
        raise BatchError(
            "random numbers inside vmap: say whether the examples share them. Use vmap(f, randomness='different') for "
            "numbers of their own, or 'same' for one draw that all share."
        )
    if level.randomness == "same":
        if highest(args, kwargs) is level:
            raise BatchError(
                f"rng.{name} with randomness='same' and parameters that differ from example to example: draw with "
                "fixed ones and transform, mean + std * rng.normal(size=…); or use randomness='different'."
            )
        return method(*args, **kwargs)
    if kwargs.get("out") is not None:
        raise BatchError(f"rng.{name}(out=…) inside vmap would write all examples into one array; leave out= away.")
    at = _SIZE_AT.get(name)
    if at is None or highest(args, kwargs) is not None:
        return one_by_one(level, f"rng.{name}", method, args, kwargs)
    size = args[at] if len(args) > at else kwargs.pop("size", None)
    shape = () if size is None else tuple(size) if np.iterable(size) else (size,)
    return batched(method(*args[:at], *args[at + 1 :], size=(level.size, *shape), **kwargs), level)
