"""The garbage collector, paused while many objects without cycles are made: it would look at all of them, often."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """A block without collections of cycles; afterwards the collector is as it was, also after an error.

    If two threads are in such a block, the first to leave switches the collector on for both, which costs time only.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
