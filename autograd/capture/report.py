"""What a captured function says about itself."""

from __future__ import annotations

import _thread
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from autograd.capture.replay import Program
from autograd.capture.signature import described

SLOW = 1.0  # seconds of a recording after which it says so


@contextmanager
def announcing(name: str, tell: Callable[[str], Any] | None) -> Iterator[None]:
    """A block that says so, if it takes more than a second, while it goes on."""

    def say() -> None:
        import logging  # here, and not for everyone who imports autograd

        logging.getLogger("autograd.capture").info("recording %s takes more than %g s", name, SLOW)
        if tell is not None:
            tell(f"recording {name}")

    running = _thread.allocate_lock()
    running.acquire()

    def watch() -> None:
        if not running.acquire(timeout=SLOW):
            say()

    _thread.start_new_thread(watch, ())  # a threading.Timer waits until its thread runs, 0.1 ms or more
    try:
        yield
    finally:
        running.release()


def explained(captured: Any) -> str:
    """The text of `Captured.explain`."""
    calls = ", ".join(f"{n} {what}" for what, n in captured.calls.items())
    lines = [f"{captured.name}: {calls}", *captured.log]
    for key, programs in captured.traces.items():
        for program in programs:
            lines += [f"{described(key)}: {_described(program)}", *_fused(program)]
            if program.compiled:
                own, kept, once, in_all = map(_size, (program.nbytes, program.of_gradients, *program.as_it_is))
                lines.append(
                    f"  memory for results: {own}, {kept} of it gradients; "
                    f"as it is, {once} at one time, {in_all} in all"
                )
            if program.replays and key in captured.seconds:
                eager, replay = captured.seconds[key], program.seconds
                saved = max(program.replays * (eager - replay), 0)
                lines.append(
                    f"  {replay * 1e3:.3g} ms a replay, {eager * 1e3:.3g} ms as it is: saved about {saved:.2g} s"
                )
    lines.append("What the function prints or stores elsewhere happened only while it was run or recorded.")
    return "\n".join(lines)


def _fused(program: Program) -> list[str]:
    """What runs together on blocks, one line for each run; the rest is one call after the other."""
    return [
        f"  fused: {run.__name__} on {run.size} elements, in blocks that fit the cache; "
        f"{len(run.made)} results, of which {len(run.made) - len(op.out)} never become arrays"
        for op in program.ops
        if op.kind == "run"
        for run in [op.function]
    ]


def _size(nbytes: int) -> str:
    return f"{nbytes / 2**20:.3g} MiB" if nbytes >= 2**20 else f"{nbytes / 1024:.3g} KiB"


def _described(program: Program) -> str:
    kinds = Counter(op.kind for op in program.ops)
    words = {
        "call": "calls of NumPy", "view": "views", "write": "writes in place", "guard": "guards",
        "native": "rules called whole", "whole": "draws and checks", "effect": "calls of the library",
        "grad": "gradients", "load": "gradients read", "run": "runs on blocks",
    }  # fmt: skip
    parts = ", ".join(f"{kinds[kind]} {text}" for kind, text in words.items() if kinds[kind])
    state = f"replayed {program.replays} times" if program.compiled else "not confirmed yet"
    return f"{len(program)} operations of {len(program.recorded)} recorded ({parts}), {state}"
