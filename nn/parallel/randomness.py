"""Random numbers on several ranks: different on each, and all decided by the state of rank 0's generators."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograd.random import generator
from nn.core.module import Module
from nn.parallel.communicator import Communicator


def draw_by_rank(generators: list[np.random.Generator], comm: Communicator) -> None:
    """Restart the generators of every rank but rank 0 from seeds that follow from the states of rank 0's.

    So nothing but rank 0's states has to be saved, and rank 0 draws what a single process draws.
    """
    if not comm.together:
        return
    states = comm.broadcast([g.bit_generator.state for g in generators], "the states of the generators")
    if comm.is_main:
        return
    for number, (g, state) in enumerate(zip(generators, states, strict=True)):
        digest = hashlib.sha256(f"{comm.rank} {number} {state}".encode()).digest()
        seed = np.random.SeedSequence(int.from_bytes(digest))
        g.bit_generator.state = type(g.bit_generator)(seed).state


def generators_of(parts: Mapping[str, Any]) -> Iterator[tuple[str, np.random.Generator]]:
    """(name, generator) of those that a forward pass of these modules may draw from, the package's first; each once."""
    found = {id(generator(None)): ("package", generator(None))}
    for name, part in parts.items():
        for path, module in part.named_modules() if isinstance(part, Module) else ():
            for attribute, value in vars(module).items():
                if isinstance(value, np.random.Generator):
                    found.setdefault(id(value), (f"{name}.{path}.{attribute}", value))
    yield from found.values()
